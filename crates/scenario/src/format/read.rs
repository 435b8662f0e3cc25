//! Reading a scenario file strictly.

use edge502_origin::OriginSpec;
use edge502_pki::CertificateSpec;
use edge502_rules::fidelity::RULES;
use edge502_rules::{Advice, Cause};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::{Spanned, Table, Value};

use super::before::{EarlierSpec, Moments};
use super::{Expect, Level, Scenario, Step, StepKind};
use crate::error::ScenarioError;
use crate::function::FunctionsSpec;
use crate::merge::{nearest_path, overlay, remove};
use crate::network::{DnsSpec, NetworkSpec};
use crate::state::{ClientSpec, DistributionSpec, EdgeSpec, RequestSpec, State, Zone};

/// The keys a state is made of.
const STATE_TABLES: [&str; 11] = [
    "zone",
    "origin",
    "standby",
    "dns",
    "network",
    "distribution",
    "client_certificate",
    "function",
    "request",
    "client",
    "edge",
];

/// The file as serde checks it. State tables are read here only to refuse what is not in them: the states themselves
/// are made from the raw tables, laid over each other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "the state tables are checked here and merged elsewhere")]
struct File {
    title: Spanned<String>,
    cause: Spanned<String>,
    #[serde(default)]
    level: Level,
    story: Spanned<String>,
    trap: Option<String>,
    zone: Option<Spanned<String>>,
    #[serde(default)]
    reports: Vec<String>,
    #[serde(default)]
    proves: Vec<Spanned<String>>,
    origin: Option<OriginSpec>,
    standby: Option<OriginSpec>,
    dns: Option<DnsSpec>,
    network: Option<NetworkSpec>,
    distribution: Option<DistributionSpec>,
    client_certificate: Option<CertificateSpec>,
    function: Option<FunctionsSpec>,
    request: Option<RequestSpec>,
    client: Option<ClientSpec>,
    edge: Option<EdgeSpec>,
    #[serde(default)]
    before: Vec<Spanned<EarlierSpec>>,
    expect: Spanned<Expect>,
    #[serde(default)]
    fix: Vec<Spanned<Change>>,
    #[serde(default)]
    dead_end: Vec<Spanned<Change>>,
}

/// A fix or a dead end as serde checks it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "the state tables are checked here and merged elsewhere")]
struct Change {
    title: Spanned<String>,
    why: Option<String>,
    advice: Option<Advice>,
    #[serde(default)]
    unset: Vec<Spanned<String>>,
    origin: Option<OriginSpec>,
    standby: Option<OriginSpec>,
    dns: Option<DnsSpec>,
    network: Option<NetworkSpec>,
    distribution: Option<DistributionSpec>,
    client_certificate: Option<CertificateSpec>,
    function: Option<FunctionsSpec>,
    request: Option<RequestSpec>,
    client: Option<ClientSpec>,
    edge: Option<EdgeSpec>,
    before: Option<Vec<Spanned<EarlierSpec>>>,
    expect: Expect,
}

/// Reads the scenario `id` from `text`; `file` is its name in messages.
pub(crate) fn parse(id: &str, file: &str, text: &str) -> Result<Scenario, ScenarioError> {
    let source = SourceText::new(file, text);
    let read: File = source.parse()?;
    let raw: Table = source.parse()?;
    let cause: Cause =
        read.cause.get_ref().parse().map_err(|error: edge502_rules::RulesError| {
            source.fault(read.cause.span().start, error.to_string(), None)
        })?;
    source.check_text(&read.title)?;
    source.check_text(&read.story)?;
    source.check_words(&read.expect, read.expect.get_ref())?;
    source.check_rules(&read.proves)?;
    if let Some(zone) = read.zone.as_ref().filter(|zone| Zone::new(zone.get_ref()).is_none()) {
        let reason = format!("`zone` is {:?}; expected a domain such as shop.test", zone.get_ref());
        return Err(source.fault(zone.span().start, reason, None));
    }
    let healthy = healthy_tables(&raw);
    let broken = laid_over(&healthy, &raw);
    let past = |now: &Table, entries: &[Spanned<EarlierSpec>], raw: Option<&Value>| {
        Moments { healthy: &healthy, broken: &broken, now }.past(&source, entries, raw)
    };
    let mut steps = vec![
        Step {
            kind: StepKind::Healthy,
            title: "the lab before anything is broken".to_owned(),
            why: None,
            advice: None,
            before: Vec::new(),
            state: source.state(&laid_over(&healthy, &only_request(&raw)))?,
            expect: Expect { status: Some(200), cause: Some(String::new()), ..Expect::default() },
        },
        Step {
            kind: StepKind::Broken,
            title: read.title.get_ref().clone(),
            why: None,
            advice: None,
            before: past(&broken, &read.before, raw.get("before"))?,
            state: source.state(&broken)?,
            expect: read.expect.get_ref().clone(),
        },
    ];
    for (kind, key, changes) in [(StepKind::DeadEnd, "dead_end", read.dead_end), (StepKind::Fix, "fix", read.fix)] {
        for (index, change) in changes.into_iter().enumerate() {
            source.check_change(kind, &change)?;
            let table = raw.get(key).and_then(|list| list.get(index)).and_then(Value::as_table);
            let kept = source.without(&broken, &change.get_ref().unset)?;
            let tables = laid_over(&kept, table.expect("serde read this table from the same text"));
            let change = change.into_inner();
            let before = match &change.before {
                Some(before) => past(&tables, before, table.and_then(|table| table.get("before")))?,
                None => past(&tables, &read.before, raw.get("before"))?,
            };
            steps.push(Step {
                kind,
                title: change.title.into_inner(),
                why: change.why,
                advice: change.advice,
                before,
                state: source.state(&tables)?,
                expect: inherited(read.expect.get_ref(), &change.expect),
            });
        }
    }
    Ok(Scenario {
        id: id.to_owned(),
        title: read.title.into_inner(),
        cause,
        level: read.level,
        story: read.story.into_inner(),
        trap: read.trap,
        reports: read.reports,
        proves: read.proves.into_iter().map(Spanned::into_inner).collect(),
        steps,
        text: text.into(),
    })
}

/// A step that ends as the broken state does is expected to look the same from outside.
fn inherited(broken: &Expect, step: &Expect) -> Expect {
    let same = step.status == broken.status && step.cause.is_none();
    if same { broken.outcome().overlaid_with(step) } else { step.clone() }
}

/// What the healthy lab has beyond the defaults of its types, in the zone of the file `raw`.
pub(super) fn healthy_tables(raw: &Table) -> Table {
    let zone = raw.get("zone").and_then(Value::as_str).and_then(Zone::new).unwrap_or_default();
    let table = |key: &str, value: Value| Value::Table(Table::from_iter([(key.to_owned(), value)]));
    let mut distribution = table("DomainName", zone.origin_domain().into());
    if let Value::Table(settings) = &mut distribution {
        settings.insert("Aliases".to_owned(), vec![zone.viewer_host()].into());
    }
    Table::from_iter([
        ("zone".to_owned(), zone.as_str().into()),
        ("origin".to_owned(), table("name", zone.origin_domain().into())),
        ("standby".to_owned(), table("name", zone.standby_domain().into())),
        ("request".to_owned(), table("host", zone.viewer_host().into())),
        ("distribution".to_owned(), distribution),
    ])
}

/// The healthy lab is asked the same question as the broken one, unless the question is what is broken.
fn only_request(raw: &Table) -> Table {
    let mut request = raw.get("request").and_then(Value::as_table).cloned().unwrap_or_default();
    request.remove("host");
    Table::from_iter([("request".to_owned(), Value::Table(request))])
}

/// The state tables of `over` laid over `base`. What a function returns is not merged: a step states it whole.
pub(super) fn laid_over(base: &Table, over: &Table) -> Table {
    let mut tables = base.clone();
    if let (Some(Value::Table(below)), Some(Value::Table(above))) = (tables.get_mut("function"), over.get("function")) {
        below.retain(|event, _| !above.contains_key(event));
    }
    let states = over.iter().filter(|(key, _)| STATE_TABLES.contains(&key.as_str()));
    overlay(&mut tables, &states.map(|(key, value)| (key.clone(), value.clone())).collect());
    tables
}

/// What a parser complains of, and the nearest of the keys or words it expected.
pub(super) fn reason(error: &toml::de::Error) -> (String, Option<String>) {
    let message = error.message();
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let nearest = |(found, known): (&&str, &[&str])| {
        let nearest = edge502_rules::error::nearest(found, known.iter().copied())?;
        Some((format!("unknown key or word `{found}`"), nearest.to_owned()))
    };
    match message.starts_with("unknown ").then(|| quoted.split_first().and_then(nearest)).flatten() {
        Some((reason, nearest)) => (reason, Some(nearest)),
        None => (message.to_owned(), None),
    }
}

/// A file of this project's own kind, read strictly: what is not understood is refused with file, line and the nearest
/// that would be.
pub struct SourceText<'a> {
    file: &'a str,
    text: &'a str,
}

impl<'a> SourceText<'a> {
    /// The text of `file`, which is its name in messages.
    pub const fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text }
    }

    /// The text as serde reads it.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, ScenarioError> {
        toml::from_str(self.text).map_err(|error| self.refuse(&error))
    }

    /// A fault at this byte.
    pub fn fault(&self, offset: usize, reason: impl Into<String>, nearest: Option<String>) -> ScenarioError {
        let line = self.text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1;
        ScenarioError::Format { file: self.file.to_owned(), line, reason: reason.into(), nearest }
    }

    /// A parser's error as place, reason and the nearest of the keys or words it expected.
    fn refuse(&self, error: &toml::de::Error) -> ScenarioError {
        let offset = error.span().map_or(0, |span| span.start);
        let (reason, nearest) = reason(error);
        self.fault(offset, reason, nearest)
    }

    pub(super) fn state(&self, tables: &Table) -> Result<State, ScenarioError> {
        let contradiction = |error: toml::de::Error| ScenarioError::Contradiction {
            file: self.file.to_owned(),
            reason: error.message().to_owned(),
        };
        Value::Table(tables.clone()).try_into().map_err(contradiction)
    }

    /// `broken` without the keys that a step takes back.
    fn without(&self, broken: &Table, keys: &[Spanned<String>]) -> Result<Table, ScenarioError> {
        let mut tables = broken.clone();
        for key in keys {
            if !remove(&mut tables, key.get_ref()) {
                let reason = format!(
                    "`{}` is to be unset, but the broken state does not set it; name one of its keys",
                    key.get_ref()
                );
                return Err(self.fault(key.span().start, reason, nearest_path(broken, key.get_ref())));
            }
        }
        Ok(tables)
    }

    fn check_text(&self, text: &Spanned<String>) -> Result<(), ScenarioError> {
        if text.get_ref().trim().is_empty() {
            return Err(self.fault(text.span().start, "a text for people is empty".to_owned(), None));
        }
        Ok(())
    }

    fn check_words<T>(&self, at: &Spanned<T>, expect: &Expect) -> Result<(), ScenarioError> {
        match expect.unknown_word() {
            Some((reason, nearest)) => Err(self.fault(at.span().start, reason, nearest)),
            None => Ok(()),
        }
    }

    /// Every rule that a scenario claims to prove is one.
    fn check_rules(&self, rules: &[Spanned<String>]) -> Result<(), ScenarioError> {
        let known = || RULES.iter().map(|rule| rule.id);
        let Some(id) = rules.iter().find(|id| !known().any(|known| known == id.get_ref())) else { return Ok(()) };
        let nearest = edge502_rules::error::nearest(id.get_ref(), known()).map(str::to_owned);
        Err(self.fault(id.span().start, format!("unknown rule `{}`", id.get_ref()), nearest))
    }

    /// A step says what the viewer gets; a dead end also why it is one.
    fn check_change(&self, kind: StepKind, change: &Spanned<Change>) -> Result<(), ScenarioError> {
        let step = change.get_ref();
        self.check_text(&step.title)?;
        self.check_words(change, &step.expect)?;
        let fault = |reason: &str| Err(self.fault(change.span().start, reason.to_owned(), None));
        match kind {
            _ if step.expect.status.is_none() => fault("`expect.status` is missing: what does the viewer get?"),
            StepKind::Fix if step.advice.is_some() => {
                fault("`advice` is for dead ends: it is advice that does not help")
            }
            StepKind::DeadEnd if step.why.is_none() => fault("a dead end says `why` it does not help"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPIRED: &str = r#"
title = "The origin's certificate has expired"
cause = "certificate-expired"
story = "The shop went down on Monday."

[origin.certificate]
not_after = "-35d"

[expect]
status = 502
page = "connect"
log = { x-edge-result-type = "Error", x-edge-detailed-result-type = "OriginConnectError" }

[[fix]]
title = "Renew the certificate and reload the server"
origin.certificate.not_after = "+60d"
expect.status = 200

[[dead_end]]
title = "Renew the certificate of the distribution"
why = "Viewer and origin certificates are separate."
distribution.ViewerCertificate = { ACMCertificateArn = "renewed" }
expect.status = 502
"#;

    fn refusal(text: &str) -> String {
        parse("certificate/expired", "certificate/expired.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn steps_are_laid_over_the_broken_state() {
        let scenario = parse("certificate/expired", "f", EXPIRED).unwrap();
        let kinds: Vec<StepKind> = scenario.steps.iter().map(|step| step.kind).collect();
        assert_eq!(kinds, [StepKind::Healthy, StepKind::Broken, StepKind::DeadEnd, StepKind::Fix]);
        let [healthy, broken, dead_end, fix] = &scenario.steps[..] else { panic!() };
        assert_ne!(healthy.state.origin, broken.state.origin);
        assert_eq!(broken.state.origin, dead_end.state.origin);
        assert_ne!(broken.state.origin, fix.state.origin);
        assert_eq!(dead_end.state.distribution.viewer_certificate.len(), 1);
    }

    #[test]
    fn a_dead_end_inherits_the_broken_outcome() {
        let scenario = parse("certificate/expired", "f", EXPIRED).unwrap();
        let dead_end = scenario.of_kind(StepKind::DeadEnd).next().unwrap();
        assert_eq!(dead_end.expect.page.as_deref(), Some("connect"));
        assert_eq!(dead_end.expect.expected_cause(scenario.cause), Some(Cause::CertificateExpired));
        let fix = scenario.of_kind(StepKind::Fix).next().unwrap();
        assert_eq!(fix.expect.expected_cause(scenario.cause), None);
        assert_eq!(fix.expect.page, None);
    }

    #[test]
    fn a_typo_gets_file_line_and_the_nearest_key() {
        let error = refusal(&EXPIRED.replacen("not_after = \"-35d\"", "not_aftr = \"-35d\"", 1));
        assert!(error.starts_with("certificate/expired.toml:7: "), "{error}");
        assert!(error.contains("not_aftr") && error.ends_with("did you mean `not_after`?"), "{error}");
    }

    #[test]
    fn a_typo_in_a_fix_is_found_in_its_line() {
        let error = refusal(
            &EXPIRED.replace("origin.certificate.not_after = \"+60d\"", "origin.certificate.not_aftr = \"+60d\""),
        );
        assert!(error.starts_with("certificate/expired.toml:16: "), "{error}");
    }

    #[test]
    fn unknown_words_are_refused() {
        let error = refusal(&EXPIRED.replace("x-edge-result-type =", "x-edge-result ="));
        assert!(error.contains("did you mean `x-edge-result-type`?"), "{error}");
        let error = refusal(&EXPIRED.replace("\"certificate-expired\"", "\"certificate-expird\""));
        assert!(error.contains("certificate-expired") && error.contains(":3: "), "{error}");
        let error = refusal(&EXPIRED.replace("page = \"connect\"", "page = \"conect\""));
        assert!(error.contains("did you mean `connect`?"), "{error}");
    }

    #[test]
    fn a_step_can_take_back_what_the_broken_state_sets() {
        let renewed = "origin.certificate.not_after = \"+60d\"";
        let taken_back = |key: &str| EXPIRED.replace(renewed, &format!("unset = [\"{key}\"]"));
        for key in ["origin.certificate.not_after", "origin.certificate"] {
            let scenario = parse("certificate/expired", "f", &taken_back(key)).unwrap();
            let fix = scenario.of_kind(StepKind::Fix).next().unwrap();
            assert_eq!(fix.state, scenario.of_kind(StepKind::Healthy).next().unwrap().state, "{key}");
        }
    }

    #[test]
    fn only_what_is_set_can_be_taken_back() {
        let renewed = "origin.certificate.not_after = \"+60d\"";
        for key in ["origin.certificate.corrupt", "expect.status", "title", "", "origin.certificate.not_after.x"] {
            let error = refusal(&EXPIRED.replace(renewed, &format!("unset = [\"{key}\"]")));
            assert!(error.contains(":16: ") && error.contains("does not set it"), "{error}");
        }
        let error = refusal(&EXPIRED.replace(renewed, "unset = [\"origin.certificate.not_aftr\"]"));
        assert!(error.ends_with("did you mean `origin.certificate.not_after`?"), "{error}");
        let error = refusal(&EXPIRED.replace("cause =", "unset = [\"origin\"]\ncause ="));
        assert!(error.contains("unset"), "{error}");
    }

    #[test]
    fn dead_ends_and_fixes_say_what_they_owe() {
        let error = refusal(&EXPIRED.replace("why = \"Viewer and origin certificates are separate.\"\n", ""));
        assert!(error.contains("says `why`"), "{error}");
        let error = refusal(&EXPIRED.replace("+60d\"\nexpect.status = 200", "+60d\"\nexpect.page = \"connect\""));
        assert!(error.contains("`expect.status` is missing"), "{error}");
    }

    #[test]
    fn a_step_has_the_past_it_states_or_that_of_the_broken_state() {
        let text = EXPIRED.replace("[expect]", "[[before]]\nas = \"now\"\nrequest.method = \"HEAD\"\n\n[expect]")
            + "before = [{ as = \"healthy\", requests = 2 }, { wait = \"11s\" }]\n";
        let scenario = parse("certificate/expired", "f", &text).unwrap();
        let [_, broken, dead_end, fix] = &scenario.steps[..] else { panic!() };
        let [now] = &broken.before[..] else { panic!() };
        assert_eq!(now.state.as_ref().unwrap().request.method, "HEAD");
        assert_eq!(now.state.as_ref().unwrap().origin, broken.state.origin);
        assert_eq!(fix.before[0].state.as_ref().unwrap().origin, fix.state.origin);
        let [healthy, wait] = &dead_end.before[..] else { panic!() };
        assert_ne!(healthy.state.as_ref().unwrap().origin, dead_end.state.origin);
        assert_eq!((healthy.requests, wait.state.is_none(), wait.wait.as_secs()), (2, true, 11));
    }

    #[test]
    fn a_past_that_cannot_be_is_refused_in_its_line() {
        for (past, reason) in [
            ("{ wait = \"11\" }", "expected a number with a unit"),
            ("{ requests = 3 }", "who is asked?"),
            ("{ as = \"now\", requests = 0 }", "1 to 100"),
            ("{ as = \"now\", together = 101 }", "1 to 100"),
            ("{ invalidate = \"/*.jpg\" }", "it can only come last"),
            ("{ as = \"later\" }", "later"),
        ] {
            let error = refusal(&(EXPIRED.to_owned() + &format!("before = [{past}]\n")));
            assert!(error.contains(reason) && error.starts_with("certificate/expired.toml:2"), "{error}");
        }
    }
}

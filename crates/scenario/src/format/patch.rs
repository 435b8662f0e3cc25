//! Changes of somebody's own to a scenario's broken state, in place of a fix or dead end that its file lists.
//!
//! They have the keys of a `[[fix]]` table that say what is up. What nobody who runs an origin or a distribution could
//! change is refused: the edge itself, and what viewers ask for.

use edge502_origin::OriginSpec;
use edge502_pki::CertificateSpec;
use serde::Deserialize;
use toml::{Spanned, Table, Value};

use super::before::{EarlierSpec, Moments};
use super::read::{SourceText, healthy_tables, laid_over, reason};
use super::{Expect, Scenario, Step, StepKind};
use crate::error::ScenarioError;
use crate::function::FunctionsSpec;
use crate::merge::{nearest_path, remove};
use crate::network::{DnsSpec, NetworkSpec};
use crate::state::{ClientSpec, DistributionSpec, RequestSpec, State};

/// What is to be changed, checked key by key.
#[derive(Debug, Clone)]
pub(crate) struct Patch {
    tables: Table,
    unset: Vec<String>,
}

/// The keys as serde checks them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "the state tables are checked here and merged from the raw table")]
struct Keys {
    #[serde(default)]
    unset: Vec<String>,
    origin: Option<OriginSpec>,
    standby: Option<OriginSpec>,
    dns: Option<DnsSpec>,
    network: Option<NetworkSpec>,
    distribution: Option<DistributionSpec>,
    client_certificate: Option<CertificateSpec>,
    function: Option<FunctionsSpec>,
    request: Option<RequestSpec>,
    client: Option<ClientSpec>,
}

/// The past of the broken state; the rest of the file was checked when it was read.
#[derive(Deserialize)]
struct Past {
    #[serde(default)]
    before: Vec<Spanned<EarlierSpec>>,
}

impl Patch {
    /// Reads a patch; `json` is an object with the tables of a `[[fix]]`.
    pub(crate) fn from_json(json: &[u8]) -> Result<Self, ScenarioError> {
        let malformed = |error: serde_json::Error| ScenarioError::patch(error.to_string());
        let tables: Table = serde_json::from_slice(json).map_err(malformed)?;
        if tables.contains_key("edge") {
            return Err(ScenarioError::patch("`edge` is out of reach: no setting of CloudFront changes it"));
        }
        let checked: Result<Keys, toml::de::Error> = Value::Table(tables.clone()).try_into();
        match checked {
            Ok(keys) => Ok(Self { tables, unset: keys.unset }),
            Err(error) => {
                let (reason, nearest) = reason(&error);
                Err(ScenarioError::Patch { reason, nearest })
            }
        }
    }

    /// The broken state of `scenario` with these changes, and the past of the broken state.
    pub(crate) fn step(&self, scenario: &Scenario) -> Result<Step, ScenarioError> {
        let file = format!("{}.toml", scenario.id);
        let source = SourceText::new(&file, &scenario.text);
        let raw: Table = source.parse()?;
        let past: Past = source.parse()?;
        let healthy = healthy_tables(&raw);
        let broken = laid_over(&healthy, &raw);
        let now = laid_over(&self.without_unset(&broken)?, &self.tables);
        let state: State = Value::Table(now.clone())
            .try_into()
            .map_err(|error: toml::de::Error| ScenarioError::patch(error.message()))?;
        same_question(&scenario.broken().state.request, &state.request)?;
        let moments = Moments { healthy: &healthy, broken: &broken, now: &now };
        Ok(Step {
            kind: StepKind::Patch,
            title: "changes of your own".to_owned(),
            why: None,
            advice: None,
            before: moments.past(&source, &past.before, raw.get("before"))?,
            state,
            expect: Expect::default(),
        })
    }

    fn without_unset(&self, broken: &Table) -> Result<Table, ScenarioError> {
        let mut tables = broken.clone();
        for key in &self.unset {
            if !remove(&mut tables, key) {
                let reason = format!("`{key}` is to be unset, but the broken state does not set it");
                return Err(ScenarioError::Patch { reason, nearest: nearest_path(broken, key) });
            }
        }
        Ok(tables)
    }
}

/// A site decides how much its own pages send along; what is asked for stays as it is, or nothing would be cured.
fn same_question(asked: &RequestSpec, now: &RequestSpec) -> Result<(), ScenarioError> {
    let same = (&asked.method, &asked.path, &asked.host, asked.scheme, asked.url_bytes)
        == (&now.method, &now.path, &now.host, now.scheme, now.url_bytes);
    if same {
        return Ok(());
    }
    Err(ScenarioError::patch(
        "viewers go on asking what they ask; of `request` only headers, cookies and body can change",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::parse;

    const EXPIRED: &str = r#"
title = "The origin's certificate has expired"
cause = "certificate-expired"
story = "The shop went down on Monday."
origin.certificate.not_after = "-35d"
before = [{ as = "now" }]
expect.status = 502
"#;

    fn patched(json: &str) -> Result<Step, ScenarioError> {
        Patch::from_json(json.as_bytes())?.step(&parse("certificate/expired", "f", EXPIRED).unwrap())
    }

    #[test]
    fn it_is_laid_over_the_broken_state_and_its_past() {
        let step = patched(r#"{"origin":{"certificate":{"not_after":"+60d"}}}"#).unwrap();
        let broken = parse("certificate/expired", "f", EXPIRED).unwrap();
        assert_ne!(step.state.origin, broken.broken().state.origin);
        assert_eq!(step.before[0].state.as_ref().unwrap().origin, step.state.origin);
        let unset = patched(r#"{"unset":["origin.certificate.not_after"]}"#).unwrap();
        assert_eq!(unset.state, broken.steps[0].state);
    }

    #[test]
    fn what_is_none_of_its_business_is_refused() {
        for (json, reason) in [
            (r#"{"origin":{"certificate":{"not_aftr":"+60d"}}}"#, "did you mean `not_after`?"),
            (r#"{"orign":{}}"#, "did you mean `origin`?"),
            (r#"{"edge":{"also_trusts_private_ca":true}}"#, "no setting of CloudFront"),
            (r#"{"request":{"path":"/other"}}"#, "go on asking"),
            (r#"{"before":[]}"#, "before"),
            (r#"{"unset":["origin.certificate.not_aftr"]}"#, "did you mean `origin.certificate.not_after`?"),
            (r#"{"distribution":{"HTTPSPort":70000}}"#, "70000"),
            ("[]", "expected"),
            ("{", "EOF"),
        ] {
            let error = patched(json).unwrap_err().to_string();
            assert!(error.contains(reason), "{json}: {error}");
        }
    }
}

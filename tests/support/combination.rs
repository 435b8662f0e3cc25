//! One scenario's states, served in every way an origin has.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use edge502_origin::{Backend, OriginError, Protocol, TlsSpec};
use edge502_rules::page::ErrorPages;
use edge502_rules::{Cause, Rulebook};
use edge502_scenario::{Expect, Lab, LabOptions, Observed, Scenario, ScenarioError, State, StepKind};

/// The libraries an origin is served with.
const BACKENDS: [Backend; 2] = [Backend::Rustls, Backend::OpenSsl];

/// The versions it is made to speak alone.
const PROTOCOLS: [Protocol; 2] = [Protocol::TlsV1_2, Protocol::TlsV1_3];

/// The readings under which every state is judged.
const RULEBOOKS: [Rulebook; 2] = [Rulebook::Documented, Rulebook::Observed];

/// What the origin's TLS server is made of where a scenario leaves it open.
#[derive(Debug, Clone, Copy)]
struct Combination {
    backend: Backend,
    protocol: Protocol,
}

impl fmt::Display for Combination {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} and {}", self.backend, self.protocol)
    }
}

impl Combination {
    fn all() -> impl Iterator<Item = Self> {
        BACKENDS.into_iter().flat_map(|backend| PROTOCOLS.map(|protocol| Self { backend, protocol }))
    }

    /// `state` served so, with the one version that is spoken then. What the state sets itself is left as it is; where
    /// this comes to the same as an earlier combination, there is none.
    fn applied(self, state: &State) -> Option<(State, Option<Protocol>)> {
        let (usual, mut state) = (TlsSpec::default(), state.clone());
        let tls = &mut state.origin.tls;
        if tls.backend == usual.backend {
            tls.backend = self.backend;
        } else if self.backend != BACKENDS[0] {
            return None;
        }
        if tls.protocols == usual.protocols {
            tls.protocols = vec![self.protocol];
            return Some((state, Some(self.protocol)));
        }
        (self.protocol == PROTOCOLS[0]).then_some((state, None))
    }
}

/// What became of all combinations.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    played: usize,
    /// The combinations that cannot be served, by the reason the origin gives.
    skipped: BTreeMap<String, Vec<String>>,
}

impl Tally {
    fn played(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).played += 1;
    }

    fn skipped(&self, reason: &str, place: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.skipped.entry(reason.to_owned()).or_default().push(place.to_owned());
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let skipped: usize = counts.skipped.values().map(Vec::len).sum();
        write!(formatter, "{} combinations, {skipped} skipped", counts.played + skipped)?;
        for (reason, places) in &counts.skipped {
            write!(formatter, "\n  {} times: {reason}\n      first {}", places.len(), places[0])?;
        }
        Ok(())
    }
}

/// Plays the steps of `scenario` in every combination; the points in which they differ from what is stated are the error,
/// and so is a healthy state that cannot be served.
pub(crate) async fn play(scenario: &Scenario, options: &LabOptions, tally: &Tally) -> Result<(), Vec<String>> {
    let steps = &scenario.steps;
    // How often each step was served, or left out for want of OpenSSL.
    let mut served = vec![0; steps.len()];
    let mut points = Vec::new();
    let mut lab = None;
    for combination in Combination::all() {
        for (step, served) in steps.iter().zip(&mut served) {
            let Some((state, alone)) = combination.applied(&step.state) else { continue };
            let place = format!("{}, {} {:?}, {combination}", scenario.id, step.kind, step.title);
            match bring_up(&mut lab, &state, options).await {
                Ok(lab) => {
                    *served += 1;
                    tally.played();
                    let seen = look(lab, scenario.cause, &step.expect, alone).await;
                    points.extend(seen.into_iter().map(|point| format!("{place}: {point}")));
                }
                Err(ScenarioError::Origin(OriginError::Impossible { problems, .. }))
                    if step.kind != StepKind::Healthy =>
                {
                    tally.skipped(&problems.join("; "), &place);
                }
                Err(error) => match error.needs_legacy() {
                    Some(reason) => {
                        *served += 1;
                        tally.skipped(&reason, &place);
                        lab = None;
                    }
                    None => points.push(format!("{place}: {error}")),
                },
            }
        }
    }
    if let Some(lab) = lab {
        lab.shutdown().await;
    }
    let unserved = steps.iter().zip(served).filter(|(_, served)| *served == 0);
    points.extend(unserved.map(|(step, _)| format!("{}, {:?}: nothing can serve it", scenario.id, step.title)));
    if points.is_empty() { Ok(()) } else { Err(points) }
}

async fn bring_up<'a>(
    lab: &'a mut Option<Lab>,
    state: &State,
    options: &LabOptions,
) -> Result<&'a mut Lab, ScenarioError> {
    match lab {
        Some(lab) => {
            lab.renew(state).await?;
            Ok(lab)
        }
        None => Ok(lab.insert(Lab::start(state, options.clone()).await?)),
    }
}

/// Asks under both rulebooks, and says where what is seen is not what is stated.
async fn look(lab: &mut Lab, scenario: Cause, expect: &Expect, alone: Option<Protocol>) -> Vec<String> {
    let mut points = Vec::new();
    for rulebook in RULEBOOKS {
        lab.edge().set_rulebook(rulebook);
        let seen = match lab.observe(&Expect::default()).await {
            Ok(seen) => differences(scenario, expect.under(rulebook, alone.map(Protocol::as_str)), alone, &seen),
            Err(error) => vec![error.to_string()],
        };
        points.extend(seen.into_iter().map(|point| format!("{rulebook:?}: {point}")));
    }
    points
}

fn differences(scenario: Cause, expect: &Expect, alone: Option<Protocol>, observed: &Observed) -> Vec<String> {
    let mut points = Vec::new();
    let mut same = |what: &str, stated: String, seen: String| {
        if stated != seen {
            let evidence = observed.evidence.as_deref().unwrap_or("no failure");
            points.push(format!("{what}: stated {stated}, seen {seen} ({evidence})"));
        }
    };
    if let Some(status) = expect.status {
        same("status", status.to_string(), observed.status.to_string());
    }
    let cause = expect.expected_cause(scenario);
    same("cause", id(cause), id(observed.cause));
    same("first finding", id(cause), id(observed.findings.first().map(|finding| finding.cause)));
    if let Some(stated) = &expect.findings {
        let mut stated: Vec<&str> = stated.iter().map(String::as_str).collect();
        let mut seen: Vec<&str> = observed.findings.iter().map(|finding| finding.cause.id()).collect();
        stated.sort_unstable();
        seen.sort_unstable();
        seen.dedup();
        same("findings", stated.join(", "), seen.join(", "));
    }
    if !expect.page_fits(observed.page, ErrorPages::default()) {
        same("page", format!("{:?}", expect.page), format!("{:?}", observed.page));
    }
    for (field, stated) in &expect.log {
        let seen = observed.log.iter().find(|(name, _)| name == field).map(|(_, value)| value.clone());
        same(field, stated.clone(), seen.unwrap_or_default());
    }
    // An origin that was asked over plain HTTP has negotiated nothing.
    if let (Some(alone), Some(negotiated)) = (alone, &observed.origin_tls) {
        same("version", alone.to_string(), negotiated.clone());
    }
    points
}

fn id(cause: Option<Cause>) -> String {
    cause.map_or("none", Cause::id).to_owned()
}

//! Three hints for every exercise, made of what its scenario states and its runner proves.

use edge502_rules::{Cause, Phase};
use edge502_scenario::{Dig, Expect, Scenario};

/// How many hints there are, from vague to plain.
pub const HINTS: usize = 3;

/// One hint, as facts; [`Texts`](crate::Texts) has the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// Which part of the connection to look at.
    Look(Phase),
    /// What the log and the documented checks say.
    Evidence(Evidence),
    /// The background of the cause.
    Background(Cause),
}

/// What is to be found, for those who know where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// `x-edge-detailed-result-type` in the access log, if the scenario states it.
    pub log: Option<String>,
    /// What `openssl s_client` prints.
    pub openssl: Vec<String>,
    /// What `dig NAME +short` prints, for each name server; a server that has no answer prints no line.
    pub dig: Vec<Vec<String>>,
    /// What misleads the usual check, in the scenario's words.
    pub trap: Option<String>,
}

impl Evidence {
    fn of(expect: &Expect, trap: Option<&String>) -> Self {
        Self {
            log: expect.log.get("x-edge-detailed-result-type").cloned(),
            openssl: expect.openssl.iter().flat_map(edge502_scenario::format::Texts::iter).map(str::to_owned).collect(),
            dig: match &expect.dig {
                None => Vec::new(),
                Some(Dig::First(lines)) => vec![lines.clone()],
                Some(Dig::Each(servers)) => servers.clone(),
            },
            trap: trap.map(|trap| trap.trim().to_owned()),
        }
    }
}

/// The hints of `scenario`, vague ones first.
pub(crate) fn hints(scenario: &Scenario) -> [Hint; HINTS] {
    [
        Hint::Look(scenario.cause.phase()),
        Hint::Evidence(Evidence::of(&scenario.broken().expect, scenario.trap.as_ref())),
        Hint::Background(scenario.cause),
    ]
}

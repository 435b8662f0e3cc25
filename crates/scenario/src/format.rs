//! The scenario file.
//!
//! `<class>/<name>.toml`; the path is the id. A file states only what differs from the healthy lab. `[origin]`,
//! `[standby]`, `[dns]`, `[network]`, `[distribution]`, `[client_certificate]`, `[function]`, `[request]`, `[client]` and
//! `[edge]` are the broken state. Each `[[fix]]` and `[[dead_end]]` takes out the keys in its list `unset` and then lays
//! its own tables over it. Unknown keys are refused with place and nearest key.

mod before;
mod disguise;
mod expect;
mod patch;
mod read;
mod settings;

use std::fmt;
use std::sync::Arc;

use edge502_rules::{Advice, Cause};
use serde::{Deserialize, Serialize};

use crate::state::State;

pub use before::Earlier;
pub use disguise::Disguise;
pub use expect::{Dig, Expect, Texts};
pub(crate) use patch::Patch;
pub use read::SourceText;
pub(crate) use read::parse;
pub use settings::Settings;

/// How hard a scenario is, for training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The usual check shows it.
    #[default]
    Starter,
    /// The usual check has to be read with care.
    Intermediate,
    /// The usual check is misleading.
    Expert,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Starter => "starter",
            Self::Intermediate => "intermediate",
            Self::Expert => "expert",
        })
    }
}

/// One scenario, read and checked.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// `<class>/<name>`.
    pub id: String,
    /// What is wrong, in one line.
    pub title: String,
    /// The cause CloudFront trips over.
    pub cause: Cause,
    /// For training.
    pub level: Level,
    /// The symptom as a customer would report it.
    pub story: String,
    /// The trap this scenario teaches, if it has one.
    pub trap: Option<String>,
    /// Addresses of public reports with this cause.
    pub reports: Vec<String>,
    /// Ids of the rules in `FIDELITY.md` that this scenario proves.
    pub proves: Vec<String>,
    /// The healthy lab, the broken state, the dead ends and the fixes, in the order in which they are played.
    pub steps: Vec<Step>,
    /// The file as it was read. `steps` may have been changed since.
    pub text: Arc<str>,
}

impl Scenario {
    /// The broken state.
    pub fn broken(&self) -> &Step {
        self.of_kind(StepKind::Broken).next().expect("every scenario has a broken step")
    }

    /// The steps of one kind, in the order of the file.
    pub fn of_kind(&self, kind: StepKind) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(move |step| step.kind == kind)
    }
}

/// What a step is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// The lab before anything is broken: it has to answer 200.
    Healthy,
    /// The broken state.
    Broken,
    /// Something people try that does not cure it, or only at a price.
    DeadEnd,
    /// Something that cures it.
    Fix,
    /// What somebody changed in a running lab, in place of a step that is listed. It may cure or not.
    Patch,
}

impl fmt::Display for StepKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Healthy => "healthy",
            Self::Broken => "broken",
            Self::DeadEnd => "dead end",
            Self::Fix => "fix",
            Self::Patch => "patch",
        })
    }
}

/// One state to bring up, and what is to be seen of it.
#[derive(Debug, Clone)]
pub struct Step {
    /// What the step is there for.
    pub kind: StepKind,
    /// What was changed, in one line.
    pub title: String,
    /// For a dead end: why it does not help, or what it costs. For a fix: a remark.
    pub why: Option<String>,
    /// For a dead end: the piece of advice that it executes.
    pub advice: Option<Advice>,
    /// What happened before, in order.
    pub before: Vec<Earlier>,
    /// The state.
    pub state: State,
    /// What is to be seen.
    pub expect: Expect,
}

impl Step {
    /// The state that meets the first request: the step's own, unless it has a past.
    pub(crate) fn first_state(&self) -> &State {
        self.before.iter().find_map(|earlier| earlier.state.as_ref()).unwrap_or(&self.state)
    }
}

//! An exercise: what a trainee is told of a scenario, and what is asked.
//!
//! Everything a trainee sees before the answer comes from here. The scenario's id and title give the answer away, so an
//! exercise has a name of its own, and its remedies are numbered in an order that does not tell fixes from dead ends.

use edge502_rules::{Cause, outcome::Outcome};
use edge502_scenario::serve::Action;
use edge502_scenario::{Level, Scenario, StepKind};

use crate::hint::{HINTS, Hint, hints};
use crate::{Seed, Track};

/// How many causes a trainee chooses from.
const CHOICES: usize = 5;

/// A scenario as an exercise.
#[derive(Debug, Clone)]
pub struct Exercise {
    name: String,
    track: Track,
    seed: Seed,
    scenario: Scenario,
    choices: Vec<Cause>,
    remedies: Vec<Remedy>,
    hints: [Hint; HINTS],
}

/// Something to do about the broken site: it may cure it or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// Its number, from 1.
    pub number: usize,
    /// What is done.
    pub title: String,
    action: Action,
    why: Option<String>,
}

impl Remedy {
    /// What it does to the lab. It tells fix from dead end: show it to nobody who has not applied it.
    pub const fn action(&self) -> Action {
        self.action
    }

    /// Whether it is proven to cure, without a price.
    pub const fn cures(&self) -> bool {
        matches!(self.action, Action::Fix(_))
    }

    /// Why it does not help, what it costs, or a remark. For those who have applied it.
    pub fn why(&self) -> Option<&str> {
        self.why.as_deref()
    }
}

impl Exercise {
    /// An exercise called `name`; `seed` decides the order of what there is to choose from.
    pub fn new(scenario: Scenario, name: impl Into<String>, seed: Seed) -> Self {
        Self {
            name: name.into(),
            track: Track::of(&scenario),
            seed,
            choices: choices(&scenario, seed),
            remedies: remedies(&scenario, seed),
            hints: hints(&scenario),
            scenario,
        }
    }

    /// Its name, which gives nothing away, such as `certificates-07`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The track it belongs to.
    pub const fn track(&self) -> Track {
        self.track
    }

    /// How hard it is.
    pub const fn level(&self) -> Level {
        self.scenario.level
    }

    /// What decides the order of the choices.
    pub const fn seed(&self) -> Seed {
        self.seed
    }

    /// The symptom as a customer reports it.
    pub fn story(&self) -> &str {
        self.scenario.story.trim()
    }

    /// The causes to choose from; one is right.
    pub fn choices(&self) -> &[Cause] {
        &self.choices
    }

    /// What can be done, in the order of the numbers.
    pub fn remedies(&self) -> &[Remedy] {
        &self.remedies
    }

    /// The remedy with this number.
    pub fn remedy(&self, number: usize) -> Option<&Remedy> {
        self.remedies.iter().find(|remedy| remedy.number == number)
    }

    /// The hints, vague ones first. Each has its price, see [`Attempt::hint`](crate::Attempt::hint).
    pub const fn hints(&self) -> &[Hint; HINTS] {
        &self.hints
    }

    /// The answer. For those who have given theirs.
    pub const fn cause(&self) -> Cause {
        self.scenario.cause
    }

    /// The scenario behind it. Id and title give the answer away.
    pub const fn scenario(&self) -> &Scenario {
        &self.scenario
    }
}

/// The scenario's cause among others that could be taken for it: first those of the same phase, then those with the same
/// page and log line. What is wrong besides the cause is not offered, since naming it would be half right.
fn choices(scenario: &Scenario, seed: Seed) -> Vec<Cause> {
    let right = scenario.cause;
    let also: Vec<&String> = scenario.broken().expect.findings.iter().flatten().collect();
    let wrong = Cause::ALL.iter().copied().filter(|cause| !also.iter().any(|id| *id == cause.id()) && *cause != right);
    let mut wrong = seed.shuffled(wrong.collect(), |cause| format!("{} wrong {cause}", scenario.id));
    wrong.sort_by_key(|cause| strangeness(right, *cause));
    wrong.truncate(CHOICES - 1);
    wrong.push(right);
    seed.shuffled(wrong, |cause| format!("{} choice {cause}", scenario.id))
}

/// How little one cause resembles another.
fn strangeness(right: Cause, other: Cause) -> u8 {
    let (outcome, other_outcome) = (Outcome::of(right), Outcome::of(other));
    let same_log = outcome.detailed_result_type == other_outcome.detailed_result_type;
    match (right.phase() == other.phase(), same_log && outcome.answer == other_outcome.answer) {
        (true, true) => 0,
        (true, false) => 1,
        (false, true) => 2,
        (false, false) => 3,
    }
}

fn remedies(scenario: &Scenario, seed: Seed) -> Vec<Remedy> {
    let of_kind = |kind, action: fn(usize) -> Action| {
        scenario.of_kind(kind).enumerate().map(move |(index, step)| Remedy {
            number: 0,
            title: step.title.clone(),
            action: action(index + 1),
            why: step.why.as_ref().map(|why| why.trim().to_owned()),
        })
    };
    let all = of_kind(StepKind::Fix, Action::Fix).chain(of_kind(StepKind::DeadEnd, Action::DeadEnd)).collect();
    let mut mixed = seed.shuffled(all, |remedy| format!("{} remedy {}", scenario.id, remedy.title));
    for (index, remedy) in mixed.iter_mut().enumerate() {
        remedy.number = index + 1;
    }
    mixed
}

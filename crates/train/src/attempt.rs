//! One trainee's attempt at one exercise: what is allowed, what it costs, when it is solved. Pure: no lab, no clock.
//!
//! An attempt is worth [`FULL`] points when it begins and never more later; hints, wrong diagnoses and useless remedies
//! take some away. Points are had for the right diagnosis and for a cure that the checker saw in the running lab.

use std::collections::BTreeSet;
use std::sync::Arc;

use edge502_rules::Cause;
use edge502_scenario::serve::Action;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::check::{Check, Verdict};
use crate::hint::{HINTS, Hint};
use crate::{Exercise, Remedy};

/// What an attempt is worth at the beginning.
pub const FULL: u32 = 100;
/// What each hint costs, in their order.
pub const HINT_COSTS: [u32; HINTS] = [10, 15, 25];
/// What a wrong diagnosis costs, each once.
pub const WRONG_DIAGNOSIS: u32 = 15;
/// What a remedy costs that does not cure, or only at a price; each once.
pub const DEAD_END: u32 = 15;
/// Of what the attempt is worth, the right diagnosis alone earns this many hundredths; a cure earns the rest.
pub const DIAGNOSIS_SHARE: u32 = 40;

/// What a trainee may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How many hints may be taken.
    pub hints: usize,
    /// When the time is up, if it ever is.
    pub deadline: Option<OffsetDateTime>,
}

impl Default for Terms {
    /// All hints, no deadline.
    fn default() -> Self {
        Self { hints: HINTS, deadline: None }
    }
}

/// What became of a diagnosis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Diagnosis {
    /// That is it.
    Right,
    /// That is not what CloudFront trips over here.
    Wrong {
        /// Points it cost.
        cost: u32,
    },
}

/// Why something was not done. It costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The exercise is over.
    Over,
    /// The time is up.
    TimeIsUp,
    /// There are no more hints.
    NoMoreHints {
        /// How many could be taken.
        allowed: usize,
    },
    /// The cause is not among those to choose from.
    NotAChoice,
    /// The cause was named before, and is wrong.
    RuledOut,
    /// The cause was named before, and is right.
    AlreadyRight,
    /// There is no remedy with this number.
    NoSuchRemedy {
        /// How many there are.
        count: usize,
    },
}

/// Where an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Under way.
    Open,
    /// Diagnosed, and cured in the running lab.
    Solved,
    /// The answer was shown.
    GivenUp,
}

/// One attempt.
#[derive(Debug, Clone)]
pub struct Attempt {
    exercise: Arc<Exercise>,
    terms: Terms,
    began: OffsetDateTime,
    ended: Option<OffsetDateTime>,
    standing: Standing,
    hints: usize,
    wrong: BTreeSet<Cause>,
    dead_ends: BTreeSet<usize>,
    diagnosed: bool,
    cured: bool,
}

impl Attempt {
    /// An attempt that begins now.
    pub fn new(exercise: Arc<Exercise>, terms: Terms, now: OffsetDateTime) -> Self {
        Self {
            exercise,
            terms,
            began: now,
            ended: None,
            standing: Standing::Open,
            hints: 0,
            wrong: BTreeSet::new(),
            dead_ends: BTreeSet::new(),
            diagnosed: false,
            cured: false,
        }
    }

    /// The exercise.
    pub const fn exercise(&self) -> &Arc<Exercise> {
        &self.exercise
    }

    /// Takes the next hint.
    pub fn hint(&mut self, now: OffsetDateTime) -> Result<&Hint, Refusal> {
        self.admit(now)?;
        let allowed = self.terms.hints.min(HINTS);
        if self.hints >= allowed {
            return Err(Refusal::NoMoreHints { allowed });
        }
        self.hints += 1;
        Ok(&self.exercise.hints()[self.hints - 1])
    }

    /// Names a cause.
    pub fn diagnose(&mut self, cause: Cause, now: OffsetDateTime) -> Result<Diagnosis, Refusal> {
        self.admit(now)?;
        if self.diagnosed {
            return Err(Refusal::AlreadyRight);
        }
        if !self.exercise.choices().contains(&cause) {
            return Err(Refusal::NotAChoice);
        }
        if cause != self.exercise.cause() {
            return if self.wrong.insert(cause) {
                Ok(Diagnosis::Wrong { cost: WRONG_DIAGNOSIS })
            } else {
                Err(Refusal::RuledOut)
            };
        }
        self.diagnosed = true;
        self.settle(now);
        Ok(Diagnosis::Right)
    }

    /// Chooses a remedy. Apply its action to the lab next.
    pub fn choose(&mut self, number: usize, now: OffsetDateTime) -> Result<Action, Refusal> {
        self.admit(now)?;
        let count = self.exercise.remedies().len();
        let remedy = self.exercise.remedy(number).ok_or(Refusal::NoSuchRemedy { count })?;
        if !remedy.cures() {
            self.dead_ends.insert(number);
        }
        Ok(remedy.action())
    }

    /// Takes note of what the checker saw in the running lab.
    pub fn checked(&mut self, check: &Check, now: OffsetDateTime) -> Result<(), Refusal> {
        self.admit(now)?;
        if check.verdict == Verdict::Cured {
            self.cured = true;
            self.settle(now);
        }
        Ok(())
    }

    /// Gives up, so that the answer can be shown. Does nothing if the attempt is over.
    pub fn give_up(&mut self, now: OffsetDateTime) {
        if self.standing == Standing::Open {
            self.end(Standing::GivenUp, now);
        }
    }

    /// What the attempt is still worth.
    pub fn worth(&self) -> u32 {
        let hints: u32 = HINT_COSTS.iter().take(self.hints).sum();
        let each = |count: usize, cost: u32| u32::try_from(count).unwrap_or(FULL).saturating_mul(cost);
        let costs = hints + each(self.wrong.len(), WRONG_DIAGNOSIS) + each(self.dead_ends.len(), DEAD_END);
        FULL.saturating_sub(costs)
    }

    /// The points had so far, 0 to [`FULL`].
    pub fn score(&self) -> u32 {
        let diagnosis = self.worth() * DIAGNOSIS_SHARE / 100;
        match (self.diagnosed, self.cured) {
            (false, false) => 0,
            (true, false) => diagnosis,
            (false, true) => self.worth() - diagnosis,
            (true, true) => self.worth(),
        }
    }

    /// Where it stands.
    pub const fn standing(&self) -> Standing {
        self.standing
    }

    /// What is left of the time, less than nothing when it is up; `None` if there is no limit.
    pub fn time_left(&self, now: OffsetDateTime) -> Option<Duration> {
        self.terms.deadline.map(|deadline| deadline - now)
    }

    /// Whether something can still be done.
    pub fn is_open(&self, now: OffsetDateTime) -> bool {
        self.admit(now).is_ok()
    }

    /// Whether the right cause was named.
    pub const fn is_diagnosed(&self) -> bool {
        self.diagnosed
    }

    /// Whether the checker saw the lab cured.
    pub const fn is_cured(&self) -> bool {
        self.cured
    }

    /// Whether anything has been done that counts.
    pub fn is_touched(&self) -> bool {
        self.diagnosed || self.cured || self.worth() < FULL || self.standing != Standing::Open
    }

    /// The hints taken.
    pub fn hints(&self) -> &[Hint] {
        &self.exercise.hints()[..self.hints]
    }

    /// What the next hint costs, if there is one.
    pub fn next_hint(&self) -> Option<u32> {
        (self.hints < self.terms.hints).then(|| HINT_COSTS.get(self.hints).copied()).flatten()
    }

    /// The causes that were named and are wrong.
    pub const fn ruled_out(&self) -> &BTreeSet<Cause> {
        &self.wrong
    }

    /// The remedies that were applied and do not cure, or only at a price.
    pub fn dead_ends(&self) -> impl Iterator<Item = &Remedy> {
        self.dead_ends.iter().filter_map(|number| self.exercise.remedy(*number))
    }

    /// Everything about it that is kept.
    pub fn record(&self, now: OffsetDateTime) -> Record {
        let ended = self.ended.unwrap_or(now);
        Record {
            exercise: self.exercise.scenario().id.clone(),
            standing: self.standing,
            score: self.score(),
            hints: self.hints,
            wrong_diagnoses: self.wrong.len(),
            dead_ends: self.dead_ends.len(),
            diagnosed: self.diagnosed,
            cured: self.cured,
            seconds: u64::try_from((ended - self.began).whole_seconds()).unwrap_or(0),
            ended,
        }
    }

    fn admit(&self, now: OffsetDateTime) -> Result<(), Refusal> {
        if self.standing != Standing::Open {
            return Err(Refusal::Over);
        }
        if self.terms.deadline.is_some_and(|deadline| now > deadline) {
            return Err(Refusal::TimeIsUp);
        }
        Ok(())
    }

    fn settle(&mut self, now: OffsetDateTime) {
        if self.diagnosed && self.cured {
            self.end(Standing::Solved, now);
        }
    }

    fn end(&mut self, standing: Standing, now: OffsetDateTime) {
        self.standing = standing;
        self.ended = Some(now);
    }
}

/// What is kept of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Id of the scenario.
    pub exercise: String,
    /// Where it stood at the end.
    pub standing: Standing,
    /// Points, 0 to 100.
    pub score: u32,
    /// Hints taken.
    pub hints: usize,
    /// Causes named that were wrong.
    pub wrong_diagnoses: usize,
    /// Remedies applied that do not cure, or only at a price.
    pub dead_ends: usize,
    /// Whether the right cause was named.
    pub diagnosed: bool,
    /// Whether the checker saw the lab cured.
    pub cured: bool,
    /// How long it took, in seconds.
    pub seconds: u64,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339")]
    pub ended: OffsetDateTime,
}

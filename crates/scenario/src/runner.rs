//! Plays scenarios and compares what is seen with what they state.

mod compare;

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use edge502_edge::AccessLog;
use edge502_rules::clock::{FixedClock, SharedClock};
use edge502_rules::page::ErrorPages;
use edge502_rules::{Cause, Rulebook};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::error::ScenarioError;
use crate::format::{Scenario, Step, StepKind};
use crate::lab::{DocumentedCheck, Lab, LabOptions, Observed};

/// The longest one step may take.
const STEP: Duration = Duration::from_mins(1);

/// Choices that hold for a whole run.
#[derive(Clone)]
pub struct RunOptions {
    /// Which reading of CloudFront decides.
    pub rulebook: Rulebook,
    /// Which family of error pages viewers get.
    pub error_pages: ErrorPages,
    /// The access log of every edge, if there is one. Whoever opened it closes it.
    pub access_log: Option<AccessLog>,
    /// How many scenarios are played at a time, at least 1.
    pub concurrency: usize,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self { rulebook: Rulebook::default(), error_pages: ErrorPages::default(), access_log: None, concurrency: 32 }
    }
}

/// What was seen of one scenario.
#[derive(Debug, Clone)]
pub struct ScenarioReport {
    /// The scenario's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its cause.
    pub cause: Cause,
    /// Every step that was played, in order.
    pub steps: Vec<StepReport>,
    /// Why it could not be played to the end, if so.
    pub error: Option<String>,
    /// How long it took.
    pub elapsed: Duration,
}

impl ScenarioReport {
    /// Whether every step did as stated.
    pub fn as_stated(&self) -> bool {
        self.error.is_none() && self.steps.iter().all(StepReport::as_stated)
    }
}

/// What was seen of one step.
#[derive(Debug, Clone)]
pub struct StepReport {
    /// What the step is there for.
    pub kind: StepKind,
    /// What was changed.
    pub title: String,
    /// What was seen; `None` if the step could not be brought up.
    pub observed: Option<Observed>,
    /// Why the step was not played: it needs OpenSSL, and this program was built without it.
    pub skipped: Option<String>,
    /// Where that differs from what is stated, in words.
    pub mismatches: Vec<String>,
    /// How long it took.
    pub elapsed: Duration,
}

impl StepReport {
    /// Of a step that nothing is known of yet.
    fn of(step: &Step) -> Self {
        let (kind, title) = (step.kind, step.title.clone());
        Self { kind, title, observed: None, skipped: None, mismatches: Vec::new(), elapsed: Duration::ZERO }
    }

    /// Whether it did as stated; of a skipped step, only that nothing speaks against it.
    pub fn as_stated(&self) -> bool {
        self.mismatches.is_empty()
    }

    /// Whether it was played without the documented check that it states something about.
    pub fn unchecked(&self) -> bool {
        self.observed.as_ref().is_some_and(|observed| observed.openssl == Some(DocumentedCheck::Skipped))
    }
}

/// Plays scenarios, each in a lab of its own, with certificates made for this run.
pub struct Runner {
    pki: Arc<edge502_pki::Lab>,
    clock: SharedClock,
    options: RunOptions,
}

impl Runner {
    /// A runner whose labs live by `clock`.
    pub fn new(clock: SharedClock, options: RunOptions) -> Result<Self, ScenarioError> {
        let pki = Arc::new(edge502_pki::Lab::new(clock.now())?);
        Ok(Self { pki, clock, options })
    }

    /// Plays all of `scenarios`, several at a time, those that wait longest first; `finished` is told about each as it
    /// ends. The reports come in the order of `scenarios`.
    pub async fn run(
        &self,
        scenarios: Vec<Scenario>,
        mut finished: impl FnMut(&ScenarioReport),
    ) -> Vec<ScenarioReport> {
        let slots = Arc::new(Semaphore::new(self.options.concurrency.max(1)));
        let mut playing = JoinSet::new();
        let mut queue: Vec<(usize, Scenario)> = scenarios.into_iter().enumerate().collect();
        queue.sort_by_key(|(_, scenario)| Reverse(waits(scenario)));
        for (index, scenario) in queue {
            let (slots, options, rulebook) = (slots.clone(), self.lab_options(), self.options.rulebook);
            playing.spawn(async move {
                let _slot = slots.acquire_owned().await.expect("the semaphore is never closed");
                (index, play(&scenario, options, rulebook).await)
            });
        }
        let mut reports = Vec::new();
        while let Some(joined) = playing.join_next().await {
            let (index, report) = joined.expect("a scenario's task neither panics nor is cancelled");
            finished(&report);
            reports.push((index, report));
        }
        reports.sort_by_key(|(index, _)| *index);
        reports.into_iter().map(|(_, report)| report).collect()
    }

    /// Plays one scenario.
    pub async fn play(&self, scenario: &Scenario) -> ScenarioReport {
        play(scenario, self.lab_options(), self.options.rulebook).await
    }

    /// For one scenario. It is played at one moment: only its own waits let time go by, so that nothing grows older on a
    /// busy machine.
    fn lab_options(&self) -> LabOptions {
        let moment: SharedClock = Arc::new(FixedClock(self.clock.now()));
        LabOptions {
            rulebook: self.options.rulebook,
            error_pages: self.options.error_pages,
            access_log: self.options.access_log.clone(),
            ..LabOptions::new(self.pki.clone(), moment)
        }
    }
}

/// How many steps last until a time limit of CloudFront's is over, or for as long as the origin takes its time. Nothing is
/// computed meanwhile, so others fill the gap, unless such a scenario is among the last.
fn waits(scenario: &Scenario) -> usize {
    let is_slow = |step: &&Step| {
        let http = &step.state.origin.http;
        step.expect.status == Some(504) || http.delay_ms > 0 || http.drip_ms.is_some()
    };
    scenario.steps.iter().filter(is_slow).count()
}

async fn play(scenario: &Scenario, options: LabOptions, rulebook: Rulebook) -> ScenarioReport {
    let started = Instant::now();
    let mut steps = Vec::new();
    let error = play_steps(scenario, options, rulebook, &mut steps).await.err().map(|error| whole(&error));
    ScenarioReport {
        id: scenario.id.clone(),
        title: scenario.title.clone(),
        cause: scenario.cause,
        steps,
        error,
        elapsed: started.elapsed(),
    }
}

async fn play_steps(
    scenario: &Scenario,
    options: LabOptions,
    rulebook: Rulebook,
    reports: &mut Vec<StepReport>,
) -> Result<(), ScenarioError> {
    let error_pages = options.error_pages;
    let mut lab: Option<Lab> = None;
    for step in &scenario.steps {
        let started = Instant::now();
        let played = timeout(STEP, Box::pin(play_step(&mut lab, step, &options)));
        let played = played.await.unwrap_or(Err(ScenarioError::Timeout { what: "the step", seconds: STEP.as_secs() }));
        let mut report = StepReport::of(step);
        match played {
            Ok(observed) => {
                let (cause, expect) = (scenario.cause, &step.expect);
                report.mismatches = compare::mismatches(cause, step.kind, expect, rulebook, error_pages, &observed);
                report.observed = Some(observed);
            }
            Err(error) => {
                report.skipped = Some(error.needs_legacy().ok_or(error)?);
                // It may have changed by half; the next step starts from nothing.
                take_down(&mut lab).await;
            }
        }
        report.elapsed = started.elapsed();
        reports.push(report);
    }
    take_down(&mut lab).await;
    Ok(())
}

async fn take_down(lab: &mut Option<Lab>) {
    if let Some(lab) = lab.take() {
        Box::pin(lab.shutdown()).await;
    }
}

async fn play_step(lab: &mut Option<Lab>, step: &Step, options: &LabOptions) -> Result<Observed, ScenarioError> {
    let lab = match lab {
        Some(lab) => {
            lab.play(step).await?;
            lab
        }
        None => lab.insert(Lab::start_with(step, options.clone()).await?),
    };
    lab.observe(&step.expect).await
}

/// An error with everything behind it, in one line.
fn whole(error: &ScenarioError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let told = cause.to_string();
        if !text.contains(&told) {
            text.push_str(": ");
            text.push_str(&told);
        }
        source = cause.source();
    }
    text
}

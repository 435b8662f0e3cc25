//! Many targets at a time.

use std::sync::Arc;

use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::checker::Checker;
use crate::error::CheckError;
use crate::report::{Report, Verdict};
use crate::source::{Level, Setting};
use crate::target::Target;

/// One target and what came of it.
#[derive(Debug, Clone)]
pub struct Checked {
    /// How the target was named.
    pub name: String,
    /// Its report, or why there is none.
    pub result: Result<Report, String>,
}

/// Many targets, those that could not be checked first, then those that fail, then those that connect; within each in
/// the order given.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// All of them.
    pub checked: Vec<Checked>,
    /// What is to be said about the settings of the distributions they came from.
    pub settings: Vec<Setting>,
}

/// What programs read of a batch.
#[derive(Debug, Serialize)]
pub struct Summary<'a> {
    verdict: Verdict,
    checked: usize,
    failing: usize,
    not_checked: Vec<NotChecked<'a>>,
    settings: &'a [Setting],
    origins: Vec<&'a Report>,
}

/// A target without a report.
#[derive(Debug, Serialize)]
struct NotChecked<'a> {
    target: &'a str,
    reason: &'a str,
}

impl Batch {
    /// Checks `targets`, at most `concurrency` (at least 1) at a time; `finished` hears of each as it ends.
    pub async fn run(
        checker: Arc<Checker>,
        targets: Vec<(String, Result<Target, CheckError>)>,
        concurrency: usize,
        mut finished: impl FnMut(&Checked),
    ) -> Self {
        let slots = Arc::new(Semaphore::new(concurrency.max(1)));
        let mut running = JoinSet::new();
        for (index, (name, target)) in targets.into_iter().enumerate() {
            let (checker, slots) = (Arc::clone(&checker), Arc::clone(&slots));
            running.spawn(async move {
                let _slot = slots.acquire_owned().await.expect("the semaphore is never closed");
                let result = match target {
                    Ok(target) => checker.check(&target).await,
                    Err(error) => Err(error),
                };
                (index, Checked { name, result: result.map_err(|error| error.to_string()) })
            });
        }
        let mut ended = Vec::new();
        while let Some(joined) = running.join_next().await {
            let (index, one) = joined.expect("a check neither panics nor is cancelled");
            finished(&one);
            ended.push((index, one));
        }
        ended.sort_by_key(|(index, one)| (one.badness(), *index));
        Self { checked: ended.into_iter().map(|(_, one)| one).collect(), settings: Vec::new() }
    }

    /// The reports.
    pub fn reports(&self) -> impl Iterator<Item = &Report> {
        self.checked.iter().filter_map(|one| one.result.as_ref().ok())
    }

    /// How many targets fail.
    pub fn failing(&self) -> usize {
        self.reports().filter(|report| report.verdict == Verdict::Fails).count()
    }

    /// Whether an origin fails, or a setting cannot work.
    pub fn verdict(&self) -> Verdict {
        let cannot_work = self.settings.iter().any(|setting| setting.level == Level::Error);
        if self.failing() == 0 && !cannot_work { Verdict::Connects } else { Verdict::Fails }
    }

    /// Whether every target was checked.
    pub fn is_whole(&self) -> bool {
        self.checked.iter().all(|one| one.result.is_ok())
    }

    /// The batch for programs.
    pub fn summary(&self) -> Summary<'_> {
        Summary {
            verdict: self.verdict(),
            checked: self.reports().count(),
            failing: self.failing(),
            not_checked: self.checked.iter().filter_map(Checked::not_checked).collect(),
            settings: &self.settings,
            origins: self.reports().collect(),
        }
    }
}

impl Checked {
    /// The target with the reason, if there is no report.
    fn not_checked(&self) -> Option<NotChecked<'_>> {
        let reason = self.result.as_ref().err()?;
        Some(NotChecked { target: &self.name, reason })
    }

    /// Worst first.
    fn badness(&self) -> u8 {
        match &self.result {
            Err(_) => 0,
            Ok(report) if report.verdict == Verdict::Fails => 1,
            Ok(report) if !report.warnings.is_empty() => 2,
            Ok(_) => 3,
        }
    }
}

//! Many targets at a time.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
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
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Summary<'a> {
    /// Whether all connect, and no setting is one that cannot work.
    verdict: Verdict,
    /// How many origins were checked.
    checked: usize,
    /// How many of them fail.
    failing: usize,
    /// What could not be checked.
    not_checked: Vec<NotChecked<'a>>,
    /// What is to be said about settings, the worst of each distribution first.
    settings: &'a [Setting],
    /// The reports, those that fail first.
    origins: Vec<&'a Report>,
}

/// A target without a report.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct NotChecked<'a> {
    /// How it was named.
    target: &'a str,
    /// Why it was not checked.
    reason: &'a str,
}

impl Batch {
    /// Checks `targets`, at most `concurrency` (at least 1) at a time, taking each only when its turn has come.
    /// `finished` hears of each as it ends, and may leave out what is not needed any more. A target that is a setting
    /// that cannot work becomes one of [`Self::settings`].
    pub async fn run(
        checker: Arc<Checker>,
        targets: impl IntoIterator<Item = (String, Result<Target, CheckError>)>,
        concurrency: usize,
        mut finished: impl FnMut(&mut Checked),
    ) -> Self {
        let mut waiting = targets.into_iter().enumerate();
        let (mut running, mut ended, mut settings) = (JoinSet::new(), Vec::new(), Vec::new());
        loop {
            while running.len() < concurrency.max(1)
                && let Some((index, (name, target))) = waiting.next()
            {
                let checker = Arc::clone(&checker);
                running.spawn(async move {
                    let result = match target {
                        Ok(target) => checker.check(&target).await,
                        Err(error) => Err(error),
                    };
                    (index, name, result)
                });
            }
            let Some(joined) = running.join_next().await else { break };
            let (index, name, result) = joined.expect("a check neither panics nor is cancelled");
            if let Err(CheckError::Setting(setting)) = result {
                settings.push((index, *setting));
                continue;
            }
            let mut one = Checked { name, result: result.map_err(|error| error.to_string()) };
            finished(&mut one);
            ended.push((index, one));
        }
        settings.sort_by_key(|(index, _)| *index);
        ended.sort_by_key(|(index, one)| (one.badness(), *index));
        Self {
            checked: ended.into_iter().map(|(_, one)| one).collect(),
            settings: settings.into_iter().map(|(_, setting)| setting).collect(),
        }
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

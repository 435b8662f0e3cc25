//! Playing many scenarios, and saying at once which did not go as stated.

use edge502_rules::clock::SharedClock;
use edge502_scenario::{RunOptions, Runner, Scenario, ScenarioReport};

/// Plays `scenarios` in labs that live by `clock`.
pub(crate) async fn play(scenarios: Vec<Scenario>, clock: SharedClock, options: RunOptions) -> Vec<ScenarioReport> {
    let runner = Runner::new(clock, options).expect("a runner can be made");
    runner.run(scenarios, |_| {}).await
}

/// Everything that did not go as stated, a line for each point.
pub(crate) fn deviations(reports: &[ScenarioReport]) -> Vec<String> {
    let of_report = |report: &ScenarioReport| {
        let of_steps = report.steps.iter().flat_map(|step| {
            step.mismatches.iter().map(|point| format!("{} / {} {:?}: {point}", report.id, step.kind, step.title))
        });
        let broken_off = report.error.iter().map(|error| format!("{}: {error}", report.id));
        of_steps.chain(broken_off).collect::<Vec<_>>()
    };
    reports.iter().flat_map(of_report).collect()
}

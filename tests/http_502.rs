//! Every scenario, step by step: one test for each, named `<id>/<kind> <number>: <title>`.
//!
//! Proves the causes of <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>
//! and <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-504-gateway-timeout.html>, their fixes
//! and their dead ends, on real sockets. A filter such as `cargo test --test http_502 -- chain/` plays only what it
//! names. Steps that need OpenSSL are ignored, with that as the reason, in a build without it.

mod support;

use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use edge502_scenario::{Library, RunOptions, Runner, Scenario, ScenarioReport, StepKind, StepReport};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use tokio::runtime::Runtime;

/// A scenario that is played when the first of its steps is asked for.
struct Play {
    scenario: Scenario,
    report: OnceLock<ScenarioReport>,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Scenarios wait more than they compute: for silent origins, for firewalls that drop. Those who want a step of the same
    // scenario wait for each other, so that a fraction of the threads plays.
    arguments.test_threads.get_or_insert(128);
    let library = Library::built_in().expect("the built-in scenarios are valid");
    let runtime = Arc::new(Runtime::new().expect("a runtime can be started"));
    let runner = Runner::new(support::clock(), RunOptions::default()).expect("a runner can be made");
    let runner = Arc::new(runner);
    let trials = library.iter().flat_map(|scenario| trials(scenario, &runner, &runtime)).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trials(scenario: &Scenario, runner: &Arc<Runner>, runtime: &Arc<Runtime>) -> Vec<Trial> {
    let play = Arc::new(Play { scenario: scenario.clone(), report: OnceLock::new() });
    let numbered = scenario.steps.iter().enumerate().map(|(index, step)| {
        let number = scenario.steps[..=index].iter().filter(|other| other.kind == step.kind).count();
        let name = match step.kind {
            StepKind::Healthy | StepKind::Broken => format!("{}/{}", scenario.id, step.kind),
            StepKind::DeadEnd | StepKind::Fix | StepKind::Patch => {
                format!("{}/{} {number}: {}", scenario.id, step.kind, step.title)
            }
        };
        let (play, runner, runtime) = (play.clone(), runner.clone(), runtime.clone());
        Trial::ignorable_test(name, move || play.check(index, &runner, &runtime))
    });
    numbered.collect()
}

impl Play {
    fn check(&self, index: usize, runner: &Runner, runtime: &Runtime) -> Result<Completion, Failed> {
        let report = self.report.get_or_init(|| runtime.block_on(runner.play(&self.scenario)));
        match report.steps.get(index) {
            Some(StepReport { skipped: Some(reason), .. }) => Ok(Completion::ignored_with(reason)),
            Some(step) if step.as_stated() => Ok(Completion::Completed),
            Some(step) => Err(step.mismatches.join("\n").into()),
            None => Err(report.error.clone().unwrap_or_else(|| "the step was not played".to_owned()).into()),
        }
    }
}

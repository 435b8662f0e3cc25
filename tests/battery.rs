//! The same fault looks the same whoever serves it and whoever asks.
//!
//! Every scenario about the origin's certificates is played with both TLS libraries an origin has and with TLS 1.2 and
//! TLS 1.3 alone, and judged under both rulebooks: `<id>/served`. A sample of all classes is asked for over HTTP/1.1
//! and HTTP/2: `<id>/asked`. What CloudFront checks does not depend on any of this
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>).

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/combination.rs"]
mod combination;
#[path = "support/reach.rs"]
mod reach;
mod support;
#[path = "support/versions.rs"]
mod versions;

use std::process::ExitCode;
use std::sync::Arc;

use combination::Tally;
use edge502_pki::Lab as Pki;
use edge502_scenario::{LabOptions, Library, Scenario, StepKind};
use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;

/// The classes in which the origin's certificate decides.
const CLASSES: [&str; 4] = ["certificate/", "chain/", "load-balancer/", "sni/"];

/// What all trials share: certificates of one root, among others.
struct Bench {
    runtime: Runtime,
    options: LabOptions,
    tally: Tally,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(16);
    let clock = support::clock();
    let pki = Arc::new(Pki::new(clock.now()).unwrap());
    let options = LabOptions::new(pki, clock);
    let bench = Arc::new(Bench { runtime: Runtime::new().unwrap(), options, tally: Tally::default() });
    let library = Library::built_in().unwrap();
    let certificates = library.iter().filter(|scenario| CLASSES.iter().any(|class| scenario.id.starts_with(class)));
    // Some of the sample wait for a silent origin; the others compute meanwhile.
    let mut trials: Vec<Trial> =
        versions::sample(library.iter()).into_iter().map(|scenario| asked(scenario, &bench)).collect();
    let (healthy, faults): (Vec<Scenario>, Vec<Scenario>) = certificates.map(split).unzip();
    trials.extend(healthy.iter().take(1).chain(&faults).map(|scenario| served(scenario, &bench)));
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !arguments.list {
        println!("{}\n", bench.tally);
    }
    conclusion.exit_code()
}

/// The healthy state, of which one is enough for all scenarios, and the others.
fn split(scenario: &Scenario) -> (Scenario, Scenario) {
    let (healthy, faults) = scenario.steps.iter().cloned().partition(|step| step.kind == StepKind::Healthy);
    (
        Scenario { id: "healthy".to_owned(), steps: healthy, ..scenario.clone() },
        Scenario { steps: faults, ..scenario.clone() },
    )
}

fn served(scenario: &Scenario, bench: &Arc<Bench>) -> Trial {
    let (scenario, bench) = (scenario.clone(), bench.clone());
    Trial::test(format!("{}/served", scenario.id), move || {
        failed(bench.runtime.block_on(combination::play(&scenario, &bench.options, &bench.tally)))
    })
}

fn asked(scenario: &Scenario, bench: &Arc<Bench>) -> Trial {
    let (scenario, bench) = (scenario.clone(), bench.clone());
    Trial::test(format!("{}/asked", scenario.id), move || {
        failed(bench.runtime.block_on(versions::play(&scenario, &bench.options)))
    })
}

fn failed(played: Result<(), Vec<String>>) -> Result<(), Failed> {
    played.map_err(|points| points.join("\n").into())
}

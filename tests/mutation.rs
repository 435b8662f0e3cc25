//! The scenario tests can fail: whoever states the wrong thing is told so, point by point.
//!
//! For every built-in scenario the broken state is played as it is, with every expectation wrong, and with one wrong
//! expectation among right ones; exactly the wrong points have to be reported. A test that cannot fail proves nothing of
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/play.rs"]
mod play;
mod support;

use std::fs;

use edge502_rules::Cause;
use edge502_rules::outcome::Outcome;
use edge502_scenario::format::{Dig, Texts};
use edge502_scenario::report::{self, Format, Paint};
use edge502_scenario::{Expect, Library, RunOptions, Scenario, ScenarioReport, Step, StepKind, StepReport};

/// A way to state something wrong: how the report names the point, and the change.
type Mutation = (&'static str, fn(&mut Expect));

/// One for each kind of expectation that every broken state can carry, in the order of the report.
const MUTATIONS: [Mutation; 16] = [
    ("status: stated 599, seen 50", |expect| {
        expect.status = Some(599);
    }),
    ("cause: stated origin-error-relayed, seen ", |expect| {
        expect.cause = Some(Cause::OriginErrorRelayed.id().to_owned());
    }),
    ("page: stated 421-misdirected, seen 50", |expect| {
        expect.page = Some("421-misdirected".to_owned());
    }),
    ("x-cache: stated Miss from cloudfront, seen ", |expect| {
        expect.x_cache = Some("Miss from cloudfront".to_owned());
    }),
    ("origin_tls: stated TLSv9, seen ", |expect| expect.origin_tls = Some("TLSv9".to_owned())),
    ("origin_sni: stated wrong.test, seen ", |expect| expect.origin_sni = Some("wrong.test".to_owned())),
    ("requests at the origin: stated 99, seen ", |expect| expect.requests = Some(99)),
    ("log field x-edge-detailed-result-type: stated Miss, seen ", |expect| {
        expect.log.insert("x-edge-detailed-result-type".to_owned(), "Miss".to_owned());
    }),
    ("findings: stated {\"origin-error-relayed\"}, seen {\"", |expect| {
        expect.findings = Some(vec!["origin-error-relayed".to_owned()]);
    }),
    ("tried: stated nowhere 200, seen ", |expect| expect.tried = Some(vec!["nowhere 200".to_owned()])),
    ("attempts the origin saw: stated 99, seen ", |expect| expect.attempts = Some(99)),
    ("status of the requests that follow: stated [418], seen [", |expect| expect.again = Some(vec![418])),
    ("dig: stated [[\"192.0.2.1\"]], seen [[", |expect| {
        expect.dig = Some(Dig::First(vec!["192.0.2.1".to_owned()]));
    }),
    ("openssl s_client: stated \"all is well\", not printed; it printed: ", |expect| {
        expect.openssl = Some(Texts::One("all is well".to_owned()));
    }),
    ("openssl s_client: stated not to print \"e\", printed", |expect| {
        expect.openssl_not = Some(Texts::One("e".to_owned()));
    }),
    ("exit status of openssl s_client: stated 77, seen ", |expect| expect.openssl_exit = Some(77)),
];

/// Those that can be seen: the documented check, at the end, is not played without OpenSSL.
fn mutations() -> &'static [Mutation] {
    let checks = if cfg!(feature = "legacy") { 0 } else { 3 };
    &MUTATIONS[..MUTATIONS.len() - checks]
}

/// The scenarios that end in a page of CloudFront's: only those can carry every mutation.
fn built_in() -> Vec<Scenario> {
    let own_page =
        |scenario: &&Scenario| Outcome::of(scenario.cause).page().is_some() && scenario.broken().expect.page.is_some();
    Library::built_in().unwrap().iter().filter(own_page).cloned().collect()
}

/// The scenario's healthy and broken steps as they are, then the broken one with everything wrong, and with the
/// mutation of this number alone.
fn mutated(number: usize, scenario: &Scenario) -> Scenario {
    let mut steps: Vec<Step> = scenario.steps.iter().take(2).cloned().collect();
    assert_eq!([steps[0].kind, steps[1].kind], [StepKind::Healthy, StepKind::Broken]);
    for mutations in [mutations(), std::slice::from_ref(mutation(number))] {
        let mut step = scenario.broken().clone();
        for (_, change) in mutations {
            change(&mut step.expect);
        }
        steps.push(step);
    }
    Scenario { steps, ..scenario.clone() }
}

fn mutation(number: usize) -> &'static Mutation {
    &mutations()[number % mutations().len()]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_expectation_is_reported_and_nothing_else() {
    let scenarios: Vec<Scenario> = built_in().iter().enumerate().map(|(n, scenario)| mutated(n, scenario)).collect();
    assert!(scenarios.len() >= mutations().len(), "each mutation is played alone at least once");
    // The other tests play at the same time.
    let options = RunOptions { concurrency: 16, ..RunOptions::default() };
    let reports = play::play(scenarios, support::clock(), options).await;
    for (number, report) in reports.iter().enumerate().filter(|(_, report)| whole(report)) {
        let id = &report.id;
        let [healthy, right, wrong, one_wrong] = &report.steps[..] else { panic!("{id}: {:?}", report.error) };
        assert!(healthy.as_stated() && right.as_stated(), "{id}, the copy without a mistake: {:?}", right.mismatches);
        check_points(id, wrong, mutations());
        check_points(id, one_wrong, std::slice::from_ref(mutation(number)));
        all_formats_say_so(report);
    }
}

/// Whether all of it was played, as it is unless OpenSSL is missing.
fn whole(report: &ScenarioReport) -> bool {
    report.steps.iter().all(|step| step.skipped.is_none())
}

fn check_points(id: &str, step: &StepReport, mutations: &[Mutation]) {
    let points = &step.mismatches;
    assert!(!step.as_stated() && points.len() == mutations.len(), "{id}: {points:#?}");
    for (point, (expected, _)) in points.iter().zip(mutations) {
        assert!(point.starts_with(expected), "{id}: {expected:?} expected, {point:?} reported");
    }
}

/// Each form of report carries every wrong point, and none says that all went as stated.
fn all_formats_say_so(report: &ScenarioReport) {
    let of = |format| report::whole(format, std::slice::from_ref(report), Paint::default());
    let json: serde_json::Value = serde_json::from_str(&of(Format::Json)).unwrap();
    assert_eq!(json["as_stated"], false);
    let steps = json["scenarios"][0]["steps"].as_array().unwrap();
    let as_stated: Vec<&serde_json::Value> = steps.iter().map(|step| &step["as_stated"]).collect();
    assert_eq!(as_stated, [true, true, false, false], "{json}");
    let junit = of(Format::Junit);
    assert_eq!(junit.matches("<failure").count(), 2, "{junit}");
    let text = of(Format::Text);
    for (point, _) in mutations() {
        assert!(text.contains(point), "{point:?} is missing in {text}");
    }
}

/// A cure that does not cure and a dead end that leads somewhere are found out, by status and by cause.
#[tokio::test(flavor = "multi_thread")]
async fn swapped_states_are_reported() {
    let swapped = |scenario: &Scenario| {
        let (broken, fix) = (scenario.broken(), scenario.of_kind(StepKind::Fix).next().unwrap());
        let steps = vec![
            // With its past: a connection that is left over from another state leads nowhere.
            Step { state: broken.state.clone(), before: broken.before.clone(), ..fix.clone() },
            Step { state: fix.state.clone(), before: fix.before.clone(), ..broken.clone() },
        ];
        Scenario { steps, ..scenario.clone() }
    };
    let scenarios: Vec<Scenario> = built_in().iter().map(swapped).collect();
    for report in play::play(scenarios, support::clock(), RunOptions::default()).await {
        assert_eq!(report.error, None, "{}", report.id);
        for step in report.steps.iter().filter(|step| step.skipped.is_none()) {
            let has = |start: &str| step.mismatches.iter().any(|point| point.starts_with(start));
            assert!(has("status: ") && has("cause: "), "{}: {:?}: {:?}", report.id, step.title, step.mismatches);
        }
    }
}

/// Even if everything is seen as stated, a fix that leaves the error is none, nor is a free way out a dead end.
#[tokio::test(flavor = "multi_thread")]
async fn steps_that_contradict_their_kind_are_reported() {
    let scenario = Library::built_in().unwrap().get("certificate/expired").unwrap().clone();
    let (broken, fix) = (scenario.broken().clone(), scenario.of_kind(StepKind::Fix).next().unwrap().clone());
    let steps = vec![Step { kind: StepKind::Fix, ..broken }, Step { kind: StepKind::DeadEnd, ..fix }];
    let reports = play::play(vec![Scenario { steps, ..scenario }], support::clock(), RunOptions::default()).await;
    let points: Vec<&String> = reports[0].steps.iter().flat_map(|step| &step.mismatches).collect();
    let expected = [
        "a fix has to cure: state a status below 400 and no cause",
        "a dead end that works has a price: name it with `expect.exposes`, or state `expect.hides`",
    ];
    assert_eq!(points, expected);
}

/// What only some dead ends state: what could be read on the way.
#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_is_not_paid_is_reported() {
    let mut scenario = Library::built_in().unwrap().get("certificate/self-signed").unwrap().clone();
    scenario.steps.retain(|step| step.expect.exposes.is_some());
    let [step] = &mut scenario.steps[..] else { panic!("one dead end has a price: {:?}", scenario.steps) };
    step.expect.exposes = Some(vec!["authorization".to_owned(), "x-never-sent".to_owned()]);
    let reports = play::play(vec![scenario], support::clock(), RunOptions::default()).await;
    let expected = "readable between edge and origin: stated authorization, x-never-sent, seen authorization";
    assert_eq!(reports[0].steps[0].mismatches, [expected]);
}

/// What is cured is not hidden, and only a dead end may hide.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_that_is_not_there_is_not_hidden() {
    let scenario = Library::built_in().unwrap().get("error-page/hides-the-outage").unwrap().clone();
    let hidden = scenario.of_kind(StepKind::DeadEnd).find(|step| step.expect.hides).unwrap().clone();
    let fix = scenario.of_kind(StepKind::Fix).next().unwrap();
    let mut cured = Step { state: fix.state.clone(), ..hidden.clone() };
    cured.expect = Expect { status: Some(200), hides: true, ..Expect::default() };
    let steps = vec![Step { kind: StepKind::Broken, ..hidden }, cured];
    let reports = play::play(vec![Scenario { steps, ..scenario }], support::clock(), RunOptions::default()).await;
    let points: Vec<&String> = reports[0].steps.iter().flat_map(|step| &step.mismatches).collect();
    let expected = [
        "only a dead end hides an error: this is not one",
        "cause: stated connection-refused, seen none",
        "log field x-edge-result-type of a hidden error: stated Error, seen Miss",
    ];
    assert_eq!(points, expected);
}

/// The same through a file, as a user would slip: one word in the text, one step reported.
#[tokio::test(flavor = "multi_thread")]
async fn one_wrong_word_in_a_file_fails_the_run() {
    let text = include_str!("../scenarios/certificate/expired.toml");
    // Not a word of the outcome: that would hold for the dead ends, too.
    let slip = text.replacen("findings = [\"certificate-expired\"]", "findings = [\"certificate-not-yet-valid\"]", 1);
    assert_ne!(text, slip);
    for (text, expected) in [(text, 0), (&slip, 1)] {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("certificate")).unwrap();
        fs::write(directory.path().join("certificate/expired.toml"), text).unwrap();
        let library = Library::from_directory(directory.path()).unwrap();
        let scenarios: Vec<Scenario> = library.iter().cloned().collect();
        let reports = play::play(scenarios, support::clock(), RunOptions::default()).await;
        let deviations = play::deviations(&reports);
        assert_eq!(deviations.len(), expected, "{deviations:?}");
        let named = |point: &String| {
            point.contains("certificate/expired / broken") && point.contains("certificate-not-yet-valid")
        };
        assert!(deviations.iter().all(named), "{deviations:?}");
    }
}

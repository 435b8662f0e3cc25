//! Nothing is missing from the catalogue: every cause, every rule, every collected report and every piece of advice that
//! circulates has its scenario, and every scenario has a cure.
//!
//! Whether they play as stated is proven in `catalogue.rs` and `http_502.rs`; that every rule has a source, in
//! `crates/rules`. The reports are of failures as those of
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use edge502_rules::fidelity::{RULES, unplayed};
use edge502_rules::{Advice, Cause};
use edge502_scenario::{Library, Scenario, Step, StepKind};
use toml::Table;

/// Fewer scenarios than this are a loss.
const LEAST: usize = 110;

/// Public reports of people who met such an error, each with a cause that could be told.
const REPORTS: &[&str] = &[
    "https://github.com/caddyserver/caddy/issues/7445",
    "https://github.com/openrung/openrung/pull/58",
    "https://github.com/widdix/aws-cf-templates/issues/68",
    "https://github.com/aptible/docker-nginx/issues/42",
    "https://stackoverflow.com/questions/20664018",
    "https://github.com/flynn/flynn/issues/3654",
    "https://github.com/DFE-Digital/teaching-vacancies/pull/20",
    "https://github.com/aws-samples/aws-refarch-wordpress/issues/54",
    "https://github.com/wellcomecollection/wellcomecollection.org/pull/608",
    "https://github.com/anomalyco/sst/issues/6742",
    "https://github.com/anomalyco/sst/pull/6743",
    "https://github.com/yegor256/jare/issues/9",
    "https://github.com/aws/aws-cdk/issues/23463",
    "https://github.com/aws/aws-cdk/issues/20090",
    "https://github.com/aws-samples/amazon-cloudfront-functions/issues/56",
    "https://github.com/EdOverflow/can-i-take-over-xyz/issues/66",
    "https://github.com/antonycc/submit.diyaccounting.co.uk",
    "https://github.com/aws-samples/sample-web-application-host",
    "http://www.antonbabenko.com/2015/03/09/lessons-learned-from-aws-varnish.html",
    "https://github.com/cbeuw/Cloak/issues/126",
    "https://github.com/RyanJarv/cdn-proxy/issues/11",
    "https://github.com/PublicMapping/districtbuilder/pull/448",
    "https://github.com/webiny/webiny-js/issues/2639",
    "https://github.com/serverless-nextjs/serverless-next.js/pull/412",
    "https://github.com/nhs-england-tools/terraform-aws-opennext/issues/22",
    "https://github.com/open-guides/og-aws/pull/176",
    "https://github.com/open-guides/og-aws/pull/282",
    "https://github.com/awsdocs/amazon-cloudfront-developer-guide/pull/29",
    "https://github.com/localstack/localstack/issues/11516",
    "https://zenn.dev/devcamp/articles/f488e3d22ff63e",
    "https://github.com/kubernetes/ingress-nginx/issues/1374",
    "https://github.com/kubernetes/ingress-nginx/issues/1984",
    "https://github.com/ansible/ansible/pull/19727",
    "https://zenn.dev/azunyan/articles/310554ba3853ab",
    "https://serverfault.com/questions/888714",
    "https://github.com/pollinations/pollinations",
    "https://github.com/confetti-clj/confetti/issues/28",
    "https://github.com/pyrasis/awsbook/issues/1",
    "https://github.com/Droplr/serverless-api-cloudfront/issues/37",
];

fn built_in() -> Vec<Scenario> {
    Library::built_in().expect("the built-in scenarios are valid").iter().cloned().collect()
}

/// Each dead end that executes a piece of advice, with its scenario.
fn advised(scenarios: &[Scenario]) -> impl Iterator<Item = (&Scenario, &Step, Advice)> {
    let steps = scenarios.iter().flat_map(|scenario| scenario.steps.iter().map(move |step| (scenario, step)));
    steps.filter_map(|(scenario, step)| Some((scenario, step, step.advice?)))
}

fn none_missing(missing: &[String], what_to_do: &str) {
    assert!(missing.is_empty(), "{}\n{what_to_do}", missing.join("\n"));
}

#[test]
fn there_are_as_many_scenarios_as_promised() {
    let count = built_in().len();
    assert!(count >= LEAST, "{count} scenarios are left of at least {LEAST}: bring back what was deleted");
}

#[test]
fn every_cause_has_a_scenario_with_a_cure_and_a_dead_end() {
    let scenarios = built_in();
    let mut missing = Vec::new();
    for cause in Cause::ALL {
        let own: Vec<&Scenario> = scenarios.iter().filter(|scenario| scenario.cause == *cause).collect();
        let any = |kind| own.iter().any(|scenario| scenario.of_kind(kind).next().is_some());
        match (own.is_empty(), any(StepKind::Fix), any(StepKind::DeadEnd)) {
            (true, ..) => missing.push(format!("{cause}: no scenario")),
            (_, false, _) => missing.push(format!("{cause}: no fix")),
            (.., false) => missing.push(format!("{cause}: no dead end")),
            _ => {}
        }
    }
    none_missing(&missing, "Write scenarios/<class>/<name>.toml with this `cause`, a [[fix]] and a [[dead_end]].");
}

/// A fix is proven when it is played: it states the origin's own answer, and nothing less.
#[test]
fn every_scenario_has_a_proven_fix_and_every_dead_end_a_reason() {
    let mut missing = Vec::new();
    for scenario in built_in() {
        let cured = |step: &Step| step.expect.status == Some(200) && step.expect.works();
        if !scenario.of_kind(StepKind::Fix).any(cured) {
            missing.push(format!("{}: no [[fix]] that ends with 200", scenario.id));
        }
        for step in scenario.of_kind(StepKind::DeadEnd) {
            if step.why.as_deref().is_none_or(|why| why.trim().is_empty()) {
                missing.push(format!("{}: {:?} does not say `why`", scenario.id, step.title));
            }
        }
    }
    none_missing(&missing, "Add what cures it at the origin or in the distribution, and why the rest does not.");
}

#[test]
fn every_rule_is_proven_by_a_scenario_or_says_by_what_else() {
    let scenarios = built_in();
    let proven: BTreeSet<&str> = scenarios.iter().flat_map(|scenario| &scenario.proves).map(String::as_str).collect();
    let mut missing = Vec::new();
    for rule in RULES {
        match (proven.contains(rule.id), unplayed(rule.id)) {
            (false, None) => missing.push(format!("{}: no proof", rule.id)),
            (true, Some(_)) => missing.push(format!("{}: proven by a scenario, and listed as unplayed", rule.id)),
            _ => {}
        }
    }
    none_missing(
        &missing,
        "Name the rule in `proves` of a scenario that shows it; or, if none can, name the test that does in \
         crates/rules/src/fidelity/unplayed.rs. Not both.",
    );
}

/// A proof that was renamed or deleted proves nothing.
#[test]
fn every_other_proof_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut missing = Vec::new();
    for (rule, proof) in RULES.iter().filter_map(|rule| Some((rule.id, unplayed(rule.id)?))) {
        let mut source = String::new();
        for word in proof.split('`').skip(1).step_by(2) {
            if Path::new(word).extension().is_some_and(|extension| extension == "rs") {
                source = fs::read_to_string(root.join(word)).unwrap_or_default();
                if source.is_empty() {
                    missing.push(format!("{rule}: no file {word}"));
                }
            } else if !source.is_empty() && !source.contains(&format!("fn {word}(")) {
                missing.push(format!("{rule}: no test {word}"));
            }
        }
    }
    none_missing(&missing, "Correct the proof in crates/rules/src/fidelity/unplayed.rs.");
}

#[test]
fn every_piece_of_advice_is_executed() {
    let scenarios = built_in();
    let executed: BTreeSet<Advice> = advised(&scenarios).map(|(.., advice)| advice).collect();
    let missing: Vec<String> =
        Advice::ALL.iter().filter(|advice| !executed.contains(advice)).map(ToString::to_string).collect();
    none_missing(&missing, "Let a [[dead_end]] do what the advice says, and name it with `advice = \"…\"`.");
}

/// What merely bears the name of an advice proves nothing about it.
#[test]
fn advice_is_followed_and_not_only_named() {
    let scenarios = built_in();
    let mut missing = Vec::new();
    for (scenario, step, advice) in advised(&scenarios) {
        if !is_followed(advice, step, scenario.broken()) {
            missing.push(format!("{}: {:?} does not do what {advice} says", scenario.id, step.title));
        }
    }
    none_missing(&missing, "Change in the dead end what the advice changes, or take its name off.");
}

/// Whether the state of `step` differs from the broken one in what `advice` changes.
fn is_followed(advice: Advice, step: &Step, broken: &Step) -> bool {
    let (now, before) = (&step.state, &broken.state);
    match advice {
        Advice::ImportIntoAcm
        | Advice::DisableVerification
        | Advice::ChangeViewerTls
        | Advice::RaiseTimeouts
        | Advice::CustomErrorPage
        | Advice::OriginGroupForPost => now.distribution != before.distribution,
        Advice::TrustLocally | Advice::TestWithBrowser => now.client != before.client,
        Advice::SwitchToRsa => now.origin.certificate.key != before.origin.certificate.key,
        Advice::InvalidateCache => step.before.iter().any(|earlier| earlier.invalidate.is_some()),
        // Somebody looks at something, or does what shows nowhere on the wire.
        Advice::TestWithoutVerification
        | Advice::ReadTlsFromLog
        | Advice::RestartOrigin
        | Advice::RenewWithoutReload => true,
    }
}

#[test]
fn every_collected_report_has_its_scenario() {
    let scenarios = built_in();
    let named: BTreeSet<&str> = scenarios.iter().flat_map(|scenario| &scenario.reports).map(String::as_str).collect();
    let missing: Vec<String> =
        REPORTS.iter().filter(|report| !named.contains(**report)).map(|report| (*report).to_owned()).collect();
    none_missing(&missing, "Name it in `reports` of the scenario with the same cause, or write that scenario.");
}

/// A dead end that sets what was set already proves nothing but the default.
#[test]
fn what_a_dead_end_changes_was_different_before() {
    const NO_CHANGES: [&str; 5] = ["title", "why", "advice", "expect", "before"];
    let mut missing = Vec::new();
    for scenario in built_in() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(format!("{}.toml", scenario.id));
        let file: Table = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let tables = file["dead_end"].as_array().unwrap().iter().map(|table| table.as_table().unwrap());
        for (step, table) in scenario.of_kind(StepKind::DeadEnd).zip(tables) {
            let changes = table.keys().any(|key| !NO_CHANGES.contains(&key.as_str()));
            if changes && step.state == scenario.broken().state {
                missing.push(format!("{}: {:?} sets what was set before", scenario.id, step.title));
            }
        }
    }
    none_missing(&missing, "Let the broken state have another value, or the dead end change something else.");
}

#[test]
fn the_readme_names_every_class() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let scenarios = built_in();
    let classes: BTreeSet<&str> = scenarios.iter().map(|scenario| scenario.id.split('/').next().unwrap()).collect();
    let missing: Vec<String> = classes
        .iter()
        .filter(|class| !readme.contains(&format!("`{class}`")))
        .map(|class| (*class).to_owned())
        .collect();
    none_missing(&missing, "Add the class to the table in scenarios/README.md.");
}

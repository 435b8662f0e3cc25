//! The built-in scenarios as a whole: complete, well-formed, and as stated on any day, under both rulebooks and with
//! both families of error pages.
//!
//! Their causes are those of <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/play.rs"]
mod play;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use edge502_rules::clock::FixedClock;
use edge502_rules::outcome::Outcome;
use edge502_rules::page::ErrorPages;
use edge502_rules::{Phase, Rulebook};
use edge502_scenario::{Expect, Library, RunOptions, Scenario, StepKind};
use time::OffsetDateTime;
use time::macros::datetime;
use toml::{Table, Value};

/// Scenarios that a user of this tool can count on.
const PROMISED: [&str; 23] = [
    "certificate/expired",
    "certificate/name-mismatch",
    "certificate/not-yet-valid",
    "certificate/self-signed",
    "certificate/untrusted-ca",
    "certificate/wrong-purpose",
    "chain/incomplete",
    "chain/intermediate-expired",
    "chain/leaf-not-first",
    "chain/out-of-order",
    "cipher/chacha-only",
    "cipher/dhe-only",
    "client-certificate/required",
    "curve/p521-only",
    "handshake/closed",
    "load-balancer/acm-certificate",
    "port/plain-http",
    "port/refused",
    "protocol/ssl3-only",
    "protocol/tls10-only",
    "protocol/tls11-only",
    "sni/default-certificate",
    "sni/forwarded-host",
];

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

fn built_in() -> Vec<Scenario> {
    Library::built_in().expect("the built-in scenarios are valid").iter().cloned().collect()
}

/// Id and text of every scenario file of the repository.
fn files() -> Vec<(String, String)> {
    let entries = |path: &Path| fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let classes = entries(&directory()).into_iter().filter(|path| path.is_dir());
    let tomls = classes.flat_map(|class| entries(&class)).filter(|path| path.extension().is_some_and(|e| e == "toml"));
    let mut files: Vec<(String, String)> = tomls
        .map(|path| {
            let id = path.strip_prefix(directory()).unwrap().with_extension("");
            (id.to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn every_file_is_built_in_under_its_path() {
    let from_files: Vec<String> = files().into_iter().map(|(id, _)| id).collect();
    let ids: Vec<String> = built_in().into_iter().map(|scenario| scenario.id).collect();
    assert_eq!(ids, from_files);
    let from_directory = Library::from_directory(&directory()).unwrap();
    assert_eq!(from_directory.iter().map(|scenario| &scenario.id).collect::<Vec<_>>(), ids.iter().collect::<Vec<_>>());
}

#[test]
fn nothing_promised_is_missing() {
    let ids: BTreeSet<String> = built_in().into_iter().map(|scenario| scenario.id).collect();
    let missing: Vec<_> = PROMISED.iter().filter(|id| !ids.contains(**id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_scenario_teaches_a_cure_and_a_dead_end() {
    for scenario in built_in() {
        let id = &scenario.id;
        assert!(!scenario.title.is_empty() && !scenario.story.is_empty(), "{id} tells nothing");
        assert_eq!(scenario.of_kind(StepKind::Healthy).count(), 1, "{id}");
        assert_eq!(scenario.of_kind(StepKind::Broken).count(), 1, "{id}");
        assert!(scenario.of_kind(StepKind::Fix).count() >= 1, "{id} has no fix");
        assert!(scenario.of_kind(StepKind::DeadEnd).count() >= 1, "{id} has no dead end");
        for step in scenario.of_kind(StepKind::DeadEnd) {
            let why = step.why.as_deref().unwrap_or_default();
            assert!(!why.is_empty(), "{id}: {:?} does not say why", step.title);
        }
        let titles: BTreeSet<&str> = scenario.steps.iter().map(|step| step.title.as_str()).collect();
        assert_eq!(titles.len(), scenario.steps.len(), "{id}: two steps share a title");
    }
}

/// What a viewer would call broken: an error, or an answer that was cut, which only the log tells.
fn is_error(expect: &Expect) -> bool {
    let cut = expect.status == Some(200) && expect.log.get("x-edge-result-type").is_some_and(|word| word == "Error");
    cut || expect.status.is_some_and(|status| status >= 400)
}

/// The broken state says what viewer, log and documented check show; a report without one of them teaches little.
#[test]
fn every_broken_state_is_described_from_all_sides() {
    for scenario in built_in() {
        let (id, expect) = (&scenario.id, &scenario.broken().expect);
        assert!(is_error(expect), "{id}: an error, or a 200 that the log has as one");
        // What the origin itself answers is passed on: then there is no page of CloudFront's.
        let own_page = Outcome::of(scenario.cause).page().is_some() && expect.status != Some(200);
        assert_eq!(expect.page.is_some(), own_page, "{id}: page");
        assert!(expect.log.contains_key("x-edge-detailed-result-type"), "{id}: log");
        // A name that does not resolve leaves the check nothing to connect to.
        let checked = expect.openssl.is_some() && expect.openssl_exit.is_some();
        assert_eq!(checked, scenario.cause.phase() != Phase::Resolve, "{id}: openssl");
    }
}

/// A dead end keeps the error or names its price; a fix ends with the origin's own answer.
#[test]
fn fixes_cure_and_dead_ends_do_not() {
    for scenario in built_in() {
        for step in &scenario.steps {
            let works = step.expect.status == Some(200) && step.expect.works();
            let label = format!("{}: {:?}", scenario.id, step.title);
            match step.kind {
                StepKind::Healthy | StepKind::Fix => assert!(works, "{label}"),
                StepKind::Broken => assert!(!works, "{label}"),
                StepKind::DeadEnd => assert_eq!(works, step.expect.exposes.is_some(), "{label}"),
                StepKind::Patch => panic!("{label}: a file lists no patch"),
            }
        }
    }
}

/// Nothing that is checked in can expire.
#[test]
fn every_date_is_relative() {
    fn dates(table: &Table, found: &mut Vec<String>) {
        for (key, value) in table {
            match value {
                Value::Table(inner) => dates(inner, found),
                Value::Array(items) => items.iter().filter_map(Value::as_table).for_each(|item| dates(item, found)),
                Value::Datetime(date) => found.push(date.to_string()),
                Value::String(text) if key.starts_with("not_") => found.push(text.clone()),
                _ => {}
            }
        }
    }
    let mut count = 0;
    for (id, text) in files() {
        let mut found = Vec::new();
        dates(&toml::from_str(&text).unwrap(), &mut found);
        for date in &found {
            assert!(date.starts_with(['+', '-']) || date == "0s", "{id}: {date:?} is not relative");
        }
        count += found.len();
    }
    assert!(count > 10, "only {count} dates were looked at");
}

async fn all_as_stated(now: OffsetDateTime, options: RunOptions) {
    // Two of these run at a time.
    let options = RunOptions { concurrency: 16, ..options };
    let reports = play::play(built_in(), Arc::new(FixedClock(now)), options).await;
    assert_eq!(reports.len(), files().len());
    let deviations = play::deviations(&reports);
    assert!(deviations.is_empty(), "{}", deviations.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn as_stated_under_the_observed_rulebook_on_a_leap_day() {
    let options = RunOptions { rulebook: Rulebook::Observed, ..RunOptions::default() };
    all_as_stated(datetime!(2028-02-29 23:59:59 UTC), options).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn as_stated_with_the_pages_of_2026_when_certificates_outlive_2049() {
    let options = RunOptions { error_pages: ErrorPages::OriginFacing2026, ..RunOptions::default() };
    all_as_stated(datetime!(2049-12-01 00:00 UTC), options).await;
}

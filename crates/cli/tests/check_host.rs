//! `edge502 check` as its users run it: what it prints, and how it ends.

#![allow(clippy::unwrap_used, reason = "a step that cannot be taken fails the test")]

#[path = "../../../tests/support/golden.rs"]
mod golden;
#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use edge502_origin::{Origin, OriginSpec};
use edge502_pki::Lab as Pki;
use edge502_rules::clock::FixedClock;
use serde_json::Value;
use support::{Finished, Served, edge502};
use tempfile::TempDir;
use time::macros::datetime;
use tokio::runtime::Runtime;

/// The day on which all of this happens.
const TODAY: &str = "2031-03-05T12:00:00Z";

const SHOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../check/testdata/shop.json");

/// Origins of this process, and what every check of them has to be told.
struct Origins {
    runtime: Runtime,
    running: Vec<Origin>,
    directory: TempDir,
    arguments: Vec<String>,
}

impl Origins {
    /// Each origin by its domain name, with what is not healthy about it.
    fn start(specs: &[(&str, &str)]) -> Self {
        let clock = Arc::new(FixedClock(datetime!(2031-03-05 12:00 UTC)));
        let (runtime, directory) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
        let pki = Pki::new(clock.0).unwrap();
        let cafile = directory.path().join("ca.pem");
        fs::write(&cafile, pki.root_pem()).unwrap();
        let mut arguments = vec!["--cafile".to_owned(), cafile.display().to_string()];
        let start = |(name, toml): &(&str, &str)| {
            let spec: OriginSpec = toml::from_str(&format!("name = '{name}'\n{toml}")).unwrap();
            let origin = runtime.block_on(Origin::start(&spec, &pki, clock.clone())).unwrap();
            arguments.extend(["--resolve".to_owned(), format!("{name}:443:{}", origin.addr())]);
            origin
        };
        let running = specs.iter().map(start).collect();
        Self { runtime, running, directory, arguments }
    }

    /// Runs `edge502 check` on a date.
    fn check_at(&self, date: &str, arguments: &[&str]) -> Finished {
        let fixed = ["check", "--at", date].into_iter().chain(arguments.iter().copied()).map(str::to_owned);
        edge502(fixed.chain(self.arguments.clone()))
    }

    fn check(&self, arguments: &[&str]) -> Finished {
        self.check_at(TODAY, arguments)
    }

    fn file(&self, text: &str) -> String {
        let path: PathBuf = self.directory.path().join("origins.txt");
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn end(self) {
        for origin in self.running {
            self.runtime.block_on(origin.shutdown());
        }
    }
}

const WITHOUT_INTERMEDIATE: &str = "chain.serve = ['leaf']";

/// The three origins of the sample: a good one, one without its intermediate, one that the forwarded Host misses.
const OF_THE_SHOP: [(&str, &str); 3] = [
    ("origin.shop.test", ""),
    ("images.shop.test", WITHOUT_INTERMEDIATE),
    ("api.shop.test", "sni = { sites = ['api.shop.test'], unknown = 'alert-unrecognized-name' }"),
];

#[test]
fn a_distribution_with_one_good_origin_of_three() {
    let origins = Origins::start(&OF_THE_SHOP);
    let ended = origins.check(&["--distribution", SHOP]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    golden::compare("check/distribution.txt", &ended.stdout);
    let cured = origins.check(&["--distribution", SHOP, "--format", "json"]);
    let summary: Value = serde_json::from_str(&cured.stdout).unwrap();
    assert_eq!((cured.code, &summary["checked"], &summary["failing"]), (1, &3.into(), &2.into()));
    origins.end();
}

#[test]
fn a_list_of_origins_is_a_table_worst_first() {
    let origins = Origins::start(&[
        ("origin.shop.test", ""),
        ("images.shop.test", WITHOUT_INTERMEDIATE),
        ("soon.shop.test", "certificate.not_after = '+20d'"),
    ]);
    let list = "# TEST ONLY\norigin.shop.test\nsoon.shop.test\n\nimages.shop.test\n";
    // One after the other, so that each ends when its turn was.
    let in_turn = ["--concurrency", "1", "--from", &origins.file(&format!("{list}192.0.2.7\nno host\n"))];
    let ended = origins.check(&in_turn);
    golden::compare("check/list.txt", &ended.stdout);
    assert_eq!(ended.code, 2, "one could not be checked");
    assert_eq!(origins.check(&["--from", &origins.file(list)]).code, 1);
    assert_eq!(origins.check(&["--from", &origins.file("origin.shop.test\n")]).code, 0);
    origins.end();
}

#[test]
fn an_origin_that_expires_in_20_days_is_warned_about_until_it_fails() {
    let origins = Origins::start(&[("soon.shop.test", "certificate.not_after = '+20d'")]);
    let judged = |date, more: &[&str]| {
        let ended = origins.check_at(date, &[&["soon.shop.test", "--format", "json"], more].concat());
        let report: Value = serde_json::from_str(&ended.stdout).unwrap();
        let kinds: Vec<String> =
            report["warnings"].as_array().unwrap().iter().map(|warning| warning["kind"].to_string()).collect();
        (ended.code, report["cause"].as_str().map(str::to_owned), kinds.concat())
    };
    assert_eq!(judged(TODAY, &[]), (0, None, "\"expires-soon\"".to_owned()));
    assert_eq!(judged(TODAY, &["--warn-days", "19"]), (0, None, String::new()));
    assert_eq!(judged("2031-03-25", &[]), (0, None, "\"expires-soon\"".to_owned()));
    let expired = Some("certificate-expired".to_owned());
    assert_eq!(judged("2031-03-26", &[]), (1, expired.clone(), String::new()));
    assert_eq!(judged("2032-01-01", &[]).1, expired);
    origins.end();
}

#[test]
fn the_exit_status_tells_the_verdict() {
    let origins = Origins::start(&[("origin.shop.test", ""), ("images.shop.test", WITHOUT_INTERMEDIATE)]);
    for (arguments, code) in [
        (&["origin.shop.test"][..], 0),
        (&["images.shop.test"], 1),
        (&["192.0.2.7"], 1),
        (&["no host"], 2),
        (&["origin.shop.test", "--path", "no-slash"], 2),
        (&["--from", "/nonexistent"], 2),
        (&["--distribution", "/nonexistent"], 2),
        (&["--explain", "chain-incomplete"], 0),
        (&["--explain", "chain-incomplet"], 2),
        (&["origin.shop.test", "--timeout", "0"], 2),
        (&[], 2),
    ] {
        let ended = origins.check(arguments);
        assert_eq!(ended.code, code, "{arguments:?}: {}{}", ended.stdout, ended.stderr);
        assert_eq!(ended.code == 2, ended.stdout.is_empty(), "{arguments:?}: what cannot be done is told on stderr");
        assert_eq!(ended.code == 2, !ended.stderr.is_empty(), "{arguments:?}: {}", ended.stderr);
    }
    origins.end();
}

/// The example of the README, run as it is printed there but for the address and the file.
#[test]
fn the_readme_shows_what_a_check_prints() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    let example = readme.split("```console\n$ ").find(|block| block.starts_with("edge502 check origin.shop.test"));
    let (command, printed) = example.unwrap().split_once("```").unwrap().0.split_once('\n').unwrap();
    let served = Served::start(["origin", "chain/incomplete", "--format", "json"], "");
    let brief = served.brief();
    let (address, ca_file) = (brief["origin"].as_str().unwrap(), brief["ca_file"].as_str().unwrap());
    let arguments = command.split(' ').skip(1).map(|word| match word.split_once(":127.0.0.1:") {
        Some((name, _)) => format!("{name}:{address}"),
        None if word.ends_with("ca.pem") => ca_file.to_owned(),
        None => word.to_owned(),
    });
    let ended = edge502(arguments);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let mut lines = ended.stdout.lines();
    let mut skips = false;
    for expected in printed.lines() {
        if expected.trim() == "…" {
            skips = true;
            continue;
        }
        let found = if std::mem::take(&mut skips) { lines.find(|line| *line == expected) } else { lines.next() };
        assert_eq!(found, Some(expected), "{}", ended.stdout);
    }
    assert!(skips || lines.next().is_none(), "the README stops early:\n{}", ended.stdout);
    assert_eq!(served.end("TERM").code, 0);
}

//! The access log as its readers meet it: every line of a run of the whole catalogue is what AWS's reference says.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/log_line.rs"]
mod log_line;
#[path = "support/play.rs"]
mod play;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use edge502_edge::{AccessLog, LogTarget};
use edge502_rules::access_log::{AccessLogRecord, Encoding, HEADER, LogFormat};
use edge502_rules::clock::FixedClock;
use edge502_scenario::{Library, RunOptions, ScenarioReport};
use time::macros::datetime;

/// The documented sample of a failed lookup.
const SAMPLE: &str = "2019-12-13 22:36:27 SEA19-C1 900 192.0.2.200 GET d111111abcdef8.cloudfront.net /favicon.ico 502 \
    http://www.example.com/ Mozilla/5.0%20(Windows) - - Error 1pkpNfBQ39sYMnjjUQjmH2w1wdJnbHYTbag21o_3OfcQgPzdL2RSSQ== \
    www.example.com http 675 0.102 - - - Error HTTP/1.1 - - 25260 0.102 OriginDnsError text/html 507 - -";

fn sample() -> String {
    SAMPLE.split_whitespace().collect::<Vec<_>>().join("\t")
}

/// Plays the scenarios whose id begins so, and gives their reports and what was logged.
async fn played(ids: &str, format: LogFormat) -> (Vec<ScenarioReport>, String) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("access.log");
    let log = AccessLog::open(LogTarget::at(&path, None), format).unwrap();
    let library = Library::built_in().unwrap();
    let chosen = library.iter().filter(|scenario| scenario.id.starts_with(ids)).cloned().collect();
    let options = RunOptions { access_log: Some(log.clone()), concurrency: 16, ..RunOptions::default() };
    let reports = play::play(chosen, Arc::new(FixedClock(datetime!(2031-03-05 12:34:56 UTC))), options).await;
    log.close().await;
    (reports, fs::read_to_string(&path).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_of_the_whole_catalogue_is_as_documented() {
    let (reports, log) = played("", LogFormat::standard()).await;
    assert_eq!(play::deviations(&reports), [""; 0], "a log changes nothing");
    let mut lines = BTreeMap::new();
    for line in log.strip_prefix(HEADER).expect("one header, at the beginning").lines() {
        let columns = log_line::read(line).unwrap_or_else(|error| panic!("{error}\n{line}"));
        assert!(columns["date"].starts_with("2031-"), "not by the lab's clock: {line}");
        assert_eq!(AccessLogRecord::parse_line(line).unwrap().to_line(), line);
        assert!(lines.insert(columns["x-edge-request-id"].to_owned(), line).is_none(), "logged twice: {line}");
    }
    let mut details = BTreeSet::new();
    for report in &reports {
        for observed in report.steps.iter().filter_map(|step| step.observed.as_ref()) {
            let of = |field| observed.log.iter().find(|(name, _)| *name == field).unwrap().1.as_str();
            let line = lines.get(of("x-edge-request-id"));
            if matches!(observed.status, 414 | 494) {
                assert_eq!(line, None, "{}: AWS does not log what is too large", report.id);
                continue;
            }
            let line = line.unwrap_or_else(|| panic!("{}: a request without a line: {:?}", report.id, observed.log));
            assert!(line.contains(&format!("\t{}\t", of("x-edge-detailed-result-type"))), "{line}");
            details.insert(of("x-edge-detailed-result-type").to_owned());
        }
    }
    for expected in ["Miss", "Error", "OriginConnectError", "OriginCommError", "OriginDnsError", "OriginReadError"] {
        assert!(details.contains(expected), "no scenario is logged as {expected}: {details:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_forms_tell_the_same_of_a_run() {
    for encoding in [Encoding::W3c, Encoding::Plain, Encoding::Json, Encoding::Realtime] {
        let format = LogFormat::with_all_fields(encoding);
        let (reports, log) = played("certificate/expired", format.clone()).await;
        let lines: Vec<&str> = log.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(lines.len(), reports.iter().map(|report| report.steps.len()).sum::<usize>());
        for line in lines {
            let record = format.parse_line(line).and_then(|line| line.record()).unwrap();
            assert_eq!(format.line(&record), line);
            log_line::read(&record.to_line()).unwrap();
            assert_eq!(record.sc_status == 200, record.more.origin_fbl.is_some(), "{line}");
        }
    }
}

#[test]
fn the_reader_takes_the_documented_sample_and_notices_every_fault() {
    log_line::read(&sample()).unwrap();
    let faults = [
        (0, "2019-13-13"),
        (1, "24:00:00"),
        (2, "Seattle"),
        (3, "-"),
        (4, "192.0.2"),
        (5, "GET /"),
        (7, "favicon.ico"),
        (7, "/a b"),
        (7, "/a\u{e9}"),
        (7, "/%2g"),
        (8, "99"),
        (8, "600"),
        (9, ""),
        (13, "OriginDnsError"),
        (13, "Miss"),
        (14, "1pkpNfBQ"),
        (16, "HTTP"),
        (18, "0.1"),
        (18, "0.101"),
        (20, "TLSv1.2"),
        (21, "ECDHE-RSA"),
        (22, "None"),
        (23, "HTTP/2"),
        (24, "Processed"),
        (26, "70000"),
        (28, "NonS3OriginDnsError"),
        (28, "Miss"),
        (30, "x"),
        (31, "0"),
    ];
    for (column, value) in faults {
        let line = sample();
        let mut columns: Vec<&str> = line.split('\t').collect();
        columns[column] = value;
        assert!(log_line::read(&columns.join("\t")).is_err(), "column {column} as {value:?} passes");
    }
    assert!(log_line::read(&format!("{}\t-", sample())).is_err());
}

//! `edge502 check --from`, and the rest of the command line that no distribution is needed for.

#![allow(clippy::unwrap_used, reason = "a step that cannot be taken fails the test")]

#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;

use serde_json::Value;
use support::{Finished, Served, edge502, with_input};
use tempfile::NamedTempFile;

/// Where nothing listens: a port that was free a moment ago.
fn nowhere() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Checks the origins in this text.
fn list(text: &str, more: &[&str]) -> Finished {
    with_input(["check", "--from", "-"].iter().chain(more), text)
}

fn json(finished: &Finished) -> Value {
    serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{}{}", finished.stdout, finished.stderr))
}

#[test]
fn a_list_is_told_line_by_line_and_summed_up() {
    let lab = Served::start(["origin", "chain/incomplete", "--format", "json"], "");
    let brief = lab.brief();
    let resolve = format!("origin.shop.test:443:{}", brief["origin"].as_str().unwrap());
    let refused = format!("gone.shop.test:443:{}", nowhere());
    let more = ["--cafile", brief["ca_file"].as_str().unwrap(), "--resolve", &resolve, "--resolve", &refused];
    // A byte order mark, line ends of Windows, a comment, blank lines, and one line that is no host.
    let text = "\u{feff}# the shops\r\n\r\norigin.shop.test\r\n  gone.shop.test # since May\r\n\r\nno host\r\n";
    let ended = list(text, &more);
    assert_eq!(ended.code, 2, "{}{}", ended.stdout, ended.stderr);
    let (told, summary) = ended.stdout.split_once("\n\n").unwrap();
    let mut told: Vec<&str> = told.lines().collect();
    told.sort_unstable();
    assert!(told[0].starts_with("?  line 6  \"no host\" is not a host to check"), "{told:?}");
    assert_eq!(told[1], "✗  gone.shop.test  502 connection-refused");
    assert_eq!(told[2], "✗  origin.shop.test  502 chain-incomplete");
    let rows: Vec<&str> = summary.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(rows[..4], ["ORIGIN", "line", "origin.shop.test", "gone.shop.test"], "{summary}");
    assert!(summary.contains("3 checked: 2 would fail, 1 could not be checked"), "{summary}");
    assert!(summary.lines().all(|line| line.chars().count() <= 100), "{summary}");

    let ended = list("gone.shop.test\n", &more);
    assert_eq!((ended.code, ended.stderr.as_str()), (1, ""), "{}", ended.stdout);
    assert_eq!(lab.end("TERM").code, 0);
}

#[test]
fn an_empty_list_is_nothing_to_check() {
    for text in ["", "\n\r\n", "# only a comment\n"] {
        let ended = list(text, &[]);
        assert_eq!((ended.code, ended.stderr.as_str()), (2, "error: there is no origin to check\n"));
    }
}

#[test]
fn a_list_in_another_encoding_is_refused_with_its_line() {
    let file = NamedTempFile::new().unwrap();
    for (bytes, line) in [(&b"a.test\nb\xfccher.test\n"[..], 2), (b"\xff\xfea\0.\0t\0", 1)] {
        fs::write(file.path(), bytes).unwrap();
        let ended = edge502(["check", "--from", &file.path().display().to_string()]);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
        assert!(ended.stderr.contains(&format!("line {line} is not UTF-8")), "{}", ended.stderr);
    }
}

#[test]
fn as_many_lines_as_are_allowed_are_all_answered_for() {
    let mut text = String::new();
    for number in 0..100_000 {
        writeln!(text, "no host {number}").unwrap();
    }
    let ended = list(&text, &["--format", "json"]);
    assert_eq!(ended.code, 2);
    let summary = json(&ended);
    let refused = summary["not_checked"].as_array().unwrap();
    assert_eq!(refused.len(), 100_000);
    assert_eq!((&refused[0]["target"], &refused[99_999]["target"]), (&"line 1".into(), &"line 100000".into()));
    text.push_str("one.too.many\n");
    let ended = list(&text, &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert!(ended.stderr.contains("100001 origins, at most 100000"), "{}", ended.stderr);
}

#[test]
fn one_endless_line_is_refused_briefly() {
    let ended = list(&"x".repeat(1_000_000), &[]);
    assert_eq!(ended.code, 2);
    assert!(ended.stdout.len() < 1_000, "{}", ended.stdout.len());
}

#[test]
fn an_address_is_a_finding_and_not_an_origin() {
    for (text, port) in [("192.0.2.7", 443), ("[::1]:8443", 8443)] {
        let ended = edge502(["check", text]);
        assert_eq!((ended.code, ended.stderr.as_str()), (1, ""), "{}", ended.stdout);
        assert!(ended.stdout.contains("an IP address; CloudFront takes DNS names only"), "{}", ended.stdout);
        assert!(ended.stdout.contains(&format!("--resolve NAME:{port}:")), "{}", ended.stdout);
    }
    let summary = json(&list("192.0.2.7\n", &["--format", "json"]));
    assert_eq!((&summary["verdict"], &summary["settings"][0]["level"]), (&"fails".into(), &"error".into()));
}

#[test]
fn what_is_no_host_gets_one_message() {
    for text in ["x.test:0", "x.test:65536", "https://x.test/", "a b", "[::1", "x..test"] {
        let ended = edge502(["check", text]);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
        assert!(ended.stderr.contains("is not a host to check: "), "{}", ended.stderr);
    }
}

#[test]
fn a_client_certificate_that_cannot_be_used_is_refused_before_anything_is_asked() {
    let file = NamedTempFile::new().unwrap();
    let refused = |path: &str| {
        let ended = edge502(["check", "origin.shop.test", "--mtls-cert", path, "--mtls-key", path]);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
        ended.stderr
    };
    for text in ["", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "\0"] {
        fs::write(file.path(), text).unwrap();
        let said = refused(&file.path().display().to_string());
        assert!(said.contains("the client certificate and its key cannot be used"), "{text:?}: {said}");
    }
    let said = refused("/dev/zero");
    assert!(said.contains("cannot read /dev/zero") && said.contains("more than 1 MiB"), "{said}");
}

#[test]
fn the_schema_is_printed() {
    let ended = edge502(["check", "--schema"]);
    assert_eq!((ended.code, json(&ended)), (0, edge502_check::schema::document()));
}

#[test]
fn the_conversation_is_told_on_demand() {
    let lab = Served::start(["origin", "chain/incomplete", "--format", "json"], "");
    let brief = lab.brief();
    let address = brief["origin"].as_str().unwrap();
    let resolve = format!("origin.shop.test:443:{address}");
    let arguments =
        ["check", "origin.shop.test", "--cafile", brief["ca_file"].as_str().unwrap(), "--resolve", &resolve];
    let brief = edge502(arguments).stdout;
    let whole = edge502(arguments.iter().chain(&["-v"])).stdout;
    let connect = format!("connect to {address}");
    for part in [connect.as_str(), "> ClientHello", "< ServerHello: TLSv1.3", "< Certificate: 1 in"] {
        assert!(whole.contains(part) && !brief.contains(part), "{part}: {whole}");
    }
    assert_eq!(lab.end("TERM").code, 0);
}

#[test]
fn a_cause_is_explained() {
    let ended = edge502(["check", "--explain", "chain-incomplete"]);
    assert_eq!(ended.code, 0);
    for part in ["OriginConnectError", "Proven to cure it", "Proven not to", "chain/incomplete", "http-502-bad-gateway"]
    {
        assert!(ended.stdout.contains(part), "{part}: {}", ended.stdout);
    }
}

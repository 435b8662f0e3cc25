//! `edge502 console`: where it is, how it ends, what it refuses.

#![allow(clippy::unwrap_used, reason = "a step that cannot be taken fails the test")]

#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use std::fs;

use support::{Served, ask, edge502, status};

#[test]
fn it_prints_where_it_is_and_serves_until_it_is_stopped() {
    let directory = tempfile::tempdir().unwrap();
    let progress = directory.path().join("progress.json");
    let console = Served::start(["console", "--format", "json", "--progress", progress.to_str().unwrap()], "");
    let brief = console.brief();
    let (url, address) = (brief["url"].as_str().unwrap(), &brief["address"]);
    let path = url.strip_prefix(address.as_str().unwrap()).unwrap();
    assert!(address.as_str().unwrap().starts_with("http://127.0.0.1:"), "{address}");
    assert_eq!(status(&ask(address, "", "GET /", "")), 403);
    let welcome = ask(address, "", &format!("GET {path}"), "");
    assert_eq!(status(&welcome), 200);
    assert!(welcome.contains("HttpOnly; SameSite=Strict"), "{welcome}");
    let ended = console.end("TERM");
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (0, "", ""));
}

#[test]
fn people_are_told_the_address() {
    let directory = tempfile::tempdir().unwrap();
    let progress = directory.path().join("progress.json");
    let console = Served::start(["console", "--lang", "zh", "--progress", progress.to_str().unwrap()], "");
    assert!(console.line_with("http://127.0.0.1:").contains("/enter/"));
    assert_eq!(console.end("INT").code, 0);
}

#[test]
fn what_cannot_be_is_refused_with_its_remedy() {
    let directory = tempfile::tempdir().unwrap();
    let damaged = directory.path().join("progress.json");
    fs::write(&damaged, "{").unwrap();
    let refused = edge502(["console", "--progress", damaged.to_str().unwrap()]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("progress.json"), "{}", refused.stderr);
    assert_eq!(fs::read_to_string(&damaged).unwrap(), "{", "it is left as it was");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let fresh = directory.path().join("fresh.json");
    let refused = edge502(["console", "--port", &port, "--progress", fresh.to_str().unwrap()]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("choose another port with --port"), "{}", refused.stderr);
    for (flag, file) in [("--course", "/nonexistent/week.toml"), ("--key", "/nonexistent/class.key")] {
        let refused = edge502(["console", "--progress", fresh.to_str().unwrap(), flag, file]);
        assert!(refused.code == 2 && refused.stderr.contains(file), "{flag}: {}", refused.stderr);
    }
    for wrong in [["--lang", "fr"], ["--max-labs", "0"], ["--idle", "0"], ["--port", "65536"]] {
        assert_eq!(edge502(["console"].into_iter().chain(wrong)).code, 2, "{wrong:?}");
    }
}

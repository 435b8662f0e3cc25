//! The program as a user runs it: what it prints, and its exit status.

#![allow(clippy::unwrap_used, reason = "a step that cannot be taken fails the test")]

mod support;

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use support::{Served, ask, edge502, expired, scenarios, status};

#[test]
fn list_shows_scenarios_and_causes() {
    let scenarios = edge502(["list"]);
    assert_eq!(scenarios.code, 0);
    assert!(scenarios.stdout.contains("certificate/expired"), "{}", scenarios.stdout);
    let causes = edge502(["list", "--causes"]);
    assert!(causes.stdout.contains("chain-incomplete"), "{}", causes.stdout);
}

#[test]
fn list_is_there_for_programs() {
    let directory = scenarios(&expired());
    let listed = edge502(["list", "--format", "json", "--scenarios", &path(directory.path())]);
    let value: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(value["scenarios"][0]["id"], "certificate/expired");
    assert_eq!(value["scenarios"][0]["fixes"], json!(["Renew the certificate"]));
    assert_eq!(value["scenarios"].as_array().unwrap().len(), 1);
    assert!(value["causes"].as_array().unwrap().len() > 30);
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let listed = support::without_reader(["list"]);
    assert_eq!((listed.code, listed.stderr.as_str()), (0, ""));
}

#[test]
fn an_unknown_scenario_gets_the_nearest() {
    for command in ["run", "serve", "origin"] {
        let refused = edge502([command, "certificate/expird"]);
        assert_eq!(refused.code, 2);
        assert!(refused.stderr.starts_with("error: no scenario \"certificate/expird\""), "{}", refused.stderr);
        assert!(refused.stderr.contains("nearest: certificate/expired"), "{}", refused.stderr);
    }
}

#[test]
fn a_scenario_with_a_typo_is_refused_with_its_place() {
    let directory = scenarios(&expired().replacen("not_after", "not_aftr", 1));
    let refused = edge502(["run", "--scenarios", &path(directory.path())]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("expired.toml:6: "), "{}", refused.stderr);
    assert!(refused.stderr.contains("did you mean `not_after`?"), "{}", refused.stderr);
}

#[test]
fn a_scenario_that_does_as_it_states_is_a_success() {
    let directory = scenarios(&expired());
    let played = edge502(["run", "--scenarios", &path(directory.path())]);
    assert_eq!(played.code, 0, "{}{}", played.stdout, played.stderr);
    assert!(played.stdout.contains("1 scenario, 4 steps"), "{}", played.stdout);
    assert_eq!(played.stderr, "");
}

#[test]
fn a_broken_expectation_is_a_failure_and_names_the_step() {
    let directory = scenarios(&expired().replace("status = 200", "status = 200\nexpect.x_cache = \"all is well\""));
    let arguments = ["run", "--scenarios", &path(directory.path())];
    let played = edge502(arguments);
    assert_eq!(played.code, 1, "{}{}", played.stdout, played.stderr);
    assert!(played.stdout.contains("certificate/expired fix \"Renew the certificate\""), "{}", played.stdout);

    let played = edge502(arguments.into_iter().chain(["--format", "json"]));
    assert_eq!(played.code, 1);
    let value: Value = serde_json::from_str(&played.stdout).unwrap();
    assert_eq!(value["as_stated"], false);
    let steps = value["scenarios"][0]["steps"].as_array().unwrap();
    let failed: Vec<&Value> =
        steps.iter().filter(|step| step["as_stated"] == false).map(|step| &step["kind"]).collect();
    assert_eq!(failed, ["fix"]);
}

#[cfg(not(feature = "legacy"))]
#[test]
fn what_needs_openssl_is_skipped_with_the_reason_and_not_served() {
    for command in ["serve", "origin"] {
        let refused = edge502([command, "protocol/tls10-only"]);
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
        assert!(
            refused.stderr.starts_with("error: ") && refused.stderr.contains("needs OpenSSL"),
            "{}",
            refused.stderr
        );
    }
    let run = |format| edge502(["run", "protocol/tls10-only", "--format", format]);
    let (text, json, junit) = (run("text"), run("json"), run("junit"));
    assert_eq!((text.code, json.code, junit.code), (0, 0, 0), "{}", text.stdout);
    assert!(
        text.stdout.contains("– broken    as stated above  → skipped: this origin needs OpenSSL"),
        "{}",
        text.stdout
    );
    let value: Value = serde_json::from_str(&json.stdout).unwrap();
    let steps = value["scenarios"][0]["steps"].as_array().unwrap();
    let skipped: Vec<&Value> = steps.iter().filter(|step| step["skipped"].is_string()).collect();
    assert!(skipped.iter().any(|step| step["kind"] == "broken" && step["observed"].is_null()), "{value}");
    assert!(steps.iter().any(|step| step["kind"] == "healthy" && step["skipped"].is_null()), "{value}");
    assert_eq!(junit.stdout.matches("<skipped message=").count(), skipped.len(), "{}", junit.stdout);
}

#[test]
fn a_served_scenario_can_be_asked_cured_and_ended() {
    let directory = scenarios(&expired());
    let served =
        Served::start(["serve", "certificate/expired", "--format", "json", "--scenarios", &path(directory.path())], "");
    let brief = served.brief();
    for key in
        ["viewer_http", "viewer_https", "host", "origin", "origin_domain", "ca_file", "control", "curl", "openssl"]
    {
        assert!(brief[key].is_string(), "{key}: {brief}");
    }
    let (viewer, control) = (&brief["viewer_http"], &brief["control"]);
    let host = brief["host"].as_str().unwrap();
    assert_eq!(status(&ask(viewer, host, "GET /", "")), 502);
    assert_eq!(status(&ask(control, "", "POST /apply", "{\"fix\":1}")), 200);
    assert_eq!(status(&ask(viewer, host, "GET /", "")), 200);

    let ca_file = Path::new(brief["ca_file"].as_str().unwrap()).to_owned();
    assert!(ca_file.exists());
    let ended = served.end("TERM");
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (0, "", ""));
    assert!(!ca_file.parent().unwrap().exists(), "the run directory is left behind");
}

#[test]
fn a_closed_terminal_ends_it_and_leaves_nothing_behind() {
    for arguments in [["serve", "certificate/expired"], ["origin", "certificate/expired"]] {
        let served = Served::with_hangup("DEFAULT", arguments.into_iter().chain(["--format", "json"]));
        let directory = run_directory(&served.brief());
        assert_eq!(fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
        let ended = served.end("HUP");
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
        assert!(!directory.exists(), "the run directory is left behind");
    }
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux tells which signals are ignored")]
fn nohup_keeps_it_up() {
    let served = Served::with_hangup("IGNORE", ["serve", "certificate/expired", "--format", "json"]);
    let brief = served.brief();
    served.signal("HUP");
    // Many, so that an end of the service would show however late it came.
    for _ in 0..20 {
        assert_eq!(status(&ask(&brief["viewer_http"], "www.shop.test", "GET /", "")), 502);
    }
    assert_eq!(served.end("TERM").code, 0);
}

#[test]
fn a_signal_ends_the_wait_for_standard_input() {
    let (served, _stdin) = Served::reading(["edge", "--distribution", "-"]);
    let ended = served.end("TERM");
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (128 + 15, "", ""));
}

#[test]
fn nothing_is_waited_for_among_scenarios() {
    let directory = scenarios(&expired());
    let fifo = path(&directory.path().join("certificate/x.toml"));
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    for command in [["run", "certificate/expired"], ["serve", "certificate/expired"]] {
        let refused = edge502(command.into_iter().chain(["--scenarios", &path(directory.path())]));
        assert_eq!(refused.code, 2);
        assert!(refused.stderr.contains(&fifo) && refused.stderr.contains("regular file"), "{}", refused.stderr);
    }
}

#[test]
fn what_never_ends_is_refused() {
    let distribution = support::distribution();
    let distribution = path(distribution.path());
    for arguments in [
        ["edge", "--distribution", "/dev/zero"].as_slice(),
        &["edge", "--distribution", &distribution, "--cafile", "/dev/zero"],
    ] {
        let refused = edge502(arguments);
        assert_eq!(refused.code, 2);
        assert!(refused.stderr.contains("/dev/zero") && refused.stderr.contains("MiB"), "{}", refused.stderr);
    }
    let refused = support::with_input(["edge", "--distribution", "-"], &" ".repeat((16 << 20) + 1));
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("standard input") && refused.stderr.contains("16 MiB"), "{}", refused.stderr);
}

#[test]
fn keys_come_through_a_pipe() {
    let directory = scenarios(&expired());
    let arguments = ["serve", "certificate/expired", "--scenarios", &path(directory.path())];
    let served = support::with_input(arguments, "1\na\n7\nr\nq\n");
    assert_eq!((served.code, served.stderr.as_str()), (0, ""), "{}", served.stdout);
    let told =
        ["now up (fix): Renew the certificate", "now up (dead end): Wait", "there is no fix 7", "now up (broken)"];
    let places: Vec<usize> = told.iter().map(|text| served.stdout.find(text).expect(text)).collect();
    assert!(places.is_sorted(), "{}", served.stdout);
}

#[test]
fn a_pipe_that_ends_does_not_end_the_service() {
    let directory = scenarios(&expired());
    let served = Served::start(["serve", "certificate/expired", "--scenarios", &path(directory.path())], "a\n");
    let url = served.line_with("http://").split_whitespace().last().map(|url| json!(url)).unwrap();
    served.line_with("now up (dead end)");
    // Many, so that an end of the service would show however late it came.
    for _ in 0..20 {
        assert_eq!(status(&ask(&url, "www.shop.test", "GET /", "")), 502);
        assert!(served.line_with("GET /  502  Error / OriginConnectError  ").contains("certificate-expired"));
    }
    assert_eq!(served.end("INT").code, 0);
}

#[test]
fn a_lone_origin_serves_until_it_is_ended() {
    let directory = scenarios(&expired());
    let served = Served::start(
        ["origin", "certificate/expired", "--format", "json", "--scenarios", &path(directory.path())],
        "",
    );
    let brief = served.brief();
    assert_eq!(brief["origin_domain"], "origin.shop.test");
    assert!(brief["openssl"].as_str().unwrap().starts_with("openssl s_client -connect 127.0.0.1:"));
    assert_eq!(served.end("TERM").code, 0);
}

#[test]
fn an_edge_stands_in_front_of_the_users_own_origin() {
    let (distribution, origin) = (support::distribution(), support::hangs_up());
    let resolve = format!("origin.shop.test:443:{origin}");
    let arguments = ["edge", "--distribution", &path(distribution.path()), "--resolve", &resolve];
    let served = Served::start(arguments.into_iter().chain(["--format", "json", "--access-log", "-"]), "");
    let brief = served.brief();
    assert_eq!(brief["host"], "www.shop.test");
    assert_eq!(status(&ask(&brief["viewer_http"], "www.shop.test", "GET /", "")), 502);
    assert!(served.line_with("OriginConnectError").contains("\t502\t"));
    assert_eq!(served.end("TERM").code, 0);
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let distribution = support::distribution();
    let refused = edge502(["edge", "--distribution", &path(distribution.path()), "--http", &address]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains(&address) && refused.stderr.contains("another port"), "{}", refused.stderr);
}

#[test]
fn an_edge_is_not_exposed_by_accident() {
    let distribution = support::distribution();
    let refused = edge502(["edge", "--distribution", &path(distribution.path()), "--https", "0.0.0.0:0"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("--expose"), "{}", refused.stderr);
}

#[test]
fn errors_name_the_file_and_what_to_do() {
    let distribution = support::distribution();
    fs::write(distribution.path(), "{}").unwrap();
    let file = path(distribution.path());
    for arguments in [["edge", "--distribution", "/no/such/file"], ["edge", "--distribution", &file]] {
        let refused = edge502(arguments);
        assert_eq!(refused.code, 2);
        assert!(refused.stderr.starts_with("error: ") && refused.stderr.contains(arguments[2]), "{}", refused.stderr);
    }
}

fn run_directory(brief: &Value) -> PathBuf {
    Path::new(brief["ca_file"].as_str().unwrap()).parent().unwrap().to_owned()
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn a_run_writes_the_access_log_of_every_request() {
    let (directory, logs) = (scenarios(&expired()), tempfile::tempdir().unwrap());
    let file = path(&logs.path().join("access.log"));
    let arguments = ["run", "--scenarios", &path(directory.path()), "--at", "2026-11-24T10:00:00Z", "--access-log"];
    assert_eq!(edge502(arguments.into_iter().chain([file.as_str()])).code, 0);
    let log = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = log.lines().collect();
    assert!(lines[0] == "#Version: 1.0" && lines[1].starts_with("#Fields: date time "), "{log}");
    let statuses: Vec<&str> = lines[2..].iter().map(|line| line.split('\t').nth(8).unwrap()).collect();
    assert_eq!(statuses, ["200", "502", "502", "200"], "{log}");

    let hours = format!("{}/", path(&logs.path().join("hours")));
    let chosen = ["--access-log-format", "json:date,sc-status,origin-fbl"];
    assert_eq!(edge502(arguments.into_iter().chain([hours.as_str()]).chain(chosen)).code, 0);
    let names: Vec<_> = fs::read_dir(&hours).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 1, "{names:?}");
    let name = names[0].to_str().unwrap();
    assert!(name.starts_with("EDFDVBD6EXAMPLE.2026-11-24-10.") && name.rsplit('.').next() == Some("gz"), "{name}");
    let unpacked = Command::new("gzip").args(["-dc", &format!("{hours}{name}")]).output().unwrap();
    let log = String::from_utf8(unpacked.stdout).unwrap();
    let records: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.len(), 4);
    assert_eq!(records[1], json!({ "date": "2026-11-24", "sc-status": "502", "origin-fbl": "-" }));
    assert!(records[0]["origin-fbl"].as_str().unwrap().contains('.'));
}

#[test]
fn a_full_disk_is_told_once_and_changes_nothing_else() {
    let directory = scenarios(&expired());
    let arguments = ["run", "--scenarios", &path(directory.path()), "--access-log", "/dev/full"];
    let played = edge502(arguments.into_iter().chain(["--access-log-format", "json"]));
    assert_eq!(played.code, 0, "{}", played.stdout);
    assert_eq!(played.stderr.matches("cannot be written").count(), 1, "{}", played.stderr);
    assert!(played.stderr.contains("lost=4"), "{}", played.stderr);
    // The header lines of the standard log are written at the start, so there it is an error.
    let refused = edge502(arguments);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("/dev/full"), "{}", refused.stderr);
}

#[test]
fn a_report_and_a_log_do_not_share_standard_output() {
    let refused = edge502(["run", "--access-log", "-"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("--access-log"), "{}", refused.stderr);
}

#[test]
fn the_control_address_tells_the_last_requests() {
    let directory = scenarios(&expired());
    let served =
        Served::start(["serve", "certificate/expired", "--format", "json", "--scenarios", &path(directory.path())], "");
    let brief = served.brief();
    let (viewer, control) = (&brief["viewer_http"], &brief["control"]);
    for target in ["/a", "/b", "/c"] {
        assert_eq!(status(&ask(viewer, "www.shop.test", &format!("GET {target}"), "")), 502);
    }
    // A request is told after its last byte, which may be after the viewer has it.
    let last = (0..1_000)
        .map(|_| body(&ask(control, "", "GET /log?last=2", "")))
        .find(|log| log["records"][1]["log"]["cs-uri-stem"] == "/c")
        .expect("the last request is told");
    assert_eq!(last["records"].as_array().unwrap().len(), 2);
    assert_eq!(last["records"][0]["cause"], "certificate-expired");
    assert_eq!(last["records"][0]["log"]["x-edge-detailed-result-type"], "OriginConnectError");
    assert_eq!(body(&ask(control, "", "GET /log", ""))["records"].as_array().unwrap().len(), 3);
    assert_eq!(status(&ask(control, "", "GET /log?last=x", "")), 400);
    assert_eq!(status(&ask(control, "", "POST /log", "")), 405);
    assert_eq!(served.end("TERM").code, 0);
}

#[test]
fn the_raw_line_comes_when_it_is_asked_for() {
    let directory = scenarios(&expired());
    let (served, mut keys) = Served::reading(["serve", "certificate/expired", "--scenarios", &path(directory.path())]);
    let url = served.line_with("http://").split_whitespace().last().map(|url| json!(url)).unwrap();
    assert_eq!(status(&ask(&url, "www.shop.test", "GET /", "")), 502);
    let line = served.line_with("GET /  502  ");
    assert!(line.contains(" s  certificate-expired: ") && !line.contains('\t'), "{line}");
    keys.write_all(b"\nv\n").unwrap();
    let raw = served.line_with("\tOriginConnectError\t");
    assert_eq!(raw.split('\t').count(), 33);
    drop(keys);
    assert_eq!(served.end("TERM").code, 0);
}

/// The JSON in the body of an answer.
fn body(answer: &str) -> Value {
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

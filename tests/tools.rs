//! A trainee's path, with the programs a trainee has: the lines that a served scenario prints are pasted into a real
//! shell, with the real `curl` and `openssl`, on today's date.
//!
//! The check is that of <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>.
//! Where a program is missing, or is not what is documented, its tests are listed as ignored with the reason.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/shell.rs"]
mod shell;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use edge502_origin::Protocol;
use edge502_pki::Lab as Pki;
use edge502_rules::clock::Clock;
use edge502_scenario::format::Texts;
use edge502_scenario::serve::{Action, Brief, Session};
use edge502_scenario::{Expect, LabOptions, Library, Scenario, ScenarioError, Step, StepKind};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use serde_json::Value;
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::runtime::Runtime;

use shell::{Printed, ask, curl, openssl_3, paste};

/// Scenarios whose check reads otherwise when it is pasted, and why. All others are compared.
const UNLIKE: [(&str, &str); 4] = [
    ("curve/post-quantum-only", "openssl offers post-quantum groups since 3.5"),
    ("handshake/long-hello-closed", "openssl offers post-quantum groups since 3.5"),
    ("handshake/long-hello-stalled", "openssl offers post-quantum groups since 3.5"),
    ("handshake/backend-down", "the exit status tells whether the end of input or of the connection came first"),
];

/// The day on which the programs run: theirs, so ours.
#[derive(Debug)]
struct Today;

impl Clock for Today {
    #[allow(clippy::disallowed_methods, reason = "curl and openssl judge dates by the system's clock")]
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}

fn main() -> ExitCode {
    let mut trials = vec![
        trial("control_refuses_other_sites", Ok(()), control_refuses_other_sites),
        trial("control_refuses_what_it_does_not_know", Ok(()), control_refuses_what_it_does_not_know),
        trial("expired_certificate_from_502_to_200", curl().and(openssl_3()), expired_certificate_from_502_to_200),
        trial("curl_head_and_http1", curl(), curl_head_and_http1),
        trial("tls10_only_over_a_real_tls10_handshake", curl(), tls10_only_over_a_real_tls10_handshake),
        trial("price_of_http_only", curl(), price_of_http_only),
    ];
    let library = Library::built_in().expect("the built-in scenarios are valid");
    trials.extend(library.iter().map(|scenario| {
        let id = scenario.id.clone();
        let usable = comparable(scenario).and(openssl_3());
        trial(&format!("openssl_prints_what_is_stated::{id}"), usable, move || openssl_prints_what_is_stated(&id))
    }));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn comparable(scenario: &Scenario) -> Result<(), String> {
    let named = UNLIKE.iter().find(|(unlike, _)| *unlike == scenario.id).map(|(_, reason)| *reason);
    let reason = named.or_else(|| scenario.steps.iter().find_map(incomparable));
    reason.map_or(Ok(()), |reason| Err(reason.to_owned()))
}

/// Why no two builds of openssl need to print the same in this state.
fn incomparable(step: &Step) -> Option<&'static str> {
    let states = |text: &str| step.expect.openssl.iter().flat_map(Texts::iter).any(|piece| piece.contains(text));
    if states("connect:errno=110") {
        return Some("openssl waits for as long as the kernel does");
    }
    if step.expect.openssl_exit == Some(124) {
        return Some("openssl waits for as long as the origin is silent");
    }
    let old = |version: &Protocol| matches!(version, Protocol::TlsV1 | Protocol::TlsV1_1);
    if step.kind == StepKind::Broken && step.state.origin.tls.protocols.iter().all(old) {
        return Some("whether openssl offers versions below TLS 1.2 differs by release and distribution");
    }
    None
}

/// A test, listed as ignored together with the reason if it is not `usable` here, or comes to what needs OpenSSL.
fn trial(
    name: &str,
    usable: Result<(), String>,
    test: impl FnOnce() -> Result<(), ScenarioError> + Send + 'static,
) -> Trial {
    let ignored = usable.is_err();
    let kind = usable.as_ref().err().map_or(String::new(), |reason| format!("skipped: {reason}"));
    let run = move || {
        usable.map_err(Failed::from)?;
        match test() {
            Ok(()) => Ok(Completion::Completed),
            Err(error) => error.needs_legacy().map(Completion::ignored_with).ok_or_else(|| error.into()),
        }
    };
    Trial::ignorable_test(name, run).with_kind(kind).with_ignored_flag(ignored)
}

/// A served scenario, with the runtime it lives on.
struct Served {
    runtime: Runtime,
    session: Session,
    _directory: TempDir,
}

impl Served {
    fn start(id: &str) -> Result<Self, ScenarioError> {
        let (runtime, directory) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
        let library = Library::built_in_for(&[id.to_owned()]).unwrap();
        let scenario = library.get(id).unwrap().clone();
        let clock = Arc::new(Today);
        let options = LabOptions::new(Arc::new(Pki::new(clock.now()).unwrap()), clock);
        let session = runtime.block_on(Session::start(scenario, options, directory.path()))?;
        Ok(Self { runtime, session, _directory: directory })
    }

    fn brief(&self) -> Brief {
        self.runtime.block_on(self.session.brief()).unwrap()
    }

    fn control(&self) -> SocketAddr {
        self.brief().control.strip_prefix("http://").unwrap().parse().unwrap()
    }

    /// `POST /apply`, as a script would; returns the state that is up then.
    fn apply(&self, order: &str) -> Value {
        let control = self.control();
        let request = format!(
            "POST /apply HTTP/1.1\r\nHost: {control}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{order}",
            order.len()
        );
        let (status, body) = ask(control, &request);
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    fn state(&self) -> Value {
        let control = self.control();
        let (status, body) =
            ask(control, &format!("GET /state HTTP/1.1\r\nHost: {control}\r\nConnection: close\r\n\r\n"));
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    fn end(self) {
        self.runtime.block_on(self.session.shutdown());
    }
}

fn expired_certificate_from_502_to_200() -> Result<(), ScenarioError> {
    let served = Served::start("certificate/expired")?;
    let brief = served.brief();
    let broken = paste(&brief.curl);
    assert_eq!(broken.exit, 0, "curl trusts the edge: {}", broken.text);
    check_502(&broken);
    let check = paste(&brief.openssl);
    assert!(check.text.contains("certificate has expired"), "{}", check.text);
    assert_eq!(check.exit, 0, "the check ends well whatever the certificate is worth");
    let state = served.apply(r#"{"fix":1}"#);
    assert_eq!(state["up"]["kind"], "fix");
    let fixed = paste(&brief.curl);
    assert_eq!(fixed.status(), 200, "{}", fixed.text);
    assert!(paste(&brief.openssl).text.contains("Verify return code: 0 (ok)"));
    served.apply(r#"{"dead_end":1}"#);
    check_502(&paste(&brief.curl));
    served.apply(r#"{"reset":true}"#);
    check_502(&paste(&brief.curl));
    assert_eq!(served.brief(), brief, "the same lines all the time");
    served.end();
    Ok(())
}

/// The answer of an edge that cannot connect, whichever HTTP version curl chose.
fn check_502(printed: &Printed) {
    let names = ["server", "date", "content-type", "content-length", "x-cache", "via", "x-amz-cf-pop", "x-amz-cf-id"];
    assert_eq!(printed.status(), 502, "{}", printed.text);
    let headers = printed.headers();
    let seen: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).filter(|name| *name != "connection").collect();
    assert_eq!(seen, names);
    let header = |name: &str| &headers.iter().find(|(known, _)| known == name).unwrap().1;
    assert_eq!((header("content-length").as_str(), header("x-cache").as_str()), ("951", "Error from cloudfront"));
    let body = printed.body();
    assert_eq!(body.len(), 951);
    assert!(body.contains("<H1>502 ERROR</H1>") && body.contains("wasn't able to connect to the origin."), "{body}");
    assert!(body.contains(&format!("Request ID: {}\n", header("x-amz-cf-id"))), "{body}");
}

fn curl_head_and_http1() -> Result<(), ScenarioError> {
    let served = Served::start("certificate/expired")?;
    let line = served.brief().curl;
    let head = paste(&line.replace("curl -sS -i", "curl -sS -I"));
    assert_eq!((head.status(), head.body()), (502, ""), "{}", head.text);
    let old = paste(&line.replace("curl -sS -i", "curl -sS -i --http1.1"));
    assert!(old.text.starts_with("HTTP/1.1 502 Bad Gateway\r\nServer: CloudFront\r\nDate: "), "{}", old.text);
    check_502(&old);
    served.end();
    Ok(())
}

fn tls10_only_over_a_real_tls10_handshake() -> Result<(), ScenarioError> {
    let served = Served::start("protocol/tls10-only")?;
    let curl = served.brief().curl;
    assert_eq!(paste(&curl).status(), 502);
    let refused = served.state();
    assert_eq!(refused["origin_history"][0]["negotiated_version"], Value::Null, "{refused}");
    served.apply(r#"{"fix":2}"#);
    assert_eq!(paste(&curl).status(), 200);
    let state = served.state();
    let history = state["origin_history"].as_array().unwrap();
    let last = history.last().unwrap_or_else(|| panic!("the origin saw nobody: {state}"));
    assert_eq!(last["negotiated_version"], "TLSv1", "{state}");
    assert_eq!(last["sni"], "origin.shop.test", "{state}");
    assert_eq!(last["requests"], serde_json::json!(["GET / HTTP/1.1"]), "{state}");
    served.end();
    Ok(())
}

fn price_of_http_only() -> Result<(), ScenarioError> {
    let served = Served::start("certificate/self-signed")?;
    let step = served.session.scenario().of_kind(StepKind::DeadEnd).position(|step| step.expect.exposes.is_some());
    let number = step.expect("one of the dead ends works at a price") + 1;
    let state = served.apply(&format!(r#"{{"dead_end":{number}}}"#));
    assert!(state["up"]["why"].as_str().is_some_and(|why| why.contains("price")), "{state}");
    assert_eq!(paste(&served.brief().curl).status(), 200);
    assert_eq!(served.state()["origin_history"][0]["port"], "http", "in clear");
    served.end();
    Ok(())
}

/// Applies every step of the scenario in turn and pastes the check that goes with it.
fn openssl_prints_what_is_stated(id: &str) -> Result<(), ScenarioError> {
    let served = Served::start(id)?;
    let steps = served.session.scenario().steps.clone();
    let mut numbers = [0, 0];
    for step in &steps {
        let action = match step.kind {
            StepKind::Healthy | StepKind::Patch => continue,
            StepKind::Broken => Action::Reset,
            StepKind::DeadEnd => Action::DeadEnd(next(&mut numbers[0])),
            StepKind::Fix => Action::Fix(next(&mut numbers[1])),
        };
        if step.expect.openssl.is_some() || step.expect.openssl_not.is_some() {
            served.runtime.block_on(served.session.apply(action))?;
            compare(&step.title, &step.expect, &paste(&served.brief().openssl));
        }
    }
    served.end();
    Ok(())
}

fn next(number: &mut usize) -> usize {
    *number += 1;
    *number
}

fn compare(title: &str, expect: &Expect, check: &Printed) {
    for piece in expect.openssl.iter().flat_map(Texts::iter) {
        assert!(check.text.contains(piece), "{title}: {piece:?} is not in\n{}", check.text);
    }
    for piece in expect.openssl_not.iter().flat_map(Texts::iter) {
        assert!(!check.text.contains(piece), "{title}: {piece:?} is in\n{}", check.text);
    }
    if let Some(exit) = expect.openssl_exit {
        assert_eq!(i64::from(check.exit), exit, "{title}: {}", check.text);
    }
}

fn control_refuses_other_sites() -> Result<(), ScenarioError> {
    let served = Served::start("certificate/expired")?;
    let control = served.control();
    let state = |headers: &str| ask(control, &format!("GET /state HTTP/1.1\r\n{headers}Connection: close\r\n\r\n")).0;
    let order = |headers: &str| {
        let head = format!("POST /apply HTTP/1.1\r\n{headers}Content-Length: 9\r\nConnection: close\r\n\r\n");
        ask(control, &(head + r#"{"fix":1}"#)).0
    };
    let foreign = [
        "Host: evil.test\r\n".to_owned(),
        format!("Host: evil.test:{}\r\n", control.port()),
        format!("Host: {}\r\n", control.ip()),
        format!("Host: {control}\r\nOrigin: http://evil.test\r\n"),
        format!("Host: {control}\r\nOrigin: https://{control}\r\n"),
        format!("Host: {control}\r\nOrigin: http://{control}.evil.test\r\n"),
        format!("Host: {control}\r\nOrigin: null\r\n"),
        format!("Host: {control}\r\nSec-Fetch-Site: cross-site\r\n"),
        format!("Host: {control}\r\nSec-Fetch-Site: same-site\r\n"),
        format!("Host: {control}\r\nSec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site\r\n"),
    ];
    for headers in &foreign {
        assert_eq!((state(headers), order(headers)), (403, 403), "{headers}");
    }
    assert_eq!(served.state()["up"]["kind"], "broken", "none of them changed anything");
    let own = [
        format!("Host: {control}\r\n"),
        format!("Host: {control}\r\nOrigin: http://{control}\r\n"),
        format!("Host: {control}\r\nSec-Fetch-Site: same-origin\r\n"),
        format!("Host: {control}\r\nSec-Fetch-Site: none\r\n"),
        format!("Host: localhost:{}\r\nOrigin: http://localhost:{}\r\n", control.port(), control.port()),
    ];
    for headers in &own {
        assert_eq!((state(headers), order(headers)), (200, 200), "{headers}");
    }
    assert_eq!(served.state()["up"]["kind"], "fix");
    served.end();
    Ok(())
}

fn control_refuses_what_it_does_not_know() -> Result<(), ScenarioError> {
    let served = Served::start("certificate/expired")?;
    let control = served.control();
    let send = |start: &str, body: &str| {
        let length = body.len();
        let head =
            format!("{start} HTTP/1.1\r\nHost: {control}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        ask(control, &(head + body))
    };
    for (start, body, status) in [
        ("POST /apply", "", 400),
        ("POST /apply", "{}", 400),
        ("POST /apply", r#"{"fix":1,"dead_end":1}"#, 400),
        ("POST /apply", r#"{"fxi":1}"#, 400),
        ("POST /apply", r#"{"fix":0}"#, 404),
        ("POST /apply", r#"{"dead_end":99}"#, 404),
        ("POST /apply", &"x".repeat(5_000), 413),
        ("POST /patch", "{", 422),
        ("POST /patch", r#"{"orign":{}}"#, 422),
        ("POST /patch", &format!(r#"{{"unset":["{}"]}}"#, "x".repeat(70_000)), 413),
        ("GET /patch", "", 405),
        ("GET /apply", "", 405),
        ("POST /state", "", 405),
        ("GET /", "", 404),
    ] {
        let (answered, body) = send(start, body);
        let error = serde_json::from_str::<Value>(&body).unwrap()["error"].clone();
        assert!(answered == status && error.is_string(), "{start}: {answered} {body}");
    }
    assert_eq!(served.state()["up"]["kind"], "broken");
    served.end();
    Ok(())
}

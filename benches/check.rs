//! `edge502 check` over a long list, and over one failing origin: the program itself, as it is released.
//!
//! The origins are those of the lab, healthy and broken in turn, each on a port of its own in this process; the program is
//! another process, whose wall time and peak memory `/usr/bin/time` tells. Every verdict is compared with what the origin
//! is, so that nothing is fast because it is wrong.

#[allow(dead_code, reason = "other benches use the rest")]
mod support;

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use edge502_origin::{Origin, OriginSpec};
use edge502_pki::Lab;
use rustix::process::{Resource, getrlimit, setrlimit};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

/// How many origins there are, unless the command line says another number.
const ORIGINS: usize = 1_000;
const CONCURRENCY: &str = "200";
/// How often the one failing origin is judged.
const RUNS: usize = 20;
/// Origins that are started at a time.
const AT_A_TIME: usize = 16;

/// Specifications of origins, and what the check has to say about each; `-` for one that connects.
const KINDS: [(&str, &str); 12] = [
    ("", "-"),
    ("certificate.not_after = '-35d'", "certificate-expired"),
    ("", "-"),
    ("chain.serve = ['leaf']", "chain-incomplete"),
    ("tls.protocols = ['TLSv1.2']", "-"),
    ("certificate.names = ['other.test']", "certificate-name-mismatch"),
    ("http.status = 404", "-"),
    ("certificate.issuer = 'self'", "certificate-self-signed"),
    ("tls.protocols = ['TLSv1']", "protocol-mismatch"),
    ("http.status = 503", "origin-error-relayed"),
    ("port.behavior = 'refuse'", "connection-refused"),
    ("port.behavior = 'plain-http'", "not-tls"),
];

fn main() {
    let program = program();
    let count = env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(ORIGINS);
    // Two listeners each, and the connections.
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum.or(limit.current);
    setrlimit(Resource::Nofile, limit).expect("the soft limit may be raised to the hard one");
    let (runtime, lab) = (support::background(), Arc::new(support::lab()));
    let begun = Instant::now();
    let origins = runtime.block_on(started(count, &lab));
    println!("{count} origins of {} kinds started in {:.1} s", KINDS.len(), begun.elapsed().as_secs_f32());
    let files = files(&lab, &origins);
    list(&program, files.path(), &origins);
    single(&program, files.path(), &origins);
    drop(origins);
    Runtime::shutdown_background(runtime);
}

/// The released program, which Cargo builds beside the benches.
fn program() -> PathBuf {
    let this = env::current_exe().expect("a process has a program");
    let program = this.parent().and_then(Path::parent).expect("benches lie in target/release/deps").join("edge502");
    assert!(program.exists(), "{} is missing; build it with: cargo build --release", program.display());
    program
}

/// An origin, and which of [`KINDS`] it is.
struct Started {
    origin: Origin,
    kind: usize,
}

async fn started(count: usize, lab: &Arc<Lab>) -> Vec<Started> {
    let (mut starting, mut origins) = (JoinSet::new(), Vec::new());
    for number in 0..count {
        if starting.len() >= AT_A_TIME {
            origins.extend(starting.join_next().await.map(|joined| joined.expect("no origin panics")));
        }
        let (kind, lab) = (number % KINDS.len(), Arc::clone(lab));
        let spec: OriginSpec = toml::from_str(KINDS[kind].0).expect("the specifications are sound");
        starting.spawn(async move {
            let origin = Origin::start(&spec, &lab, support::clock()).await.expect("the origin starts");
            Started { origin, kind }
        });
    }
    while let Some(joined) = starting.join_next().await {
        origins.push(joined.expect("no origin panics"));
    }
    origins
}

fn files(lab: &Lab, origins: &[Started]) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let lines = origins.iter().fold(String::new(), |mut lines, started| {
        let _ = writeln!(lines, "origin.test:{}", started.origin.addr().port());
        lines
    });
    fs::write(directory.path().join("origins.txt"), lines).expect("the list can be written");
    fs::write(directory.path().join("ca.pem"), lab.root_pem()).expect("the root can be written");
    directory
}

/// The program with what every check here needs.
fn check(command: &mut Command, directory: &Path, origins: &[Started]) {
    command.args(["check", "--at", "2031-03-05T12:00:00Z", "--format", "json", "--cafile"]);
    command.arg(directory.join("ca.pem"));
    for started in origins {
        let address = started.origin.addr();
        command.args(["--resolve", &format!("origin.test:{}:{address}", address.port())]);
    }
}

fn list(program: &Path, directory: &Path, origins: &[Started]) {
    let usage = directory.join("usage");
    let mut command = Command::new("/usr/bin/time");
    command.args(["-f", "%e %M %U %S", "-o"]).arg(&usage).arg(program);
    check(&mut command, directory, origins);
    command.arg("--from").arg(directory.join("origins.txt")).args(["--concurrency", CONCURRENCY]);
    let ended = command.output().expect("/usr/bin/time is installed (Debian: apt-get install time)");
    let summary: Value =
        serde_json::from_slice(&ended.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&ended.stderr)));
    let counts = compared(&summary, origins);
    let usage = fs::read_to_string(usage).expect("time writes what was used");
    let used: Vec<f64> =
        usage.lines().last().unwrap_or_default().split(' ').map(|n| n.parse().expect("a number")).collect();
    println!(
        "{} origins, --concurrency {CONCURRENCY}: {:.2} s (limit 10 s), peak {:.0} MiB (limit 100 MiB), CPU {:.1} s",
        origins.len(),
        used[0],
        used[1] / 1024.0,
        used[2] + used[3]
    );
    for (cause, count) in counts {
        println!("{count:>7}  {cause}");
    }
}

/// How many origins there are of each cause, every one of which was named.
fn compared(summary: &Value, origins: &[Started]) -> BTreeMap<&'static str, usize> {
    let kinds: BTreeMap<u64, usize> =
        origins.iter().map(|started| (started.origin.addr().port().into(), started.kind)).collect();
    let reports = summary["origins"].as_array().expect("a summary has origins");
    assert_eq!(reports.len(), origins.len(), "{}", summary["not_checked"]);
    let mut counts = BTreeMap::new();
    for report in reports {
        let port = report["target"]["port"].as_u64().expect("a target has a port");
        let expected = KINDS[kinds[&port]].1;
        assert_eq!(report["cause"].as_str().unwrap_or("-"), expected, "{report}");
        *counts.entry(expected).or_default() += 1;
    }
    counts
}

/// One live failing origin after the other, from the start of the process to its end.
fn single(program: &Path, directory: &Path, origins: &[Started]) {
    for (kind, (_, cause)) in KINDS.iter().enumerate().filter(|(_, (_, cause))| *cause != "-") {
        let Some(started) = origins.iter().position(|started| started.kind == kind) else { continue };
        let mut itself = Vec::new();
        let mut times: Vec<f64> = (0..RUNS)
            .map(|_| {
                let mut command = Command::new(program);
                check(&mut command, directory, &origins[started..=started]);
                command.arg(format!("origin.test:{}", origins[started].origin.addr().port()));
                let begun = Instant::now();
                let ended = command.output().expect("the program can be started");
                let took = begun.elapsed().as_secs_f64() * 1e3;
                let report: Value = serde_json::from_slice(&ended.stdout).expect("a report is JSON");
                assert_eq!(report["cause"], *cause, "{report}");
                itself.push(report["elapsed_ms"].as_u64().expect("a report says how long it took"));
                took
            })
            .collect();
        times.sort_by(f64::total_cmp);
        itself.sort_unstable();
        println!(
            "one origin, {cause}: fastest {:.0} ms, median {:.0} ms, slowest {:.0} ms (limit 100 ms); \
             the check itself {} ms, the rest is the start of the process",
            times[0],
            times[RUNS / 2],
            times[RUNS - 1],
            itself[RUNS / 2]
        );
    }
}

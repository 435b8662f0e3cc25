//! What is counted in instructions, not in time: the verdict, the error page, the log line.
//!
//! `benches/instructions.sh` runs this under callgrind, which counts only what [`measured`] calls, and compares with the
//! limits in `benches/instructions.txt`. Counts of one binary do not jitter, so the limits can be close. Run by itself, it
//! only proves that the paths work.

#[path = "support/contest.rs"]
#[allow(dead_code, reason = "other benches use the rest")]
mod contest;
#[path = "support/record.rs"]
mod record;
mod support;

use std::hint::black_box;

use contest::{Contest, Kind};
use edge502_rules::Cause;
use edge502_rules::outcome::Outcome;
use edge502_rules::request_id::RequestId;
use edge502_rules::response::{EdgeServer, ResponseContext, ViewerHttp};
use tokio::runtime::Builder;

/// How often each path is taken while it is counted.
const TIMES: usize = 100;

fn main() {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let taken = PATHS.iter().filter(|(id, _)| wanted.as_ref().is_none_or(|wanted| wanted == id));
    let taken: Vec<&str> = taken.inspect(|(_, path)| path()).map(|(id, _)| *id).collect();
    assert!(!taken.is_empty(), "there is no such path; there are: {}", PATHS.map(|(id, _)| id).join(", "));
    println!("{TIMES} times each: {}", taken.join(", "));
}

const PATHS: [(&str, fn()); 3] = [("verdict", verdict), ("page", page), ("log-line", log_line)];

/// Everything below this function is counted, nothing else. The first time, outside, fills caches and lazy values.
#[inline(never)]
fn measured(path: &mut dyn FnMut()) {
    for _ in 0..TIMES {
        path();
    }
}

fn count(mut path: impl FnMut()) {
    path();
    measured(&mut path);
}

/// Judging the handshake with a sound origin under both rulebooks.
fn verdict() {
    let (lab, background) = (support::lab(), support::background());
    let client = Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    let contest = Contest::start(&Kind::ALL[0], &lab, &background, &client);
    let observation = client.block_on(async { contest.edge(contest.dial()).await.observation });
    count(|| {
        black_box(contest.judge(black_box(&observation)));
    });
}

/// Head and body of the page for an expired certificate.
fn page() {
    let outcome = Outcome::of(Cause::CertificateExpired);
    let page = outcome.page().expect("a failed handshake has a page");
    let (server, id) = (EdgeServer::from_bytes([7; 16], "FRA56-P1"), RequestId::from_bytes([7; RequestId::BYTES]));
    let context = ResponseContext { http: ViewerHttp::Http11, keep_alive: true, edge: &server, request_id: &id };
    count(|| {
        black_box(black_box(context).error_head(page, outcome.x_cache, support::NOW, None));
        black_box(black_box(page).bytes(&id));
    });
}

/// Its line in the access log.
fn log_line() {
    let outcome = Outcome::of(Cause::CertificateExpired);
    let page = outcome.page().expect("a failed handshake has a page");
    let record = record::failed(page, outcome, RequestId::from_bytes([7; RequestId::BYTES]));
    count(|| {
        black_box(black_box(&record).to_line());
    });
}

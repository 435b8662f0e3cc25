//! English.

use std::fmt::Write as _;

use edge502_rules::{Cause, Phase};
use edge502_scenario::Level;

use super::{Language, Texts};
use crate::{Check, Evidence, FULL, Hint, Refusal, Track, Verdict};

pub(super) const TEXTS: Texts = Texts {
    language: Language::English,
    track,
    level,
    cause: Cause::title,
    hint,
    right,
    wrong,
    verdict,
    seen,
    refusal,
    solved,
};

const fn track(track: Track) -> &'static str {
    match track {
        Track::Certificates => "Certificates",
        Track::Chains => "Chains",
        Track::Names => "Names and SNI",
        Track::Protocols => "Protocols",
        Track::Network => "DNS and network",
        Track::Timeouts => "Timeouts",
        Track::Whose => "Whose 502 is it?",
    }
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Starter => "starter",
        Level::Intermediate => "intermediate",
        Level::Expert => "expert",
    }
}

fn hint(hint: &Hint) -> String {
    match hint {
        Hint::Look(phase) => look(*phase).to_owned(),
        Hint::Evidence(evidence) => found(evidence),
        Hint::Background(cause) => cause.explanation().to_owned(),
    }
}

const fn look(phase: Phase) -> &'static str {
    match phase {
        Phase::Resolve => {
            "Start with the name. Look the origin's domain name up with dig, at each of its name servers: without an \
             address there is nothing to connect to."
        }
        Phase::Connect => {
            "The name resolves. See what becomes of a TCP connection to that address and port, and compare with the \
             port in the distribution's settings: refused, reset or silent are three different faults."
        }
        Phase::Handshake => {
            "The connection opens. Watch the TLS handshake with openssl s_client and see where it stops, who stops it, \
             and what either side had offered until then. Perhaps no certificate is ever sent."
        }
        Phase::Certificate => {
            "A certificate arrives. Read the first one: dates, names, issuer, purpose, key, signature. The name has to \
             be the one that CloudFront asks for."
        }
        Phase::Chain => {
            "Count the certificates that the origin sends, and read them in their order: each must be followed by its \
             issuer, up to a root that is trusted. What your own machine adds, CloudFront does not have."
        }
        Phase::Exchange => {
            "The handshake is fine. Ask the origin directly with curl and look at what comes back, byte by byte, and \
             when it comes."
        }
        Phase::EdgeFunction => {
            "Look at whether the origin was asked at all. Code runs at the edge before and after it, and what that \
             code returns has to follow rules."
        }
        Phase::BehindOrigin => {
            "Connection and answer are fine. Find out who made the error: read the Server header and the page, and \
             compare with a page of CloudFront's own."
        }
    }
}

fn found(evidence: &Evidence) -> String {
    let mut text = String::new();
    if let Some(log) = &evidence.log {
        let _ = writeln!(text, "The log says x-edge-detailed-result-type {log}.");
    }
    for line in &evidence.openssl {
        let _ = writeln!(text, "openssl s_client prints: {line}");
    }
    for (index, lines) in evidence.dig.iter().enumerate() {
        let said = if lines.is_empty() { "nothing".to_owned() } else { lines.join(", ") };
        let _ = writeln!(text, "dig +short at name server {} prints: {said}", index + 1);
    }
    if let Some(trap) = &evidence.trap {
        let _ = writeln!(text, "Mind: {trap}");
    }
    if text.is_empty() {
        text.push_str("Log, openssl s_client and dig show nothing unusual. That is a fact, too: look elsewhere.\n");
    }
    text.truncate(text.trim_end().len());
    text
}

const fn right(cured: bool) -> &'static str {
    if cured { "Right." } else { "Right. Now cure it." }
}

fn wrong(cause: Cause, cost: u32) -> String {
    format!("No: {cause} is not what CloudFront trips over here. That cost {cost} points.")
}

const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Cured => "Cured: viewers get the site.",
        Verdict::Fails => "Not cured: viewers get an error.",
        Verdict::ComesAndGoes => "Not cured: some viewers get the site, some an error.",
        Verdict::OnlyLooksGood => {
            "Not cured: the status is good, but the log says error. The answer was cut short, or something stands in \
             for it."
        }
        Verdict::NotFromOrigin => {
            "Not cured: the status is good, but no origin gave this answer. Something at the edge stands in for it."
        }
        Verdict::InClear => {
            "It works, at a price: nothing is encrypted between CloudFront and the origin. Cookies and authorization \
             can be read on the way."
        }
    }
}

fn seen(check: &Check) -> String {
    let statuses: Vec<String> = check.statuses.iter().map(ToString::to_string).collect();
    let mut text = format!("status {}, log {} / {}", statuses.join(" "), check.result_type, check.detailed_result_type);
    if let Some(age) = check.age {
        let _ = write!(text, ", Age {age}: kept from before, the origin was not asked");
    }
    text
}

fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Over => "This exercise is over.".to_owned(),
        Refusal::TimeIsUp => "The time is up.".to_owned(),
        Refusal::NoMoreHints { allowed: 0 } => "There are no hints here.".to_owned(),
        Refusal::NoMoreHints { allowed } => format!("There are no more hints; you have had all {allowed}."),
        Refusal::NotAChoice => "That is not among the causes to choose from.".to_owned(),
        Refusal::RuledOut => "You have named that before; it is not the cause.".to_owned(),
        Refusal::AlreadyRight => "You have found the cause already.".to_owned(),
        Refusal::NoSuchRemedy { count } => format!("There is no such remedy; they are numbered 1 to {count}."),
    }
}

fn solved(score: u32) -> String {
    format!("Solved, for {score} of {FULL} points.")
}

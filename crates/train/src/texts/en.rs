//! English.

use std::fmt::Write as _;

use edge502_rules::{Cause, Phase};
use edge502_scenario::Level;

use super::{Language, Opening, Terminal, Texts};
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
    terminal: TERMINAL,
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

const TERMINAL: Terminal = Terminal {
    menu_help: MENU_HELP,
    menu: "Exercises, from starter to expert:",
    back_in_menu: "Back in the menu: `next`, `list`, `help`.",
    open_first: "Open an exercise first: `next`, or `open` with its name.",
    of_track: |solved, count| format!("{solved:>3} of {count:>3} solved"),
    solved: "solved",
    unsolved: "open",
    total: |points| format!("{points} points"),
    kept: |points, best| format!("Kept: {points} points, best {best}."),
    opening,
    place: |place, count, minutes| {
        let time = minutes.map_or_else(String::new, |minutes| format!(", {minutes} minutes"));
        format!("{place} of {count}{time}")
    },
    sheet: |score, full, path| format!("{score} of {full} points; the sheet is in {path}, .html, .json and .csv"),
    help: HELP,
    heading: |name, level| format!("{name}  ({level})"),
    paste: "Paste into another terminal, or type the word in front:",
    names: |origin, host| format!("The origin is {origin}, viewers ask for {host}. Changes of your own:"),
    next: "`diagnose` shows the causes, `apply` the remedies, `help` the rest.",
    failed: |error| format!("That could not be done: {error}"),
    reset: "The broken site is back.",
    exit_status: |status| format!("(exit status {status})"),
    no_openssl: "This program was built without OpenSSL; paste the line of `story` instead.",
    no_dig: "Names are not what this is about: the origin's name leads to the origin.",
    name_server: |number| format!("name server {number}:"),
    nothing: "(nothing)",
    more_lines: |count| format!("… {count} more lines"),
    no_certificate: "The origin sent no certificate.",
    certificate: ["issuer", "valid", "key", "names", "purposes"],
    dates: |from, to| format!("{from} to {to}"),
    key: |key, signature| format!("{key}, signed with {signature}"),
    causes: "Which of these is it? `diagnose` with a number or a name.",
    ruled_out: " (no)",
    no_such_cause: |number| format!("there is no cause {number} in the list; `causes` shows it"),
    which_cause: "What was the cause? `diagnose` shows those to choose from.",
    remedies: "What could be done; some of it cures. `apply` with a number, then `check`.",
    done: |title| format!("Done: {title}. Now `check`, or look for yourself."),
    points: |score, worth, hint| {
        let hint = hint.map_or_else(String::new, |cost| format!("; the next hint costs {cost}"));
        format!("{score} points had; {worth} of {FULL} can still be had{hint}.")
    },
    answer: |cause, title| format!("{cause}: {title}"),
    trap: "Trap: ",
    cures: |cures| if cures { "cures: " } else { "does not: " },
};

fn opening(opening: &Opening<'_>) -> String {
    let Opening { course, trainee, count, minutes, seed } = opening;
    let limit = minutes.map_or_else(String::new, |minutes| format!(" {minutes} minutes in all."));
    format!("{course}: {trainee}, {count} exercises, once each.{limit} Seed {seed}.")
}

const MENU_HELP: &str = "Commands:
  list [TRACK]     the exercises, or those of one track
  open NAME        begin an exercise
  next             begin the first that is not solved
  mystery [SEED]   any fault, under any names
  score            how far you are
  quit             end
";

const HELP: &str = "Commands:
  story          what the customer says, and commands to paste
  ask            ask the site as a viewer does
  log            the last line of the access log
  openssl        the check that AWS documents, at the origin
  dig            ask the origin's name servers, where names matter
  chain          the certificates that the origin sent to CloudFront
  hint           a hint, for points
  diagnose [N]   name the cause; without a number: which there are
  apply [N]      apply a remedy; without a number: which there are
  check          have the running site checked
  reset          back to the broken site
  score          the points so far
  giveup         show the answer
  back, quit     leave the exercise, end the program
";

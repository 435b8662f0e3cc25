//! Stated against seen.

use std::collections::BTreeSet;

use edge502_rules::page::{ErrorPages, Page};
use edge502_rules::{Cause, Rulebook};

use crate::format::{Dig, Expect, StepKind, Texts};
use crate::lab::{DocumentedCheck, Observed};

/// Every point in which `observed` differs from what is stated, in words; none if it does as stated.
pub(super) fn mismatches(
    scenario: Cause,
    kind: StepKind,
    expect: &Expect,
    rulebook: Rulebook,
    error_pages: ErrorPages,
    observed: &Observed,
) -> Vec<String> {
    let mut points = Points(Vec::new());
    points.sense(kind, expect);
    let expect = expect.under(rulebook, None);
    points.stated("status", expect.status, Some(observed.status));
    let cause = expect.expected_cause(scenario);
    points.always("cause", &word(cause.map(Cause::id)), &word(observed.cause.map(Cause::id)));
    if !expect.page_fits(observed.page, error_pages) {
        points.stated("page", expect.page.as_deref(), observed.page.map(Page::id));
    }
    points.stated("x-cache", expect.x_cache.as_deref(), observed.x_cache.as_deref());
    points.stated("origin_tls", expect.origin_tls.as_deref(), observed.origin_tls.as_deref());
    points.stated("origin_sni", expect.origin_sni.as_deref(), observed.origin_sni.as_deref());
    points.stated("requests at the origin", expect.requests, Some(observed.requests));
    points.stated("requests at the origin in all", expect.requests_in_all, Some(observed.requests_in_all));
    points.stated("age", expect.age, observed.age);
    for (field, stated) in &expect.log {
        let seen = observed.log.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str());
        points.stated(&format!("log field {field}"), Some(stated.as_str()), seen);
    }
    if let Some(stated) = &expect.findings {
        let stated: BTreeSet<&str> = stated.iter().map(String::as_str).collect();
        let seen: BTreeSet<&str> = observed.findings.iter().map(|finding| finding.cause.id()).collect();
        points.always("findings", &format!("{stated:?}"), &format!("{seen:?}"));
    }
    if let Some(stated) = &expect.tried {
        points.always("tried", &stated.join(", "), &observed.tried.join(", "));
    }
    if expect.hides {
        let seen = observed.log.iter().find(|(name, _)| *name == "x-edge-result-type");
        points.stated(
            "log field x-edge-result-type of a hidden error",
            Some("Error"),
            seen.map(|(_, value)| value.as_str()),
        );
    }
    if let Some(stated) = &expect.exposes {
        points.always("readable between edge and origin", &stated.join(", "), &observed.exposed.join(", "));
    }
    points.stated("attempts the origin saw", expect.attempts, Some(observed.attempts.len()));
    if let Some(stated) = &expect.again {
        points.always("status of the requests that follow", &format!("{stated:?}"), &format!("{:?}", observed.again));
    }
    if let Some(stated) = &expect.dig {
        let stated = match stated {
            Dig::First(lines) => std::slice::from_ref(lines),
            Dig::Each(servers) => servers,
        };
        points.always("dig", &format!("{stated:?}"), &format!("{:?}", observed.dig));
    }
    points.openssl(expect, observed);
    points.0
}

fn word(id: Option<&str>) -> String {
    id.unwrap_or("none").to_owned()
}

struct Points(Vec<String>);

impl Points {
    /// What a step of this kind cannot state, whatever is seen.
    fn sense(&mut self, kind: StepKind, expect: &Expect) {
        match kind {
            StepKind::Fix if !expect.works() => {
                self.0.push("a fix has to cure: state a status below 400 and no cause".to_owned());
            }
            StepKind::DeadEnd if expect.works() && expect.exposes.as_ref().is_none_or(Vec::is_empty) => {
                let point = "a dead end that works has a price: name it with `expect.exposes`, or state `expect.hides`";
                self.0.push(point.to_owned());
            }
            StepKind::DeadEnd => {}
            _ if expect.hides => self.0.push("only a dead end hides an error: this is not one".to_owned()),
            _ => {}
        }
    }

    fn always(&mut self, what: &str, stated: &str, seen: &str) {
        if stated != seen {
            self.0.push(format!("{what}: stated {stated}, seen {seen}"));
        }
    }

    /// Compares only if something is stated.
    fn stated<T: PartialEq + std::fmt::Display>(&mut self, what: &str, stated: Option<T>, seen: Option<T>) {
        let Some(stated) = stated else { return };
        if seen.as_ref() != Some(&stated) {
            let seen = seen.map_or_else(|| "none".to_owned(), |seen| seen.to_string());
            self.0.push(format!("{what}: stated {stated}, seen {seen}"));
        }
    }

    fn openssl(&mut self, expect: &Expect, observed: &Observed) {
        let Some(DocumentedCheck::Played { text, exit, .. }) = &observed.openssl else { return };
        for piece in expect.openssl.iter().flat_map(Texts::iter).filter(|piece| !text.contains(piece)) {
            self.0.push(format!("openssl s_client: stated {piece:?}, not printed; it printed: {}", essence(text)));
        }
        for piece in expect.openssl_not.iter().flat_map(Texts::iter).filter(|piece| text.contains(piece)) {
            self.0.push(format!("openssl s_client: stated not to print {piece:?}, printed"));
        }
        self.stated("exit status of openssl s_client", expect.openssl_exit, Some(i64::from(*exit)));
    }
}

/// The lines of a transcript that carry its result.
fn essence(text: &str) -> String {
    let telling = ["error", "Verif", "alert", "errno", "Protocol"];
    let lines = text.lines().filter(|line| telling.iter().any(|word| line.contains(word)));
    lines.map(str::trim).collect::<Vec<_>>().join(" | ")
}

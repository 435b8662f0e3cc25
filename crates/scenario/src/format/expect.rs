//! What a step states is to be seen.

use std::collections::BTreeMap;

use edge502_rules::access_log::FIELDS;
use edge502_rules::page::{ErrorPages, Page};
use edge502_rules::{Cause, Rulebook};
use serde::Deserialize;

/// The versions `over` can name: those that an origin with any certificate speaks.
const VERSIONS: [&str; 2] = ["TLSv1.2", "TLSv1.3"];

/// One text or several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Texts {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Texts {
    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(text) => std::slice::from_ref(text).iter(),
            Self::Many(texts) => texts.iter(),
        }
        .map(String::as_str)
    }
}

/// What `dig NAME +short` prints: the lines that the first name server leads to, or a list of lines for each server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Dig {
    /// Of the first server.
    First(Vec<String>),
    /// Of each server, in their order.
    Each(Vec<Vec<String>>),
}

/// The expectations of one step; what is left out is not checked, except the cause.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expect {
    /// Status the viewer gets.
    pub status: Option<u16>,
    /// The cause the edge trips over; empty for none. Default: the scenario's cause unless the status is below 400 and
    /// nothing is hidden.
    pub cause: Option<String>,
    /// Id of CloudFront's page the viewer gets, byte for byte.
    pub page: Option<String>,
    /// Value of the `X-Cache` header.
    pub x_cache: Option<String>,
    /// Fields of the access log line, by name.
    pub log: BTreeMap<String, String>,
    /// What the documented check `openssl s_client` prints, one piece or several.
    pub openssl: Option<Texts>,
    /// What the documented check must not print.
    pub openssl_not: Option<Texts>,
    /// Exit status of the documented check.
    pub openssl_exit: Option<i64>,
    /// All causes that are found, in any order.
    pub findings: Option<Vec<String>>,
    /// Protocol version the origin negotiated with the edge, by the origin's own account.
    pub origin_tls: Option<String>,
    /// The name the origin saw as SNI.
    pub origin_sni: Option<String>,
    /// How many requests the origin got for the viewer's one.
    pub requests: Option<usize>,
    /// How many requests the origin got in the whole step, those of `before` included.
    pub requests_in_all: Option<usize>,
    /// Value of the `Age` header: seconds since the response came from the origin.
    pub age: Option<u64>,
    /// Request headers that a passive listener between edge and origin can read.
    pub exposes: Option<Vec<String>>,
    /// How many connections the origin accepted for the request, by its own account. One that is refused or dropped
    /// before it reaches the origin is none.
    pub attempts: Option<usize>,
    /// Status of the same request sent again later, one after the other, each over a new connection to the origin.
    pub again: Option<Vec<u16>>,
    /// What the documented check `dig NAME +short` prints for the origin's name.
    pub dig: Option<Dig>,
    /// For a dead end: the viewer's status looks fine, and nothing is cured. Cause and log stay those of an error.
    pub hides: bool,
    /// Every origin that was asked, in order, with its status or cause: `["origin certificate-expired", "standby 200"]`.
    pub tried: Option<Vec<String>>,
    /// What differs under `--rules observed`.
    pub observed: Option<Box<Expect>>,
    /// What differs where the origin is made to speak this version alone, `TLSv1.2` or `TLSv1.3`. It is for playing a
    /// step in other ways than its file has it; a step that sets `origin.tls.protocols` itself states what is seen.
    pub over: BTreeMap<String, Expect>,
}

impl Expect {
    /// This expectation with everything that `over` states in place of it.
    pub(super) fn overlaid_with(&self, over: &Self) -> Self {
        let mut log = self.log.clone();
        log.extend(over.log.clone());
        let mut versions = self.over.clone();
        versions.extend(over.over.clone());
        Self {
            status: over.status.or(self.status),
            cause: over.cause.clone().or_else(|| self.cause.clone()),
            page: over.page.clone().or_else(|| self.page.clone()),
            x_cache: over.x_cache.clone().or_else(|| self.x_cache.clone()),
            log,
            openssl: over.openssl.clone().or_else(|| self.openssl.clone()),
            openssl_not: over.openssl_not.clone().or_else(|| self.openssl_not.clone()),
            openssl_exit: over.openssl_exit.or(self.openssl_exit),
            findings: over.findings.clone().or_else(|| self.findings.clone()),
            origin_tls: over.origin_tls.clone().or_else(|| self.origin_tls.clone()),
            origin_sni: over.origin_sni.clone().or_else(|| self.origin_sni.clone()),
            requests: over.requests.or(self.requests),
            requests_in_all: over.requests_in_all.or(self.requests_in_all),
            age: over.age.or(self.age),
            hides: over.hides || self.hides,
            tried: over.tried.clone().or_else(|| self.tried.clone()),
            exposes: over.exposes.clone().or_else(|| self.exposes.clone()),
            attempts: over.attempts.or(self.attempts),
            again: over.again.clone().or_else(|| self.again.clone()),
            dig: over.dig.clone().or_else(|| self.dig.clone()),
            observed: over.observed.clone().or_else(|| self.observed.clone()),
            over: versions,
        }
    }

    /// The part of this expectation that any state with the same outcome shares: status, cause, page and log.
    pub(super) fn outcome(&self) -> Self {
        Self {
            status: self.status,
            cause: self.cause.clone(),
            page: self.page.clone(),
            x_cache: self.x_cache.clone(),
            log: self.log.clone(),
            ..Self::default()
        }
    }

    /// What is stated for this rulebook, and for the one version the origin is made to speak, if it is.
    pub fn under(&self, rulebook: Rulebook, alone: Option<&str>) -> &Self {
        let read = self.observed.as_deref().filter(|_| rulebook == Rulebook::Observed).unwrap_or(self);
        alone.and_then(|version| read.over.get(version)).unwrap_or(read)
    }

    /// The cause expected, given the scenario's: `None` if the step is to connect.
    pub fn expected_cause(&self, scenario: Cause) -> Option<Cause> {
        match &self.cause {
            Some(id) if id.is_empty() => None,
            Some(id) => id.parse().ok(),
            None => (self.hides || self.status.is_none_or(|status| status >= 400)).then_some(scenario),
        }
    }

    /// Whether the viewer is to get a whole answer that is no error. A body that was cut comes with a good status, too;
    /// then a cause is stated. So may the page that hides an error.
    pub fn works(&self) -> bool {
        let good = self.status.is_some_and(|status| status < 400) && !self.hides;
        good && self.cause.as_ref().is_none_or(String::is_empty)
    }

    /// Whether `seen` is the page that is stated, by its full id (`502-connect`) or by the id without its status, as
    /// `family` prints it. True if none is stated.
    pub fn page_fits(&self, seen: Option<Page>, family: ErrorPages) -> bool {
        let Some(word) = self.page.as_deref() else { return true };
        let names = |page: Page| page.id() == word || short_id(page) == word;
        let stated = |page: &&Page| names(**page) && self.status.is_none_or(|status| status == page.status());
        let printed = Page::ALL.iter().filter(stated).map(|page| page.in_family(family));
        seen.is_some_and(|seen| names(seen) || printed.into_iter().any(|page| page == seen))
    }

    /// The first word that names nothing: a log field, a page, a cause.
    pub(super) fn unknown_word(&self) -> Option<(String, Option<String>)> {
        let nearest =
            |word: &str, known: Vec<&'static str>| edge502_rules::error::nearest(word, known).map(str::to_owned);
        if let Some(field) = self.log.keys().find(|field| !FIELDS.contains(&field.as_str())) {
            return Some((format!("unknown log field `{field}`"), nearest(field, FIELDS.to_vec())));
        }
        let pages = || Page::ALL.iter().flat_map(|page| [short_id(*page), page.id()]);
        if let Some(page) = self.page.as_ref().filter(|page| !pages().any(|known| known == page.as_str())) {
            return Some((format!("unknown page `{page}`"), nearest(page, pages().collect())));
        }
        let causes = self.cause.iter().chain(self.findings.iter().flatten()).filter(|id| !id.is_empty());
        for id in causes {
            if id.parse::<Cause>().is_err() {
                let known = Cause::ALL.iter().map(|cause| cause.id()).collect();
                return Some((format!("unknown cause `{id}`"), nearest(id, known)));
            }
        }
        if let Some(version) = self.over.keys().find(|version| !VERSIONS.contains(&version.as_str())) {
            return Some((format!("unknown version `{version}`"), nearest(version, VERSIONS.to_vec())));
        }
        self.observed.as_deref().into_iter().chain(self.over.values()).find_map(Self::unknown_word)
    }
}

/// The id of a page without the status in front.
fn short_id(page: Page) -> &'static str {
    page.id().split_once('-').map_or(page.id(), |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stated_depends_on_rulebook_and_version() {
        let text =
            "status = 502\nobserved.status = 200\nobserved.over.'TLSv1.2'.status = 503\nover.'TLSv1.3'.status = 504";
        let expect: Expect = toml::from_str(text).unwrap();
        for (rulebook, alone, status) in [
            (Rulebook::Documented, None, 502),
            (Rulebook::Documented, Some("TLSv1.2"), 502),
            (Rulebook::Documented, Some("TLSv1.3"), 504),
            (Rulebook::Observed, None, 200),
            (Rulebook::Observed, Some("TLSv1.2"), 503),
            (Rulebook::Observed, Some("TLSv1.3"), 200),
        ] {
            assert_eq!(expect.under(rulebook, alone).status, Some(status), "{rulebook:?} {alone:?}");
        }
    }

    #[test]
    fn unknown_versions_and_what_is_stated_for_them_are_found() {
        for (text, word) in [
            ("over.'TLSv1.22'.status = 200", "unknown version `TLSv1.22`"),
            ("observed.over.'SSLv3'.status = 200", "unknown version `SSLv3`"),
            ("over.'TLSv1.2'.page = 'conect'", "unknown page `conect`"),
        ] {
            let expect: Expect = toml::from_str(text).unwrap();
            assert_eq!(expect.unknown_word().map(|(reason, _)| reason).as_deref(), Some(word));
        }
    }
}

//! Every rule edge502 applies, with its evidence: the data behind `FIDELITY.md`.
//!
//! Nobody outside AWS knows all of how CloudFront speaks to origins. So each rule says how well it is known and where
//! it stands, what AWS writes, what AWS's library does, what is done here, and what nobody knows. [`markdown`] writes
//! the document; a test of the workspace holds the file against it, so that rules and document cannot drift apart.

mod cache;
mod connection;
mod document;
mod functions;
mod http;
mod logs;
mod pages;
mod source;
mod tls;
mod trust;
mod unplayed;

use crate::Grade;

pub use document::{Proofs, markdown};
pub use unplayed::{all_unplayed, unplayed};

/// One rule of CloudFront as it is applied here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Stable name in kebab-case; also the heading in the document.
    pub id: &'static str,
    /// The part of CloudFront it is about.
    pub area: Area,
    /// The rule in a few words.
    pub title: &'static str,
    /// What AWS's documentation says; `None` where it says nothing.
    pub documented: Option<&'static str>,
    /// What s2n-tls does, where it differs from the documentation or the documentation is silent.
    pub library: Option<&'static str>,
    /// What edge502 does, under both rulebooks unless `observed` says otherwise.
    pub applied: &'static str,
    /// What edge502 does instead under [`Rulebook::Observed`](crate::Rulebook::Observed); `None` for the same.
    pub observed: Option<&'static str>,
    /// Where edge502 knowingly does less than CloudFront, or is more lenient; `None` where it means to do the same.
    pub limit: Option<&'static str>,
    /// How well the rule is known: that CloudFront does what `applied` says or, where `limit` is set, `documented`.
    pub grade: Grade,
    /// Address of the page, source file or public report it rests on; for an inference, of the closest one.
    pub source: &'static str,
    /// What nobody outside AWS knows about it; always stated for an inference.
    pub doubt: Option<&'static str>,
}

impl Rule {
    /// Whether AWS's documentation and AWS's library say different things.
    pub const fn is_disputed(&self) -> bool {
        self.documented.is_some() && self.library.is_some()
    }
}

/// A part of what CloudFront does between viewer and origin, in the order of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// Names, addresses, attempts, timeouts, reuse, and what surrounds a fetch.
    Connection,
    /// The handshake with the origin, certificates apart.
    Tls,
    /// Which certificates are accepted.
    Trust,
    /// Requests to the origin and responses from it.
    Http,
    /// What is kept, for whom and how long.
    Cache,
    /// CloudFront's own pages and their headers.
    Pages,
    /// The access log.
    Logs,
    /// Lambda@Edge and CloudFront Functions.
    Functions,
}

impl Area {
    /// Every area, in the order of the document.
    pub const ALL: &[Self] =
        &[Self::Connection, Self::Tls, Self::Trust, Self::Http, Self::Cache, Self::Pages, Self::Logs, Self::Functions];

    /// The heading in the document.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Connection => "Names, connections, attempts",
            Self::Tls => "The TLS handshake",
            Self::Trust => "Certificates and trust",
            Self::Http => "Requests and responses",
            Self::Cache => "The cache",
            Self::Pages => "Error pages",
            Self::Logs => "Access log",
            Self::Functions => "Edge functions",
        }
    }

    /// The rules of this area.
    pub fn rules(self) -> impl Iterator<Item = &'static Rule> {
        RULES.iter().filter(move |rule| rule.area == self)
    }
}

/// Every rule, area by area.
pub const RULES: &[Rule] = &joined();

const TABLES: [&[Rule]; 8] = [
    connection::RULES,
    tls::RULES,
    trust::RULES,
    http::RULES,
    cache::RULES,
    pages::RULES,
    logs::RULES,
    functions::RULES,
];

const COUNT: usize = {
    let (mut count, mut table) = (0, 0);
    while table < TABLES.len() {
        count += TABLES[table].len();
        table += 1;
    }
    count
};

/// The tables one after the other; iterators do not work in constants.
#[allow(clippy::large_stack_arrays, reason = "runs at compile time only")]
const fn joined() -> [Rule; COUNT] {
    let mut rules = [TABLES[0][0]; COUNT];
    let (mut next, mut table) = (0, 0);
    while table < TABLES.len() {
        let mut row = 0;
        while row < TABLES[table].len() {
            rules[next] = TABLES[table][row];
            next += 1;
            row += 1;
        }
        table += 1;
    }
    rules
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::Cause;

    #[test]
    fn ids_are_unique_and_in_kebab_case() {
        let ids: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), RULES.len());
        for id in ids {
            let word =
                |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            assert!(id.split('-').all(word), "{id}");
            assert!(id.parse::<Cause>().is_err(), "{id} is a cause");
        }
    }

    #[test]
    fn every_rule_has_a_source_and_every_inference_its_doubt() {
        for rule in RULES {
            assert!(rule.source.starts_with("https://"), "{}", rule.id);
            assert!(rule.grade != Grade::Inferred || rule.doubt.is_some(), "{}", rule.id);
            assert!(rule.grade != Grade::Documented || rule.documented.is_some(), "{}", rule.id);
            assert!(rule.grade != Grade::AwsSource || rule.library.is_some(), "{}", rule.id);
            assert!(rule.observed.is_none() || rule.is_disputed(), "{}", rule.id);
        }
    }

    #[test]
    fn the_source_fits_the_grade() {
        for rule in RULES {
            let aws = rule.source.contains("docs.aws.amazon.com") || rule.source.contains("repost.aws");
            let library = rule.source.starts_with("https://github.com/aws/s2n-tls");
            let fits = match rule.grade {
                Grade::Documented => aws,
                Grade::AwsSource => library,
                Grade::Observed => !aws && !library,
                Grade::Inferred => true,
            };
            assert!(fits, "{}: {} is not {}", rule.id, rule.source, rule.grade);
        }
    }

    #[test]
    fn texts_are_sentences_of_one_line() {
        for rule in RULES {
            let texts = [rule.documented, rule.library, Some(rule.applied), rule.observed, rule.limit, rule.doubt];
            for text in texts.into_iter().flatten() {
                assert!(text.ends_with(['.', '?']) && !text.contains('\n'), "{}: {text}", rule.id);
                assert!(text.len() <= 420, "{}: {} characters: {text}", rule.id, text.len());
            }
            assert!(!rule.title.ends_with('.') && rule.title.len() <= 90, "{}", rule.id);
        }
    }

    #[test]
    fn every_area_has_rules_and_they_stand_together() {
        for area in Area::ALL {
            assert!(area.rules().next().is_some(), "{area:?}");
        }
        assert!(RULES.is_sorted_by_key(|rule| rule.area));
        assert_eq!(Area::ALL.iter().map(|area| area.rules().count()).sum::<usize>(), RULES.len());
    }
}

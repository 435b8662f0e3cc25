//! What happened before a step's request: earlier requests, and time that went by.
//!
//! Some failures need a past: an error that is still kept after its cause is gone, an idle connection that the origin
//! closed. `before` lists that past in order; each entry asks in one of the scenario's states, invalidates, then lets
//! time pass.

use std::time::Duration;

use edge502_origin::OriginSpec;
use edge502_pki::When;
use edge502_rules::cache::{InvalidationError, InvalidationPath};
use serde::Deserialize;
use toml::{Spanned, Table, Value};

use super::read::{SourceText, laid_over};
use crate::error::ScenarioError;
use crate::merge::overlay;
use crate::state::{DistributionSpec, RequestSpec, State};

/// The longest that may go by after one entry.
const LONGEST_WAIT: Duration = Duration::from_hours(366 * 24);

/// The most requests one entry may ask for.
const MOST_REQUESTS: u32 = 100;

/// Settings of the distribution about what is kept.
const CACHING: [&str; 5] = ["CachePolicy", "MinTTL", "DefaultTTL", "MaxTTL", "CustomErrorResponses"];

/// An entry of `before`, in the form the runner plays.
#[derive(Debug, Clone, PartialEq)]
pub struct Earlier {
    /// The state that was up, with the request that was sent; `None` if nobody asked.
    pub state: Option<State>,
    /// How many times it was sent, one after the other.
    pub requests: u32,
    /// How many viewers sent it at the same time, each time.
    pub together: u32,
    /// The path that was invalidated after that, if one was.
    pub invalidate: Option<InvalidationPath>,
    /// How long nothing happened afterwards, by the lab's clock; nobody waits for it.
    pub wait: Duration,
}

/// An entry as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EarlierSpec {
    /// The state the request met. Default `now` if there is a `request`, else nobody asked.
    r#as: Option<Moment>,
    /// Where the request differs from the step's.
    request: Option<RequestSpec>,
    /// Where the origin differed from that state.
    #[allow(dead_code, reason = "checked here and merged from the raw table")]
    origin: Option<OriginSpec>,
    /// Where the distribution differed from that state.
    #[allow(dead_code, reason = "checked here and merged from the raw table")]
    distribution: Option<DistributionSpec>,
    /// How many times it was sent, 1 (default) to 100.
    requests: Option<u32>,
    /// How many viewers sent it at the same time, 1 (default) to 100.
    together: Option<u32>,
    /// A path that was invalidated after that: `"/*"`, `"/images/a.jpg"`.
    invalidate: Option<String>,
    /// Time that went by afterwards: `"11s"`, `"5m"`, `"2h"`, `"1d"`.
    wait: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Moment {
    /// Before anything was broken.
    Healthy,
    /// As the scenario breaks it.
    Broken,
    /// As the step has it.
    Now,
}

/// The states an entry can refer to, as tables.
pub(super) struct Moments<'a> {
    pub(super) healthy: &'a Table,
    pub(super) broken: &'a Table,
    pub(super) now: &'a Table,
}

impl Moments<'_> {
    /// The past that `raw`, the list the entries were read from, describes.
    pub(super) fn past(
        &self,
        source: &SourceText<'_>,
        entries: &[Spanned<EarlierSpec>],
        raw: Option<&Value>,
    ) -> Result<Vec<Earlier>, ScenarioError> {
        let raw = |index| raw.and_then(|list| list.get(index)).and_then(Value::as_table);
        let past = entries.iter().enumerate().map(|(index, entry)| self.earlier(source, entry, raw(index)));
        past.collect()
    }

    fn earlier(
        &self,
        source: &SourceText<'_>,
        entry: &Spanned<EarlierSpec>,
        raw: Option<&Table>,
    ) -> Result<Earlier, ScenarioError> {
        let spec = entry.get_ref();
        let moment = spec.r#as.or(spec.request.as_ref().map(|_| Moment::Now));
        let fault = |reason: String| source.fault(entry.span().start, reason, None);
        for (key, number) in [("requests", spec.requests), ("together", spec.together)] {
            let Some(number) = number else { continue };
            if moment.is_none() {
                return Err(fault(format!("`{key}` without `as` or `request`: who is asked?")));
            }
            if !(1..=MOST_REQUESTS).contains(&number) {
                return Err(fault(format!("`{key}` is {number}; 1 to {MOST_REQUESTS} are possible")));
            }
        }
        let invalidate = spec.invalidate.as_deref().map(str::parse).transpose();
        Ok(Earlier {
            state: moment.map(|moment| source.state(&self.tables(moment, raw))).transpose()?,
            requests: spec.requests.unwrap_or(1),
            together: spec.together.unwrap_or(1),
            invalidate: invalidate.map_err(|error: InvalidationError| fault(error.to_string()))?,
            wait: spec.wait.as_deref().map_or(Ok(Duration::ZERO), |text| {
                duration(text).ok_or_else(|| {
                    fault(format!(
                        "`wait` is {text:?}; expected a number with a unit: \"11s\", \"5m\", \"2h\" or \"1d\""
                    ))
                })
            })?,
        })
    }

    /// The tables of a moment, with the step's own request and the entry's changes to it.
    fn tables(&self, moment: Moment, raw: Option<&Table>) -> Table {
        let mut tables = match moment {
            Moment::Healthy => self.healthy_and_caching(),
            Moment::Broken => self.broken.clone(),
            Moment::Now => self.now.clone(),
        };
        if let Some(request) = self.now.get("request") {
            tables.insert("request".to_owned(), request.clone());
        }
        laid_over(&tables, raw.unwrap_or(&Table::new()))
    }
}

impl Moments<'_> {
    /// Before anything was broken the step's settings about caching held as well: they decide what is left of that time.
    fn healthy_and_caching(&self) -> Table {
        let mut tables = self.healthy.clone();
        let now = self.now.get("distribution").and_then(Value::as_table);
        let caching: Table =
            now.into_iter().flatten().filter(|(key, _)| CACHING.contains(&key.as_str())).map(owned).collect();
        overlay(&mut tables, &Table::from_iter([("distribution".to_owned(), Value::Table(caching))]));
        tables
    }
}

fn owned((key, value): (&String, &Value)) -> (String, Value) {
    (key.clone(), value.clone())
}

/// Time after the present, in the units certificates use.
fn duration(text: &str) -> Option<Duration> {
    let Ok(When::Relative(time)) = format!("+{text}").parse() else { return None };
    Duration::try_from(time).ok().filter(|time| *time <= LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        for (text, seconds) in [
            ("11s", Some(11)),
            ("5m", Some(300)),
            ("1d", Some(86_400)),
            ("11", None),
            ("s", None),
            ("366d", Some(366 * 86_400)),
            ("367d", None),
            ("-1s", None),
            ("", None),
        ] {
            assert_eq!(duration(text), seconds.map(Duration::from_secs), "{text:?}");
        }
    }
}

//! The tools every reader of a setting uses: where it stands, what it must be, and the notices it leaves.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::notice::Rule;
use super::setting::Setting;
use super::wire::List;
use super::{CustomPolicies, DistributionError, Notice};
use crate::error::nearest;

/// A JSON path, such as `DistributionConfig.Origins.Items[0].DomainName`.
#[derive(Debug, Clone)]
pub(super) struct Place(String);

impl Place {
    pub(super) fn root() -> Self {
        Self(String::new())
    }

    pub(super) fn member(&self, name: &str) -> Self {
        Self(if self.0.is_empty() { name.to_owned() } else { format!("{}.{name}", self.0) })
    }

    pub(super) fn item(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "the top level" } else { &self.0 })
    }
}

/// What reading a whole distribution carries along.
pub(super) struct Reader<'a> {
    pub(super) policies: &'a CustomPolicies,
    pub(super) notices: Vec<Notice>,
}

impl Reader<'_> {
    pub(super) fn notice(
        &mut self,
        place: &Place,
        (grade, source): Rule,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let (place, message, remedy) = (place.to_string(), message.into(), remedy.into());
        self.notices.push(Notice { place, message, remedy, grade, source });
    }

    /// The items of a list with their places. An absent list is an empty one.
    pub(super) fn items<T>(&mut self, place: &Place, list: Option<List<T>>) -> Vec<(Place, T)> {
        let Some(List { quantity, items }) = list else { return Vec::new() };
        let items = items.unwrap_or_default();
        if let Some(quantity) = quantity.filter(|&quantity| usize::try_from(quantity) != Ok(items.len())) {
            self.notice(
                &place.member("Quantity"),
                (crate::Grade::Documented, super::notice::page::API_CONFIG),
                format!("Quantity says {quantity}, but there are {} items; CloudFront refuses this", items.len()),
                "make Quantity the number of Items; the items are used as they stand here",
            );
        }
        let base = place.member("Items");
        items.into_iter().enumerate().map(|(index, item)| (base.item(index), item)).collect()
    }

    /// A whole number that may be absent. Outside `usable` it is an error, outside `documented` a notice.
    pub(super) fn number(
        &mut self,
        place: &Place,
        found: Option<i64>,
        rule: &Number,
    ) -> Result<u64, DistributionError> {
        let value = found.unwrap_or(rule.default);
        if !rule.usable.contains(&value) {
            let allowed = format!("{} to {} {}", rule.documented.start(), rule.documented.end(), rule.unit);
            return Err(DistributionError::value(place, value.to_string(), allowed, rule.remedy));
        }
        if !rule.documented.contains(&value) {
            let (start, end, unit) = (rule.documented.start(), rule.documented.end(), rule.unit);
            self.notice(
                place,
                rule.rule,
                format!("{value} is outside CloudFront's {start} to {end} {unit}"),
                rule.remedy,
            );
        }
        Ok(value.unsigned_abs())
    }

    /// [`Self::number`], in seconds.
    pub(super) fn seconds(
        &mut self,
        place: &Place,
        found: Option<i64>,
        rule: &Number,
    ) -> Result<Duration, DistributionError> {
        self.number(place, found, rule).map(Duration::from_secs)
    }

    /// A notice when a list is longer than the quota of one distribution.
    pub(super) fn quota(&mut self, place: &Place, count: usize, limit: usize, what: &str) {
        if count > limit {
            self.notice(
                place,
                (crate::Grade::Documented, super::notice::page::QUOTAS),
                format!("{count} {what}, more than the {limit} one distribution may have"),
                "remove some, or ask AWS to raise the quota",
            );
        }
    }
}

/// The rules of one numeric setting.
pub(super) struct Number {
    pub(super) default: i64,
    /// What an edge can act on at all. Never negative.
    pub(super) usable: RangeInclusive<i64>,
    /// What CloudFront takes.
    pub(super) documented: RangeInclusive<i64>,
    pub(super) unit: &'static str,
    pub(super) rule: Rule,
    pub(super) remedy: &'static str,
}

/// A string that must be there and not empty.
pub(super) fn text(place: &Place, found: Option<String>, remedy: &str) -> Result<String, DistributionError> {
    non_empty(found).ok_or_else(|| DistributionError::missing(place, remedy))
}

/// CloudFront prints unset strings as `""`.
pub(super) fn non_empty(found: Option<String>) -> Option<String> {
    found.filter(|text| !text.is_empty())
}

/// A word out of a closed list.
pub(super) fn word<T: Setting>(place: &Place, found: &str) -> Result<T, DistributionError> {
    T::ALL.iter().copied().find(|value| value.as_str() == found).ok_or_else(|| {
        let known: Vec<&str> = T::ALL.iter().map(|value| value.as_str()).collect();
        let remedy = match nearest(found, known.iter().copied()) {
            Some(near) => format!("did you mean {near:?}?"),
            None => "write one of these words".to_owned(),
        };
        DistributionError::value(place, format!("{found:?}"), known.join(", "), remedy)
    })
}

//! Moments of a certificate's life, relative to the scenario's clock.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, Duration, OffsetDateTime, UtcOffset};

use crate::PkiError;

/// The forms a moment can be written in; every error names them.
const FORMS: &str = "a moment: expected an offset from now with a sign and a unit (\"-35d\", \"+60d\", \"-2h\", \
                     \"+30m\", \"-10s\", \"0s\"; at most 36500 days), a date \"2026-01-31\" or a time \
                     \"2026-01-31T12:00:00Z\" (RFC 3339)";

/// The furthest offset, 100 years: certificates cannot carry a year beyond 9999.
const FURTHEST: Duration = Duration::days(36_500);

/// A moment, relative to the lab's clock or absolute.
///
/// In TOML a string: `"-35d"`, `"+60d"`, `"-2h"`, `"+30m"`, `"0s"`, `"2026-01-31"` (midnight UTC) or RFC 3339.
/// Certificates carry whole seconds; fractions are cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// This long after the lab's present, before it if negative.
    Relative(Duration),
    /// This very moment, UTC.
    Absolute(OffsetDateTime),
}

impl When {
    /// `days` from now; negative is in the past.
    pub const fn days(days: i64) -> Self {
        Self::Relative(Duration::days(days))
    }

    /// The moment as seen from `now`.
    pub fn at(self, now: OffsetDateTime) -> OffsetDateTime {
        match self {
            Self::Relative(offset) => now.saturating_add(offset),
            Self::Absolute(moment) => moment,
        }
    }
}

impl FromStr for When {
    type Err = PkiError;

    fn from_str(text: &str) -> Result<Self, PkiError> {
        relative(text)
            .map(Self::Relative)
            .or_else(|| absolute(text).map(Self::Absolute))
            .ok_or_else(|| PkiError::malformed(text, FORMS))
    }
}

fn relative(text: &str) -> Option<Duration> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let unit = match unsigned.chars().next_back()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    // The unit is one ASCII letter, and a second sign must not pass as part of the number.
    let digits = &unsigned[..unsigned.len() - 1];
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let offset = Duration::seconds(digits.parse::<i64>().ok()?.checked_mul(unit)?);
    let signed = unsigned.len() < text.len();
    match text.starts_with('-') {
        _ if offset > FURTHEST || !(signed || offset.is_zero()) => None,
        true => Some(-offset),
        false => Some(offset),
    }
}

fn absolute(text: &str) -> Option<OffsetDateTime> {
    if let Ok(moment) = OffsetDateTime::parse(text, &Rfc3339) {
        return moment.checked_to_offset(UtcOffset::UTC);
    }
    let date = Date::parse(text, format_description!("[year]-[month]-[day]")).ok()?;
    Some(date.midnight().assume_utc())
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Relative(offset) => {
                let seconds = offset.whole_seconds();
                let (unit, letter) = [(86_400, 'd'), (3_600, 'h'), (60, 'm')]
                    .into_iter()
                    .find(|(unit, _)| seconds != 0 && seconds % unit == 0)
                    .unwrap_or((1, 's'));
                write!(f, "{:+}{letter}", seconds / unit)
            }
            Self::Absolute(moment) => {
                let text = moment.format(&Rfc3339).map_err(|_| fmt::Error)?;
                f.write_str(&text)
            }
        }
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = When;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a quoted moment such as \"-35d\", \"+2h\" or \"2026-01-31\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<When, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

    fn at(text: &str) -> OffsetDateTime {
        text.parse::<When>().unwrap().at(NOW)
    }

    #[test]
    fn offsets_count_from_now() {
        assert_eq!(at("-35d"), datetime!(2026-10-19 12:00 UTC));
        assert_eq!(at("+60d"), datetime!(2027-01-22 12:00 UTC));
        assert_eq!(at("-2h"), datetime!(2026-11-23 10:00 UTC));
        assert_eq!(at("+30m"), datetime!(2026-11-23 12:30 UTC));
        assert_eq!(at("-10s"), datetime!(2026-11-23 11:59:50 UTC));
        assert_eq!(at("0s"), NOW);
    }

    #[test]
    fn absolute_moments_are_utc() {
        assert_eq!(at("2026-01-31"), datetime!(2026-01-31 0:00 UTC));
        assert_eq!(at("2026-01-31T12:00:00+02:00"), datetime!(2026-01-31 10:00 UTC));
    }

    #[test]
    fn errors_name_the_forms() {
        for bad in [
            "",
            "d",
            "+d",
            "60d",
            "+-5d",
            "5",
            "+5w",
            "tomorrow",
            "2026-13-01",
            "+36501d",
            "+99999999999999999d",
            "+5ä",
        ] {
            let message = bad.parse::<When>().expect_err(bad).to_string();
            assert!(message.contains("\"-35d\"") && message.contains("RFC 3339"), "{message}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC*") {
            if let Ok(when) = text.parse::<When>() {
                when.at(NOW);
            }
        }

        #[test]
        fn edges_of_the_calendar_never_panic(text in "[-+]?[0-9]{1,6}-?[0-9]{0,2}-?[0-9]{0,2}(T[0-9:]{8}([-+][0-9:]{5}|Z))?[smhd]?") {
            if let Ok(when) = text.parse::<When>() {
                when.at(NOW);
            }
        }

        #[test]
        fn offsets_survive_printing(seconds in -3_153_600_000_i64..=3_153_600_000) {
            let when = When::Relative(Duration::seconds(seconds));
            prop_assert_eq!(when.to_string().parse::<When>().unwrap(), when);
        }
    }
}

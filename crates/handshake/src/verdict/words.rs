//! Dates and counts in words.

use time::{Duration, OffsetDateTime};

/// The date alone: `2026-10-19`.
pub(super) fn date(at: OffsetDateTime) -> String {
    at.to_offset(time::UtcOffset::UTC).date().to_string()
}

/// A span in the largest unit that keeps it above one: `35 days`, `3 hours`, `1 minute`.
pub(super) fn span(span: Duration) -> String {
    let span = span.abs();
    let (count, unit) = match span {
        s if s.whole_days() >= 1 => (s.whole_days(), "day"),
        s if s.whole_hours() >= 1 => (s.whole_hours(), "hour"),
        s if s.whole_minutes() >= 1 => (s.whole_minutes(), "minute"),
        s => (s.whole_seconds(), "second"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// Names in a list a reader can take in: at most eight, then how many more.
pub(super) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    match names.len() {
        0 => "no name at all".to_owned(),
        n if n <= 8 => names.join(", "),
        n => format!("{} and {} more", names[..8].join(", "), n - 8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_use_the_unit_a_reader_would() {
        assert_eq!(span(Duration::days(35)), "35 days");
        assert_eq!(span(Duration::days(-1)), "1 day");
        assert_eq!(span(Duration::minutes(90)), "1 hour");
        assert_eq!(span(Duration::seconds(5)), "5 seconds");
    }

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<String> = (0..10).map(|i| format!("n{i}.test")).collect();
        assert!(list(names.iter().map(String::as_str)).ends_with("n7.test and 2 more"));
        assert_eq!(list(std::iter::empty()), "no name at all");
    }
}

//! What a response says to caches.

use std::time::Duration;

use time::format_description::well_known::Rfc2822;
use time::{OffsetDateTime, UtcOffset};

use crate::distribution::limits::TTL_SECONDS;

/// `Cache-Control` and `Expires` of a response, as far as CloudFront looks at them (RFC 9111 section 5).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Directives {
    /// `max-age`; 0 if it is no number, so that such a response counts as stale (RFC 9111 section 4.2.1).
    pub max_age: Option<Duration>,
    /// `s-maxage`, read as `max-age` is.
    pub s_maxage: Option<Duration>,
    /// `no-cache`, with or without field names.
    pub no_cache: bool,
    /// `no-store`.
    pub no_store: bool,
    /// `private`, with or without field names.
    pub private: bool,
    /// `stale-if-error` (RFC 5861 section 4).
    pub stale_if_error: Option<Duration>,
    /// `stale-while-revalidate` (RFC 5861 section 3).
    pub stale_while_revalidate: Option<Duration>,
    /// `Expires`; the beginning of 1970 if it is no date, which counts as expired (RFC 9111 section 5.3).
    pub expires: Option<OffsetDateTime>,
}

impl Directives {
    /// Reads the values of every `Cache-Control` and of the first `Expires`. Of a repeated directive the first counts.
    pub fn new<'a>(cache_control: impl IntoIterator<Item = &'a str>, expires: Option<&str>) -> Self {
        let mut directives = Self { expires: expires.map(date), ..Self::default() };
        for directive in cache_control.into_iter().flat_map(directives_of) {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            directives.take(&name.trim().to_ascii_lowercase(), value.trim().trim_matches('"'));
        }
        directives
    }

    fn take(&mut self, name: &str, value: &str) {
        match name {
            "no-cache" => self.no_cache = true,
            "no-store" => self.no_store = true,
            "private" => self.private = true,
            "max-age" => set(&mut self.max_age, value),
            "s-maxage" => set(&mut self.s_maxage, value),
            "stale-if-error" => set(&mut self.stale_if_error, value),
            "stale-while-revalidate" => set(&mut self.stale_while_revalidate, value),
            _ => {}
        }
    }

    /// `s-maxage`, or else `max-age`.
    pub fn age_limit(&self) -> Option<Duration> {
        self.s_maxage.or(self.max_age)
    }
}

fn set(directive: &mut Option<Duration>, seconds: &str) {
    if directive.is_none() {
        *directive = Some(self::seconds(seconds));
    }
}

/// At most the longest TTL of CloudFront; a number too large to read counts as that (RFC 9111 section 1.2.2).
fn seconds(text: &str) -> Duration {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let read = if digits { text.parse().unwrap_or(u64::MAX) } else { 0 };
    Duration::from_secs(read.min(TTL_SECONDS))
}

fn date(text: &str) -> OffsetDateTime {
    let read = OffsetDateTime::parse(text.trim(), &Rfc2822);
    read.map_or(OffsetDateTime::UNIX_EPOCH, |date| date.to_offset(UtcOffset::UTC))
}

/// The directives of one field value; a comma within quotes parts nothing.
fn directives_of(value: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    value
        .split(move |c| {
            quoted ^= c == '"';
            c == ',' && !quoted
        })
        .map(str::trim)
        .filter(|directive| !directive.is_empty())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn read(cache_control: &str) -> Directives {
        Directives::new([cache_control], None)
    }

    const fn of(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn numbers_are_read_as_http_has_them() {
        for (text, expected) in [
            ("max-age=60", Some(of(60))),
            ("MAX-AGE = \"60\"", Some(of(60))),
            ("public,max-age=60 , immutable", Some(of(60))),
            ("max-age=60, max-age=5", Some(of(60))),
            ("max-age=-1", Some(of(0))),
            ("max-age=soon", Some(of(0))),
            ("max-age", Some(of(0))),
            ("max-age=99999999999999999999999", Some(of(TTL_SECONDS))),
            ("x-max-age=60", None),
            ("", None),
        ] {
            assert_eq!(read(text).max_age, expected, "{text}");
        }
    }

    #[test]
    fn commas_in_quotes_part_nothing() {
        let directives = read("private=\"set-cookie, no-store\", s-maxage=5");
        assert!(directives.private && !directives.no_store);
        assert_eq!(directives.age_limit(), Some(of(5)));
    }

    #[test]
    fn all_lines_count() {
        let directives = Directives::new(["no-cache", "max-age=3, stale-if-error=9"], None);
        assert!(directives.no_cache);
        assert_eq!((directives.max_age, directives.stale_if_error), (Some(of(3)), Some(of(9))));
    }

    #[test]
    fn a_broken_date_is_long_past() {
        let expires = |text| Directives::new([], Some(text)).expires;
        assert_eq!(expires("Sun, 08 Mar 2026 01:42:39 GMT"), Some(datetime!(2026-03-08 01:42:39 UTC)));
        assert_eq!(expires("0"), Some(OffsetDateTime::UNIX_EPOCH));
        assert_eq!(Directives::default().expires, None);
    }
}

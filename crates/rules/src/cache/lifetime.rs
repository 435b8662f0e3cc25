//! How long the edge keeps a response, and when an old one is better than none.

use std::time::Duration;

use time::OffsetDateTime;

use super::Directives;
use crate::distribution::Ttl;

/// Errors that are kept whatever the origin says.
const ALWAYS_KEPT: [u16; 7] = [404, 414, 500, 501, 502, 503, 504];
/// Errors that are kept if the origin says for how long.
const KEPT_ON_REQUEST: [u16; 5] = [400, 403, 405, 412, 415];

/// How long a good response is fresh from `now` on; `None` if it is not kept at all.
///
/// A response with the lifetime zero is kept, and asked about again each time. The origin's wish is taken within
/// `MinTTL` and `MaxTTL`; without one `DefaultTTL` holds, however large. `no-cache`, `no-store` and `private` are
/// heeded only while `MinTTL` is 0
/// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html>).
pub fn object_lifetime(ttl: Ttl, directives: &Directives, now: OffsetDateTime) -> Option<Duration> {
    if ttl.max.is_zero() {
        return None;
    }
    if directives.no_store || directives.private || directives.no_cache {
        let kept_all_the_same = !ttl.min.is_zero() || !(directives.no_store || directives.private);
        return kept_all_the_same.then_some(ttl.min);
    }
    Some(match wish(directives, now) {
        Some(wish) => wish.clamp(ttl.min, ttl.max.max(ttl.min)),
        None => ttl.default.max(ttl.min),
    })
}

fn wish(directives: &Directives, now: OffsetDateTime) -> Option<Duration> {
    let until = |expires: OffsetDateTime| Duration::try_from(expires - now).unwrap_or_default();
    directives.age_limit().or_else(|| directives.expires.map(until))
}

/// How long an error is kept; `None` if it is not.
///
/// `min_ttl` is the `ErrorCachingMinTTL` of its status: the origin can lengthen it with `max-age` or `s-maxage`, not
/// shorten it. 416 is never kept, nor is any error that AWS does not list
/// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html>).
pub fn error_lifetime(status: u16, min_ttl: Duration, directives: &Directives) -> Option<Duration> {
    let wish = directives.age_limit();
    let kept = ALWAYS_KEPT.contains(&status) || (KEPT_ON_REQUEST.contains(&status) && wish.is_some());
    kept.then(|| wish.unwrap_or_default().max(min_ttl)).filter(|lifetime| !lifetime.is_zero())
}

/// Whether a copy that expired `expired` ago is served when the origin cannot be reached or answers with a 5xx.
///
/// `stale-if-error` and `MaxTTL` bound that time; without the directive it has no bound
/// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html>).
pub fn serves_stale_on_error(ttl: Ttl, directives: &Directives, expired: Duration) -> bool {
    directives.stale_if_error.is_none_or(|limit| expired < limit.min(ttl.max))
}

/// Whether a copy that expired `expired` ago is served at once, and the origin asked behind the viewer's back:
/// for `stale-while-revalidate`, at most `MaxTTL`.
pub fn serves_stale_while_revalidating(ttl: Ttl, directives: &Directives, expired: Duration) -> bool {
    directives.stale_while_revalidate.is_some_and(|limit| expired < limit.min(ttl.max))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-03-08 01:42:39 UTC);

    fn ttl(min: u64, default: u64, max: u64) -> Ttl {
        let [min, default, max] = [min, default, max].map(Duration::from_secs);
        Ttl { min, default, max }
    }

    /// The documented table, row by row: `MinTTL` 0 on the left, 60 on the right, `DefaultTTL` 100, `MaxTTL` 1000.
    #[test]
    fn the_documented_table_holds() {
        for (cache_control, expires, without_minimum, with_minimum) in [
            ("max-age=500", None, Some(500), Some(500)),
            ("max-age=5", None, Some(5), Some(60)),
            ("max-age=5000", None, Some(1_000), Some(1_000)),
            ("max-age=0", None, Some(0), Some(60)),
            ("", None, Some(100), Some(100)),
            ("public", None, Some(100), Some(100)),
            ("max-age=5, s-maxage=500", None, Some(500), Some(500)),
            ("max-age=500, s-maxage=5", None, Some(5), Some(60)),
            ("", Some("Sun, 08 Mar 2026 01:43:54 GMT"), Some(75), Some(75)),
            ("", Some("Sun, 08 Mar 2026 01:42:49 GMT"), Some(10), Some(60)),
            ("", Some("Mon, 08 Mar 2027 01:42:39 GMT"), Some(1_000), Some(1_000)),
            ("", Some("0"), Some(0), Some(60)),
            ("max-age=500", Some("0"), Some(500), Some(500)),
            ("no-store", None, None, Some(60)),
            ("private", None, None, Some(60)),
            ("no-cache", None, Some(0), Some(60)),
            ("no-cache, no-store, max-age=500", None, None, Some(60)),
        ] {
            let directives = Directives::new([cache_control], expires);
            for (minimum, expected) in [(0, without_minimum), (60, with_minimum)] {
                let found = object_lifetime(ttl(minimum, 100, 1_000), &directives, NOW);
                let expected = expected.map(Duration::from_secs);
                assert_eq!(found, expected, "{cache_control:?}, {expires:?}, MinTTL {minimum}");
            }
        }
    }

    #[test]
    fn the_default_is_at_least_the_minimum_and_may_exceed_the_maximum() {
        let none = Directives::default();
        assert_eq!(object_lifetime(ttl(200, 100, 1_000), &none, NOW), Some(Duration::from_secs(200)));
        assert_eq!(object_lifetime(ttl(0, 2_000, 1_000), &none, NOW), Some(Duration::from_secs(2_000)));
        assert_eq!(object_lifetime(Ttl::NONE, &none, NOW), None);
    }

    #[test]
    fn errors_are_kept_by_their_list() {
        let ten = Duration::from_secs(10);
        for status in 400..600 {
            let kept = |cache_control| error_lifetime(status, ten, &Directives::new([cache_control], None));
            let always = matches!(status, 404 | 414 | 500..=504);
            let on_request = always || matches!(status, 400 | 403 | 405 | 412 | 415);
            assert_eq!(kept(""), always.then_some(ten), "{status}");
            assert_eq!(kept("no-store"), always.then_some(ten), "{status}");
            assert_eq!(kept("max-age=5"), on_request.then_some(ten), "{status}");
            assert_eq!(kept("s-maxage=60"), on_request.then_some(Duration::from_mins(1)), "{status}");
        }
    }

    #[test]
    fn an_error_without_a_time_is_not_kept() {
        assert_eq!(error_lifetime(502, Duration::ZERO, &Directives::default()), None);
        let wish = Directives::new(["max-age=7"], None);
        assert_eq!(error_lifetime(502, Duration::ZERO, &wish), Some(Duration::from_secs(7)));
    }

    #[test]
    fn old_copies_are_bounded_by_their_directives_and_the_maximum() {
        let ttl = ttl(0, 100, 1_000);
        let hour = Directives::new(["stale-if-error=3600, stale-while-revalidate=50"], None);
        let none = Directives::default();
        for (seconds, on_error, behind) in [(0, true, true), (49, true, true), (50, true, false), (1_000, false, false)]
        {
            let expired = Duration::from_secs(seconds);
            assert_eq!(serves_stale_on_error(ttl, &hour, expired), on_error, "{seconds}");
            assert_eq!(serves_stale_while_revalidating(ttl, &hour, expired), behind, "{seconds}");
            assert!(
                serves_stale_on_error(ttl, &none, expired) && !serves_stale_while_revalidating(ttl, &none, expired)
            );
        }
        let never = Directives::new(["stale-if-error=0"], None);
        assert!(!serves_stale_on_error(ttl, &never, Duration::ZERO));
    }
}

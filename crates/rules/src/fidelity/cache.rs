//! What is kept, for whom and how long.

use super::source as at;
use super::{Area::Cache, Rule};
use crate::Grade::{Documented, Inferred};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "cache-key",
        area: Cache,
        title: "Who shares a copy",
        documented: Some(
            "Path, and what of query string, headers and cookies the cache policy names. With match-viewer an object is kept once, whatever the scheme.",
        ),
        library: None,
        applied: "The same; legacy ForwardedValues are keyed by all they forward. GET and HEAD share copies and errors. OPTIONS has its own if it is cached.",
        observed: None,
        limit: Some("QueryStringCacheKeys are not read. A HEAD that finds no copy leaves none."),
        grade: Documented,
        source: at::CACHE_KEY,
        doubt: Some("Whether HEAD and GET share errors."),
    },
    Rule {
        id: "object-caching",
        area: Cache,
        title: "How long a response is kept",
        documented: Some(
            "For s-maxage, max-age or Expires within MinTTL and MaxTTL, else for DefaultTTL. no-cache, no-store and private count only while MinTTL is 0.",
        ),
        library: None,
        applied: "The same, counted from arrival. no-cache without MinTTL keeps a copy and asks about it each time. Bodies of up to 8 MiB, 64 MiB in all; what was used least recently goes first. Parts are passed on and not kept; ranges and conditions are answered from a whole copy.",
        observed: None,
        limit: Some(
            "CloudFront keeps objects of up to 50 GB, ranges of them too, in tiers. There is one tier and no Origin Shield.",
        ),
        grade: Documented,
        source: at::EXPIRATION,
        doubt: Some(
            "Whether an Age that the origin sends shortens the time; here it is only added to the Age that viewers get.",
        ),
    },
    Rule {
        id: "incomplete-responses",
        area: Cache,
        title: "Responses that break off are not kept",
        documented: Some(
            "A body shorter than its Content-Length, or chunks without an end, are not kept. With neither, whatever came is kept as complete.",
        ),
        library: None,
        applied: "The same; it is recorded while it streams to the viewer.",
        observed: None,
        limit: Some("A response whose viewer leaves is not fetched to its end."),
        grade: Documented,
        source: at::CUSTOM_ORIGIN,
        doubt: None,
    },
    Rule {
        id: "revalidation",
        area: Cache,
        title: "An expired copy is asked about",
        documented: Some(
            "With If-None-Match or If-Modified-Since, except where cookies are forwarded. 304 makes it fresh again.",
        ),
        library: None,
        applied: "The same. The copy's validators take the place of the viewer's conditions. stale-while-revalidate serves first and asks then, for at most MaxTTL.",
        observed: None,
        limit: None,
        grade: Documented,
        source: at::EXPIRATION,
        doubt: Some("What X-Cache and log say of a copy served before it is asked about: Hit here."),
    },
    Rule {
        id: "collapsing",
        area: Cache,
        title: "Requests for one object that arrive together",
        documented: Some(
            "One goes to the origin, the others wait for it. Not under CachingDisabled, and not with MinTTL 0 for what is private, no-store, no-cache or has max-age=0.",
        ),
        library: None,
        applied: "The same: they share a copy or a failure. Where there is nothing to share, each goes to the origin. They wait 2 min for a head and 5 s for the rest. If the viewer who came first leaves, the next one asks.",
        observed: None,
        limit: Some("Who waits gets the response when it is whole, not while it streams."),
        grade: Documented,
        source: at::CUSTOM_ORIGIN,
        doubt: Some("How long CloudFront waits, and what it does when the first viewer leaves."),
    },
    Rule {
        id: "error-caching",
        area: Cache,
        title: "Errors are kept",
        documented: Some(
            "404, 414 and 500 to 504 for ErrorCachingMinTTL (default 10 s) or the origin's max-age, whichever is longer; 400, 403, 405, 412 and 415 only with max-age; 416 never. Nothing under CachingDisabled.",
        ),
        library: None,
        applied: "The same, whatever no-store says; other 4xx and 5xx are not kept. CloudFront's own pages are kept under their status. Changes of the configuration leave what is kept alone.",
        observed: None,
        limit: None,
        grade: Documented,
        source: at::ERROR_CACHING,
        doubt: Some(
            "Statuses that are on neither list, and what becomes of kept errors when the distribution is changed.",
        ),
    },
    Rule {
        id: "old-copy-on-error",
        area: Cache,
        title: "An old copy stands in for an origin that fails",
        documented: Some(
            "When the origin cannot be reached or answers with 5xx, an expired copy is served, and the origin asked again after ErrorCachingMinTTL. A 4xx is passed on. stale-if-error and MaxTTL bound it; it comes before a custom error page.",
        ),
        library: None,
        applied: "The same; without stale-if-error it has no bound but room. RefreshHit when the origin was asked, Hit in between, both with Age.",
        observed: None,
        limit: None,
        grade: Documented,
        source: at::ERROR_CACHING,
        doubt: Some("What X-Cache and log say then, and whether must-revalidate forbids it; here it does not."),
    },
    Rule {
        id: "invalidation",
        area: Cache,
        title: "Invalidations take errors away, too",
        documented: Some(
            "A path, or everything that begins with what stands before a final *. Case matters; variants go together.",
        ),
        library: None,
        applied: "The same, at once, for copies and errors. What is on its way at that moment is not kept.",
        observed: None,
        limit: Some("CloudFront takes a while to invalidate everywhere."),
        grade: Inferred,
        source: at::INVALIDATION,
        doubt: Some("That an invalidation ends a kept error is everybody's experience and not written by AWS."),
    },
];

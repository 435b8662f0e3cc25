//! What is kept, for how long, and what goes on being served.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use edge502_edge::{CacheLimits, Edge, EdgeConfig, Overrides};
use edge502_pki::Lab;
use edge502_rules::Cause;
use edge502_rules::clock::Clock;
use edge502_rules::distribution::{CustomErrorResponse, Distribution, Ttl};
use edge502_rules::outcome::DetailedResultType as Detail;
use time::OffsetDateTime;

use crate::support::*;

/// A clock that tests turn.
#[derive(Debug)]
pub(crate) struct Watch(Mutex<OffsetDateTime>);

impl Watch {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(NOW)))
    }

    pub(crate) fn advance(&self, seconds: u64) {
        *self.0.lock().unwrap() += Duration::from_secs(seconds);
    }
}

impl Clock for Watch {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap()
    }
}

/// A distribution that keeps what it may: `MinTTL` 0, `DefaultTTL` 60 s, `MaxTTL` 1,000 s.
pub(crate) fn keeping() -> Distribution {
    let mut distribution = distribution("http-only");
    let behavior = &mut distribution.default_behavior;
    behavior.cache_policy = None;
    let [min, default, max] = [0, 60, 1_000].map(Duration::from_secs);
    behavior.ttl = Ttl { min, default, max };
    distribution
}

pub(crate) fn keeping_config(origin: std::net::SocketAddr, watch: &Arc<Watch>) -> EdgeConfig {
    let mut config = config_for(keeping(), &Lab::new(NOW).unwrap(), origin);
    config.clock = watch.clone();
    config
}

async fn keeping_edge(origin: std::net::SocketAddr, watch: &Arc<Watch>) -> Edge {
    Edge::start(keeping_config(origin, watch)).await.unwrap()
}

/// An origin that gives each answer once, then the last one again and again.
pub(crate) async fn scripted(answers: &'static [&'static str]) -> Stub {
    let next = Arc::new(Mutex::new(answers.iter()));
    Stub::start(move |_, mut peer| {
        let next = Arc::clone(&next);
        async move {
            while peer.request().await.is_some() {
                let answer = next.lock().unwrap().next().or(answers.last()).unwrap();
                peer.send(answer).await;
                if !answer.contains("Content-Length") {
                    return;
                }
            }
        }
    })
    .await
}

/// The value of a header, from the text of a response.
pub(crate) fn field<'a>(response: &'a str, name: &str) -> Option<&'a str> {
    let head = response.split("\r\n\r\n").next().unwrap_or_default();
    head.lines()
        .find_map(|line| line.split_once(": ").filter(|(own, _)| own.eq_ignore_ascii_case(name)))
        .map(|(_, v)| v)
}

fn body(response: &str) -> &str {
    response.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

const FIRST: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"v1\"\r\nCache-Control: max-age=100\r\n\r\nfirst";
const SECOND: &str = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond";
const DOWN: &str = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\ndown";

#[tokio::test]
async fn a_copy_is_served_until_it_expires() {
    let watch = Watch::new();
    let stub = scripted(&[FIRST, SECOND]).await;
    let edge = keeping_edge(stub.address, &watch).await;
    let mut events = edge.events();
    for (wait, age, x_cache, text, detail) in [
        (0, None, "Miss from cloudfront", "first", Detail::Miss),
        (0, Some("0"), "Hit from cloudfront", "first", Detail::Hit),
        (99, Some("99"), "Hit from cloudfront", "first", Detail::Hit),
        (1, None, "Miss from cloudfront", "second", Detail::Miss),
        (59, Some("59"), "Hit from cloudfront", "second", Detail::Hit),
    ] {
        watch.advance(wait);
        let response = once(&edge, &get("/")).await;
        assert_eq!((field(&response, "age"), field(&response, "x-cache")), (age, Some(x_cache)), "{response}");
        assert_eq!(body(&response), text);
        let told = next(&mut events).await;
        assert_eq!((told.log.x_edge_detailed_result_type, told.cause), (detail, None));
    }
    assert_eq!(stub.requests().len(), 2);
    edge.shutdown().await;
}

#[tokio::test]
async fn a_failure_outlives_its_cause_and_an_invalidation_ends_it() {
    for invalidate in [false, true] {
        let watch = Watch::new();
        let stub = Stub::answering(SECOND).await;
        let edge = keeping_edge(nowhere(), &watch).await;
        let mut events = edge.events();
        let first = once(&edge, &get("/")).await;
        assert_eq!((status(&first), field(&first, "age")), (502, None));
        assert_eq!(next(&mut events).await.log.x_edge_detailed_result_type, Detail::OriginConnectError);
        edge.set_overrides(Overrides::new().with("origin.test", 80, stub.address));
        edge.set_distribution(keeping());
        watch.advance(9);
        let again = once(&edge, &get("/")).await;
        assert_eq!((status(&again), field(&again, "age")), (502, Some("9")));
        assert_eq!(field(&again, "date"), field(&first, "date"));
        assert_eq!(field(&again, "x-cache"), Some("Error from cloudfront"));
        assert_eq!(body(&again), body(&first));
        let told = next(&mut events).await;
        assert_eq!(told.log.x_edge_detailed_result_type, Detail::Error);
        assert_eq!(told.cause, Some(Cause::ConnectionRefused));
        if invalidate {
            assert_eq!(edge.invalidate(&"/other*".parse().unwrap()), 0);
            assert_eq!(edge.invalidate(&"/".parse().unwrap()), 1);
        } else {
            watch.advance(1);
        }
        assert_eq!(body(&once(&edge, &get("/")).await), "second");
        edge.shutdown().await;
    }
}

#[tokio::test]
async fn head_and_get_share_errors_and_copies() {
    let watch = Watch::new();
    let edge = keeping_edge(nowhere(), &watch).await;
    let head = "HEAD / HTTP/1.1\r\nHost: www.shop.test\r\nConnection: close\r\n\r\n";
    assert_eq!(status(&once(&edge, &get("/")).await), 502);
    let response = once(&edge, head).await;
    assert_eq!((status(&response), field(&response, "age"), body(&response)), (502, Some("0"), ""));
    let stub = scripted(&[FIRST]).await;
    edge.set_overrides(Overrides::new().with("origin.test", 80, stub.address));
    edge.flush();
    once(&edge, &get("/")).await;
    let response = once(&edge, head).await;
    assert_eq!((field(&response, "content-length"), field(&response, "age")), (Some("5"), Some("0")), "{response}");
    assert_eq!((stub.requests().len(), body(&response)), (1, ""));
    edge.shutdown().await;
}

#[tokio::test]
async fn caching_disabled_keeps_nothing_not_even_errors() {
    let stub = scripted(&[DOWN, FIRST, SECOND]).await;
    let edge = edge(stub.address).await;
    for expected in ["down", "first", "second"] {
        assert_eq!(body(&once(&edge, &get("/")).await), expected);
    }
    edge.shutdown().await;
}

#[tokio::test]
async fn only_what_came_whole_is_kept() {
    for (answer, kept) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", false),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", false),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n\r\n", true),
        // Neither length nor chunks: whatever came counts as all.
        ("HTTP/1.1 200 OK\r\n\r\nhalf", true),
    ] {
        let stub = Stub::start(move |_, mut peer| async move {
            peer.request().await;
            peer.send(answer).await;
        })
        .await;
        let edge = keeping_edge(stub.address, &Watch::new()).await;
        once(&edge, &get("/")).await;
        let response = once(&edge, &get("/")).await;
        let x_cache = if kept { "Hit from cloudfront" } else { "Miss from cloudfront" };
        assert_eq!(field(&response, "x-cache"), Some(x_cache), "{answer:?}");
        if kept {
            assert_eq!((field(&response, "content-length"), body(&response)), (Some("4"), "half"), "{response}");
        }
        edge.shutdown().await;
    }
}

#[tokio::test]
async fn an_expired_copy_is_asked_about_and_confirmed() {
    const CONFIRMED: &str =
        "HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\nCache-Control: max-age=7\r\nContent-Length: 0\r\n\r\n";
    let watch = Watch::new();
    let stub = scripted(&[FIRST, CONFIRMED, SECOND]).await;
    let edge = keeping_edge(stub.address, &watch).await;
    let mut events = edge.events();
    once(&edge, &get("/")).await;
    next(&mut events).await;
    watch.advance(100);
    let response = once(&edge, &get("/")).await;
    assert_eq!((status(&response), body(&response)), (200, "first"));
    assert_eq!(field(&response, "x-cache"), Some("RefreshHit from cloudfront"));
    assert_eq!(field(&response, "cache-control"), Some("max-age=7"));
    assert_eq!(next(&mut events).await.log.x_edge_detailed_result_type, Detail::RefreshHit);
    assert!(stub.requests()[1].contains("\r\nIf-None-Match: \"v1\"\r\n"), "{:?}", stub.requests());
    watch.advance(6);
    assert_eq!(field(&once(&edge, &get("/")).await, "age"), Some("6"));
    watch.advance(1);
    assert_eq!(body(&once(&edge, &get("/")).await), "second");
    edge.shutdown().await;
}

#[tokio::test]
async fn where_cookies_are_forwarded_no_condition_is_sent() {
    let watch = Watch::new();
    let stub = scripted(&[FIRST, SECOND]).await;
    let mut config = keeping_config(stub.address, &watch);
    config.distribution.default_behavior.forwarding.cookies = edge502_rules::distribution::Selection::All;
    let edge = Edge::start(config).await.unwrap();
    once(&edge, &get("/")).await;
    watch.advance(100);
    assert_eq!(body(&once(&edge, &get("/")).await), "second");
    assert!(!stub.requests()[1].to_ascii_lowercase().contains("if-none-match"), "{:?}", stub.requests());
    edge.shutdown().await;
}

#[tokio::test]
async fn an_old_copy_hides_an_outage_and_the_origin_is_asked_every_ten_seconds() {
    let watch = Watch::new();
    let stub = scripted(&[FIRST, DOWN]).await;
    let edge = keeping_edge(stub.address, &watch).await;
    let mut events = edge.events();
    for (wait, asked, detail) in
        [(0, 1, Detail::Miss), (100, 2, Detail::RefreshHit), (9, 2, Detail::Hit), (1, 3, Detail::RefreshHit)]
    {
        watch.advance(wait);
        let response = once(&edge, &get("/")).await;
        assert_eq!((status(&response), body(&response), stub.requests().len()), (200, "first", asked));
        assert_eq!(next(&mut events).await.log.x_edge_detailed_result_type, detail);
    }
    edge.set_overrides(Overrides::new().with("origin.test", 80, nowhere()));
    watch.advance(10);
    let response = once(&edge, &get("/")).await;
    assert_eq!((status(&response), field(&response, "age")), (200, Some("120")));
    let told = next(&mut events).await;
    assert_eq!(told.cause, None);
    assert_eq!(told.failure.as_ref().map(|failure| failure.cause), Some(Cause::ConnectionRefused), "what it hides");
    assert_eq!(status(&once(&edge, &get("/never-seen")).await), 502);
    edge.invalidate(&"/*".parse().unwrap());
    assert_eq!(status(&once(&edge, &get("/")).await), 502, "the last good copy is gone");
    edge.shutdown().await;
}

#[tokio::test]
async fn a_4xx_is_served_in_place_of_the_old_copy() {
    const GONE: &str = "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone";
    let watch = Watch::new();
    let stub = scripted(&[FIRST, GONE]).await;
    let edge = keeping_edge(stub.address, &watch).await;
    once(&edge, &get("/")).await;
    watch.advance(100);
    for age in [None, Some("0")] {
        let response = once(&edge, &get("/")).await;
        assert_eq!((status(&response), body(&response), field(&response, "age")), (404, "gone", age));
        assert_eq!(field(&response, "x-cache"), Some("Error from cloudfront"));
    }
    edge.shutdown().await;
}

#[tokio::test]
async fn stale_if_error_bounds_how_long_an_old_copy_hides_an_outage() {
    const BOUNDED: &str =
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nCache-Control: max-age=5, stale-if-error=30\r\n\r\nfirst";
    let watch = Watch::new();
    let stub = scripted(&[BOUNDED, DOWN]).await;
    let edge = keeping_edge(stub.address, &watch).await;
    for (wait, expected) in [(0, 200), (34, 200), (10, 503)] {
        watch.advance(wait);
        assert_eq!(status(&once(&edge, &get("/")).await), expected, "{wait}");
    }
    edge.shutdown().await;
}

#[tokio::test]
async fn stale_while_revalidate_serves_first_and_asks_then() {
    const BEHIND: &str =
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nCache-Control: max-age=5, stale-while-revalidate=30\r\n\r\nfirst";
    let watch = Watch::new();
    let asked = Arc::new(tokio::sync::Notify::new());
    let signal = Arc::clone(&asked);
    let answers = Arc::new(Mutex::new([BEHIND, SECOND].into_iter()));
    let stub = Stub::start(move |_, mut peer| {
        let (signal, answers) = (Arc::clone(&signal), Arc::clone(&answers));
        async move {
            while peer.request().await.is_some() {
                let answer = answers.lock().unwrap().next().unwrap();
                peer.send(answer).await;
                signal.notify_one();
            }
        }
    })
    .await;
    let edge = keeping_edge(stub.address, &watch).await;
    once(&edge, &get("/")).await;
    within(asked.notified()).await;
    watch.advance(6);
    let response = once(&edge, &get("/")).await;
    assert_eq!((body(&response), field(&response, "age")), ("first", Some("6")));
    within(asked.notified()).await;
    // The answer is on its way into the cache; until it is there the old copy is served.
    within(async { while body(&once(&edge, &get("/")).await) == "first" {} }).await;
    assert_eq!(stub.requests().len(), 2);
    edge.shutdown().await;
}

#[tokio::test]
async fn conditions_and_ranges_of_viewers_are_answered_from_the_copy() {
    let stub = scripted(&[FIRST]).await;
    let edge = keeping_edge(stub.address, &Watch::new()).await;
    once(&edge, &get("/")).await;
    let with = |line: &str| get("/").replace("Connection", &format!("{line}\r\nConnection"));
    let response = once(&edge, &with("If-None-Match: \"v1\"")).await;
    assert_eq!((status(&response), body(&response)), (304, ""), "{response}");
    assert_eq!(field(&response, "etag"), Some("\"v1\""));
    let response = once(&edge, &with("Range: bytes=1-3")).await;
    assert_eq!((status(&response), body(&response)), (206, "irs"), "{response}");
    assert_eq!(field(&response, "content-range"), Some("bytes 1-3/5"));
    assert_eq!(stub.requests().len(), 1);
    once(&edge, &with("Range: bytes=9-")).await;
    assert_eq!(stub.requests().len(), 2, "the origin says what becomes of a range outside of it");
    edge.shutdown().await;
}

#[tokio::test]
async fn a_part_is_passed_on_and_not_kept() {
    const PART: &str = "HTTP/1.1 206 Partial Content\r\nContent-Length: 2\r\nContent-Range: bytes 0-1/5\r\n\r\nfi";
    let stub = scripted(&[PART, FIRST]).await;
    let edge = keeping_edge(stub.address, &Watch::new()).await;
    let range = get("/").replace("Connection", "Range: bytes=0-1\r\nConnection");
    assert_eq!(status(&once(&edge, &range).await), 206);
    assert_eq!(body(&once(&edge, &get("/")).await), "first");
    edge.shutdown().await;
}

#[tokio::test]
async fn how_long_an_error_is_kept_is_a_setting_that_the_origin_can_lengthen() {
    const LONG: &str =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nCache-Control: max-age=3600, no-store\r\n\r\ndown";
    for (answer, min_ttl, kept) in [(DOWN, 0, 0), (DOWN, 300, 300), (LONG, 10, 3_600), (LONG, 0, 3_600)] {
        let watch = Watch::new();
        let stub: Stub = if answer == DOWN { scripted(&[DOWN, SECOND]).await } else { scripted(&[LONG, SECOND]).await };
        let mut config = keeping_config(stub.address, &watch);
        config.distribution.custom_error_responses = vec![CustomErrorResponse {
            error_code: 503,
            response_page_path: None,
            response_code: None,
            error_caching_min_ttl: Duration::from_secs(min_ttl),
        }];
        let edge = Edge::start(config).await.unwrap();
        assert_eq!(status(&once(&edge, &get("/")).await), 503);
        if kept > 0 {
            watch.advance(kept - 1);
            let response = once(&edge, &get("/")).await;
            assert_eq!((status(&response), body(&response)), (503, "down"), "{answer}, {min_ttl}");
            watch.advance(1);
        }
        assert_eq!(body(&once(&edge, &get("/")).await), "second", "{answer}, {min_ttl}");
        edge.shutdown().await;
    }
}

#[tokio::test]
async fn what_is_too_long_passes_by() {
    let stub = scripted(&[FIRST]).await;
    let mut config = keeping_config(stub.address, &Watch::new());
    config.cache = CacheLimits { object_bytes: 4, ..CacheLimits::default() };
    let edge = Edge::start(config).await.unwrap();
    for _ in 0..2 {
        assert_eq!(body(&once(&edge, &get("/")).await), "first");
    }
    assert_eq!(stub.requests().len(), 2);
    edge.shutdown().await;
}

#[tokio::test]
async fn an_invalidation_also_reaches_what_is_on_its_way() {
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let open = Arc::clone(&gate);
    let stub = Stub::start(move |_, mut peer| {
        let gate = Arc::clone(&open);
        async move {
            while peer.request().await.is_some() {
                gate.acquire().await.unwrap().forget();
                peer.send(FIRST).await;
            }
        }
    })
    .await;
    let edge = keeping_edge(stub.address, &Watch::new()).await;
    let request = get("/");
    let (response, ()) = tokio::join!(once(&edge, &request), async {
        within(async {
            while stub.requests().is_empty() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        edge.invalidate(&"/*".parse().unwrap());
        gate.add_permits(2);
    });
    assert_eq!(status(&response), 200);
    assert_eq!(field(&once(&edge, &get("/")).await, "x-cache"), Some("Miss from cloudfront"));
    edge.shutdown().await;
}

//! One response that is kept.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use edge502_rules::cache::{Directives, serves_stale_on_error, serves_stale_while_revalidating};
use edge502_rules::distribution::Ttl;
use http::header::{self, HeaderMap};
use http::{Extensions, HeaderValue, Response, StatusCode};
use time::OffsetDateTime;

use crate::OriginFailure;
use crate::response_head::is_error;

/// A response with its lifetime.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(super) content: Content,
    /// When it came, or was confirmed.
    pub(super) since: OffsetDateTime,
    /// How long it is fresh from then on.
    pub(super) lifetime: Duration,
    /// The TTLs it was kept under.
    pub(super) ttl: Ttl,
    /// Until when it stands in for an origin that failed when asked about it.
    pub(super) stands_in_until: Option<OffsetDateTime>,
}

/// What is kept.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// An origin's response, be it good or an error.
    Object(Object),
    /// The failure to get one. The page is made anew for each viewer.
    Failure(Arc<OriginFailure>),
}

/// An origin's response.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(super) status: StatusCode,
    /// As the origin sent them, with `Date` and `Content-Length` added where missing, and without `Age`.
    pub(super) headers: HeaderMap,
    /// Reason phrase and case of the header names.
    pub(super) extensions: Extensions,
    pub(super) body: Bytes,
    /// Its age when it came: the origin may be a cache, too.
    pub(super) initial_age: Duration,
}

/// What an entry is good for at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// To be served.
    Fresh,
    /// To be served although it expired: the origin failed a moment ago.
    StandsIn,
    /// To be served although it expired, while the origin is asked behind the viewer's back.
    AndRefresh,
    /// To be asked about.
    Expired,
}

impl Entry {
    /// The good response, if it is one.
    pub(super) fn object(&self) -> Option<&Object> {
        match &self.content {
            Content::Object(object) if !is_error(object.status) => Some(object),
            _ => None,
        }
    }

    /// What it is good for at `now`. A clock that was put back makes nothing older.
    pub(super) fn usage(&self, now: OffsetDateTime) -> Use {
        if self.resident(now) < self.lifetime {
            return Use::Fresh;
        }
        let Some(object) = self.object() else { return Use::Expired };
        if self.stands_in_until.is_some_and(|until| now < until) {
            return Use::StandsIn;
        }
        let behind = serves_stale_while_revalidating(self.ttl, &object.directives(), self.expired_for(now));
        if behind { Use::AndRefresh } else { Use::Expired }
    }

    /// Whether it can be served at `now` in place of an error.
    pub(super) fn outlives_errors(&self, now: OffsetDateTime) -> bool {
        let bears = |object: &Object| serves_stale_on_error(self.ttl, &object.directives(), self.expired_for(now));
        self.object().is_some_and(bears)
    }

    /// Seconds for the `Age` header (RFC 9111 section 4.2.3).
    pub(super) fn age(&self, now: OffsetDateTime) -> u64 {
        let initial = match &self.content {
            Content::Object(object) => object.initial_age,
            Content::Failure(_) => Duration::ZERO,
        };
        initial.saturating_add(self.resident(now)).as_secs()
    }

    fn resident(&self, now: OffsetDateTime) -> Duration {
        Duration::try_from(now - self.since).unwrap_or_default()
    }

    fn expired_for(&self, now: OffsetDateTime) -> Duration {
        self.resident(now).saturating_sub(self.lifetime)
    }

    /// Bytes it occupies, key excluded.
    pub(super) fn size(&self) -> usize {
        /// Structure, and what the allocator and the map add.
        const OVERHEAD: usize = 512;
        OVERHEAD
            + match &self.content {
                Content::Object(object) => object.body.len() + header_bytes(&object.headers),
                Content::Failure(failure) => failure.evidence.len(),
            }
    }
}

fn header_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 64).sum()
}

impl Object {
    /// The head of a response that came at `now`; its body is still to come.
    pub(super) fn new<B>(response: &Response<B>, now: OffsetDateTime) -> Self {
        let mut headers = response.headers().clone();
        let initial_age = headers.remove(header::AGE).and_then(|age| age.to_str().ok()?.parse().ok());
        if !headers.contains_key(header::DATE) {
            let date = edge502_rules::response::http_date(now);
            headers.insert(header::DATE, HeaderValue::from_str(&date).expect("a date is a valid header value"));
        }
        Self {
            status: response.status(),
            headers,
            extensions: response.extensions().clone(),
            body: Bytes::new(),
            initial_age: Duration::from_secs(initial_age.unwrap_or_default()),
        }
    }

    /// The whole response. What came in chunks gets the length that is known now.
    pub(super) fn with_body(mut self, body: Bytes) -> Self {
        self.headers.remove(header::TRANSFER_ENCODING);
        if !self.headers.contains_key(header::CONTENT_LENGTH) && self.status != StatusCode::NO_CONTENT {
            self.headers.insert(header::CONTENT_LENGTH, body.len().into());
        }
        self.body = body;
        self
    }

    pub(super) fn directives(&self) -> Directives {
        directives(&self.headers)
    }

    /// A header that stands alone, as text.
    pub(super) fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// What the headers of a response say to caches.
pub(super) fn directives(headers: &HeaderMap) -> Directives {
    let cache_control = headers.get_all(header::CACHE_CONTROL).into_iter().filter_map(|value| value.to_str().ok());
    Directives::new(cache_control, headers.get(header::EXPIRES).map(|value| value.to_str().unwrap_or_default()))
}

//! Sending what was kept.

use bytes::Bytes;
use edge502_rules::Cause;
use edge502_rules::distribution::Behavior;
use edge502_rules::outcome::{DetailedResultType, Outcome, ResultType, XCache};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Version, header};

use super::entry::{Content, Object};
use super::partial::Part;
use super::seek::{How, Kept};
use crate::error_response::Mishap;
use crate::respond::Responder;
use crate::response_head::{self, Marks, is_error};
use crate::viewer_body::ViewerBody;
use crate::visit::Reply;

impl Kept {
    /// The error that was kept, if it is one.
    pub(crate) fn mishap(&self) -> Option<Mishap> {
        let age = Some(self.entry.age(self.now));
        match &self.entry.content {
            Content::Failure(failure) => Mishap::failed_before(failure, age),
            Content::Object(object) => Mishap::relayed_before(object.status, age),
        }
    }
}

impl Responder<'_> {
    /// The answer from the cache.
    pub(crate) fn kept(self, kept: &Kept, behavior: &Behavior) -> Response<ViewerBody> {
        let age = kept.entry.age(kept.now);
        match &kept.entry.content {
            Content::Failure(failure) => self.failure_again(failure, kept.entry.since, age),
            Content::Object(object) => {
                // Confirmed just now: its age begins anew and need not be told.
                let age = (kept.how == How::Hit || kept.failure.is_some() || age > 0).then_some(age);
                self.object(object, kept, age, behavior)
            }
        }
    }

    fn object(mut self, object: &Object, kept: &Kept, age: Option<u64>, behavior: &Behavior) -> Response<ViewerBody> {
        let (status, body) = piece(object, &kept.part);
        let marks = Marks { x_cache: x_cache(object.status, kept.how), age };
        let has_body = *self.method != Method::HEAD && status != StatusCode::NOT_MODIFIED && !body.is_empty();
        let own = part_headers(object, &kept.part);
        let mut headers = response_head::headers(&own, self.method, behavior, self.context(), has_body, marks);
        self.recorder.begin(Reply { failure: kept.failure.clone(), ..reply(status, &headers, kept.how) });
        self.settle_connection(&mut headers);
        let mut response = Response::new(ViewerBody::kept(has_body.then_some(body), self.recorder));
        *response.status_mut() = status;
        *response.version_mut() = Version::HTTP_11;
        *response.headers_mut() = headers;
        if status == object.status {
            *response.extensions_mut() = object.extensions.clone();
        }
        response
    }
}

fn piece(object: &Object, part: &Part) -> (StatusCode, Bytes) {
    match part {
        Part::Whole => (object.status, object.body.clone()),
        Part::NotModified => (StatusCode::NOT_MODIFIED, Bytes::new()),
        Part::Bytes(range) => (StatusCode::PARTIAL_CONTENT, object.body.slice(range.clone())),
    }
}

/// The kept headers, as they are right for a part (RFC 9110 sections 15.3.7 and 15.4.5).
fn part_headers(object: &Object, part: &Part) -> HeaderMap {
    let mut headers = object.headers.clone();
    match part {
        Part::Whole => {}
        Part::NotModified => {
            for name in [header::CONTENT_LENGTH, header::CONTENT_TYPE, header::CONTENT_ENCODING] {
                headers.remove(name);
            }
        }
        Part::Bytes(range) => {
            let (first, last, length) = (range.start, range.end - 1, object.body.len());
            let value = format!("bytes {first}-{last}/{length}");
            headers.insert(header::CONTENT_LENGTH, range.len().into());
            headers.insert(header::CONTENT_RANGE, HeaderValue::from_str(&value).expect("digits are a valid value"));
        }
    }
    headers
}

fn x_cache(status: StatusCode, how: How) -> XCache {
    match how {
        _ if is_error(status) => XCache::Error,
        How::Hit => XCache::Hit,
        How::Refreshed => XCache::RefreshHit,
    }
}

fn reply(status: StatusCode, headers: &HeaderMap, how: How) -> Reply {
    if is_error(status) {
        let outcome = Outcome::of(Cause::OriginErrorRelayed).repeated();
        let reply = Reply::new(status.as_u16(), headers, outcome.result_type, outcome.detailed_result_type);
        return Reply { cause: Some(Cause::OriginErrorRelayed), ..reply };
    }
    let result = match how {
        How::Hit => ResultType::Hit,
        How::Refreshed => ResultType::RefreshHit,
    };
    Reply::new(status.as_u16(), headers, result, DetailedResultType::from(result))
}

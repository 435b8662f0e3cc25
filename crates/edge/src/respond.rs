//! The one place where what happened becomes a response.
//!
//! A failed fetch becomes the page, status and headers that `edge502_rules::outcome` lists for its cause; a refused
//! request becomes its page; an origin's response goes through.

use std::sync::Arc;

use edge502_rules::Cause;
use edge502_rules::distribution::Behavior;
use edge502_rules::functions::{NewResponse, Runtime};
use edge502_rules::outcome::{DetailedResultType, Outcome, ResultType, XCache};
use edge502_rules::page::{ErrorPages, Page};
use edge502_rules::response::{ResponseContext, ResponseHead, reason_phrase};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version, header};
use http_body::Body as _;
use hyper::ext::ReasonPhrase;
use time::OffsetDateTime;

use crate::OriginFailure;
use crate::admit::Refusal;
use crate::cache::Recording;
use crate::error_response::Instead;
use crate::fetch::{Download, Fetched};
use crate::functions::Generated;
use crate::response_head::{self, Marks};
use crate::viewer_body::ViewerBody;
use crate::visit::{Recorder, Reply};

/// A response being made for one request.
pub(crate) struct Responder<'a> {
    pub(crate) recorder: Recorder,
    pub(crate) method: &'a Method,
    /// Whether the viewer's connection stays open afterwards.
    pub(crate) keep_alive: bool,
    /// Whether hyper may close the connection all the same: it does after a request that has both `Transfer-Encoding`
    /// and `Content-Length` (RFC 9112 section 6.1), and takes the latter away before anybody sees it. A response that
    /// would stay open then leaves `Connection` to hyper: `close`, or nothing, which on HTTP/1.1 means open.
    pub(crate) connection_unknown: bool,
    pub(crate) now: OffsetDateTime,
    pub(crate) error_pages: ErrorPages,
    pub(crate) lower_case_date: &'a Extensions,
}

impl Responder<'_> {
    /// The page for a request that is not taken.
    pub(crate) fn refusal(mut self, refusal: Refusal) -> Response<ViewerBody> {
        self.keep_alive &= !refusal.close;
        let Refusal { page, detail, logged, .. } = refusal;
        let head = self.context().error_head(page, XCache::Error, self.now, None);
        let reply =
            |headers: &HeaderMap, status| Reply { logged, ..Reply::new(status, headers, ResultType::Error, detail) };
        self.page(page, &head, reply)
    }

    /// An answer that cannot be sent any more; the log has 000, as for every viewer that left before
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html>).
    pub(crate) fn unheard(self) -> Response<ViewerBody> {
        let mut response = Response::new(ViewerBody::page(None, self.recorder));
        *response.status_mut() = StatusCode::BAD_REQUEST;
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        response
    }

    /// The way to HTTPS.
    pub(crate) fn redirect(self, page: Page, location: &str) -> Response<ViewerBody> {
        let head = self.context().redirect_head(page, location, self.now);
        let reply = |headers: &HeaderMap, status| {
            Reply::new(status, headers, ResultType::Redirect, DetailedResultType::Redirect)
        };
        self.page(page, &head, reply)
    }

    /// The page for a failed fetch.
    pub(crate) fn failure(self, failure: OriginFailure) -> Response<ViewerBody> {
        let outcome = failure.outcome();
        // Every cause that a fetch can end with before a response begins has a page; the other is the vaguest.
        let page = outcome.page().unwrap_or(Page::IncorrectResponse).in_family(self.error_pages);
        let head = self.context().error_head(page, outcome.x_cache, self.now, None);
        let reply = |headers: &HeaderMap, status| Reply {
            response_result_type: outcome.response_result_type,
            cause: Some(failure.cause),
            handshake: failure.handshake.clone(),
            failure: Some(Arc::new(failure)),
            ..Reply::new(status, headers, outcome.result_type, outcome.detailed_result_type)
        };
        self.page(page, &head, reply)
    }

    /// The response that an edge function made.
    pub(crate) fn generated(mut self, generated: Generated) -> Response<ViewerBody> {
        let Generated { response: NewResponse { status, reason, headers, body }, runtime } = generated;
        let x_cache = match runtime {
            Runtime::LambdaEdge => XCache::LambdaGeneratedResponse,
            Runtime::CloudFrontFunctions => XCache::FunctionGeneratedResponse,
        };
        let length = body.as_ref().map_or(0, Vec::len);
        let status = StatusCode::from_u16(status).expect("a valid result has a status from 200 to 599");
        let mut headers = response_head::generated(status, &headers, length, self.context(), x_cache, self.now);
        let (result, detail) = if response_head::is_error(status) {
            (ResultType::Error, DetailedResultType::Error)
        } else {
            (ResultType::Miss, DetailedResultType::MissGeneratedResponse)
        };
        self.recorder.begin(Reply::new(status.as_u16(), &headers, result, detail));
        self.settle_connection(&mut headers);
        let content = body.filter(|body| !body.is_empty() && *self.method != Method::HEAD);
        let mut response = Response::new(ViewerBody::page(content, self.recorder));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        if let Some(reason) = reason.and_then(|reason| ReasonPhrase::try_from(reason.into_bytes()).ok()) {
            response.extensions_mut().insert(reason);
        }
        response
    }

    /// The page for a failure that was kept: made at `date`, `age` seconds ago.
    pub(crate) fn failure_again(self, failure: &OriginFailure, date: OffsetDateTime, age: u64) -> Response<ViewerBody> {
        let outcome = failure.outcome().repeated();
        let mut failure = failure.clone();
        failure.evidence = format!("kept for {age} s: {}", failure.evidence);
        // The origin was not asked now.
        failure.handshake = None;
        let page = outcome.page().unwrap_or(Page::IncorrectResponse).in_family(self.error_pages);
        let head = self.context().error_head(page, outcome.x_cache, date, Some(age));
        let reply = |headers: &HeaderMap, status| Reply {
            response_result_type: outcome.response_result_type,
            cause: Some(failure.cause),
            failure: Some(Arc::new(failure)),
            ..Reply::new(status, headers, outcome.result_type, outcome.detailed_result_type)
        };
        self.page(page, &head, reply)
    }

    /// The origin's response, passed on, with the body of a function if one put another in its place, and recorded if it
    /// is to be kept.
    pub(crate) fn relay(
        mut self,
        fetched: Fetched,
        behavior: &Behavior,
        recording: Option<Box<Recording>>,
    ) -> Response<ViewerBody> {
        let Fetched { response, handshake, reused, times, replaced } = fetched;
        let (mut parts, body) = response.into_parts();
        let has_body = !body.is_end_stream() && *self.method != Method::HEAD;
        if let Some(replaced) = &replaced {
            parts.headers.insert(header::CONTENT_LENGTH, replaced.len().into());
        }
        let marks = Marks::of(parts.status);
        parts.headers = response_head::headers(&parts.headers, self.method, behavior, self.context(), has_body, marks);
        // Whatever the origin spoke; hyper writes the viewer's version. Reason phrase and header case stay.
        parts.version = Version::HTTP_11;
        let reply = relayed_reply(parts.status, &parts.headers);
        self.recorder.begin(Reply { handshake, reused, origin: Some(times), ..reply });
        self.settle_connection(&mut parts.headers);
        Response::from_parts(parts, self.body(body, replaced, recording))
    }

    /// An origin's body, or what a function put in its place.
    fn body(self, body: Download, replaced: Option<Vec<u8>>, recording: Option<Box<Recording>>) -> ViewerBody {
        match replaced {
            Some(replaced) => {
                let content = Some(replaced).filter(|body| !body.is_empty() && *self.method != Method::HEAD);
                ViewerBody::page(content, self.recorder)
            }
            None => ViewerBody::relayed(body, recording, self.recorder),
        }
    }

    /// The user's own page in place of an error, with the status the user chose. The log has that status, too, and all
    /// else as the error has it.
    pub(crate) fn custom(mut self, instead: Instead<'_>) -> Response<ViewerBody> {
        let Instead { mishap, status, page, behavior } = instead;
        self.keep_alive &= !mishap.closes();
        let (mut parts, body) = page.response.into_parts();
        let has_body = !body.is_end_stream() && *self.method != Method::HEAD;
        if let Some(replaced) = &page.replaced {
            parts.headers.insert(header::CONTENT_LENGTH, replaced.len().into());
        }
        let error = StatusCode::from_u16(mishap.status).expect("an error's status is valid");
        let marks = Marks { age: mishap.age, ..Marks::of(error) };
        parts.headers = response_head::headers(&parts.headers, self.method, behavior, self.context(), has_body, marks);
        parts.status = StatusCode::from_u16(status).expect("a custom status was checked when it was read");
        parts.version = Version::HTTP_11;
        parts.extensions.remove::<ReasonPhrase>();
        let reply = Reply::new(status, &parts.headers, mishap.result_type, mishap.detail);
        self.recorder.begin(Reply {
            cause: mishap.cause,
            failure: mishap.failure,
            handshake: mishap.handshake,
            reused: mishap.reused,
            logged: mishap.logged,
            ..reply
        });
        self.settle_connection(&mut parts.headers);
        Response::from_parts(parts, self.body(body, page.replaced, None))
    }

    pub(crate) fn context(&self) -> ResponseContext<'_> {
        let visit = &self.recorder.visit;
        ResponseContext { http: visit.http, keep_alive: self.keep_alive, edge: &visit.server, request_id: &visit.id }
    }

    pub(crate) fn settle_connection(&self, headers: &mut HeaderMap) {
        if self.keep_alive && self.connection_unknown {
            let mut kept = HeaderMap::with_capacity(headers.len());
            // `remove` would put the last header into the gap.
            for (name, value) in headers.iter().filter(|(name, _)| *name != header::CONNECTION) {
                kept.append(name, value.clone());
            }
            *headers = kept;
        }
    }

    fn page(
        mut self,
        page: Page,
        head: &ResponseHead,
        reply: impl FnOnce(&HeaderMap, u16) -> Reply,
    ) -> Response<ViewerBody> {
        let (mut headers, status) = (header_map(head), head.status);
        self.recorder.begin(reply(&headers, status));
        self.settle_connection(&mut headers);
        let content = (*self.method != Method::HEAD).then(|| page.bytes(&self.recorder.visit.id));
        let mut response = Response::new(ViewerBody::page(content, self.recorder));
        *response.status_mut() = StatusCode::from_u16(status).expect("CloudFront's own statuses are valid");
        *response.headers_mut() = headers;
        *response.extensions_mut() = extensions(head, self.lower_case_date);
        response
    }
}

fn relayed_reply(status: StatusCode, headers: &HeaderMap) -> Reply {
    if response_head::is_error(status) {
        let outcome = Outcome::of(Cause::OriginErrorRelayed);
        let reply = Reply::new(status.as_u16(), headers, outcome.result_type, outcome.detailed_result_type);
        return Reply { cause: Some(Cause::OriginErrorRelayed), ..reply };
    }
    Reply::new(status.as_u16(), headers, ResultType::Miss, DetailedResultType::Miss)
}

fn header_map(head: &ResponseHead) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(head.headers.len());
    for (name, value) in &head.headers {
        let name: HeaderName = name.parse().expect("CloudFront's own header names are valid");
        // A redirect's Location repeats the viewer's own path and host, which HTTP has carried already.
        headers.insert(name, HeaderValue::from_str(value).expect("CloudFront's own header values are valid"));
    }
    headers
}

/// What makes hyper write the head as CloudFront does on HTTP/1.1.
fn extensions(head: &ResponseHead, lower_case_date: &Extensions) -> Extensions {
    let lower_case = head.headers.iter().any(|(name, _)| *name == "date");
    let mut extensions = if lower_case { lower_case_date.clone() } else { Extensions::new() };
    if !reason_phrase(head.status).is_empty() {
        extensions.insert(ReasonPhrase::from_static(reason_phrase(head.status).as_bytes()));
    }
    extensions
}

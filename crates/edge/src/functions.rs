//! Where edge functions take part in a request.
//!
//! Viewer request, then (the cache, and) origin request, the fetch, origin response, viewer response
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-cloudfront-trigger-events.html>). What a
//! function returns is given, by its ARN; whether that is valid, and what it means, is decided by
//! `edge502_rules::functions`. A function without a result leaves everything as it is.

mod errand;

use std::borrow::Cow;
use std::net::IpAddr;

use edge502_rules::distribution::{Behavior, EventType, Origin};
use edge502_rules::functions::{
    Call, Effect, FunctionResult, NewRequest, NewResponse, RequestView, Runtime, is_disallowed, judge, request_object,
    response_object,
};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use hyper::ext::ReasonPhrase;
use serde_json::Value;

use crate::OriginFailure;
use crate::fetch::Fetched;
use crate::obtain::Asked;
use crate::response_head::is_error;
use crate::state::Snapshot;

pub(crate) use errand::Errand;

/// The functions of one behaviour, for one request.
#[derive(Clone, Copy)]
pub(crate) struct Functions<'a> {
    snapshot: &'a Snapshot,
    behavior: &'a Behavior,
    client: IpAddr,
}

/// Why a request does not go on after a function.
pub(crate) enum Stop {
    /// The function answered it.
    Generated(Box<Generated>),
    /// The function failed.
    Failed(Box<OriginFailure>),
}

/// A response that a function made.
pub(crate) struct Generated {
    /// The response.
    pub(crate) response: NewResponse,
    /// What made it.
    pub(crate) runtime: Runtime,
}

/// A request as the viewer's side leaves it; copied as far as a function changed it.
pub(crate) struct Viewed<'a> {
    /// The path.
    pub(crate) path: Cow<'a, str>,
    /// The query string.
    pub(crate) query: Option<Cow<'a, str>>,
    /// The viewer's headers.
    pub(crate) headers: Cow<'a, HeaderMap>,
    /// What a CloudFront Function changed of the origin.
    pub(crate) origin: Option<edge502_rules::functions::OriginOverride>,
}

impl<'a> Viewed<'a> {
    /// The request as it came.
    pub(crate) fn new(asked: Asked<'a>) -> Self {
        Self {
            path: Cow::Borrowed(&asked.route.path),
            query: asked.parts.uri.query().map(Cow::Borrowed),
            headers: Cow::Borrowed(&asked.parts.headers),
            origin: None,
        }
    }
}

impl<'a> Functions<'a> {
    pub(crate) fn new(snapshot: &'a Snapshot, asked: Asked<'a>) -> Self {
        Self { snapshot, behavior: asked.route.behavior, client: asked.viewer.address.ip() }
    }

    /// Whether a function is associated with `event`.
    pub(crate) fn has(self, event: EventType) -> bool {
        self.behavior.functions.iter().any(|function| function.event_type == event)
    }

    /// Viewer request: before the cache.
    pub(crate) fn viewer_request(self, asked: Asked<'_>) -> Result<Viewed<'_>, Stop> {
        let (parts, route) = (asked.parts, asked.route);
        let mut viewed = Viewed::new(asked);
        if self.find(EventType::ViewerRequest).is_none() {
            return Ok(viewed);
        }
        let mut shown = shown(&parts.headers, |name| name != "host");
        shown.push(("host".to_owned(), route.host_header.clone()));
        let view = self.view(parts.method.as_str(), &viewed.path, viewed.query.as_deref(), &shown);
        let object = |runtime| request_object(runtime, view, None);
        let Some(request) = self.request(EventType::ViewerRequest, object)? else { return Ok(viewed) };
        viewed.path = request.uri.map_or(viewed.path, Cow::Owned);
        viewed.query = changed_query(viewed.query, request.query.map(Cow::Owned));
        viewed.headers = Cow::Owned(rewritten(&parts.headers, &request.headers, |_| false));
        viewed.origin = request.origin;
        Ok(viewed)
    }

    /// Origin request: after the cache, before the fetch. The assigned origin's name has to resolve before
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html>).
    pub(crate) fn origin_request(self, errand: &mut Errand<'_>) -> Result<(), Stop> {
        let hidden = |name: &str| is_custom(&errand.origin, name);
        let shown = shown(&errand.headers, |name| !hidden(name));
        let view = self.view(errand.method, &errand.path, errand.query.as_deref(), &shown);
        let origin = edge502_rules::functions::origin_object(&errand.origin, errand.https());
        let object = |runtime| request_object(runtime, view, Some(origin.clone()));
        let Some(request) = self.request(EventType::OriginRequest, object)? else { return Ok(()) };
        let headers = rewritten(&errand.headers, &request.headers, hidden);
        errand.take(request, headers);
        Ok(())
    }

    /// Origin response: whatever the origin answered.
    pub(crate) fn origin_response(self, fetched: Fetched) -> Result<Fetched, Box<OriginFailure>> {
        self.response(EventType::OriginResponse, fetched)
    }

    /// Viewer response. Not called if the origin answered with 400 or more
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html>).
    pub(crate) fn viewer_response(self, origin: StatusCode, fetched: Fetched) -> Result<Fetched, Box<OriginFailure>> {
        if is_error(origin) { Ok(fetched) } else { self.response(EventType::ViewerResponse, fetched) }
    }

    fn view<'v>(
        self,
        method: &'v str,
        uri: &'v str,
        query: Option<&'v str>,
        headers: &'v [(String, String)],
    ) -> RequestView<'v> {
        RequestView { method, uri, query: query.unwrap_or_default(), headers, client: self.client }
    }

    /// The request that the function of `event` lets through; `None` without a function.
    fn request(self, event: EventType, object: impl Fn(Runtime) -> Value) -> Result<Option<NewRequest>, Stop> {
        match self.run(event, object).map_err(Stop::Failed)? {
            None => Ok(None),
            Some((_, Effect::Request(request))) => Ok(Some(*request)),
            Some((runtime, Effect::Response(response))) => {
                Err(Stop::Generated(Box::new(Generated { response, runtime })))
            }
        }
    }

    fn response(self, event: EventType, mut fetched: Fetched) -> Result<Fetched, Box<OriginFailure>> {
        if self.find(event).is_none() {
            return Ok(fetched);
        }
        let headers = shown(fetched.response.headers(), |_| true);
        let (status, reason) = (fetched.response.status(), reason(&fetched.response));
        let object = |runtime| response_object(runtime, status.as_u16(), &reason, &headers);
        let run = self.run(event, object).map_err(|failure| Box::new(failure.on(fetched.handshake.clone())))?;
        let Some((_, Effect::Response(new))) = run else { return Ok(fetched) };
        apply(&new, &reason, &mut fetched.response);
        let bodiless = matches!(fetched.response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        fetched.replaced = if bodiless { Some(Vec::new()) } else { new.body.or(fetched.replaced) };
        Ok(fetched)
    }

    /// Runs the function of `event` on what `object` makes for it; `None` without one.
    fn run(
        self,
        event: EventType,
        object: impl Fn(Runtime) -> Value,
    ) -> Result<Option<(Runtime, Effect)>, Box<OriginFailure>> {
        let Some((runtime, result)) = self.find(event) else { return Ok(None) };
        let given = object(runtime);
        match judge(Call { runtime, event, given: &given }, result) {
            Ok(effect) => Ok(Some((runtime, effect))),
            Err(fault) => {
                Err(Box::new(OriginFailure::new(fault.cause(), fault.evidence.clone()).shown_as(fault.outcome())))
            }
        }
    }

    fn find(self, event: EventType) -> Option<(Runtime, &'a FunctionResult)> {
        let association = self.behavior.functions.iter().find(|function| function.event_type == event)?;
        let runtime = if association.is_lambda { Runtime::LambdaEdge } else { Runtime::CloudFrontFunctions };
        self.snapshot.functions.get(&association.arn).map(|result| (runtime, result))
    }
}

/// Headers as functions see them: those they may see and that `wanted` lets through.
fn shown(headers: &HeaderMap, wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let visible = headers.iter().filter(|(name, _)| !is_disallowed(name.as_str()) && wanted(name.as_str()));
    visible.map(|(name, value)| (name.to_string(), text(value))).collect()
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// `before` with what a function made of it; what functions do not see, and what is `hidden` from this one, stays.
fn rewritten(before: &HeaderMap, after: &[(String, String)], hidden: impl Fn(&str) -> bool) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(before.len().max(after.len()));
    for (name, value) in before.iter().filter(|(name, _)| is_disallowed(name.as_str()) || hidden(name.as_str())) {
        headers.append(name, value.clone());
    }
    for (name, value) in after {
        let Ok(name) = name.parse::<HeaderName>() else { continue };
        // A value that is no UTF-8 is shown with replacement characters, but goes on as it came.
        let same = before.get_all(&name).into_iter().find(|known| text(known) == *value).cloned();
        if let Some(value) = same.or_else(|| HeaderValue::from_bytes(value.as_bytes()).ok()) {
            headers.append(name, value);
        }
    }
    headers
}

fn changed_query<T: AsRef<str>>(before: Option<T>, after: Option<T>) -> Option<T> {
    match after {
        None => before,
        Some(query) => Some(query).filter(|query| !query.as_ref().is_empty()),
    }
}

/// Whether the origin adds this header to its requests; functions see those apart from the request's own.
fn is_custom(origin: &Origin, name: &str) -> bool {
    origin.custom_headers.iter().any(|(custom, _)| custom.eq_ignore_ascii_case(name))
}

fn reason<B>(response: &Response<B>) -> String {
    let sent = response.extensions().get::<ReasonPhrase>().map(|reason| String::from_utf8_lossy(reason.as_bytes()));
    let usual = || response.status().canonical_reason().unwrap_or_default().into();
    sent.unwrap_or_else(usual).into_owned()
}

fn apply<B>(new: &NewResponse, reason: &str, response: &mut Response<B>) {
    let status = StatusCode::from_u16(new.status).unwrap_or(response.status());
    let stated = new.reason.as_deref().filter(|stated| *stated != reason);
    if status != response.status() || stated.is_some() {
        response.extensions_mut().remove::<ReasonPhrase>();
    }
    if let Some(phrase) = stated.and_then(|stated| ReasonPhrase::try_from(stated.as_bytes()).ok()) {
        response.extensions_mut().insert(phrase);
    }
    *response.status_mut() = status;
    *response.headers_mut() = rewritten(response.headers(), &new.headers, |_| false);
}

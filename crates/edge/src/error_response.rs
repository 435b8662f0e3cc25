//! Custom error responses: the user's own page in place of an error.
//!
//! The page is a request of its own: the first behaviour that matches `ResponsePagePath` decides which origin it comes
//! from. It is asked for once; if that fails, the viewer gets what became of it, and no third page. Sources:
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/GeneratingCustomErrorResponses.html>,
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html>.

use std::sync::Arc;

use edge502_rules::Cause;
use edge502_rules::distribution::{Behavior, CustomErrorResponse};
use edge502_rules::outcome::{DetailedResultType, Outcome, ResultType};
use http::header::{self, HeaderMap, HeaderName};
use http::request::Parts;
use http::{Method, Request, StatusCode};

use crate::admit::{self, Refusal, Route};
use crate::cache::Answer;
use crate::fetch::{Fetched, Halt};
use crate::obtain::{Asked, Unobtained, obtain_unasked};
use crate::state::{Snapshot, State};
use crate::visit::{Viewer, Visit};
use crate::{HandshakeReport, OriginFailure};

/// An error as it would reach the viewer, and what log and listeners get to know of it whatever the viewer sees.
pub(crate) struct Mishap {
    /// The status the viewer would get.
    pub(crate) status: u16,
    pub(crate) result_type: ResultType,
    pub(crate) detail: DetailedResultType,
    pub(crate) cause: Option<Cause>,
    pub(crate) failure: Option<Arc<OriginFailure>>,
    pub(crate) handshake: Option<Arc<HandshakeReport>>,
    pub(crate) reused: bool,
    /// Whether the request has a line in the access log.
    pub(crate) logged: bool,
    /// How old it is in seconds, if it was kept.
    pub(crate) age: Option<u64>,
}

impl Mishap {
    /// What the edge refuses itself, if a custom page may answer it.
    pub(crate) fn refused(refusal: Refusal) -> Option<Self> {
        (!refusal.plain).then(|| Self {
            status: refusal.page.status(),
            result_type: ResultType::Error,
            detail: refusal.detail,
            cause: None,
            failure: None,
            handshake: None,
            reused: false,
            logged: refusal.logged,
            age: None,
        })
    }

    /// What is about to answer a request, if that is an error.
    pub(crate) fn answering(answer: &Answer) -> Option<Self> {
        match answer {
            Answer::Kept(kept) => kept.mishap(),
            Answer::Origin(Ok(fetched), _) => Some(Self {
                handshake: fetched.handshake.clone(),
                reused: fetched.reused,
                ..Self::relayed(fetched.response.status(), Outcome::of(Cause::OriginErrorRelayed))?
            }),
            Answer::Origin(Err(Unobtained::Halted(Halt::Origin(failure))), _) => {
                Some(Self { handshake: failure.handshake.clone(), ..Self::failed(failure, failure.outcome())? })
            }
            Answer::Origin(Err(_), _) => None,
        }
    }

    /// A failure that was kept.
    pub(crate) fn failed_before(failure: &OriginFailure, age: Option<u64>) -> Option<Self> {
        Some(Self { age, ..Self::failed(failure, failure.outcome().repeated())? })
    }

    /// An origin's error that was kept.
    pub(crate) fn relayed_before(status: StatusCode, age: Option<u64>) -> Option<Self> {
        Some(Self { age, ..Self::relayed(status, Outcome::of(Cause::OriginErrorRelayed).repeated())? })
    }

    fn relayed(status: StatusCode, outcome: Outcome) -> Option<Self> {
        (status.is_client_error() || status.is_server_error()).then(|| Self {
            status: status.as_u16(),
            result_type: outcome.result_type,
            detail: outcome.detailed_result_type,
            cause: Some(Cause::OriginErrorRelayed),
            failure: None,
            handshake: None,
            reused: false,
            logged: true,
            age: None,
        })
    }

    fn failed(failure: &OriginFailure, outcome: Outcome) -> Option<Self> {
        Some(Self {
            status: outcome.status()?,
            result_type: outcome.result_type,
            detail: outcome.detailed_result_type,
            cause: Some(failure.cause),
            failure: Some(Arc::new(failure.clone())),
            handshake: None,
            reused: false,
            logged: true,
            age: None,
        })
    }

    /// Whether CloudFront closes the viewer's connection after a custom page for this status. It keeps it for 403, 404,
    /// 502, 503 and 504.
    pub(crate) fn closes(&self) -> bool {
        matches!(self.status, 400 | 405 | 414 | 416 | 500 | 501)
    }
}

/// What the viewer gets in place of an error.
pub(crate) struct Instead<'a> {
    /// The error.
    pub(crate) mishap: Mishap,
    /// `ResponseCode` if the page came, else the status its origin produced.
    pub(crate) status: u16,
    /// What its origin answered.
    pub(crate) page: Fetched,
    /// The behaviour it came through.
    pub(crate) behavior: &'a Behavior,
}

/// What became of looking for a custom page.
pub(crate) enum Custom<'a> {
    /// None is configured: CloudFront's own page, or the origin's answer.
    Unwanted,
    /// The page's origin answered.
    Answered(Box<Instead<'a>>),
    /// It did not: this failure takes the place of the error.
    Failed(Box<OriginFailure>),
}

/// Fetches the page that the distribution has for `mishap`.
pub(crate) async fn look_up<'a>(
    state: &State,
    snapshot: &'a Snapshot,
    (viewer, parts): (&Viewer, &Parts),
    visit: &Visit,
    mishap: Option<Mishap>,
) -> Custom<'a> {
    let Some(mishap) = mishap else { return Custom::Unwanted };
    let Some((path, code)) = wanted(snapshot.distribution.custom_error_response(mishap.status)) else {
        return Custom::Unwanted;
    };
    let bare = path.split('?').next().unwrap_or(path);
    let (Some(parts), Ok(route)) = (request(parts, path), admit::route(parts, bare, &snapshot.distribution)) else {
        return Custom::Unwanted;
    };
    let asked = Asked { viewer, parts: &parts, route: &route };
    match obtain_unasked(state, snapshot, asked, visit).await {
        Ok(page) => Custom::Answered(Box::new(instead(mishap, code, page, &route))),
        Err(Unobtained::Halted(Halt::Origin(failure))) => Custom::Failed(Box::new(after(*failure, path, &mishap))),
        // A path that is no request target, and a viewer that left.
        Err(_) => Custom::Unwanted,
    }
}

/// Path and status of the page, if both are set.
fn wanted(response: Option<&CustomErrorResponse>) -> Option<(&str, u16)> {
    let response = response?;
    Some((response.response_page_path.as_deref()?, response.response_code?))
}

/// The viewer's request, turned into one for the page.
fn request(parts: &Parts, path: &str) -> Option<Parts> {
    let method = if parts.method == Method::HEAD { Method::HEAD } else { Method::GET };
    let mut page = Request::builder().method(method).uri(path).body(()).ok()?.into_parts().0;
    page.extensions = parts.extensions.clone();
    page.headers = parts.headers.iter().filter(|(name, _)| !is_about_the_object(name)).fold(
        HeaderMap::with_capacity(parts.headers.len()),
        |mut headers, (name, value)| {
            headers.append(name, value.clone());
            headers
        },
    );
    Some(page)
}

/// Headers that ask for a part or a version of what the viewer wanted, or describe its body.
fn is_about_the_object(name: &HeaderName) -> bool {
    let name_text = name.as_str();
    *name == header::RANGE || name_text.starts_with("if-") || name_text.starts_with("content-")
}

fn instead<'a>(mishap: Mishap, code: u16, page: Fetched, route: &Route<'a>) -> Instead<'a> {
    let own = page.response.status();
    let status = if own.is_success() { code } else { own.as_u16() };
    Instead { mishap, status, page, behavior: route.behavior }
}

fn after(mut failure: OriginFailure, path: &str, mishap: &Mishap) -> OriginFailure {
    let first = mishap.failure.as_ref().map_or_else(String::new, |failure| format!(" ({failure})"));
    failure.evidence =
        format!("{}; asked for {path}, the custom page for status {}{first}", failure.evidence, mishap.status);
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_asked_for_without_what_was_about_the_object() {
        let parts = Request::builder()
            .method("POST")
            .uri("/cart?id=1")
            .header("host", "www.shop.test")
            .header("range", "bytes=0-1")
            .header("if-none-match", "\"a\"")
            .header("content-length", "3")
            .header("accept-language", "de")
            .body(())
            .expect("a request")
            .into_parts()
            .0;
        let page = request(&parts, "/errors/502.html").expect("a path");
        assert_eq!((page.method, page.uri.path()), (Method::GET, "/errors/502.html"));
        let names: Vec<&str> = page.headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["host", "accept-language"]);
        assert!(request(&parts, "no path at all").is_none());
    }
}

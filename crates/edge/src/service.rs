//! One request of a viewer: admit, look into the cache, fetch, respond.

use std::sync::Arc;

use edge502_rules::outcome::DetailedResultType;
use edge502_rules::page::Page;
use edge502_rules::response::ViewerHttp;
use http::header::{self, HeaderMap};
use http::request::Parts;
use http::{Request, Response, Version};
use http_body::Body as _;
use hyper::body::Incoming;

use crate::admit::{self, Admission, Refusal};
use crate::cache::{Answer, seek};
use crate::error_response::{self, Custom, Mishap};
use crate::fetch::{Halt, ViewerFault};
use crate::obtain::{Asked, Unobtained};
use crate::respond::Responder;
use crate::state::{Snapshot, State};
use crate::viewer_body::ViewerBody;
use crate::visit::{Recorder, Viewer, Visit};

/// The viewer fell silent in the middle of its request for longer than the edge waits, or sent chunks that are none. It
/// is still connected and gets this page, so the log has the page's status: 000 is for viewers that left.
const UNFINISHED: Refusal = Refusal {
    page: Page::BadRequest,
    detail: DetailedResultType::ClientHungUpRequest,
    close: true,
    logged: true,
    plain: true,
};
/// `OriginPath` and the viewer's path together are no request target.
const NO_TARGET: Refusal = Refusal {
    page: Page::BadRequest,
    detail: DetailedResultType::InvalidRequest,
    close: false,
    logged: true,
    plain: true,
};

/// Answers `request`.
pub(crate) async fn answer(state: Arc<State>, viewer: Arc<Viewer>, request: Request<Incoming>) -> Response<ViewerBody> {
    let snapshot = state.snapshot();
    let (parts, body) = request.into_parts();
    let (http, parts) = (version(parts.version), Arc::new(parts));
    let visit = Visit::new(state.identify(), Arc::clone(&viewer), Arc::clone(&parts), http, &snapshot.distribution);
    let responder = Responder {
        recorder: Recorder::new(visit, Arc::clone(&state.journal)),
        method: &parts.method,
        keep_alive: keeps_alive(http, &parts.headers),
        connection_unknown: parts.headers.contains_key(header::TRANSFER_ENCODING),
        now: state.clock.now(),
        error_pages: state.error_pages,
        lower_case_date: &state.lower_case_date,
    };
    let question = admit::Request {
        parts: &parts,
        https: viewer.https,
        http,
        has_body: !body.is_end_stream(),
        https_address: state.https,
    };
    match admit::admit(question, &snapshot.distribution) {
        Admission::Refuse(refusal) => refuse(&state, &snapshot, (&viewer, &parts), refusal, responder).await,
        Admission::Redirect { page, location } => responder.redirect(page, &location),
        Admission::Fetch(route) => {
            let asked = Asked { viewer: &viewer, parts: &parts, route: &route };
            relay(&state, &snapshot, asked, body, responder).await
        }
    }
}

async fn relay(
    state: &Arc<State>,
    snapshot: &Arc<Snapshot>,
    asked: Asked<'_>,
    body: Incoming,
    responder: Responder<'_>,
) -> Response<ViewerBody> {
    let behavior = asked.route.behavior;
    let visit = &responder.recorder.visit;
    let body = (!body.is_end_stream()).then_some(body);
    let answer = seek(state, snapshot, asked, visit, body).await;
    let request = (asked.viewer, asked.parts);
    let custom = error_response::look_up(state, snapshot, request, visit, Mishap::answering(&answer)).await;
    match custom {
        Custom::Unwanted => {}
        Custom::Answered(instead) => {
            answer.keep_unseen(&state.tasks);
            return responder.custom(*instead);
        }
        Custom::Failed(failure) => {
            answer.keep_unseen(&state.tasks);
            return responder.failure(*failure);
        }
    }
    let (obtained, recording) = match answer {
        Answer::Kept(kept) => return responder.kept(&kept, behavior),
        Answer::Origin(obtained, recording) => (obtained, recording),
    };
    match obtained {
        Ok(fetched) => responder.relay(fetched, behavior, recording),
        Err(Unobtained::Generated(generated)) => responder.generated(*generated),
        Err(Unobtained::NoTarget) => responder.refusal(NO_TARGET),
        Err(Unobtained::Halted(Halt::Origin(failure))) => responder.failure(*failure),
        Err(Unobtained::Halted(Halt::Viewer(ViewerFault::Unfinished))) => responder.refusal(UNFINISHED),
        Err(Unobtained::Halted(Halt::Viewer(ViewerFault::Left))) => responder.unheard(),
    }
}

/// Answers a request that is not taken.
async fn refuse(
    state: &State,
    snapshot: &Snapshot,
    request: (&Viewer, &Parts),
    refusal: Refusal,
    responder: Responder<'_>,
) -> Response<ViewerBody> {
    let visit = &responder.recorder.visit;
    match error_response::look_up(state, snapshot, request, visit, Mishap::refused(refusal)).await {
        Custom::Unwanted => responder.refusal(refusal),
        Custom::Answered(instead) => responder.custom(*instead),
        Custom::Failed(failure) => responder.failure(*failure),
    }
}

fn version(version: Version) -> ViewerHttp {
    match version {
        Version::HTTP_2 | Version::HTTP_3 => ViewerHttp::Http2,
        Version::HTTP_11 => ViewerHttp::Http11,
        _ => ViewerHttp::Http10,
    }
}

/// Whether the viewer wants its connection kept (RFC 9112 section 9.3).
fn keeps_alive(http: ViewerHttp, headers: &HeaderMap) -> bool {
    let says = |option: &str| {
        let values = headers.get_all(header::CONNECTION).into_iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(option))
    };
    match http {
        ViewerHttp::Http10 => says("keep-alive"),
        ViewerHttp::Http11 => !says("close"),
        ViewerHttp::Http2 => true,
    }
}

//! Getting an answer for a request that was taken: which origin is asked, and with what.
//!
//! A behaviour's target is one origin or a group of two. A group's first origin is asked first, always; whether the
//! second one is asked after it is decided by [`edge502_rules::failover`]
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html>).

use edge502_rules::distribution::{EventType, Origin, OriginGroup, Target};
use edge502_rules::failover::{self, Turn};
use http::StatusCode;
use http::request::Parts;
use http_body::Body as _;
use hyper::body::Incoming;

use crate::OriginFailure;
use crate::admit::Route;
use crate::fetch::{Fetched, Halt, Order, Outgoing, Progress};
use crate::functions::{Errand, Functions, Generated, Stop, Viewed};
use crate::request_head::Inbound;
use crate::state::{Snapshot, State};
use crate::visit::{Viewer, Visit};

/// A viewer's request that was taken.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) viewer: &'a Viewer,
    pub(crate) parts: &'a Parts,
    pub(crate) route: &'a Route<'a>,
}

/// Why there is nothing to pass on.
pub(crate) enum Unobtained {
    /// `OriginPath` and the viewer's path together are no request target.
    NoTarget,
    /// The fetch ended without a response.
    Halted(Halt),
    /// A function answered in the origin's place.
    Generated(Box<Generated>),
}

impl From<Box<OriginFailure>> for Unobtained {
    fn from(failure: Box<OriginFailure>) -> Self {
        Self::Halted(Halt::Origin(failure))
    }
}

impl From<Stop> for Unobtained {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Generated(generated) => Self::Generated(generated),
            Stop::Failed(failure) => failure.into(),
        }
    }
}

/// An origin's answer, with what its functions made of it.
struct Answered {
    /// The status the origin itself sent.
    status: StatusCode,
    fetched: Fetched,
}

/// Asks the origins of the route for what was asked, and the functions of its behaviour; `body` is the viewer's.
pub(crate) async fn obtain(
    state: &State,
    snapshot: &Snapshot,
    asked: Asked<'_>,
    visit: &Visit,
    body: Option<Incoming>,
) -> Result<Fetched, Unobtained> {
    let functions = Functions::new(snapshot, asked);
    let viewed = functions.viewer_request(asked)?;
    let Answered { status, fetched } = ask_in_turn(&Turns { state, snapshot, asked, visit, viewed }, body).await?;
    Ok(functions.viewer_response(status, fetched)?)
}

/// [`obtain`] for what no viewer asked for, such as a custom error page: functions of the viewer's side do not run.
pub(crate) async fn obtain_unasked(
    state: &State,
    snapshot: &Snapshot,
    asked: Asked<'_>,
    visit: &Visit,
) -> Result<Fetched, Unobtained> {
    let viewed = Viewed::new(asked);
    Ok(ask_in_turn(&Turns { state, snapshot, asked, visit, viewed }, None).await?.fetched)
}

/// One request for one or two origins.
struct Turns<'a> {
    state: &'a State,
    snapshot: &'a Snapshot,
    asked: Asked<'a>,
    visit: &'a Visit,
    viewed: Viewed<'a>,
}

/// Asks the route's origin, or the first of its group and, if that calls for it, the second.
async fn ask_in_turn(turns: &Turns<'_>, body: Option<Incoming>) -> Result<Answered, Unobtained> {
    let asked = turns.asked;
    let (group, first, second) = match asked.route.target {
        Target::Origin(origin) => return turns.ask(origin, body).await,
        Target::Group { group, primary, secondary } => (group, primary, secondary),
    };
    let body = body.filter(|body| !body.is_end_stream());
    // A body is gone once it was sent.
    let repeatable = body.is_none();
    let result = turns.ask(first, body).await;
    let Some(turn) = turn(&result) else { return result };
    if !(repeatable && failover::asks_second(group, asked.route.behavior, asked.parts.method.as_str(), turn)) {
        return with_remark(result, &stays(group, asked, repeatable));
    }
    let before = format!("asked after {}: {}", first.id, in_words(&result));
    // Gives up the connection that the unwanted answer still comes over.
    drop(result);
    with_remark(turns.ask(second, None).await, &before)
}

impl Turns<'_> {
    /// Asks one origin. Functions of the origin's side run for each.
    async fn ask(&self, origin: &Origin, body: Option<Incoming>) -> Result<Answered, Unobtained> {
        let Self { state, snapshot, asked, visit, .. } = *self;
        if let Some(failure) = state.breakers.open(origin, state.clock.now()) {
            visit.tries.add(&origin.id, Err(&failure));
            return Err(Box::new(failure).into());
        }
        let functions = Functions::new(snapshot, asked);
        let mut errand = self.errand(origin);
        if functions.has(EventType::OriginRequest) {
            let resolved = state.fetcher.resolve(snapshot, &errand.origin, errand.https()).await;
            resolved.map_err(|failure| self.failed(origin, Box::new(failure)))?;
            functions.origin_request(&mut errand)?;
        }
        let request = outgoing(asked, visit, &mut errand, body).ok_or(Unobtained::NoTarget)?;
        let order = Order {
            origin: &errand.origin,
            https: errand.https(),
            forwarded_host: errand.host.as_ref(),
            naming: &errand.naming,
            request,
        };
        let fetched = match state.fetcher.fetch(snapshot, order).await.map_err(|halt| errand.blamed(halt)) {
            Ok(fetched) => fetched,
            Err(Halt::Origin(failure)) => return Err(self.failed(origin, failure)),
            Err(halt) => return Err(Unobtained::Halted(halt)),
        };
        let status = fetched.response.status();
        visit.tries.add(&origin.id, Ok(status.as_u16()));
        state.breakers.note(origin, None, state.clock.now());
        Ok(Answered { status, fetched: functions.origin_response(fetched)? })
    }

    /// Takes note of an origin's failure.
    fn failed(&self, origin: &Origin, failure: Box<OriginFailure>) -> Unobtained {
        self.visit.tries.add(&origin.id, Err(&failure));
        self.state.breakers.note(origin, Some(failure.cause), self.state.clock.now());
        failure.into()
    }

    fn errand<'o>(&'o self, origin: &'o Origin) -> Errand<'o> {
        let Self { asked: Asked { viewer, parts, route }, visit, viewed, .. } = self;
        let inbound = Inbound {
            method: &parts.method,
            path: &viewed.path,
            query: viewed.query.as_deref(),
            headers: &viewed.headers,
            host: &route.host_header,
            address: viewer.address.ip(),
            http: visit.http,
            server: &visit.server,
            id: &visit.id,
        };
        Errand::new(self.asked, origin, &inbound, viewed.origin.as_ref())
    }
}

fn turn(result: &Result<Answered, Unobtained>) -> Option<Turn> {
    match result {
        Ok(answered) => Some(Turn::Answered(answered.status.as_u16())),
        Err(Unobtained::Halted(Halt::Origin(failure))) => Some(Turn::Failed(failure.cause)),
        Err(_) => None,
    }
}

fn in_words(result: &Result<Answered, Unobtained>) -> String {
    match result {
        Ok(answered) => format!("status {}", answered.status.as_u16()),
        Err(Unobtained::Halted(Halt::Origin(failure))) => failure.to_string(),
        Err(_) => "no answer".to_owned(),
    }
}

/// Why the group's second origin is not asked.
fn stays(group: &OriginGroup, asked: Asked<'_>, repeatable: bool) -> String {
    let method = &asked.parts.method;
    let reason = if !asked.route.behavior.fails_over(method.as_str()) {
        format!("{method} does not fail over")
    } else if !repeatable {
        "the request had a body".to_owned()
    } else {
        format!("none of its codes {:?} covers this", group.failover_status_codes)
    };
    format!("{} of group {} is not asked: {reason}", group.secondary, group.id)
}

/// A failure with one more piece of evidence; an answer as it is.
fn with_remark(mut result: Result<Answered, Unobtained>, remark: &str) -> Result<Answered, Unobtained> {
    if let Err(Unobtained::Halted(Halt::Origin(failure))) = &mut result {
        failure.evidence = format!("{}; {remark}", failure.evidence);
    }
    result
}

/// The request that goes out on this errand, with its headers.
fn outgoing(asked: Asked<'_>, visit: &Visit, errand: &mut Errand<'_>, body: Option<Incoming>) -> Option<Outgoing> {
    let parts = asked.parts;
    let body = body.filter(|body| !body.is_end_stream());
    Some(Outgoing {
        method: parts.method.clone(),
        uri: errand.uri()?,
        headers: std::mem::take(&mut errand.headers),
        extensions: parts.extensions.clone(),
        // What happens to the viewer's upload is no matter of a request that goes out without it.
        progress: if body.is_some() { visit.progress.clone() } else { Progress::new() },
        body,
    })
}

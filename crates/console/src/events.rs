//! The live connection (<https://html.spec.whatwg.org/multipage/server-sent-events.html>): tells the page's script that
//! there is something new to see. The script then asks for the page; there is one way to draw it.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use http::{Response, StatusCode};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::timeout;

use crate::respond::{Body, response};
use crate::seat::View;

/// How often something is sent when nothing happens, so that a browser that has gone is noticed.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Tells of every change of `view` until the lab or the browser is gone; `place` bounds how many such there are.
pub(crate) fn events(view: watch::Receiver<View>, place: OwnedSemaphorePermit) -> Response<Body> {
    let body = StreamBody::new(stream(view, place)).boxed_unsync();
    response(StatusCode::OK, "text/event-stream", body)
}

fn stream(
    view: watch::Receiver<View>,
    place: OwnedSemaphorePermit,
) -> impl Stream<Item = Result<Frame<Bytes>, Infallible>> {
    // What is told next; `None` after the end.
    let next = Some(Next::Now);
    stream::unfold((view, place, next), |(mut view, place, next)| async move {
        let (text, next) = match next? {
            Next::Now => (event(&mut view), Some(Next::Change)),
            Next::Change => match timeout(HEARTBEAT, view.changed()).await {
                Ok(Ok(())) => (event(&mut view), Some(Next::Change)),
                Ok(Err(_)) => ("event: end\ndata: {}\n\n".to_owned(), None),
                Err(_) => (": still here\n\n".to_owned(), Some(Next::Change)),
            },
        };
        Some((Ok(Frame::data(Bytes::from(text))), (view, place, next)))
    })
}

/// What a live connection tells next.
enum Next {
    /// How things are.
    Now,
    /// How they are when they have changed.
    Change,
}

fn event(view: &mut watch::Receiver<View>) -> String {
    let view = view.borrow_and_update();
    format!("event: state\ndata: {{\"version\":{},\"busy\":{}}}\n\n", view.version, view.busy)
}

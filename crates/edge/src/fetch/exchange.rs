//! One request and the head of its response, on an open connection.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use edge502_rules::Cause;
use edge502_rules::outcome::Nuance;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;

use super::ViewerFault;
use super::attempts::Event;
use super::connection::Connection;
use super::dial::{Tls, handshake_failure};
use super::upload::{Extent, Patience, Progress, Side, Upload};
use crate::OriginFailure;

/// How long a connection taken from the pool may need to finish with its last response.
const SETTLE: Duration = Duration::from_millis(500);

/// Why there is no response.
pub(super) enum Trouble {
    /// The connection was closed before anything was sent; here is the request again.
    NotSent(Box<Request<Upload>>, OriginFailure),
    /// The origin is to blame.
    Origin(Event, OriginFailure),
    /// The viewer did not finish its upload.
    Viewer(ViewerFault),
}

/// Sends `request` and waits for the head of the response, with this patience once the request is out.
pub(super) async fn exchange(
    connection: &mut Connection,
    mut request: Request<Upload>,
    tls: Option<&Tls<'_>>,
    progress: &Progress,
    patience: Patience,
) -> Result<Response<Incoming>, Trouble> {
    let before = connection.received();
    // A pooled connection becomes ready once hyper has put its last response away; a dead one never does.
    let _ = tokio::time::timeout(SETTLE, connection.sender.ready()).await;
    let continued = count_continues(&mut request);
    let sent = connection.sender.try_send_request(request);
    let traffic = connection.traffic();
    match progress.wait(patience, || traffic.heard(), sent).await {
        Ok(Ok(response)) => match fault(&response, continued.load(Ordering::Relaxed)) {
            Some(fault) => Err(unusable(connection, fault)),
            None => Ok(response),
        },
        Err(Side::Viewer) => Err(Trouble::Viewer(progress.fault().unwrap_or(ViewerFault::Unfinished))),
        Err(Side::Origin) => Err(silent(connection, patience, connection.received() - before)),
        Ok(Err(error)) => {
            if let Some(fault) = progress.fault() {
                return Err(Trouble::Viewer(fault));
            }
            let part = connection.received() - before;
            Err(judge(connection, error, part, tls, progress.upload()).await)
        }
    }
}

fn silent(connection: &Connection, patience: Patience, part: u64) -> Trouble {
    let mut evidence = format!("{}: no response within {:?}", connection.peer, patience.gap);
    if part > 0 {
        let _ = write!(evidence, " after {part} bytes of its head");
    }
    let failure = OriginFailure::new(Cause::ResponseTimeout, evidence).on(connection.handshake.clone());
    Trouble::Origin(Event::ResponseTimedOut, failure)
}

/// Counts the interim `100 Continue` that come before the answer.
fn count_continues(request: &mut Request<Upload>) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    hyper::ext::on_informational(request, move |interim| {
        if interim.status() == StatusCode::CONTINUE {
            seen.fetch_add(1, Ordering::Relaxed);
        }
    });
    count
}

/// Why an answer cannot be used although it could be read.
fn fault(response: &Response<Incoming>, continued: usize) -> Option<OriginFailure> {
    let malformed = |evidence| Some(OriginFailure::new(Cause::ResponseMalformed, evidence));
    if response.status().is_informational() {
        // The edge asked for no other protocol, so a 101 is no answer to it.
        return malformed(format!("status {} to a request without Upgrade", response.status().as_u16()));
    }
    if continued > 1 {
        return malformed(format!("{continued} interim responses 100 Continue; CloudFront bears one"));
    }
    super::framing::fault(response)
}

fn unusable(connection: &Connection, mut fault: OriginFailure) -> Trouble {
    fault.evidence = format!("{}: {}", connection.peer, fault.evidence);
    Trouble::Origin(Event::Unusable, fault.on(connection.handshake.clone()))
}

/// What a failed exchange means, `part` being the bytes of an answer that had come.
async fn judge(
    connection: &Connection,
    mut error: TrySendError<Request<Upload>>,
    part: u64,
    tls: Option<&Tls<'_>>,
    upload: Extent,
) -> Trouble {
    if let Some(failure) = late_refusal(connection, tls) {
        return Trouble::Origin(Event::ConnectHopeless, failure);
    }
    let reason = reason(connection, error.error()).await;
    let (event, cause) = classify(reason, part);
    // Of a request without a body, nothing is left to be written when it is waited for an answer.
    let sending = upload == Extent::Part || (upload == Extent::Whole && connection.write_failed());
    let broke = cause == Cause::ConnectionClosedEarly && io_kind(reason).is_some_and(is_reset);
    let mut evidence = format!("{}: {}", connection.peer, in_full(reason));
    if connection.reused {
        evidence.push_str(" (on a connection kept open since an earlier request)");
    }
    if part > 0 {
        let _ = write!(evidence, " after {part} bytes of an answer");
    }
    let failure = if broke && sending {
        OriginFailure::nuanced(Nuance::WriteFailed, evidence)
    } else {
        OriginFailure::new(cause, evidence)
    };
    let failure = failure.on(connection.handshake.clone());
    match error.take_message() {
        Some(request) => Trouble::NotSent(Box::new(request), failure),
        None => Trouble::Origin(event, failure),
    }
}

/// What broke the connection. A request that never reached it is only told that it was turned away; the reason lies
/// behind that, or with the connection itself.
async fn reason<'a>(connection: &'a Connection, error: &'a hyper::Error) -> &'a hyper::Error {
    if !(error.is_canceled() || error.is_closed()) {
        return error;
    }
    let behind = sources(error).find_map(|error| error.downcast_ref());
    match behind {
        Some(reason) => reason,
        None => connection.ended(SETTLE).await.unwrap_or(error),
    }
}

/// The failed handshake that an alert after its end stands for: in TLS 1.3 an origin refuses the client's certificate,
/// or the lack of one, only when the edge has finished (RFC 8446 section 4.4.2.4).
fn late_refusal(connection: &Connection, tls: Option<&Tls<'_>>) -> Option<OriginFailure> {
    let tls = tls.filter(|_| !connection.reused)?;
    let alert = connection.late_alert.as_ref()?.get()?;
    let observation = connection.handshake.as_ref()?.observation.clone();
    let refused = tls.connector.refused_late(observation, alert, &tls.expectation);
    Some(handshake_failure(connection.peer, *refused))
}

/// Event and cause of a failed exchange.
fn classify(error: &hyper::Error, part: u64) -> (Event, Cause) {
    if error.is_parse_too_large() {
        return (Event::Unusable, Cause::ResponseHeadersTooLarge);
    }
    if error.is_parse() {
        return (Event::Unusable, Cause::ResponseMalformed);
    }
    let event = if part == 0 { Event::Died } else { Event::Unusable };
    match io_kind(error) {
        Some(kind) if !is_reset(kind) && kind != io::ErrorKind::UnexpectedEof => (event, Cause::ResponseMalformed),
        // Bytes that came before the request: the server's greeting in another protocol.
        None if !(error.is_incomplete_message() || error.is_canceled() || error.is_closed()) => {
            (event, Cause::ResponseMalformed)
        }
        _ => (event, Cause::ConnectionClosedEarly),
    }
}

fn is_reset(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe)
}

/// What an error in the viewer's body says about the viewer: a body that breaks the rules comes from one that is there.
pub(super) fn viewer_fault(error: &hyper::Error) -> ViewerFault {
    match io_kind(error) {
        Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => ViewerFault::Unfinished,
        _ => ViewerFault::Left,
    }
}

/// Whether the connection ended without the formalities of TLS or HTTP.
pub(super) fn is_end_of_stream(error: &hyper::Error) -> bool {
    io_kind(error) == Some(io::ErrorKind::UnexpectedEof)
}

fn io_kind(error: &hyper::Error) -> Option<io::ErrorKind> {
    sources(error).find_map(|error| error.downcast_ref::<io::Error>()).map(io::Error::kind)
}

/// What lies behind an error, nearest first.
fn sources(error: &hyper::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |&error| error.source())
}

/// An error with everything that lies behind it.
pub(super) fn in_full(error: &hyper::Error) -> String {
    sources(error).fold(error.to_string(), |mut text, source| {
        let _ = write!(text, ": {source}");
        text
    })
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

    use super::*;
    use crate::tasks::Tasks;

    /// A peer whose first words come when `early` polls have found nothing: a greeting, or a reset.
    struct Peer {
        early: u32,
        greeting: Option<&'static [u8]>,
    }

    impl AsyncRead for Peer {
        fn poll_read(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            if self.early > 0 {
                self.early -= 1;
                return Poll::Pending;
            }
            let Some(greeting) = self.greeting else { return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())) };
            context.waker().wake_by_ref();
            buffer.put_slice(greeting);
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for Peer {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    /// The failure of a request that never reached `peer`.
    async fn turned_away(peer: Peer, ended_before: bool) -> OriginFailure {
        let (tasks, address) = (Tasks::default(), ([127, 0, 0, 1], 443).into());
        let mut connection = Connection::start(peer, address, None, None, &tasks).await.unwrap();
        if ended_before {
            connection.ended(Duration::from_secs(1)).await.expect("the peer has spoken");
        }
        let progress = Progress::new();
        let request = Request::new(Upload::new(None, progress.clone()));
        let patience = Patience { gap: Duration::from_secs(1), end: None };
        match exchange(&mut connection, request, None, &progress, patience).await {
            Err(Trouble::NotSent(_, failure)) => failure,
            Err(Trouble::Origin(_, failure)) => panic!("sent: {failure}"),
            _ => panic!("nothing can have been sent"),
        }
    }

    #[tokio::test]
    async fn a_connection_that_broke_before_the_request_says_why() {
        let failure = turned_away(Peer { early: 0, greeting: None }, true).await;
        assert_eq!(failure.cause, Cause::ConnectionClosedEarly, "{failure}");
    }

    #[tokio::test]
    async fn a_greeting_is_malformed_whenever_it_meets_the_request() {
        let greeting = Some(&b"220 mail.shop.test ESMTP\r\n"[..]);
        // Before the request is there; with it in hand; and in between.
        for (early, ended_before) in [(0, true), (1, false), (0, false)] {
            let failure = turned_away(Peer { early, greeting }, ended_before).await;
            assert_eq!(failure.cause, Cause::ResponseMalformed, "{early}, {ended_before}: {failure}");
        }
    }
}

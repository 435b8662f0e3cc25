//! HTTP/1.1 as an origin speaks it.
//!
//! Written by hand on purpose: sound and broken answers are both just bytes, and the history keeps request heads as
//! they were on the wire, in order and with their case, which HTTP libraries do not hand out.

pub(crate) mod answer;
mod request;

use std::{io, time::Duration};

use tokio::{io::AsyncWriteExt, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    connection::Ending,
    history::{Negotiated, PortKind, Recorder, RequestRecord},
    plan::Plan,
    tls::Stream,
};
use answer::{Facts, Then};
use request::{Next, RequestReader};

/// How long an answer may take to be written.
const WRITE_BOUND: Duration = Duration::from_secs(30);

/// The connection that requests come in on.
pub(crate) struct Context<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) recorder: &'a Recorder,
    pub(crate) stop: &'a CancellationToken,
    pub(crate) port: PortKind,
    pub(crate) sni: Option<&'a str>,
    pub(crate) negotiated: Option<&'a Negotiated>,
}

/// Answers requests until one side ends the connection. On [`Ending::Origin`] the connection is still to be closed.
pub(crate) async fn serve(stream: &mut Stream, context: &Context<'_>) -> Ending {
    let mut reader = RequestReader::default();
    let mut answered = 0;
    loop {
        let request = match next(&mut reader, stream, context).await {
            Ok(request) => request,
            Err(ending) => return ending,
        };
        context.recorder.update(|record| record.requests.push(request.clone()));
        if context.plan.spec.http.answers_per_connection.is_some_and(|limit| answered >= limit) {
            return Ending::Origin;
        }
        if let Err(ending) = respond(&mut reader, stream, context, &request).await {
            return ending;
        }
        answered += 1;
    }
}

/// The next request, or how the connection ends in place of one.
async fn next(reader: &mut RequestReader, stream: &mut Stream, context: &Context<'_>) -> Result<RequestRecord, Ending> {
    match reader.next(stream, context.stop).await {
        Ok(Next::Request(request)) => Ok(request),
        Ok(Next::Malformed) => {
            write(stream, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await?;
            Err(Ending::Origin)
        }
        Ok(Next::Closed) => Err(Ending::Client(Ok(()))),
        Ok(Next::TimedOut) => Err(Ending::TimedOut),
        Ok(Next::Stopped) => Err(Ending::Origin),
        Err(error) => Err(Ending::Client(Err(error))),
    }
}

/// Answers one request; an error is how the connection ends.
async fn respond(
    reader: &mut RequestReader,
    stream: &mut Stream,
    context: &Context<'_>,
    request: &RequestRecord,
) -> Result<(), Ending> {
    think(reader, stream, context).await?;
    let answer = answer::answer(&Facts {
        spec: &context.plan.spec,
        port: context.port,
        sni: context.sni,
        negotiated: context.negotiated,
        now: context.plan.clock.now(),
        request,
    });
    write(stream, &answer.bytes).await?;
    match answer.then {
        Then::KeepAlive => Ok(()),
        Then::Close => Err(Ending::Origin),
        Then::Reset => {
            stream.tap().reset_on_drop();
            Err(Ending::OriginAbrupt)
        }
        Then::Stall => Err(until_the_client_leaves(reader, stream, context).await),
    }
}

/// The time the origin takes before it answers, as its specification says. A client that leaves ends it.
async fn think(reader: &mut RequestReader, stream: &mut Stream, context: &Context<'_>) -> Result<(), Ending> {
    let delay = Duration::from_millis(context.plan.spec.http.delay_ms);
    if delay.is_zero() {
        return Ok(());
    }
    timeout(delay, until_the_client_leaves(reader, stream, context)).await.map_or(Ok(()), Err)
}

async fn until_the_client_leaves(reader: &mut RequestReader, stream: &mut Stream, context: &Context<'_>) -> Ending {
    context.stop.run_until_cancelled(reader.end(stream)).await.map_or(Ending::Origin, Ending::Client)
}

async fn write(stream: &mut Stream, bytes: &[u8]) -> Result<(), Ending> {
    let all = async {
        stream.write_all(bytes).await?;
        stream.flush().await
    };
    match timeout(WRITE_BOUND, all).await {
        Ok(written) => written.map_err(|error: io::Error| Ending::Client(Err(error))),
        Err(_) => Err(Ending::TimedOut),
    }
}

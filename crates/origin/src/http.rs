//! HTTP/1.1 as an origin speaks it.
//!
//! Written by hand on purpose: sound and broken answers are both just bytes, and the history keeps request heads as
//! they were on the wire, in order and with their case, which HTTP libraries do not hand out.

pub(crate) mod answer;
mod request;

use std::{convert::Infallible, io, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{
    connection::Ending,
    history::{Negotiated, PortKind, Recorder, RequestRecord},
    plan::Plan,
    spec::{AnswerAt, HttpSpec, Question},
    tls::Stream,
};
use answer::{Answer, Facts, Then};
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
    let mut conversation = Conversation { reader: RequestReader::default(), stream, context, answered: 0 };
    match conversation.hold().await {
        Ok(never) => match never {},
        Err(ending) => ending,
    }
}

/// Requests and answers on one connection; an error is how it ends.
struct Conversation<'a> {
    reader: RequestReader,
    stream: &'a mut Stream,
    context: &'a Context<'a>,
    answered: u32,
}

impl Conversation<'_> {
    async fn hold(&mut self) -> Result<Infallible, Ending> {
        let http = &self.context.plan.spec.http;
        if http.answer_at == AnswerAt::Connection {
            self.respond(http, &unasked(&self.context.plan.spec.name)).await?;
        }
        loop {
            let mut request = self.next().await?;
            if http.answer_at != AnswerAt::Head {
                request.body_len = self.body().await?;
            }
            let nth = self.context.recorder.request(request.clone());
            if http.answers_per_connection.is_some_and(|limit| self.answered >= limit) {
                return Err(Ending::Origin);
            }
            let tls = self.context.negotiated.map(|_| self.context.sni);
            let http = http.answering(&Question { request: &request, tls, nth });
            self.respond(http, &request).await?;
            self.answered += 1;
            // What is left of an upload that was answered early.
            self.body().await?;
        }
    }

    /// The head of the next request, or how the connection ends in place of one.
    async fn next(&mut self) -> Result<RequestRecord, Ending> {
        let idle = self.context.plan.spec.http.idle_close_ms.filter(|_| self.answered > 0).map(Duration::from_millis);
        match self.reader.next(self.stream, self.context.stop, idle).await {
            Ok(Next::Request(request)) => Ok(request),
            Ok(Next::Malformed) => Err(self.refuse().await),
            Ok(Next::Closed) => Err(Ending::Client(Ok(()))),
            Ok(Next::TimedOut) if idle.is_some() => Err(Ending::Origin),
            Ok(Next::TimedOut) => Err(Ending::TimedOut),
            Ok(Next::Stopped) => Err(Ending::Origin),
            Err(error) => Err(Ending::Client(Err(error))),
        }
    }

    /// Reads what is left of the request; its length.
    async fn body(&mut self) -> Result<u64, Ending> {
        match self.reader.body(self.stream).await {
            Ok(Some(length)) => Ok(length),
            Ok(None) => Err(self.refuse().await),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(Ending::TimedOut),
            Err(error) => Err(Ending::Client(Err(error))),
        }
    }

    async fn refuse(&mut self) -> Ending {
        let answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        self.write(answer).await.err().unwrap_or(Ending::Origin)
    }

    /// Answers one request as `http` says.
    async fn respond(&mut self, http: &HttpSpec, request: &RequestRecord) -> Result<(), Ending> {
        if self.context.plan.spec.tls.renegotiate && self.context.negotiated.is_some() {
            return Err(renegotiate(self.stream, self.context).await);
        }
        self.pause(http.delay_ms).await?;
        let answer = answer::answer(&Facts {
            spec: &self.context.plan.spec,
            http,
            port: self.context.port,
            sni: self.context.sni,
            negotiated: self.context.negotiated,
            now: self.context.plan.clock.now(),
            request,
        });
        match http.drip_ms {
            Some(gap) => self.drip(&answer, gap).await?,
            None => self.write(&answer.bytes).await?,
        }
        match answer.then {
            Then::KeepAlive => Ok(()),
            Then::Close => Err(Ending::Origin),
            Then::Reset => {
                self.stream.tap().reset_on_drop();
                Err(Ending::OriginAbrupt)
            }
            Then::Stall => Err(self.until_the_client_leaves().await),
        }
    }

    /// The head at once, then the body byte by byte.
    async fn drip(&mut self, answer: &Answer, gap: u64) -> Result<(), Ending> {
        let (head, body) = answer.bytes.split_at(answer.body_at);
        self.write(head).await?;
        for byte in body.chunks(1) {
            self.pause(gap).await?;
            self.write(byte).await?;
        }
        Ok(())
    }

    /// Does nothing for some time. A client that leaves ends it.
    async fn pause(&mut self, milliseconds: u64) -> Result<(), Ending> {
        if milliseconds == 0 {
            return Ok(());
        }
        let time = Duration::from_millis(milliseconds);
        timeout(time, self.until_the_client_leaves()).await.map_or(Ok(()), Err)
    }

    async fn until_the_client_leaves(&mut self) -> Ending {
        let left = self.reader.end(self.stream);
        self.context.stop.run_until_cancelled(left).await.map_or(Ending::Origin, Ending::Client)
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Ending> {
        let all = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        match timeout(WRITE_BOUND, all).await {
            Ok(written) => written.map_err(|error: io::Error| Ending::Client(Err(error))),
            Err(_) => Err(Ending::TimedOut),
        }
    }
}

/// Asks the client to negotiate anew and waits for what it says to that. The TLS library knows nothing of it, so the
/// connection ends with it.
async fn renegotiate(stream: &mut Stream, context: &Context<'_>) -> Ending {
    let Some(record) = stream.hello_request() else { return Ending::Origin };
    let tap = stream.tap_mut();
    tap.say(&record).await;
    let mut first = [0];
    match context.stop.run_until_cancelled(tap.read(&mut first)).await {
        Some(Ok(1..)) => context.recorder.update(|record| record.renegotiation_reply = Some(first[0])),
        Some(Err(error)) => return Ending::Client(Err(error)),
        Some(Ok(_)) => return Ending::Client(Ok(())),
        None => {}
    }
    tap.close(context.stop).await;
    Ending::OriginAbrupt
}

/// What an origin answers that was asked nothing.
pub(crate) fn unasked(name: &str) -> RequestRecord {
    RequestRecord {
        method: "GET".to_owned(),
        target: "/".to_owned(),
        version: "HTTP/1.1".to_owned(),
        headers: vec![("Host".to_owned(), name.to_owned())],
        body_len: 0,
    }
}

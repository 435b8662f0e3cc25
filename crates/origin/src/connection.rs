//! One connection from accept to end: faults in their order, then TLS, then HTTP.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    gate::FirstFlight,
    history::{End, History, Negotiated, PortKind, Recorder},
    http,
    plan::{Act, Choice, Conduct, Plan},
    spec::{AnswerAt, ProxyProtocol, Stage},
    tap::{BrokenOff, Tap, TcpEnd},
    tls::{Acceptor, Stream},
};

/// How long a TLS handshake may take once the ClientHello is there.
const HANDSHAKE_BOUND: Duration = Duration::from_secs(30);

/// How long `close_notify` may take to be written.
const GOODBYE_BOUND: Duration = Duration::from_secs(2);

/// Levels of an alert, and the content type of its record (RFC 8446 section 6).
const ALERT_FATAL: u8 = 2;
const ALERT_WARNING: u8 = 1;
const ALERT_RECORD: u8 = 21;

/// How much of a ServerHello is half of one: its head and a part of its random.
pub(crate) const HALF_SERVER_HELLO: usize = 20;

/// What a load balancer with the PROXY protocol sends first, version 1.
pub(crate) const PROXY_LINE: &[u8] = b"PROXY TCP4 192.0.2.1 192.0.2.2 49152 443\r\n";

/// Who ended a connection.
#[derive(Debug)]
pub(crate) enum Ending {
    /// The client did: in an orderly way, or so that reading or writing failed.
    Client(io::Result<()>),
    /// The origin does, in an orderly way that is still to come.
    Origin,
    /// The origin does, and what is still to be said is said.
    OriginAbrupt,
    /// The origin says nothing any more and waits for the client to go.
    Stalled,
    /// The client said nothing for too long.
    TimedOut,
}

/// Why a client is not served whatever it says next.
enum Unserved {
    /// The origin stops.
    Stopped,
    /// The PROXY protocol is expected, and the client does not speak it.
    NoProxyLine,
}

/// A connection that the origin has accepted.
pub(crate) struct Connection {
    pub(crate) plan: Arc<Plan>,
    pub(crate) port: PortKind,
    /// Cancelled when the origin stops or gets another plan.
    pub(crate) stop: CancellationToken,
    recorder: Recorder,
}

impl Connection {
    pub(crate) fn new(
        plan: Arc<Plan>,
        port: PortKind,
        peer: SocketAddr,
        history: &History,
        stop: CancellationToken,
    ) -> Self {
        Self { plan, port, stop, recorder: history.open(port, peer) }
    }

    /// Serves the connection to its end.
    pub(crate) async fn serve(self, tcp: TcpStream) {
        // Fails only on a connection that is gone, which the first read will show.
        let _ = tcp.set_nodelay(true);
        let (mut stream, ending) = self.converse(tcp).await;
        if matches!(ending, Ending::Stalled) {
            stream.tap_mut().drain(&self.stop).await;
        }
        self.record_end(&stream, &ending);
        match ending {
            Ending::Client(Ok(())) | Ending::Origin | Ending::TimedOut => {
                // The client may be gone already; nothing is owed to it.
                let _ = timeout(GOODBYE_BOUND, stream.shutdown()).await;
                stream.tap_mut().close(&self.stop).await;
            }
            Ending::Client(Err(_)) => stream.tap_mut().close(&self.stop).await,
            Ending::OriginAbrupt | Ending::Stalled => {}
        }
    }

    async fn converse(&self, tcp: TcpStream) -> (Stream, Ending) {
        let (conduct, mut tap) = (self.conduct(), Tap::new(tcp));
        if let Some(act) = conduct.act_after(Stage::Accept) {
            return self.act(Stream::Plain(tap), act).await;
        }
        if !conduct.tls && self.plan.spec.http.answer_at == AnswerAt::Connection {
            // It does not wait to hear what the client speaks.
            return self.answer(Stream::Plain(tap), None, None).await;
        }
        let flight = match self.first_flight(&mut tap).await {
            Ok(flight) => flight,
            Err(Unserved::Stopped) => return (Stream::Plain(tap), Ending::Origin),
            Err(Unserved::NoProxyLine) => return self.act(Stream::Plain(tap), &Act::Close).await,
        };
        self.recorder.update(|record| {
            record.first_flight.clone_from(&flight.bytes);
            record.client_hello.clone_from(&flight.hello);
        });
        let sni = flight.hello.and_then(|hello| hello.server_name);
        let length = flight.bytes.len();
        tap.unread(flight.bytes);
        if !conduct.tls {
            return self.answer(Stream::Plain(tap), sni.as_deref(), None).await;
        }
        if flight.timed_out {
            return (Stream::Plain(tap), Ending::TimedOut);
        }
        if let Some(act) = conduct.act_after_hello(length) {
            return self.act(Stream::Plain(tap), act).await;
        }
        if let Some(number) = conduct.warning {
            tap.say(&[ALERT_RECORD, 3, 3, 0, 2, ALERT_WARNING, number]).await;
        }
        self.secure(tap, sni.as_deref()).await
    }

    /// What the client said first, as it looks behind the PROXY protocol if that is in the way.
    async fn first_flight(&self, tap: &mut Tap) -> Result<FirstFlight, Unserved> {
        let flight = self.read_flight(tap).await?;
        match self.conduct().proxy_protocol {
            ProxyProtocol::None => Ok(flight),
            ProxyProtocol::Unexpected => Ok(flight.behind(PROXY_LINE)),
            ProxyProtocol::Expected => {
                let Some(rest) = flight.without_proxy_line() else {
                    self.recorder.update(|record| record.first_flight = flight.bytes);
                    return Err(Unserved::NoProxyLine);
                };
                tap.unread(rest);
                self.read_flight(tap).await
            }
        }
    }

    async fn read_flight(&self, tap: &mut Tap) -> Result<FirstFlight, Unserved> {
        self.stop.run_until_cancelled(FirstFlight::read(tap)).await.ok_or(Unserved::Stopped)
    }

    async fn secure(&self, tap: Tap, sni: Option<&str>) -> (Stream, Ending) {
        match self.plan.choose(sni) {
            Choice::Site(site) => self.shake_hands(&site.acceptor, tap, sni).await,
            Choice::Act(act) => self.act(Stream::Plain(tap), act).await,
        }
    }

    async fn shake_hands(&self, acceptor: &Acceptor, mut tap: Tap, sni: Option<&str>) -> (Stream, Ending) {
        let conduct = self.conduct();
        let fault = conduct.fault_in_flight();
        if let Some(fault) = fault {
            tap.trap();
            match fault.after {
                Stage::HalfServerHello => tap.cut(|length| length.min(HALF_SERVER_HELLO)),
                Stage::HalfFlight => tap.cut(|length| length / 2),
                _ => {}
            }
        }
        tap.limit(self.handshake_limit());
        let (mut stream, result) = acceptor.accept(tap).await;
        stream.tap_mut().lift_limit();
        if stream.tap().seen().broken_off == Some(BrokenOff::Trap)
            && let Some(fault) = fault
        {
            return self.act(stream, &fault.act).await;
        }
        let session = match result {
            Ok(session) => session,
            Err(_) if self.stop.is_cancelled() => return (stream, Ending::Origin),
            Err(_) if stream.tap().seen().broken_off == Some(BrokenOff::Limit) => return (stream, Ending::TimedOut),
            Err(error) => return (stream, Ending::Client(Err(error))),
        };
        self.recorder.update(|record| {
            record.negotiated = Some(session.negotiated.clone());
            record.client_certificate = session.client_certificate;
        });
        if let Some(act) = conduct.act_after(Stage::Finished) {
            return self.act(stream, act).await;
        }
        self.answer(stream, sni, Some(&session.negotiated)).await
    }

    /// Done when the handshake has had its time, or the origin stops.
    fn handshake_limit(&self) -> impl Future<Output = ()> + Send + 'static {
        let stop = self.stop.clone();
        async move {
            let _ = timeout(HANDSHAKE_BOUND, stop.cancelled()).await;
        }
    }

    async fn answer(&self, mut stream: Stream, sni: Option<&str>, negotiated: Option<&Negotiated>) -> (Stream, Ending) {
        let context = http::Context {
            plan: &self.plan,
            recorder: &self.recorder,
            stop: &self.stop,
            port: self.port,
            sni,
            negotiated,
        };
        let ending = http::serve(&mut stream, &context).await;
        (stream, ending)
    }

    /// Breaks off as stated, below TLS.
    async fn act(&self, mut stream: Stream, act: &Act) -> (Stream, Ending) {
        let tap = stream.tap_mut();
        match act {
            Act::Close => {}
            Act::Reset => tap.reset_on_drop(),
            Act::Stall => return (stream, Ending::Stalled),
            Act::Alert(number) => tap.say(&[ALERT_RECORD, 3, 3, 0, 2, ALERT_FATAL, *number]).await,
            Act::Say(bytes) => tap.say(bytes).await,
        }
        self.record_end(&stream, &Ending::OriginAbrupt);
        if *act != Act::Reset {
            stream.tap_mut().close(&self.stop).await;
        }
        (stream, Ending::OriginAbrupt)
    }

    fn conduct(&self) -> &Conduct {
        self.plan.conduct(self.port)
    }

    fn record_end(&self, stream: &Stream, ending: &Ending) {
        let seen = stream.tap().seen();
        let alert = seen.alert.or_else(|| match ending {
            Ending::Client(Ok(())) => stream.ended_with_close_notify().then_some(0),
            Ending::Client(Err(error)) => Stream::received_alert(error),
            _ => None,
        });
        let end = match (ending, alert, seen.end) {
            (Ending::TimedOut, ..) => End::TimedOut,
            (Ending::Origin | Ending::OriginAbrupt, ..) | (_, None, None) => End::Origin,
            (_, Some(0), _) => End::CloseNotify,
            (_, Some(_), _) => End::Alert,
            (_, None, Some(TcpEnd::Reset)) => End::Reset,
            (_, None, Some(TcpEnd::Eof)) => End::Eof,
        };
        self.recorder.update(|record| {
            record.alert = alert;
            record.end = Some(end);
        });
    }
}

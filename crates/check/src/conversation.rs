//! What was said between this machine, name servers and the origin, in the order in which it was said.

use edge502_edge::{HandshakeReport, Milestone};
use edge502_handshake::Observation;
use edge502_handshake::wire::{CipherSuite, ClientHello, ServerHello};
use edge502_rules::Phase;
use edge502_rules::certificate::Certificate;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::time::Instant;

use crate::report::Event;

/// A conversation while it is held.
pub(crate) struct Conversation {
    start: Instant,
    events: Vec<Event>,
    phase: Phase,
    listener: UnboundedSender<(Instant, Milestone)>,
    milestones: UnboundedReceiver<(Instant, Milestone)>,
}

impl Conversation {
    /// One that begins now.
    pub(crate) fn begin() -> Self {
        let (listener, milestones) = mpsc::unbounded_channel();
        Self { start: Instant::now(), events: Vec::new(), phase: Phase::Resolve, listener, milestones }
    }

    /// When it began.
    pub(crate) fn start(&self) -> Instant {
        self.start
    }

    /// What was going on when it was last caught up with.
    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    /// For the client that goes to the origin.
    pub(crate) fn listener(&self) -> UnboundedSender<(Instant, Milestone)> {
        self.listener.clone()
    }

    /// Adds what happens now.
    pub(crate) fn tell(&mut self, text: String) {
        self.tell_at(Instant::now(), text);
    }

    /// Adds what happened on the way to the origin since the last time, and what `handshake` showed.
    pub(crate) fn catch_up(&mut self, handshake: Option<&HandshakeReport>) {
        while let Ok((at, milestone)) = self.milestones.try_recv() {
            self.phase = phase_after(&milestone);
            let shook_hands = matches!(milestone, Milestone::ShookHands { .. });
            for line in handshake.filter(|_| shook_hands).into_iter().flat_map(|report| shown(&report.observation)) {
                self.tell_at(at, line);
            }
            self.tell_at(at, milestone.to_string());
        }
    }

    pub(crate) fn into_events(self) -> Vec<Event> {
        self.events
    }

    fn tell_at(&mut self, at: Instant, text: String) {
        let ms = at.saturating_duration_since(self.start).as_millis();
        self.events.push(Event { ms: u64::try_from(ms).unwrap_or(u64::MAX), text });
    }
}

/// What comes next. Over HTTP, where no handshake follows, the request does so at once.
fn phase_after(milestone: &Milestone) -> Phase {
    match milestone {
        Milestone::LookingUp { .. } => Phase::Resolve,
        Milestone::Resolved { .. } | Milestone::Connecting { .. } => Phase::Connect,
        Milestone::Connected { .. } => Phase::Handshake,
        Milestone::ShookHands { .. } | Milestone::Sending => Phase::Exchange,
    }
}

/// What a handshake showed, one line a message.
fn shown(observation: &Observation) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(observation.client_hello.as_ref().map(client_hello));
    lines.extend(observation.hello_retry_request.as_ref().map(|hello| server_hello("HelloRetryRequest", hello, None)));
    let group = observation.group.map(|group| group.to_string());
    lines.extend(observation.server_hello.as_ref().map(|hello| server_hello("ServerHello", hello, group)));
    if let Some(chain) = &observation.served_chain {
        lines.push(format!("< Certificate: {} in {} bytes", chain.len(), chain.iter().map(Vec::len).sum::<usize>()));
        lines.extend(chain.iter().enumerate().map(|(position, der)| certificate(position, der)));
    }
    if observation.certificate_request {
        let authorities = observation.client_certificate_authorities.len();
        lines.push(format!("< CertificateRequest, naming {authorities} authorities"));
    }
    lines.extend(observation.alert.as_ref().map(|alert| format!("< {alert}")));
    let error = observation.library_error.as_ref().map(|error| format!(", {} ({})", error.name, error.message));
    let took = observation.elapsed.as_secs_f64() * 1e3;
    lines.push(format!("ended after {took:.1} ms: {:?}{}", observation.end, error.unwrap_or_default()));
    lines
}

fn client_hello(hello: &ClientHello) -> String {
    let versions: Vec<String> = hello.versions().iter().map(ToString::to_string).collect();
    let groups: Vec<String> = hello.groups.iter().map(ToString::to_string).collect();
    let sni = hello.server_name.as_ref().map_or_else(|| "no SNI".to_owned(), |name| format!("SNI {name}"));
    let alpn = if hello.alpn.is_empty() { "no ALPN" } else { "ALPN" };
    format!(
        "> ClientHello, {} bytes: {}, {sni}, {} cipher suites, groups {}, {} signature schemes, {alpn}",
        hello.length,
        versions.join(" "),
        hello.cipher_suites.len(),
        groups.join(" "),
        hello.signature_schemes.len()
    )
}

fn server_hello(name: &str, hello: &ServerHello, group: Option<String>) -> String {
    let version = hello.version().map_or_else(|| format!("version 0x{:04X}", hello.version_code), |v| v.to_string());
    let group = group.or_else(|| hello.group.map(|group| group.to_string()));
    let group = group.map(|group| format!(", group {group}")).unwrap_or_default();
    format!("< {name}: {version}, {}{group}", suite(hello.cipher_suite))
}

/// A cipher suite as OpenSSL writes it.
pub(crate) fn suite(suite: CipherSuite) -> String {
    suite.openssl_name().map_or_else(|| suite.to_string(), str::to_owned)
}

fn certificate(position: usize, der: &[u8]) -> String {
    match Certificate::parse(der) {
        Ok(certificate) => format!(
            "<   {position}: {}, by {}, {} to {}, {}, {}",
            certificate.subject,
            certificate.issuer,
            certificate.not_before.date(),
            certificate.not_after.date(),
            certificate.key,
            certificate.signature
        ),
        Err(unreadable) => format!("<   {position}: {unreadable}"),
    }
}

//! What an origin saw: one record per connection, readable while the origin runs.
//!
//! The history answers "what did CloudFront send?" (SNI, versions, suites, request head) and lets tests wait for an
//! event in place of sleeping.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use edge502_handshake::wire::ClientHello;
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

/// A handle to the history of one origin; clones share it.
#[derive(Debug, Clone)]
pub struct History {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    started: Instant,
    connections: Mutex<Connections>,
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Connections {
    next: u64,
    records: BTreeMap<u64, ConnectionRecord>,
    /// Connections that were open when the history was cleared. Their next request brings them back.
    cleared: BTreeMap<u64, ConnectionRecord>,
}

/// One connection as the origin saw it. Fields fill up while the connection lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionRecord {
    /// The port it came in on.
    pub port: PortKind,
    /// The client's address.
    pub peer: SocketAddr,
    /// When it was accepted, counted from the start of the origin (tokio's clock).
    pub accepted_at: Duration,
    /// The first bytes the client sent: its ClientHello, in TLS records as on the wire, or what it sent instead. Empty
    /// if the origin did not read.
    pub first_flight: Vec<u8>,
    /// The ClientHello with the SNI, versions, suites and groups the client offered; `None` if the first bytes are
    /// none, or it was not read.
    pub client_hello: Option<ClientHello>,
    /// What was negotiated; `None` as long as the handshake is not complete.
    pub negotiated: Option<Negotiated>,
    /// The certificate the client presented, DER; `None` if it presented none or the handshake was not completed.
    pub client_certificate: Option<Vec<u8>>,
    /// What the client did when it was asked to negotiate anew: the content type of its next record (22 for a
    /// ClientHello, 21 for an alert, which may be a refusal).
    pub renegotiation_reply: Option<u8>,
    /// The requests, in order.
    pub requests: Vec<RequestRecord>,
    /// The alert the client sent (RFC 8446 section 6); 0 is `close_notify`.
    pub alert: Option<u8>,
    /// How it ended; `None` while it is open.
    pub end: Option<End>,
}

/// The port a connection came in on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PortKind {
    /// The port for `HTTPSPort`.
    Https,
    /// The port for `HTTPPort`.
    Http,
}

/// The outcome of a completed TLS handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Negotiated {
    /// Protocol version as CloudFront spells it: `SSLv3`, `TLSv1`, `TLSv1.1`, `TLSv1.2`, `TLSv1.3`.
    pub version: String,
    /// Cipher suite, IANA name.
    pub cipher_suite: String,
}

/// A request as the client wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// The method, for example `GET`.
    pub method: String,
    /// The request target as written.
    pub target: String,
    /// The version as written, for example `HTTP/1.1`.
    pub version: String,
    /// Header names and values in order, with case as written; bytes that are not UTF-8 are replaced.
    pub headers: Vec<(String, String)>,
    /// Length of the body in bytes, without chunk framing.
    pub body_len: u64,
}

impl RequestRecord {
    /// The first value of a header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// How a connection ended, as far as the origin could see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The client said goodbye with `close_notify`. An s2n-tls client does so too when it refuses a certificate.
    CloseNotify,
    /// The client sent a fatal alert: see [`ConnectionRecord::alert`].
    Alert,
    /// The client closed the TCP connection (FIN), without `close_notify` if it was a TLS connection.
    Eof,
    /// The client reset the TCP connection.
    Reset,
    /// The origin ended it: as stated in its specification, after its answer, or because the client offered nothing
    /// that suits.
    Origin,
    /// The client said nothing for longer than the origin waits.
    TimedOut,
}

/// [`History::wait_for`] ran into its bound.
#[derive(Debug, thiserror::Error)]
#[error("the awaited connection did not show up within {bound:?}; the origin saw {seen:#?}")]
pub struct WaitError {
    /// How long it waited.
    pub bound: Duration,
    /// The history at that moment.
    pub seen: Vec<ConnectionRecord>,
}

impl History {
    pub(crate) fn new() -> Self {
        let (changed, _) = watch::channel(());
        Self { shared: Arc::new(Shared { started: Instant::now(), connections: Mutex::default(), changed }) }
    }

    /// A copy of all records, in the order the connections came in.
    pub fn snapshot(&self) -> Vec<ConnectionRecord> {
        self.lock().records.values().cloned().collect()
    }

    /// Forgets everything; a connection that is still open is recorded again from its next request on.
    pub fn clear(&self) {
        let mut connections = self.lock();
        let records = std::mem::take(&mut connections.records);
        connections.cleared.extend(records.into_iter().filter(|(_, record)| record.end.is_none()));
        for record in connections.cleared.values_mut() {
            record.requests.clear();
        }
        drop(connections);
        self.shared.changed.send_replace(());
    }

    /// Waits until the records satisfy the predicate, at most `bound`, and returns them.
    pub async fn wait_for(
        &self,
        predicate: impl Fn(&[ConnectionRecord]) -> bool,
        bound: Duration,
    ) -> Result<Vec<ConnectionRecord>, WaitError> {
        let mut changed = self.shared.changed.subscribe();
        let satisfied = async {
            loop {
                let records = self.snapshot();
                if predicate(&records) {
                    return records;
                }
                changed.changed().await.expect("the history holds the sender");
            }
        };
        timeout(bound, satisfied).await.map_err(|_| WaitError { bound, seen: self.snapshot() })
    }

    /// Opens a record for an accepted connection.
    pub(crate) fn open(&self, port: PortKind, peer: SocketAddr) -> Recorder {
        let record = ConnectionRecord {
            port,
            peer,
            accepted_at: self.shared.started.elapsed(),
            first_flight: Vec::new(),
            client_hello: None,
            negotiated: None,
            client_certificate: None,
            renegotiation_reply: None,
            requests: Vec::new(),
            alert: None,
            end: None,
        };
        let id = {
            let mut connections = self.lock();
            let id = connections.next;
            connections.next += 1;
            connections.records.insert(id, record);
            id
        };
        self.shared.changed.send_replace(());
        Recorder { history: self.clone(), id }
    }

    fn lock(&self) -> MutexGuard<'_, Connections> {
        // A record is valid after every single assignment, so a panic elsewhere cannot have left a bad one.
        self.shared.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes the record of one connection.
#[derive(Debug)]
pub(crate) struct Recorder {
    history: History,
    id: u64,
}

impl Recorder {
    /// Changes the record, also one that was cleared and may come back.
    pub(crate) fn update(&self, change: impl FnOnce(&mut ConnectionRecord)) {
        let mut connections = self.history.lock();
        let connections = &mut *connections;
        if let Some(record) = connections.records.get_mut(&self.id).or_else(|| connections.cleared.get_mut(&self.id)) {
            change(record);
        }
        self.history.shared.changed.send_replace(());
    }

    /// Notes a request; returns the how manieth it is, over all connections, since the history was cleared.
    pub(crate) fn request(&self, request: RequestRecord) -> usize {
        let number = {
            let mut connections = self.history.lock();
            if let Some(record) = connections.cleared.remove(&self.id) {
                connections.records.insert(self.id, record);
            }
            if let Some(record) = connections.records.get_mut(&self.id) {
                record.requests.push(request);
            }
            connections.records.values().map(|record| record.requests.len()).sum()
        };
        self.history.shared.changed.send_replace(());
        number
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.history.lock().cleared.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer() -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 50_000))
    }

    fn request(target: &str) -> RequestRecord {
        RequestRecord {
            method: "GET".to_owned(),
            target: target.to_owned(),
            version: "HTTP/1.1".to_owned(),
            headers: Vec::new(),
            body_len: 0,
        }
    }

    #[tokio::test]
    async fn waiting_ends_with_the_awaited_change() {
        let history = History::new();
        let recorder = history.open(PortKind::Http, peer());
        let waiting = history.wait_for(|records| records[0].end.is_some(), Duration::from_secs(5));
        let change = async { recorder.update(|record| record.end = Some(End::Eof)) };
        let (records, ()) = tokio::join!(waiting, change);
        assert_eq!(records.unwrap()[0].end, Some(End::Eof));
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_is_bounded_and_tells_what_it_saw() {
        let history = History::new();
        let _recorder = history.open(PortKind::Https, peer());
        let error = history.wait_for(|records| records.len() == 2, Duration::from_mins(1)).await.unwrap_err();
        assert_eq!(error.seen.len(), 1);
    }

    #[tokio::test]
    async fn a_cleared_history_stays_clear() {
        let history = History::new();
        let recorder = history.open(PortKind::Http, peer());
        history.clear();
        recorder.update(|record| record.end = Some(End::Reset));
        assert!(history.snapshot().is_empty());
    }

    #[tokio::test]
    async fn an_open_connection_comes_back_with_its_next_request() {
        let history = History::new();
        let (kept, gone) = (history.open(PortKind::Http, peer()), history.open(PortKind::Http, peer()));
        kept.update(|record| {
            record.negotiated = Some(Negotiated { version: "TLSv1.3".to_owned(), cipher_suite: "X".to_owned() });
        });
        assert_eq!((kept.request(request("/a")), gone.request(request("/b"))), (1, 2));
        history.clear();
        assert!(history.snapshot().is_empty());
        assert_eq!(kept.request(request("/c")), 1);
        drop(gone);
        let [record] = &history.snapshot()[..] else { panic!("{:?}", history.snapshot()) };
        assert_eq!(record.requests, [request("/c")]);
        assert!(record.negotiated.is_some(), "what was seen of the connection itself is kept");
    }
}

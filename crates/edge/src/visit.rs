//! One request of a viewer, from its arrival to the last byte of the answer.
//!
//! A [`Recorder`] travels with the response body and tells the journal when it is dropped: at the end of the answer, or
//! when the viewer leaves, whichever comes first. So each request is told exactly once.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use edge502_rules::Cause;
use edge502_rules::access_log::{AccessLogRecord, MoreFields, ViewerProtocol};
use edge502_rules::distribution::{Distribution, PathPattern};
use edge502_rules::outcome::{DetailedResultType, ResultType};
use edge502_rules::request_id::RequestId;
use edge502_rules::response::{EdgeServer, ViewerHttp};
use http::StatusCode;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use time::OffsetDateTime;
use tokio::time::Instant;

use crate::fetch::Progress;
use crate::journal::Journal;
use crate::tried::Tries;
use crate::{HandshakeReport, OriginFailure, admit};

/// The viewer's side of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Viewer {
    /// The viewer's address.
    pub(crate) address: SocketAddr,
    /// The edge's own address on this connection.
    pub(crate) own: Option<IpAddr>,
    /// Whether it uses HTTPS.
    pub(crate) https: bool,
    /// `ssl-protocol` and `ssl-cipher`.
    pub(crate) tls: (Option<String>, Option<String>),
}

/// A request as the log needs it.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) id: RequestId,
    pub(crate) server: EdgeServer,
    pub(crate) http: ViewerHttp,
    pub(crate) progress: Progress,
    pub(crate) tries: Tries,
    viewer: Arc<Viewer>,
    started: Instant,
    distribution: Arc<Distribution>,
    /// The head of the request.
    parts: Arc<Parts>,
}

/// An answer as the log needs it.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) result_type: ResultType,
    pub(crate) response_result_type: ResultType,
    pub(crate) detailed: DetailedResultType,
    pub(crate) cause: Option<Cause>,
    pub(crate) failure: Option<Arc<OriginFailure>>,
    pub(crate) handshake: Option<Arc<HandshakeReport>>,
    pub(crate) reused: bool,
    pub(crate) content_type: Option<String>,
    pub(crate) content_length: Option<u64>,
    pub(crate) range: Option<(u64, u64)>,
    pub(crate) bytes: u64,
    pub(crate) first_byte: Duration,
    /// When the origin answered; `None` if this answer is not made of an origin's.
    pub(crate) origin: Option<OriginTimes>,
    /// Whether it has a line in the access log.
    pub(crate) logged: bool,
}

/// When an origin answered, counted from the moment the edge turned to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OriginTimes {
    asked: Instant,
    first_byte: Duration,
    /// That of the last byte so far.
    last_byte: Option<Duration>,
}

impl OriginTimes {
    /// The first byte has just come from an origin that was `asked` then.
    pub(crate) fn answered(asked: Instant) -> Self {
        Self { asked, first_byte: asked.elapsed(), last_byte: None }
    }
}

impl Visit {
    /// A request that has just arrived.
    pub(crate) fn new(
        (id, server): (RequestId, EdgeServer),
        viewer: Arc<Viewer>,
        parts: Arc<Parts>,
        http: ViewerHttp,
        distribution: &Arc<Distribution>,
    ) -> Self {
        Self {
            id,
            server,
            http,
            progress: Progress::new(),
            tries: Tries::default(),
            viewer,
            started: Instant::now(),
            distribution: Arc::clone(distribution),
            parts,
        }
    }

    /// Time since the request arrived.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn header(&self, name: &HeaderName) -> Option<String> {
        self.parts.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    }

    /// The record for the access log; with the viewer's `headers` if somebody reads them.
    pub(crate) fn record(&self, reply: &Reply, now: OffsetDateTime, headers: bool) -> AccessLogRecord {
        let (viewer, parts) = (&self.viewer, &*self.parts);
        AccessLogRecord {
            finished: now,
            x_edge_location: self.server.pop.clone(),
            sc_bytes: reply.bytes,
            c_ip: viewer.address.ip(),
            cs_method: parts.method.to_string(),
            cs_host: admit::own_name(&self.distribution).to_owned(),
            cs_uri_stem: parts.uri.path().to_owned(),
            sc_status: reply.status,
            cs_referer: self.header(&header::REFERER),
            cs_user_agent: self.header(&header::USER_AGENT),
            cs_uri_query: parts.uri.query().map(str::to_owned),
            cs_cookie: self.distribution.logging.include_cookies.then(|| self.cookies()).flatten(),
            x_edge_result_type: reply.result_type,
            x_edge_request_id: self.id.clone(),
            x_host_header: admit::host_text(parts).map(str::to_owned),
            cs_protocol: if viewer.https { ViewerProtocol::Https } else { ViewerProtocol::Http },
            cs_bytes: admit::head_bytes(parts) as u64 + self.progress.bytes(),
            time_taken: self.elapsed(),
            x_forwarded_for: self.header(&HeaderName::from_static("x-forwarded-for")),
            ssl_protocol: viewer.tls.0.clone(),
            ssl_cipher: viewer.tls.1.clone(),
            x_edge_response_result_type: reply.response_result_type,
            cs_protocol_version: self.http.into(),
            fle_status: None,
            fle_encrypted_fields: None,
            c_port: viewer.address.port(),
            time_to_first_byte: reply.first_byte,
            x_edge_detailed_result_type: reply.detailed,
            sc_content_type: reply.content_type.clone(),
            sc_content_len: reply.content_length,
            sc_range_start: reply.range.map(|range| range.0),
            sc_range_end: reply.range.map(|range| range.1),
            more: self.more(reply, headers),
        }
    }

    /// What only the newer logs have.
    fn more(&self, reply: &Reply, headers: bool) -> MoreFields {
        let header = |(name, value): (&HeaderName, &HeaderValue)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        MoreFields {
            s_ip: self.viewer.own,
            cs_headers: self.parts.headers.iter().filter(|_| headers).map(header).collect(),
            cache_behavior_path_pattern: Some(self.path_pattern()),
            origin_fbl: reply.origin.map(|origin| origin.first_byte),
            origin_lbl: reply.origin.and_then(|origin| origin.last_byte),
        }
    }

    /// The pattern of the behavior that the path leads to.
    fn path_pattern(&self) -> String {
        let path = self.distribution.object_path(self.parts.uri.path());
        match &self.distribution.behavior_for(&path).path_pattern {
            PathPattern::Default => "*".to_owned(),
            PathPattern::Pattern(pattern) => pattern.clone(),
        }
    }

    /// Every `Cookie` line; HTTP/2 may have several (RFC 9113 section 8.2.3).
    fn cookies(&self) -> Option<String> {
        let lines = self.parts.headers.get_all(header::COOKIE).into_iter();
        let lines: Vec<_> = lines.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        (!lines.is_empty()).then(|| lines.join("; "))
    }
}

impl Reply {
    /// An answer with this status and these headers; what it means for the log is filled in by the caller.
    pub(crate) fn new(status: u16, headers: &HeaderMap, result: ResultType, detailed: DetailedResultType) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let fields: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        Self {
            status,
            result_type: result,
            response_result_type: result,
            detailed,
            cause: None,
            failure: None,
            handshake: None,
            reused: false,
            content_type: text(header::CONTENT_TYPE),
            content_length: text(header::CONTENT_LENGTH).and_then(|length| length.parse().ok()),
            range: text(header::CONTENT_RANGE).and_then(|range| content_range(&range)),
            bytes: (status_line(status) + fields + "\r\n".len()) as u64,
            first_byte: Duration::ZERO,
            origin: None,
            logged: true,
        }
    }

    /// Bytes have just come from the origin.
    fn origin_sent(&mut self) {
        if let Some(origin) = &mut self.origin {
            origin.last_byte = Some(origin.asked.elapsed());
        }
    }

    /// Whether the origin's last byte was that of the head.
    fn lacks_last_byte(&self) -> bool {
        self.origin.is_some_and(|origin| origin.last_byte.is_none())
    }

    /// The viewer left before the answer began.
    fn abandoned() -> Self {
        let mut reply = Self::new(0, &HeaderMap::new(), ResultType::Error, DetailedResultType::ClientHungUpRequest);
        reply.bytes = 0;
        reply
    }

    /// The origin failed in the middle of its answer.
    fn cut(&mut self, failure: OriginFailure) {
        self.result_type = ResultType::Error;
        self.detailed = failure.outcome().detailed_result_type;
        self.cause = Some(failure.cause);
        self.failure = Some(Arc::new(failure));
    }

    /// The viewer left in the middle of the answer.
    fn interrupted(&mut self) {
        self.result_type = ResultType::Error;
        self.detailed = DetailedResultType::ClientCommError;
    }
}

/// Length of a status line with the registered reason phrase.
fn status_line(status: u16) -> usize {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    "HTTP/1.1 200 \r\n".len() + reason.unwrap_or_default().len()
}

/// First and last byte of a `Content-Range` (RFC 9110 section 14.4).
pub(crate) fn content_range(value: &str) -> Option<(u64, u64)> {
    let (range, _) = value.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
}

/// Tells the journal about one request, once.
pub(crate) struct Recorder {
    pub(crate) visit: Visit,
    journal: Arc<Journal>,
    reply: Option<Reply>,
    complete: bool,
}

impl Recorder {
    pub(crate) fn new(visit: Visit, journal: Arc<Journal>) -> Self {
        Self { visit, journal, reply: None, complete: false }
    }

    /// The answer begins.
    pub(crate) fn begin(&mut self, mut reply: Reply) {
        reply.first_byte = self.visit.elapsed();
        self.reply = Some(reply);
    }

    /// `bytes` of the body are on their way.
    pub(crate) fn sent(&mut self, bytes: usize) {
        if let Some(reply) = &mut self.reply {
            reply.bytes += bytes as u64;
            reply.origin_sent();
        }
    }

    /// The answer is whole.
    pub(crate) fn complete(&mut self) {
        self.complete = true;
        if let Some(reply) = self.reply.as_mut().filter(|reply| reply.lacks_last_byte()) {
            reply.origin_sent();
        }
    }

    /// The origin failed in the middle.
    pub(crate) fn cut(&mut self, failure: OriginFailure) {
        self.complete = true;
        if let Some(reply) = &mut self.reply {
            reply.cut(failure);
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let mut reply = self.reply.take().unwrap_or_else(Reply::abandoned);
        if !self.complete && reply.status != 0 {
            reply.interrupted();
        }
        self.journal.close(&self.visit, reply);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_from_content_range() {
        for (value, expected) in [
            ("bytes 0-99/200", Some((0, 99))),
            ("bytes 5-7/*", Some((5, 7))),
            ("bytes */200", None),
            ("items 0-1/2", None),
            ("bytes 0-99", None),
        ] {
            assert_eq!(content_range(value), expected, "{value}");
        }
    }
}

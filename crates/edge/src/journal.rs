//! What is told about each request when it is over: a line in the access log, an event for those who listen.
//!
//! Log: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html>. `sc-bytes`
//! and `cs-bytes` are what HTTP/1.1 would need for head and body, without chunk framing and TLS; for HTTP/2, whose
//! heads are compressed, they are therefore too high.

use std::sync::Arc;

use edge502_rules::Cause;
use edge502_rules::access_log::AccessLogRecord;
use edge502_rules::clock::SharedClock;
use edge502_rules::request_id::RequestId;
use tokio::sync::broadcast;

use crate::tried::Tried;
use crate::visit::{Reply, Visit};
use crate::{AccessLog, HandshakeReport, OriginFailure};

/// How many events a slow listener may lag behind before it loses some.
const BACKLOG: usize = 1_024;

/// One request of a viewer and what became of it, told after the last byte.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The id in `X-Amz-Cf-Id`, on the page and in the log.
    pub request_id: RequestId,
    /// The `Host` the viewer sent.
    pub host: Option<String>,
    /// The viewer's method.
    pub method: String,
    /// The path the viewer asked for, without the query.
    pub path: String,
    /// The status sent; 0 if the viewer left before.
    pub status: u16,
    /// Why it failed; `None` for a good answer and for requests the edge refused itself.
    pub cause: Option<Cause>,
    /// The failed fetch, with its evidence.
    pub failure: Option<Arc<OriginFailure>>,
    /// Every origin that was asked, in order: two where a group failed over, one more for a custom error page.
    pub tried: Vec<Tried>,
    /// The handshake with the origin, failed or not; the one made earlier if the connection was reused.
    pub handshake: Option<Arc<HandshakeReport>>,
    /// Whether the response came over a connection that had carried a request before.
    pub reused_connection: bool,
    /// Whether CloudFront logs such a request: not if its URL or head is larger than it takes.
    pub logged: bool,
    /// The record of the access log, whether it is written or not.
    pub log: AccessLogRecord,
}

/// Writes and tells.
pub(crate) struct Journal {
    log: Option<AccessLog>,
    events: broadcast::Sender<Arc<Exchange>>,
    clock: SharedClock,
}

impl Journal {
    /// Writes to `log`, if there is one.
    pub(crate) fn new(log: Option<AccessLog>, clock: SharedClock) -> Self {
        Self { log, events: broadcast::channel(BACKLOG).0, clock }
    }

    /// A listener for what happens from now on.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<Exchange>> {
        self.events.subscribe()
    }

    /// Tells of a request that is over. Does nothing when nobody reads.
    pub(crate) fn close(&self, visit: &Visit, reply: Reply) {
        let log = self.log.as_ref().filter(|_| reply.logged);
        let heard = self.events.receiver_count() > 0;
        if log.is_none() && !heard {
            return;
        }
        let headers = heard || log.is_some_and(AccessLog::tells_headers);
        let record = visit.record(&reply, self.clock.now(), headers);
        if let Some(log) = log {
            log.write(&record);
        }
        if heard {
            // Fails only if the last listener has just gone.
            let _ = self.events.send(Arc::new(exchange(visit, reply, record)));
        }
    }

    /// Waits until what was told so far is on the disk.
    pub(crate) async fn flush(&self) {
        if let Some(log) = &self.log {
            log.flush().await;
        }
    }
}

fn exchange(visit: &Visit, reply: Reply, log: AccessLogRecord) -> Exchange {
    Exchange {
        request_id: visit.id.clone(),
        host: log.x_host_header.clone(),
        method: log.cs_method.clone(),
        path: log.cs_uri_stem.clone(),
        status: reply.status,
        cause: reply.cause,
        failure: reply.failure,
        tried: visit.tries.list(),
        handshake: reply.handshake,
        reused_connection: reply.reused,
        logged: reply.logged,
        log,
    }
}

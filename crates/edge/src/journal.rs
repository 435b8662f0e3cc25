//! What is told about each request when it is over: a line in the access log, an event for those who listen.
//!
//! Log: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html>. `sc-bytes`
//! and `cs-bytes` are what HTTP/1.1 would need for head and body, without chunk framing and TLS; for HTTP/2, whose
//! heads are compressed, they are therefore too high.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use edge502_rules::Cause;
use edge502_rules::access_log::{AccessLogRecord, HEADER};
use edge502_rules::clock::SharedClock;
use edge502_rules::request_id::RequestId;
use tokio::sync::broadcast;

use crate::visit::{Reply, Visit};
use crate::{EdgeError, HandshakeReport, LogSink, OriginFailure};

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
    /// The handshake with the origin, failed or not; the one made earlier if the connection was reused.
    pub handshake: Option<Arc<HandshakeReport>>,
    /// Whether the response came over a connection that had carried a request before.
    pub reused_connection: bool,
    /// The record of the access log, whether it is written or not.
    pub log: AccessLogRecord,
}

/// Writes and tells.
pub(crate) struct Journal {
    log: Option<Mutex<Box<dyn Write + Send>>>,
    events: broadcast::Sender<Arc<Exchange>>,
    clock: SharedClock,
}

impl Journal {
    /// Opens the log. Fails if the file cannot be written.
    pub(crate) fn open(sink: &LogSink, clock: SharedClock) -> Result<Self, EdgeError> {
        let log = sink_of(sink)?;
        Ok(Self { log: log.map(Mutex::new), events: broadcast::channel(BACKLOG).0, clock })
    }

    /// A listener for what happens from now on.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<Exchange>> {
        self.events.subscribe()
    }

    /// Tells of a request that is over. Does nothing when nobody reads.
    pub(crate) fn close(&self, visit: &Visit, reply: Reply) {
        let heard = self.events.receiver_count() > 0;
        if self.log.is_none() && !heard {
            return;
        }
        let record = visit.record(&reply, self.clock.now());
        self.write(&record);
        if heard {
            // Fails only if the last listener has just gone.
            let _ = self.events.send(Arc::new(exchange(visit, reply, record)));
        }
    }

    /// A line that cannot be written is lost: the viewer has its answer, and the log promises best effort.
    fn write(&self, record: &AccessLogRecord) {
        if let Some(log) = &self.log {
            let line = record.to_line() + "\n";
            let mut log = log.lock().expect("nothing panics while it holds the log");
            if let Err(error) = log.write_all(line.as_bytes()).and_then(|()| log.flush()) {
                tracing::warn!(%error, "a line of the access log was lost");
            }
        }
    }
}

/// Where lines go, with the two header lines written if there is nothing yet.
fn sink_of(sink: &LogSink) -> Result<Option<Box<dyn Write + Send>>, EdgeError> {
    let (path, opened) = match sink {
        LogSink::Nowhere => return Ok(None),
        LogSink::Stdout => {
            (PathBuf::from("/dev/stdout"), io::stdout().write_all(HEADER.as_bytes()).map(|()| boxed(io::stdout())))
        }
        LogSink::File(path) => (path.clone(), append_to(path).map(boxed)),
    };
    opened.map(Some).map_err(|source| EdgeError::AccessLog { path, source })
}

fn boxed(log: impl Write + Send + 'static) -> Box<dyn Write + Send> {
    Box::new(log)
}

fn append_to(path: &Path) -> io::Result<File> {
    // Opening a FIFO waits until somebody reads it, for ever if need be.
    if std::fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a FIFO; `-` writes to standard output"));
    }
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    if file.metadata()?.len() == 0 {
        file.write_all(HEADER.as_bytes())?;
    }
    Ok(file)
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
        handshake: reply.handshake,
        reused_connection: reply.reused,
        log,
    }
}

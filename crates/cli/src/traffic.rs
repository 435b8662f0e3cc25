//! What is printed of each request while an edge serves.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use edge502_edge::Exchange;
use edge502_rules::access_log::HEADER;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use edge502_scenario::report::Paint;

use crate::args::{Format, Stream};
use crate::terminal;

/// How long the last lines may take to be printed.
const LAST_LINES: Duration = Duration::from_secs(1);

/// What is printed of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Detail {
    /// Nothing.
    Silent,
    /// The line of the access log; the header lines come first.
    Log,
    /// The line of the access log, and what it means.
    Explained(Paint),
}

impl Detail {
    /// An access log on standard output is nothing else; without one, people get explanations and programs nothing.
    pub(crate) fn of(format: Format, access_log: Option<&Stream>, style: Paint) -> Self {
        match (access_log, format) {
            (Some(Stream::Standard), _) => Self::Log,
            (_, Format::Text) => Self::Explained(style),
            (_, Format::Json) => Self::Silent,
        }
    }
}

/// Prints requests from a thread of its own, so that a reader who does not read holds up nothing else.
pub(crate) struct Traffic {
    /// Closed when the thread has ended.
    ended: Receiver<()>,
}

impl Traffic {
    /// Prints what `events` tell, until the edge that tells them is gone.
    pub(crate) fn print(events: broadcast::Receiver<Arc<Exchange>>, detail: Detail) -> anyhow::Result<Self> {
        let (ending, ended) = mpsc::channel();
        let printing = move || {
            let _ending: mpsc::Sender<()> = ending;
            if let Err(error) = follow(events, detail) {
                tracing::error!("requests are no longer printed: {error:#}");
            }
        };
        thread::Builder::new().name("traffic".to_owned()).spawn(printing).context("cannot start a thread")?;
        Ok(Self { ended })
    }

    /// Waits for the last lines; call it when the edge has been shut down.
    pub(crate) fn finish(self) {
        // Nothing is ever sent: this ends with the thread or with the time.
        let _ = self.ended.recv_timeout(LAST_LINES);
    }
}

fn follow(mut events: broadcast::Receiver<Arc<Exchange>>, detail: Detail) -> anyhow::Result<()> {
    match detail {
        Detail::Silent => return Ok(()),
        Detail::Log => terminal::print(HEADER)?,
        Detail::Explained(_) => {}
    }
    loop {
        match events.blocking_recv() {
            Ok(exchange) => terminal::print(&lines(&exchange, detail))?,
            Err(RecvError::Lagged(lost)) => tracing::error!(lost, "requests came faster than they could be printed"),
            Err(RecvError::Closed) => return Ok(()),
        }
    }
}

fn lines(exchange: &Exchange, detail: Detail) -> String {
    let log = exchange.log.to_line();
    match detail {
        Detail::Explained(style) => format!("{log}\n  {}\n", meaning(exchange, style)),
        Detail::Silent | Detail::Log => log + "\n",
    }
}

/// Status, and the cause with its evidence.
fn meaning(exchange: &Exchange, style: Paint) -> String {
    let status = match exchange.status {
        0 => style.bad("the viewer left before an answer"),
        status if status < 400 => style.good(&status.to_string()),
        status => style.bad(&status.to_string()),
    };
    let Some(cause) = exchange.cause else { return format!("→ {status}") };
    let title = cause.title();
    let evidence = exchange.failure.as_ref().map(|failure| terminal::printable(&failure.evidence));
    let evidence = evidence.map_or_else(String::new, |evidence| style.faint(&format!(" ({evidence})")));
    format!("→ {status} {}: {title}{evidence}", style.strong(cause.id()))
}

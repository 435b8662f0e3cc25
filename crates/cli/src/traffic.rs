//! What is printed of each request while an edge serves.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use edge502_edge::Exchange;
use edge502_rules::access_log::{Field, LogFormat};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use edge502_scenario::report::Paint;

use crate::args::{Format, LogArguments, Stream};
use crate::terminal;

/// How long the last lines may take to be printed.
const LAST_LINES: Duration = Duration::from_secs(1);

/// What is printed of a request.
#[derive(Debug, Clone)]
pub(crate) enum Detail {
    /// Nothing.
    Silent,
    /// The line of the access log in this form; the header lines come first.
    Log(LogFormat),
    /// What the line of the access log means, after the line itself if it is wanted.
    Explained {
        /// Whether the line itself comes first.
        line: bool,
        /// Colours.
        style: Paint,
    },
}

impl Detail {
    /// An access log on standard output is nothing else; without one, people get explanations and programs nothing.
    pub(crate) fn of(format: Format, log: &LogArguments, line: bool, style: Paint) -> Self {
        match (&log.access_log, format) {
            (Some(Stream::Standard), _) => Self::Log(log.access_log_format.clone()),
            (_, Format::Text) => Self::Explained { line, style },
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
            if let Err(error) = follow(events, &detail) {
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

fn follow(mut events: broadcast::Receiver<Arc<Exchange>>, detail: &Detail) -> anyhow::Result<()> {
    match detail {
        Detail::Silent => return Ok(()),
        Detail::Log(format) => terminal::print(&format.header())?,
        Detail::Explained { .. } => {}
    }
    loop {
        match events.blocking_recv() {
            Ok(exchange) => terminal::print(&lines(&exchange, detail))?,
            Err(RecvError::Lagged(lost)) => tracing::error!(lost, "requests came faster than they could be printed"),
            Err(RecvError::Closed) => return Ok(()),
        }
    }
}

fn lines(exchange: &Exchange, detail: &Detail) -> String {
    match detail {
        Detail::Silent => String::new(),
        Detail::Log(_) if !exchange.logged => String::new(),
        Detail::Log(format) => format.line(&exchange.log) + "\n",
        Detail::Explained { line: true, style } => format!("{}\n  {}\n", exchange.log, meaning(exchange, *style)),
        Detail::Explained { line: false, style } => meaning(exchange, *style) + "\n",
    }
}

/// Request, status, result types, duration, and the cause with its evidence.
fn meaning(exchange: &Exchange, style: Paint) -> String {
    let log = &exchange.log;
    let status = log.column(Field::ScStatus);
    let status = if (1..400).contains(&exchange.status) { style.good(&status) } else { style.bad(&status) };
    let query = log.cs_uri_query.as_ref().map_or_else(String::new, |query| format!("?{query}"));
    let request = terminal::printable(&format!("{} {}{query}", exchange.method, exchange.path));
    let (result, detail) = (log.x_edge_result_type, log.x_edge_detailed_result_type);
    let mut text = format!("{request}  {status}  {result} / {detail}  {} s", log.column(Field::TimeTaken));
    if exchange.status == 0 {
        text.push_str("  the viewer left before an answer");
    }
    if !exchange.logged {
        text.push_str("  not logged: larger than CloudFront takes");
    }
    if let Some(cause) = exchange.cause {
        let evidence = exchange.failure.as_ref().map(|failure| terminal::printable(&failure.evidence));
        let evidence = evidence.map_or_else(String::new, |evidence| style.faint(&format!(" ({evidence})")));
        let _ = write!(text, "  {}: {}{evidence}", style.strong(cause.id()), cause.title());
    }
    text
}

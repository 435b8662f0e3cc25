//! The access log on its way to the disk.
//!
//! A request only puts its line into a queue; a thread writes. So a slow or full disk holds up no viewer. The writer
//! waits a moment for more lines before it takes them, so that a busy edge neither wakes it for each line nor makes it
//! write each by itself. What cannot be written now is kept and written when it can be, in order and each line once; only
//! when [`ROOM`] is used up are new lines lost, and that is said.

mod target;

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use edge502_rules::access_log::{AccessLogRecord, LogFormat};
use time::OffsetDateTime;

use crate::EdgeError;
pub use target::LogTarget;
use target::Target;

/// Bytes of lines that may wait to be written.
const ROOM: usize = 64 << 20;
/// How long the writer lets lines gather, unless somebody waits for them.
const GATHER: Duration = Duration::from_millis(10);
/// How long to wait before a failed write is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// The longest that [`AccessLog::flush`] and [`AccessLog::close`] wait.
const PATIENCE: Duration = Duration::from_secs(3);

/// An open access log. Clones write to the same one, so that several edges can share it; when the last is dropped, what
/// waits is written and the log ends.
#[derive(Clone)]
pub struct AccessLog {
    format: Arc<LogFormat>,
    queue: Arc<Queue>,
    _open: Arc<Open>,
}

impl AccessLog {
    /// Opens a log whose lines have the form `format`. Fails if the file or directory cannot be written.
    pub fn open(target: LogTarget, format: LogFormat) -> Result<Self, EdgeError> {
        let path = target.path().to_owned();
        let opened = target.open(&format).and_then(|target| Self::start(target, format, ROOM));
        opened.map_err(|source| EdgeError::AccessLog { path, source })
    }

    fn start(target: Box<dyn Target>, format: LogFormat, room: usize) -> io::Result<Self> {
        let queue = Arc::new(Queue { room, ..Queue::default() });
        let writer =
            Writer { queue: queue.clone(), target, pending: VecDeque::new(), offset: 0, unsettled: Amount::default() };
        thread::Builder::new().name("access-log".to_owned()).spawn(move || writer.run())?;
        Ok(Self { format: Arc::new(format), _open: Arc::new(Open(queue.clone())), queue })
    }

    /// Whether its lines tell headers that the standard log does not have.
    pub(crate) fn tells_headers(&self) -> bool {
        self.format.tells_headers()
    }

    /// Puts the line for `record` into the queue.
    pub(crate) fn write(&self, record: &AccessLogRecord) {
        let mut text = self.format.line(record);
        text.push('\n');
        self.queue.push(Line { at: record.finished, text });
    }

    /// Waits until every line so far is on the disk or has been tried in vain, at most 3 s.
    pub async fn flush(&self) {
        self.wait(Queue::settle).await;
    }

    /// Writes what waits, ends the file, and waits for that, at most 3 s. Lines of later requests are lost.
    pub async fn close(&self) {
        self.wait(|queue, deadline| {
            queue.close();
            queue.end(deadline);
        })
        .await;
    }

    /// On a thread that may block: the writer's progress is no event of the runtime.
    async fn wait(&self, wait: impl FnOnce(&Queue, Instant) + Send + 'static) {
        let queue = self.queue.clone();
        // It is not cancelled, and it does not panic.
        let _ = tokio::task::spawn_blocking(move || wait(&queue, Instant::now() + PATIENCE)).await;
    }
}

impl fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessLog").field("format", &self.format).finish_non_exhaustive()
    }
}

/// Ends the log when the last handle is gone.
struct Open(Arc<Queue>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// A line with its newline, and when its request was over.
struct Line {
    at: OffsetDateTime,
    text: String,
}

/// A number of lines and their bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Amount {
    lines: u64,
    bytes: usize,
}

/// What requests and writer share.
#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    /// There is something to do.
    work: Condvar,
    /// Something has been done.
    progress: Condvar,
    room: usize,
}

#[derive(Default)]
struct State {
    lines: VecDeque<Line>,
    /// Bytes of lines that are not on the disk, those the writer has taken included.
    waiting: usize,
    accepted: u64,
    settled: u64,
    refused: u64,
    /// Tries that failed.
    failed: u64,
    /// How many tries to make without a pause, because somebody waits for the lines so far.
    urgent: u8,
    pace: Pace,
    closed: bool,
    ended: bool,
}

/// How the writer goes about its work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Pace {
    /// It lets lines gather before it takes them.
    #[default]
    Gathering,
    /// It has nothing to do, and has to be woken for the next line.
    Idle,
    /// It takes what there is, because somebody waits for it.
    Hurried,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the queue")
    }

    fn push(&self, line: Line) {
        let mut state = self.state();
        if state.closed {
            return;
        }
        if state.waiting + line.text.len() > self.room {
            if state.refused == 0 {
                tracing::warn!("the access log cannot be written and {} bytes wait; lines are lost", state.waiting);
            }
            state.refused += 1;
            return;
        }
        state.waiting += line.text.len();
        state.accepted += 1;
        state.lines.push_back(line);
        if state.pace == Pace::Idle {
            state.pace = Pace::Gathering;
            drop(state);
            self.work.notify_one();
        }
    }

    /// The lines that wait, some time after the first of them came; none at the end.
    fn take(&self) -> VecDeque<Line> {
        let mut state = self.state();
        if state.lines.is_empty() {
            state.pace = Pace::Idle;
        }
        let idle = |state: &mut State| state.lines.is_empty() && !state.closed;
        let state = self.work.wait_while(state, idle).expect("as for `state`");
        let calm = |state: &mut State| !state.closed && state.pace != Pace::Hurried;
        let (mut state, _) = self.work.wait_timeout_while(state, GATHER, calm).expect("as for `state`");
        state.pace = Pace::Gathering;
        std::mem::take(&mut state.lines)
    }

    /// Notes a failed try and waits before the next one. False at the end.
    fn pause(&self) -> bool {
        let calm = |state: &mut State| !state.closed && state.urgent == 0;
        let mut state = self.state();
        state.failed += 1;
        self.progress.notify_all();
        let (mut state, _) = self.work.wait_timeout_while(state, RETRY, calm).expect("as for `state`");
        state.urgent = state.urgent.saturating_sub(1);
        !state.closed
    }

    fn settled(&self, amount: Amount) {
        let mut state = self.state();
        state.settled += amount.lines;
        state.waiting -= amount.bytes;
        self.progress.notify_all();
    }

    fn close(&self) {
        self.state().closed = true;
        self.work.notify_one();
    }

    fn settle(&self, deadline: Instant) {
        let mut state = self.state();
        // The try under way may have begun before something changed for the better; the one after it counts.
        let (wanted, in_vain) = (state.accepted, state.failed + 2);
        state.urgent = 0;
        if state.settled < wanted {
            state.urgent = 2;
            state.pace = Pace::Hurried;
        }
        self.work.notify_one();
        self.wait_until(state, deadline, |state| state.settled >= wanted || state.failed >= in_vain || state.ended);
    }

    fn end(&self, deadline: Instant) {
        self.wait_until(self.state(), deadline, |state| state.ended);
    }

    fn wait_until(&self, state: MutexGuard<'_, State>, deadline: Instant, done: impl Fn(&State) -> bool) {
        let left = deadline.saturating_duration_since(Instant::now());
        let waited = self.progress.wait_timeout_while(state, left, |state| !done(state));
        drop(waited.expect("as for `state`"));
    }
}

/// The thread that writes.
struct Writer {
    queue: Arc<Queue>,
    target: Box<dyn Target>,
    /// Taken from the queue, not handed to the target yet.
    pending: VecDeque<Line>,
    /// Bytes of the first pending line that the target has.
    offset: usize,
    /// Handed to the target since it was last flushed.
    unsettled: Amount,
}

impl Writer {
    fn run(mut self) {
        let mut warned = false;
        loop {
            if self.pending.is_empty() && self.unsettled.lines == 0 {
                self.pending = self.queue.take();
                if self.pending.is_empty() {
                    break;
                }
            }
            let Err(error) = self.put() else { continue };
            if !warned {
                tracing::warn!(%error, "the access log cannot be written; its lines are kept until it can be");
                warned = true;
            }
            // At the end there is one last try.
            if !self.queue.pause() && self.put().is_err() {
                break;
            }
        }
        self.finish();
    }

    /// Hands every pending line to the target, and makes it write.
    fn put(&mut self) -> io::Result<()> {
        while let Some(line) = self.pending.front() {
            let bytes = line.text.as_bytes();
            while self.offset < bytes.len() {
                match self.target.write(line.at, &bytes[self.offset..]) {
                    Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                    Ok(written) => self.offset += written,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            self.unsettled.lines += 1;
            self.unsettled.bytes += bytes.len();
            self.offset = 0;
            self.pending.pop_front();
        }
        self.target.flush()?;
        self.queue.settled(std::mem::take(&mut self.unsettled));
        Ok(())
    }

    fn finish(mut self) {
        if let Err(error) = self.target.finish() {
            tracing::warn!(%error, "the access log could not be ended properly");
        }
        let mut state = self.queue.state();
        let lost = state.accepted - state.settled + state.refused;
        if lost > 0 {
            tracing::warn!(lost, "lines of the access log were lost");
        }
        state.ended = true;
        drop(state);
        self.queue.progress.notify_all();
    }
}

#[cfg(test)]
mod tests;

//! How often an origin is tried, and how long each try may last.
//!
//! A state machine without sockets or clock: the caller reports what happened and how long the fetch has lasted, and
//! is told what to do next. The rules are those of `ConnectionAttempts`, `ConnectionTimeout`, `OriginReadTimeout` and
//! `ResponseCompletionTimeout`
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html>,
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html>).
//!
//! Where those pages are silent, these readings apply (grade: inferred): `ConnectionTimeout` covers TCP and TLS
//! together; a refused or unanswered connection is tried again, a failed handshake is not, since it would fail the same
//! way; one budget of attempts covers connecting and waiting for a response; one address is tried an attempt, in turn;
//! there is no pause between attempts; a GET or HEAD that dies on a reused connection before the first byte of an
//! answer is sent once more, at no cost to the budget.

use std::time::Duration;

/// The limits of one fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// `ConnectionAttempts`, 1 to 3.
    pub(crate) attempts: u8,
    /// `ConnectionTimeout`, of one attempt.
    pub(crate) connection_timeout: Duration,
    /// `OriginReadTimeout`, here: until the first byte of the answer.
    pub(crate) read_timeout: Duration,
    /// `ResponseCompletionTimeout`, of the whole fetch.
    pub(crate) completion_timeout: Option<Duration>,
    /// GET and HEAD: the request may be sent more than once.
    pub(crate) repeatable: bool,
}

/// What has happened to the origin connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// TCP, and TLS where it is used, are established, or an idle connection was at hand.
    Connected {
        /// Whether the connection has carried a request before.
        reused: bool,
    },
    /// The attempt to connect failed in a way that may pass: refused, reset or not answered in time.
    ConnectFailed,
    /// The attempt to connect failed in a way that will not pass: the handshake was refused.
    ConnectHopeless,
    /// No byte of the answer came in time.
    ResponseTimedOut,
    /// The connection died before the first byte of the answer.
    Died,
    /// The request was not sent at all, because the reused connection turned out to be closed.
    NotSent,
    /// The answer cannot be used.
    Unusable,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Get a connection: an idle one if `reuse` allows and there is one, else a new one.
    Connect {
        /// Whether an idle connection will do.
        reuse: bool,
        /// Which of the origin's addresses to use: this number modulo how many there are.
        address: usize,
        /// How long TCP and TLS may take together.
        timeout: Duration,
    },
    /// Send the request and wait for the first byte of the answer.
    Send {
        /// How long that may take once the request is out.
        timeout: Duration,
    },
    /// Give up and report the last failure.
    GiveUp,
    /// Give up because `ResponseCompletionTimeout` is over.
    OutOfTime,
}

/// The state of one fetch.
#[derive(Debug)]
pub(crate) struct Attempts {
    limits: Limits,
    /// Attempts that failed and count.
    failed: u8,
    /// Connections asked for so far, which is the number of the next address.
    dialled: usize,
    /// Whether the connection in use has carried a request before.
    reused: bool,
    /// Whether the free repetition after a dead reused connection is still to be had.
    spare: bool,
}

impl Attempts {
    /// A fetch that has not begun.
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, failed: 0, dialled: 0, reused: false, spare: limits.repeatable }
    }

    /// The first step.
    pub(crate) fn begin(&mut self, elapsed: Duration) -> Step {
        self.connect(true, elapsed)
    }

    /// The step that follows `event`, `elapsed` after the fetch began.
    pub(crate) fn after(&mut self, event: Event, elapsed: Duration) -> Step {
        match event {
            Event::Connected { reused } => {
                self.reused = reused;
                self.within(elapsed, self.limits.read_timeout, |timeout| Step::Send { timeout })
            }
            Event::ConnectFailed => self.again(elapsed),
            Event::ResponseTimedOut if self.limits.repeatable => self.again(elapsed),
            Event::Died if self.reused && self.spare => {
                self.spare = false;
                self.connect(false, elapsed)
            }
            Event::NotSent if self.reused => self.connect(false, elapsed),
            Event::ResponseTimedOut if self.completed(elapsed) => Step::OutOfTime,
            Event::ConnectHopeless | Event::ResponseTimedOut | Event::Died | Event::NotSent | Event::Unusable => {
                Step::GiveUp
            }
        }
    }

    /// Counts a failed attempt and tries again if the budget allows.
    fn again(&mut self, elapsed: Duration) -> Step {
        self.failed += 1;
        if self.completed(elapsed) {
            return Step::OutOfTime;
        }
        if self.failed >= self.limits.attempts { Step::GiveUp } else { self.connect(false, elapsed) }
    }

    fn connect(&mut self, reuse: bool, elapsed: Duration) -> Step {
        let address = self.dialled;
        self.dialled += 1;
        self.within(elapsed, self.limits.connection_timeout, |timeout| Step::Connect { reuse, address, timeout })
    }

    /// A step that may last `limit`, cut short by `ResponseCompletionTimeout`.
    fn within(&self, elapsed: Duration, limit: Duration, step: impl FnOnce(Duration) -> Step) -> Step {
        match self.limits.completion_timeout {
            Some(_) if self.completed(elapsed) => Step::OutOfTime,
            Some(total) => step(limit.min(total.saturating_sub(elapsed))),
            None => step(limit),
        }
    }

    /// How many attempts have failed and count.
    pub(crate) fn failed(&self) -> u8 {
        self.failed
    }

    fn completed(&self, elapsed: Duration) -> bool {
        self.limits.completion_timeout.is_some_and(|total| elapsed >= total)
    }
}

#[cfg(test)]
mod every_fetch;
#[cfg(test)]
mod tests;

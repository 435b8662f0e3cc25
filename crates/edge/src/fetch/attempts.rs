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
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CONNECT: Duration = Duration::from_secs(10);
    const READ: Duration = Duration::from_secs(30);

    fn limits(attempts: u8, repeatable: bool) -> Limits {
        Limits { attempts, connection_timeout: CONNECT, read_timeout: READ, completion_timeout: None, repeatable }
    }

    /// Plays a fetch in which every step lasts its full timeout and ends as `outcome` says; returns the steps and the
    /// time it took.
    fn play(limits: Limits, mut outcome: impl FnMut(Step) -> Event) -> (Vec<Step>, Duration) {
        let mut attempts = Attempts::new(limits);
        let mut elapsed = Duration::ZERO;
        let mut steps = vec![attempts.begin(elapsed)];
        loop {
            let step = *steps.last().unwrap();
            let event = match step {
                Step::GiveUp | Step::OutOfTime => return (steps, elapsed),
                Step::Connect { timeout, .. } => {
                    let event = outcome(step);
                    if !matches!(event, Event::Connected { .. }) {
                        elapsed += timeout;
                    }
                    event
                }
                Step::Send { timeout } => {
                    elapsed += timeout;
                    outcome(step)
                }
            };
            steps.push(attempts.after(event, elapsed));
            assert!(steps.len() < 50, "does not end: {steps:?}");
        }
    }

    fn connects(steps: &[Step]) -> usize {
        steps.iter().filter(|step| matches!(step, Step::Connect { .. })).count()
    }

    fn sends(steps: &[Step]) -> usize {
        steps.iter().filter(|step| matches!(step, Step::Send { .. })).count()
    }

    #[test]
    fn connecting_is_tried_for_every_method_and_takes_attempts_times_the_timeout() {
        for repeatable in [true, false] {
            for attempts in 1..=3 {
                let (steps, elapsed) = play(limits(attempts, repeatable), |_| Event::ConnectFailed);
                assert_eq!(connects(&steps), usize::from(attempts));
                assert_eq!(elapsed, CONNECT * u32::from(attempts));
                assert_eq!(steps.last(), Some(&Step::GiveUp));
            }
        }
    }

    #[test]
    fn each_attempt_takes_the_next_address_and_only_the_first_may_reuse() {
        let (steps, _) = play(limits(3, true), |_| Event::ConnectFailed);
        let seen: Vec<_> = steps
            .iter()
            .filter_map(|step| match step {
                Step::Connect { reuse, address, .. } => Some((*reuse, *address)),
                _ => None,
            })
            .collect();
        assert_eq!(seen, [(true, 0), (false, 1), (false, 2)]);
    }

    #[test]
    fn a_refused_handshake_is_not_tried_again() {
        let (steps, _) = play(limits(3, true), |_| Event::ConnectHopeless);
        assert_eq!(connects(&steps), 1);
    }

    #[test]
    fn an_unanswered_request_is_sent_again_only_for_get_and_head() {
        let silent = |step| match step {
            Step::Connect { .. } => Event::Connected { reused: false },
            _ => Event::ResponseTimedOut,
        };
        for attempts in 1..=3 {
            let (steps, elapsed) = play(limits(attempts, true), silent);
            assert_eq!(sends(&steps), usize::from(attempts));
            assert_eq!(elapsed, READ * u32::from(attempts));
            let (steps, elapsed) = play(limits(attempts, false), silent);
            assert_eq!((sends(&steps), elapsed), (1, READ));
        }
    }

    #[test]
    fn one_budget_covers_connecting_and_waiting() {
        let mut refused = true;
        let (steps, _) = play(limits(3, true), |step| match step {
            Step::Connect { .. } if std::mem::take(&mut refused) => Event::ConnectFailed,
            Step::Connect { .. } => Event::Connected { reused: false },
            _ => Event::ResponseTimedOut,
        });
        assert_eq!((connects(&steps), sends(&steps)), (3, 2));
    }

    #[test]
    fn a_reused_connection_that_dies_costs_a_get_nothing_once() {
        let dies = |step| match step {
            Step::Connect { .. } => Event::Connected { reused: true },
            _ => Event::Died,
        };
        let (steps, _) = play(limits(1, true), dies);
        assert_eq!(sends(&steps), 2, "one repetition, although only one attempt is allowed");
        let (steps, _) = play(limits(3, false), dies);
        assert_eq!(sends(&steps), 1, "a POST is not repeated");
    }

    #[test]
    fn a_fresh_connection_that_dies_is_final() {
        for repeatable in [true, false] {
            let (steps, _) = play(limits(3, repeatable), |step| match step {
                Step::Connect { .. } => Event::Connected { reused: false },
                _ => Event::Died,
            });
            assert_eq!(sends(&steps), 1);
        }
    }

    #[test]
    fn a_request_that_never_left_goes_out_on_a_new_connection_whatever_its_method() {
        let mut closed = true;
        let (steps, _) = play(limits(1, false), |step| match step {
            Step::Connect { reuse, .. } => Event::Connected { reused: reuse },
            _ if std::mem::take(&mut closed) => Event::NotSent,
            _ => Event::Unusable,
        });
        assert_eq!((connects(&steps), sends(&steps)), (2, 2));
    }

    #[test]
    fn a_fresh_connection_that_takes_no_request_is_final() {
        let (steps, _) = play(limits(3, true), |step| match step {
            Step::Connect { .. } => Event::Connected { reused: false },
            _ => Event::NotSent,
        });
        assert_eq!(connects(&steps), 1);
    }

    #[test]
    fn an_unusable_answer_is_final() {
        let (steps, _) = play(limits(3, true), |step| match step {
            Step::Connect { .. } => Event::Connected { reused: true },
            _ => Event::Unusable,
        });
        assert_eq!(sends(&steps), 1);
    }

    #[test]
    fn the_completion_timeout_ends_every_fetch_and_cuts_the_last_step_short() {
        let events = [Event::ConnectFailed, Event::ResponseTimedOut];
        for event in events {
            for total in [1, 10, 15, 29, 31, 65, 100] {
                let total = Duration::from_secs(total);
                let limits = Limits { completion_timeout: Some(total), ..limits(3, true) };
                let (steps, elapsed) = play(limits, |step| match step {
                    Step::Connect { .. } if event == Event::ResponseTimedOut => Event::Connected { reused: false },
                    _ => event,
                });
                assert!(elapsed <= total, "{event:?} {total:?}: {elapsed:?}");
                let unlimited = if event == Event::ConnectFailed { CONNECT * 3 } else { READ * 3 };
                let expected = if total <= unlimited { Step::OutOfTime } else { Step::GiveUp };
                assert_eq!(steps.last(), Some(&expected), "{event:?} {total:?}");
            }
        }
    }

    proptest! {
        /// Whatever an origin does, a fetch ends within its budget.
        #[test]
        fn no_origin_can_make_a_fetch_endless(
            allowed in 1..=3_u8,
            repeatable: bool,
            choices in prop::collection::vec(0..5_usize, 60),
        ) {
            let mut choices = choices.into_iter();
            let (steps, _) = play(limits(allowed, repeatable), |step| match (step, choices.next().unwrap()) {
                (Step::Connect { .. }, 0) => Event::ConnectFailed,
                (Step::Connect { reuse, .. }, _) => Event::Connected { reused: reuse },
                (_, choice) => {
                    [Event::ResponseTimedOut, Event::Died, Event::NotSent, Event::Unusable, Event::Died][choice]
                }
            });
            // A dead reused connection gives one try for free.
            prop_assert!(connects(&steps) <= usize::from(allowed) + 1, "{steps:?}");
            prop_assert!(sends(&steps) <= if repeatable { usize::from(allowed) + 1 } else { 2 }, "{steps:?}");
        }
    }

    #[test]
    fn the_completion_timeout_names_itself_for_a_post_too() {
        let limits = Limits { completion_timeout: Some(Duration::from_secs(5)), ..limits(3, false) };
        let (steps, _) = play(limits, |step| match step {
            Step::Connect { .. } => Event::Connected { reused: false },
            _ => Event::ResponseTimedOut,
        });
        assert_eq!(steps.last(), Some(&Step::OutOfTime));
    }
}

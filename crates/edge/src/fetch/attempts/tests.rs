//! How often and how long: single rules.

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

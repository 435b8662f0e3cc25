//! Every fetch there can be, on a clock that is a number: each setting that CloudFront allows at its ends and in the
//! middle, and after each step everything that can happen there, at once or at the last moment.
//!
//! The bounds are those of
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html>.

use std::time::Duration;

use super::*;

/// Each event that can follow a connection attempt; a failure can take no time or all of it.
const CONNECTING: [(Event, Lasts); 5] = [
    (Event::Connected { reused: false }, Lasts::Nothing),
    (Event::Connected { reused: false }, Lasts::AllButALittle),
    (Event::ConnectFailed, Lasts::Nothing),
    (Event::ConnectFailed, Lasts::All),
    (Event::ConnectHopeless, Lasts::Nothing),
];
/// Each event that can follow a request.
const WAITING: [(Event, Lasts); 5] = [
    (Event::ResponseTimedOut, Lasts::All),
    (Event::Died, Lasts::Nothing),
    (Event::Died, Lasts::AllButALittle),
    (Event::NotSent, Lasts::Nothing),
    (Event::Unusable, Lasts::AllButALittle),
];

/// How much of its time limit a step takes.
#[derive(Debug, Clone, Copy)]
enum Lasts {
    Nothing,
    AllButALittle,
    All,
}

impl Lasts {
    fn of(self, limit: Duration) -> Duration {
        match self {
            Self::Nothing => Duration::ZERO,
            Self::AllButALittle => limit.saturating_sub(Duration::from_millis(1)),
            Self::All => limit,
        }
    }
}

/// What has been seen of a fetch so far.
#[derive(Debug, Clone, Default)]
struct Seen {
    elapsed: Duration,
    /// New connections that were begun.
    dialled: u32,
    /// Requests that left.
    sent: u32,
    /// Attempts that failed and count.
    counted: u32,
    /// Requests that were repeated because a reused connection was dead.
    free: u32,
    last: Option<Event>,
}

/// Follows every way a fetch can go from `step` on; returns how many there are.
fn follow(attempts: &Attempts, step: Step, seen: &Seen) -> usize {
    let limits = attempts.limits;
    check(limits, step, seen);
    let (events, timeout): (Vec<_>, _) = match step {
        Step::GiveUp | Step::OutOfTime => return 1,
        Step::Connect { reuse, timeout, .. } => {
            // An idle connection is at hand or not; if it is, nobody dials.
            let idle = reuse.then_some((Event::Connected { reused: true }, Lasts::Nothing));
            (idle.into_iter().chain(CONNECTING).collect(), timeout)
        }
        Step::Send { timeout } => (WAITING.to_vec(), timeout),
    };
    events
        .into_iter()
        .map(|(event, lasts)| {
            let mut attempts = Attempts { ..*attempts };
            let seen = seen.and(step, event, lasts.of(timeout), attempts.reused, limits);
            let next = attempts.after(event, seen.elapsed);
            follow(&attempts, next, &seen)
        })
        .sum()
}

impl Seen {
    fn and(&self, step: Step, event: Event, lasts: Duration, was_reused: bool, limits: Limits) -> Self {
        let mut seen = Self { elapsed: self.elapsed + lasts, last: Some(event), ..self.clone() };
        match (step, event) {
            (Step::Connect { .. }, Event::Connected { reused: true }) => {}
            (Step::Connect { .. }, _) => seen.dialled += 1,
            (_, Event::NotSent) => {}
            _ => seen.sent += 1,
        }
        match event {
            Event::ConnectFailed => seen.counted += 1,
            Event::ResponseTimedOut if limits.repeatable => seen.counted += 1,
            Event::Died if was_reused && limits.repeatable => seen.free += 1,
            Event::NotSent if was_reused => seen.free += 1,
            _ => {}
        }
        seen
    }
}

/// What holds before every step of every fetch.
fn check(limits: Limits, step: Step, seen: &Seen) {
    let budget = u32::from(limits.attempts);
    let context = || format!("{limits:?} {step:?} {seen:?}");
    assert!(seen.counted <= budget, "more attempts than allowed: {}", context());
    assert!(seen.free <= 2, "more repetitions than a dead idle connection explains: {}", context());
    assert!(seen.dialled <= budget + seen.free, "more connections than attempts: {}", context());
    let most = if limits.repeatable { budget + 1 } else { 1 };
    assert!(seen.sent <= most, "sent too often: {}", context());
    if let Some(total) = limits.completion_timeout {
        assert!(seen.elapsed <= total, "longer than ResponseCompletionTimeout: {}", context());
    }
    let longest = (limits.connection_timeout + limits.read_timeout) * (budget + seen.free);
    assert!(seen.elapsed <= longest, "longer than all attempts together: {}", context());
    match step {
        Step::Connect { timeout, .. } => {
            assert!(seen.counted < budget, "an attempt too many: {}", context());
            assert!(timeout <= limits.connection_timeout && !timeout.is_zero(), "{}", context());
        }
        Step::Send { timeout } => assert!(timeout <= limits.read_timeout && !timeout.is_zero(), "{}", context()),
        Step::OutOfTime => assert_eq!(Some(seen.elapsed), limits.completion_timeout, "{}", context()),
        Step::GiveUp => assert!(final_event(limits, seen), "gave up too soon: {}", context()),
    }
}

/// Whether a fetch may end with what it saw last.
fn final_event(limits: Limits, seen: &Seen) -> bool {
    let used_up = seen.counted == u32::from(limits.attempts);
    match seen.last {
        Some(Event::ConnectFailed) => used_up,
        Some(Event::ResponseTimedOut) => used_up || !limits.repeatable,
        Some(Event::ConnectHopeless | Event::Died | Event::NotSent | Event::Unusable) => true,
        Some(Event::Connected { .. }) | None => false,
    }
}

/// Every setting at its ends and in the middle, in seconds.
fn every_limits() -> impl Iterator<Item = Limits> {
    let completions = [None, Some(1), Some(10), Some(30), Some(31), Some(90), Some(300)];
    (1..=3_u8).flat_map(move |attempts| {
        [1, 5, 10].into_iter().flat_map(move |connect| {
            [1, 30, 60].into_iter().flat_map(move |read| {
                completions.into_iter().flat_map(move |completion| {
                    [true, false].map(move |repeatable| Limits {
                        attempts,
                        connection_timeout: Duration::from_secs(connect),
                        read_timeout: Duration::from_secs(read),
                        completion_timeout: completion.map(Duration::from_secs),
                        repeatable,
                    })
                })
            })
        })
    })
}

#[test]
fn every_fetch_keeps_within_its_attempts_and_its_time() {
    let mut fetches = 0;
    for limits in every_limits() {
        let mut attempts = Attempts::new(limits);
        let first = attempts.begin(Duration::ZERO);
        fetches += follow(&attempts, first, &Seen::default());
    }
    assert!(fetches > 70_000, "only {fetches} fetches were followed");
}

/// Whatever fails at first, the default settings leave a viewer waiting for 30 s of connecting at most.
#[test]
fn an_origin_that_never_connects_costs_half_a_minute_by_default() {
    for quick in 0..=3_u32 {
        let limits = Limits {
            attempts: 3,
            connection_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            completion_timeout: None,
            repeatable: true,
        };
        let mut attempts = Attempts::new(limits);
        let (mut step, mut elapsed, mut begun) = (attempts.begin(Duration::ZERO), Duration::ZERO, Vec::new());
        while let Step::Connect { timeout, .. } = step {
            begun.push(elapsed);
            // The first ones are refused at once, the others run into their timeout.
            elapsed += if u32::try_from(begun.len()).unwrap() <= quick { Duration::ZERO } else { timeout };
            step = attempts.after(Event::ConnectFailed, elapsed);
        }
        assert_eq!((step, begun.len()), (Step::GiveUp, 3));
        assert_eq!(elapsed, Duration::from_secs(10) * (3 - quick));
        let waits: Vec<u64> = begun.windows(2).map(|pair| pair[1].saturating_sub(pair[0]).as_secs()).collect();
        assert!(waits.iter().all(|wait| [0, 10].contains(wait)), "no pause of its own: {waits:?}");
    }
}

//! Memory and descriptors of an edge over many requests of which a share fails.

use std::path::Path;

use clap::Args;

use crate::origin::{Ending, Origin};
use crate::proxies::{EXPIRED, ORIGIN, REFUSED, Rig, free_port};
use crate::statistics::word;
use crate::thread;
use crate::viewers::Plan;

/// What every tenth request meets, in turn, with the status that belongs to it; `None` where the answer breaks off.
const FAULTS: [(&str, Option<u16>); 5] =
    [("/expired", Some(502)), ("/refused", Some(502)), ("/silence", Some(502)), ("/noise", Some(502)), ("/half", None)];
/// One request in so many meets a fault.
const SPACING: u64 = 10;

#[derive(Args)]
pub(crate) struct Soak {
    /// Requests in all, at least five times `--every`
    #[arg(long, default_value_t = 1_000_000)]
    requests: u64,
    /// Requests between two looks
    #[arg(long, default_value_t = 100_000)]
    every: u64,
    /// Viewers that ask at the same time
    #[arg(long, default_value_t = 64)]
    viewers: u32,
    /// The most that memory may grow after the first fifth, in MiB
    #[arg(long, default_value_t = 8)]
    growth: u64,
}

/// One look.
struct Look {
    resident: u64,
    descriptors: usize,
}

impl Soak {
    /// One that takes a few seconds.
    pub(crate) fn short() -> Self {
        Self { requests: 20_000, every: 4_000, viewers: 16, growth: 8 }
    }

    /// Whether neither memory nor descriptors grew.
    pub(crate) fn run(&self, rig: &Rig) -> bool {
        let origin = Origin::start(&rig.identity(), Ending::Keep);
        let expired = Origin::start(&rig.expired_identity(), Ending::Keep);
        let origins = [(ORIGIN, origin.address), (EXPIRED, expired.address), (REFUSED, free_port())];
        let edge = rig.edge(2, &origins, Path::new("/dev/null"));
        println!("{}; {} viewers, one request in {SPACING} meets a fault", edge.version, self.viewers);
        println!(
            "  {:>9}  {:>9}  {:>11}  {:>7}  {:>7}  {:>7}",
            "requests", "RSS KiB", "descriptors", "200", "502", "cut"
        );
        let viewers = thread();
        let looks: Vec<Look> = (1..=self.requests / self.every)
            .map(|turn| {
                let plan = Plan { path, ..Plan::eager(edge.address, self.viewers, self.every) };
                let tally = viewers.block_on(plan.run());
                self.check(tally.of(200), tally.of(502), tally.cut);
                let look = Look { resident: edge.process.resident(), descriptors: edge.process.descriptors() };
                println!(
                    "  {:>9}  {:>9}  {:>11}  {:>7}  {:>7}  {:>7}",
                    turn * self.every,
                    look.resident,
                    look.descriptors,
                    tally.of(200),
                    tally.of(502),
                    tally.cut
                );
                look
            })
            .collect();
        self.judge(&looks)
    }

    /// Panics unless each request got what it asked for.
    fn check(&self, sound: u64, failed: u64, cut: u64) {
        let faults = (0..self.every).filter(|request| request % SPACING == 0);
        let expected_cut = faults.clone().filter(|request| fault(*request).1.is_none()).count() as u64;
        let expected_failed = faults.count() as u64 - expected_cut;
        let expected = (self.every - expected_failed - expected_cut, expected_failed, expected_cut);
        assert_eq!((sound, failed, cut), expected, "sound, failed and cut answers");
    }

    /// Compares the last look with the one after the first fifth, when everything has been in use.
    fn judge(&self, looks: &[Look]) -> bool {
        let (first, last) = (&looks[looks.len() / 5], looks.last().expect("there was a look"));
        let grown = last.resident.saturating_sub(first.resident);
        // Connections to the origin that lie idle come and go; the pool bounds them.
        let more = last.descriptors.saturating_sub(first.descriptors);
        let (memory, descriptors) = (grown <= self.growth * 1024, more <= usize::try_from(self.viewers).unwrap_or(0));
        println!(
            "after the first fifth: {grown} KiB more (limit {} MiB, {}), {more} descriptors more (limit {}, {})",
            self.growth,
            word(memory),
            self.viewers,
            word(descriptors)
        );
        memory && descriptors
    }
}

fn fault(request: u64) -> (&'static str, Option<u16>) {
    let turn = request / SPACING % FAULTS.len() as u64;
    FAULTS[usize::try_from(turn).expect("below five")]
}

fn path(request: u64) -> &'static str {
    if request.is_multiple_of(SPACING) { fault(request).0 } else { "/" }
}

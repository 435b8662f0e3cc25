//! CPU time for each request: edge502, nginx and HAProxy in turn, in front of one and the same origin.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use clap::Args;

use crate::origin::{Ending, Origin};
use crate::proxies::{ORIGIN, Proxy, Rig};
use crate::statistics::{Quartiles, word};
use crate::thread;
use crate::viewers::Plan;

/// Requests that warm everything up before the first round.
const FIRST: u64 = 200;

#[derive(Args)]
pub(crate) struct Compare {
    /// Rounds; in each, every proxy has its turn
    #[arg(long, default_value_t = 9)]
    rounds: u32,
    /// Requests of a turn over new connections to the origin
    #[arg(long, default_value_t = 2_000)]
    cold: u64,
    /// Requests of a turn over connections that stay open
    #[arg(long, default_value_t = 30_000)]
    warm: u64,
    /// Viewers that ask at the same time
    #[arg(long, default_value_t = 16)]
    viewers: u32,
    /// Write every turn's figures to this file, too
    #[arg(long, value_name = "FILE")]
    raw: Option<PathBuf>,
}

/// A way to the origin, and the most that a request may cost the edge beside the others.
struct Way {
    name: &'static str,
    ending: Ending,
    requests: u64,
    limits: [(&'static str, f64); 2],
}

impl Compare {
    /// Whether every limit was kept.
    pub(crate) fn run(&self, rig: &Rig) -> bool {
        let ways = [
            Way {
                name: "cold",
                ending: Ending::Close,
                requests: self.cold,
                limits: [("nginx", 0.45), ("HAProxy", 0.45)],
            },
            Way {
                name: "warm",
                ending: Ending::Keep,
                requests: self.warm,
                limits: [("nginx", 1.2), ("HAProxy", f64::NAN)],
            },
        ];
        let mut raw = "way,round,proxy,requests,cpu_us_per_request\n".to_owned();
        let kept = ways.map(|way| self.contest(rig, &way, &mut raw));
        if let Some(path) = &self.raw {
            fs::write(path, raw).unwrap_or_else(|error| panic!("{} cannot be written: {error}", path.display()));
        }
        kept.into_iter().all(|kept| kept)
    }

    fn contest(&self, rig: &Rig, way: &Way, raw: &mut String) -> bool {
        let origin = Origin::start(&rig.identity(), way.ending);
        let edge = rig.edge(1, &[(ORIGIN, origin.address)], &rig.log("edge502"));
        let proxies: Vec<Proxy> =
            [Some(edge), rig.nginx(origin.address), rig.haproxy(origin.address)].into_iter().flatten().collect();
        for proxy in &proxies {
            self.turn(proxy, way, FIRST, &origin);
        }
        let mut costs = vec![Vec::new(); proxies.len()];
        for round in 0..self.rounds {
            for (proxy, costs) in proxies.iter().zip(&mut costs) {
                let cost = self.turn(proxy, way, way.requests, &origin);
                let _ = writeln!(raw, "{},{round},{},{},{cost:.1}", way.name, proxy.name, way.requests);
                costs.push(cost);
            }
        }
        self.report(way, &proxies, &costs)
    }

    /// CPU time of `proxy` for each of `requests`, in microseconds. Panics unless each was answered by the origin over
    /// the kind of connection that the bench is about.
    fn turn(&self, proxy: &Proxy, way: &Way, requests: u64, origin: &Origin) -> f64 {
        let (handshakes, asked, before) = (origin.handshakes(), origin.requests(), proxy.process.cpu());
        let tally = thread().block_on(Plan::eager(proxy.address, self.viewers, requests).run());
        let cost = proxy.process.cpu().saturating_sub(before);
        let (handshakes, asked) = (origin.handshakes() - handshakes, origin.requests() - asked);
        assert_eq!((tally.of(200), asked), (requests, requests), "{}: {:?}", proxy.name, tally.statuses);
        match way.ending {
            Ending::Close => assert_eq!(handshakes, requests, "{}", proxy.name),
            Ending::Keep => assert!(
                handshakes <= (requests / 20).max(self.viewers.into()),
                "{}: {handshakes} connections",
                proxy.name
            ),
        }
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let requests = requests as f64;
        cost.as_secs_f64() * 1e6 / requests
    }

    fn report(&self, way: &Way, proxies: &[Proxy], costs: &[Vec<f64>]) -> bool {
        let Way { name, requests, .. } = way;
        println!(
            "{name}: CPU time in µs for each request; {} rounds of {requests} requests, {} viewers",
            self.rounds, self.viewers
        );
        println!("  {:8}  {:26}  {:26}  limit", "proxy", "25 % / median / 75 %", "edge502 beside it");
        let mut kept = true;
        for (proxy, cost) in proxies.iter().zip(costs) {
            let ratio = Quartiles::of(costs[0].iter().zip(cost).map(|(edge, other)| edge / other));
            let limit = way.limits.iter().find(|(limited, limit)| *limited == proxy.name && !limit.is_nan());
            let verdict = limit.map_or(String::new(), |(_, limit)| {
                let reached = ratio.median() <= *limit;
                kept &= reached;
                format!("{limit} {}", word(reached))
            });
            println!(
                "  {:8}  {:26}  {ratio:<26.3}  {verdict:12} {}",
                proxy.name,
                Quartiles::of(cost.iter().copied()),
                proxy.version
            );
        }
        for absent in ["nginx", "HAProxy"].iter().filter(|name| proxies.iter().all(|proxy| proxy.name != **name)) {
            println!("  {absent:8}  not installed, so not compared");
        }
        kept
    }
}

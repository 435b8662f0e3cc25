//! What the edge's connector costs beside s2n-tls alone: one table, one figure for each kind of origin.
//!
//! On a shared machine the speed changes from second to second, by more than the difference that is looked for. So
//! both clients take turns in short blocks, each block is compared with its neighbour only, and the median of those
//! ratios is what counts. Processor time of the client's thread is shown too, where Linux tells it: the time on the
//! clock includes the origin's half, which is the same for both clients and makes their ratio look smaller.
//!
//! `-- --quick` takes fewer blocks; a word selects the kinds whose name contains it.

#[path = "support/contest.rs"]
mod contest;
mod support;

use std::time::{Duration, Instant};

use contest::{Contest, Kind};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

/// Handshakes in a block: few enough for the machine to stay the same, many enough to make the clock exact.
const BLOCK: u32 = 50;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    // `cargo test --benches` runs benches without `--bench`, to see that they work.
    let pairs = if has("--quick") || !has("--bench") { 8 } else { 60 };
    let wanted = |kind: &&Kind| {
        let mut words = arguments.iter().filter(|argument| !argument.starts_with("--")).peekable();
        words.peek().is_none() || words.any(|word| kind.id.contains(word.as_str()))
    };
    let (lab, background) = (support::lab(), support::background());
    let client = Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    println!(
        "{pairs} pairs of {BLOCK} handshakes; time per handshake, ratio edge/bare as quartiles [25 % 50 % 75 %]\n"
    );
    println!("{:<17} {:>9} {:>9}  {:<19}  {:<19}", "origin", "bare", "edge", "time on the clock", "client's CPU time");
    for kind in Kind::ALL.iter().filter(wanted) {
        let contest = Contest::start(kind, &lab, &background, &client);
        let pairs: Vec<Pair> = (0..=pairs).map(|turn| Pair::measure(&contest, &client, turn % 2 == 0)).collect();
        // The first pair warms up.
        report(kind.id, &pairs[1..]);
    }
}

/// A block of each client, one right after the other.
struct Pair {
    bare: Cost,
    edge: Cost,
}

impl Pair {
    fn measure(contest: &Contest, client: &Runtime, edge_first: bool) -> Self {
        contest.forget();
        let bare = || client.block_on(block(contest, async |tcp| contest.bare(tcp).await));
        let edge = || client.block_on(block(contest, async |tcp| contest.edge(tcp).await));
        if edge_first {
            let edge = edge();
            Self { edge, bare: bare() }
        } else {
            Self { bare: bare(), edge: edge() }
        }
    }
}

/// What one handshake cost on average over a block.
#[derive(Clone, Copy)]
struct Cost {
    clock: Duration,
    cpu: Option<Duration>,
}

/// Times a block of handshakes. Connections are made before and closed afterwards.
async fn block<T>(contest: &Contest, handshake: impl AsyncFn(TcpStream) -> T) -> Cost {
    let streams: Vec<TcpStream> = (0..BLOCK).map(|_| contest.dial()).collect();
    let mut done = Vec::with_capacity(streams.len());
    let (cpu, clock) = (cpu_time(), Instant::now());
    for tcp in streams {
        done.push(handshake(tcp).await);
    }
    let clock = clock.elapsed() / BLOCK;
    let cpu = cpu.zip(cpu_time()).map(|(before, after)| after.saturating_sub(before) / BLOCK);
    Cost { clock, cpu }
}

/// Processor time of this thread so far; `None` where the system does not tell.
fn cpu_time() -> Option<Duration> {
    // The kernel brings the figure up to date when the thread makes room for another.
    std::thread::yield_now();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

fn report(id: &str, pairs: &[Pair]) {
    let clock = |cost: &Cost| Some(cost.clock);
    let cpu = |cost: &Cost| cost.cpu;
    let median = |of: fn(&Pair) -> Cost| {
        quartiles(pairs.iter().map(|pair| of(pair).clock.as_secs_f64() * 1e6).collect()).map(|[_, median, _]| median)
    };
    println!(
        "{id:<17} {:>9} {:>9}  {:<19}  {:<19}",
        median(|pair| pair.bare).map_or_else(String::new, |us| format!("{us:.0} µs")),
        median(|pair| pair.edge).map_or_else(String::new, |us| format!("{us:.0} µs")),
        ratios(pairs, clock),
        ratios(pairs, cpu),
    );
}

fn ratios(pairs: &[Pair], of: impl Fn(&Cost) -> Option<Duration>) -> String {
    let ratio = |pair: &Pair| {
        let (edge, bare) = (of(&pair.edge)?.as_secs_f64(), of(&pair.bare)?.as_secs_f64());
        (bare > 0.0).then_some(edge / bare)
    };
    match quartiles(pairs.iter().filter_map(ratio).collect()) {
        Some([low, median, high]) => format!("[{low:.3} {median:.3} {high:.3}]"),
        None => "not known".to_owned(),
    }
}

/// A quarter, half and three quarters of `values` are at most these; `None` if there are none.
fn quartiles(mut values: Vec<f64>) -> Option<[f64; 3]> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    Some([1, 2, 3].map(|quarter| values[last * quarter / 4]))
}

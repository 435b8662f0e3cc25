//! Viewers: each asks over a connection of its own that stays open, one request after the other.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

/// The name all viewers ask for.
pub(crate) const HOST: &str = "www.shop.test";

/// The longest that one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who asks how often for what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) proxy: SocketAddr,
    pub(crate) viewers: u32,
    /// Requests of all viewers together.
    pub(crate) requests: u64,
    /// Requests a second of all viewers together; without it, each asks again as soon as it has its answer.
    pub(crate) rate: Option<u32>,
    /// What the request of this number asks for.
    pub(crate) path: fn(u64) -> &'static str,
}

/// What became of the requests.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// How often each status came with a whole body.
    pub(crate) statuses: BTreeMap<u16, u64>,
    /// Answers that broke off.
    pub(crate) cut: u64,
    /// How long each answer took, in milliseconds.
    pub(crate) waits: Vec<f64>,
}

impl Tally {
    /// Answers with this status.
    pub(crate) fn of(&self, status: u16) -> u64 {
        self.statuses.get(&status).copied().unwrap_or_default()
    }

    fn add(&mut self, other: Self) {
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        self.cut += other.cut;
        self.waits.extend(other.waits);
    }
}

impl Plan {
    /// Asks for `/` as fast as answers come.
    pub(crate) fn eager(proxy: SocketAddr, viewers: u32, requests: u64) -> Self {
        Self { proxy, viewers, requests, rate: None, path: |_| "/" }
    }

    /// Carries it out.
    pub(crate) async fn run(self) -> Tally {
        let (next, start) = (Arc::new(AtomicU64::new(0)), Instant::now());
        let mut viewers = JoinSet::new();
        for number in 0..self.viewers {
            let (next, viewer) = (Arc::clone(&next), Viewer::connect(self.proxy).await.expect("the proxy accepts"));
            viewers.spawn(self.visit(viewer, next, start, number));
        }
        let mut tally = Tally::default();
        while let Some(visit) = viewers.join_next().await {
            tally.add(visit.expect("a viewer does not panic"));
        }
        tally
    }

    async fn visit(self, mut viewer: Viewer, next: Arc<AtomicU64>, start: Instant, number: u32) -> Tally {
        let mut tally = Tally::default();
        // Each viewer begins at a time of its own, so that requests come evenly.
        let mut pace = self.rate.map(|rate| {
            let own = Duration::from_secs(1) * self.viewers / rate;
            let mut pace = interval_at(start + own * number / self.viewers, own);
            pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
            pace
        });
        loop {
            let request = next.fetch_add(1, Ordering::Relaxed);
            if request >= self.requests {
                return tally;
            }
            if let Some(pace) = &mut pace {
                pace.tick().await;
            }
            let asked = Instant::now();
            match timeout(PATIENCE, viewer.ask((self.path)(request))).await.expect("an answer comes in time") {
                Ok(Answered { status, stays }) => {
                    *tally.statuses.entry(status).or_default() += 1;
                    tally.waits.push(asked.elapsed().as_secs_f64() * 1e3);
                    if stays {
                        continue;
                    }
                }
                Err(_) => tally.cut += 1,
            }
            viewer = Viewer::connect(self.proxy).await.expect("the proxy accepts");
        }
    }
}

/// One connection.
pub(crate) struct Viewer {
    stream: TcpStream,
    buffer: Vec<u8>,
}

struct Answered {
    status: u16,
    stays: bool,
}

impl Viewer {
    pub(crate) async fn connect(proxy: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(proxy).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096) })
    }

    /// Whether a request of it is answered well.
    pub(crate) async fn greets(&mut self) -> bool {
        self.ask("/kept").await.is_ok_and(|answered| answered.status == 200)
    }

    /// Asks for `path` and reads the whole answer.
    async fn ask(&mut self, path: &str) -> io::Result<Answered> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n");
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        let end = loop {
            if let Some(end) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end + 4;
            }
            self.more().await?;
        };
        let head = str::from_utf8(&self.buffer[..end]).map_err(|_| io::ErrorKind::InvalidData)?;
        let status = head.get(9..12).and_then(|status| status.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
        let length: usize = field(head, "content-length").and_then(|length| length.parse().ok()).unwrap_or_default();
        let stays = !field(head, "connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        while self.buffer.len() < end + length {
            self.more().await?;
        }
        Ok(Answered { status, stays })
    }

    async fn more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

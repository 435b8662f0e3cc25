//! Idle connections to origins, kept for `OriginKeepaliveTimeout`
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html>).
//!
//! Two requests share a connection if origin, scheme, port and SNI are the same (grade: inferred; AWS does not say).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use edge502_rules::name::SniName;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How many idle connections are kept; the oldest goes first. As many as viewers of a busy edge ask at the same time:
/// with fewer, connections would be opened for one request each.
const CAPACITY: usize = 1_024;
/// How long the sweeper sleeps when there is nothing to sweep; it is woken earlier when there is.
const NOTHING_TO_DO: Duration = Duration::from_hours(1);

/// What two requests must have in common to share a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// `Id` of the origin, and what functions changed of it.
    pub(crate) origin: String,
    /// The port connected to.
    pub(crate) port: u16,
    /// The name sent as SNI; `None` for plain HTTP.
    pub(crate) sni: Option<SniName>,
}

/// Something that can lie idle and may be gone when it is wanted.
pub(crate) trait Reusable {
    /// Whether the peer, or an error, has ended it.
    fn is_closed(&self) -> bool;
}

/// The idle connections of one edge under one configuration.
#[derive(Debug)]
pub(crate) struct Pool<C> {
    stock: Mutex<Stock<C>>,
    changed: Notify,
}

#[derive(Debug)]
struct Stock<C> {
    /// Of each key the oldest first. A key stays until the sweeper finds nothing under it.
    idle: HashMap<Arc<Key>, Vec<Idle<C>>>,
    /// How many there are in all.
    count: usize,
    /// How many there have ever been.
    ever: u64,
    /// When the sweeper looks next.
    sweep: Instant,
    closed: bool,
}

#[derive(Debug)]
struct Idle<C> {
    connection: C,
    expires: Instant,
    /// How many were put before it.
    before: u64,
}

impl<C: Reusable> Stock<C> {
    /// Drops whatever does not satisfy `stays`.
    fn retain(&mut self, stays: impl Fn(&Idle<C>) -> bool) {
        self.idle.retain(|_, idle| {
            idle.retain(&stays);
            !idle.is_empty()
        });
        self.count = self.idle.values().map(Vec::len).sum();
    }

    /// When the first connection expires.
    fn next(&self) -> Option<Instant> {
        self.idle.values().flatten().map(|idle| idle.expires).min()
    }

    /// Drops the connection that has been idle the longest.
    fn make_room(&mut self) {
        let oldest = self.idle.values_mut().filter(|idle| !idle.is_empty()).min_by_key(|idle| idle[0].before);
        if let Some(idle) = oldest {
            idle.remove(0);
            self.count -= 1;
        }
    }
}

impl<C: Reusable> Pool<C> {
    /// An empty pool. Without [`Pool::sweep`] running, expired connections stay open but are never handed out.
    pub(crate) fn new() -> Arc<Self> {
        let sweep = Instant::now() + NOTHING_TO_DO;
        let stock = Stock { idle: HashMap::new(), count: 0, ever: 0, sweep, closed: false };
        Arc::new(Self { stock: Mutex::new(stock), changed: Notify::new() })
    }

    /// Takes the connection that was used last, if a living one is at hand.
    pub(crate) fn take(&self, key: &Key) -> Option<C> {
        let mut stock = self.lock();
        let Stock { idle, count, .. } = &mut *stock;
        let (idle, now) = (idle.get_mut(key)?, Instant::now());
        while let Some(Idle { connection, expires, .. }) = idle.pop() {
            *count -= 1;
            if expires > now && !connection.is_closed() {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps `connection` for `keepalive`; drops it if the pool is closed.
    pub(crate) fn put(&self, key: Arc<Key>, connection: C, keepalive: Duration) {
        let mut stock = self.lock();
        if stock.closed || connection.is_closed() {
            return;
        }
        if stock.count >= CAPACITY {
            stock.make_room();
        }
        let expires = Instant::now() + keepalive;
        let idle = Idle { connection, expires, before: stock.ever };
        stock.idle.entry(key).or_default().push(idle);
        stock.count += 1;
        stock.ever += 1;
        // A busy pool need not wake the sweeper for each request: it looks early enough.
        if expires < stock.sweep {
            stock.sweep = expires;
            drop(stock);
            self.changed.notify_one();
        }
    }

    /// Drops every idle connection and takes no more.
    pub(crate) fn close(&self) {
        let mut stock = self.lock();
        stock.closed = true;
        stock.retain(|_| false);
        drop(stock);
        self.changed.notify_one();
    }

    /// Closes connections when their time is over; ends when the pool is closed.
    pub(crate) async fn sweep(self: Arc<Self>) {
        while let Some(next) = self.remove_expired() {
            tokio::select! {
                () = self.changed.notified() => {}
                () = tokio::time::sleep_until(next) => {}
            }
        }
    }

    /// Drops what has expired; says when to look again, or `None` if the pool is closed.
    fn remove_expired(&self) -> Option<Instant> {
        let now = Instant::now();
        let mut stock = self.lock();
        stock.retain(|idle| idle.expires > now);
        stock.sweep = stock.next().unwrap_or(now + NOTHING_TO_DO);
        (!stock.closed).then_some(stock.sweep)
    }

    fn lock(&self) -> MutexGuard<'_, Stock<C>> {
        self.stock.lock().expect("nothing panics while it holds the pool")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// A connection that knows whether its peer closed it, and tells when it is dropped.
    #[derive(Debug, Clone, Default)]
    struct Fake {
        closed: Arc<AtomicBool>,
        alive: Arc<()>,
    }

    impl Reusable for Fake {
        fn is_closed(&self) -> bool {
            self.closed.load(Ordering::Relaxed)
        }
    }

    fn key(origin: &str, port: u16, sni: Option<&str>) -> Arc<Key> {
        Arc::new(Key { origin: origin.to_owned(), port, sni: sni.map(|name| name.parse().unwrap()) })
    }

    const KEEPALIVE: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_shared_only_for_the_same_origin_port_and_sni() {
        let pool = Pool::new();
        let kept = key("app", 443, Some("a.test"));
        pool.put(kept.clone(), Fake::default(), KEEPALIVE);
        for other in [key("api", 443, Some("a.test")), key("app", 8443, Some("a.test")), key("app", 443, None)] {
            assert!(pool.take(&other).is_none(), "{other:?}");
        }
        assert!(pool.take(&kept).is_some());
        assert!(pool.take(&kept).is_none(), "handed out once");
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_is_dropped_when_its_time_is_over() {
        let pool = Pool::new();
        let sweeper = tokio::spawn(Arc::clone(&pool).sweep());
        let connection = Fake::default();
        let alive = Arc::downgrade(&connection.alive);
        pool.put(key("app", 80, None), connection, KEEPALIVE);
        tokio::time::sleep(KEEPALIVE.mul_f32(0.99)).await;
        assert!(alive.upgrade().is_some());
        tokio::time::sleep(KEEPALIVE.mul_f32(0.02)).await;
        assert!(alive.upgrade().is_none());
        pool.close();
        tokio::time::timeout(KEEPALIVE, sweeper).await.expect("the sweeper ends with the pool").unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_closed_by_its_peer_is_not_handed_out() {
        let pool = Pool::new();
        let connection = Fake::default();
        pool.put(key("app", 80, None), connection.clone(), KEEPALIVE);
        connection.closed.store(true, Ordering::Relaxed);
        assert!(pool.take(&key("app", 80, None)).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_pool_is_bounded_and_a_closed_one_keeps_nothing() {
        let pool = Pool::new();
        for port in 0..=u16::try_from(CAPACITY).unwrap() {
            pool.put(key("app", port, None), Fake::default(), KEEPALIVE);
        }
        assert!(pool.take(&key("app", 0, None)).is_none(), "the oldest made room");
        assert!(pool.take(&key("app", 1, None)).is_some());
        pool.close();
        pool.put(key("app", 2, None), Fake::default(), KEEPALIVE);
        assert!(pool.take(&key("app", 2, None)).is_none());
    }
}

//! What the tests of running origins share.
#![allow(dead_code, clippy::unwrap_used, reason = "each test uses its part, and fails by panicking")]

use std::{sync::Arc, time::Duration};

use edge502_origin::{ConnectionRecord, Origin, OriginError, OriginSpec};
use edge502_pki::Lab;
use edge502_rules::clock::{FixedClock, SharedClock};
use time::macros::datetime;

/// The bound for everything that is awaited.
pub(crate) const BOUND: Duration = Duration::from_secs(10);

pub(crate) const NOW: time::OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

pub(crate) fn lab() -> Lab {
    Lab::new(NOW).unwrap()
}

pub(crate) fn clock() -> SharedClock {
    Arc::new(FixedClock(NOW))
}

pub(crate) fn spec(toml: &str) -> OriginSpec {
    toml::from_str(toml).unwrap_or_else(|error| panic!("{toml}: {error}"))
}

pub(crate) async fn try_start(toml: &str) -> Result<Origin, OriginError> {
    Origin::start(&spec(toml), &lab(), clock()).await
}

pub(crate) async fn start(toml: &str) -> Origin {
    try_start(toml).await.unwrap_or_else(|error| panic!("{toml}: {error}"))
}

/// The one connection that this origin has seen, once it is over.
pub(crate) async fn only_connection(origin: &Origin) -> ConnectionRecord {
    let over = |records: &[ConnectionRecord]| records.len() == 1 && records[0].end.is_some();
    origin.history().wait_for(over, BOUND).await.unwrap().remove(0)
}

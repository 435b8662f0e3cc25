//! What the benches share: a lab whose origins and edges run on a thread of their own.

use std::sync::Arc;

use edge502_origin::{Origin, OriginSpec};
use edge502_pki::Lab;
use edge502_rules::clock::{FixedClock, SharedClock};
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::runtime::{Builder, Runtime};

/// The day on which everything happens.
pub(crate) const NOW: OffsetDateTime = datetime!(2031-03-05 12:00 UTC);

pub(crate) fn clock() -> SharedClock {
    Arc::new(FixedClock(NOW))
}

pub(crate) fn lab() -> Lab {
    Lab::new(NOW).expect("a lab can be made")
}

/// A runtime with one thread, which serves while the measuring thread does something else.
pub(crate) fn background() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a thread can be started")
}

/// Starts an origin on `runtime`; its self-test proves that it is what `spec` says.
pub(crate) fn origin(runtime: &Runtime, spec: &OriginSpec, lab: &Lab) -> Origin {
    runtime.block_on(Origin::start(spec, lab, clock())).expect("the origin starts")
}

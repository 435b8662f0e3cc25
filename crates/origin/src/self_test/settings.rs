//! TLS settings that have been proven.
//!
//! Which versions, suites, groups and schemes a server speaks follows from its settings and its kind of key, not from the
//! certificate that is made anew for each origin. They take most of the connections of a self-test, and a run starts
//! hundreds of origins with the same: each is tried once in a process. What hangs on the certificate is tried every time.

use std::{
    collections::HashSet,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use edge502_pki::KeyKind;

use crate::{plan::Plan, spec::TlsSpec};

static HELD: LazyLock<Mutex<HashSet<Settings>>> = LazyLock::new(Mutex::default);

/// What decides how a server negotiates.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Settings {
    tls: TlsSpec,
    key: KeyKind,
}

impl Settings {
    pub(super) fn of(plan: &Plan) -> Self {
        Self { tls: plan.spec.tls.clone(), key: plan.spec.certificate.key }
    }

    /// Whether an origin of this process was found to keep to them.
    pub(super) fn have_held(&self) -> bool {
        all().contains(self)
    }

    /// An origin was found to keep to them.
    pub(super) fn held(self) {
        all().insert(self);
    }
}

fn all() -> MutexGuard<'static, HashSet<Settings>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

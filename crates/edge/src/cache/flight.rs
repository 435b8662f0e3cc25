//! One request to the origin for many viewers that ask for the same thing at the same time.
//!
//! The first viewer leads; the others wait for what it gets: a copy that is kept, or its failure. A response that may
//! not be shared sends each of them to the origin on its own, as CloudFront does
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html>).
//! If the leader's viewer leaves, one of the others leads.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use edge502_rules::cache::CacheKey;
use tokio::sync::watch;
use tokio::time::timeout;

use super::entry::Entry;

/// The longest wait for the first line of somebody else's response. The fetch has bounds of its own, which the
/// distribution sets; this one is for all of them.
const HEAD: Duration = Duration::from_mins(2);
/// The longest wait for the rest of it: the leader may read slowly.
const BODY: Duration = Duration::from_secs(5);

/// The fetches on their way, by key.
#[derive(Debug, Default)]
pub(super) struct Flights {
    open: Arc<Mutex<Open>>,
}

type Open = HashMap<CacheKey, watch::Receiver<Stage>>;

/// How far a fetch is.
#[derive(Debug, Clone)]
enum Stage {
    /// The origin was asked.
    Asking,
    /// The response has begun and will be kept.
    Receiving,
    Landed(Landing),
}

/// What came of a fetch.
#[derive(Debug, Clone)]
pub(super) enum Landing {
    /// There is something in the store.
    Kept,
    /// This failure, for everybody who waited.
    Failed(Arc<Entry>),
    /// Something for the leader only, or nothing in time.
    Unshared,
}

/// What a request for a key has to do.
pub(super) enum Role {
    /// Ask the origin.
    Lead(Lead),
    /// Wait.
    Follow(Follow),
}

/// The duty to tell the others what came of it.
#[derive(Debug)]
pub(super) struct Lead {
    key: CacheKey,
    stage: watch::Sender<Stage>,
    open: Arc<Mutex<Open>>,
}

/// A place among those who wait.
pub(super) struct Follow(watch::Receiver<Stage>);

impl Flights {
    /// Joins the fetch for `key`, or begins one.
    pub(super) fn join(&self, key: &CacheKey) -> Role {
        match lock(&self.open).entry(key.clone()) {
            Slot::Occupied(flight) => Role::Follow(Follow(flight.get().clone())),
            Slot::Vacant(slot) => {
                let (stage, follow) = watch::channel(Stage::Asking);
                slot.insert(follow);
                Role::Lead(Lead { key: key.clone(), stage, open: Arc::clone(&self.open) })
            }
        }
    }

    /// Joins the fetch for `key` if there is one.
    pub(super) fn follow(&self, key: &CacheKey) -> Option<Follow> {
        lock(&self.open).get(key).cloned().map(Follow)
    }
}

impl Lead {
    /// The response has begun and will be kept if it comes to its end.
    pub(super) fn receiving(&self) {
        self.stage.send_replace(Stage::Receiving);
    }

    /// Ends the fetch. What is to be kept has been kept by now.
    pub(super) fn land(self, landing: Landing) {
        // First out of the way, so that whoever comes now looks into the store or begins anew.
        lock(&self.open).remove(&self.key);
        self.stage.send_replace(Stage::Landed(landing));
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        if open.get(&self.key).is_some_and(|flight| flight.same_channel(&self.stage.subscribe())) {
            open.remove(&self.key);
        }
    }
}

impl Follow {
    /// What came of the fetch; `None` if the leader's viewer left.
    pub(super) async fn landed(mut self) -> Option<Landing> {
        let begun = self.wait(HEAD, |stage| !matches!(stage, Stage::Asking));
        let Some(stage) = begun.await else { return Some(Landing::Unshared) };
        if let Stage::Landed(landing) = stage? {
            return Some(landing);
        }
        let ended = self.wait(BODY, |stage| matches!(stage, Stage::Landed(_)));
        let Some(stage) = ended.await else { return Some(Landing::Unshared) };
        match stage? {
            Stage::Landed(landing) => Some(landing),
            Stage::Asking | Stage::Receiving => None,
        }
    }

    /// The stage that `enough` accepts, `Some(None)` if nobody leads any more; `None` if it takes too long.
    async fn wait(&mut self, patience: Duration, enough: impl FnMut(&Stage) -> bool) -> Option<Option<Stage>> {
        let reached = async { self.0.wait_for(enough).await.ok().map(|stage| stage.clone()) };
        timeout(patience, reached).await.ok()
    }
}

fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

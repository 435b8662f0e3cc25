//! The edge's tasks: none outlives it.

use std::time::Duration;

use hyper::rt::Executor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long requests in flight may take to finish when the edge shuts down.
const GRACE: Duration = Duration::from_secs(2);

/// Spawns tasks and ends them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tasks {
    tracker: TaskTracker,
    /// No new work; finish what is begun.
    draining: CancellationToken,
    /// Stop at once.
    stopped: CancellationToken,
}

impl Tasks {
    /// Runs `work` until it ends or the edge stops.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stopped = self.stopped.clone();
        // On the heap by itself: what an async block captures and then awaits takes its room twice.
        let work = Box::pin(work);
        self.tracker.spawn(async move {
            tokio::select! {
                biased;
                () = stopped.cancelled() => {}
                () = work => {}
            }
        });
    }

    /// Resolves when the edge begins to shut down.
    pub(crate) async fn draining(&self) {
        self.draining.cancelled().await;
    }

    /// Asks every task to finish, waits for a while, then stops the rest.
    pub(crate) async fn shut_down(&self) {
        self.draining.cancel();
        self.tracker.close();
        if tokio::time::timeout(GRACE, self.tracker.wait()).await.is_err() {
            self.stopped.cancel();
            self.tracker.wait().await;
        }
    }

    /// Stops every task without waiting.
    pub(crate) fn stop(&self) {
        self.draining.cancel();
        self.stopped.cancel();
    }
}

/// So that the streams of an HTTP/2 connection are tasks of the edge, too.
impl<W: Future<Output = ()> + Send + 'static> Executor<W> for Tasks {
    fn execute(&self, work: W) {
        self.spawn(work);
    }
}

//! A trainee's lab: one task owns it and does one thing after the other; pages look at what it last showed.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use edge502_edge::Exchange;
use edge502_scenario::serve::{Action, Brief, Session};
use edge502_scenario::{LabOptions, Scenario, ScenarioError};
use edge502_train::{Check, TrainError, Workbench};
use tempfile::TempDir;
use tokio::sync::{Semaphore, broadcast, mpsc, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::exercising::Exercising;
use crate::route::Route;
use crate::sight::Sight;

/// How many requests are shown.
const RECENT: usize = 8;

/// The longest that taking a lab down may last; then it is cut off.
const SHUTDOWN: Duration = Duration::from_secs(5);

/// How long a start waits for a slot: as long as the trainee's last lab needs to be taken down.
const SLOT: Duration = Duration::from_secs(1);

/// How many labs are started at the same time: certificates and self-tests keep the processor busy.
const STARTING: usize = 4;

/// Something to do to a lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Bring another state up, and look at it.
    Apply(Action),
    /// Look once more at the state that is up.
    Ask,
    /// Look once more, and judge whether it is cured.
    Check,
}

/// What the lab is for.
#[derive(Clone)]
pub(crate) enum Purpose {
    /// To try things.
    Lab(Arc<Scenario>),
    /// To solve an exercise.
    Exercise(Arc<Exercising>),
}

/// A running lab, by its purpose.
enum Bench {
    Lab(Session),
    Exercise(Workbench, Arc<Exercising>),
}

impl Bench {
    async fn start(purpose: Purpose, options: LabOptions, directory: &Path) -> Result<Self, TrainError> {
        Ok(match purpose {
            Purpose::Lab(scenario) => {
                Self::Lab(Box::pin(Session::start((*scenario).clone(), options, directory)).await?)
            }
            Purpose::Exercise(exercising) => {
                let exercise = exercising.attempt().exercise().clone();
                Self::Exercise(Workbench::start(exercise, options, directory).await?, exercising)
            }
        })
    }

    fn session(&self) -> &Session {
        match self {
            Self::Lab(session) => session,
            Self::Exercise(workbench, _) => workbench.session(),
        }
    }

    async fn check(&self) -> Result<Option<Check>, TrainError> {
        let Self::Exercise(workbench, exercising) = self else { return Ok(None) };
        let check = workbench.check().await?;
        exercising.checked(&check).await;
        Ok(Some(check))
    }

    async fn shutdown(self) {
        match self {
            Self::Lab(session) => Box::pin(session.shutdown()).await,
            Self::Exercise(workbench, _) => Box::pin(workbench.shutdown()).await,
        }
    }
}

/// What there is to see of a lab at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    /// Grows with every change.
    pub(crate) version: u64,
    /// Whether the lab is being started, changed or asked.
    pub(crate) busy: bool,
    /// Addresses and commands.
    pub(crate) brief: Option<Arc<Brief>>,
    /// The broken state as it was first seen.
    pub(crate) broken: Option<Arc<Sight>>,
    /// What was seen last.
    pub(crate) now: Option<Arc<Sight>>,
    /// What the checker made of it, in an exercise.
    pub(crate) check: Option<Check>,
    /// Why the last order was not carried out.
    pub(crate) trouble: Option<String>,
    /// The last requests, also those from other programs, the newest first.
    pub(crate) recent: VecDeque<Arc<Exchange>>,
}

/// Why an order is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The lab is doing something else.
    Busy,
    /// The lab has ended, or never came up.
    Ended,
}

/// All labs of a console.
pub(crate) struct Labs {
    slots: Arc<Semaphore>,
    starting: Arc<Semaphore>,
    tasks: TaskTracker,
}

impl Labs {
    /// Room for `most` labs.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            slots: Arc::new(Semaphore::new(most)),
            starting: Arc::new(Semaphore::new(STARTING)),
            tasks: TaskTracker::new(),
        }
    }

    /// Starts a lab in the background; `None` if there is no room.
    pub(crate) async fn open(&self, purpose: Purpose, options: LabOptions) -> Option<Seat> {
        let slot = timeout(SLOT, self.slots.clone().acquire_owned()).await.ok()?.ok()?;
        let (orders, received) = mpsc::channel(1);
        let view = Arc::new(watch::Sender::new(View { busy: true, ..View::default() }));
        let stop = CancellationToken::new();
        let desk = Desk { purpose: purpose.clone(), view: view.clone(), stop: stop.clone() };
        let starting = self.starting.clone();
        self.tasks.spawn(async move {
            Box::pin(desk.attend(options, starting, received)).await;
            drop(slot);
        });
        Some(Seat { purpose, orders, view, stop })
    }

    /// How many labs are up or being taken down.
    pub(crate) fn count(&self) -> usize {
        self.tasks.len()
    }

    /// Waits until all that were left are down. No more can be opened.
    pub(crate) async fn ended(&self) {
        self.slots.close();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// A trainee's hold on a lab. When it is dropped, the lab is taken down.
pub(crate) struct Seat {
    purpose: Purpose,
    orders: mpsc::Sender<Order>,
    view: Arc<watch::Sender<View>>,
    stop: CancellationToken,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Seat {
    /// What it is for.
    pub(crate) fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// What there is to see.
    pub(crate) fn view(&self) -> View {
        self.view.borrow().clone()
    }

    /// Tells of every change from now on.
    pub(crate) fn watch(&self) -> watch::Receiver<View> {
        self.view.subscribe()
    }

    /// Has `order` carried out in the background.
    pub(crate) fn order(&self, order: Order) -> Result<(), Refused> {
        if self.orders.is_closed() {
            return Err(Refused::Ended);
        }
        let free = self.view.send_if_modified(|view| {
            let free = !view.busy;
            (view.busy, view.version) = (true, view.version + u64::from(free));
            free
        });
        if !free {
            return Err(Refused::Busy);
        }
        // Room is certain while nothing else is under way.
        self.orders.try_send(order).map_err(|_| Refused::Ended)
    }

    /// The page on which it is looked at.
    pub(crate) fn page(&self) -> Route {
        match self.purpose {
            Purpose::Lab(_) => Route::Lab,
            Purpose::Exercise(_) => Route::Exercise,
        }
    }

    /// Has the lab taken down, whoever still looks at it. What was done in an exercise counts.
    pub(crate) async fn leave(&self) {
        self.stop.cancel();
        if let Purpose::Exercise(exercising) = &self.purpose {
            exercising.leave().await;
        }
    }
}

/// Waits until the lab has done what it was told, or `patience` is over.
pub(crate) async fn settled(mut view: watch::Receiver<View>, patience: Duration) {
    // Either it has settled, or the page says that it is still under way.
    let _ = timeout(patience, view.wait_for(|view| !view.busy)).await;
}

/// Where orders are carried out.
struct Desk {
    purpose: Purpose,
    view: Arc<watch::Sender<View>>,
    stop: CancellationToken,
}

impl Desk {
    async fn attend(self, options: LabOptions, starting: Arc<Semaphore>, orders: mpsc::Receiver<Order>) {
        let started = tokio::select! {
            () = self.stop.cancelled() => return,
            started = self.start(options, starting) => started,
        };
        match started {
            Ok((bench, _directory)) => {
                Box::pin(self.serve(&bench, orders)).await;
                if timeout(SHUTDOWN, Box::pin(bench.shutdown())).await.is_err() {
                    tracing::warn!("a lab did not end within {} s and was cut off", SHUTDOWN.as_secs());
                }
            }
            Err(error) => self.show(|view| view.trouble = Some(error.to_string())),
        }
    }

    async fn start(&self, options: LabOptions, starting: Arc<Semaphore>) -> Result<(Bench, TempDir), TrainError> {
        let directory = run_directory()?;
        let _turn = starting.acquire_owned().await.expect("the semaphore is never closed");
        let bench = Box::pin(Bench::start(self.purpose.clone(), options, directory.path())).await?;
        Ok((bench, directory))
    }

    /// Looks at the broken state, then obeys orders and notes requests until it is stopped.
    async fn serve(&self, bench: &Bench, mut orders: mpsc::Receiver<Order>) {
        let mut events = bench.session().events();
        let mut up = Action::Reset;
        let mut next = Some(Order::Ask);
        loop {
            let order = if let Some(order) = next.take() {
                order
            } else {
                tokio::select! {
                    () = self.stop.cancelled() => return,
                    event = events.recv() => {
                        self.note(event);
                        continue;
                    }
                    Some(order) = orders.recv() => order,
                }
            };
            if let Order::Apply(action) = order {
                up = action;
            }
            let done = tokio::select! {
                () = self.stop.cancelled() => return,
                done = Box::pin(carry_out(bench, order, up)) => done,
            };
            while let Ok(event) = events.try_recv() {
                self.note(Ok(event));
            }
            self.tell(done);
        }
    }

    fn note(&self, event: Result<Arc<Exchange>, broadcast::error::RecvError>) {
        let Ok(exchange) = event else { return };
        self.view.send_modify(|view| {
            view.version += 1;
            view.recent.truncate(RECENT - 1);
            view.recent.push_front(exchange);
        });
    }

    fn tell(&self, done: Result<Done, TrainError>) {
        self.show(|view| match done {
            Ok(done) => {
                let sight = Arc::new(done.sight);
                if sight.action == Action::Reset {
                    view.broken.get_or_insert_with(|| sight.clone());
                }
                (view.now, view.brief, view.trouble) = (Some(sight), Some(Arc::new(done.brief)), None);
                view.check = done.check;
            }
            Err(error) => view.trouble = Some(error.to_string()),
        });
    }

    /// Changes what there is to see, at the end of an order.
    fn show(&self, change: impl FnOnce(&mut View)) {
        self.view.send_modify(|view| {
            change(view);
            view.busy = false;
            view.version += 1;
        });
    }
}

/// What an order came to.
struct Done {
    sight: Sight,
    brief: Brief,
    check: Option<Check>,
}

/// Looks before it checks: a check starts what is up afresh, and what a scenario states is seen by the first request.
async fn carry_out(bench: &Bench, order: Order, up: Action) -> Result<Done, TrainError> {
    let session = bench.session();
    if let Order::Apply(action) = order {
        session.play(action).await?;
    }
    let sight = Sight::take(session, up).await?;
    let check = if order == Order::Ask { None } else { bench.check().await? };
    Ok(Done { sight, brief: session.brief().await?, check })
}

/// A directory for the files of one lab, closed to other users and removed with it.
fn run_directory() -> Result<TempDir, TrainError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut builder = tempfile::Builder::new();
    builder.prefix("edge502-").permissions(std::fs::Permissions::from_mode(0o700));
    let failed = |source| ScenarioError::Io { what: "cannot make a directory for temporary files", source };
    Ok(builder.tempdir().map_err(failed)?)
}

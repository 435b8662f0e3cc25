//! The browsers that have come in: a cookie, a form token and at most one lab each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use edge502_rules::clock::SharedClock;
use edge502_train::{Language, ProgressFile, Seed};
use time::OffsetDateTime;
use tokio::sync::Semaphore;

use crate::exercising::Scores;
use crate::options::ConsoleOptions;
use crate::seat::Seat;
use crate::secret::Secret;

/// How many live connections (SSE) one browser may hold.
const STREAMS: usize = 4;
/// How many labs one browser may start in [`WINDOW`].
const STARTS: u32 = 20;
/// See [`STARTS`].
const WINDOW: time::Duration = time::Duration::minutes(1);
/// How many browsers are known for each lab there may be; most are trainees who have lost their cookie.
const BROWSERS_PER_LAB: usize = 8;

/// One browser.
pub(crate) struct Browser {
    /// What its forms carry, so that no other page can send them.
    pub(crate) form_token: Secret,
    /// Its scores.
    pub(crate) scores: Arc<Scores>,
    /// Bounds its live connections.
    pub(crate) streams: Arc<Semaphore>,
    state: Mutex<State>,
}

struct State {
    language: Option<Language>,
    seen: OffsetDateTime,
    seat: Option<Arc<Seat>>,
    /// Start of the window in which starts are counted, and how many there were.
    starts: (OffsetDateTime, u32),
}

impl Browser {
    fn new(now: OffsetDateTime, progress: Option<ProgressFile>, seed: Option<Seed>) -> Result<Self, getrandom::Error> {
        let seed = seed.map_or_else(|| getrandom::u32().map(Seed::new), Ok)?;
        let state = State { language: None, seen: now, seat: None, starts: (now, 0) };
        Ok(Self {
            form_token: Secret::random()?,
            scores: Arc::new(Scores::new(progress, seed, now)),
            streams: Arc::new(Semaphore::new(STREAMS)),
            state: Mutex::new(state),
        })
    }

    /// The language chosen on the page.
    pub(crate) fn language(&self) -> Option<Language> {
        self.state().language
    }

    /// Chooses a language.
    pub(crate) fn speak(&self, language: Language) {
        self.state().language = Some(language);
    }

    /// Its lab.
    pub(crate) fn seat(&self) -> Option<Arc<Seat>> {
        self.state().seat.clone()
    }

    /// Sits down; returns the lab that was there.
    pub(crate) fn sit(&self, seat: Seat) -> Option<Arc<Seat>> {
        self.state().seat.replace(Arc::new(seat))
    }

    /// Stands up.
    pub(crate) fn stand_up(&self) -> Option<Arc<Seat>> {
        self.state().seat.take()
    }

    /// Counts a start; `false` if there were too many in the last minute.
    pub(crate) fn may_start(&self, now: OffsetDateTime) -> bool {
        let mut state = self.state();
        if now - state.starts.0 >= WINDOW || now < state.starts.0 {
            state.starts = (now, 0);
        }
        state.starts.1 = state.starts.1.saturating_add(1);
        state.starts.1 <= STARTS
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All of them.
pub(crate) struct Browsers {
    known: Mutex<HashMap<Secret, Arc<Browser>>>,
    clock: SharedClock,
    idle: Duration,
    most: usize,
    progress: Option<ProgressFile>,
    seed: Option<Seed>,
}

/// Too many browsers have come in, and each has a lab.
#[derive(Debug)]
pub(crate) struct Crowded;

impl Browsers {
    /// None yet.
    pub(crate) fn new(options: &ConsoleOptions) -> Self {
        Self {
            known: Mutex::default(),
            clock: options.clock.clone(),
            idle: options.limits.idle,
            most: options.limits.labs.saturating_mul(BROWSERS_PER_LAB),
            progress: options.progress.clone(),
            seed: options.seed.or_else(|| options.course.as_ref().and_then(|course| course.seed)),
        }
    }

    /// The browser with this cookie, which thereby shows that somebody is there.
    pub(crate) fn find(&self, cookie: &str) -> Option<Arc<Browser>> {
        let browser = self.known().get(&Secret::claimed(cookie)?).cloned()?;
        browser.state().seen = self.clock.now();
        Some(browser)
    }

    /// Lets a new browser in; returns its cookie. Where there are too many, one without a lab is forgotten.
    pub(crate) fn enter(&self) -> Result<Result<Secret, Crowded>, getrandom::Error> {
        let cookie = Secret::random()?;
        let browser = Arc::new(Browser::new(self.clock.now(), self.progress.clone(), self.seed)?);
        let mut known = self.known();
        if known.len() >= self.most {
            let without = known.iter().filter(|(_, browser)| browser.seat().is_none());
            let oldest = without.min_by_key(|(_, browser)| browser.state().seen).map(|(cookie, _)| cookie.clone());
            let Some(oldest) = oldest else { return Ok(Err(Crowded)) };
            known.remove(&oldest);
        }
        known.insert(cookie.clone(), browser);
        Ok(Ok(cookie))
    }

    /// Takes the labs of those from whom nothing was heard for the idle time.
    pub(crate) fn sweep(&self) -> Vec<Arc<Seat>> {
        let now = self.clock.now();
        let known = self.known();
        let idle = known.values().filter(|browser| now - browser.state().seen > self.idle);
        idle.filter_map(|browser| browser.stand_up()).collect()
    }

    /// Takes all labs and forgets everybody.
    pub(crate) fn clear(&self) -> Vec<Arc<Seat>> {
        self.known().drain().filter_map(|(_, browser)| browser.stand_up()).collect()
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Secret, Arc<Browser>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! A trainee's attempt at an exercise, beside the lab in which it is made; and the scores that are kept.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use edge502_rules::Cause;
use edge502_rules::clock::SharedClock;
use edge502_scenario::serve::Action;
use edge502_train::{Attempt, Check, Diagnosis, Exercise, ProgressFile, Refusal, Row, Seed, Sitting, Standing, Terms};
use time::{Duration, OffsetDateTime};

/// The scores of one browser, and the file for those of all.
pub(crate) struct Scores {
    /// What orders and draws follow from.
    pub(crate) seed: Seed,
    /// When the browser came in.
    pub(crate) since: OffsetDateTime,
    /// The attempts of this visit, with the exercise's name, the oldest first.
    attempts: Mutex<Vec<(String, Row)>>,
    /// How far the trainee is in the course, once it was begun.
    sitting: Mutex<Option<Sitting>>,
    /// Where they are kept beyond the visit, if anywhere.
    file: Option<ProgressFile>,
    /// Why they could not be kept, if so.
    trouble: Mutex<Option<String>>,
}

impl Scores {
    /// None yet.
    pub(crate) fn new(file: Option<ProgressFile>, seed: Seed, since: OffsetDateTime) -> Self {
        Self { seed, since, attempts: Mutex::default(), sitting: Mutex::default(), file, trouble: Mutex::default() }
    }

    /// The attempts of this visit, the oldest first.
    pub(crate) fn attempts(&self) -> Vec<(String, Row)> {
        locked(&self.attempts).clone()
    }

    /// How far the trainee is in the course, if it was begun.
    pub(crate) fn sitting(&self) -> Option<Sitting> {
        locked(&self.sitting).clone()
    }

    /// The same; begins it if it was not.
    pub(crate) fn sit(&self, begin: impl FnOnce() -> Sitting) -> Sitting {
        locked(&self.sitting).get_or_insert_with(begin).clone()
    }

    /// Why the last score could not be kept, if so.
    pub(crate) fn trouble(&self) -> Option<String> {
        locked(&self.trouble).clone()
    }

    async fn keep(&self, attempt: &Attempt, occasion: Occasion, now: OffsetDateTime) {
        let row = Row::of(attempt, None, now);
        let record = row.record.clone();
        locked(&self.attempts).push((attempt.exercise().name().to_owned(), row));
        if let (Occasion::Course(place), Some(sitting)) = (occasion, locked(&self.sitting).as_mut()) {
            sitting.note(place, attempt, now);
        }
        let Some(file) = self.file.clone().filter(|_| attempt.is_touched()) else { return };
        // It waits for a lock and for the disk.
        let kept = tokio::task::spawn_blocking(move || file.record(&record)).await;
        *locked(&self.trouble) = match kept {
            Ok(Ok(_)) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(error) => Some(error.to_string()),
        };
    }
}

/// What the last thing a trainee did came to.
#[derive(Debug, Clone)]
pub(crate) enum Said {
    /// A cause was named.
    Diagnosis(Cause, Diagnosis),
    /// It was not done.
    Refusal(Refusal),
}

/// How an exercise came to the trainee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// It was chosen from the list.
    Choice,
    /// It was drawn, and is under other names.
    Mystery,
    /// It has this place in the course.
    Course(usize),
}

/// One attempt under way.
pub(crate) struct Exercising {
    occasion: Occasion,
    attempt: Mutex<Attempt>,
    said: Mutex<Option<Said>>,
    kept: Mutex<bool>,
    scores: Arc<Scores>,
    clock: SharedClock,
}

impl Exercising {
    /// Begins now.
    pub(crate) fn new(
        exercise: Exercise,
        occasion: Occasion,
        terms: Terms,
        scores: Arc<Scores>,
        clock: SharedClock,
    ) -> Self {
        let attempt = Mutex::new(Attempt::new(Arc::new(exercise), terms, clock.now()));
        Self { occasion, attempt, said: Mutex::default(), kept: Mutex::new(false), scores, clock }
    }

    /// How it came to the trainee.
    pub(crate) fn occasion(&self) -> Occasion {
        self.occasion
    }

    /// Its place in the course, if it has one.
    pub(crate) fn place(&self) -> Option<usize> {
        match self.occasion {
            Occasion::Course(place) => Some(place),
            Occasion::Choice | Occasion::Mystery => None,
        }
    }

    /// How it stands.
    pub(crate) fn attempt(&self) -> Attempt {
        locked(&self.attempt).clone()
    }

    /// What the last thing that was done came to.
    pub(crate) fn said(&self) -> Option<Said> {
        locked(&self.said).clone()
    }

    /// Whether something can still be done: it is not over, and neither is its time.
    pub(crate) fn is_open(&self) -> bool {
        locked(&self.attempt).is_open(self.clock.now())
    }

    /// What is left of its time, if that is limited.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        locked(&self.attempt).time_left(self.clock.now())
    }

    /// Takes the next hint.
    pub(crate) fn hint(&self) {
        let taken = locked(&self.attempt).hint(self.clock.now()).map(drop);
        self.say(taken.err().map(Said::Refusal));
    }

    /// Names a cause.
    pub(crate) async fn diagnose(&self, cause: Cause) {
        let diagnosis = locked(&self.attempt).diagnose(cause, self.clock.now());
        self.say(Some(diagnosis.map_or_else(Said::Refusal, |diagnosis| Said::Diagnosis(cause, diagnosis))));
        self.keep_if_over().await;
    }

    /// Chooses a remedy; says what to do to the lab.
    pub(crate) fn choose(&self, number: usize) -> Option<Action> {
        let chosen = locked(&self.attempt).choose(number, self.clock.now());
        self.say(chosen.err().map(Said::Refusal));
        chosen.ok()
    }

    /// Takes note of what the checker saw.
    pub(crate) async fn checked(&self, check: &Check) {
        // After the end it changes nothing.
        let _ = locked(&self.attempt).checked(check, self.clock.now());
        self.keep_if_over().await;
    }

    /// Gives up, so that the answer is shown.
    pub(crate) async fn give_up(&self) {
        locked(&self.attempt).give_up(self.clock.now());
        self.say(None);
        self.keep_if_over().await;
    }

    /// Ends it when the trainee turns to something else: what was done counts, and in a course it was the only time.
    pub(crate) async fn leave(&self) {
        if self.attempt().is_touched() || self.place().is_some() {
            self.keep().await;
        }
    }

    async fn keep_if_over(&self) {
        if self.attempt().standing() != Standing::Open {
            self.keep().await;
        }
    }

    /// Keeps the score, once.
    async fn keep(&self) {
        if std::mem::replace(&mut *locked(&self.kept), true) {
            return;
        }
        self.scores.keep(&self.attempt(), self.occasion, self.clock.now()).await;
    }

    fn say(&self, said: Option<Said>) {
        *locked(&self.said) = said;
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! A trainee's attempt at an exercise, beside the lab in which it is made; and the scores that are kept.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use edge502_rules::Cause;
use edge502_rules::clock::SharedClock;
use edge502_scenario::serve::Action;
use edge502_train::{Attempt, Check, Diagnosis, Exercise, ProgressFile, Record, Refusal, Standing, Terms};

/// The scores of one browser, and the file for those of all.
pub(crate) struct Scores {
    /// The attempts of this visit, with the exercise's name, the oldest first.
    attempts: Mutex<Vec<(String, Record)>>,
    /// Where they are kept beyond the visit, if anywhere.
    file: Option<ProgressFile>,
    /// Why they could not be kept, if so.
    trouble: Mutex<Option<String>>,
}

impl Scores {
    /// None yet.
    pub(crate) fn new(file: Option<ProgressFile>) -> Self {
        Self { attempts: Mutex::default(), file, trouble: Mutex::default() }
    }

    /// The attempts of this visit, the oldest first.
    pub(crate) fn attempts(&self) -> Vec<(String, Record)> {
        locked(&self.attempts).clone()
    }

    /// Why the last score could not be kept, if so.
    pub(crate) fn trouble(&self) -> Option<String> {
        locked(&self.trouble).clone()
    }

    async fn keep(&self, name: String, record: Record) {
        locked(&self.attempts).push((name, record.clone()));
        let Some(file) = self.file.clone() else { return };
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

/// One attempt under way.
pub(crate) struct Exercising {
    attempt: Mutex<Attempt>,
    said: Mutex<Option<Said>>,
    kept: Mutex<bool>,
    scores: Arc<Scores>,
    clock: SharedClock,
}

impl Exercising {
    /// Begins now.
    pub(crate) fn new(exercise: Arc<Exercise>, terms: Terms, scores: Arc<Scores>, clock: SharedClock) -> Self {
        let attempt = Attempt::new(exercise, terms, clock.now());
        Self { attempt: Mutex::new(attempt), said: Mutex::default(), kept: Mutex::new(false), scores, clock }
    }

    /// How it stands.
    pub(crate) fn attempt(&self) -> Attempt {
        locked(&self.attempt).clone()
    }

    /// What the last thing that was done came to.
    pub(crate) fn said(&self) -> Option<Said> {
        locked(&self.said).clone()
    }

    /// Whether it is over, so that the answer may be shown.
    pub(crate) fn is_over(&self) -> bool {
        locked(&self.attempt).standing() != Standing::Open
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

    /// Ends it when the trainee turns to something else: what was done counts.
    pub(crate) async fn leave(&self) {
        if self.attempt().is_touched() {
            self.keep().await;
        }
    }

    async fn keep_if_over(&self) {
        if self.is_over() {
            self.keep().await;
        }
    }

    /// Keeps the score, once.
    async fn keep(&self) {
        if std::mem::replace(&mut *locked(&self.kept), true) {
            return;
        }
        let attempt = self.attempt();
        self.scores.keep(attempt.exercise().name().to_owned(), attempt.record(self.clock.now())).await;
    }

    fn say(&self, said: Option<Said>) {
        *locked(&self.said) = said;
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

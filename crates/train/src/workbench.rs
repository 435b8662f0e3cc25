//! An exercise in a running lab.

use std::path::Path;
use std::sync::Arc;

use edge502_scenario::LabOptions;
use edge502_scenario::serve::{Action, Audience, Session};

use crate::check::{Check, looks};
use crate::{Exercise, TrainError};

/// A lab in which a trainee works on one exercise. Its control address tells no answers; it takes changes of the
/// trainee's own, see [`Audience::Trainee`].
pub struct Workbench {
    exercise: Arc<Exercise>,
    session: Session,
}

impl Workbench {
    /// Brings the broken site up. The CA file and the origin's certificates are written to `directory`.
    pub async fn start(exercise: Arc<Exercise>, options: LabOptions, directory: &Path) -> Result<Self, TrainError> {
        let scenario = exercise.scenario().clone();
        let session = Box::pin(Session::start_for(Audience::Trainee, scenario, options, directory)).await?;
        Ok(Self { exercise, session })
    }

    /// The exercise.
    pub const fn exercise(&self) -> &Arc<Exercise> {
        &self.exercise
    }

    /// The running lab: addresses, commands, requests, the documented checks.
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Does what a remedy does, or puts the broken state back, with everything that happens before the next request.
    pub async fn apply(&self, action: Action) -> Result<(), TrainError> {
        self.session.play(action).await?;
        Ok(())
    }

    /// Looks at the running lab with real requests, after a fresh start of what is up: a check does not depend on what
    /// was asked before it.
    pub async fn check(&self) -> Result<Check, TrainError> {
        let scenario = self.exercise.scenario();
        let (step, observed) = self.session.replay(&looks(scenario)).await?;
        Ok(Check::of(scenario, &step, &observed))
    }

    /// Stops the lab and waits for it.
    pub async fn shutdown(self) {
        Box::pin(self.session.shutdown()).await;
    }
}

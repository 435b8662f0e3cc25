//! Playing a step: its past, then its state.

use super::{Lab, LabOptions, observe};
use crate::error::ScenarioError;
use crate::format::{Earlier, Step};

impl Lab {
    /// Brings `step` up on free loopback ports, with its past behind it.
    pub(crate) async fn start_with(step: &Step, options: LabOptions) -> Result<Self, ScenarioError> {
        let mut lab = Self::start(step.first_state(), options).await?;
        lab.relive(step).await?;
        Ok(lab)
    }

    /// Brings `step` up in the running lab as if it had just been started, on the same ports, with its past behind it.
    pub(crate) async fn play(&mut self, step: &Step) -> Result<(), ScenarioError> {
        self.renew(step.first_state()).await?;
        self.relive(step).await
    }

    async fn relive(&mut self, step: &Step) -> Result<(), ScenarioError> {
        for earlier in &step.before {
            self.live(earlier).await?;
        }
        self.apply(&step.state).await
    }

    /// Plays what happened before a step.
    async fn live(&mut self, earlier: &Earlier) -> Result<(), ScenarioError> {
        if let Some(state) = &earlier.state {
            self.apply(state).await?;
            for _ in 0..earlier.requests {
                self.ask_together(earlier.together).await?;
            }
            // Counted here: an origin that is changed forgets.
            self.earlier_requests += observe::requests(&self.history().snapshot());
            self.history().clear();
        }
        if let Some(path) = &earlier.invalidate {
            self.edge.invalidate(path);
        }
        self.clock.advance(earlier.wait);
        Ok(())
    }
}

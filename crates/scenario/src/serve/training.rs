//! What a trainee does to a running scenario, and how it is looked at.
//!
//! Steps are played as the runner plays them, from a fresh start and with their past, so that what is seen does not
//! depend on what was asked before.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use edge502_edge::Exchange;
use tokio::time::timeout;

use super::{Action, Applied, Session, Stage, applied};
use crate::error::ScenarioError;
use crate::format::{Expect, Patch, Step};
use crate::lab::{DocumentedCheck, Observed};
use crate::viewer::Answer;

/// The longest that playing a step may take.
const STEP: Duration = Duration::from_mins(1);

impl Session {
    /// Plays a fix or a dead end, or the broken state again: from a fresh start, with its past.
    pub async fn play(&self, action: Action) -> Result<Applied, ScenarioError> {
        let step = self.stage.step(action)?.clone();
        self.stage.play(step).await
    }

    /// Plays the broken state with other changes than those that are listed. `json` is an object with the tables of a
    /// `[[fix]]`: `{"origin":{"certificate":{"not_after":"+60d"}}}`. What no customer of CloudFront could change is
    /// refused.
    pub async fn patch(&self, json: &str) -> Result<Applied, ScenarioError> {
        self.stage.patch(json.as_bytes()).await
    }

    /// Plays what is up once more and looks at it: at everything that `expect` speaks of.
    pub async fn replay(&self, expect: &Expect) -> Result<(Step, Observed), ScenarioError> {
        let mut running = self.stage.lab.lock().await;
        let step = running.step.clone();
        let observed = async {
            running.lab.play(&step).await?;
            running.lab.observe(expect).await
        };
        let observed = bounded(Box::pin(observed)).await?;
        Ok((step, observed))
    }

    /// Sends the request of the state that is up through the edge, as it is now.
    pub async fn ask(&self) -> Result<Answer, ScenarioError> {
        Ok(self.visit().await?.0)
    }

    /// The same with the edge's own account of it.
    pub async fn visit(&self) -> Result<(Answer, Arc<Exchange>), ScenarioError> {
        let running = self.stage.lab.lock().await;
        bounded(Box::pin(running.lab.ask())).await
    }

    /// What `dig NAME A +short` prints at each of the lab's name servers; nothing where DNS plays no part.
    pub async fn dig(&self) -> Vec<Vec<String>> {
        self.stage.lab.lock().await.lab.dig_everywhere().await
    }

    /// What the documented check `openssl s_client` prints for the origin as it is now.
    pub async fn documented_check(&self) -> Result<DocumentedCheck, ScenarioError> {
        let mut running = self.stage.lab.lock().await;
        bounded(Box::pin(running.lab.documented_check())).await
    }
}

impl Stage {
    pub(super) async fn patch(&self, json: &[u8]) -> Result<Applied, ScenarioError> {
        let step = Patch::from_json(json)?.step(&self.scenario)?;
        self.play(step).await
    }

    async fn play(&self, step: Step) -> Result<Applied, ScenarioError> {
        let mut running = self.lab.lock().await;
        if let Err(error) = bounded(Box::pin(running.lab.play(&step))).await {
            // Nothing half-done stays up.
            let before = running.step.clone();
            bounded(Box::pin(running.lab.play(&before))).await?;
            return Err(error);
        }
        self.write_files(&running.lab)?;
        running.step = step;
        Ok(applied(&running.step))
    }
}

/// The future is boxed: playing holds a whole lab's worth of them.
pub(super) async fn bounded<T>(
    played: Pin<Box<impl Future<Output = Result<T, ScenarioError>>>>,
) -> Result<T, ScenarioError> {
    let bound = ScenarioError::Timeout { what: "playing the scenario", seconds: STEP.as_secs() };
    timeout(STEP, played).await.unwrap_or(Err(bound))
}

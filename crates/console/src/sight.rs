//! What a trainee has of one state of a lab: the answer, the edge's account, the tools' output.

use edge502_scenario::serve::{Action, Applied, Look, Session};
use edge502_scenario::{DocumentedCheck, ScenarioError, StepKind};

/// One look at a lab with everything that is shown of it.
#[derive(Debug)]
pub(crate) struct Sight {
    /// Which state was up.
    pub(crate) action: Action,
    /// Its title and remark.
    pub(crate) applied: Applied,
    /// The answer to the scenario's request.
    pub(crate) look: Look,
    /// What `openssl s_client` printed.
    pub(crate) check: DocumentedCheck,
    /// What `dig +short` printed, by name server; empty where DNS plays no part.
    pub(crate) dig: Vec<Vec<String>>,
}

impl Sight {
    /// Looks at what is up.
    pub(crate) async fn take(session: &Session, action: Action) -> Result<Self, ScenarioError> {
        let look = session.look().await?;
        let (check, dig) = (session.documented_check().await?, session.dig().await);
        Ok(Self { action, applied: session.up().await, look, check, dig })
    }

    /// Whether a step of this kind was up, and not something else that was put in its place.
    pub(crate) fn is_of(&self, kind: StepKind) -> bool {
        self.applied.kind == kind
    }

    /// Whether the viewer was served.
    pub(crate) fn is_good(&self) -> bool {
        self.look.answer.status < 400
    }
}

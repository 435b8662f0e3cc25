//! Stands in for the documented check in a build without OpenSSL.

use super::Lab;
use super::observe::DocumentedCheck;
use crate::error::ScenarioError;

impl Lab {
    #[allow(clippy::unused_async, clippy::unused_self, reason = "the check that is played needs both")]
    pub(crate) async fn documented_check(&mut self) -> Result<DocumentedCheck, ScenarioError> {
        Ok(DocumentedCheck::Skipped)
    }
}

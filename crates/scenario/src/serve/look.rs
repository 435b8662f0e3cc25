//! A look at a running scenario: as its viewer sees it, as the edge accounts for it, as the engineer's tools print it.

use std::sync::Arc;

use edge502_edge::Exchange;
use edge502_handshake::TrustStore;
use edge502_rules::chain::{ChainReport, ServedChain};
use time::OffsetDateTime;

use super::training::bounded;
use super::{Applied, Session, applied};
use crate::error::ScenarioError;
use crate::lab::refined;
use crate::viewer::Answer;

/// What one request of the scenario's viewer showed.
#[derive(Debug, Clone)]
pub struct Look {
    /// What the viewer got.
    pub answer: Answer,
    /// The edge's own account, precise even where its one connection was not.
    pub exchange: Arc<Exchange>,
    /// The certificates the origin sent on the connection; none without a handshake.
    pub served: ServedChain,
    /// What their arrangement says; `None` if there are none, or the leaf cannot be read.
    pub arrangement: Option<ChainReport>,
    /// The lab's time at the request.
    pub at: OffsetDateTime,
}

impl Session {
    /// What is up.
    pub async fn up(&self) -> Applied {
        applied(&self.stage.lab.lock().await.step)
    }

    /// Sends the scenario's request through the edge.
    pub async fn look(&self) -> Result<Look, ScenarioError> {
        let running = self.stage.lab.lock().await;
        let lab = &running.lab;
        let at = lab.clock().now();
        let (answer, exchange) = bounded(Box::pin(lab.ask())).await?;
        let exchange = refined(exchange, lab.origin_addr(), lab.standby_addr()).await;
        let trust = TrustStore::from_pem(lab.root_pem())?;
        let served = ServedChain::parse(served(&exchange));
        let arrangement = served.report(trust.parsed(), at);
        Ok(Look { answer, exchange, served, arrangement, at })
    }
}

/// The certificates of the handshake that counts: that of the failure, if one failed.
fn served(exchange: &Exchange) -> Vec<Vec<u8>> {
    let failed = exchange.failure.as_ref().and_then(|failure| failure.handshake.as_ref());
    let report = failed.or(exchange.handshake.as_ref());
    report.and_then(|report| report.observation.served_chain.clone()).unwrap_or_default()
}

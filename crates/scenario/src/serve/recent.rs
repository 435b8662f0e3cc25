//! The last requests of a running scenario.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use edge502_edge::Exchange;
use edge502_rules::Cause;
use edge502_rules::access_log::{Encoding, LogFormat};
use serde_json::{Value, json};

use super::Audience;

/// How many requests are remembered.
pub(super) const REMEMBERED: usize = 256;

/// The last requests, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<VecDeque<Arc<Exchange>>>);

impl Recent {
    pub(super) fn add(&self, exchange: Arc<Exchange>) {
        let mut known = self.known();
        if known.len() == REMEMBERED {
            known.pop_front();
        }
        known.push_back(exchange);
    }

    pub(super) fn last(&self) -> Option<Arc<Exchange>> {
        self.known().back().cloned()
    }

    /// The last `count`, each with its log record as standard logging v2 writes it in JSON.
    /// A trainee is not told the cause.
    pub(super) fn to_json(&self, count: usize, audience: Audience) -> Value {
        let known = self.known();
        let wanted: Vec<_> = known.iter().skip(known.len().saturating_sub(count)).cloned().collect();
        drop(known);
        let format = LogFormat::with_all_fields(Encoding::Json);
        json!({ "records": wanted.iter().map(|exchange| account(exchange, &format, audience)).collect::<Vec<_>>() })
    }

    fn known(&self) -> MutexGuard<'_, VecDeque<Arc<Exchange>>> {
        self.0.lock().expect("nothing panics while it holds the list")
    }
}

fn account(exchange: &Exchange, format: &LogFormat, audience: Audience) -> Value {
    let log: Value = serde_json::from_str(&format.line(&exchange.log)).expect("a line of a log in JSON is JSON");
    let mut account = json!({
        "request_id": exchange.request_id.as_str(),
        "status": exchange.status,
        "logged": exchange.logged,
        "log": log,
    });
    if audience == Audience::Engineer {
        account["cause"] = json!(exchange.cause.map(Cause::id));
        account["evidence"] = json!(exchange.failure.as_ref().map(|failure| failure.evidence.clone()));
    }
    account
}

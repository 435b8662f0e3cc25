//! Which origins were asked for one request, in order, and what became of each.
//!
//! More than one is asked when an origin group fails over, and when a custom error page is fetched.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::OriginFailure;

/// One origin's turn.
#[derive(Debug, Clone)]
pub struct Tried {
    /// `Id` of the origin.
    pub origin: String,
    /// The status it answered with, or why it did not.
    pub result: Result<u16, Arc<OriginFailure>>,
}

/// `origin 200`, `origin certificate-expired`.
impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.result {
            Ok(status) => write!(f, "{} {status}", self.origin),
            Err(failure) => write!(f, "{} {}", self.origin, failure.cause),
        }
    }
}

/// The turns of one request so far.
#[derive(Debug, Default)]
pub(crate) struct Tries(Mutex<Vec<Tried>>);

impl Tries {
    /// Adds a turn that is over.
    pub(crate) fn add(&self, origin: &str, result: Result<u16, &OriginFailure>) {
        let result = result.map_err(|failure| Arc::new(failure.clone()));
        let tried = Tried { origin: origin.to_owned(), result };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(tried);
    }

    /// The turns that are over.
    pub(crate) fn list(&self) -> Vec<Tried> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

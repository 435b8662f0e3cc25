//! One thing that is wrong with an origin connection, with its evidence.

use serde::Serialize;

use crate::{Cause, Grade};

/// A reason why CloudFront cannot use the origin, found on one connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What is wrong.
    pub cause: Cause,
    /// How well the rule behind it is known.
    pub grade: Grade,
    /// Address of the page or source file that states the rule.
    pub source: &'static str,
    /// What was seen, in words that name dates, names and numbers.
    pub detail: String,
}

impl Finding {
    /// A finding with the grade and source that the cause itself carries.
    pub fn new(cause: Cause, detail: impl Into<String>) -> Self {
        Self { cause, grade: cause.grade(), source: cause.source(), detail: detail.into() }
    }

    /// The same finding resting on a rule of another grade and source.
    pub fn resting_on(mut self, grade: Grade, source: &'static str) -> Self {
        self.grade = grade;
        self.source = source;
        self
    }
}

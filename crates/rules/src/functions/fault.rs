//! Why a function's run ends in an error page, and in which.

use std::fmt;

use super::{Failure, FunctionRule, Runtime};
use crate::Cause;
use crate::distribution::EventType;
use crate::outcome::{Answer, DetailedResultType, Outcome, ResultType, XCache};

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The result breaks a rule.
    Invalid(FunctionRule),
    /// There is no result.
    Failed(Failure),
}

/// An error of an edge function, with what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What ran the function.
    pub runtime: Runtime,
    /// What went wrong.
    pub kind: FaultKind,
    /// What was returned or happened, and what was expected.
    pub evidence: String,
}

impl Fault {
    pub(super) fn new(runtime: Runtime, rule: FunctionRule, seen: impl fmt::Display) -> Self {
        let evidence = format!("{}: {seen}; {}", runtime.as_str(), rule.requirement());
        Self { runtime, kind: FaultKind::Invalid(rule), evidence }
    }

    pub(super) fn failed(runtime: Runtime, event: EventType, failure: Failure) -> Self {
        let what = match failure {
            Failure::Error => "threw an error",
            Failure::Timeout => "ran longer than it may",
            Failure::Throttled => "was throttled",
        };
        let evidence = format!("the {} for {event} {what}", runtime.as_str());
        Self { runtime, kind: FaultKind::Failed(failure), evidence }
    }

    /// The cause it belongs to.
    pub const fn cause(&self) -> Cause {
        match (self.runtime, self.kind) {
            (Runtime::LambdaEdge, FaultKind::Invalid(_)) => Cause::LambdaResponseInvalid,
            (Runtime::LambdaEdge, FaultKind::Failed(_)) => Cause::LambdaExecutionFailed,
            (Runtime::CloudFrontFunctions, FaultKind::Invalid(_)) => Cause::FunctionResponseInvalid,
            (Runtime::CloudFrontFunctions, FaultKind::Failed(_)) => Cause::FunctionExecutionFailed,
        }
    }

    /// What viewer and log get: the cause's outcome, with the page of the rule, or the words for an exceeded limit.
    ///
    /// Throttled runs and those that ran out of time are `LambdaLimitExceeded`
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-503-service-unavailable.html>).
    pub const fn outcome(&self) -> Outcome {
        let usual = Outcome::of(self.cause());
        match (self.runtime, self.kind) {
            (runtime, FaultKind::Invalid(rule)) => {
                let shown = rule.shown(runtime);
                Outcome { answer: Answer::Page(shown.page), ..usual }
            }
            (Runtime::LambdaEdge, FaultKind::Failed(Failure::Timeout | Failure::Throttled)) => Outcome {
                x_cache: XCache::LambdaLimitExceeded,
                result_type: ResultType::Error,
                response_result_type: ResultType::Error,
                detailed_result_type: DetailedResultType::LambdaLimitExceeded,
                ..usual
            },
            (_, FaultKind::Failed(_)) => usual,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.evidence)
    }
}

impl std::error::Error for Fault {}

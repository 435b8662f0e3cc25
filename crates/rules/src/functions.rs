//! Edge functions: what CloudFront makes of the result of a Lambda@Edge function or a CloudFront Function.
//!
//! User code is not run here. A [`FunctionResult`] says how a run ended; [`judge`] checks what it returned by AWS's
//! rules and turns it into an [`Effect`] or a [`Fault`]. A fault is CloudFront's 502 (the result is not valid) or 503
//! (there is none), with a page and an `X-Cache` of its own. Sources:
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-restrictions.html>,
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-generating-http-responses.html>,
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/helper-functions-origin-modification.html>.
//!
//! Pure: event object and result in, effect out; nothing panics, whatever the result is.

mod event;
mod fault;
mod fields;
mod headers;
mod message;
mod origin;
mod rule;

use serde_json::Value;

use crate::distribution::EventType;

pub use event::{RequestView, origin_object, request_object, response_object};
pub use fault::{Fault, FaultKind};
pub use headers::is_disallowed;
pub use message::{NewRequest, NewResponse};
pub use origin::{OriginConnection, OriginOverride, Timeouts};
pub use rule::FunctionRule;

/// What runs the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Runtime {
    /// Lambda@Edge.
    LambdaEdge,
    /// CloudFront Functions.
    CloudFrontFunctions,
}

impl Runtime {
    /// The name people use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LambdaEdge => "Lambda@Edge function",
            Self::CloudFrontFunctions => "CloudFront Function",
        }
    }
}

/// How a run of a function ended without a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// It threw, or CloudFront may not invoke it.
    Error,
    /// It ran longer, or used more compute, than it may.
    Timeout,
    /// Too many runs at once.
    Throttled,
}

/// How one run of a function ended.
#[derive(Debug, Clone, PartialEq)]
pub enum FunctionResult {
    /// It returned this value.
    Returned(Returned),
    /// It returned the object it was given, with these changes: a JSON merge patch (RFC 7396), `null` removes.
    Changed(Returned),
    /// It returned a text that is no JSON. Lambda@Edge only.
    Unparsable(String),
    /// It returned nothing.
    Failed(Failure),
}

/// What a function left behind.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Returned {
    /// The value returned, or the changes to what was given.
    pub value: Value,
    /// What a CloudFront Function passed to `updateRequestOrigin()`, if it called it.
    pub update_request_origin: Option<Value>,
}

impl Returned {
    fn origin(&self) -> Option<&Value> {
        self.update_request_origin.as_ref()
    }
}

/// One call of a function.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// What runs it.
    pub runtime: Runtime,
    /// When.
    pub event: EventType,
    /// The request or response object it is given.
    pub given: &'a Value,
}

impl Call<'_> {
    /// Whether the function is given a request, and may answer it.
    pub const fn is_request(&self) -> bool {
        matches!(self.event, EventType::ViewerRequest | EventType::OriginRequest)
    }

    /// Whether the event is on the viewer's side, with the tighter limits.
    pub const fn is_viewer(&self) -> bool {
        matches!(self.event, EventType::ViewerRequest | EventType::ViewerResponse)
    }
}

/// What a valid result does.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// The request goes on like this.
    Request(Box<NewRequest>),
    /// The response is this: generated, in request events; changed, in response events.
    Response(NewResponse),
}

/// What CloudFront makes of `result`.
pub fn judge(call: Call<'_>, result: &FunctionResult) -> Result<Effect, Fault> {
    match result {
        FunctionResult::Failed(failure) => Err(Fault::failed(call.runtime, call.event, *failure)),
        FunctionResult::Unparsable(text) => {
            let start: String = text.chars().take(40).collect();
            Err(Fault::new(call.runtime, FunctionRule::Json, format!("the result begins with {start:?}")))
        }
        FunctionResult::Returned(returned) => message::read(call, &returned.value, returned.origin()),
        FunctionResult::Changed(returned) => {
            let mut value = call.given.clone();
            merge(&mut value, &returned.value);
            message::read(call, &value, returned.origin())
        }
    }
}

/// Applies a merge patch (RFC 7396).
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(target) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            merge(target.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests;

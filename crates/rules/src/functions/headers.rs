//! Headers in a function's result: their shape, and which of them a function may touch.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html>

use serde_json::Value;

use super::fields::{Fields, kind};
use super::{Call, Fault, FunctionRule, Runtime};
use crate::distribution::EventType;

/// Headers that functions do not see and may not add, in lower case.
const DISALLOWED: &[&str] = &[
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "trailer",
    "upgrade",
    "x-cache",
    "x-forwarded-proto",
    "x-real-ip",
];
/// The beginnings of further ones. `x-amzn-` stands for the ten that AWS lists one by one; among them is not
/// `x-amzn-trace-id`.
const DISALLOWED_PREFIXES: &[&str] = &["x-accel-", "x-amz-cf-", "x-edge-", "cloudfront-viewer-cert-"];
const DISALLOWED_AMZN: &[&str] = &[
    "x-amzn-auth",
    "x-amzn-cf-billing",
    "x-amzn-cf-id",
    "x-amzn-cf-xff",
    "x-amzn-errortype",
    "x-amzn-fle-profile",
    "x-amzn-header-count",
    "x-amzn-header-order",
    "x-amzn-lambda-integration-tag",
    "x-amzn-requestid",
];

/// Whether functions neither see nor may add this header; `name` in lower case.
pub fn is_disallowed(name: &str) -> bool {
    DISALLOWED.contains(&name)
        || DISALLOWED_AMZN.contains(&name)
        || DISALLOWED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Headers that functions may read but not change, in lower case.
const fn read_only(runtime: Runtime, event: EventType) -> &'static [&'static str] {
    match (event, runtime) {
        (EventType::ViewerRequest, _) => &["cdn-loop", "content-length", "host", "transfer-encoding", "via"],
        (EventType::OriginRequest, _) => &[
            "accept-encoding",
            "cdn-loop",
            "content-length",
            "if-modified-since",
            "if-none-match",
            "if-range",
            "if-unmodified-since",
            "transfer-encoding",
            "via",
        ],
        (EventType::OriginResponse, _) => &["transfer-encoding", "via"],
        (EventType::ViewerResponse, Runtime::LambdaEdge) => {
            &["content-encoding", "content-length", "transfer-encoding", "via", "warning"]
        }
        (EventType::ViewerResponse, Runtime::CloudFrontFunctions) => &["via", "warning"],
    }
}

/// Names in lower case, and values, in the order of the object.
pub(super) type Headers = Vec<(String, String)>;

/// The headers at `value`, as this runtime writes them.
pub(super) fn read(runtime: Runtime, value: Option<&Value>) -> Result<Headers, Fault> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let fields = Fields::of(runtime, FunctionRule::HeaderShape, "headers", value)?;
    let mut headers = Vec::new();
    for (name, entry) in fields.iter() {
        let values = match runtime {
            Runtime::LambdaEdge => lambda_values(name, entry),
            Runtime::CloudFrontFunctions => function_values(fields, name, entry),
        }?;
        for value in values {
            check_text(runtime, name, value)?;
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
    }
    Ok(headers)
}

/// `[{ key, value }, …]`
fn lambda_values<'a>(name: &str, entry: &'a Value) -> Result<Vec<&'a str>, Fault> {
    let fault = |seen: String| Fault::new(Runtime::LambdaEdge, FunctionRule::HeaderShape, seen);
    let list = entry.as_array().ok_or_else(|| fault(format!("headers.{name} is {}, not a list", kind(entry))))?;
    let values = list.iter().map(|pair| pair.get("value").and_then(Value::as_str));
    let values: Option<Vec<&str>> = values.collect();
    values.ok_or_else(|| fault(format!("headers.{name} has an entry without a text as `value`")))
}

/// `{ value, multiValue: [{ value }, …] }`
fn function_values<'a>(fields: Fields<'_>, name: &str, entry: &'a Value) -> Result<Vec<&'a str>, Fault> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(fields.by(FunctionRule::HeaderCase).fault(name, "is not in lower case"));
    }
    let several = entry.get("multiValue").and_then(Value::as_array);
    let values: Option<Vec<&str>> = match several {
        Some(list) => list.iter().map(|item| item.get("value").and_then(Value::as_str)).collect(),
        None => entry.get("value").and_then(Value::as_str).map(|value| vec![value]),
    };
    values.ok_or_else(|| fields.fault(name, "is not an object with a text as `value`"))
}

/// RFC 9110 section 5: a name is a token, a value has no control characters but tabs.
pub(super) fn check_text(runtime: Runtime, name: &str, value: &str) -> Result<(), Fault> {
    let fault = |seen: String| Err(Fault::new(runtime, FunctionRule::HeaderText, seen));
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(token) {
        return fault(format!("{name:?} is no header name"));
    }
    if let Some(byte) = value.bytes().find(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f) {
        return fault(format!("the value of {name} holds the character %{byte:02X}"));
    }
    Ok(())
}

/// Refuses headers that this function may not have touched: `before` it ran, and `after`.
pub(super) fn check_touched(call: Call<'_>, before: &Headers, after: &Headers) -> Result<(), Fault> {
    let fault = |rule, seen: String| Err(Fault::new(call.runtime, rule, seen));
    if let Some((name, _)) = after.iter().find(|(name, _)| is_disallowed(name)) {
        return fault(FunctionRule::HeaderDisallowed, format!("{name} was added"));
    }
    let country = "cloudfront-viewer-country";
    if call.event == EventType::ViewerRequest && values(before, country).ne(values(after, country)) {
        return fault(FunctionRule::ViewerCountry, format!("{country} was added"));
    }
    for name in read_only(call.runtime, call.event) {
        if values(before, name).ne(values(after, name)) {
            let what = match (values(before, name).next(), values(after, name).next()) {
                (None, _) => "added",
                (_, None) => "deleted",
                _ => "changed",
            };
            return fault(FunctionRule::HeaderReadOnly, format!("{name} was {what} in a {} event", call.event));
        }
    }
    Ok(())
}

fn values<'a>(headers: &'a Headers, name: &'a str) -> impl Iterator<Item = &'a str> {
    headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
}

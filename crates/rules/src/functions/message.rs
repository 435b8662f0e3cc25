//! Requests and responses that functions return.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::fields::{Fields, kind};
use super::headers::{self, Headers};
use super::{Call, Effect, Fault, FunctionRule, OriginOverride, Runtime, origin};
use crate::distribution::EventType;
use crate::distribution::limits::URL_BYTES;

/// Largest response that a function generates in viewer events, headers included, in bytes.
const VIEWER_RESPONSE_BYTES: usize = 40 * 1024;
/// Largest response that a function generates in origin events, headers included, in bytes.
const ORIGIN_RESPONSE_BYTES: usize = 1024 * 1024;

/// A request as a function left it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRequest {
    /// The path; `None` if it is as it was.
    pub uri: Option<String>,
    /// The query string without `?`; `None` if it is as it was, empty if there is none any more.
    pub query: Option<String>,
    /// All headers that functions see, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Changes to the origin.
    pub origin: Option<OriginOverride>,
}

/// A response as a function made it, or left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewResponse {
    /// The status, 200 to 599.
    pub status: u16,
    /// The reason phrase, if the function gives one.
    pub reason: Option<String>,
    /// All headers that functions see, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; `None` if the function leaves it as it is, or makes none.
    pub body: Option<Vec<u8>>,
}

/// Reads what a function returned, and what a CloudFront Function passed to `updateRequestOrigin()`.
pub(super) fn read(call: Call<'_>, value: &Value, update: Option<&Value>) -> Result<Effect, Fault> {
    if !value.is_object() {
        let seen = format!("the result is {}", kind(value));
        return Err(Fault::new(call.runtime, FunctionRule::Object, seen));
    }
    let result = Fields::of(call.runtime, FunctionRule::Object, "result", value)?;
    if !call.is_request() || result.get(status_key(call.runtime)).is_some() {
        return response(call, result).map(Effect::Response);
    }
    check_is_request(call, result)?;
    request(call, result, update).map(|request| Effect::Request(Box::new(request)))
}

const fn status_key(runtime: Runtime) -> &'static str {
    match runtime {
        Runtime::LambdaEdge => "status",
        Runtime::CloudFrontFunctions => "statusCode",
    }
}

/// What has neither a status nor the parts of a request is taken for a request all the same; a text as its body is what
/// the page of the body rule complains about, which people meet who answer as behind an API gateway.
fn check_is_request(call: Call<'_>, result: Fields<'_>) -> Result<(), Fault> {
    if result.get("method").is_some() || result.get("uri").is_some() {
        return Ok(());
    }
    let missing = format!("no `{}`, and not the parts of a request", status_key(call.runtime));
    match result.get("body").filter(|body| !body.is_object()) {
        Some(body) => {
            let seen = format!("{missing}; taken for a request, its body is {}, not an object", kind(body));
            Err(Fault::new(call.runtime, FunctionRule::Body, seen))
        }
        None => Err(Fault::new(call.runtime, FunctionRule::Status, missing)),
    }
}

fn request(call: Call<'_>, result: Fields<'_>, update: Option<&Value>) -> Result<NewRequest, Fault> {
    let headers = checked_headers(call, result)?;
    if result.get("method") != call.given.get("method") {
        return Err(result.by(FunctionRule::Method).fault("method", "was changed"));
    }
    let uri = uri(call, result.by(FunctionRule::Uri))?;
    let query = query(call, result.by(FunctionRule::QueryString))?;
    let length = uri.as_deref().unwrap_or_default().len() + query.as_deref().unwrap_or_default().len();
    if length >= URL_BYTES {
        return Err(result
            .by(FunctionRule::Uri)
            .fault("uri", format!("has {length} characters with its query string")));
    }
    let origin = match call.runtime {
        Runtime::LambdaEdge => origin::of_lambda(call, result.get("origin"))?,
        Runtime::CloudFrontFunctions => update.map(origin::of_function).transpose()?,
    };
    Ok(NewRequest { uri, query, headers, origin })
}

/// The headers, if the function has touched none that it may not.
fn checked_headers(call: Call<'_>, result: Fields<'_>) -> Result<Headers, Fault> {
    let before = headers::read(call.runtime, call.given.get("headers")).unwrap_or_default();
    let mut after = headers::read(call.runtime, result.get("headers"))?;
    headers::check_touched(call, &before, &after)?;
    if call.runtime == Runtime::CloudFrontFunctions {
        after.extend(cookies(call, result)?);
    }
    Ok(after)
}

/// `cookies` of a CloudFront Function, as the headers they become.
fn cookies(call: Call<'_>, result: Fields<'_>) -> Result<Headers, Fault> {
    let Some(cookies) = result.by(FunctionRule::HeaderShape).object("cookies")? else { return Ok(Vec::new()) };
    let mut written = Vec::new();
    for (name, cookie) in cookies.iter() {
        let text = |key| cookie.get(key).and_then(Value::as_str);
        let value = text("value").ok_or_else(|| cookies.fault(name, "has no text as `value`"))?;
        let attributes = text("attributes").filter(|_| !call.is_request());
        let attributes = attributes.map_or_else(String::new, |attributes| format!("; {attributes}"));
        let cookie = format!("{name}={value}{attributes}");
        headers::check_text(call.runtime, "cookie", &cookie)?;
        written.push(cookie);
    }
    let lines = if call.is_request() && !written.is_empty() { vec![written.join("; ")] } else { written };
    let name = if call.is_request() { "cookie" } else { "set-cookie" };
    Ok(lines.into_iter().map(|line| (name.to_owned(), line)).collect())
}

fn uri(call: Call<'_>, result: Fields<'_>) -> Result<Option<String>, Fault> {
    let uri = result.text("uri")?;
    let uri = result.required("uri", uri)?;
    if call.given.get("uri").and_then(Value::as_str) == Some(uri) {
        return Ok(None);
    }
    if !uri.starts_with('/') {
        return Err(result.fault("uri", format!("is {uri:?}")));
    }
    if uri.contains(is_unsafe) || uri.contains('?') {
        return Err(result.fault("uri", format!("is {uri:?}, with a character that has to be percent-encoded")));
    }
    Ok(Some(uri.to_owned()))
}

fn query(call: Call<'_>, result: Fields<'_>) -> Result<Option<String>, Fault> {
    if result.get("querystring") == call.given.get("querystring") {
        return Ok(None);
    }
    let query = match call.runtime {
        Runtime::LambdaEdge => result.text("querystring")?.unwrap_or_default().to_owned(),
        Runtime::CloudFrontFunctions => query_of(result)?,
    };
    if query.contains(is_unsafe) {
        return Err(result.fault("querystring", format!("is {query:?}")));
    }
    Ok(Some(query))
}

/// `{ name: { value, multiValue } }` as `name=value&…`.
fn query_of(result: Fields<'_>) -> Result<String, Fault> {
    let Some(fields) = result.object("querystring")? else { return Ok(String::new()) };
    let mut pairs = Vec::new();
    for (name, entry) in fields.iter() {
        let several = entry.get("multiValue").and_then(Value::as_array);
        let entries = several.map_or_else(|| vec![entry], |list| list.iter().collect());
        for entry in entries {
            let value = entry.get("value").and_then(Value::as_str);
            let value = value.ok_or_else(|| fields.fault(name, "has no text as `value`"))?;
            pairs.push(if value.is_empty() { name.clone() } else { format!("{name}={value}") });
        }
    }
    Ok(pairs.join("&"))
}

fn is_unsafe(character: char) -> bool {
    character == ' ' || character == '#' || character.is_control()
}

fn response(call: Call<'_>, result: Fields<'_>) -> Result<NewResponse, Fault> {
    let status = status(call, result.by(FunctionRule::Status))?;
    let before = if call.is_request() { Vec::new() } else { given_headers(call) };
    let mut headers = headers::read(call.runtime, result.get("headers"))?;
    headers::check_touched(call, &before, &headers)?;
    if call.runtime == Runtime::CloudFrontFunctions {
        headers.extend(cookies(call, result)?);
    }
    let body = body(call, result.by(FunctionRule::Body))?;
    if status == 204 && body.is_some() {
        return Err(result.by(FunctionRule::BodyWith204).fault("body", "is there"));
    }
    check_size(call, result, &headers, body.as_deref())?;
    let reason = result.by(FunctionRule::Status).text("statusDescription")?.map(str::to_owned);
    Ok(NewResponse { status, reason, headers, body })
}

fn given_headers(call: Call<'_>) -> Headers {
    headers::read(call.runtime, call.given.get("headers")).unwrap_or_default()
}

/// A number, or for Lambda@Edge a text that is one. A Lambda@Edge function cannot change it in viewer response events.
fn status(call: Call<'_>, result: Fields<'_>) -> Result<u16, Fault> {
    let key = status_key(call.runtime);
    let written = match result.get(key) {
        Some(Value::String(text)) if call.runtime == Runtime::LambdaEdge => text.parse::<u64>().ok(),
        Some(value) => value.as_u64(),
        None => return Err(result.fault(key, "is missing")),
    };
    let status = written.and_then(|number| u16::try_from(number).ok());
    let shown = result.get(key).map(Value::to_string).unwrap_or_default();
    let status = status.filter(|status| (200..=599).contains(status));
    let status = status.ok_or_else(|| result.fault(key, format!("is {shown}")))?;
    if call.event == EventType::ViewerResponse && call.runtime == Runtime::LambdaEdge {
        let given = call.given.get(key).and_then(Value::as_str).and_then(|text| text.parse().ok());
        return Ok(given.unwrap_or(status));
    }
    Ok(status)
}

/// `body` as text or base64: beside `bodyEncoding` for Lambda@Edge, `{ encoding, data }` or a text for CloudFront
/// Functions.
fn body(call: Call<'_>, result: Fields<'_>) -> Result<Option<Vec<u8>>, Fault> {
    let (holder, encoding, data) = match (call.runtime, result.get("body")) {
        (_, None | Some(Value::Null)) => return Ok(None),
        (Runtime::CloudFrontFunctions, Some(Value::Object(_))) => {
            let body = result.object("body")?;
            (result.required("body", body)?, "encoding", "data")
        }
        (Runtime::CloudFrontFunctions, _) => (result, "", "body"),
        (Runtime::LambdaEdge, _) => (result, "bodyEncoding", "body"),
    };
    let text = holder.text(data)?;
    let text = holder.required(data, text)?;
    match holder.text(encoding)?.unwrap_or("text") {
        "text" => Ok(Some(text.as_bytes().to_vec())),
        "base64" => match STANDARD.decode(text) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) => Err(holder.fault(data, format!("is not base64: {error}"))),
        },
        other => Err(holder.fault(encoding, format!("is {other:?}, not \"text\" or \"base64\""))),
    }
}

fn check_size(call: Call<'_>, result: Fields<'_>, headers: &Headers, body: Option<&[u8]>) -> Result<(), Fault> {
    let Some(body) = body else { return Ok(()) };
    let limit = if call.is_viewer() { VIEWER_RESPONSE_BYTES } else { ORIGIN_RESPONSE_BYTES };
    let size = body.len() + headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum::<usize>();
    if size > limit {
        let seen = format!("has {size} bytes with its headers; in a {} event {limit} are allowed", call.event);
        return Err(result.by(FunctionRule::Size).fault("body", seen));
    }
    Ok(())
}

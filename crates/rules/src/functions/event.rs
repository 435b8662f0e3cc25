//! The objects that functions are given.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html> and
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html>. Only what a
//! function may hand back is here: the request or the response, not the record around it.

use std::net::IpAddr;

use serde_json::{Map, Value, json};

use super::Runtime;
use super::headers::is_disallowed;
use crate::distribution::{Origin, OriginSslProtocol};

/// A request as functions see it.
#[derive(Debug, Clone, Copy)]
pub struct RequestView<'a> {
    /// The method.
    pub method: &'a str,
    /// The path.
    pub uri: &'a str,
    /// The query string, without `?`; empty for none.
    pub query: &'a str,
    /// Names in lower case and values; those functions do not see are left out.
    pub headers: &'a [(String, String)],
    /// The viewer's address.
    pub client: IpAddr,
}

/// The request object. `origin` is that of [`origin_object`], in origin request events.
pub fn request_object(runtime: Runtime, view: RequestView<'_>, origin: Option<Value>) -> Value {
    match runtime {
        Runtime::LambdaEdge => {
            let mut request = json!({
                "clientIp": view.client.to_string(),
                "method": view.method,
                "uri": view.uri,
                "querystring": view.query,
                "headers": lambda_headers(view.headers),
            });
            if let Some(origin) = origin {
                request["origin"] = origin;
            }
            request
        }
        Runtime::CloudFrontFunctions => {
            let (cookies, headers): (Vec<_>, Vec<_>) =
                view.headers.iter().cloned().partition(|(name, _)| name == "cookie");
            json!({
                "method": view.method,
                "uri": view.uri,
                "querystring": pairs(view.query.split('&')),
                "headers": function_headers(&headers),
                "cookies": pairs(cookies.iter().flat_map(|(_, value)| value.split(';')).map(str::trim)),
            })
        }
    }
}

/// The response object.
pub fn response_object(runtime: Runtime, status: u16, reason: &str, headers: &[(String, String)]) -> Value {
    match runtime {
        Runtime::LambdaEdge => json!({
            "status": status.to_string(),
            "statusDescription": reason,
            "headers": lambda_headers(headers),
        }),
        Runtime::CloudFrontFunctions => json!({
            "statusCode": status,
            "statusDescription": reason,
            "headers": function_headers(headers),
        }),
    }
}

/// `origin` of a Lambda@Edge origin request event.
pub fn origin_object(origin: &Origin, https: bool) -> Value {
    let custom: Vec<(String, String)> =
        origin.custom_headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
    let protocols: Vec<&str> = origin.custom.origin_ssl_protocols.iter().map(OriginSslProtocol::as_str).collect();
    json!({ "custom": {
        "customHeaders": lambda_headers(&custom),
        "domainName": origin.domain_name.as_str(),
        "keepaliveTimeout": origin.custom.origin_keepalive_timeout.as_secs(),
        "path": origin.origin_path,
        "port": origin.port(https),
        "protocol": if https { "https" } else { "http" },
        "readTimeout": origin.custom.origin_read_timeout.as_secs(),
        "sslProtocols": protocols,
    } })
}

fn visible(headers: &[(String, String)]) -> impl Iterator<Item = &(String, String)> {
    headers.iter().filter(|(name, _)| !is_disallowed(name))
}

fn lambda_headers(headers: &[(String, String)]) -> Value {
    let mut object = Map::new();
    for (name, value) in visible(headers) {
        let entry = object.entry(name.clone()).or_insert_with(|| json!([]));
        if let Value::Array(list) = entry {
            list.push(json!({ "key": name, "value": value }));
        }
    }
    Value::Object(object)
}

fn function_headers(headers: &[(String, String)]) -> Value {
    let mut object = Map::new();
    for (name, value) in visible(headers) {
        add(&mut object, name, value);
    }
    Value::Object(object)
}

/// `name=value` pairs as an object of `{ value, multiValue }`.
fn pairs<'a>(pairs: impl Iterator<Item = &'a str>) -> Value {
    let mut object = Map::new();
    for pair in pairs.filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        add(&mut object, name, value);
    }
    Value::Object(object)
}

/// One value, or one more.
fn add(object: &mut Map<String, Value>, name: &str, value: &str) {
    match object.get_mut(name) {
        None => {
            object.insert(name.to_owned(), json!({ "value": value }));
        }
        Some(entry) => {
            let first = entry["value"].clone();
            if let Value::Array(list) = &mut entry["multiValue"] {
                list.push(json!({ "value": value }));
            } else {
                entry["multiValue"] = json!([{ "value": first }, { "value": value }]);
            }
        }
    }
}

//! Changes of the origin: `updateRequestOrigin()` of CloudFront Functions and `origin` of Lambda@Edge.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/helper-functions-origin-modification.html> and
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html>.

use std::time::Duration;

use serde_json::Value;

use super::fields::Fields;
use super::headers::{self, is_disallowed};
use super::{Call, Fault, FunctionRule, Runtime};
use crate::distribution::limits::ORIGIN_PATH;
use crate::distribution::{
    Origin, OriginProtocolPolicy, OriginSslProtocol, OriginSslProtocols, is_forbidden_custom_header,
};
use crate::name::{OriginDomain, SniName, ViewerHost};

/// How many names `allowedCertificateNames` may have, and how long each may be, in characters.
const CERTIFICATE_NAMES: (usize, usize) = (20, 64);
/// The port CloudFront goes to when a function names a new domain and nothing else.
const HTTPS_PORT: u16 = 443;

/// What a function changes of the origin; the rest is as assigned.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OriginOverride {
    /// Another domain name.
    pub domain_name: Option<OriginDomain>,
    /// `Host` of the request. CloudFront Functions only; Lambda@Edge sets the header.
    pub host_header: Option<ViewerHost>,
    /// The name sent as SNI. CloudFront Functions only.
    pub sni: Option<SniName>,
    /// Names that the certificate may carry instead; `*.` stands for one label. At most 20 of at most 64 characters.
    pub allowed_certificate_names: Vec<String>,
    /// Another `OriginPath`.
    pub origin_path: Option<String>,
    /// Custom headers in place of the assigned ones.
    pub custom_headers: Option<Vec<(String, String)>>,
    /// Attempts to connect, 1 to 3.
    pub connection_attempts: Option<u8>,
    /// Other timeouts.
    pub timeouts: Timeouts,
    /// Port, protocol and TLS versions.
    pub connection: Option<OriginConnection>,
    /// Whether the client certificate of the assigned origin is not presented.
    pub mtls_off: bool,
}

/// Timeouts that a function changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timeouts {
    /// 1 to 10 s.
    pub connection: Option<Duration>,
    /// 1 to 120 s.
    pub read: Option<Duration>,
    /// 1 to 120 s.
    pub keep_alive: Option<Duration>,
    /// Not shorter than the read timeout.
    pub response_completion: Option<Duration>,
}

/// How to connect to an origin that a function chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OriginConnection {
    /// 80, 443 or 1024 to 65535.
    pub port: u16,
    /// Whether over TLS.
    pub https: bool,
    /// The TLS versions.
    pub protocols: OriginSslProtocols,
}

impl OriginOverride {
    /// The assigned origin with these changes.
    ///
    /// A new domain without port and protocol is reached on port 443 with TLS, whatever the assigned origin has: a public
    /// report shows it (<https://github.com/anomalyco/sst/issues/6742>), although AWS documents that the assigned
    /// settings stay.
    pub fn applied_to(&self, assigned: &Origin) -> Origin {
        let mut origin = assigned.clone();
        if let Some(domain) = &self.domain_name {
            origin.domain_name = domain.clone();
        }
        if let Some(path) = &self.origin_path {
            origin.origin_path.clone_from(path);
        }
        if let Some(headers) = &self.custom_headers {
            origin.custom_headers.clone_from(headers);
        }
        origin.connection_attempts = self.connection_attempts.unwrap_or(origin.connection_attempts);
        self.timeouts.apply(&mut origin);
        let protocols = origin.custom.origin_ssl_protocols;
        let silent = OriginConnection { port: HTTPS_PORT, https: true, protocols };
        if let Some(connection) = self.connection.or_else(|| self.domain_name.as_ref().map(|_| silent)) {
            connection.apply(&mut origin);
        }
        if self.mtls_off {
            origin.custom.origin_mtls_config = None;
        }
        origin
    }
}

impl Timeouts {
    fn apply(self, origin: &mut Origin) {
        let custom = &mut origin.custom;
        custom.origin_read_timeout = self.read.unwrap_or(custom.origin_read_timeout);
        custom.origin_keepalive_timeout = self.keep_alive.unwrap_or(custom.origin_keepalive_timeout);
        origin.connection_timeout = self.connection.unwrap_or(origin.connection_timeout);
        origin.response_completion_timeout = self.response_completion.or(origin.response_completion_timeout);
    }
}

impl OriginConnection {
    fn apply(self, origin: &mut Origin) {
        let custom = &mut origin.custom;
        (custom.http_port, custom.https_port) = (self.port, self.port);
        custom.origin_ssl_protocols = self.protocols;
        custom.origin_protocol_policy =
            if self.https { OriginProtocolPolicy::HttpsOnly } else { OriginProtocolPolicy::HttpOnly };
    }
}

/// The argument of `updateRequestOrigin()`.
pub(super) fn of_function(value: &Value) -> Result<OriginOverride, Fault> {
    let fields = Fields::of(Runtime::CloudFrontFunctions, FunctionRule::OriginSetting, "updateRequestOrigin", value)?;
    fields.only(&[
        "domainName",
        "hostHeader",
        "sni",
        "allowedCertificateNames",
        "originPath",
        "customHeaders",
        "connectionAttempts",
        "originShield",
        "originAccessControlConfig",
        "timeouts",
        "customOriginConfig",
        "mTLSConfig",
    ])?;
    if let Some(access) = fields.object("originAccessControlConfig")? {
        access.required("enabled", access.boolean("enabled")?)?;
    }
    Ok(OriginOverride {
        domain_name: domain(fields, "domainName")?,
        host_header: domain(fields, "hostHeader")?.map(|name| ViewerHost::from(&name)),
        sni: domain(fields, "sni")?.map(|name| SniName::from(&name)),
        allowed_certificate_names: certificate_names(fields)?,
        origin_path: path(fields, "originPath")?,
        custom_headers: fields.object("customHeaders")?.map(function_headers).transpose()?,
        connection_attempts: attempts(fields)?,
        timeouts: timeouts(fields)?,
        connection: fields.object("customOriginConfig")?.map(connection).transpose()?,
        mtls_off: mtls_off(fields)?,
    })
}

/// `origin` of a request that a Lambda@Edge function returned; nothing if it is as it was.
pub(super) fn of_lambda(call: Call<'_>, value: Option<&Value>) -> Result<Option<OriginOverride>, Fault> {
    let given = call.given.get("origin");
    let Some(value) = value.filter(|value| Some(*value) != given) else { return Ok(None) };
    let fields = Fields::of(Runtime::LambdaEdge, FunctionRule::OriginSetting, "origin", value)?;
    let (custom, bucket) = (fields.object("custom")?, fields.object("s3")?);
    let ((Some(origin), None) | (None, Some(origin))) = (custom, bucket) else {
        return Err(fields.fault("custom", "or `s3` has to be there, and only one of them"));
    };
    let by_domain = origin.by(FunctionRule::OriginDomain);
    let domain_name = by_domain.required("domainName", domain(by_domain, "domainName")?)?;
    let seconds = |key, most| Ok(origin.number(key, 1, most)?.map(Duration::from_secs));
    Ok(Some(OriginOverride {
        domain_name: Some(domain_name),
        origin_path: path(origin, "path")?,
        custom_headers: Some(lambda_headers(origin.get("customHeaders"))?),
        timeouts: Timeouts {
            read: seconds("readTimeout", 180)?,
            keep_alive: seconds("keepaliveTimeout", 180)?,
            ..Timeouts::default()
        },
        connection: custom.map(connection).transpose()?,
        ..OriginOverride::default()
    }))
}

/// A DNS name: no colon, no IP address, at most 253 characters.
fn domain(fields: Fields<'_>, key: &str) -> Result<Option<OriginDomain>, Fault> {
    let Some(text) = fields.text(key)? else { return Ok(None) };
    let fault = |error: crate::RulesError| fields.by(FunctionRule::OriginDomain).fault(key, error);
    text.parse().map(Some).map_err(fault)
}

fn certificate_names(fields: Fields<'_>) -> Result<Vec<String>, Fault> {
    let key = "allowedCertificateNames";
    let names = fields.texts(key)?.unwrap_or_default();
    let (most, longest) = CERTIFICATE_NAMES;
    if names.len() > most {
        return Err(fields.fault(key, format!("has {} names; {most} are allowed", names.len())));
    }
    for name in &names {
        let bare = name.strip_prefix("*.").unwrap_or(name);
        if name.chars().count() > longest || bare.parse::<OriginDomain>().is_err() {
            return Err(
                fields.fault(key, format!("has {name:?}, which is no domain name of at most {longest} characters"))
            );
        }
    }
    Ok(names.into_iter().map(str::to_ascii_lowercase).collect())
}

/// Empty, or starting but not ending with a slash, of at most 255 characters.
fn path(fields: Fields<'_>, key: &str) -> Result<Option<String>, Fault> {
    let Some(path) = fields.text(key)? else { return Ok(None) };
    let sound = path.starts_with('/') && !path.ends_with('/') && path.len() <= ORIGIN_PATH;
    let sendable = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#' && byte != b'?');
    if path.is_empty() || (sound && sendable) {
        return Ok(Some(path.to_owned()));
    }
    Err(fields.fault(key, format!("is {path:?}, not a path that starts but does not end with a slash")))
}

fn function_headers(fields: Fields<'_>) -> Result<Vec<(String, String)>, Fault> {
    let fields = fields.by(FunctionRule::OriginHeaders);
    let mut headers = Vec::new();
    for (name, value) in fields.iter() {
        let value = value.as_str().ok_or_else(|| fields.fault(name, "is not a text"))?;
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(fields.fault(name, "is not in lower case"));
        }
        headers.push((name.clone(), value.to_owned()));
    }
    check_custom(Runtime::CloudFrontFunctions, headers)
}

fn lambda_headers(value: Option<&Value>) -> Result<Vec<(String, String)>, Fault> {
    let headers = headers::read(Runtime::LambdaEdge, value);
    let headers = headers.map_err(|fault| Fault::new(fault.runtime, FunctionRule::OriginHeaders, &fault.evidence))?;
    check_custom(Runtime::LambdaEdge, headers)
}

fn check_custom(runtime: Runtime, headers: Vec<(String, String)>) -> Result<Vec<(String, String)>, Fault> {
    let fault = |seen: String| Fault::new(runtime, FunctionRule::OriginHeaders, seen);
    for (name, value) in &headers {
        if is_forbidden_custom_header(name) || is_disallowed(name) {
            return Err(fault(format!("customHeaders has {name}")));
        }
        headers::check_text(runtime, name, value).map_err(|error| fault(error.evidence))?;
    }
    Ok(headers)
}

fn attempts(fields: Fields<'_>) -> Result<Option<u8>, Fault> {
    let attempts = fields.number("connectionAttempts", 1, 3)?;
    Ok(attempts.and_then(|attempts| u8::try_from(attempts).ok()))
}

fn timeouts(fields: Fields<'_>) -> Result<Timeouts, Fault> {
    let Some(timeouts) = fields.object("timeouts")? else { return Ok(Timeouts::default()) };
    let seconds = |key, most| Ok(timeouts.number(key, 1, most)?.map(Duration::from_secs));
    let found = Timeouts {
        connection: seconds("connectionTimeout", 10)?,
        read: seconds("readTimeout", 120)?,
        keep_alive: seconds("keepAliveTimeout", 120)?,
        response_completion: seconds("responseCompletionTimeout", u64::from(u32::MAX))?,
    };
    if found.response_completion.zip(found.read).is_some_and(|(whole, read)| whole < read) {
        return Err(timeouts.fault("responseCompletionTimeout", "is shorter than readTimeout"));
    }
    Ok(found)
}

/// `port`, `protocol` and `sslProtocols`, all required.
fn connection(fields: Fields<'_>) -> Result<OriginConnection, Fault> {
    let port = fields.required("port", fields.number("port", 1, 65_535)?)?;
    let port = u16::try_from(port).ok().filter(|port| matches!(port, 80 | 443 | 1024..));
    let port = port.ok_or_else(|| fields.fault("port", "is not 80, 443 or 1024 to 65535"))?;
    let https = match fields.required("protocol", fields.text("protocol")?)? {
        "https" => true,
        "http" => false,
        other => return Err(fields.fault("protocol", format!("is {other:?}, not \"http\" or \"https\""))),
    };
    let words = fields.required("sslProtocols", fields.texts("sslProtocols")?)?;
    let protocols: Result<Vec<OriginSslProtocol>, _> = words.iter().map(|word| word.parse()).collect();
    let protocols = protocols.map_err(|error| fields.fault("sslProtocols", error))?;
    let protocols = OriginSslProtocols::new(protocols).ok_or_else(|| fields.fault("sslProtocols", "is empty"))?;
    Ok(OriginConnection { port, https, protocols })
}

fn mtls_off(fields: Fields<'_>) -> Result<bool, Fault> {
    match fields.text("mTLSConfig")? {
        None | Some("inherit") => Ok(false),
        Some("off") => Ok(true),
        Some(other) => Err(fields.fault("mTLSConfig", format!("is {other:?}, not \"inherit\" or \"off\""))),
    }
}

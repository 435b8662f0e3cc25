//! What a check says, in the form in which programs read it.
//!
//! Keys are in `snake_case` and stable.

use std::fmt;

use edge502_rules::certificate::Certificate;
use edge502_rules::{Cause, Grade, Rulebook};
use schemars::JsonSchema;
use serde::Serialize;
use time::OffsetDateTime;

/// Whether CloudFront would get an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It connects, and the origin answers.
    Connects,
    /// It does not, and the viewer gets an error.
    Fails,
}

impl Verdict {
    /// The word of the report.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connects => "connects",
            Self::Fails => "fails",
        }
    }

    /// The verdict that follows from the first cause.
    pub(crate) const fn of(cause: Option<Cause>) -> Self {
        match cause {
            None => Self::Connects,
            Some(_) => Self::Fails,
        }
    }
}

/// Everything one check found out about one origin.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Report {
    /// What was checked.
    pub target: TargetReport,
    /// Whether CloudFront would get an answer.
    pub verdict: Verdict,
    /// The rulebook that decided.
    #[schemars(schema_with = "crate::schema::rulebook")]
    pub rules: Rulebook,
    /// Status the viewer would get.
    pub status: u16,
    /// What CloudFront trips over; `None` if it connects.
    #[schemars(schema_with = "crate::schema::perhaps_cause")]
    pub cause: Option<Cause>,
    /// The sentence on CloudFront's page, if it would make one and that names a cause.
    pub page_sentence: Option<String>,
    /// `x-edge-detailed-result-type` in the access log.
    pub log_type: String,
    /// Everything that is wrong, what CloudFront trips over first.
    pub findings: Vec<FindingReport>,
    /// What AWS's TLS library alone would do.
    pub observed: Observed,
    /// What does not stop CloudFront and is worth knowing.
    pub warnings: Vec<WarningReport>,
    /// The handshake, if one was tried.
    pub handshake: Option<HandshakeReport>,
    /// What happens with the name that the other choice about `Host` would send, if names may matter.
    pub other_name: Option<OtherNameReport>,
    /// The certificates exactly as the origin sent them, in wire order.
    pub served_chain: Vec<CertificateReport>,
    /// What the addresses in the certificates hold; `None` unless that was asked for (`--fetch-aia`) and an issuer is
    /// missing. No part of the verdict.
    pub aia: Option<AiaReport>,
    /// The origin's response, if there was one.
    pub response: Option<ResponseReport>,
    /// What was done, step by step.
    pub conversation: Vec<Event>,
    /// What this check cannot see.
    pub limits: Vec<String>,
    /// Connections opened to the origin.
    pub connections: usize,
    /// The time by which dates were judged.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: OffsetDateTime,
    /// How long the check took, in milliseconds.
    pub elapsed_ms: u64,
}

impl Report {
    /// Leaves out all that a list of many origins does not show: the handshake, the certificates, the conversation, what
    /// to write where.
    pub fn shorten(&mut self) {
        self.findings.truncate(1);
        for finding in &mut self.findings {
            finding.fix = Vec::new();
            finding.configuration = Vec::new();
        }
        self.handshake = None;
        self.served_chain = Vec::new();
        self.conversation = Vec::new();
        self.limits = Vec::new();
    }
}

/// What was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TargetReport {
    /// `Id` of the distribution, if it came from one that says so.
    pub distribution: Option<String>,
    /// Path pattern of the behaviour, if it came from a distribution; `*` is the default one.
    pub path_pattern: Option<String>,
    /// `Id` of the origin.
    pub origin_id: Option<String>,
    /// `DomainName`.
    pub domain_name: String,
    /// The port that was connected to.
    pub port: u16,
    /// `https` or `http`.
    #[schemars(extend("enum" = ["https", "http"]))]
    pub scheme: &'static str,
    /// The name sent as SNI; `None` for HTTP.
    pub sni: Option<String>,
    /// The `Host` header sent.
    pub host_header: String,
    /// `OriginSslProtocols`.
    pub ssl_protocols: Vec<String>,
    /// The method that was answered, or tried last.
    pub method: String,
    /// Path and query.
    pub path: String,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FindingReport {
    /// What is wrong.
    #[schemars(schema_with = "crate::schema::cause")]
    pub cause: Cause,
    /// In a few words.
    pub title: String,
    /// How well the rule behind it is known.
    #[schemars(schema_with = "crate::schema::grade")]
    pub grade: Grade,
    /// Address of the page or file that states the rule.
    pub source: String,
    /// What was seen.
    pub detail: String,
    /// What cures it, most likely first.
    pub fix: Vec<String>,
    /// What to write where for these cures.
    pub configuration: Vec<Snippet>,
}

/// Lines for one program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Snippet {
    /// Which of the finding's cures they are for, from 0.
    pub fix: usize,
    /// `nginx`, `Apache`, `HAProxy`, `Caddy`, `IIS`, `ALB`, `aws cli`, `shell`.
    pub program: &'static str,
    /// The lines.
    pub text: String,
}

/// The judgement of the other reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Observed {
    /// Whether it would connect.
    pub verdict: Verdict,
    /// What it would trip over.
    #[schemars(schema_with = "crate::schema::perhaps_cause")]
    pub cause: Option<Cause>,
    /// All it would find.
    #[schemars(schema_with = "crate::schema::causes")]
    pub findings: Vec<Cause>,
}

/// What does not stop CloudFront and is worth knowing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WarningReport {
    /// Stable name in kebab-case.
    pub kind: &'static str,
    /// What was seen, and what to do.
    pub detail: String,
}

/// A handshake as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct HandshakeReport {
    /// How it ended: `completed`, `aborted`, `alert`, `closed`, `reset`, `timed-out` or `failed`.
    #[schemars(extend("enum" = ["completed", "aborted", "alert", "closed", "reset", "timed-out", "failed"]))]
    pub end: &'static str,
    /// The published policy of AWS's library that was spoken.
    pub policy: String,
    /// What was offered; `None` if the connection broke before.
    pub offered: Option<OfferReport>,
    /// Protocol version the origin chose.
    pub version: Option<String>,
    /// Cipher suite the origin chose, as OpenSSL writes it.
    pub cipher_suite: Option<String>,
    /// Group of the key exchange.
    pub group: Option<String>,
    /// The alert received, with its number.
    pub alert: Option<String>,
    /// Whether the origin asked for a client certificate.
    pub client_certificate_requested: bool,
    /// Whether the origin asked for another key share first (HelloRetryRequest).
    pub hello_retry_request: bool,
    /// The error of AWS's library.
    pub library_error: Option<String>,
    /// What further connections showed that the origin does speak.
    pub origin_speaks: Vec<String>,
    /// Time from the first byte to the end, in milliseconds.
    pub elapsed_ms: u64,
}

/// What the origin shows for the name that CloudFront would send if `Host` were forwarded, or were not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OtherNameReport {
    /// The name.
    pub server_name: String,
    /// Whether `Host` is forwarded in that case.
    pub host_forwarded: bool,
    /// Whether nothing in that handshake would stop CloudFront.
    pub would_connect: bool,
    /// The names on the certificate that came first; empty if none came.
    pub names: Vec<String>,
    /// What was seen.
    pub detail: String,
}

/// A ClientHello in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OfferReport {
    /// Versions.
    pub versions: Vec<String>,
    /// Cipher suites.
    pub cipher_suites: Vec<String>,
    /// Groups.
    pub groups: Vec<String>,
    /// Signature schemes.
    pub signature_schemes: Vec<String>,
    /// SNI.
    pub server_name: Option<String>,
}

/// A certificate of the served chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct CertificateReport {
    /// Place in wire order, from 0.
    pub position: usize,
    /// Its part: `leaf`, `intermediate`, `root`, `surplus`, or `unreadable`.
    #[schemars(extend("enum" = ["leaf", "intermediate", "root", "surplus", "unreadable"]))]
    pub role: &'static str,
    /// Subject.
    pub subject: String,
    /// Issuer.
    pub issuer: String,
    /// The names it carries (leaf only).
    pub names: Vec<String>,
    /// First moment of validity, RFC 3339.
    pub not_before: Option<String>,
    /// Last moment of validity.
    pub not_after: Option<String>,
    /// Kind and size of the key.
    pub key: Option<String>,
    /// Algorithm it is signed with.
    pub signature: Option<String>,
    /// SHA-256 of its DER bytes, in hex.
    pub sha256: String,
    /// Where its issuer's certificate can be fetched (AIA), if it says so.
    pub issuer_url: Option<String>,
}

/// Missing issuers, fetched from where the certificates say they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AiaReport {
    /// Whether the chain would be complete if the origin sent the fetched certificates, too.
    pub completes: bool,
    /// What was fetched, from the first missing issuer upwards.
    pub fetched: Vec<FetchedReport>,
}

/// One fetch of a missing issuer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FetchedReport {
    /// The address; `None` if the certificate names none.
    pub url: Option<String>,
    /// Subject of the issuer that was found there.
    pub subject: Option<String>,
    /// SHA-256 of its DER bytes, in hex.
    pub sha256: Option<String>,
    /// Why none was found.
    pub problem: Option<String>,
}

impl FetchedReport {
    /// What came of a fetch: the issuer's certificate, or why there is none.
    pub(crate) fn new(url: Option<String>, fetched: Result<Vec<u8>, String>) -> Self {
        let (der, problem) = match fetched {
            Ok(der) => (Some(der), None),
            Err(problem) => (None, Some(problem)),
        };
        let subject = der.as_deref().and_then(|der| Certificate::parse(der).ok()).map(|issuer| issuer.subject);
        Self { url, subject, sha256: der.as_deref().map(crate::view::fingerprint), problem }
    }
}

impl fmt::Display for FetchedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(url) = &self.url {
            write!(f, "{url}: ")?;
        }
        match (&self.subject, &self.problem) {
            (Some(subject), _) => f.write_str(subject),
            (None, problem) => f.write_str(problem.as_deref().unwrap_or("nothing")),
        }
    }
}

/// The origin's response, as the edge received it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ResponseReport {
    /// Its status.
    pub status: u16,
    /// Its `Server` header.
    pub server: Option<String>,
    /// Its `Location` header: CloudFront passes redirects on and never follows them.
    pub location: Option<String>,
}

/// One step of the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Event {
    /// Milliseconds since the check began.
    pub ms: u64,
    /// What happened.
    pub text: String,
}

//! The arguments of `edge502 check`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PathBufValueParser, PossibleValuesParser, TypedValueParser as _};
use clap::{ArgGroup, Args, ValueEnum};
use edge502_check::render;
use edge502_rules::{Cause, Rulebook};

use super::{Stream, TimeArguments, values};
use crate::resolve::Resolve;

/// `edge502 check`
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["target", "distribution", "from", "explain", "schema"])), after_help = "\
Examples:
  edge502 check origin.example.com
  edge502 check origin.example.com --host-header www.example.com   Host is forwarded
  edge502 check origin.example.com --at 2027-01-01                 will it break by then?
  aws cloudfront get-distribution --id EDFDVBD6EXAMPLE | edge502 check --distribution -
  terraform show -json plan | edge502 check --distribution -
  edge502 check --distribution template.yaml --format sarif
  edge502 check --from origins.txt --format junit

Exit status: 0 CloudFront would connect, 1 it would fail, 2 could not check.")]
pub(crate) struct CheckArguments {
    /// The origin: a DNS name, with a port if it is not 443. An address would fail, as CloudFront takes names only; check
    /// it under a name with --resolve
    #[arg(value_name = "HOST[:PORT]")]
    pub(crate) target: Option<String>,
    /// Check every origin of the distributions in a file: what `aws cloudfront get-distribution`,
    /// `get-distribution-config` or `list-distributions` prints, a CloudFormation template (JSON or YAML), or what
    /// `terraform show -json` prints; `-` is standard input
    #[arg(long, value_name = "FILE", value_parser = PathBufValueParser::new().map(Stream::from))]
    pub(crate) distribution: Option<Stream>,
    /// Check the origins in a file, one HOST[:PORT] a line, at most 100,000; `#` begins a comment, `-` is standard input
    #[arg(long, value_name = "FILE", value_parser = PathBufValueParser::new().map(Stream::from))]
    pub(crate) from: Option<Stream>,
    /// Tell all about a cause instead of checking anything
    #[arg(long, value_name = "CAUSE", value_parser = causes())]
    pub(crate) explain: Option<Cause>,
    /// Print the JSON Schema of `--format json` instead of checking anything
    #[arg(long)]
    pub(crate) schema: bool,
    /// Forward this viewer's Host to the origin: SNI and the name check follow it
    #[arg(long, value_name = "NAME")]
    pub(crate) host_header: Option<String>,
    /// `OriginSslProtocols,` separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "TLSv1.2", value_parser = ["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2"])]
    pub(crate) ssl_protocols: Vec<String>,
    /// `OriginProtocolPolicy`
    #[arg(long, value_name = "POLICY", default_value = "https-only", value_parser = ["https-only", "http-only", "match-viewer"])]
    pub(crate) protocol_policy: String,
    /// Path and query to ask for. Default: `/`, or one that the behaviour's pattern matches
    #[arg(long, value_name = "PATH")]
    pub(crate) path: Option<String>,
    /// Method to ask with. Default: HEAD, then GET if that is answered with an error
    #[arg(long, value_name = "METHOD", value_parser = ["GET", "HEAD", "OPTIONS"])]
    pub(crate) method: Option<String>,
    /// Which reading of CloudFront decides: its documentation, or what its TLS library does
    #[arg(long, value_name = "RULEBOOK", default_value_t, value_parser = values::rulebook())]
    pub(crate) rules: Rulebook,
    /// Connect to ADDR for HOST and PORT instead of asking DNS; a port may follow ADDR, IPv6 stands in brackets.
    /// Repeatable
    #[arg(long, value_name = "HOST:PORT:ADDR")]
    pub(crate) resolve: Vec<Resolve>,
    /// Trust the authorities in this file, in place of Mozilla's list
    #[arg(long, value_name = "PEM")]
    pub(crate) cafile: Option<PathBuf>,
    /// `IpAddressType` of the origin
    #[arg(long, value_name = "TYPE", default_value = "ipv4", value_parser = ["ipv4", "ipv6", "dualstack"])]
    pub(crate) ip_version: String,
    /// The most seconds one origin may take, 1 to 300; where they are over first, the cause is what was waited for
    #[arg(long, value_name = "SECONDS", default_value = "15", value_parser = seconds)]
    pub(crate) timeout: Duration,
    /// Warn about certificates that end within so many days
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    pub(crate) warn_days: u16,
    /// The client certificate of `OriginMtlsConfig` with its chain, PEM
    #[arg(long, value_name = "PEM", requires = "mtls_key")]
    pub(crate) mtls_cert: Option<PathBuf>,
    /// Its private key, PEM
    #[arg(long, value_name = "PEM", requires = "mtls_cert")]
    pub(crate) mtls_key: Option<PathBuf>,
    /// Offer post-quantum key exchange, too
    #[arg(long)]
    pub(crate) pq: bool,
    /// Where an issuer is missing, fetch it from the address in the certificate (plain HTTP) and say whether the chain
    /// would be complete with it; the verdict stays what it is
    #[arg(long)]
    pub(crate) fetch_aia: bool,
    /// How many origins to check at a time, 1 to 1,000
    #[arg(long, value_name = "N", default_value = "32", value_parser = concurrency)]
    pub(crate) concurrency: NonZeroUsize,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: CheckFormat,
    #[command(flatten)]
    pub(crate) time: TimeArguments,
}

fn causes() -> impl clap::builder::TypedValueParser<Value = Cause> {
    PossibleValuesParser::new(Cause::ALL.iter().map(|cause| cause.id())).try_map(|word| word.parse::<Cause>())
}

/// Each check holds a socket or two, and processes may have some thousand.
fn concurrency(text: &str) -> Result<NonZeroUsize, String> {
    let number = text.parse().ok().filter(|number: &NonZeroUsize| number.get() <= 1_000);
    number.ok_or_else(|| "expected 1 to 1000".to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected a number of seconds".to_owned())?;
    if !(1.0..=300.0).contains(&seconds) {
        return Err("expected 1 to 300 seconds".to_owned());
    }
    Ok(Duration::from_secs_f64(seconds))
}

/// Form of a check's report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object on one line
    Json,
    /// For CI servers
    Junit,
    /// For code scanners
    Sarif,
    /// For tickets
    Markdown,
    /// One self-contained page
    Html,
}

impl From<CheckFormat> for render::Format {
    fn from(format: CheckFormat) -> Self {
        match format {
            CheckFormat::Text => Self::Text,
            CheckFormat::Json => Self::Json,
            CheckFormat::Junit => Self::Junit,
            CheckFormat::Sarif => Self::Sarif,
            CheckFormat::Markdown => Self::Markdown,
            CheckFormat::Html => Self::Html,
        }
    }
}

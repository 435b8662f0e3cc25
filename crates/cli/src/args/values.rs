//! How the values of flags are read.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use edge502_rules::Rulebook;
use edge502_rules::page::ErrorPages;
use edge502_scenario::RunOptions;
use edge502_train::Language;
use time::format_description::well_known::Rfc3339;
use time::macros::{datetime, format_description};
use time::{Date, OffsetDateTime, UtcOffset};

/// A file, or `-` for standard input or output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stream {
    /// `-`
    Standard,
    /// A file.
    File(PathBuf),
}

impl From<PathBuf> for Stream {
    fn from(path: PathBuf) -> Self {
        if path.as_os_str() == "-" { Self::Standard } else { Self::File(path) }
    }
}

/// The words of `--rules`.
pub(super) fn rulebook() -> impl TypedValueParser<Value = Rulebook> {
    let words = [Rulebook::Documented, Rulebook::Observed].map(Rulebook::as_str);
    PossibleValuesParser::new(words).try_map(|word| word.parse::<Rulebook>())
}

/// The words of `--lang`.
pub(super) fn language() -> impl TypedValueParser<Value = Language> {
    PossibleValuesParser::new(Language::ALL.map(Language::tag)).try_map(|tag| tag.parse::<Language>())
}

/// The words of `--error-pages`.
pub(super) fn error_pages() -> impl TypedValueParser<Value = ErrorPages> {
    let words = ErrorPages::ALL.iter().map(|family| family.as_str());
    PossibleValuesParser::new(words).try_map(|word| word.parse::<ErrorPages>())
}

/// The default of `--concurrency`.
pub(super) fn concurrency() -> NonZeroUsize {
    NonZeroUsize::new(RunOptions::default().concurrency).unwrap_or(NonZeroUsize::MIN)
}

/// The first and the last time at which everything works. Certificates reach years beyond them, and TLS libraries count
/// from 1970 and not to the end of all years.
const TIMES: RangeInclusive<OffsetDateTime> = datetime!(1990-01-01 00:00 UTC)..=datetime!(2200-01-01 00:00 UTC);

/// `2026-11-23T10:00:00Z`, or `2026-11-23` for midnight in UTC; from 1990-01-01 to 2200-01-01.
pub(super) fn time(text: &str) -> Result<OffsetDateTime, String> {
    let day = format_description!("[year]-[month]-[day]");
    let midnight = || Date::parse(text, day).map(|date| date.midnight().assume_utc());
    let time = OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| midnight())
        .map_err(|_| "expected a time such as 2026-11-23T10:00:00Z, or a date such as 2026-11-23")?;
    if !TIMES.contains(&time) {
        return Err(format!("expected a time from {} to {}", TIMES.start().date(), TIMES.end().date()));
    }
    Ok(time.to_offset(UtcOffset::UTC))
}

/// `8080` is a port of 127.0.0.1; anything else names the address as well.
pub(super) fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let port = text.parse().map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    port.or_else(|_| text.parse()).map_err(|_| "expected a port, or an address such as 127.0.0.1:8080".to_owned())
}

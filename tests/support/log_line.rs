//! The standard access log as a reader knows it who has AWS's reference and nothing of this project.
//!
//! Fields and values: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html>.
//! The lists are written out here once more on purpose: a reader that shared them with the writer would share its
//! mistakes.

use std::collections::BTreeMap;
use std::net::IpAddr;

/// Every column, in order, with what it may hold.
const COLUMNS: [(&str, Domain); 33] = [
    ("date", Domain::Date),
    ("time", Domain::Time),
    ("x-edge-location", Domain::Location),
    ("sc-bytes", Domain::Number),
    ("c-ip", Domain::Address),
    ("cs-method", Domain::Word),
    ("cs(Host)", Domain::Text),
    ("cs-uri-stem", Domain::Path),
    ("sc-status", Domain::Status),
    ("cs(Referer)", Domain::Maybe(&Domain::Text)),
    ("cs(User-Agent)", Domain::Maybe(&Domain::Text)),
    ("cs-uri-query", Domain::Maybe(&Domain::Text)),
    ("cs(Cookie)", Domain::Maybe(&Domain::Text)),
    ("x-edge-result-type", Domain::OneOf(RESULTS)),
    ("x-edge-request-id", Domain::RequestId),
    ("x-host-header", Domain::Maybe(&Domain::Text)),
    ("cs-protocol", Domain::OneOf(&["http", "https", "ws", "wss", "grpcs"])),
    ("cs-bytes", Domain::Number),
    ("time-taken", Domain::Seconds),
    ("x-forwarded-for", Domain::Maybe(&Domain::Text)),
    ("ssl-protocol", Domain::Maybe(&Domain::OneOf(&["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]))),
    ("ssl-cipher", Domain::Maybe(&Domain::Suite)),
    ("x-edge-response-result-type", Domain::OneOf(RESULTS)),
    ("cs-protocol-version", Domain::OneOf(&["HTTP/0.9", "HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "HTTP/3.0"])),
    ("fle-status", Domain::Maybe(&Domain::Word)),
    ("fle-encrypted-fields", Domain::Maybe(&Domain::Number)),
    ("c-port", Domain::Port),
    ("time-to-first-byte", Domain::Seconds),
    ("x-edge-detailed-result-type", Domain::Detail),
    ("sc-content-type", Domain::Maybe(&Domain::Text)),
    ("sc-content-len", Domain::Maybe(&Domain::Number)),
    ("sc-range-start", Domain::Maybe(&Domain::Number)),
    ("sc-range-end", Domain::Maybe(&Domain::Number)),
];

/// `x-edge-result-type` and `x-edge-response-result-type`.
const RESULTS: &[&str] =
    &["Hit", "RefreshHit", "Miss", "LimitExceeded", "CapacityExceeded", "Error", "Redirect", "LambdaExecutionError"];

/// `x-edge-detailed-result-type` where it is not the result type.
const DETAILS: &[&str] = &["OriginShieldHit", "MissGeneratedResponse"];

/// `x-edge-detailed-result-type` where the result type is `Error`.
const ERRORS: &[&str] = &[
    "AbortedOrigin",
    "ClientCommError",
    "ClientGeoBlocked",
    "ClientHungUpRequest",
    "Error",
    "InternalError",
    "InvalidRequest",
    "InvalidRequestBlocked",
    "InvalidRequestCertificate",
    "InvalidRequestHeader",
    "InvalidRequestMethod",
    "LambdaLimitExceeded",
    "OriginCommError",
    "OriginConnectError",
    "OriginContentRangeLengthError",
    "OriginDnsError",
    "OriginError",
    "OriginHeaderTooBigError",
    "OriginInvalidResponseError",
    "OriginReadError",
    "OriginWriteError",
    "OriginZeroSizeObjectError",
    "SlowReaderOriginError",
];

/// What a column may hold.
#[derive(Debug, Clone, Copy)]
enum Domain {
    Date,
    Time,
    /// Airport code, number, dash, letter and number: `SEA19-C1`.
    Location,
    Number,
    Port,
    Address,
    /// Visible characters, encoded where the reference says so, and not `-`.
    Text,
    /// A text without punctuation.
    Word,
    Path,
    Status,
    Seconds,
    RequestId,
    /// Capital letters, digits, `-` and `_`.
    Suite,
    /// Any result type, or one of an error.
    Detail,
    OneOf(&'static [&'static str]),
    /// `-`, or this.
    Maybe(&'static Domain),
}

impl Domain {
    fn has(self, value: &str) -> bool {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let shape = |shape: &str| {
            let fits = |(byte, wanted): (u8, u8)| if wanted == b'0' { byte.is_ascii_digit() } else { byte == wanted };
            value.len() == shape.len() && value.bytes().zip(shape.bytes()).all(fits)
        };
        let part = |from: usize, to: usize| value[from..to].parse::<u32>().unwrap_or(u32::MAX);
        match self {
            Self::Date => shape("0000-00-00") && (1..=12).contains(&part(5, 7)) && (1..=31).contains(&part(8, 10)),
            Self::Time => shape("00:00:00") && part(0, 2) < 24 && part(3, 5) < 60 && part(6, 8) < 60,
            Self::Location => is_location(value),
            Self::Number => digits(value) && value.parse::<u64>().is_ok(),
            Self::Port => digits(value) && value.parse::<u16>().is_ok_and(|port| port > 0),
            Self::Address => value.parse::<IpAddr>().is_ok(),
            Self::Text => is_text(value),
            Self::Word => is_text(value) && value.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            Self::Path => is_text(value) && value.starts_with('/') && !value.contains('?'),
            Self::Status => shape("000") && (value == "000" || (100..600).contains(&part(0, 3))),
            Self::Seconds => {
                let (whole, millis) = value.split_once('.').unwrap_or_default();
                digits(whole) && digits(millis) && millis.len() == 3
            }
            Self::RequestId => {
                let base64url = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
                value.len() == 56 && value.ends_with("==") && value.bytes().take(54).all(base64url)
            }
            Self::Suite => {
                let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
                value.len() > 5 && value.bytes().all(plain)
            }
            Self::Detail => [RESULTS, DETAILS, ERRORS].iter().any(|words| words.contains(&value)),
            Self::OneOf(words) => words.contains(&value),
            Self::Maybe(domain) => value == "-" || domain.has(value),
        }
    }
}

fn is_location(value: &str) -> bool {
    let Some((place, server)) = value.split_once('-') else { return false };
    let (airport, number) = place.split_at(place.len().min(3));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let letter = server.starts_with(|first: char| first.is_ascii_uppercase());
    airport.len() == 3
        && airport.bytes().all(|byte| byte.is_ascii_uppercase())
        && digits(number)
        && letter
        && digits(&server[1..])
}

/// Whether everything the reference lists is encoded.
fn is_text(value: &str) -> bool {
    let hex = |digit: Option<u8>| digit.is_some_and(|digit| digit.is_ascii_digit() || (b'A'..=b'F').contains(&digit));
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        let good = match byte {
            b'%' => hex(rest.next()) && hex(rest.next()),
            0..=32 | 127.. => false,
            _ => !b"<>\"#{}|\\^~[]`'".contains(&byte),
        };
        if !good {
            return false;
        }
    }
    value != "-" && !value.is_empty()
}

/// The columns of a line by name, if every one of them holds what it may and they agree with one another.
pub(crate) fn read(line: &str) -> Result<BTreeMap<&'static str, &str>, String> {
    let columns: Vec<&str> = line.split('\t').collect();
    if columns.len() != COLUMNS.len() {
        return Err(format!("{} columns in place of {}", columns.len(), COLUMNS.len()));
    }
    let named = || COLUMNS.iter().zip(&columns).map(|((name, domain), value)| (*name, *domain, *value));
    if let Some((name, domain, value)) = named().find(|(_, domain, value)| !domain.has(value)) {
        return Err(format!("{name} is {value:?}, not a {domain:?}"));
    }
    let columns = named().map(|(name, _, value)| (name, value)).collect();
    agree(&columns).map(|()| columns)
}

/// What one column says about another.
fn agree(columns: &BTreeMap<&str, &str>) -> Result<(), String> {
    let of = |name: &str| columns[name];
    let (result, before, detail) =
        (of("x-edge-result-type"), of("x-edge-response-result-type"), of("x-edge-detailed-result-type"));
    let tls = matches!(of("cs-protocol"), "https" | "wss" | "grpcs");
    let seconds = |name| of(name).parse::<f64>().unwrap_or(f64::NAN);
    let status: u16 = of("sc-status").parse().unwrap_or_default();
    let rules = [
        ("an error has the detail of an error", (result == "Error") == ERRORS.contains(&detail)),
        ("only an error can come after a good beginning", before == result || result == "Error"),
        ("a 4xx or 5xx is no hit and no miss", status < 400 || !["Hit", "Miss", "RefreshHit"].contains(&result)),
        ("TLS has a version, plain HTTP none", tls == (of("ssl-protocol") != "-")),
        ("TLS has a cipher suite, plain HTTP none", tls == (of("ssl-cipher") != "-")),
        ("the first byte comes before the last", seconds("time-to-first-byte") <= seconds("time-taken")),
        ("a range has two ends", (of("sc-range-start") == "-") == (of("sc-range-end") == "-")),
        ("field-level encryption has both columns", (of("fle-status") == "-") == (of("fle-encrypted-fields") == "-")),
    ];
    rules.iter().find(|(_, kept)| !kept).map_or(Ok(()), |(rule, _)| Err(format!("{rule}: {columns:?}")))
}

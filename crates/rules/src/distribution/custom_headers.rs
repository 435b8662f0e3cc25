//! `CustomHeaders` of an origin: headers the edge adds to every origin request, over a viewer header of the same name.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html>.

use super::notice::{Rule, page};
use super::read::{Place, Reader, text};
use super::{DistributionError, limits, wire};
use crate::Grade;

const RULE: Rule = (Grade::Documented, page::CUSTOM_HEADERS);

/// Header names that CloudFront does not take as custom headers.
const FORBIDDEN: [&str; 22] = [
    "Cache-Control",
    "Connection",
    "Content-Length",
    "Cookie",
    "Host",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Max-Forwards",
    "Pragma",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Range",
    "Request-Range",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Via",
    "X-Real-Ip",
];
/// Beginnings of header names that CloudFront keeps to itself.
const FORBIDDEN_PREFIXES: [&str; 2] = ["X-Amz-", "X-Edge-"];

/// Whether CloudFront refuses a custom header of this name. Case does not matter.
pub fn is_forbidden_custom_header(name: &str) -> bool {
    let starts_with = |prefix: &str| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    FORBIDDEN.iter().any(|forbidden| forbidden.eq_ignore_ascii_case(name))
        || FORBIDDEN_PREFIXES.iter().any(|prefix| starts_with(prefix))
}

/// Reads name and value of each header, in the order of the file.
pub(super) fn read(
    reader: &mut Reader<'_>,
    place: &Place,
    list: Option<wire::List<wire::CustomHeader>>,
) -> Result<Vec<(String, String)>, DistributionError> {
    let mut headers = Vec::new();
    for (place, header) in reader.items(place, list) {
        let name = text(&place.member("HeaderName"), header.header_name, "write the name of the header")?;
        let value_place = place.member("HeaderValue");
        let value = header
            .header_value
            .ok_or_else(|| DistributionError::missing(&value_place, "write the value of the header, or remove it"))?;
        sendable(&place, &name, &value)?;
        check_header(reader, &place, &name, &value);
        headers.push((name, value));
    }
    check_totals(reader, place, &headers);
    Ok(headers)
}

/// Refuses what would break the request apart.
fn sendable(place: &Place, name: &str, value: &str) -> Result<(), DistributionError> {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if !name.bytes().all(is_token) {
        let allowed = "a header name of RFC 9110 section 5.6.2 (letters, digits, hyphen)";
        let place = place.member("HeaderName");
        return Err(DistributionError::value(&place, format!("{name:?}"), allowed, "remove the other characters"));
    }
    if value.bytes().any(|b| b.is_ascii_control() && b != b'\t') {
        let place = place.member("HeaderValue");
        let remedy = "remove line breaks and other control characters";
        return Err(DistributionError::value(&place, format!("{value:?}"), "printable text", remedy));
    }
    Ok(())
}

fn check_header(reader: &mut Reader<'_>, place: &Place, name: &str, value: &str) {
    if is_forbidden_custom_header(name) {
        let message = format!("{name} is not allowed as a custom header; CloudFront refuses it");
        reader.notice(&place.member("HeaderName"), RULE, message, "use a name of your own, such as X-Origin-Verify");
    }
    if name.chars().count() > limits::CUSTOM_HEADER_NAME {
        let message = format!("the name is longer than {} characters", limits::CUSTOM_HEADER_NAME);
        reader.notice(&place.member("HeaderName"), RULE, message, "shorten it");
    }
    if value.chars().count() > limits::CUSTOM_HEADER_VALUE {
        let message = format!("the value is longer than {} characters", limits::CUSTOM_HEADER_VALUE);
        reader.notice(&place.member("HeaderValue"), RULE, message, "shorten it");
    }
}

fn check_totals(reader: &mut Reader<'_>, place: &Place, headers: &[(String, String)]) {
    reader.quota(place, headers.len(), limits::CUSTOM_HEADERS, "custom headers");
    let total: usize = headers.iter().map(|(name, value)| name.chars().count() + value.chars().count()).sum();
    if total > limits::CUSTOM_HEADERS_TOTAL {
        let limit = limits::CUSTOM_HEADERS_TOTAL;
        let message = format!("names and values together have {total} characters, more than the {limit} allowed");
        reader.notice(place, RULE, message, "shorten or remove headers");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_names_are_forbidden_in_any_case() {
        for name in ["Host", "cookie", "x-amz-meta", "X-EDGE-Location", "X-Real-IP", "te"] {
            assert!(is_forbidden_custom_header(name), "{name}");
        }
        for name in ["X-Origin-Verify", "Authorization", "X-Amzn-Trace-Id", "User-Agent", "X-Am", "é-header"] {
            assert!(!is_forbidden_custom_header(name), "{name}");
        }
    }
}

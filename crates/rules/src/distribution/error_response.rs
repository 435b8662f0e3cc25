//! Custom error responses: the user's own page for an error, and how long an error is kept.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/GeneratingCustomErrorResponses.html>.

use std::time::Duration;

use super::notice::{Rule, page};
use super::read::{Number, Place, Reader, non_empty};
use super::{DistributionError, limits, wire};
use crate::Grade;

const RULE: Rule = (Grade::Documented, page::ERROR_PAGES);
const ERROR_CODES: [u16; 11] = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];
const ALLOWED_ERROR_CODES: &str = "400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504";
const ALLOWED_RESPONSE_CODES: &str = "200, 400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504";

const CACHING: Number = Number {
    default: CustomErrorResponse::DEFAULT_ERROR_CACHING_MIN_TTL.as_secs().cast_signed(),
    usable: 0..=limits::TTL_SECONDS.cast_signed(),
    documented: 0..=limits::TTL_SECONDS.cast_signed(),
    unit: "seconds",
    rule: RULE,
    remedy: "write how many seconds the error is kept; 0 keeps it not at all",
};

/// What the edge does when it would answer with `error_code`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomErrorResponse {
    /// `ErrorCode`: the status this is about.
    pub error_code: u16,
    /// `ResponsePagePath`: path of the page shown instead, fetched through the behavior its path belongs to.
    pub response_page_path: Option<String>,
    /// `ResponseCode`: status the viewer gets with that page.
    pub response_code: Option<u16>,
    /// `ErrorCachingMinTTL`: how long the error is kept at least. Default 10 s.
    pub error_caching_min_ttl: Duration,
}

impl CustomErrorResponse {
    /// `ErrorCachingMinTTL` of every error that has no other setting.
    pub const DEFAULT_ERROR_CACHING_MIN_TTL: Duration = Duration::from_secs(10);

    pub(super) fn read(
        reader: &mut Reader<'_>,
        place: &Place,
        wire: wire::CustomErrorResponse,
    ) -> Result<Self, DistributionError> {
        let response_page_path = non_empty(wire.response_page_path);
        let response_code = response_code(reader, &place.member("ResponseCode"), non_empty(wire.response_code))?;
        check_page(reader, place, response_page_path.as_deref(), response_code);
        Ok(Self {
            error_code: error_code(reader, &place.member("ErrorCode"), wire.error_code)?,
            response_page_path,
            response_code,
            error_caching_min_ttl: reader.seconds(
                &place.member("ErrorCachingMinTTL"),
                wire.error_caching_min_ttl,
                &CACHING,
            )?,
        })
    }
}

fn status(place: &Place, found: &str, allowed: &str) -> Result<u16, DistributionError> {
    found
        .parse()
        .ok()
        .filter(|code| (100..600).contains(code))
        .ok_or_else(|| DistributionError::value(place, found, allowed, "write an HTTP status code"))
}

fn error_code(reader: &mut Reader<'_>, place: &Place, found: Option<i64>) -> Result<u16, DistributionError> {
    let found =
        found.ok_or_else(|| DistributionError::missing(place, "write the status this is about, such as 502"))?;
    let code = status(place, &found.to_string(), ALLOWED_ERROR_CODES)?;
    if !ERROR_CODES.contains(&code) {
        let message = format!("CloudFront has no custom error response for {code}");
        reader.notice(place, RULE, message, format!("use one of {ALLOWED_ERROR_CODES}"));
    }
    Ok(code)
}

fn response_code(
    reader: &mut Reader<'_>,
    place: &Place,
    found: Option<String>,
) -> Result<Option<u16>, DistributionError> {
    let Some(found) = found else { return Ok(None) };
    let code = status(place, &found, ALLOWED_RESPONSE_CODES)?;
    if code != 200 && !ERROR_CODES.contains(&code) {
        let message = format!("CloudFront does not answer with {code} here");
        reader.notice(place, RULE, message, format!("use one of {ALLOWED_RESPONSE_CODES}"));
    }
    Ok(Some(code))
}

fn check_page(reader: &mut Reader<'_>, place: &Place, path: Option<&str>, code: Option<u16>) {
    if path.is_some() != code.is_some() {
        let message = "ResponsePagePath and ResponseCode work only together";
        reader.notice(place, RULE, message, "write both, or neither");
    }
    if let Some(path) = path.filter(|path| !path.starts_with('/')) {
        let message = format!("{path:?} does not begin with /");
        reader.notice(&place.member("ResponsePagePath"), RULE, message, format!("write \"/{path}\""));
    }
}

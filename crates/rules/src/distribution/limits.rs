//! CloudFront's quotas that decide about requests, responses and settings.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html> and
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html>.

/// Longest URL of a request, in bytes. Longer: 414.
pub const URL_BYTES: usize = 8_192;
/// Largest header block of a request or of an origin's response, query string included, in bytes. A larger request is
/// answered with 494, a larger response with 502.
pub const HEADER_BLOCK_BYTES: usize = 32_768;
/// Smallest response that is compressed at the edge, in bytes.
pub const COMPRESSIBLE_MIN_BYTES: u64 = 1_000;
/// Largest response that is compressed at the edge, in bytes.
pub const COMPRESSIBLE_MAX_BYTES: u64 = 10_000_000;
/// Distributions one request may pass through. More: 403.
pub const CHAINED_DISTRIBUTIONS: usize = 2;

/// Origins of one distribution.
pub const ORIGINS: usize = 100;
/// Cache behaviors of one distribution.
pub const BEHAVIORS: usize = 75;
/// Origin groups of one distribution.
pub const ORIGIN_GROUPS: usize = 10;
/// Headers one cache behavior may list for forwarding.
pub const FORWARDED_HEADERS: usize = 25;

/// Custom headers of one origin.
pub const CUSTOM_HEADERS: usize = 30;
/// Longest name of a custom header, in characters.
pub const CUSTOM_HEADER_NAME: usize = 256;
/// Longest value of a custom header, in characters.
pub const CUSTOM_HEADER_VALUE: usize = 1_783;
/// Names and values of all custom headers of one origin together, in characters.
pub const CUSTOM_HEADERS_TOTAL: usize = 10_240;

/// Longest `OriginPath`, in characters.
pub const ORIGIN_PATH: usize = 255;
/// Longest `PathPattern`, in characters.
pub const PATH_PATTERN: usize = 255;
/// Longest value of any TTL, in seconds: 100 years.
pub const TTL_SECONDS: u64 = 3_153_600_000;

//! Addresses the rules rest on.

macro_rules! guide {
    ($page:literal) => {
        concat!("https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/", $page, ".html")
    };
}

macro_rules! api {
    ($page:literal) => {
        concat!("https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_", $page, ".html")
    };
}

macro_rules! s2n {
    ($path:literal) => {
        concat!("https://github.com/aws/s2n-tls/blob/main/", $path)
    };
}

pub(super) const P403: &str = guide!("http-403-permission-denied");
pub(super) const P502: &str = guide!("http-502-bad-gateway");
pub(super) const P503: &str = guide!("http-503-service-unavailable");
pub(super) const P504: &str = guide!("http-504-gateway-timeout");
pub(super) const ORIGIN_SETTINGS: &str = guide!("DownloadDistValuesOrigin");
pub(super) const BEHAVIOR_SETTINGS: &str = guide!("DownloadDistValuesCacheBehavior");
pub(super) const CUSTOM_ORIGIN: &str = guide!("RequestAndResponseBehaviorCustomOrigin");
pub(super) const HTTPS: &str = guide!("using-https");
pub(super) const HTTPS_TO_ORIGIN: &str = guide!("using-https-cloudfront-to-custom-origin");
pub(super) const HTTPS_TO_VIEWERS: &str = guide!("using-https-viewers-to-cloudfront");
pub(super) const CNAMES_AND_HTTPS: &str = guide!("cnames-and-https-requirements");
pub(super) const ORIGIN_CIPHERS: &str = guide!("secure-connections-supported-ciphers-cloudfront-to-origin");
pub(super) const ORIGIN_OVERRIDES: &str = guide!("helper-functions-origin-modification");
pub(super) const ORIGIN_REQUEST_POLICIES: &str = guide!("using-managed-origin-request-policies");
pub(super) const ORIGIN_HEADERS: &str = guide!("add-origin-custom-headers");
pub(super) const ORIGIN_MTLS: &str = guide!("origin-mtls-authentication");
pub(super) const FAILOVER: &str = guide!("high_availability_origin_failover");
pub(super) const ERROR_CACHING: &str = guide!("HTTPStatusCodes");
pub(super) const CACHE_KEY: &str = guide!("understanding-the-cache-key");
pub(super) const INVALIDATION: &str = guide!("Invalidation");
pub(super) const EXPIRATION: &str = guide!("Expiration");
pub(super) const ERROR_RESPONSES: &str = guide!("GeneratingCustomErrorResponses");
pub(super) const COMPRESSION: &str = guide!("ServingCompressedFiles");
pub(super) const EDGE_FUNCTIONS: &str = guide!("edge-functions-restrictions");
pub(super) const FUNCTION_RESTRICTIONS: &str = guide!("edge-function-restrictions-all");
pub(super) const LAMBDA_RESTRICTIONS: &str = guide!("lambda-at-edge-function-restrictions");
pub(super) const GENERATED_RESPONSES: &str = guide!("lambda-generating-http-responses-in-requests");
pub(super) const QUOTAS: &str = guide!("cloudfront-limits");
pub(super) const LOGS: &str = guide!("standard-logs-reference");
pub(super) const LOGS_V2: &str = guide!("standard-logging");
pub(super) const LOGS_REAL_TIME: &str = guide!("real-time-logs");
pub(super) const API_SSL_PROTOCOLS: &str = api!("OriginSslProtocols");
pub(super) const REPOST_502: &str = "https://repost.aws/knowledge-center/cloudfront-502-errors";

pub(super) const S2N_ALERTS: &str = s2n!("tls/s2n_alerts.c");
pub(super) const S2N_CERTIFICATE_VERIFY: &str = s2n!("tls/s2n_tls13_certificate_verify.c");
pub(super) const S2N_CIPHERS: &str = s2n!("tls/s2n_cipher_preferences.c");
pub(super) const S2N_CONNECTION: &str = s2n!("tls/s2n_connection.c");
pub(super) const S2N_SCHEMES: &str = s2n!("tls/s2n_signature_scheme.c");
pub(super) const S2N_VALIDATOR: &str = s2n!("tls/s2n_x509_validator.c");

/// A capture of CloudFront's ClientHello, July 2026.
pub(super) const CLIENT_HELLO_CAPTURE: &str = "https://github.com/openrung/openrung/pull/58";
/// A complete head of a page of 2026.
pub(super) const PAGE_2026: &str = "https://github.com/caddyserver/caddy/issues/7445";
/// A complete page of the older family, status 504.
pub(super) const PAGE_504: &str = "https://github.com/chanzuckerberg/single-cell-data-portal/issues/1250";
/// The page of a certificate with other names.
pub(super) const PAGE_NAME_MISMATCH: &str = "https://github.com/widdix/aws-cf-templates/issues/68";
/// The page of a name that does not resolve.
pub(super) const PAGE_DNS: &str = "https://github.com/aws-amplify/amplify-hosting/issues/1840";
/// A complete page of a Lambda@Edge function whose result is refused.
pub(super) const PAGE_LAMBDA: &str = "https://github.com/opennextjs/opennextjs-aws/pull/393";
/// A function that chose an origin and was sent to port 443.
pub(super) const OVERRIDE_TO_443: &str = "https://github.com/anomalyco/sst/issues/6742";
/// Headers of a request as an origin got it from CloudFront.
pub(super) const ORIGIN_REQUEST_CAPTURE: &str = "https://github.com/milliHQ/terraform-aws-next-js/issues/161";
/// A distribution created without `OriginSslProtocols`.
pub(super) const PROTOCOLS_LEFT_OUT: &str = "https://github.com/ansible/ansible/pull/19727";

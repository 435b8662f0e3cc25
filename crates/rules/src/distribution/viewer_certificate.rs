//! The certificate that viewers see. It takes no part in the connection to an origin.

use super::notice::page;
use super::read::{Place, Reader, non_empty};
use super::wire;
use crate::Grade;

const METHODS: [&str; 3] = ["sni-only", "vip", "static-ip"];
const VERSIONS: [&str; 9] = [
    "SSLv3",
    "TLSv1",
    "TLSv1_2016",
    "TLSv1.1_2016",
    "TLSv1.2_2018",
    "TLSv1.2_2019",
    "TLSv1.2_2021",
    "TLSv1.2_2025",
    "TLSv1.3_2025",
];

/// `ViewerCertificate`. Changing it never cures a failed origin connection.
///
/// Source: <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ViewerCertificate.html>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewerCertificate {
    /// `CloudFrontDefaultCertificate`: `*.cloudfront.net`. Default: true when no other certificate is named.
    pub cloudfront_default_certificate: bool,
    /// `ACMCertificateArn`.
    pub acm_certificate_arn: Option<String>,
    /// `IAMCertificateId`.
    pub iam_certificate_id: Option<String>,
    /// `SSLSupportMethod`: `sni-only`, `vip` or `static-ip`.
    pub ssl_support_method: Option<String>,
    /// `MinimumProtocolVersion`: a security policy such as `TLSv1.2_2021`.
    pub minimum_protocol_version: Option<String>,
}

impl ViewerCertificate {
    /// Words that are not known are kept, with a notice: CloudFront adds security policies, and no origin depends on them.
    pub(super) fn read(reader: &mut Reader<'_>, place: &Place, found: Option<wire::ViewerCertificate>) -> Self {
        let wire = found.unwrap_or_default();
        let acm_certificate_arn = non_empty(wire.acm_certificate_arn);
        let iam_certificate_id = non_empty(wire.iam_certificate_id);
        let own = acm_certificate_arn.is_some() || iam_certificate_id.is_some();
        let certificate = Self {
            cloudfront_default_certificate: wire.cloud_front_default_certificate.unwrap_or(!own),
            acm_certificate_arn,
            iam_certificate_id,
            ssl_support_method: non_empty(wire.ssl_support_method),
            minimum_protocol_version: non_empty(wire.minimum_protocol_version),
        };
        known(reader, &place.member("SSLSupportMethod"), certificate.ssl_support_method.as_deref(), &METHODS);
        known(
            reader,
            &place.member("MinimumProtocolVersion"),
            certificate.minimum_protocol_version.as_deref(),
            &VERSIONS,
        );
        certificate
    }
}

fn known(reader: &mut Reader<'_>, place: &Place, found: Option<&str>, words: &[&str]) {
    if let Some(word) = found.filter(|word| !words.contains(word)) {
        reader.notice(
            place,
            (Grade::Documented, page::API_VIEWER_CERTIFICATE),
            format!("{word:?} is not known; it does not matter for origins"),
            format!("known are {}", words.join(", ")),
        );
    }
}

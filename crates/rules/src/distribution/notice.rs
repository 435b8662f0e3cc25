//! Settings that are accepted but cannot work, are unknown, or surprise people.

use std::fmt;

use serde::Serialize;

use crate::Grade;

/// Something noteworthy about one setting. The value in the file is kept as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// JSON path of the setting.
    pub place: String,
    /// What is wrong or worth knowing.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
    /// How well the rule behind the notice is known.
    pub grade: Grade,
    /// Address of the page that states the rule, or of the closest one.
    pub source: &'static str,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.message, self.remedy)
    }
}

/// A rule as a notice refers to it: how well it is known and where it stands.
pub(super) type Rule = (Grade, &'static str);

macro_rules! developer_guide {
    ($page:literal) => {
        concat!("https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/", $page, ".html")
    };
}

macro_rules! api_reference {
    ($page:literal) => {
        concat!("https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_", $page, ".html")
    };
}

/// Addresses of the pages that notices refer to.
pub(super) mod page {
    pub(in super::super) const ORIGIN: &str = developer_guide!("DownloadDistValuesOrigin");
    pub(in super::super) const BEHAVIOR: &str = developer_guide!("DownloadDistValuesCacheBehavior");
    pub(in super::super) const GENERAL: &str = developer_guide!("DownloadDistValuesGeneral");
    pub(in super::super) const QUOTAS: &str = developer_guide!("cloudfront-limits");
    pub(in super::super) const CUSTOM_HEADERS: &str = developer_guide!("add-origin-custom-headers");
    pub(in super::super) const FAILOVER: &str = developer_guide!("high_availability_origin_failover");
    pub(in super::super) const ERROR_PAGES: &str = developer_guide!("GeneratingCustomErrorResponses");
    pub(in super::super) const ORIGIN_MTLS: &str = developer_guide!("origin-enable-mtls-distributions");
    pub(in super::super) const CUSTOM_ORIGIN: &str = developer_guide!("RequestAndResponseBehaviorCustomOrigin");
    pub(in super::super) const ORIGIN_REQUEST_POLICY: &str = developer_guide!("using-managed-origin-request-policies");
    pub(in super::super) const CACHE_POLICY: &str = developer_guide!("using-managed-cache-policies");
    pub(in super::super) const ROOT_OBJECT: &str = developer_guide!("DefaultRootObject");
    pub(in super::super) const API_CONFIG: &str = api_reference!("DistributionConfig");
    pub(in super::super) const API_CUSTOM_ORIGIN: &str = api_reference!("CustomOriginConfig");
    pub(in super::super) const API_ORIGIN: &str = api_reference!("Origin");
    pub(in super::super) const API_BEHAVIOR: &str = api_reference!("DefaultCacheBehavior");
    pub(in super::super) const API_VIEWER_CERTIFICATE: &str = api_reference!("ViewerCertificate");
}

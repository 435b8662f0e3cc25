//! Distribution settings with CloudFront's names, ranges and defaults.
//!
//! Everything an edge does towards viewers and origins follows from a `DistributionConfig`. It is read from what
//! `aws cloudfront get-distribution-config` or `get-distribution` print, or from the bare config, in two steps: the
//! JSON as it is, then this typed model. What nothing sensible can be done with is a [`DistributionError`]; what is
//! accepted but cannot work, is unknown, or surprises people becomes a [`Notice`] and keeps its value.
//!
//! Source: <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html>.

mod behavior;
mod behavior_reader;
mod custom_headers;
mod envelope;
mod error;
mod error_response;
mod forwarding;
pub mod limits;
mod logging;
mod notice;
mod origin;
mod origin_group;
mod origin_reader;
mod path_pattern;
mod policies;
mod read;
mod reader;
mod setting;
mod spelling;
mod ssl_protocols;
mod viewer_certificate;
mod wire;

use std::borrow::Cow;
use std::time::Duration;

use serde_json::Value;

pub use behavior::{Behavior, FunctionAssociation, PolicyReference};
pub use custom_headers::is_forbidden_custom_header;
pub use error::DistributionError;
pub use error_response::CustomErrorResponse;
pub use forwarding::{AcceptEncoding, Forwarding, KeyedBy, Selection};
pub use logging::Logging;
pub use notice::Notice;
pub use origin::{CustomOriginConfig, Origin, OriginKind};
pub use origin_group::OriginGroup;
pub use path_pattern::{PathPattern, normalize_path};
pub use policies::{CustomPolicies, ManagedPolicy, Policy, Ttl};
pub use setting::{
    EventType, HttpVersion, IpAddressType, OriginProtocolPolicy, OriginSslProtocol, SelectionCriteria,
    ViewerProtocolPolicy,
};
pub use ssl_protocols::OriginSslProtocols;
pub use viewer_certificate::ViewerCertificate;

/// A distribution. Every target of a behavior and every member of a group exists when it was read from JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// `Id`, such as `EDFDVBD6EXAMPLE`; only `get-distribution` prints it.
    pub id: Option<String>,
    /// `DomainName`, such as `d111111abcdef8.cloudfront.net`; only `get-distribution` prints it.
    pub domain_name: Option<String>,
    /// `Aliases`: the other names viewers may use.
    pub aliases: Vec<String>,
    /// `DefaultRootObject`: what is asked of the origin for the path `/`; no leading `/`. Default none.
    pub default_root_object: Option<String>,
    /// `Origins`, never empty.
    pub origins: Vec<Origin>,
    /// `OriginGroups`.
    pub origin_groups: Vec<OriginGroup>,
    /// `DefaultCacheBehavior`.
    pub default_behavior: Behavior,
    /// `CacheBehaviors`, in the order in which their patterns are tried.
    pub behaviors: Vec<Behavior>,
    /// `CustomErrorResponses`.
    pub custom_error_responses: Vec<CustomErrorResponse>,
    /// `ViewerCertificate`. Default: the one of `*.cloudfront.net`.
    pub viewer_certificate: ViewerCertificate,
    /// `Logging`. Default: off.
    pub logging: Logging,
    /// `HttpVersion` towards viewers. Default `http2`.
    pub http_version: HttpVersion,
    /// `Enabled`. Default true.
    pub enabled: bool,
}

/// A distribution with what is noteworthy about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The settings.
    pub distribution: Distribution,
    /// What cannot work, is unknown or surprises.
    pub notices: Vec<Notice>,
}

/// Where a behavior sends its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// One origin.
    Origin(&'a Origin),
    /// A group with its two origins.
    Group {
        /// When to fail over.
        group: &'a OriginGroup,
        /// Asked first.
        primary: &'a Origin,
        /// Asked when the primary fails.
        secondary: &'a Origin,
    },
}

impl<'a> Target<'a> {
    /// The origins a request can reach, in the order in which they are tried.
    pub fn origins(self) -> impl Iterator<Item = &'a Origin> {
        let (first, second) = match self {
            Self::Origin(origin) => (origin, None),
            Self::Group { primary, secondary, .. } => (primary, Some(secondary)),
        };
        std::iter::once(first).chain(second)
    }
}

impl Distribution {
    /// Reads `get-distribution-config` output, `get-distribution` output or a bare `DistributionConfig`.
    ///
    /// The content of the user's own policies is not in there; with [`Self::from_json_with`] it can be supplied.
    pub fn from_json(text: &str) -> Result<Parsed, DistributionError> {
        Self::from_json_with(text, &CustomPolicies::default())
    }

    /// [`Self::from_json`] with the content of the user's own policies.
    pub fn from_json_with(text: &str, policies: &CustomPolicies) -> Result<Parsed, DistributionError> {
        // Windows shells put a byte order mark in front.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let value = serde_json::from_str(text).map_err(|error| DistributionError::from(&error))?;
        Self::from_value(&value, policies)
    }

    /// [`Self::from_json_with`] for JSON that is parsed already.
    pub fn from_value(value: &Value, policies: &CustomPolicies) -> Result<Parsed, DistributionError> {
        reader::read(value, policies)
    }

    /// The behavior for a request path: the first whose pattern matches, else the default one. A query string is
    /// ignored.
    pub fn behavior_for(&self, path: &str) -> &Behavior {
        let path = normalize_path(path);
        let matching = self.behaviors.iter().find(|behavior| behavior.path_pattern.matches_normalized(&path));
        matching.unwrap_or(&self.default_behavior)
    }

    /// Every behavior in the order in which patterns are tried, the default one last.
    pub fn all_behaviors(&self) -> impl Iterator<Item = &Behavior> {
        self.behaviors.iter().chain(std::iter::once(&self.default_behavior))
    }

    /// The origin of this `Id`.
    pub fn origin(&self, id: &str) -> Option<&Origin> {
        self.origins.iter().find(|origin| origin.id == id)
    }

    /// The origin group of this `Id`.
    pub fn origin_group(&self, id: &str) -> Option<&OriginGroup> {
        self.origin_groups.iter().find(|group| group.id == id)
    }

    /// Where a behavior sends its requests; `None` for a behavior of another distribution.
    pub fn target(&self, behavior: &Behavior) -> Option<Target<'_>> {
        if let Some(origin) = self.origin(&behavior.target_origin_id) {
            return Some(Target::Origin(origin));
        }
        let group = self.origin_group(&behavior.target_origin_id)?;
        let (primary, secondary) = (self.origin(&group.primary)?, self.origin(&group.secondary)?);
        Some(Target::Group { group, primary, secondary })
    }

    /// The path asked of the origin, before its `OriginPath`: the default root object for `/`, else the path itself. A
    /// query string stays.
    pub fn object_path<'a>(&self, path: &'a str) -> Cow<'a, str> {
        let (bare, query) = path.split_at(path.find('?').unwrap_or(path.len()));
        match &self.default_root_object {
            Some(object) if bare == "/" => Cow::Owned(format!("/{object}{query}")),
            _ => Cow::Borrowed(path),
        }
    }

    /// The custom error response for a status.
    pub fn custom_error_response(&self, status: u16) -> Option<&CustomErrorResponse> {
        self.custom_error_responses.iter().find(|response| response.error_code == status)
    }

    /// How long an error of this status is kept at least: as set, else 10 s.
    pub fn error_caching_min_ttl(&self, status: u16) -> Duration {
        let default = CustomErrorResponse::DEFAULT_ERROR_CACHING_MIN_TTL;
        self.custom_error_response(status).map_or(default, |response| response.error_caching_min_ttl)
    }
}

//! What leads a request elsewhere than to the one origin: a second origin, paths of its own, error pages.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{DistributionSpec, ORIGIN_ID, STANDBY_ID, Scheme, State};

/// A group of the origin and the standby, to which the default behaviour sends its requests.
/// <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_OriginGroup.html>
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct OriginGroupSpec {
    /// The statuses upon which the standby is asked: of 400, 403, 404, 416, 429, 500, 502, 503, 504.
    pub status_codes: Vec<u16>,
}

/// A behaviour for some paths; what it does not say is as in the default behaviour.
/// <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CacheBehavior.html>
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct CacheBehaviorSpec {
    /// The paths, such as `/errors/*`.
    pub path_pattern: String,
    /// Where they lead.
    pub origin: OriginName,
    /// Name or id of the cache policy. Default: that of the default behaviour.
    pub cache_policy: Option<String>,
}

/// One of the lab's origins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OriginName {
    /// The one of `[origin]`.
    Origin,
    /// The one of `[standby]`.
    Standby,
}

impl State {
    /// Whether the distribution leads this state's request to the origin's plain port. What an edge function chooses is
    /// not looked at.
    pub fn asks_in_clear(&self) -> bool {
        match self.distribution.origin_protocol_policy.as_str() {
            "http-only" => true,
            "match-viewer" => self.request.scheme == Scheme::Http,
            _ => false,
        }
    }

    /// Whether an edge function answers this state's requests, so that no origin need be asked.
    pub fn answers_at_edge(&self) -> bool {
        self.function.answer()
    }
}

impl OriginName {
    const fn id(self) -> &'static str {
        match self {
            Self::Origin => ORIGIN_ID,
            Self::Standby => STANDBY_ID,
        }
    }
}

/// What viewers get in place of an error, and how long the error is kept.
/// <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CustomErrorResponse.html>
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct CustomErrorResponseSpec {
    /// The status this is about.
    pub error_code: u16,
    /// Path of the page. Default: CloudFront's own page.
    #[serde(default)]
    pub response_page_path: String,
    /// Status the viewer gets with the page; needed with it.
    pub response_code: Option<u16>,
    /// Seconds the error is kept at least. Default 10.
    #[serde(rename = "ErrorCachingMinTTL")]
    pub error_caching_min_ttl: Option<u32>,
}

impl CustomErrorResponseSpec {
    fn to_json(&self) -> Value {
        json!({
            "ErrorCode": self.error_code,
            "ResponsePagePath": self.response_page_path,
            "ResponseCode": self.response_code.map_or_else(String::new, |code| code.to_string()),
            "ErrorCachingMinTTL": self.error_caching_min_ttl.unwrap_or(10),
        })
    }
}

impl State {
    /// Whether any request of this state can lead to the standby.
    pub(crate) fn uses_standby(&self) -> bool {
        self.distribution.uses_standby()
    }
}

impl DistributionSpec {
    fn uses_standby(&self) -> bool {
        self.origin_group.is_some() || self.cache_behaviors.iter().any(|other| other.origin == OriginName::Standby)
    }

    /// `Id` of what the default behaviour asks.
    pub(super) fn target(&self) -> &'static str {
        if self.origin_group.is_some() { "group" } else { ORIGIN_ID }
    }

    /// `Origins`, given the first.
    pub(super) fn origins(&self, first: Value, standby_domain: &str) -> Value {
        if !self.uses_standby() {
            return counted([first]);
        }
        let mut standby = first.clone();
        standby["Id"] = json!(STANDBY_ID);
        standby["DomainName"] = json!(standby_domain);
        standby["OriginPath"] = json!("");
        counted([first, standby])
    }

    /// `OriginGroups`.
    pub(super) fn groups(&self) -> Value {
        let group = |group: &OriginGroupSpec| {
            json!({
                "Id": "group",
                "FailoverCriteria": { "StatusCodes": counted(group.status_codes.iter().map(|code| json!(code))) },
                "Members": counted([ORIGIN_ID, STANDBY_ID].map(|id| json!({ "OriginId": id }))),
            })
        };
        counted(self.origin_group.iter().map(group))
    }

    /// `CacheBehaviors`, given the default one.
    pub(super) fn behaviors(&self, default: &Value) -> Value {
        let behavior = |spec: &CacheBehaviorSpec| {
            let mut behavior = default.clone();
            behavior["PathPattern"] = json!(spec.path_pattern);
            behavior["TargetOriginId"] = json!(spec.origin.id());
            if let Some(policy) = &spec.cache_policy {
                behavior["CachePolicyId"] = json!(policy);
            }
            behavior
        };
        counted(self.cache_behaviors.iter().map(behavior))
    }

    /// `CustomErrorResponses`.
    pub(super) fn error_responses(&self) -> Value {
        counted(self.custom_error_responses.iter().map(CustomErrorResponseSpec::to_json))
    }
}

fn counted(items: impl IntoIterator<Item = Value>) -> Value {
    let items: Vec<Value> = items.into_iter().collect();
    json!({ "Quantity": items.len(), "Items": items })
}

#[cfg(test)]
mod tests {
    use edge502_rules::distribution::{Distribution, Target};

    use super::*;

    fn read(text: &str) -> (DistributionSpec, Distribution) {
        let spec: DistributionSpec = toml::from_str(text).unwrap();
        let parsed = Distribution::from_json(&spec.to_json().to_string()).unwrap();
        (spec, parsed.distribution)
    }

    #[test]
    fn without_any_of_it_there_is_one_origin() {
        let (spec, distribution) = read("");
        assert!(!spec.uses_standby());
        assert_eq!((distribution.origins.len(), distribution.origin_groups.len()), (1, 0));
    }

    #[test]
    fn a_group_is_asked_by_the_default_behaviour() {
        let (spec, distribution) = read("OriginGroup = { StatusCodes = [502, 503] }\nOriginPath = \"/v2\"");
        assert!(spec.uses_standby());
        let target = distribution.target(&distribution.default_behavior).unwrap();
        let Target::Group { group, primary, secondary } = target else { panic!("{target:?}") };
        assert!(group.fails_over_on_status(503) && !group.fails_over_on_status(504));
        assert_eq!((primary.origin_path.as_str(), secondary.origin_path.as_str()), ("/v2", ""));
        assert_eq!(secondary.domain_name.as_str(), super::super::STANDBY_DOMAIN);
    }

    #[test]
    fn paths_and_pages_are_read_as_cloudfront_prints_them() {
        let (_, distribution) = read(
            r#"
            CacheBehaviors = [{ PathPattern = "/errors/*", Origin = "standby", CachePolicy = "CachingOptimized" }]
            CustomErrorResponses = [
                { ErrorCode = 502, ResponsePagePath = "/errors/502.html", ResponseCode = 200, ErrorCachingMinTTL = 0 },
                { ErrorCode = 504 },
            ]
            "#,
        );
        let behavior = distribution.behavior_for("/errors/502.html");
        assert_eq!(behavior.target_origin_id, STANDBY_ID);
        assert!(behavior.caches() && !distribution.default_behavior.caches());
        let response = distribution.custom_error_response(502).unwrap();
        assert_eq!((response.response_code, response.error_caching_min_ttl.as_secs()), (Some(200), 0));
        let bare = distribution.custom_error_response(504).unwrap();
        assert_eq!((&bare.response_page_path, bare.error_caching_min_ttl.as_secs()), (&None, 10));
    }

    #[test]
    fn a_typo_is_refused() {
        let error = toml::from_str::<DistributionSpec>("OriginGroup = { StatusCode = [502] }").unwrap_err();
        assert!(error.to_string().contains("StatusCodes"), "{error}");
    }
}

//! Cache policies and origin request policies: CloudFront's managed ones, and the user's own.
//!
//! A distribution names its policies by id only. The managed ones are the same in every account; what the user's own
//! forward is not in the file and has to be supplied. Sources:
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html>,
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html>.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::{AcceptEncoding, Selection};

/// What a policy forwards, and for a cache policy how long responses are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Headers it forwards. Default none.
    pub headers: Selection,
    /// Cookies it forwards. Default none.
    pub cookies: Selection,
    /// Query strings it forwards. Default none.
    pub query_strings: Selection,
    /// `MinTTL` in seconds, of a cache policy. Default 0.
    pub min_ttl: Option<u32>,
    /// `DefaultTTL` in seconds, of a cache policy. Default 86,400.
    pub default_ttl: Option<u32>,
    /// `MaxTTL` in seconds, of a cache policy. Default 31,536,000.
    pub max_ttl: Option<u32>,
    /// `EnableAcceptEncodingGzip`, of a cache policy. Default false.
    pub gzip: bool,
    /// `EnableAcceptEncodingBrotli`, of a cache policy. Default false.
    pub brotli: bool,
}

impl Policy {
    /// How long responses are kept.
    pub fn ttl(&self) -> Ttl {
        let seconds = |found: Option<u32>, default| found.map_or(default, |found| Duration::from_secs(found.into()));
        Ttl {
            min: seconds(self.min_ttl, Ttl::DEFAULT.min),
            default: seconds(self.default_ttl, Ttl::DEFAULT.default),
            max: seconds(self.max_ttl, Ttl::DEFAULT.max),
        }
    }

    /// The compressed formats it asks for.
    pub const fn accept_encoding(&self) -> AcceptEncoding {
        AcceptEncoding { gzip: self.gzip, brotli: self.brotli }
    }
}

/// How long the edge keeps a response: the origin's wish within `min` and `max`, `default` when it has none.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ttl {
    /// `MinTTL`.
    pub min: Duration,
    /// `DefaultTTL`.
    pub default: Duration,
    /// `MaxTTL`.
    pub max: Duration,
}

impl Ttl {
    /// CloudFront's defaults: 0, one day, one year.
    pub const DEFAULT: Self =
        Self { min: Duration::ZERO, default: Duration::from_hours(24), max: Duration::from_hours(365 * 24) };
    /// Nothing is kept.
    pub const NONE: Self = Self { min: Duration::ZERO, default: Duration::ZERO, max: Duration::ZERO };
}

/// The user's own policies, by the id under which behaviors refer to them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct CustomPolicies(BTreeMap<String, Policy>);

impl CustomPolicies {
    /// Adds a policy, or replaces the one of the same id.
    pub fn with(mut self, id: impl Into<String>, policy: Policy) -> Self {
        self.0.insert(id.into(), policy);
        self
    }

    /// The policy of this id.
    pub fn policy(&self, id: &str) -> Option<&Policy> {
        self.0.get(id)
    }
}

/// A policy that CloudFront provides in every account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManagedPolicy {
    /// Its id, the same everywhere.
    pub id: &'static str,
    /// Its name, without the prefix `Managed-`.
    pub name: &'static str,
    headers: Names,
    cookies: Names,
    query_strings: Names,
    /// Minimum, default and maximum in seconds; meaningless for an origin request policy.
    ttl: [u32; 3],
    compression: Names,
}

/// A [`Selection`] that can stand in a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    None,
    All,
    Except(&'static [&'static str]),
    Only(&'static [&'static str]),
}

impl From<Names> for Selection {
    fn from(names: Names) -> Self {
        match names {
            Names::None => Self::None,
            Names::All => Self::All,
            Names::Except(names) => Self::all_except(names.iter().copied()),
            Names::Only(names) => Self::only(names.iter().copied()),
        }
    }
}

impl ManagedPolicy {
    /// The cache policy that turns caching off, for errors too.
    pub const CACHING_DISABLED: &str = "CachingDisabled";

    /// The managed origin request policy of this id or name (with or without `Managed-`).
    pub fn origin_request(id_or_name: &str) -> Option<&'static Self> {
        Self::find(&ORIGIN_REQUEST, id_or_name)
    }

    /// The managed cache policy of this id or name (with or without `Managed-`).
    pub fn cache(id_or_name: &str) -> Option<&'static Self> {
        Self::find(&CACHE, id_or_name)
    }

    fn find(table: &'static [Self], id_or_name: &str) -> Option<&'static Self> {
        let name = id_or_name.strip_prefix("Managed-").unwrap_or(id_or_name);
        table.iter().find(|policy| policy.name == name || policy.id.eq_ignore_ascii_case(id_or_name))
    }

    /// What it forwards and how long responses are kept.
    pub fn policy(&self) -> Policy {
        let [min, default, max] = self.ttl.map(Some);
        let compression = Selection::from(self.compression);
        Policy {
            headers: self.headers.into(),
            cookies: self.cookies.into(),
            query_strings: self.query_strings.into(),
            min_ttl: min,
            default_ttl: default,
            max_ttl: max,
            gzip: compression.includes("gzip"),
            brotli: compression.includes("br"),
        }
    }
}

const fn origin_request(
    name: &'static str,
    id: &'static str,
    headers: Names,
    cookies: Names,
    query_strings: Names,
) -> ManagedPolicy {
    ManagedPolicy { id, name, headers, cookies, query_strings, ttl: [0; 3], compression: Names::None }
}

const fn cache(
    name: &'static str,
    id: &'static str,
    headers: Names,
    cookies: Names,
    query_strings: Names,
    ttl: [u32; 3],
    compression: Names,
) -> ManagedPolicy {
    ManagedPolicy { id, name, headers, cookies, query_strings, ttl, compression }
}

use Names::{All, Except, None as Nothing, Only};

#[rustfmt::skip]
const ORIGIN_REQUEST: [ManagedPolicy; 8] = [
    origin_request("AllViewer", "216adef6-5c7f-47e4-b989-5492eafa07d3", All, All, All),
    // It also adds headers such as CloudFront-Viewer-Country, which the edge makes itself.
    origin_request("AllViewerAndCloudFrontHeaders-2022-06", "33f36d7e-f396-46d9-90e0-52428a34d9dc", All, All, All),
    origin_request("AllViewerExceptHostHeader", "b689b0a8-53d0-40ab-baf2-68738e2966ac", Except(&["host"]), All, All),
    origin_request("CORS-CustomOrigin", "59781a5b-3903-41f3-afcb-af62929ccde1", Only(&["origin"]), Nothing, Nothing),
    origin_request("CORS-S3Origin", "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf", Only(CORS), Nothing, Nothing),
    origin_request("Elemental-MediaTailor-PersonalizedManifests", "775133bc-15f2-49f9-abea-afb2e0bf67d2",
        Only(&["origin", "access-control-request-headers", "access-control-request-method", "user-agent", "x-forwarded-for"]),
        Nothing, All),
    origin_request("HostHeaderOnly", "bf0718e1-ba1e-49d1-88b1-f726733018ae", Only(&["host"]), Nothing, Nothing),
    origin_request("UserAgentRefererHeaders", "acba4595-bd28-49b8-b9fe-13317c0390fa",
        Only(&["user-agent", "referer"]), Nothing, Nothing),
];

#[rustfmt::skip]
const CACHE: [ManagedPolicy; 7] = [
    cache("CachingOptimized", "658327ea-f89d-4fab-a63d-7e88639e58f6", Nothing, Nothing, Nothing, [1, 86_400, YEAR], All),
    cache("CachingOptimizedForUncompressedObjects", "b2884449-e4de-46a7-ac36-70bc7f1ddd6d",
        Nothing, Nothing, Nothing, [1, 86_400, YEAR], Nothing),
    cache(ManagedPolicy::CACHING_DISABLED, "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        Nothing, Nothing, Nothing, [0, 0, 0], Nothing),
    cache("UseOriginCacheControlHeaders", "83da9c7e-98b4-4e11-a168-04f0df8e2c65",
        Only(ORIGIN_CONTROLLED), All, Nothing, [0, 0, YEAR], All),
    cache("UseOriginCacheControlHeaders-QueryStrings", "4cc15a8a-d715-48a4-82b8-cc0b614638fe",
        Only(ORIGIN_CONTROLLED), All, All, [0, 0, YEAR], All),
    cache("Amplify", "2e54312d-136d-493c-8eb9-b001f22f67d2",
        Only(&["authorization", "cloudfront-viewer-country", "host"]), All, All, [2, 2, 600], All),
    cache("Elemental-MediaPackage", "08627262-05a9-4f76-9ded-b50ca2e3a84f",
        Only(&["origin"]), Nothing, Only(&["aws.manifestfilter", "end", "m", "start"]), [0, 86_400, YEAR], Only(&["gzip"])),
];

const YEAR: u32 = 31_536_000;
const CORS: &[&str] = &["origin", "access-control-request-headers", "access-control-request-method"];
const ORIGIN_CONTROLLED: &[&str] = &["host", "origin", "x-http-method", "x-http-method-override", "x-method-override"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn managed_policies_forward_what_their_page_says() {
        let cases = [
            ("AllViewer", true, true, true, true),
            ("AllViewerAndCloudFrontHeaders-2022-06", true, true, true, true),
            ("AllViewerExceptHostHeader", false, true, true, true),
            ("HostHeaderOnly", true, false, false, false),
            ("CORS-CustomOrigin", false, true, false, false),
            ("CORS-S3Origin", false, true, false, false),
            ("Elemental-MediaTailor-PersonalizedManifests", false, true, false, true),
            ("UserAgentRefererHeaders", false, false, false, false),
        ];
        for (name, host, origin, cookies, query) in cases {
            let policy = ManagedPolicy::origin_request(name).unwrap().policy();
            let found = (
                policy.headers.includes("host"),
                policy.headers.includes("origin"),
                !policy.cookies.is_none(),
                !policy.query_strings.is_none(),
            );
            assert_eq!(found, (host, origin, cookies, query), "{name}");
        }
    }

    #[test]
    fn some_cache_policies_forward_host() {
        let forwarding: Vec<&str> = CACHE
            .iter()
            .filter(|managed| managed.policy().headers.includes("host"))
            .map(|managed| managed.name)
            .collect();
        assert_eq!(
            forwarding,
            ["UseOriginCacheControlHeaders", "UseOriginCacheControlHeaders-QueryStrings", "Amplify"]
        );
    }

    #[test]
    fn managed_policies_are_found_by_id_and_by_both_names() {
        for reference in ["AllViewer", "Managed-AllViewer", "216ADEF6-5C7F-47E4-B989-5492EAFA07D3"] {
            assert_eq!(ManagedPolicy::origin_request(reference).map(|policy| policy.name), Some("AllViewer"));
        }
        assert_eq!(ManagedPolicy::cache("AllViewer"), None);
        assert_eq!(ManagedPolicy::cache("658327ea-f89d-4fab-a63d-7e88639e58f6").unwrap().name, "CachingOptimized");
    }

    #[test]
    fn ids_and_names_are_unique() {
        let all: Vec<&ManagedPolicy> = ORIGIN_REQUEST.iter().chain(&CACHE).collect();
        for (index, a) in all.iter().enumerate() {
            assert!(all[index + 1..].iter().all(|b| a.id != b.id && a.name != b.name), "{}", a.name);
        }
    }

    #[test]
    fn custom_policies_are_read_from_json() {
        let text = r#"{"mine": {"headers": ["Host"], "cookies": "all", "max_ttl": 0, "default_ttl": 0}}"#;
        let policies: CustomPolicies = serde_json::from_str(text).unwrap();
        let policy = policies.policy("mine").unwrap();
        assert_eq!(policy.cookies, Selection::All);
        assert_eq!(policy.ttl(), Ttl::NONE);
        assert!(serde_json::from_str::<CustomPolicies>(r#"{"mine": {"header": []}}"#).is_err());
    }
}

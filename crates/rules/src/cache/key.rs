//! Who shares a copy: the cache key.

use crate::distribution::Behavior;

/// What makes two requests the same to the cache.
///
/// Path, and of query string, headers and cookies what the cache policy names (with legacy `ForwardedValues`: what is
/// forwarded). `Host` takes part only if the policy names it; the scheme, the origin and what an origin request policy
/// adds never do; GET and HEAD share, OPTIONS has its own
/// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-the-cache-key.html>).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CacheKey {
    target: String,
    /// The method if it is neither GET nor HEAD, then headers and cookies; each on a line of its own.
    variant: String,
}

/// A viewer's request, as far as the key needs it.
#[derive(Debug, Clone, Copy)]
pub struct KeyRequest<'a> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The path after `DefaultRootObject` was applied.
    pub path: &'a str,
    /// The query string.
    pub query: Option<&'a str>,
    /// The `Host` the request counts as having.
    pub host: &'a str,
    /// `Accept-Encoding` as the cache policy brings it down, if it asks for formats.
    pub accept_encoding: Option<&'static str>,
    /// The other headers: names in lower case, in the order of the request.
    pub headers: &'a [(&'a str, &'a str)],
}

impl CacheKey {
    /// The key of `request` under `behavior`.
    pub fn new(request: KeyRequest<'_>, behavior: &Behavior) -> Self {
        let mut variant = String::new();
        let mut line = |name: &str, value: &str| {
            variant.extend([name, ":", value, "\n"]);
        };
        if !matches!(request.method, "GET" | "HEAD") {
            line("", request.method);
        }
        let key = &behavior.cache_key;
        if key.headers.includes("host") {
            line("host", &request.host.to_ascii_lowercase());
        }
        if let Some(encoding) = request.accept_encoding {
            line("accept-encoding", encoding);
        }
        let mut headers: Vec<_> =
            request.headers.iter().filter(|(name, _)| is_plain(name) && key.headers.includes(name)).collect();
        // Stable, so that values of one name keep their order.
        headers.sort_by_key(|(name, _)| *name);
        for (name, value) in headers {
            line(name, value);
        }
        let cookies = request.headers.iter().filter(|(name, _)| *name == "cookie");
        for cookie in cookies.flat_map(|(_, value)| value.split(';')).map(str::trim) {
            if key.cookies.includes(name_of(cookie)) {
                line("cookie", cookie);
            }
        }
        Self { target: target(request, behavior), variant }
    }

    /// Path and, as far as it takes part, query string.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Bytes it occupies.
    pub fn size(&self) -> usize {
        self.target.len() + self.variant.len()
    }

    #[cfg(test)]
    pub(super) fn for_target(target: &str) -> Self {
        Self { target: target.to_owned(), variant: String::new() }
    }
}

/// Headers that the key has a rule of its own for.
fn is_plain(name: &str) -> bool {
    !matches!(name, "host" | "cookie" | "accept-encoding")
}

fn name_of(pair: &str) -> &str {
    pair.split('=').next().unwrap_or_default()
}

fn target(request: KeyRequest<'_>, behavior: &Behavior) -> String {
    let mut target = request.path.to_owned();
    let pairs = request.query.into_iter().flat_map(|query| query.split('&'));
    let mut separator = '?';
    for pair in pairs.filter(|pair| behavior.cache_key.query_strings.includes(name_of(pair))) {
        target.push(separator);
        target.push_str(pair);
        separator = '&';
    }
    target
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::{Distribution, Policy, Selection};

    const REQUEST: KeyRequest<'_> = KeyRequest {
        method: "GET",
        path: "/a",
        query: Some("x=1&y=2"),
        host: "WWW.shop.test",
        accept_encoding: None,
        headers: &[("user-agent", "curl"), ("cookie", "b=2; a=1"), ("origin", "https://x.test")],
    };

    fn behavior(cache: Policy, origin_request: &str) -> Behavior {
        let policies = crate::distribution::CustomPolicies::default().with("mine", cache);
        let json = format!(
            r#"{{ "CallerReference": "t", "Comment": "", "Enabled": true,
                "Origins": {{ "Quantity": 1, "Items": [{{ "Id": "o", "DomainName": "o.test",
                    "CustomOriginConfig": {{ "HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only",
                        "OriginSslProtocols": {{ "Quantity": 1, "Items": ["TLSv1.2"] }} }} }}] }},
                "DefaultCacheBehavior": {{ "TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all",
                    "CachePolicyId": "mine", "OriginRequestPolicyId": "{origin_request}" }} }}"#
        );
        Distribution::from_json_with(&json, &policies).unwrap().distribution.default_behavior
    }

    fn policy(headers: &[&str], cookies: Selection, query_strings: Selection) -> Policy {
        Policy { headers: Selection::only(headers.iter().copied()), cookies, query_strings, ..Policy::default() }
    }

    #[test]
    fn what_only_the_origin_request_policy_names_takes_no_part() {
        let behavior = behavior(Policy::default(), "AllViewer");
        assert!(behavior.forwards_host() && behavior.forwards_cookies() && behavior.forwards_query());
        let key = CacheKey::new(REQUEST, &behavior);
        let other = KeyRequest { query: None, host: "other.test", headers: &[], ..REQUEST };
        assert_eq!(key, CacheKey::new(other, &behavior));
        assert_eq!(key.target(), "/a");
    }

    #[test]
    fn what_the_cache_policy_names_takes_part() {
        let named = policy(&["Host", "Origin"], Selection::only(["a"]), Selection::only(["y"]));
        let behavior = behavior(named, "");
        let key = |request| CacheKey::new(request, &behavior);
        assert_eq!(key(REQUEST).target(), "/a?y=2");
        let same = KeyRequest {
            query: Some("y=2&z=3"),
            host: "www.SHOP.test",
            headers: &[("origin", "https://x.test"), ("cookie", "a=1"), ("cookie", "c=3")],
            ..REQUEST
        };
        assert_eq!(key(REQUEST), key(same));
        for different in [
            KeyRequest { path: "/A", ..REQUEST },
            KeyRequest { query: Some("y=3"), ..REQUEST },
            KeyRequest { host: "shop.test", ..REQUEST },
            KeyRequest { headers: &[("cookie", "a=2"), ("origin", "https://x.test")], ..REQUEST },
            KeyRequest { headers: &[("cookie", "a=1")], ..REQUEST },
            KeyRequest { accept_encoding: Some("gzip"), ..REQUEST },
            KeyRequest { method: "OPTIONS", ..REQUEST },
        ] {
            assert_ne!(key(REQUEST), key(different), "{different:?}");
        }
    }

    #[test]
    fn get_and_head_share() {
        let behavior = behavior(Policy::default(), "");
        let head = KeyRequest { method: "HEAD", ..REQUEST };
        assert_eq!(CacheKey::new(REQUEST, &behavior), CacheKey::new(head, &behavior));
    }
}

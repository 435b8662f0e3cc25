//! Reading and checking one cache behavior.

use std::time::Duration;

use super::notice::{Rule, page};
use super::policies::{ManagedPolicy, Policy, Ttl};
use super::read::{Number, Place, Reader, non_empty, text, word};
use super::{
    Behavior, DistributionError, EventType, Forwarding, FunctionAssociation, KeyedBy, PathPattern, PolicyReference,
    Selection, limits, wire,
};
use crate::Grade;

const RULE: Rule = (Grade::Documented, page::BEHAVIOR);
const API: Rule = (Grade::Documented, page::API_BEHAVIOR);

/// The three sets of `AllowedMethods` that CloudFront takes.
const METHOD_SETS: [&[&str]; 3] =
    [&["GET", "HEAD"], &["GET", "HEAD", "OPTIONS"], &["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]];

impl Behavior {
    pub(super) fn read(
        reader: &mut Reader<'_>,
        place: &Place,
        path_pattern: PathPattern,
        wire: wire::CacheBehavior,
    ) -> Result<Self, DistributionError> {
        let at = |name: &str| place.member(name);
        let target = text(&at("TargetOriginId"), wire.target_origin_id, "write the Id of an origin or origin group")?;
        let viewer_protocol_policy = text(
            &at("ViewerProtocolPolicy"),
            wire.viewer_protocol_policy,
            "it has no default: write allow-all, https-only or redirect-to-https",
        )?;
        let (allowed_methods, cached_methods) = methods(reader, &at("AllowedMethods"), wire.allowed_methods);
        let mut functions = Vec::new();
        read_functions(
            reader,
            &at("LambdaFunctionAssociations"),
            wire.lambda_function_associations,
            true,
            &mut functions,
        )?;
        read_functions(reader, &at("FunctionAssociations"), wire.function_associations, false, &mut functions)?;
        let references = PolicyIds {
            cache: non_empty(wire.cache_policy_id),
            origin_request: non_empty(wire.origin_request_policy_id),
        };
        let legacy = Legacy { values: wire.forwarded_values, ttl: [wire.min_ttl, wire.default_ttl, wire.max_ttl] };
        let (forwarding, cache_key, ttl) = forwarding(reader, place, &references, legacy)?;
        Ok(Self {
            path_pattern,
            target_origin_id: target,
            viewer_protocol_policy: word(&at("ViewerProtocolPolicy"), &viewer_protocol_policy)?,
            allowed_methods,
            cached_methods,
            cache_policy: references.cache.map(|id| reference(id, ManagedPolicy::cache)),
            origin_request_policy: references.origin_request.map(|id| reference(id, ManagedPolicy::origin_request)),
            response_headers_policy_id: non_empty(wire.response_headers_policy_id),
            forwarding,
            cache_key,
            ttl,
            compress: wire.compress.unwrap_or(false),
            grpc: wire.grpc_config.and_then(|grpc| grpc.enabled).unwrap_or(false),
            functions,
        })
    }
}

/// Reads the `PathPattern` of a behavior that is not the default one.
pub(super) fn path_pattern(
    reader: &mut Reader<'_>,
    place: &Place,
    found: Option<String>,
) -> Result<PathPattern, DistributionError> {
    let pattern = text(place, found, "write the pattern of the paths this behavior is for, such as /api/*")?;
    if pattern.chars().count() > limits::PATH_PATTERN {
        let message = format!("longer than {} characters", limits::PATH_PATTERN);
        reader.notice(place, RULE, message, "shorten it with * or ?");
    }
    Ok(PathPattern::Pattern(pattern))
}

fn methods(reader: &mut Reader<'_>, place: &Place, found: Option<wire::AllowedMethods>) -> (Vec<String>, Vec<String>) {
    let wire::AllowedMethods { quantity, items, cached_methods } = found.unwrap_or_default();
    let allowed = wire::List { quantity, items };
    let allowed = method_list(reader, place, Some(allowed));
    let cached = method_list(reader, &place.member("CachedMethods"), cached_methods);
    let is_known = METHOD_SETS.iter().any(|set| {
        set.len() == allowed.len() && set.iter().all(|method| allowed.iter().any(|allowed| allowed == method))
    });
    if !is_known {
        let message = format!("{} is not a set CloudFront takes", allowed.join(", "));
        let remedy = "write GET and HEAD; or GET, HEAD and OPTIONS; or all seven methods";
        reader.notice(&place.member("Items"), RULE, message, remedy);
    }
    (allowed, cached)
}

fn method_list(reader: &mut Reader<'_>, place: &Place, list: Option<wire::List<String>>) -> Vec<String> {
    let methods: Vec<String> =
        reader.items(place, list).into_iter().map(|(_, method)| method.to_ascii_uppercase()).collect();
    if methods.is_empty() { vec!["GET".to_owned(), "HEAD".to_owned()] } else { methods }
}

fn read_functions(
    reader: &mut Reader<'_>,
    place: &Place,
    list: Option<wire::List<wire::FunctionAssociation>>,
    is_lambda: bool,
    functions: &mut Vec<FunctionAssociation>,
) -> Result<(), DistributionError> {
    for (place, found) in reader.items(place, list) {
        let event_place = place.member("EventType");
        let event = text(&event_place, found.event_type, "write when the function runs, such as viewer-request")?;
        let event_type: EventType = word(&event_place, &event)?;
        let arn_place = place.member(if is_lambda { "LambdaFunctionARN" } else { "FunctionARN" });
        let arn = text(&arn_place, found.arn, "write the ARN of the function")?;
        if !is_lambda && matches!(event_type, EventType::OriginRequest | EventType::OriginResponse) {
            let message = format!("a CloudFront Function cannot run at {event_type}");
            reader.notice(&event_place, API, message, "use Lambda@Edge, or a viewer event");
        }
        functions.push(FunctionAssociation {
            event_type,
            arn,
            is_lambda,
            include_body: found.include_body.unwrap_or(false),
        });
    }
    Ok(())
}

fn reference(id: String, managed: fn(&str) -> Option<&'static ManagedPolicy>) -> PolicyReference {
    PolicyReference { managed_name: managed(&id).map(|policy| policy.name), id }
}

struct PolicyIds {
    cache: Option<String>,
    origin_request: Option<String>,
}

/// What behaviors used before there were policies.
struct Legacy {
    values: Option<wire::ForwardedValues>,
    ttl: [Option<i64>; 3],
}

/// Both policies, or `ForwardedValues`, taken together: the origin gets what either of them forwards.
fn forwarding(
    reader: &mut Reader<'_>,
    place: &Place,
    ids: &PolicyIds,
    legacy: Legacy,
) -> Result<(Forwarding, KeyedBy, Ttl), DistributionError> {
    let Some(cache_id) = &ids.cache else {
        let (mut forwarding, ttl) = legacy_forwarding(reader, place, legacy)?;
        let cache_key = KeyedBy::from(&forwarding);
        if let Some(id) = &ids.origin_request {
            let place = place.member("OriginRequestPolicyId");
            let message = "an origin request policy needs a cache policy; CloudFront refuses it alone";
            reader.notice(&place, API, message, "set CachePolicyId, for example to CachingDisabled");
            add(&mut forwarding, origin_request_policy(reader, &place, id));
        }
        return Ok((forwarding, cache_key, ttl));
    };
    if legacy.values.is_some() {
        let message =
            "ForwardedValues stands beside CachePolicyId; CloudFront refuses both, and the policy is used here";
        reader.notice(&place.member("ForwardedValues"), API, message, "remove ForwardedValues");
    }
    let cache = cache_policy(reader, &place.member("CachePolicyId"), cache_id);
    let ttl = cache.ttl();
    let cache_forwards_host = cache.headers.clone().lowercase().includes("host");
    let mut forwarding = Forwarding { accept_encoding: cache.accept_encoding(), ..Forwarding::default() };
    add(&mut forwarding, cache);
    let cache_key = KeyedBy::from(&forwarding);
    if let Some(id) = &ids.origin_request {
        let place = place.member("OriginRequestPolicyId");
        let policy = origin_request_policy(reader, &place, id);
        if cache_forwards_host && matches!(policy.headers, Selection::AllExcept(_)) {
            host_comes_back(reader, &place);
        }
        add(&mut forwarding, policy);
    }
    Ok((forwarding, cache_key, ttl))
}

fn add(forwarding: &mut Forwarding, policy: Policy) {
    let merge = |into: &mut Selection, more: Selection| *into = std::mem::take(into).union(more);
    merge(&mut forwarding.headers, policy.headers.lowercase());
    merge(&mut forwarding.cookies, policy.cookies);
    merge(&mut forwarding.query_strings, policy.query_strings);
}

fn cache_policy(reader: &mut Reader<'_>, place: &Place, id: &str) -> Policy {
    let managed = ManagedPolicy::cache(id).map(ManagedPolicy::policy);
    managed.or_else(|| reader.policies.policy(id).cloned()).unwrap_or_else(|| {
        unknown_policy(reader, place, (Grade::Inferred, page::CACHE_POLICY), id, "get-cache-policy");
        Policy::default()
    })
}

fn origin_request_policy(reader: &mut Reader<'_>, place: &Place, id: &str) -> Policy {
    let managed = ManagedPolicy::origin_request(id).map(ManagedPolicy::policy);
    managed.or_else(|| reader.policies.policy(id).cloned()).unwrap_or_else(|| {
        unknown_policy(reader, place, (Grade::Inferred, page::ORIGIN_REQUEST_POLICY), id, "get-origin-request-policy");
        Policy::default()
    })
}

fn unknown_policy(reader: &mut Reader<'_>, place: &Place, rule: Rule, id: &str, command: &str) {
    reader.notice(
        place,
        rule,
        format!("{id} is not a managed policy and its content is not in this file; Host is taken as not forwarded"),
        format!(
            "run `aws cloudfront {command} --id {id}`; if it lists Host, SNI and certificate check follow the viewer"
        ),
    );
}

/// Nothing AWS writes says which policy wins; all values of a cache policy are documented to reach the origin.
fn host_comes_back(reader: &mut Reader<'_>, place: &Place) {
    reader.notice(
        place,
        (Grade::Inferred, page::CACHE_POLICY),
        "the policy leaves Host out, but the cache policy has it in the cache key; Host is taken as forwarded",
        "use a cache policy without Host, such as CachingOptimized or CachingDisabled",
    );
}

fn legacy_forwarding(
    reader: &mut Reader<'_>,
    place: &Place,
    legacy: Legacy,
) -> Result<(Forwarding, Ttl), DistributionError> {
    let Some(values) = legacy.values else {
        let message = "neither a cache policy nor ForwardedValues; nothing is forwarded";
        reader.notice(
            &place.member("CachePolicyId"),
            API,
            message,
            "set CachePolicyId, for example to CachingOptimized",
        );
        return Ok((Forwarding::default(), legacy_ttl(reader, place, legacy.ttl)?));
    };
    let place_of_values = place.member("ForwardedValues");
    let headers = legacy_headers(reader, &place_of_values.member("Headers"), values.headers);
    let all_headers = headers == Selection::All;
    let ttl = legacy_ttl(reader, place, legacy.ttl)?;
    let forwarding = Forwarding {
        headers,
        cookies: legacy_cookies(reader, &place_of_values.member("Cookies"), values.cookies)?,
        query_strings: if values.query_string == Some(true) { Selection::All } else { Selection::None },
        ..Forwarding::default()
    };
    Ok((forwarding, if all_headers { Ttl::NONE } else { ttl }))
}

fn legacy_headers(reader: &mut Reader<'_>, place: &Place, list: Option<wire::List<String>>) -> Selection {
    let names: Vec<String> = reader.items(place, list).into_iter().map(|(_, name)| name).collect();
    reader.quota(place, names.len(), limits::FORWARDED_HEADERS, "forwarded headers");
    if names.iter().any(|name| name == "*") {
        return Selection::All;
    }
    Selection::only(names.iter().map(String::as_str)).lowercase()
}

fn legacy_cookies(
    reader: &mut Reader<'_>,
    place: &Place,
    found: Option<wire::Cookies>,
) -> Result<Selection, DistributionError> {
    let Some(wire::Cookies { forward, whitelisted_names }) = found else { return Ok(Selection::None) };
    let names: Vec<String> =
        reader.items(&place.member("WhitelistedNames"), whitelisted_names).into_iter().map(|(_, name)| name).collect();
    match forward.as_deref() {
        None | Some("" | "none") => Ok(Selection::None),
        Some("all") => Ok(Selection::All),
        Some("whitelist") => Ok(Selection::only(names.iter().map(String::as_str))),
        Some(other) => Err(DistributionError::value(
            &place.member("Forward"),
            format!("{other:?}"),
            "none, whitelist, all",
            "write one of these words",
        )),
    }
}

fn legacy_ttl(reader: &mut Reader<'_>, place: &Place, found: [Option<i64>; 3]) -> Result<Ttl, DistributionError> {
    let mut seconds = |name: &str, found, default: Duration| {
        let longest = limits::TTL_SECONDS.cast_signed();
        let rule = Number {
            default: default.as_secs().cast_signed(),
            usable: 0..=longest,
            documented: 0..=longest,
            unit: "seconds",
            rule: RULE,
            remedy: "write a number of seconds",
        };
        reader.seconds(&place.member(name), found, &rule)
    };
    let [min, default, max] = found;
    Ok(Ttl {
        min: seconds("MinTTL", min, Ttl::DEFAULT.min)?,
        default: seconds("DefaultTTL", default, Ttl::DEFAULT.default)?,
        max: seconds("MaxTTL", max, Ttl::DEFAULT.max)?,
    })
}

//! Reading a whole distribution, and the checks that take more than one setting.

use serde_json::Value;

use super::behavior_reader::path_pattern;
use super::envelope::Envelope;
use super::notice::{Rule, page};
use super::read::{Place, Reader, non_empty, word};
use super::{
    Behavior, CustomErrorResponse, CustomPolicies, Distribution, DistributionError, HttpVersion, Logging, Origin,
    OriginGroup, OriginKind, OriginProtocolPolicy, Parsed, PathPattern, ViewerCertificate, ViewerProtocolPolicy,
    limits, spelling, wire,
};
use crate::Grade;

const API: Rule = (Grade::Documented, page::API_CONFIG);

/// Reads the distribution in `document`, whatever stands around it.
pub(super) fn read(document: &Value, policies: &CustomPolicies) -> Result<Parsed, DistributionError> {
    let envelope = Envelope::open(document)?;
    let mut reader = Reader { policies, notices: Vec::new() };
    spelling::check(&mut reader, &envelope.place, envelope.config);
    let mut distribution = config(&mut reader, &envelope.place, envelope.decode()?)?;
    (distribution.id, distribution.domain_name) = (envelope.id, envelope.domain_name);
    Ok(Parsed { distribution, notices: reader.notices })
}

fn config(
    reader: &mut Reader<'_>,
    place: &Place,
    wire: wire::DistributionConfig,
) -> Result<Distribution, DistributionError> {
    let at = |name: &str| place.member(name);
    let aliases = reader.items(&at("Aliases"), wire.aliases).into_iter().map(|(_, alias)| alias).collect();
    let default_root_object = root_object(reader, &at("DefaultRootObject"), non_empty(wire.default_root_object));
    let origins = origins(reader, &at("Origins"), wire.origins)?;
    let origin_groups = origin_groups(reader, &at("OriginGroups"), wire.origin_groups)?;
    let behaviors = behaviors(reader, &at("CacheBehaviors"), wire.cache_behaviors)?;
    let default_place = at("DefaultCacheBehavior");
    let default_behavior = wire.default_cache_behavior.ok_or_else(|| {
        DistributionError::missing(&default_place, "write the behavior for requests that no other is for")
    })?;
    let default_behavior = Behavior::read(reader, &default_place, PathPattern::Default, default_behavior)?;
    let mut custom_error_responses = Vec::new();
    for (place, response) in reader.items(&at("CustomErrorResponses"), wire.custom_error_responses) {
        custom_error_responses.push(CustomErrorResponse::read(reader, &place, response)?);
    }
    let distribution = Distribution {
        id: None,
        domain_name: None,
        aliases,
        default_root_object,
        origins,
        origin_groups,
        default_behavior,
        behaviors,
        custom_error_responses,
        viewer_certificate: ViewerCertificate::read(reader, &at("ViewerCertificate"), wire.viewer_certificate),
        logging: Logging::read(wire.logging),
        http_version: http_version(&at("HttpVersion"), non_empty(wire.http_version))?,
        enabled: wire.enabled.unwrap_or(true),
    };
    check_references(place, &distribution)?;
    check_together(reader, place, &distribution, non_empty(wire.continuous_deployment_policy_id).is_some());
    Ok(distribution)
}

fn root_object(reader: &mut Reader<'_>, place: &Place, found: Option<String>) -> Option<String> {
    if let Some(object) = found.as_deref().filter(|object| object.starts_with('/')) {
        let remedy = format!("write {:?}", object.trim_start_matches('/'));
        reader.notice(place, (Grade::Documented, page::ROOT_OBJECT), format!("{object:?} begins with /"), remedy);
    }
    found
}

fn http_version(place: &Place, found: Option<String>) -> Result<HttpVersion, DistributionError> {
    // The console and older tools write it in capitals.
    found.map_or(Ok(HttpVersion::Http2), |version| word(place, &version.to_ascii_lowercase()))
}

fn origins(
    reader: &mut Reader<'_>,
    place: &Place,
    list: Option<wire::List<wire::Origin>>,
) -> Result<Vec<Origin>, DistributionError> {
    let mut origins = Vec::new();
    for (place, origin) in reader.items(place, list) {
        origins.push(Origin::read(reader, &place, origin)?);
    }
    reader.quota(place, origins.len(), limits::ORIGINS, "origins");
    if origins.is_empty() {
        return Err(DistributionError::missing(&place.member("Items"), "a distribution has at least one origin"));
    }
    Ok(origins)
}

fn origin_groups(
    reader: &mut Reader<'_>,
    place: &Place,
    list: Option<wire::List<wire::OriginGroup>>,
) -> Result<Vec<OriginGroup>, DistributionError> {
    let mut groups = Vec::new();
    for (place, group) in reader.items(place, list) {
        groups.push(OriginGroup::read(reader, &place, group)?);
    }
    reader.quota(place, groups.len(), limits::ORIGIN_GROUPS, "origin groups");
    Ok(groups)
}

fn behaviors(
    reader: &mut Reader<'_>,
    place: &Place,
    list: Option<wire::List<wire::CacheBehavior>>,
) -> Result<Vec<Behavior>, DistributionError> {
    let mut behaviors: Vec<Behavior> = Vec::new();
    for (place, mut behavior) in reader.items(place, list) {
        let pattern_place = place.member("PathPattern");
        let pattern = path_pattern(reader, &pattern_place, behavior.path_pattern.take())?;
        if let Some(earlier) = behaviors.iter().find(|earlier| hides(&earlier.path_pattern, &pattern)) {
            let message =
                format!("{pattern} is never reached: the earlier pattern {} takes its paths", earlier.path_pattern);
            let rule = (Grade::Documented, page::BEHAVIOR);
            reader.notice(&pattern_place, rule, message, "put the narrower pattern first");
        }
        behaviors.push(Behavior::read(reader, &place, pattern, behavior)?);
    }
    reader.quota(place, behaviors.len(), limits::BEHAVIORS, "cache behaviors");
    Ok(behaviors)
}

/// Whether a pattern leaves nothing for a later one, in the cases that are plain to see.
fn hides(earlier: &PathPattern, later: &PathPattern) -> bool {
    fn bare(pattern: &PathPattern) -> &str {
        pattern.as_str().trim_start_matches('/')
    }
    bare(earlier) == "*" || bare(earlier) == bare(later)
}

/// The `Id`s are unique, and what refers to one finds it.
fn check_references(place: &Place, distribution: &Distribution) -> Result<(), DistributionError> {
    let item = |list: &str, index: usize| place.member(list).member("Items").item(index);
    let mut taken: Vec<&str> = Vec::new();
    let origins = distribution.origins.iter().enumerate().map(|(index, origin)| ("Origins", index, &origin.id));
    let groups = distribution.origin_groups.iter().enumerate().map(|(index, group)| ("OriginGroups", index, &group.id));
    for (list, index, id) in origins.chain(groups) {
        if taken.contains(&id.as_str()) {
            return Err(DistributionError::DuplicateId {
                place: item(list, index).member("Id").to_string(),
                id: id.clone(),
            });
        }
        taken.push(id);
    }
    for (index, group) in distribution.origin_groups.iter().enumerate() {
        let members = item("OriginGroups", index).member("Members").member("Items");
        for (member, id) in [&group.primary, &group.secondary].into_iter().enumerate() {
            refers_to_one_of(&members.item(member).member("OriginId"), id, &taken[..distribution.origins.len()])?;
        }
    }
    for (index, behavior) in distribution.behaviors.iter().enumerate() {
        let place = item("CacheBehaviors", index).member("TargetOriginId");
        refers_to_one_of(&place, &behavior.target_origin_id, &taken)?;
    }
    let place = place.member("DefaultCacheBehavior").member("TargetOriginId");
    refers_to_one_of(&place, &distribution.default_behavior.target_origin_id, &taken)
}

fn refers_to_one_of(place: &Place, found: &str, known: &[&str]) -> Result<(), DistributionError> {
    if known.contains(&found) {
        return Ok(());
    }
    Err(DistributionError::UnknownOrigin {
        place: place.to_string(),
        found: found.to_owned(),
        known: known.iter().map(ToString::to_string).collect(),
    })
}

/// What can only be seen with the whole distribution at hand.
fn check_together(reader: &mut Reader<'_>, place: &Place, distribution: &Distribution, continuous_deployment: bool) {
    if !distribution.enabled {
        let rule = (Grade::Documented, page::GENERAL);
        reader.notice(
            &place.member("Enabled"),
            rule,
            "the distribution is disabled and answers no viewer",
            "enable it",
        );
    }
    for (index, origin) in distribution.origins.iter().enumerate() {
        let place = place.member("Origins").member("Items").item(index);
        if follows_http_viewers(distribution, origin) {
            match_viewer_trap(reader, &place.member("CustomOriginConfig").member("OriginProtocolPolicy"));
        }
        if continuous_deployment && origin.response_completion_timeout.is_some() {
            let message = "ResponseCompletionTimeout is not allowed together with continuous deployment";
            let rule = (Grade::Documented, page::ORIGIN);
            reader.notice(&place.member("ResponseCompletionTimeout"), rule, message, "remove one of the two");
        }
    }
    for (index, response) in distribution.custom_error_responses.iter().enumerate() {
        let earlier = &distribution.custom_error_responses[..index];
        if earlier.iter().any(|earlier| earlier.error_code == response.error_code) {
            let place = place.member("CustomErrorResponses").member("Items").item(index).member("ErrorCode");
            let message = format!("{} has a custom error response already; the first is used", response.error_code);
            reader.notice(&place, API, message, "keep one of them");
        }
    }
}

/// Whether viewers may use plain HTTP on a behavior that leads to a `match-viewer` origin.
fn follows_http_viewers(distribution: &Distribution, origin: &Origin) -> bool {
    origin.kind == OriginKind::Custom
        && origin.custom.origin_protocol_policy == OriginProtocolPolicy::MatchViewer
        && distribution.all_behaviors().any(|behavior| {
            behavior.viewer_protocol_policy == ViewerProtocolPolicy::AllowAll
                && distribution
                    .target(behavior)
                    .is_some_and(|target| target.origins().any(|other| other.id == origin.id))
        })
}

fn match_viewer_trap(reader: &mut Reader<'_>, place: &Place) {
    reader.notice(
        place,
        (Grade::Documented, page::ORIGIN),
        "match-viewer, and a behavior for this origin is allow-all: HTTP viewers reach it in clear text, HTTPS viewers \
         over TLS, so a TLS fault breaks the site for HTTPS viewers only, and both share one cached object",
        "set OriginProtocolPolicy to https-only, or ViewerProtocolPolicy to redirect-to-https",
    );
}

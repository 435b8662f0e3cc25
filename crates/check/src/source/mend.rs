//! Reading on after a setting that cannot be used.
//!
//! One bad setting must not hide what is wrong with the rest. So what cannot be used gets a stand-in that the rules
//! take, is reported, and whatever depends on it is not checked: a stand-in never becomes a verdict.

use std::collections::BTreeSet;

use edge502_rules::distribution::{CustomPolicies, Distribution, DistributionError, Parsed};
use serde_json::{Map, Value, json};

use super::tree::{Step, place, steps};

/// Settings that are replaced in one distribution; with more it is no distribution.
const MOST: usize = 64;
/// A host that never exists (RFC 6761).
pub(super) const NOWHERE: &str = "unusable.invalid";

/// What could be read.
pub(super) struct Mended {
    pub(super) parsed: Parsed,
    /// What could not, each with its place.
    pub(super) errors: Vec<(String, DistributionError)>,
    /// Every place that holds a stand-in.
    pub(super) stand_ins: BTreeSet<String>,
}

/// Reads `document`, in which the values at `hidden` are not known.
pub(super) fn read(
    mut document: Value,
    hidden: &[String],
    policies: &CustomPolicies,
) -> Result<Mended, DistributionError> {
    let mut mender = Mender { stand_ins: BTreeSet::new() };
    for place in hidden {
        mender.replace(&mut document, place);
    }
    let mut errors = Vec::new();
    loop {
        match Distribution::from_value(&document, policies) {
            Ok(parsed) => return Ok(Mended { parsed, errors, stand_ins: mender.stand_ins }),
            Err(error) => {
                let Some(at) = place_of(&error).map(str::to_owned).filter(|_| errors.len() < MOST) else {
                    return Err(error);
                };
                if !mender.mend(&mut document, &at) {
                    return Err(error);
                }
                errors.push((at, error));
            }
        }
    }
}

fn place_of(error: &DistributionError) -> Option<&str> {
    match error {
        DistributionError::Shape { place, .. }
        | DistributionError::Missing { place, .. }
        | DistributionError::Value { place, .. }
        | DistributionError::UnknownOrigin { place, .. }
        | DistributionError::DuplicateId { place, .. } => Some(place),
        _ => None,
    }
}

struct Mender {
    stand_ins: BTreeSet<String>,
}

impl Mender {
    fn replace(&mut self, document: &mut Value, at: &str) {
        let Some(path) = steps(at) else { return };
        let stand_in = self.stand_in(document, &path);
        if set(document, &path, stand_in) {
            self.stand_ins.insert(at.to_owned());
        }
    }

    /// Replaces what stands at a place, or if that has been done, what stands around it.
    fn mend(&mut self, document: &mut Value, at: &str) -> bool {
        let Some(mut path) = steps(at) else { return false };
        while !path.is_empty() {
            let stand_in = self.stand_in(document, &path);
            if self.stand_ins.insert(place(&path)) && set(document, &path, stand_in) {
                return true;
            }
            path.pop();
        }
        false
    }

    /// What the rules take at `path`; null, which is "not set", wherever that is enough.
    fn stand_in(&self, document: &Value, path: &[Step]) -> Value {
        let unique = format!("unusable-{}", self.stand_ins.len());
        let list = path.iter().rev().find_map(|step| match step {
            Step::Member(name) if name != "Items" => Some(name.as_str()),
            _ => None,
        });
        let is_item = matches!(path.last(), Some(Step::Item(_)));
        let is_items = matches!(path.last(), Some(Step::Member(name)) if name == "Items");
        let target = first_origin(document);
        match list.unwrap_or_default() {
            "Origins" if is_item => origin(&unique),
            "Origins" if is_items => json!([origin(&unique)]),
            "Origins" => json!({ "Items": [origin(&unique)] }),
            "CacheBehaviors" if is_item => behavior(&target, Some(&format!("/{unique}"))),
            "DefaultCacheBehavior" => behavior(&target, None),
            "CustomErrorResponses" if is_item => json!({ "ErrorCode": 502 }),
            "Members" => json!({ "Items": [{ "OriginId": target }, { "OriginId": target }] }),
            "OriginSslProtocols" if is_item => "TLSv1.2".into(),
            "OriginSslProtocols" => json!({ "Items": ["TLSv1.2"] }),
            "StatusCodes" if is_item => 502.into(),
            "CustomOriginConfig" => json!({ "OriginProtocolPolicy": "https-only" }),
            "DomainName" => NOWHERE.into(),
            "Id" => unique.into(),
            "OriginProtocolPolicy" => "https-only".into(),
            "ViewerProtocolPolicy" => "allow-all".into(),
            "TargetOriginId" | "OriginId" => target,
            "CachePolicyId" => "CachingDisabled".into(),
            "PathPattern" => format!("/{unique}").into(),
            "EventType" => "viewer-request".into(),
            "Forward" => "none".into(),
            "ErrorCode" => 502.into(),
            "HeaderName" | "HeaderValue" | "FunctionARN" | "LambdaFunctionARN" | "ClientCertificateArn" => {
                unique.into()
            }
            "CustomHeaders" if is_item => json!({ "HeaderName": unique, "HeaderValue": unique }),
            _ => Value::Null,
        }
    }
}

fn origin(id: &str) -> Value {
    json!({ "Id": id, "DomainName": NOWHERE, "CustomOriginConfig": { "OriginProtocolPolicy": "https-only" } })
}

fn behavior(target: &Value, pattern: Option<&str>) -> Value {
    json!({
        "PathPattern": pattern,
        "TargetOriginId": target,
        "ViewerProtocolPolicy": "allow-all",
        "CachePolicyId": "CachingDisabled",
    })
}

fn first_origin(document: &Value) -> Value {
    let around = document.get("Distribution").unwrap_or(document);
    let config = around.get("DistributionConfig").unwrap_or(around);
    config["Origins"]["Items"][0]["Id"].clone()
}

/// Puts a value at a path; objects on the way are made where nothing stands.
fn set(value: &mut Value, path: &[Step], new: Value) -> bool {
    let Some((step, rest)) = path.split_first() else {
        *value = new;
        return true;
    };
    match step {
        Step::Item(index) => value.get_mut(index).is_some_and(|item| set(item, rest, new)),
        Step::Member(name) => {
            if value.is_null() {
                *value = Value::Object(Map::new());
            }
            value.as_object_mut().is_some_and(|members| set(members.entry(name).or_insert(Value::Null), rest, new))
        }
    }
}

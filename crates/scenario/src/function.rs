//! Edge functions of a lab: what they return, as data.
//!
//! `[function.viewer-request]` and its three sisters. No user code is run; CloudFront's rules about results are
//! applied to what stands here. A step that names a function states it whole.

use std::collections::HashMap;

use edge502_rules::distribution::EventType;
use edge502_rules::functions::{Failure, FunctionResult, Returned};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The functions associated with the lab's only behaviour, by event.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct FunctionsSpec {
    /// Before the cache.
    pub viewer_request: FunctionSpec,
    /// Before the origin; Lambda@Edge only.
    pub origin_request: FunctionSpec,
    /// After the origin; Lambda@Edge only.
    pub origin_response: FunctionSpec,
    /// Before the viewer.
    pub viewer_response: FunctionSpec,
}

/// One function. An empty table is no function.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(try_from = "Keys")]
pub struct FunctionSpec(Option<(Kind, FunctionResult)>);

/// What runs a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Lambda@Edge.
    Lambda,
    /// CloudFront Functions.
    CloudFront,
}

/// The keys of a function's table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    /// `lambda` or `cloudfront`.
    kind: Option<Kind>,
    /// The value returned, whole.
    result: Option<toml::Value>,
    /// Changes to the request or response that the function was given; it returns the rest as it was.
    changes: Option<toml::Value>,
    /// Members taken out of it, as paths such as `headers.host`.
    removes: Option<Vec<String>>,
    /// What it returned, if that is no JSON.
    raw: Option<String>,
    /// `error`, `timeout` or `throttled`: it returned nothing.
    fails: Option<Fails>,
    /// What it passed to `updateRequestOrigin()`.
    update_request_origin: Option<toml::Value>,
    /// Puts a text of so many bytes into the result as `body`.
    body_bytes: Option<usize>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Fails {
    Error,
    Timeout,
    Throttled,
}

impl TryFrom<Keys> for FunctionSpec {
    type Error = String;

    fn try_from(keys: Keys) -> Result<Self, String> {
        let Some(kind) = keys.kind else {
            return if keys.is_empty() { Ok(Self::default()) } else { Err("a function needs its `kind`".to_owned()) };
        };
        Ok(Self(Some((kind, keys.result()?))))
    }
}

impl Keys {
    fn is_empty(&self) -> bool {
        let values = [&self.result, &self.changes, &self.update_request_origin];
        values.iter().all(|value| value.is_none())
            && self.raw.is_none()
            && self.fails.is_none()
            && self.removes.is_none()
            && self.body_bytes.is_none()
    }

    fn result(self) -> Result<FunctionResult, String> {
        let changes = self.changes.is_some() || self.removes.is_some();
        let stated = [self.result.is_some(), changes, self.raw.is_some(), self.fails.is_some()];
        if stated.iter().filter(|stated| **stated).count() > 1 {
            return Err(
                "a function either returns a `result`, makes `changes`, returns `raw` text, or `fails`".to_owned()
            );
        }
        if let Some(fails) = self.fails {
            return Ok(FunctionResult::Failed(fails.into()));
        }
        if let Some(raw) = self.raw {
            return Ok(FunctionResult::Unparsable(raw));
        }
        let update_request_origin = self.update_request_origin.map(|origin| as_json(&origin)).transpose()?;
        let whole = self.result.is_some();
        let value = self.result.or(self.changes);
        let mut value = value.map_or_else(|| Ok(json!({})), |value| as_json(&value))?;
        for path in self.removes.unwrap_or_default() {
            remove(&mut value, &path);
        }
        if let (Some(bytes), Value::Object(map)) = (self.body_bytes, &mut value) {
            map.insert("body".to_owned(), "x".repeat(bytes).into());
        }
        let returned = Returned { value, update_request_origin };
        Ok(if whole { FunctionResult::Returned(returned) } else { FunctionResult::Changed(returned) })
    }
}

impl From<Fails> for Failure {
    fn from(fails: Fails) -> Self {
        match fails {
            Fails::Error => Self::Error,
            Fails::Timeout => Self::Timeout,
            Fails::Throttled => Self::Throttled,
        }
    }
}

fn as_json(value: &toml::Value) -> Result<Value, String> {
    serde_json::to_value(value).map_err(|error| format!("this is no JSON: {error}"))
}

/// Marks the member at `place` as removed, the way a merge patch does.
fn remove(patch: &mut Value, place: &str) {
    let (key, rest) = place.split_once('.').map_or((place, None), |(key, rest)| (key, Some(rest)));
    if !patch.is_object() {
        *patch = Value::Object(Map::new());
    }
    let entry = &mut patch[key];
    match rest {
        Some(rest) => remove(entry, rest),
        None => *entry = Value::Null,
    }
}

impl FunctionsSpec {
    /// Adds the associations to the default behaviour of a distribution, as `get-distribution` prints it.
    pub(crate) fn associate(&self, distribution: &mut Value) {
        let list = |kind: Kind, name: &str| {
            let of_kind = self.iter().filter(|(_, found, _)| *found == kind);
            let items: Vec<Value> =
                of_kind.map(|(event, ..)| json!({ "EventType": event.as_str(), name: arn(event, kind) })).collect();
            json!({ "Quantity": items.len(), "Items": items })
        };
        let behavior = &mut distribution["Distribution"]["DistributionConfig"]["DefaultCacheBehavior"];
        behavior["LambdaFunctionAssociations"] = list(Kind::Lambda, "LambdaFunctionARN");
        behavior["FunctionAssociations"] = list(Kind::CloudFront, "FunctionARN");
    }

    /// What each function returns, by its ARN.
    pub(crate) fn results(&self) -> HashMap<String, FunctionResult> {
        self.iter().map(|(event, kind, result)| (arn(event, kind), result.clone())).collect()
    }

    /// Whether a function answers requests itself, in the place of an origin.
    pub(crate) fn answer(&self) -> bool {
        let members = ["status", "statusCode"];
        let is_answer = |result: &FunctionResult| match result {
            FunctionResult::Returned(Returned { value, .. }) | FunctionResult::Changed(Returned { value, .. }) => {
                members.iter().any(|member| value.get(member).is_some())
            }
            FunctionResult::Unparsable(_) | FunctionResult::Failed(_) => false,
        };
        let of_request = |event| matches!(event, EventType::ViewerRequest | EventType::OriginRequest);
        self.iter().any(|(event, _, result)| of_request(event) && is_answer(result))
    }

    /// Names and ports of the origins that functions choose; 0 where they name no port.
    pub(crate) fn origins(&self) -> Vec<(String, u16)> {
        self.iter().filter_map(|(_, _, result)| chosen(result)).collect()
    }

    fn iter(&self) -> impl Iterator<Item = (EventType, Kind, &FunctionResult)> {
        let all = [
            (EventType::ViewerRequest, &self.viewer_request),
            (EventType::OriginRequest, &self.origin_request),
            (EventType::OriginResponse, &self.origin_response),
            (EventType::ViewerResponse, &self.viewer_response),
        ];
        all.into_iter().filter_map(|(event, spec)| spec.0.as_ref().map(|(kind, result)| (event, *kind, result)))
    }
}

fn arn(event: EventType, kind: Kind) -> String {
    match kind {
        Kind::Lambda => format!("arn:aws:lambda:us-east-1:111122223333:function:lab-{event}:1"),
        Kind::CloudFront => format!("arn:aws:cloudfront::111122223333:function/lab-{event}"),
    }
}

/// The origin that a result leads to.
fn chosen(result: &FunctionResult) -> Option<(String, u16)> {
    let (FunctionResult::Returned(returned) | FunctionResult::Changed(returned)) = result else { return None };
    let custom = &returned.value["origin"]["custom"];
    let (domain, port) = match &returned.update_request_origin {
        Some(origin) => (&origin["domainName"], &origin["customOriginConfig"]["port"]),
        None => (&custom["domainName"], &custom["port"]),
    };
    let port = port.as_u64().and_then(|port| u16::try_from(port).ok());
    Some((domain.as_str()?.to_ascii_lowercase(), port.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<FunctionsSpec, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn functions_are_associated_and_have_results_by_the_same_arn() {
        let spec = read(
            r#"
            viewer-request = { kind = "cloudfront", update_request_origin = { domainName = "B.test" } }
            origin-response = { kind = "lambda", changes = { status = "404" }, removes = ["headers.server"] }
            viewer-response = {}
            "#,
        )
        .unwrap();
        let mut json = crate::state::DistributionSpec::default().to_json();
        spec.associate(&mut json);
        let parsed = edge502_rules::distribution::Distribution::from_json(&json.to_string()).unwrap();
        let functions = &parsed.distribution.default_behavior.functions;
        let results = spec.results();
        assert_eq!((functions.len(), results.len()), (2, 2));
        assert!(functions.iter().all(|function| results.contains_key(&function.arn)), "{functions:?}");
        assert_eq!(spec.origins(), [("b.test".to_owned(), 0)]);
        let changed = results.values().find_map(|result| match result {
            FunctionResult::Changed(returned) if returned.update_request_origin.is_none() => Some(&returned.value),
            _ => None,
        });
        assert_eq!(changed, Some(&json!({ "status": "404", "headers": { "server": null } })));
    }

    #[test]
    fn contradictions_are_refused() {
        for (text, reason) in [
            ("viewer-request = { fails = \"error\" }", "needs its `kind`"),
            ("viewer-request = { kind = \"lambda\", fails = \"error\", raw = \"x\" }", "either returns"),
            ("viewer-request = { kind = \"lamda\" }", "unknown variant"),
            ("viewer_request = { kind = \"lambda\" }", "unknown field"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}

//! Finding the `DistributionConfig` in what people have at hand.

use serde_json::Value;

use super::DistributionError;
use super::read::Place;
use super::wire;

/// A `DistributionConfig` with the place it was found at and what stands around it.
#[derive(Debug)]
pub(super) struct Envelope<'a> {
    pub(super) place: Place,
    pub(super) config: &'a Value,
    /// Only printed by `get-distribution`.
    pub(super) id: Option<String>,
    /// Only printed by `get-distribution`.
    pub(super) domain_name: Option<String>,
}

impl<'a> Envelope<'a> {
    /// Looks into `get-distribution` output, `get-distribution-config` output, or takes a bare config.
    pub(super) fn open(document: &'a Value) -> Result<Self, DistributionError> {
        let (place, around) = step(Place::root(), document, "Distribution");
        let (place, config) = step(place, around, "DistributionConfig");
        if config.get("Origins").is_none() && config.get("DefaultCacheBehavior").is_none() {
            return Err(DistributionError::NotADistribution { found: describe(config) });
        }
        let text = |name: &str| around.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(Self { place, config, id: text("Id"), domain_name: text("DomainName") })
    }

    /// The config as wire structs; a member of the wrong type is named with its full path.
    pub(super) fn decode(&self) -> Result<wire::DistributionConfig, DistributionError> {
        serde_path_to_error::deserialize(self.config).map_err(|error| {
            let inner = error.path().to_string();
            // serde_path_to_error writes "." for the root itself.
            let place = if inner == "." { self.place.clone() } else { self.place.member(&inner) };
            DistributionError::Shape { place: place.to_string(), problem: error.into_inner().to_string() }
        })
    }
}

/// Enters the member `name` if it is there.
fn step<'a>(place: Place, value: &'a Value, name: &str) -> (Place, &'a Value) {
    match value.get(name) {
        Some(inner) => (place.member(name), inner),
        None => (place, value),
    }
}

/// What a JSON value is, for people who gave the wrong file.
fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "a boolean".to_owned(),
        Value::Number(_) => "a number".to_owned(),
        Value::String(_) => "a string".to_owned(),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(members) if members.is_empty() => "an empty object".to_owned(),
        Value::Object(members) => {
            let names: Vec<&str> = members.keys().map(String::as_str).take(5).collect();
            format!("an object with the members {}", names.join(", "))
        }
    }
}

//! The JSON Schema of what `--format json` prints.
//!
//! It is made from the types that are printed, so that it cannot say anything else. A copy stands in
//! `schema/check.schema.json`, for programs that want it without running this one; a test keeps the two the same.

use edge502_rules::{Cause, Grade, Rulebook};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::batch::Summary;
use crate::report::Report;

/// What a check prints: the report of one origin; for a list, a distribution or an address, the summary of all.
#[derive(JsonSchema)]
#[schemars(untagged, title = "edge502 check --format json")]
#[allow(dead_code, reason = "only its shape is used")]
enum Printed<'a> {
    One(Box<Report>),
    Many(Summary<'a>),
}

/// The schema, draft 2020-12.
pub fn document() -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    generator.into_root_schema_for::<Printed<'_>>().to_value()
}

/// The words of a closed list.
fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Schema {
    json_schema!({ "type": "string", "enum": words.into_iter().collect::<Vec<_>>() })
}

/// A cause of the closed list.
pub(crate) fn cause(_: &mut SchemaGenerator) -> Schema {
    words(Cause::ALL.iter().map(|cause| cause.id()))
}

/// A cause, or `null`.
pub(crate) fn perhaps_cause(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [cause(generator), { "type": "null" }] })
}

/// Causes.
pub(crate) fn causes(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": cause(generator) })
}

/// How well a rule is known, strongest first.
pub(crate) fn grade(_: &mut SchemaGenerator) -> Schema {
    words([Grade::Documented, Grade::AwsSource, Grade::Observed, Grade::Inferred].map(Grade::as_str))
}

/// The rulebook that decided.
pub(crate) fn rulebook(_: &mut SchemaGenerator) -> Schema {
    words([Rulebook::Documented, Rulebook::Observed].map(Rulebook::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLISHED: &str = include_str!("../schema/check.schema.json");

    /// `UPDATE_GOLDEN=1` writes it anew; look at the difference: keys are stable.
    #[test]
    fn the_published_schema_is_that_of_the_types() {
        let text = serde_json::to_string_pretty(&document()).unwrap() + "\n";
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/schema/check.schema.json"), &text).unwrap();
            return;
        }
        assert!(text == PUBLISHED, "rewrite it: UPDATE_GOLDEN=1 cargo test -p edge502-check schema");
    }
}

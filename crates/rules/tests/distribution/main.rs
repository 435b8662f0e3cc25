//! Reading distributions: the samples, the three envelopes, every error, every notice, forwarding, and damaged input.

mod errors;
mod forwarding;
mod fuzz;
mod notices;
mod samples;

use edge502_rules::distribution::{CustomPolicies, Distribution, DistributionError, Notice, Parsed};
use serde_json::Value;

const MINIMAL: &str = include_str!("../../testdata/distribution/minimal.json");
const FULL: &str = include_str!("../../testdata/distribution/full.json");

/// The minimal sample with members replaced; an absent parent is made.
fn changed(changes: &[(&str, Value)]) -> Value {
    let mut document: Value = serde_json::from_str(MINIMAL).expect("the sample is JSON");
    for (path, value) in changes {
        set(&mut document, path, value.clone());
    }
    document
}

fn set(document: &mut Value, path: &str, value: Value) {
    let mut at = document;
    for step in path.split('.') {
        at = match step.parse::<usize>() {
            Ok(index) => &mut at[index],
            Err(_) => &mut at[step],
        };
    }
    *at = value;
}

fn read(document: &Value) -> Result<Parsed, DistributionError> {
    Distribution::from_value(document, &CustomPolicies::default())
}

fn accepted(changes: &[(&str, Value)]) -> Parsed {
    read(&changed(changes)).unwrap_or_else(|error| panic!("{changes:?}: {error}"))
}

fn refused(changes: &[(&str, Value)]) -> DistributionError {
    read(&changed(changes)).err().unwrap_or_else(|| panic!("{changes:?} was accepted"))
}

/// The one notice of a place.
fn notice_at(parsed: &Parsed, place: &str) -> Notice {
    let found: Vec<&Notice> = parsed.notices.iter().filter(|notice| notice.place == place).collect();
    match found[..] {
        [notice] => notice.clone(),
        _ => panic!("expected one notice at {place}, got {:#?}", parsed.notices),
    }
}

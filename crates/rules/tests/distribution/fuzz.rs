//! Damaged distributions and random text are refused or accepted, never a panic.

use edge502_rules::distribution::{CustomPolicies, Distribution};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{FULL, MINIMAL};

fn sample(full: bool) -> &'static str {
    if full { FULL } else { MINIMAL }
}

/// Values that appear where nobody expects them.
fn odd_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-2_i64..700).prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        "[*/?.%a-b]{0,8}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([null, 1, "x"])),
        Just(json!({"Quantity": 1, "Items": [null]})),
        Just(json!({"Quantity": -1, "Items": ["x", "*"]})),
    ]
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// Replaces the value with this number, counted in document order.
fn replace(value: &mut Value, number: &mut usize, with: &Value) {
    if *number == 0 {
        *value = with.clone();
    }
    *number = number.wrapping_sub(1);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, number, with)),
        Value::Object(members) => members.values_mut().for_each(|member| replace(member, number, with)),
        _ => {}
    }
}

/// What is accepted can also be used.
fn use_it(text: &str, path: &str) {
    match Distribution::from_json(text) {
        Ok(parsed) => {
            let behavior = parsed.distribution.behavior_for(path);
            let target = parsed.distribution.target(behavior).expect("targets are checked");
            assert!(target.origins().all(|origin| !origin.path_for(path).is_empty() || path.is_empty()));
            assert!(parsed.notices.iter().all(|notice| !notice.to_string().is_empty()));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

proptest! {
    #[test]
    fn replaced_values(full: bool, picks in prop::collection::vec((any::<prop::sample::Index>(), odd_value()), 1..4), path in "/.{0,30}") {
        let mut document: Value = serde_json::from_str(sample(full)).expect("the sample is JSON");
        for (pick, value) in picks {
            let mut number = pick.index(count(&document));
            replace(&mut document, &mut number, &value);
        }
        use_it(&document.to_string(), &path);
        let _ = Distribution::from_value(&document, &CustomPolicies::default());
    }

    #[test]
    fn damaged_text(full: bool, at in any::<prop::sample::Index>(), length in 0_usize..40, with in ".{0,10}") {
        let text = sample(full);
        let start = at.index(text.len());
        let end = (start + length).min(text.len());
        let damaged = format!("{}{with}{}", &text[..start], &text[end..]);
        use_it(&damaged, "/");
    }

    #[test]
    fn random_text(text in ".{0,200}") {
        use_it(&text, &text);
    }

    #[test]
    fn random_json_shapes(text in r#"[\[\]{}:,"a0 \\n-]{0,80}"#) {
        use_it(&text, "/");
    }

    #[test]
    fn paths_are_matched_without_panic(path in ".{0,60}", pattern in "[*?/a-c]{0,12}") {
        let pattern = edge502_rules::distribution::PathPattern::Pattern(pattern);
        let _ = pattern.matches(&path);
        let normal = edge502_rules::distribution::normalize_path(&path);
        prop_assert!(normal.starts_with('/') && !normal.contains("//"));
    }
}

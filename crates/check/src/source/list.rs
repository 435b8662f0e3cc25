//! What `aws cloudfront` prints: one distribution, or many.

use edge502_rules::distribution::DistributionError;
use serde_json::Value;

use super::tree::Places;
use super::{Source, SourceError};

/// A distribution, the output of `list-distributions`, or an array of either.
///
/// Summaries lack some settings, but nothing that decides about a connection:
/// <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionSummary.html>.
pub(super) fn read(value: &Value) -> Result<Vec<Source>, SourceError> {
    let mut sources = Vec::new();
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                element(&mut sources, &format!("[{index}]"), item)?;
            }
        }
        value => element(&mut sources, "", value)?,
    }
    Ok(sources)
}

fn element(sources: &mut Vec<Source>, place: &str, value: &Value) -> Result<(), SourceError> {
    let Some(list) = value.get("DistributionList") else {
        sources.push(one(place, value)?);
        return Ok(());
    };
    let place = if place.is_empty() { String::new() } else { format!("{place}.") };
    match list.get("Items") {
        Some(Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                sources.push(one(&format!("{place}DistributionList.Items[{index}]"), item)?);
            }
            Ok(())
        }
        // An account without distributions: the list has no items then.
        None | Some(Value::Null) if list.is_object() => Ok(()),
        _ => Err(DistributionError::NotADistribution { found: "a DistributionList without Items".to_owned() }.into()),
    }
}

fn one(place: &str, value: &Value) -> Result<Source, SourceError> {
    let id = value.get("Distribution").unwrap_or(value).get("Id").and_then(Value::as_str);
    let name = match (id, place) {
        (Some(id), _) => id.to_owned(),
        (None, "") => "distribution".to_owned(),
        (None, place) => place.to_owned(),
    };
    Source::of_api(name, value.clone(), &Places::below(place))
}

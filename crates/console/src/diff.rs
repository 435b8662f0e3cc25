//! What a step changes, as lines taken away and added.

use edge502_scenario::{Scenario, Settings, Step};
use similar::{ChangeTag, TextDiff};
use toml::Table;

/// How many unchanged lines stand around a change.
const CONTEXT: usize = 2;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    /// The same before and after.
    Same(String),
    /// Only before.
    Gone(String),
    /// Only after.
    New(String),
    /// Unchanged lines left out.
    Skipped,
}

/// What changes from one step to another, in each of the places there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// The distribution, as `aws cloudfront get-distribution-config` prints it.
    pub(crate) distribution: Vec<Line>,
    /// Everything else, as a scenario file states it: the origin, DNS, the network, functions, the engineer's machine.
    pub(crate) settings: Vec<Line>,
}

impl Change {
    /// What a fix or dead end of `scenario` changes in the broken state.
    pub(crate) fn of(scenario: &Scenario, settings: &Settings, step: &Step, number: usize) -> Self {
        let config = |step: &Step| {
            let json = step.state.distribution.to_json();
            serde_json::to_string_pretty(&json["Distribution"]["DistributionConfig"]).unwrap_or_default()
        };
        let after = settings.of(step.kind, number).unwrap_or(&settings.broken);
        Self {
            distribution: lines(&config(scenario.broken()), &config(step)),
            settings: lines(&others(&settings.broken), &others(after)),
        }
    }

    /// Whether nothing changes that the edge or a client could see.
    pub(crate) fn is_empty(&self) -> bool {
        self.distribution.is_empty() && self.settings.is_empty()
    }
}

/// The settings without the distribution, as TOML.
fn others(settings: &Table) -> String {
    let others: Table =
        settings.iter().filter(|(key, _)| *key != "distribution").map(|(k, v)| (k.clone(), v.clone())).collect();
    toml::to_string_pretty(&others).unwrap_or_default()
}

/// The difference of two texts; nothing if there is none.
fn lines(before: &str, after: &str) -> Vec<Line> {
    let diff = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    for (number, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if number > 0 {
            lines.push(Line::Skipped);
        }
        for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
            let text = change.value().trim_end_matches('\n').to_owned();
            lines.push(match change.tag() {
                ChangeTag::Equal => Line::Same(text),
                ChangeTag::Delete => Line::Gone(text),
                ChangeTag::Insert => Line::New(text),
            });
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changes_is_shown_with_its_surroundings() {
        let before = "a\nb\nc\nd\ne\n";
        let shown = lines(before, "a\nb\nc\nD\ne\n");
        let same = |text: &str| Line::Same(text.to_owned());
        assert_eq!(shown, [same("b"), same("c"), Line::Gone("d".to_owned()), Line::New("D".to_owned()), same("e")]);
        assert!(lines(before, before).is_empty());
    }
}

//! What is set in each state of a scenario, as a file would state it: for people who want to see what a step changes.

use toml::{Table, Value};

use super::read::{healthy_tables, laid_over};
use super::{Scenario, StepKind};
use crate::merge::remove;

/// The settings of the states of one scenario. What is not among them has its default.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    /// Of the broken state.
    pub broken: Table,
    fixes: Vec<Table>,
    dead_ends: Vec<Table>,
}

impl Settings {
    /// Of the fix or dead end with this number, counted from 1 in the order of the file.
    pub fn of(&self, kind: StepKind, number: usize) -> Option<&Table> {
        let tables = match kind {
            StepKind::Fix => &self.fixes,
            StepKind::DeadEnd => &self.dead_ends,
            StepKind::Healthy | StepKind::Broken | StepKind::Patch => return None,
        };
        tables.get(number.checked_sub(1)?)
    }
}

impl Scenario {
    /// The settings of all its states.
    pub fn settings(&self) -> Settings {
        let raw: Table = toml::from_str(&self.text).expect("the scenario was read from the same text");
        let broken = laid_over(&healthy_tables(&raw), &raw);
        let steps = |key: &str| {
            let tables = raw.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_table);
            tables.map(|change| changed(&broken, change)).collect()
        };
        Settings { fixes: steps("fix"), dead_ends: steps("dead_end"), broken }
    }
}

fn changed(broken: &Table, change: &Table) -> Table {
    let mut tables = broken.clone();
    for key in change.get("unset").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        remove(&mut tables, key);
    }
    laid_over(&tables, change)
}

#[cfg(test)]
mod tests {
    use crate::State;

    use super::*;

    #[test]
    fn every_state_is_what_its_settings_say() {
        for scenario in crate::Library::built_in().unwrap().iter() {
            let settings = scenario.settings();
            let state = |table: &Table| -> State { Value::Table(table.clone()).try_into().unwrap() };
            assert_eq!(state(&settings.broken), scenario.broken().state, "{}", scenario.id);
            for kind in [StepKind::Fix, StepKind::DeadEnd] {
                for (index, step) in scenario.of_kind(kind).enumerate() {
                    assert_eq!(
                        state(settings.of(kind, index + 1).unwrap()),
                        step.state,
                        "{} {}",
                        scenario.id,
                        step.title
                    );
                }
                assert!(settings.of(kind, 0).is_none() && settings.of(kind, 100).is_none());
            }
        }
    }
}

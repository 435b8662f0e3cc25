//! Laying one table over another: how a step changes only what it names.

use toml::{Table, Value};

/// Lays `over` over `base`: tables are merged key by key, everything else is replaced.
pub(crate) fn overlay(base: &mut Table, over: &Table) {
    for (key, value) in over {
        match (base.get_mut(key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => overlay(below, above),
            _ => {
                base.insert(key.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_changes_only_what_it_names() {
        let mut base: Table = toml::from_str("a = 1\n[t]\nx = 1\ny = [1, 2]").unwrap();
        overlay(&mut base, &toml::from_str("[t]\ny = [3]\nz = 4").unwrap());
        let expected: Table = toml::from_str("a = 1\n[t]\nx = 1\ny = [3]\nz = 4").unwrap();
        assert_eq!(base, expected);
    }
}

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

/// Takes the value at `path` (keys joined by dots) out of `table`; `false` if there is none. Tables on the way stay.
pub(crate) fn remove(table: &mut Table, path: &str) -> bool {
    match path.split_once('.') {
        None => table.remove(path).is_some(),
        Some((key, rest)) => table.get_mut(key).and_then(Value::as_table_mut).is_some_and(|inner| remove(inner, rest)),
    }
}

/// The path in `table` that resembles `path` most.
pub(crate) fn nearest_path(table: &Table, path: &str) -> Option<String> {
    let mut paths = Vec::new();
    collect_paths(table, "", &mut paths);
    edge502_rules::error::nearest(path, paths.iter().map(String::as_str)).map(str::to_owned)
}

fn collect_paths(table: &Table, above: &str, paths: &mut Vec<String>) {
    for (key, value) in table {
        let path = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        if let Value::Table(inner) = value {
            collect_paths(inner, &path, paths);
        }
        paths.push(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_removed_by_its_path() {
        let mut table: Table = toml::from_str("[t]\nx = 1\ny = 2").unwrap();
        assert!(remove(&mut table, "t.x"));
        assert_eq!(table, toml::from_str("[t]\ny = 2").unwrap());
        assert!(!remove(&mut table, "t.x") && !remove(&mut table, "t.y.z") && !remove(&mut table, "u.x"));
        assert!(remove(&mut table, "t") && table.is_empty());
    }

    #[test]
    fn a_step_changes_only_what_it_names() {
        let mut base: Table = toml::from_str("a = 1\n[t]\nx = 1\ny = [1, 2]").unwrap();
        overlay(&mut base, &toml::from_str("[t]\ny = [3]\nz = 4").unwrap());
        let expected: Table = toml::from_str("a = 1\n[t]\nx = 1\ny = [3]\nz = 4").unwrap();
        assert_eq!(base, expected);
    }
}

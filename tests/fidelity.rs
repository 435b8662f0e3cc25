//! `FIDELITY.md` says what the rules say.

use std::fs;
use std::path::Path;

use edge502_scenario::Library;

/// The command that brings the file up to date.
const REGENERATE: &str = "cargo run -p edge502-scenario --example fidelity > FIDELITY.md";

#[test]
fn the_document_is_what_the_rules_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("FIDELITY.md");
    let found = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; write it with: {REGENERATE}", path.display()));
    // A checkout may have turned the line ends.
    let found = found.replace("\r\n", "\n");
    let library = Library::built_in().expect("the built-in scenarios are valid");
    if let Some((number, found, expected)) = first_difference(&found, &edge502_scenario::fidelity(&library)) {
        panic!(
            "FIDELITY.md does not follow from crates/rules/src/fidelity, line {number}:\n  \
             in the file: {found}\n  by the rules: {expected}\nBring it up to date with: {REGENERATE}"
        );
    }
}

/// Number of the first line that differs, and both versions of it.
fn first_difference(found: &str, expected: &str) -> Option<(usize, String, String)> {
    if found == expected {
        return None;
    }
    let (mut found, mut expected) = (found.lines(), expected.lines());
    (1..).find_map(|number| {
        let (in_file, by_rules) = (found.next(), expected.next());
        // Both at the end: only the last newline differs.
        let differ = in_file != by_rules || in_file.is_none();
        let shown = |line: Option<&str>| line.unwrap_or("(end)").to_owned();
        differ.then(|| (number, shown(in_file), shown(by_rules)))
    })
}

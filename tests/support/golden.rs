//! Texts that are compared with a file. `UPDATE_GOLDEN=1` rewrites the files.

use std::path::Path;

/// Compares `text` with `tests/golden/<name>`.
pub(crate) fn compare(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(text == golden, "{name} reads otherwise now; UPDATE_GOLDEN=1 accepts it:\n{text}");
}

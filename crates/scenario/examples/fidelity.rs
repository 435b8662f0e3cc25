//! Prints `FIDELITY.md`: `cargo run -p edge502-scenario --example fidelity > FIDELITY.md`.

use edge502_scenario::{Library, ScenarioError, fidelity};

fn main() -> Result<(), ScenarioError> {
    print!("{}", fidelity(&Library::built_in()?));
    Ok(())
}

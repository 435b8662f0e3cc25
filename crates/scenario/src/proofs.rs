//! Which scenarios prove which rules.

use edge502_rules::fidelity::{Proofs, markdown};

use crate::library::Library;

/// `FIDELITY.md`: every rule with its evidence and the scenarios of `library` that prove it.
pub fn fidelity(library: &Library) -> String {
    markdown(&proofs(library))
}

/// Ids of scenarios by the id of each rule and cause they prove.
fn proofs(library: &Library) -> Proofs {
    let mut proofs = Proofs::new();
    for scenario in library.iter() {
        let proven = scenario.proves.iter().map(String::as_str).chain([scenario.cause.id()]);
        for id in proven {
            proofs.entry(id.to_owned()).or_default().push(scenario.id.clone());
        }
    }
    proofs
}

//! Rules that no scenario can show, and what proves them instead.

/// Id of a rule, and its proof.
type Unplayed = (&'static str, &'static str);

/// In the order of the rules.
const UNPLAYED: &[Unplayed] = &[];

/// What proves a rule that no scenario plays; `None` for every other rule.
pub fn unplayed(id: &str) -> Option<&'static str> {
    UNPLAYED.iter().find(|(rule, _)| *rule == id).map(|(_, proof)| *proof)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fidelity::RULES;

    #[test]
    fn each_is_a_rule_once_and_says_what_proves_it() {
        for (index, (id, proof)) in UNPLAYED.iter().enumerate() {
            assert!(RULES.iter().any(|rule| rule.id == *id), "{id}");
            assert!(UNPLAYED[..index].iter().all(|(other, _)| other != id), "{id} twice");
            assert!(proof.ends_with('.'), "{id}");
        }
    }
}

//! Rules that no scenario can show, and what proves them instead.

/// Id of a rule, and its proof.
type Unplayed = (&'static str, &'static str);

/// In the order of the rules.
const UNPLAYED: &[Unplayed] = &[
    ("log-format", "`tests/access_log.rs`: every line of the whole catalogue passes a reader of its own."),
    ("log-delivery", "`crates/edge/src/access_log/tests.rs`: files by the hour, full disks, the end of a log."),
    ("log-encoding", "`crates/rules/src/access_log/tests.rs`: every code point from 0 to 255."),
    ("log-v2", "`crates/rules/src/access_log/tests/formats.rs`: every choice of fields is read back."),
    ("log-real-time", "`crates/rules/src/access_log/tests/formats.rs`: every choice of fields is read back."),
    ("log-unknown-fields", "`crates/rules/src/access_log/tests/formats.rs`: the fields are missing and say why."),
    ("log-origin-latency", "`crates/edge/tests/edge/journal.rs`: answers with latencies, failed connections without."),
    ("log-path-pattern", "`crates/edge/tests/edge/journal.rs`: two behaviors and their patterns."),
    ("log-of-shield-and-functions", "`crates/rules/src/outcome/result_type.rs`: every word is read back."),
    ("log-cookies", "`crates/edge/tests/edge/journal.rs`: with and without `IncludeCookies`."),
];

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

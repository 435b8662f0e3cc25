//! Keys, one on a line, so that a pipe can type them as well as a person.

use edge502_scenario::serve::Action;

/// The letters of dead ends, in their order; `q`, `r` and `v` have another meaning.
pub(super) const LETTERS: &str = "abcdefghijklmnopstuvwxyz";

/// What a line asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Apply(Action),
    Quit,
    /// Show the last line of the access log.
    Line,
    /// Anything that is no key.
    Help,
}

/// What a line asks for.
pub(super) fn key(line: &str) -> Key {
    let line = line.trim().to_ascii_lowercase();
    if let Ok(number) = line.parse() {
        return Key::Apply(Action::Fix(number));
    }
    match line.as_str() {
        "q" => Key::Quit,
        "v" => Key::Line,
        "r" => Key::Apply(Action::Reset),
        letter if letter.len() == 1 => {
            LETTERS.find(letter).map_or(Key::Help, |index| Key::Apply(Action::DeadEnd(index + 1)))
        }
        _ => Key::Help,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_fixes_and_letters_dead_ends() {
        for (line, expected) in [
            ("1", Key::Apply(Action::Fix(1))),
            (" 12 ", Key::Apply(Action::Fix(12))),
            ("a", Key::Apply(Action::DeadEnd(1))),
            ("C\r", Key::Apply(Action::DeadEnd(3))),
            ("r", Key::Apply(Action::Reset)),
            ("q", Key::Quit),
            ("v", Key::Line),
            ("", Key::Help),
            ("?", Key::Help),
            ("é", Key::Help),
            ("ab", Key::Help),
        ] {
            assert_eq!(key(line), expected, "{line:?}");
        }
    }
}

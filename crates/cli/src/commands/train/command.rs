//! What a trainee types.

use edge502_train::{Seed, Track, TrainError};

/// What a line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// Nothing was typed.
    Nothing,
    Help,
    Quit,
    /// Leaves the exercise.
    Back,
    List(Option<Track>),
    Open(String),
    /// The first exercise that is not solved.
    Next,
    Mystery(Option<Seed>),
    Story,
    Ask,
    OpenSsl,
    Dig,
    Log,
    Chain,
    Hint,
    /// Without a cause: shows those to choose from.
    Diagnose(Option<String>),
    /// Without a number: shows the remedies.
    Apply(Option<usize>),
    Check,
    Reset,
    Score,
    GiveUp,
    /// Not a command; why.
    Unknown(String),
}

/// The words, for suggestions.
const WORDS: [&str; 22] = [
    "help", "quit", "back", "list", "open", "next", "mystery", "story", "ask", "openssl", "dig", "log", "chain",
    "hint", "causes", "diagnose", "remedies", "apply", "check", "reset", "score", "giveup",
];

impl Command {
    pub(super) fn parse(line: &str) -> Self {
        let line = line.trim();
        let (word, rest) = line.split_once(char::is_whitespace).map_or((line, ""), |(word, rest)| (word, rest.trim()));
        let given = Some(rest).filter(|rest| !rest.is_empty());
        match (word.to_ascii_lowercase().as_str(), given) {
            ("", _) => Self::Nothing,
            ("help" | "h" | "?", _) => Self::Help,
            ("quit" | "q" | "exit", _) => Self::Quit,
            ("back", _) => Self::Back,
            ("list" | "ls", None) => Self::List(None),
            ("list" | "ls", Some(track)) => track.parse().map_or_else(unknown, |track| Self::List(Some(track))),
            ("open" | "start", Some(name)) => Self::Open(name.to_owned()),
            ("open" | "start", None) => Self::Unknown("open which exercise? `list` shows them".to_owned()),
            ("next" | "n", _) => Self::Next,
            ("mystery", None) => Self::Mystery(None),
            ("mystery", Some(seed)) => seed.parse().map_or_else(unknown, |seed| Self::Mystery(Some(seed))),
            ("story", _) => Self::Story,
            ("ask" | "curl", _) => Self::Ask,
            ("openssl", _) => Self::OpenSsl,
            ("dig", _) => Self::Dig,
            ("log", _) => Self::Log,
            ("chain", _) => Self::Chain,
            ("hint", _) => Self::Hint,
            ("causes", _) => Self::Diagnose(None),
            ("diagnose", cause) => Self::Diagnose(cause.map(str::to_owned)),
            ("remedies" | "fixes", _) | ("apply", None) => Self::Apply(None),
            ("apply", Some(number)) => number.parse().map_or_else(
                |_| Self::Unknown(format!("{number:?} is not the number of a remedy; `remedies` shows them")),
                |number| Self::Apply(Some(number)),
            ),
            ("check", _) => Self::Check,
            ("reset", _) => Self::Reset,
            ("score" | "points", _) => Self::Score,
            ("giveup" | "give", _) => Self::GiveUp,
            (word, _) => Self::Unknown(suggestion(word)),
        }
    }
}

#[allow(clippy::needless_pass_by_value, reason = "it is what `map_or_else` hands over")]
fn unknown(error: TrainError) -> Command {
    Command::Unknown(error.to_string())
}

fn suggestion(word: &str) -> String {
    let nearest = edge502_rules::error::nearest(word, WORDS);
    let meant = nearest.map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"));
    format!("unknown command {word:?}{meant} Type `help` for what can be done.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_what_follows_them_are_read() {
        for (line, command) in [
            ("", Command::Nothing),
            ("  HELP ", Command::Help),
            ("list chains", Command::List(Some(Track::Chains))),
            ("open  certificates-01", Command::Open("certificates-01".to_owned())),
            ("mystery 4711", Command::Mystery(Some(Seed::new(4711)))),
            ("diagnose certificate-expired\r", Command::Diagnose(Some("certificate-expired".to_owned()))),
            ("causes", Command::Diagnose(None)),
            ("apply 2", Command::Apply(Some(2))),
            ("remedies", Command::Apply(None)),
            ("give up", Command::GiveUp),
        ] {
            assert_eq!(Command::parse(line), command, "{line:?}");
        }
    }

    #[test]
    fn what_is_no_command_gets_a_remedy() {
        for (line, said) in [
            ("chek", "did you mean `check`?"),
            ("xyzzy", "`help`"),
            ("apply two", "`remedies`"),
            ("list chain", "\"chains\""),
            ("mystery -1", "4294967295"),
            ("open", "which"),
        ] {
            let Command::Unknown(reason) = Command::parse(line) else { panic!("{line} is a command") };
            assert!(reason.contains(said), "{line}: {reason}");
        }
    }
}

//! Everything people are told about exercises, in each language, for terminal and browser alike.
//!
//! The texts of the scenarios themselves, and what programs and logs print, stay in English: that is how people meet
//! them.

mod en;
mod terminal;
mod zh;

use std::fmt;
use std::str::FromStr;

use edge502_rules::Cause;
use edge502_scenario::Level;
use serde::{Deserialize, Serialize};

use crate::{Check, Hint, Refusal, Track, TrainError, Verdict};

pub use terminal::{Opening, Terminal};

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Chinese, in simplified characters.
    #[serde(rename = "zh")]
    Chinese,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// Its tag, as `--lang` takes it (RFC 5646).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }

    /// Its texts.
    pub const fn texts(self) -> &'static Texts {
        match self {
            Self::English => &en::TEXTS,
            Self::Chinese => &zh::TEXTS,
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.tag())
    }
}

impl FromStr for Language {
    type Err = TrainError;

    fn from_str(text: &str) -> Result<Self, TrainError> {
        let found = Self::ALL.into_iter().find(|language| language.tag() == text);
        found.ok_or_else(|| TrainError::word("language", text, Self::ALL.map(Self::tag)))
    }
}

/// The texts of one language. A text that is missing in one of them does not build.
#[derive(Debug, Clone, Copy)]
pub struct Texts {
    /// The language.
    pub language: Language,
    /// A track in a few words.
    pub track: fn(Track) -> &'static str,
    /// A level in a word.
    pub level: fn(Level) -> &'static str,
    /// A cause in a few words.
    pub cause: fn(Cause) -> &'static str,
    /// A hint.
    pub hint: fn(&Hint) -> String,
    /// The diagnosis is right; says what comes next if the site is not cured.
    pub right: fn(cured: bool) -> &'static str,
    /// The diagnosis is wrong.
    pub wrong: fn(Cause, cost: u32) -> String,
    /// What a check comes to, in one sentence.
    pub verdict: fn(Verdict) -> &'static str,
    /// What was seen for it: statuses, log line, age.
    pub seen: fn(&Check) -> String,
    /// Why something was not done.
    pub refusal: fn(&Refusal) -> String,
    /// The exercise is solved, for so many points.
    pub solved: fn(score: u32) -> String,
    /// What the terminal says besides.
    pub terminal: Terminal,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Evidence;

    /// Whether a text is written in Chinese characters, in part at least.
    fn is_chinese(text: &str) -> bool {
        text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
    }

    #[test]
    fn every_text_is_in_its_language() {
        for language in Language::ALL {
            let texts = language.texts();
            assert_eq!((language.tag().parse().ok(), texts.language), (Some(language), language));
            let mut all: Vec<String> = Track::ALL.map(texts.track).map(str::to_owned).into();
            all.extend(Cause::ALL.iter().map(|cause| (texts.cause)(*cause).to_owned()));
            all.extend(Cause::ALL.iter().map(|cause| (texts.hint)(&Hint::Look(cause.phase()))));
            all.extend(Cause::ALL.iter().map(|cause| (texts.hint)(&Hint::Background(*cause))));
            all.push((texts.hint)(&Hint::Evidence(Evidence::default())));
            all.push((texts.refusal)(&Refusal::NoMoreHints { allowed: 3 }));
            all.push((texts.solved)(85));
            let terminal = &texts.terminal;
            all.extend([terminal.menu_help, terminal.help, terminal.paste, terminal.causes].map(str::to_owned));
            all.extend([
                (terminal.place)(1, 2, Some(3)),
                (terminal.points)(40, 60, Some(15)),
                (terminal.sheet)(1, 2, "x"),
            ]);
            for text in all {
                assert!(!text.is_empty() && is_chinese(&text) == (language == Language::Chinese), "{language}: {text}");
            }
        }
        assert!("fr".parse::<Language>().is_err());
    }
}

//! The errors of this crate.

use thiserror::Error;

/// A value that could not be read into one of this crate's types.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RulesError {
    /// Not a name that DNS, SNI or a `Host` header can carry.
    #[error("{name:?} is not a host name: {reason}; write a DNS name such as origin.example.com")]
    Name {
        /// The text as it was given.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Not one of a closed list of words.
    #[error("unknown {what} {found:?}{}", nearest.as_ref().map(|n| format!("; did you mean {n:?}?")).unwrap_or_default())]
    Word {
        /// What kind of word was expected.
        what: &'static str,
        /// The text as it was given.
        found: String,
        /// The listed word that resembles it most, if one does.
        nearest: Option<String>,
    },
    /// A log whose fields cannot be chosen, or a choice of none.
    #[error(
        "the fields of the log format {form} cannot be chosen so; name some of {choosable}, such as json:date,time"
    )]
    Fields {
        /// The form as it was given.
        form: &'static str,
        /// The forms whose fields can be chosen.
        choosable: &'static str,
    },
}

impl RulesError {
    /// An unknown word, with the nearest of `known` as a suggestion.
    pub(crate) fn word<'a>(what: &'static str, found: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Word { what, found: found.to_owned(), nearest: nearest(found, known).map(str::to_owned) }
    }
}

/// The word of `known` that resembles `found` most, if any comes close.
pub fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|word| (strsim::jaro_winkler(found, word), word))
        .filter(|(score, _)| *score > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, word)| word)
}

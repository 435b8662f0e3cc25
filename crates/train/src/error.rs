//! The errors of this crate.

use std::path::PathBuf;

use edge502_scenario::ScenarioError;
use thiserror::Error;

/// Why an exercise, a course, a score or a sheet could not be had. What a trainee may not do is no error, see
/// [`Refusal`](crate::Refusal).
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A scenario could not be read or brought up.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The system has no random numbers.
    #[error("the system has no random numbers: {0}; choose the draw yourself with --seed")]
    NoRandomness(String),
    /// Not a seed.
    #[error("{text:?} is not a seed; write a number from 0 to 4294967295")]
    Seed {
        /// The text as it was given.
        text: String,
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
    /// There is nothing to draw an exercise from.
    #[error("there is no exercise to choose from; name another track, or other scenarios")]
    Nothing,
    /// The progress file is not one, or only a part of one.
    #[error("{} is damaged: {reason}; mend it, or begin anew with --reset, which keeps it beside the new one", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The progress file is of another version.
    #[error("{} is of version {found}, and this program knows version {known} alone; use the edge502 that wrote it, or name another file with --progress", path.display())]
    OtherVersion {
        /// Which file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The version this program knows.
        known: u32,
    },
    /// Another run keeps the progress file locked.
    #[error("{} has been locked by another run for {seconds} s; end that run, or name another file with --progress", path.display())]
    Locked {
        /// The lock.
        path: PathBuf,
        /// How long it was waited for.
        seconds: u64,
    },
    /// There is no home directory to keep anything in.
    #[error("there is no place for the progress: {0}; name a file with --progress")]
    NoHome(String),
    /// A file is no result sheet.
    #[error("{} is no result sheet: {reason}; name the result.json of an assessment", path.display())]
    NoSheet {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The seal does not fit.
    #[error("the seal does not fit: the sheet was changed after it was signed, or signed with another key")]
    Forged,
    /// The sheet was sealed with a key, and none is given.
    #[error("the sheet was signed with a key; name it with --key")]
    KeyNeeded,
    /// The sheet was sealed without a key, and one is given: anybody can have made it.
    #[error("the sheet was signed without a key, so anybody can have made it")]
    NotSealedWithKey,
    /// A file could not be read or written.
    #[error("cannot {what} {}: {source}", path.display())]
    File {
        /// What was to be done with it.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
}

impl TrainError {
    /// An unknown word, with the nearest of `known` as a suggestion.
    pub(crate) fn word<'a>(what: &'static str, found: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let nearest = edge502_rules::error::nearest(found, known).map(str::to_owned);
        Self::Word { what, found: found.to_owned(), nearest }
    }
}

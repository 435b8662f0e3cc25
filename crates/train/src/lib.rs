//! Exercises made of scenarios: how support staff learn to find and cure a 502 of CloudFront.
//!
//! Decisions are pure: an [`Exercise`] is what a trainee is told and asked, an [`Attempt`] what is allowed and what it
//! costs, a [`Check`] whether the site is cured, by what real requests saw, a [`Sitting`] the way through a course. I/O stands beside them: a [`Workbench`] is
//! the running lab, a [`ProgressFile`] keeps the scores. No terminal and no HTTP: [`Texts`] has the words for both.

mod attempt;
mod check;
mod course;
mod curriculum;
mod document;
mod error;
mod exercise;
pub mod handout;
mod hint;
pub mod mystery;
mod progress;
mod seed;
mod sheet;
mod sitting;
pub mod texts;
mod track;
mod workbench;

pub use attempt::{Attempt, Diagnosis, Record, Refusal, Standing, Terms};
pub use attempt::{DEAD_END, DIAGNOSIS_SHARE, FULL, HINT_COSTS, WRONG_DIAGNOSIS};
pub use check::{Check, Verdict};
pub use course::{Course, Planned, What};
pub use curriculum::{Curriculum, Entry};
pub use document::moment;
pub use error::TrainError;
pub use exercise::{Exercise, Remedy};
pub use hint::{Evidence, HINTS, Hint};
pub use progress::{Achievement, Progress, ProgressFile};
pub use seed::Seed;
pub use sheet::{PROGRAM, Row, SealKind, Sheet, SheetForm, SheetKey, Signed};
pub use sitting::Sitting;
pub use texts::{Language, Texts};
pub use track::Track;
pub use workbench::Workbench;

//! What the terminal says besides what it shares with the browser.

use edge502_rules::Cause;

/// The terminal's own texts in one language. Commands are the same words in each.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    /// What can be typed in the menu.
    pub menu_help: &'static str,
    /// Above the tracks.
    pub menu: &'static str,
    /// After an exercise.
    pub back_in_menu: &'static str,
    /// A command that needs an exercise.
    pub open_first: &'static str,
    /// How much of a track is solved.
    pub of_track: fn(solved: usize, count: usize) -> String,
    /// An exercise that is solved.
    pub solved: &'static str,
    /// An exercise that is not.
    pub unsolved: &'static str,
    /// All points.
    pub total: fn(points: u32) -> String,
    /// The score of an attempt, and the best.
    pub kept: fn(points: u32, best: u32) -> String,

    /// How a course or an assessment begins.
    pub opening: fn(&Opening<'_>) -> String,
    /// Which exercise of a course comes next, and in what time.
    pub place: fn(place: usize, count: usize, minutes: Option<u32>) -> String,
    /// How an assessment ends.
    pub sheet: fn(score: u32, full: u32, path: &str) -> String,

    /// What can be typed in an exercise.
    pub help: &'static str,
    /// Name and level of an exercise.
    pub heading: fn(name: &str, level: &str) -> String,
    /// Above the commands to paste.
    pub paste: &'static str,
    /// Who is who; a command for changes of one's own follows.
    pub names: fn(origin: &str, host: &str) -> String,
    /// What to type next.
    pub next: &'static str,
    /// Something went wrong.
    pub failed: fn(error: &str) -> String,
    /// The broken state is up again.
    pub reset: &'static str,
    /// How a program ended.
    pub exit_status: fn(status: i32) -> String,
    /// The documented check is not built in.
    pub no_openssl: &'static str,
    /// DNS plays no part.
    pub no_dig: &'static str,
    /// Above what a name server said.
    pub name_server: fn(number: usize) -> String,
    /// A name server has no answer.
    pub nothing: &'static str,
    /// How much of a page is not shown.
    pub more_lines: fn(count: usize) -> String,
    /// There is no chain.
    pub no_certificate: &'static str,
    /// The rows of a certificate: issuer, dates, key, names, purposes.
    pub certificate: [&'static str; 5],
    /// From one date to another.
    pub dates: fn(from: &str, to: &str) -> String,
    /// Key and signature.
    pub key: fn(key: &str, signature: &str) -> String,
    /// Above the causes.
    pub causes: &'static str,
    /// Behind a cause that was named and is wrong.
    pub ruled_out: &'static str,
    /// A number that stands for no cause.
    pub no_such_cause: fn(number: &str) -> String,
    /// Cured, and the cause is not yet named.
    pub which_cause: &'static str,
    /// Above the remedies.
    pub remedies: &'static str,
    /// A remedy was applied.
    pub done: fn(title: &str) -> String,
    /// Points had and to be had, and the price of the next hint.
    pub points: fn(score: u32, worth: u32, hint: Option<u32>) -> String,
    /// The answer: the cause and what it is called.
    pub answer: fn(cause: Cause, title: &str) -> String,
    /// In front of what misleads.
    pub trap: &'static str,
    /// In front of a remedy, whether it cures.
    pub cures: fn(cures: bool) -> &'static str,
}

/// What is said at the beginning of an assessment.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    /// The course's title.
    pub course: &'a str,
    /// Who is assessed.
    pub trainee: &'a str,
    /// How many exercises there are.
    pub count: usize,
    /// Minutes for all of them.
    pub minutes: Option<u32>,
    /// What is drawn follows from it.
    pub seed: crate::Seed,
}

//! Choices that hold for a whole console.

use std::sync::Arc;
use std::time::Duration;

use edge502_rules::Rulebook;
use edge502_rules::clock::SharedClock;
use edge502_rules::page::ErrorPages;
use edge502_scenario::Library;
use edge502_train::{Course, Language, ProgressFile, Seed, SheetKey};

/// What a console is started with.
#[derive(Clone)]
pub struct ConsoleOptions {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The language of pages, unless a trainee chooses another; `None` goes by the browser's `Accept-Language`.
    pub language: Option<Language>,
    /// The scenarios there are labs of.
    pub library: Library,
    /// The clock of idle times, and on which the labs' clocks are based.
    pub clock: SharedClock,
    /// Which reading of CloudFront decides in the labs.
    pub rulebook: Rulebook,
    /// Which family of error pages viewers get.
    pub error_pages: ErrorPages,
    /// Where scores are kept beyond a visit, those of all browsers together; `None` keeps them nowhere.
    pub progress: Option<ProgressFile>,
    /// The course that trainees take; they are then offered nothing else.
    pub course: Option<Arc<Course>>,
    /// What draws and orders follow from; `None` takes the course's own seed, or another for each browser.
    pub seed: Option<Seed>,
    /// What result sheets are signed with.
    pub key: Option<Arc<SheetKey>>,
    /// What is bounded.
    pub limits: Limits,
}

impl ConsoleOptions {
    /// A free port, the browser's language, documented rules, pages of 2019, no course, default limits.
    pub fn new(library: Library, clock: SharedClock) -> Self {
        Self {
            port: 0,
            language: None,
            library,
            clock,
            rulebook: Rulebook::default(),
            error_pages: ErrorPages::default(),
            progress: None,
            course: None,
            seed: None,
            key: None,
            limits: Limits::default(),
        }
    }
}

/// How much of this machine a class may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most labs at a time, at least 1. Default 40. A browser has one at most.
    pub labs: usize,
    /// How long a lab stays up that nobody uses. Default 30 minutes.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { labs: 40, idle: Duration::from_mins(30) }
    }
}

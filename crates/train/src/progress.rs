//! The scores of one trainee, and the file that keeps them.
//!
//! Two runs at once must not lose each other's scores, and neither a crash nor a full disk may damage the file. So a
//! score is added under a lock to what the file says at that moment, and the new file takes the old one's place whole.
//! A file that cannot be understood is never written over.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use time::OffsetDateTime;

use crate::{Record, Standing, TrainError};

/// The version of the file that this program writes. It reads no other.
const VERSION: u32 = 1;
/// The largest file that is read, in bytes. A thousand exercises fill a fraction of it.
const LARGEST: u64 = 4 << 20;
/// How often, and how long in all, another run is waited for. Nobody holds the lock for longer than a write takes.
const RETRY: Duration = Duration::from_millis(20);
const RETRIES: u32 = 500;

/// What a trainee has achieved, by scenario.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    exercises: BTreeMap<String, Achievement>,
}

/// What was achieved in one exercise, all attempts together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Achievement {
    /// How many attempts there were.
    pub attempts: u32,
    /// The most points of any.
    pub best: u32,
    /// Whether one of them solved it.
    pub solved: bool,
    /// When the last one ended.
    #[serde(with = "time::serde::rfc3339")]
    pub last: OffsetDateTime,
}

/// The file as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    exercises: BTreeMap<String, Achievement>,
}

/// What is read first: files of other versions may have anything else in them.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

impl Progress {
    /// What was achieved in the exercise of this scenario.
    pub fn of(&self, scenario: &str) -> Option<&Achievement> {
        self.exercises.get(scenario)
    }

    /// Every exercise that was tried, by scenario id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Achievement)> {
        self.exercises.iter().map(|(id, achievement)| (id.as_str(), achievement))
    }

    /// The best points of every exercise together.
    pub fn total(&self) -> u32 {
        self.exercises.values().map(|achievement| achievement.best).sum()
    }

    /// Adds an attempt that is over.
    pub fn add(&mut self, record: &Record) {
        let none = Achievement { attempts: 0, best: 0, solved: false, last: record.ended };
        let known = self.exercises.entry(record.exercise.clone()).or_insert(none);
        known.attempts = known.attempts.saturating_add(1);
        known.best = known.best.max(record.score);
        known.solved |= record.standing == Standing::Solved;
        known.last = known.last.max(record.ended);
    }

    fn parse(path: &Path, text: &str) -> Result<Self, TrainError> {
        let damaged =
            |error: serde_json::Error| TrainError::Damaged { path: path.to_owned(), reason: error.to_string() };
        let Versioned { version } = serde_json::from_str(text).map_err(damaged)?;
        if version != VERSION {
            return Err(TrainError::OtherVersion { path: path.to_owned(), found: version, known: VERSION });
        }
        let document: Document = serde_json::from_str(text).map_err(damaged)?;
        Ok(Self { exercises: document.exercises })
    }

    fn to_json(&self) -> String {
        let document = Document { version: VERSION, exercises: self.exercises.clone() };
        let json = serde_json::to_string_pretty(&document).expect("texts, numbers and dates can be written as JSON");
        json + "\n"
    }
}

/// Where the progress of one trainee is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgressFile {
    path: PathBuf,
}

impl ProgressFile {
    /// The progress kept at `path`, which need not exist yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The usual place: `edge502/progress.json` in the platform's directory for data of applications, such as
    /// `~/.local/share`.
    pub fn usual() -> Result<Self, TrainError> {
        let home = |error: etcetera::HomeDirError| TrainError::NoHome(error.to_string());
        let strategy = etcetera::choose_base_strategy().map_err(home)?;
        Ok(Self::at(etcetera::BaseStrategy::data_dir(&strategy).join("edge502").join("progress.json")))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads it. A file that does not exist is no progress; one that cannot be understood is an error.
    pub fn load(&self) -> Result<Progress, TrainError> {
        match self.text() {
            Ok(Some(text)) => Progress::parse(&self.path, &text),
            Ok(None) => Ok(Progress::default()),
            Err(source) => Err(self.failed("read", source)),
        }
    }

    /// Adds an attempt that is over, and says what there is now.
    pub fn record(&self, record: &Record) -> Result<Progress, TrainError> {
        let _lock = self.lock()?;
        let mut progress = self.load()?;
        progress.add(record);
        self.replace(&progress)?;
        Ok(progress)
    }

    /// Begins anew. What there was, understood or not, is kept beside it; says where, unless there was nothing.
    pub fn reset(&self) -> Result<Option<PathBuf>, TrainError> {
        let _lock = self.lock()?;
        let kept = self.beside("old");
        match fs::rename(&self.path, &kept) {
            Ok(()) => Ok(Some(kept)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(self.failed("put aside", source)),
        }
    }

    fn text(&self) -> std::io::Result<Option<String>> {
        let file = match File::open(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        if !file.metadata()?.is_file() {
            return Err(std::io::Error::new(ErrorKind::InvalidInput, "it is not a regular file; name another"));
        }
        let mut text = String::new();
        if file.take(LARGEST + 1).read_to_string(&mut text)? as u64 > LARGEST {
            let reason = format!("it has more than {} MiB, so it is no progress file; name another", LARGEST >> 20);
            return Err(std::io::Error::new(ErrorKind::FileTooLarge, reason));
        }
        Ok(Some(text))
    }

    /// Keeps other runs from writing until the file that is returned is dropped. The lock is a file of its own, since
    /// the progress itself is replaced.
    fn lock(&self) -> Result<File, TrainError> {
        let path = self.beside("lock");
        let failed = |source| TrainError::File { what: "lock", path: path.clone(), source };
        if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            fs::create_dir_all(directory).map_err(failed)?;
        }
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        for _ in 0..RETRIES {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => thread::sleep(RETRY),
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        }
        Err(TrainError::Locked { path, seconds: (RETRY * RETRIES).as_secs() })
    }

    /// Writes beside the file and renames, so that there is a whole one at every moment.
    fn replace(&self, progress: &Progress) -> Result<(), TrainError> {
        let written = || {
            let directory = self.path.parent().filter(|directory| !directory.as_os_str().is_empty());
            let mut file = NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))?;
            file.write_all(progress.to_json().as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&self.path)?;
            Ok(())
        };
        written().map_err(|source| self.failed("write", source))
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".");
        name.push(ending);
        self.path.with_file_name(name)
    }

    fn failed(&self, what: &'static str, source: std::io::Error) -> TrainError {
        TrainError::File { what, path: self.path.clone(), source }
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;
    use time::macros::datetime;

    use super::*;

    fn record(exercise: &str, score: u32) -> Record {
        Record {
            exercise: exercise.to_owned(),
            standing: if score == 0 { Standing::GivenUp } else { Standing::Solved },
            score,
            hints: 0,
            wrong_diagnoses: 0,
            dead_ends: 0,
            diagnosed: true,
            cured: true,
            seconds: 60,
            ended: datetime!(2031-03-05 12:00 UTC),
        }
    }

    fn file() -> (TempDir, ProgressFile) {
        let directory = tempfile::tempdir().unwrap();
        let file = ProgressFile::at(directory.path().join("deep/er/progress.json"));
        (directory, file)
    }

    #[test]
    fn what_is_recorded_is_read_again() {
        let (_directory, file) = file();
        assert_eq!(file.load().unwrap(), Progress::default());
        file.record(&record("a/b", 40)).unwrap();
        file.record(&record("a/b", 0)).unwrap();
        let progress = file.record(&record("c/d", 100)).unwrap();
        assert_eq!(file.load().unwrap(), progress);
        let known = progress.of("a/b").unwrap();
        assert_eq!((known.attempts, known.best, known.solved, progress.total()), (2, 40, true, 140));
    }

    #[test]
    fn runs_at_once_lose_nothing() {
        let (_directory, file) = file();
        let run = |number: usize| {
            let file = file.clone();
            move || (0..25).for_each(|_| drop(file.record(&record(&format!("e/{number}"), 10)).unwrap()))
        };
        thread::scope(|scope| (0..8).for_each(|number| drop(scope.spawn(run(number % 4)))));
        let progress = file.load().unwrap();
        let attempts: Vec<u32> = progress.iter().map(|(_, achievement)| achievement.attempts).collect();
        assert_eq!(attempts, [50, 50, 50, 50]);
    }

    #[test]
    fn what_a_crash_leaves_behind_does_no_harm() {
        let (_directory, file) = file();
        file.record(&record("a/b", 40)).unwrap();
        // A run that died before the rename leaves a temporary file and an unlocked lock file.
        fs::write(file.path().with_file_name(".tmpdead"), "{\"version\":1,\"exer").unwrap();
        assert!(file.beside("lock").exists());
        assert_eq!(file.record(&record("a/b", 50)).unwrap().of("a/b").unwrap().best, 50);
    }

    #[test]
    fn a_file_that_is_not_understood_stays_as_it_is() {
        let (_directory, file) = file();
        file.record(&record("a/b", 40)).unwrap();
        for (text, said) in [
            ("", "damaged"),
            ("{\"version\":1,\"exercises\":{\"a/b\":", "damaged"),
            ("{\"version\":1,\"exercises\":{},\"more\":1}", "damaged"),
            ("{\"version\":2,\"things\":[]}", "version 2"),
        ] {
            fs::write(file.path(), text).unwrap();
            for refused in [file.load().unwrap_err(), file.record(&record("a/b", 1)).unwrap_err()] {
                let refused = refused.to_string();
                assert!(refused.contains(said) && refused.contains("progress.json"), "{refused}");
            }
            assert_eq!(fs::read_to_string(file.path()).unwrap(), text);
        }
        let kept = file.reset().unwrap().unwrap();
        assert!(fs::read_to_string(kept).unwrap().contains("\"version\":2"));
        assert_eq!(file.load().unwrap(), Progress::default());
        assert_eq!(file.reset().unwrap(), None);
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let refused = ProgressFile::at(directory.path()).load().unwrap_err().to_string();
        assert!(refused.contains("cannot read"), "{refused}");
        let endless = ProgressFile::at("/dev/zero").load().unwrap_err().to_string();
        assert!(endless.contains("not a regular file"), "{endless}");
    }
}

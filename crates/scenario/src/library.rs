//! Many scenarios: those built into the binary, or the user's own directory in their place.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use crate::error::ScenarioError;
use crate::format::{self, Scenario};

static BUILT_IN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../scenarios");

/// The most bytes a scenario file may have, 1 MiB: a hundred times more than any needs.
const MAX_FILE: u64 = 1 << 20;

/// How many resembling ids an error names.
const NEAREST: usize = 3;

/// Scenarios by id, in alphabetical order.
#[derive(Debug, Clone)]
pub struct Library {
    scenarios: Vec<Scenario>,
}

impl Library {
    /// The scenarios built into this program.
    pub fn built_in() -> Result<Self, ScenarioError> {
        Self::built_in_where(|_| true)
    }

    /// Those of the built-in scenarios that `ids` stand for, as [`select`](Self::select) has it. The others are not even
    /// read, which saves most of the time that a command about one scenario takes to start; where an id stands for
    /// none, all are, to find what resembles it.
    pub fn built_in_for(ids: &[String]) -> Result<Self, ScenarioError> {
        let library = Self::built_in_where(|own| ids.iter().any(|id| stands_for(id, own)))?;
        let complete = !ids.is_empty() && library.select(ids).is_ok();
        if complete { Ok(library) } else { Self::built_in() }
    }

    fn built_in_where(wanted: impl Fn(&str) -> bool) -> Result<Self, ScenarioError> {
        let classes = BUILT_IN.dirs().flat_map(Dir::files).filter(|file| is_scenario(file.path()));
        let texts = classes.filter_map(|file| Some((id_of(file.path()), file.path(), file.contents_utf8()?)));
        Self::read(texts.filter(|(id, ..)| wanted(id)).map(|(id, path, text)| {
            let file = Path::new("scenarios").join(path);
            format::parse(&id, &file.display().to_string(), text)
        }))
    }

    /// The scenarios in `directory`, as `<class>/<name>.toml`: regular files, or links to such, of at most 1 MiB.
    pub fn from_directory(directory: &Path) -> Result<Self, ScenarioError> {
        let mut texts = Vec::new();
        for class in entries(directory)?.into_iter().filter(|path| path.is_dir()) {
            for path in entries(&class)?.into_iter().filter(|path| is_scenario(path)) {
                let text = text_of(&path).map_err(|source| ScenarioError::Read { path: path.clone(), source })?;
                let id = id_of(path.strip_prefix(directory).unwrap_or(&path));
                texts.push((id, path.display().to_string(), text));
            }
        }
        if texts.is_empty() {
            return Err(ScenarioError::Empty { path: directory.to_owned() });
        }
        Self::read(texts.iter().map(|(id, file, text)| format::parse(id, file, text)))
    }

    fn read(scenarios: impl Iterator<Item = Result<Scenario, ScenarioError>>) -> Result<Self, ScenarioError> {
        let mut scenarios: Vec<Scenario> = scenarios.collect::<Result<_, _>>()?;
        scenarios.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Self { scenarios })
    }

    /// All scenarios.
    pub fn iter(&self) -> impl Iterator<Item = &Scenario> {
        self.scenarios.iter()
    }

    /// The scenario with this id.
    pub fn get(&self, id: &str) -> Result<&Scenario, ScenarioError> {
        self.scenarios.iter().find(|scenario| scenario.id == id).ok_or_else(|| self.unknown(id))
    }

    /// The scenarios with these ids, or all for none; an id that ends in `/` stands for its whole class.
    pub fn select(&self, ids: &[String]) -> Result<Vec<&Scenario>, ScenarioError> {
        if ids.is_empty() {
            return Ok(self.iter().collect());
        }
        let mut selected = Vec::new();
        for id in ids {
            let before = selected.len();
            selected.extend(self.iter().filter(|scenario| stands_for(id, &scenario.id)));
            if selected.len() == before {
                return Err(self.unknown(id));
            }
        }
        Ok(selected)
    }

    fn unknown(&self, id: &str) -> ScenarioError {
        let mut scored: Vec<(f64, &str)> =
            self.iter().map(|scenario| (strsim::jaro_winkler(id, &scenario.id), scenario.id.as_str())).collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        let nearest = scored.into_iter().take(NEAREST).filter(|(score, _)| *score > 0.6).map(|(_, id)| id.to_owned());
        ScenarioError::Unknown { id: id.to_owned(), nearest: nearest.collect() }
    }
}

/// Whether `asked` is the scenario's id, or its class with a slash at the end.
fn stands_for(asked: &str, id: &str) -> bool {
    asked == id || (asked.ends_with('/') && id.starts_with(asked))
}

fn is_scenario(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "toml")
}

/// `certificate/expired.toml` is `certificate/expired`, whatever the system's separator.
fn id_of(path: &Path) -> String {
    let parts: Vec<String> = path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    parts.join("/")
}

/// Reads a scenario file. Its type is looked at before it is opened: opening a FIFO waits for somebody who writes.
fn text_of(path: &Path) -> io::Result<String> {
    if !fs::metadata(path)?.is_file() {
        let reason = "it is not a regular file; remove it, or give it another ending than .toml";
        return Err(io::Error::new(ErrorKind::InvalidInput, reason));
    }
    let mut text = Vec::new();
    // The size is counted, not asked for: a file may grow, and those of /proc have none.
    if File::open(path)?.take(MAX_FILE + 1).read_to_end(&mut text)? as u64 > MAX_FILE {
        let reason = "it has more than 1 MiB; remove it, or shorten it if it is a scenario";
        return Err(io::Error::new(ErrorKind::FileTooLarge, reason));
    }
    String::from_utf8(text).map_err(|error| io::Error::new(ErrorKind::InvalidData, error.utf8_error()))
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, ScenarioError> {
    let read = |source| ScenarioError::Read { path: directory.to_owned(), source };
    let entries = fs::read_dir(directory).map_err(read)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(read)).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::*;

    /// A library of one class with the file `x.toml`, which `make` makes.
    fn library(make: impl FnOnce(&Path)) -> (TempDir, Result<Library, ScenarioError>) {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("class")).unwrap();
        make(&directory.path().join("class/x.toml"));
        let library = Library::from_directory(directory.path());
        (directory, library)
    }

    fn refusal(make: impl FnOnce(&Path)) -> String {
        let refused = library(make).1.unwrap_err().to_string();
        assert!(refused.contains("class/x.toml"), "{refused}");
        refused
    }

    #[test]
    fn no_more_is_read_than_is_asked_for() {
        let read = |ids: &[&str]| {
            let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
            Library::built_in_for(&ids).unwrap().iter().map(|scenario| scenario.id.clone()).collect::<Vec<_>>()
        };
        let all = read(&[]);
        assert_eq!(read(&["certificate/expired"]), ["certificate/expired"]);
        let chain = read(&["chain/"]);
        assert!(chain.len() > 1 && chain.len() < all.len() && chain.iter().all(|id| id.starts_with("chain/")));
        assert_eq!(read(&["chain/incomplete", "certificate/expird"]), all, "the nearest may be any");
    }

    #[test]
    fn only_regular_files_are_read() {
        let device = refusal(|path| symlink("/dev/zero", path).unwrap());
        assert!(device.contains("not a regular file"), "{device}");
        let directory = refusal(|path| fs::create_dir(path).unwrap());
        assert!(directory.contains("not a regular file"), "{directory}");
    }

    #[test]
    fn a_link_to_a_scenario_is_one() {
        let expired = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/certificate/expired.toml");
        let (_directory, library) = library(|path| symlink(expired, path).unwrap());
        assert_eq!(library.unwrap().iter().map(|scenario| scenario.id.as_str()).collect::<Vec<_>>(), ["class/x"]);
    }

    #[test]
    fn a_file_that_cannot_be_a_scenario_is_not_read_whole() {
        let made = |length| move |path: &Path| File::create(path).unwrap().set_len(length).unwrap();
        assert!(refusal(made(MAX_FILE + 1)).contains("more than 1 MiB"));
        assert!(!refusal(made(MAX_FILE)).contains("MiB"), "this one is read, and refused for what is in it");
    }
}

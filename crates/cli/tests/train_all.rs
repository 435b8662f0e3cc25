//! Every exercise, solved at the terminal by a script: a dead end first, then the fix, then the diagnosis.
//!
//! A process plays several, as a trainee who goes on from the menu would. A filter such as
//! `cargo test --test train_all -- chain/` plays those that it names, and what shares their process.

use std::error::Error;
use std::io::Write as _;
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, OnceLock};

use edge502_scenario::Library;
use edge502_train::{Curriculum, Exercise, Seed};
use libtest_mimic::{Arguments, Failed, Trial};

const SEED: Seed = Seed::new(502);

/// How many exercises a process plays.
const TOGETHER: usize = 8;

/// Exercises that are played when the first of their tests is run, and what was told in each.
struct Sitting {
    exercises: Vec<Exercise>,
    told: OnceLock<Result<Vec<String>, String>>,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Exercises wait more than they compute: for silent origins, for firewalls that drop.
    arguments.test_threads.get_or_insert(64);
    let library = Library::built_in().expect("the built-in scenarios are valid");
    let exercises: Vec<Exercise> = Curriculum::new(&library).entries(None).map(|entry| entry.open(SEED)).collect();
    let trials = exercises.chunks(TOGETHER).flat_map(|together| {
        let sitting = Arc::new(Sitting { exercises: together.to_vec(), told: OnceLock::new() });
        (0..together.len()).map(move |index| {
            let sitting = sitting.clone();
            let id = sitting.exercises[index].scenario().id.clone();
            Trial::test(id, move || sitting.check(index))
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

impl Sitting {
    fn check(&self, index: usize) -> Result<(), Failed> {
        let told = self.told.get_or_init(|| self.play().map_err(|error| error.to_string()));
        let told = told.as_ref().map_err(Failed::from)?.get(index).ok_or("the exercise was not reached")?;
        let before = told.split("Cured: viewers get the site.").next().unwrap_or_default();
        if before.matches("✗ ").count() == 2 && told.contains("Solved, for 85 of 100 points.") {
            return Ok(());
        }
        Err(told.into())
    }

    /// What was told in each exercise.
    fn play(&self) -> Result<Vec<String>, Box<dyn Error>> {
        let script = self.exercises.iter().map(script).collect::<Option<String>>().ok_or("no remedy")?;
        let told = run(&script)?;
        Ok(told.split("Back in the menu").map(str::to_owned).collect())
    }
}

/// Looks, tries what does not help, cures, and says what it was.
fn script(exercise: &Exercise) -> Option<String> {
    let number = |cures| exercise.remedies().iter().find(|remedy| remedy.cures() == cures).map(|remedy| remedy.number);
    let (useless, cure, cause) = (number(false)?, number(true)?, exercise.cause());
    let name = exercise.name();
    Some(format!("open {name}\ncheck\napply {useless}\ncheck\napply {cure}\ncheck\ndiagnose {cause}\n"))
}

fn run(script: &str) -> Result<String, Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let mut child = Command::new(env!("CARGO_BIN_EXE_edge502"))
        .args(["train", "--seed", &SEED.to_string(), "--progress"])
        .arg(directory.path().join("progress.json"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().ok_or("no input")?.write_all(script.as_bytes())?;
    let output = child.wait_with_output()?;
    let told = String::from_utf8(output.stdout)?;
    if output.status.success() && output.stderr.is_empty() {
        return Ok(told);
    }
    Err(format!("{}: {told}{}", output.status, String::from_utf8_lossy(&output.stderr)).into())
}

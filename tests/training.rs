//! Every exercise can be solved, and by nothing that does not cure.
//!
//! One test for each state a trainee can bring about: the broken site, every remedy, every fix as changes of the trainee's
//! own through the control address, and an edge function that answers 200 in the origin's place. The checker asks the running lab each time. A filter such as
//! `cargo test --test training -- chain/` plays only what it names.

mod support;

use std::error::Error;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use edge502_pki::Lab as Pki;
use edge502_scenario::{LabOptions, Library, Scenario, StepKind};
use edge502_train::{Check, Exercise, Seed, TrainError, Verdict, Workbench, mystery};
use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;
use toml::{Table, Value};

/// What names, dates and the order of the remedies follow from.
const SEED: Seed = Seed::new(1);

/// The longest a single answer of the control address may take.
const BOUND: Duration = Duration::from_mins(2);

/// The keys of a `[[fix]]` that a patch takes.
const KEYS: [&str; 10] = [
    "unset",
    "origin",
    "standby",
    "dns",
    "network",
    "distribution",
    "client_certificate",
    "function",
    "request",
    "client",
];

/// Changes that give viewers a 200 and cure nothing: before the cache and behind it.
const STAND_INS: [&str; 2] = [
    r#"{"function":{"viewer-request":{"kind":"lambda","result":{"status":"200","body":"all is well"}}}}"#,
    r#"{"function":{"origin-request":{"kind":"lambda","result":{"status":"200","body":"all is well"}}}}"#,
];

/// What all exercises share.
struct School {
    runtime: Runtime,
    options: LabOptions,
}

/// What a trainee can bring about.
#[derive(Debug, Clone, Copy)]
enum Deed {
    /// Only looks, twice.
    Look,
    /// Applies the remedy with this number.
    Remedy(usize),
    /// Makes the changes of this fix, counted from 0, through the control address.
    Patch(usize),
    /// Lets an edge function answer in the origin's place.
    StandIn,
}

/// An exercise that is played when the first of its tests is run; one result for each deed.
struct Play {
    exercise: Arc<Exercise>,
    deeds: Vec<Deed>,
    results: OnceLock<Vec<Result<(), String>>>,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Exercises wait more than they compute: for silent origins, for firewalls that drop.
    arguments.test_threads.get_or_insert(128);
    let library = Library::built_in().expect("the built-in scenarios are valid");
    let clock = support::clock();
    let pki = Pki::new(clock.now()).expect("a root can be made");
    let runtime = Runtime::new().expect("a runtime can be started");
    let school = Arc::new(School { runtime, options: LabOptions::new(pki.into(), clock) });
    let trials = library.iter().flat_map(|scenario| trials(scenario, &school)).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trials(scenario: &Scenario, school: &Arc<School>) -> Vec<Trial> {
    // In disguise, so that other names and dates are proven to change nothing.
    let disguised = mystery::disguised(scenario, SEED).expect("every scenario can be disguised");
    let exercise = Arc::new(Exercise::new(disguised, "exercise", SEED));
    let remedies = exercise.remedies().iter().map(|remedy| Deed::Remedy(remedy.number));
    let patches = patches(scenario).into_iter().map(Deed::Patch);
    // Where a fix has code at the edge answer, there is nothing wrong with it.
    let answers = scenario.of_kind(StepKind::Fix).any(|step| step.state.answers_at_edge());
    let stand_in = (!answers).then_some(Deed::StandIn);
    let deeds: Vec<Deed> = std::iter::once(Deed::Look).chain(remedies).chain(patches).chain(stand_in).collect();
    let play = Arc::new(Play { exercise, deeds, results: OnceLock::new() });
    let trial = |(index, deed): (usize, &Deed)| {
        let (play, school) = (play.clone(), school.clone());
        Trial::test(format!("{}/{}", scenario.id, play.name(*deed)), move || play.result(&school, index))
    };
    play.deeds.iter().enumerate().map(trial).collect()
}

/// The fixes that are changes to what is up. Those that are about what should have happened before are none.
fn patches(scenario: &Scenario) -> Vec<usize> {
    let file: Table = toml::from_str(&scenario.text).expect("the scenario was read from it");
    let fixes = file["fix"].as_array().into_iter().flatten().enumerate();
    fixes.filter(|(_, fix)| fix.get("before").is_none()).map(|(index, _)| index).collect()
}

impl Play {
    fn name(&self, deed: Deed) -> String {
        let fixes = || self.exercise.scenario().of_kind(StepKind::Fix);
        match deed {
            Deed::Look => "broken".to_owned(),
            Deed::Remedy(number) => {
                let remedy = self.exercise.remedy(number).expect("it was taken from the list");
                format!("{}: {}", if remedy.cures() { StepKind::Fix } else { StepKind::DeadEnd }, remedy.title)
            }
            Deed::Patch(index) => format!("patch: {}", fixes().nth(index).expect("they were counted").title),
            Deed::StandIn => "patch: an edge function answers".to_owned(),
        }
    }

    fn result(&self, school: &School, index: usize) -> Result<(), Failed> {
        let results = self.results.get_or_init(|| school.runtime.block_on(self.play(school)));
        results[index].clone().map_err(Failed::from)
    }

    async fn play(&self, school: &School) -> Vec<Result<(), String>> {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let started = Workbench::start(self.exercise.clone(), school.options.clone(), directory.path());
        let bench = match Box::pin(started).await {
            Ok(bench) => bench,
            Err(error) => return vec![Err(told(&error)); self.deeds.len()],
        };
        let mut results = Vec::new();
        for deed in &self.deeds {
            results.push(Box::pin(self.done(&bench, *deed)).await.unwrap_or_else(|error| Err(told(&error))));
        }
        bench.shutdown().await;
        results
    }

    /// Does it and has the running lab checked; the inner result says whether the checker judged as it should.
    async fn done(&self, bench: &Workbench, deed: Deed) -> Result<Result<(), String>, TrainError> {
        match deed {
            Deed::Look => {
                // The broken site is not cured by being looked at.
                let checks = [bench.check().await?, bench.check().await?];
                Ok(checks.iter().try_for_each(rejects))
            }
            Deed::Remedy(number) => {
                let remedy = self.exercise.remedy(number).expect("it was taken from the list");
                bench.apply(remedy.action()).await?;
                let check = bench.check().await?;
                Ok(if remedy.cures() { accepts(&check) } else { rejects(&check) })
            }
            Deed::Patch(index) => {
                match posted(bench, self.patch(index)).await? {
                    Ok((200, _)) => Ok(accepts(&bench.check().await?)),
                    // Viewers are told to ask otherwise: nothing that can be changed at origin or distribution.
                    Ok((422, body)) if body.contains("go on asking") => Ok(Ok(())),
                    answered => Ok(Err(format!("{answered:?}"))),
                }
            }
            Deed::StandIn => {
                for stand_in in STAND_INS {
                    let rejected = match posted(bench, stand_in.to_owned()).await? {
                        Ok((200, _)) => rejects(&bench.check().await?),
                        answered => Err(format!("{answered:?}")),
                    };
                    if rejected.is_err() {
                        return Ok(rejected);
                    }
                }
                Ok(Ok(()))
            }
        }
    }

    /// The changes of a fix, as JSON.
    fn patch(&self, index: usize) -> String {
        let file: Table = toml::from_str(&self.exercise.scenario().text).expect("the scenario was read from it");
        let fix = file["fix"][index].as_table().expect("a fix is a table");
        let patch: Table = fix.iter().filter(|(key, _)| KEYS.contains(&key.as_str())).map(owned).collect();
        serde_json::to_string(&patch).expect("a table without dates is JSON")
    }
}

fn owned((key, value): (&String, &Value)) -> (String, Value) {
    (key.clone(), value.clone())
}

/// An error with its reasons.
fn told(error: &TrainError) -> String {
    let (mut told, mut reason) = (error.to_string(), error.source());
    while let Some(error) = reason {
        told = format!("{told}: {error}");
        reason = error.source();
    }
    told
}

fn accepts(check: &Check) -> Result<(), String> {
    if check.verdict == Verdict::Cured { Ok(()) } else { Err(format!("not accepted: {check:?}")) }
}

fn rejects(check: &Check) -> Result<(), String> {
    if check.verdict == Verdict::Cured { Err(format!("accepted: {check:?}")) } else { Ok(()) }
}

/// Sends changes of the trainee's own to the control address.
async fn posted(bench: &Workbench, patch: String) -> Result<io::Result<(u16, String)>, TrainError> {
    let control = bench.session().brief().await?.control;
    let posted = tokio::task::spawn_blocking(move || post(&control, "/patch", &patch)).await;
    Ok(posted.expect("the client does not panic"))
}

fn post(control: &str, path: &str, body: &str) -> io::Result<(u16, String)> {
    let malformed = || io::Error::from(io::ErrorKind::InvalidData);
    let address: SocketAddr = control.trim_start_matches("http://").parse().map_err(|_| malformed())?;
    let mut tcp = TcpStream::connect(address)?;
    tcp.set_read_timeout(Some(BOUND))?;
    let length = body.len();
    write!(
        tcp,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    tcp.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(malformed)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(malformed)?;
    Ok((status, body.to_owned()))
}

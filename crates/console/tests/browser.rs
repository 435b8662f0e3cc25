//! The console in a real browser: `browser/drive.mjs` with headless Chromium.
//!
//! It needs node, Chromium and the packages of `browser/package-lock.json` (`npm ci`); where one is missing, the test says
//! so and is skipped, unless `EDGE502_BROWSER=required`.

#![allow(clippy::unwrap_used, reason = "a step that cannot be taken fails the test")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use edge502_console::{Console, ConsoleOptions};
use edge502_rules::clock::{FixedClock, SharedClock};
use edge502_scenario::Library;
use edge502_train::{Course, ProgressFile};
use time::macros::datetime;

/// Where Debian puts it.
const CHROMIUM: &str = "/usr/bin/chromium";

/// What is missing, if anything.
fn missing(directory: &Path) -> Option<String> {
    let chromium = std::env::var("EDGE502_CHROMIUM").unwrap_or_else(|_| CHROMIUM.to_owned());
    if !Path::new(&chromium).exists() {
        return Some(format!("{chromium} is not there; install chromium, or name it in EDGE502_CHROMIUM"));
    }
    if Command::new("node").arg("--version").stdout(Stdio::null()).status().is_err() {
        return Some("node is not there; install nodejs and npm".to_owned());
    }
    let packages = directory.join("node_modules");
    (!packages.exists()).then(|| format!("{} is not there; run `npm ci` beside it", packages.display()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trainee_gets_through_in_a_real_browser() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    if let Some(missing) = missing(&directory) {
        assert_ne!(std::env::var("EDGE502_BROWSER").as_deref(), Ok("required"), "{missing}");
        eprintln!("skipped: {missing}");
        return;
    }
    let scores = tempfile::tempdir().unwrap();
    let file = ProgressFile::at(scores.path().join("progress.json"));
    let clock: SharedClock = Arc::new(FixedClock(datetime!(2026-06-01 12:00 UTC)));
    let mut options = ConsoleOptions::new(Library::built_in().unwrap(), clock.clone());
    options.progress = Some(file.clone());
    let console = Console::start(options).await.unwrap();
    let course = Console::start(hostile_course(clock)).await.unwrap();
    let mut drive = Command::new("node");
    drive.arg(directory.join("drive.mjs")).args([console.url(), course.url()]);
    if let Ok(shots) = std::env::var("EDGE502_SCREENSHOTS") {
        drive.arg(shots);
    }
    let driven = tokio::task::spawn_blocking(move || drive.output()).await.unwrap().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&driven.stdout), String::from_utf8_lossy(&driven.stderr));
    assert!(driven.status.success(), "{said}");
    println!("{said}");
    let known = file.load().unwrap();
    assert_eq!(known.of("certificate/expired").map(|known| (known.best, known.solved)), Some((75, true)));
    course.shutdown().await;
    console.shutdown().await;
}

/// A course of scenarios whose texts would be scripts, if they were not escaped.
fn hostile_course(clock: SharedClock) -> ConsoleOptions {
    let scripts = "<script>alert(1)</script><img src=x onerror=alert(1)>";
    let scenario = format!(
        "title = '{scripts}'\ncause = 'connection-refused'\nstory = '\"><{scripts} Every page is a 502.'\n\
         trap = '{scripts}'\norigin.port.behavior = 'refuse'\nexpect.status = 502\n\
         [[fix]]\ntitle = 'Start the server {scripts}'\norigin.port.behavior = 'serve'\nexpect.status = 200\n\
         [[dead_end]]\ntitle = 'Wait {scripts}'\nwhy = '{scripts}'\nexpect.status = 502\n"
    );
    let scenarios = tempfile::tempdir().unwrap();
    std::fs::create_dir(scenarios.path().join("own")).unwrap();
    std::fs::write(scenarios.path().join("own/hostile.toml"), scenario).unwrap();
    let library = Library::from_directory(scenarios.path()).unwrap();
    let exercise = "[[exercise]]\nid = 'own/hostile'\nminutes = 10\nhints = 1\n";
    let text = format!("title = 'A course {scripts}'\nminutes = 30\n{exercise}{exercise}");
    let course = Course::parse("course.toml", &text, &library).unwrap();
    let mut options = ConsoleOptions::new(library, clock);
    options.course = Some(Arc::new(course));
    options
}

//! What the program does, one module for each command.

pub(crate) mod check;
pub(crate) mod console;
pub(crate) mod edge;
pub(crate) mod export;
pub(crate) mod list;
pub(crate) mod origin;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod train;

use std::fmt::Write as _;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use edge502_edge::AccessLog;
use edge502_scenario::report::Paint;
use edge502_scenario::{LabOptions, Library};
use edge502_train::Course;
use tempfile::TempDir;

use crate::args::{Stream, TimeArguments};
use crate::clock::clock;
use crate::input;

/// The longest that taking something down may last.
const SHUTDOWN: Duration = Duration::from_secs(10);

/// A directory for the files of one run, closed to other users and removed when it is dropped.
fn run_directory() -> anyhow::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("edge502-").permissions(Permissions::from_mode(0o700));
    builder.tempdir().context("cannot make a directory for temporary files")
}

/// A lab with fresh certificates.
fn lab_options(time: TimeArguments) -> anyhow::Result<LabOptions> {
    let clock = clock(time.at);
    let pki = edge502_pki::Lab::new(clock.now()).context("cannot make the lab's certificates")?;
    Ok(LabOptions::new(pki.into(), clock))
}

/// The course in a file.
fn course(path: &Path, library: &Library) -> anyhow::Result<Course> {
    let file = path.display().to_string();
    let text = input::text(&Stream::File(path.to_owned())).with_context(|| format!("cannot read {file}"))?;
    Ok(Course::parse(&file, &text, library)?)
}

/// Waits for something to be taken down. What takes too long ends with the process.
async fn take_down(shutdown: impl Future<Output = ()>) {
    if tokio::time::timeout(SHUTDOWN, shutdown).await.is_err() {
        tracing::error!("connections were still open after {} s and were cut", SHUTDOWN.as_secs());
    }
}

/// Waits until the access log is written to its end.
async fn end_log(log: Option<AccessLog>) {
    if let Some(log) = log {
        log.close().await;
    }
}

/// Names with their values, one on a line.
fn table(rows: &[(&str, &str)], style: Paint) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    rows.iter().fold(String::new(), |mut text, (name, value)| {
        let _ = writeln!(text, "  {}  {value}", style.faint(&format!("{name:<width$}")));
        text
    })
}

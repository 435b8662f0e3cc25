//! Handouts: a scenario on a page, with what a running lab showed, and files to try with other programs.

mod page;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use edge502_edge::Exchange;
use edge502_scenario::serve::{Action, Brief, Session};
use edge502_scenario::{Answer, DocumentedCheck, Expect, LabOptions, Observed, Scenario, Step, StepKind};
use tempfile::NamedTempFile;

use crate::{TrainError, document};

/// Files for running exercises for a class on one server.
const RECIPE: [(&str, &str); 3] = [
    ("Dockerfile", include_str!("../recipe/Dockerfile")),
    ("compose.yaml", include_str!("../recipe/compose.yaml")),
    ("README.md", include_str!("../recipe/README.md")),
];

/// What a running lab showed of a scenario.
struct Capture {
    brief: Brief,
    answer: Answer,
    exchange: Arc<Exchange>,
    openssl: String,
    dig: Vec<Vec<String>>,
    /// Every dead end and fix, with what was seen.
    steps: Vec<(Step, Observed)>,
}

/// Writes the handout of `scenario` and the origin's certificates and key below `directory`; says where.
pub async fn export(scenario: &Scenario, options: &LabOptions, directory: &Path) -> Result<PathBuf, TrainError> {
    let own = directory.join(scenario.id.replace('/', "-"));
    let pem = own.join("pem");
    make(&pem)?;
    let mut captured = capture(scenario, options, &pem).await?;
    captured.brief = beside(captured.brief, &pem);
    let markdown = page::markdown(scenario, &captured);
    write(&own.join("handout.md"), &markdown)?;
    write(&own.join("handout.html"), &document::html(&scenario.title, &markdown, document::ONE_SHEET))?;
    Ok(own.join("handout.md"))
}

/// Writes the recipe for a class below `directory`; says where.
pub fn recipe(directory: &Path) -> Result<PathBuf, TrainError> {
    let class = directory.join("class");
    make(&class)?;
    for (name, text) in RECIPE {
        write(&class.join(name), text)?;
    }
    Ok(class.join("README.md"))
}

/// The commands as they are pasted in the handout's own directory.
fn beside(brief: Brief, pem: &Path) -> Brief {
    let directory = pem.display().to_string();
    let relative = |command: String| command.replace(&directory, "pem");
    Brief { curl: relative(brief.curl), openssl: relative(brief.openssl), ..brief }
}

async fn capture(scenario: &Scenario, options: &LabOptions, pem: &Path) -> Result<Capture, TrainError> {
    let session = Box::pin(Session::start(scenario.clone(), options.clone(), pem)).await?;
    let captured = Box::pin(look(scenario, &session)).await;
    Box::pin(session.shutdown()).await;
    captured
}

async fn look(scenario: &Scenario, session: &Session) -> Result<Capture, TrainError> {
    let brief = session.brief().await?;
    let (answer, exchange) = session.visit().await?;
    let openssl = printed(session.documented_check().await?);
    let dig = session.dig().await;
    let dead_ends = (1..=scenario.of_kind(StepKind::DeadEnd).count()).map(Action::DeadEnd);
    let fixes = (1..=scenario.of_kind(StepKind::Fix).count()).map(Action::Fix);
    let mut steps = Vec::new();
    for action in dead_ends.chain(fixes) {
        session.play(action).await?;
        steps.push(session.replay(&Expect::default()).await?);
    }
    // The files that are left belong to the broken site.
    session.play(Action::Reset).await?;
    Ok(Capture { brief, answer, exchange, openssl, dig, steps })
}

fn printed(check: DocumentedCheck) -> String {
    match check {
        DocumentedCheck::Played { text, .. } => text,
        DocumentedCheck::Skipped => "(not played: this program was built without OpenSSL)".to_owned(),
    }
}

fn make(directory: &Path) -> Result<(), TrainError> {
    let failed = |source| TrainError::File { what: "make", path: directory.to_owned(), source };
    fs::create_dir_all(directory).map_err(failed)
}

/// Writes a file for everybody to read, whole or not at all.
fn write(path: &Path, text: &str) -> Result<(), TrainError> {
    let written = || {
        let mut file = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
        file.write_all(text.as_bytes())?;
        file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
        file.persist(path)?;
        Ok(())
    };
    written().map_err(|source| TrainError::File { what: "write", path: path.to_owned(), source })
}

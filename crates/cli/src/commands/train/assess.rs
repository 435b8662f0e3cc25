//! An assessment: once through a course, in time, with a result sheet.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use edge502_train::{Attempt, Course, Planned, Row, Seed, Sheet, SheetKey, Signed, Terms};
use tempfile::NamedTempFile;
use time::{Duration, OffsetDateTime};

use super::desk::{Desk, Left};
use crate::args::TrainArguments;
use crate::terminal;

/// Goes through the course and writes the sheet, also if the trainee leaves early.
pub(super) async fn assess(
    desk: &mut Desk<'_>,
    course: &Course,
    seed: Seed,
    arguments: &TrainArguments,
) -> anyhow::Result<ExitCode> {
    let trainee = arguments.trainee.clone().context("who is assessed? Name the trainee with --trainee")?;
    let key = arguments.key.as_deref().map(SheetKey::read).transpose()?;
    let directory = arguments.sheet.clone().unwrap_or_else(|| ".".into());
    // Now, so that nobody works for a sheet that cannot be written.
    fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
    NamedTempFile::new_in(&directory).with_context(|| format!("cannot write to {}", directory.display()))?;
    let began = desk.school.clock.now();
    terminal::say(opening(course, &trainee, seed)).await?;
    let rows = rows(desk, course, seed, began).await?;
    let sheet = Sheet {
        course: course.title.clone(),
        trainee,
        seed,
        program: concat!("edge502 ", env!("CARGO_PKG_VERSION")).to_owned(),
        began,
        ended: desk.school.clock.now(),
        minutes: course.minutes,
        rows,
    };
    let signed = Signed::new(sheet, key.as_ref());
    write(&directory, &signed)?;
    let (score, full) = (signed.sheet.score(), signed.sheet.full());
    let place = directory.join("result.md").display().to_string();
    terminal::say(format!("{score} of {full} points; the sheet is in {place}, .html, .json and .csv\n")).await?;
    Ok(ExitCode::SUCCESS)
}

fn opening(course: &Course, trainee: &str, seed: Seed) -> String {
    let limit = course.minutes.map_or_else(String::new, |minutes| format!(" {minutes} minutes in all."));
    let count = course.plan.len();
    let trainee = terminal::printable(trainee);
    format!("{}: {trainee}, {count} exercises, once each.{limit} Seed {seed}.\n", terminal::printable(&course.title))
}

/// One row for each exercise; those that were not reached have no points.
async fn rows(desk: &mut Desk<'_>, course: &Course, seed: Seed, began: OffsetDateTime) -> anyhow::Result<Vec<Row>> {
    let end = course.minutes.map(|minutes| began + Duration::minutes(minutes.into()));
    let mut rows = Vec::new();
    let mut gone = false;
    for (place, planned) in (1..).zip(&course.plan) {
        let exercise = course.open(place, desk.curriculum, seed)?;
        let now = desk.school.clock.now();
        let terms = terms(planned, end, now);
        gone = gone || end.is_some_and(|end| now > end);
        let attempt = if gone {
            Attempt::new(Arc::new(exercise), terms, now)
        } else {
            terminal::say(format!("\n{place} of {}{}\n\n", course.plan.len(), time_for(planned))).await?;
            let (attempt, left) = desk.practise(exercise, terms).await?;
            gone = left == Left::Gone;
            attempt
        };
        rows.push(Row::of(&attempt, planned.minutes, desk.school.clock.now()));
    }
    Ok(rows)
}

/// The exercise's own limit or the course's, whichever comes first.
fn terms(planned: &Planned, end: Option<OffsetDateTime>, now: OffsetDateTime) -> Terms {
    let own = planned.minutes.map(|minutes| now + Duration::minutes(minutes.into()));
    Terms { hints: planned.hints, deadline: own.into_iter().chain(end).min() }
}

fn time_for(planned: &Planned) -> String {
    planned.minutes.map_or_else(String::new, |minutes| format!(", {minutes} minutes"))
}

/// Writes the sheet in every form, each whole or not at all.
fn write(directory: &Path, signed: &Signed) -> anyhow::Result<()> {
    let forms = [
        ("result.md", signed.to_markdown()),
        ("result.html", signed.to_html()),
        ("result.csv", signed.to_csv()),
        ("result.json", signed.to_json()),
    ];
    for (name, text) in forms {
        let path = directory.join(name);
        let written = || {
            let mut file = NamedTempFile::new_in(directory)?;
            file.write_all(text.as_bytes())?;
            file.persist(&path)?;
            std::io::Result::Ok(())
        };
        written().with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

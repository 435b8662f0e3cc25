//! An assessment: once through a course, in time, with a result sheet.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use edge502_train::{Course, Planned, Seed, SheetForm, SheetKey, Signed, Sitting};
use tempfile::NamedTempFile;

use super::desk::{Desk, Left};
use crate::args::TrainArguments;
use crate::terminal;

/// Goes through the course and writes the sheet, also if the trainee leaves early.
pub(super) async fn assess(
    desk: &mut Desk<'_>,
    course: &Arc<Course>,
    seed: Seed,
    arguments: &TrainArguments,
) -> anyhow::Result<ExitCode> {
    let trainee = arguments.trainee.clone().context("who is assessed? Name the trainee with --trainee")?;
    let key = arguments.key.as_deref().map(SheetKey::read).transpose()?;
    let directory = arguments.sheet.clone().unwrap_or_else(|| ".".into());
    // Now, so that nobody works for a sheet that cannot be written.
    fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
    NamedTempFile::new_in(&directory).with_context(|| format!("cannot write to {}", directory.display()))?;
    let mut sitting = Sitting::new(course.clone(), seed, desk.school.clock.now());
    terminal::say(opening(course, &trainee, seed)).await?;
    take(desk, &mut sitting).await?;
    let signed = Signed::new(sitting.sheet(trainee, desk.curriculum, desk.school.clock.now())?, key.as_ref());
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

/// Takes the exercises one after the other, until the end, or until time or trainee are gone.
async fn take(desk: &mut Desk<'_>, sitting: &mut Sitting) -> anyhow::Result<()> {
    while let Some(place) = sitting.next(desk.school.clock.now()) {
        let exercise = sitting.open(place, desk.curriculum)?;
        terminal::say(format!("\n{place} of {}{}\n\n", sitting.rows().len(), time_for(sitting.planned(place)))).await?;
        let terms = sitting.terms(place, desk.school.clock.now());
        let (attempt, left) = desk.practise(exercise, terms).await?;
        sitting.note(place, &attempt, desk.school.clock.now());
        if left == Left::Gone {
            break;
        }
    }
    Ok(())
}

fn time_for(planned: &Planned) -> String {
    planned.minutes.map_or_else(String::new, |minutes| format!(", {minutes} minutes"))
}

/// Writes the sheet in every form, each whole or not at all.
fn write(directory: &Path, signed: &Signed) -> anyhow::Result<()> {
    for form in SheetForm::ALL {
        let path = directory.join(form.file_name());
        let written = || {
            let mut file = NamedTempFile::new_in(directory)?;
            file.write_all(signed.write(form).as_bytes())?;
            file.persist(&path)?;
            std::io::Result::Ok(())
        };
        written().with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

//! An assessment: once through a course, in time, with a result sheet.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use edge502_train::texts::Opening;
use edge502_train::{Course, Seed, SheetForm, SheetKey, Signed, Sitting};
use tempfile::NamedTempFile;

use super::desk::{Desk, Left};
use super::show;
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
    let texts = &desk.school.texts.terminal;
    let opening = Opening {
        course: &terminal::printable(&course.title),
        trainee: &terminal::printable(&trainee),
        count: course.plan.len(),
        minutes: course.minutes,
        seed,
    };
    terminal::say(show::wrapped(&(texts.opening)(&opening))).await?;
    take(desk, &mut sitting).await?;
    let signed = Signed::new(sitting.sheet(trainee, desk.curriculum, desk.school.clock.now())?, key.as_ref());
    write(&directory, &signed)?;
    let (score, full) = (signed.sheet.score(), signed.sheet.full());
    let place = directory.join("result.md").display().to_string();
    terminal::say(format!("{}\n", (texts.sheet)(score, full, &place))).await?;
    Ok(ExitCode::SUCCESS)
}

/// Takes the exercises one after the other, until the end, or until time or trainee are gone.
async fn take(desk: &mut Desk<'_>, sitting: &mut Sitting) -> anyhow::Result<()> {
    while let Some(place) = sitting.next(desk.school.clock.now()) {
        let exercise = sitting.open(place, desk.curriculum)?;
        let told = (desk.school.texts.terminal.place)(place, sitting.rows().len(), sitting.planned(place).minutes);
        terminal::say(format!("\n{told}\n\n")).await?;
        let terms = sitting.terms(place, desk.school.clock.now());
        let (attempt, left) = desk.practise(exercise, terms).await?;
        sitting.note(place, &attempt, desk.school.clock.now());
        if left == Left::Gone {
            break;
        }
    }
    Ok(())
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

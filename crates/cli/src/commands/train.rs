//! `edge502 train`: exercises in the terminal.
//!
//! People and pipes type the same words, one on a line; the end of the input ends it.

mod assess;
mod command;
mod desk;
mod practice;
mod show;

use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use edge502_rules::clock::SharedClock;
use edge502_scenario::report::Paint;
use edge502_scenario::{LabOptions, Library};
use edge502_train::{Course, Curriculum, ProgressFile, SheetKey, Signed, Terms, Texts, mystery};

use crate::args::{OutputArguments, Stream, TrainArguments};
use crate::keyboard::Keyboard;
use crate::signals::Stop;
use crate::{input, terminal};

use desk::Desk;

/// What does not change while somebody trains.
struct School {
    library: Library,
    options: LabOptions,
    clock: SharedClock,
    progress: ProgressFile,
    texts: &'static Texts,
    style: Paint,
}

pub(crate) async fn train(arguments: TrainArguments, output: OutputArguments) -> anyhow::Result<ExitCode> {
    if let Some(path) = &arguments.new_key {
        SheetKey::create(path)?;
        terminal::print(&format!("{}: a new key; keep it from those who are assessed\n", path.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(path) = &arguments.verify {
        return verify(&arguments, path);
    }
    let progress = match &arguments.progress {
        Some(path) => ProgressFile::at(path),
        None => ProgressFile::usual()?,
    };
    if arguments.reset {
        return reset(&progress);
    }
    let options = super::lab_options(arguments.time)?;
    let school = School {
        library: arguments.library.library()?,
        clock: options.clock.clone(),
        options,
        progress,
        texts: arguments.lang.texts(),
        style: output.color.style(&io::stdout()),
    };
    if arguments.list {
        let known = school.progress.load()?;
        let curriculum = Curriculum::new(&school.library);
        terminal::print(&show::list(&curriculum, arguments.track, &known, school.texts))?;
        return Ok(ExitCode::SUCCESS);
    }
    attend(&arguments, &school).await
}

/// Lets the trainee work until there is nothing more to do, or nobody who types.
async fn attend(arguments: &TrainArguments, school: &School) -> anyhow::Result<ExitCode> {
    // Now, before anything is begun that could not be kept.
    school.progress.load()?;
    let curriculum = Curriculum::new(&school.library);
    let course = arguments.course.as_deref().map(|path| super::course(path, &school.library)).transpose()?;
    let seed = match arguments.seed.or_else(|| course.as_ref().and_then(|course| course.seed)) {
        Some(seed) => seed,
        None => edge502_train::Seed::fresh()?,
    };
    let first = match &arguments.exercise {
        Some(name) => Some(curriculum.find(name)?.open(seed)),
        None if arguments.mystery => Some(mystery::draw(&curriculum, arguments.track, seed)?),
        None => None,
    };
    let (keyboard, stop) = (Keyboard::open()?, Stop::listen()?);
    let mut desk = Desk::new(school, &curriculum, keyboard, stop);
    if arguments.assess {
        let course = course.unwrap_or_else(|| Course::assessment(arguments.track));
        return assess::assess(&mut desk, &Arc::new(course), seed, arguments).await;
    }
    match (first, course) {
        (Some(exercise), _) => drop(desk.practise(exercise, Terms::default()).await?),
        (None, Some(course)) => desk.follow(&course, seed).await?,
        (None, None) => desk.menu(arguments.track, seed).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn verify(arguments: &TrainArguments, path: &std::path::Path) -> anyhow::Result<ExitCode> {
    let text =
        input::text(&Stream::File(path.to_owned())).with_context(|| format!("cannot read {}", path.display()))?;
    let signed = Signed::parse(path, &text)?;
    let key = arguments.key.as_deref().map(SheetKey::read).transpose()?;
    signed.verify(key.as_ref())?;
    terminal::print(&format!("{}: {}\n", path.display(), signed.summary()))?;
    Ok(ExitCode::SUCCESS)
}

fn reset(progress: &ProgressFile) -> anyhow::Result<ExitCode> {
    terminal::print(&match progress.reset()? {
        Some(kept) => format!("begun anew; the scores until now are in {}\n", kept.display()),
        None => "there were no scores\n".to_owned(),
    })?;
    Ok(ExitCode::SUCCESS)
}

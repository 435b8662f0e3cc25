//! `edge502 console`: labs and exercises in the browser, until it is stopped.

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use edge502_console::{Console, ConsoleOptions, Limits};
use edge502_train::{ProgressFile, SheetKey};
use serde_json::json;

use super::take_down;
use crate::args::{ConsoleArguments, Format, OutputArguments};
use crate::clock::clock;
use crate::signals::Stop;
use crate::terminal;

pub(crate) async fn console(arguments: ConsoleArguments, output: OutputArguments) -> anyhow::Result<ExitCode> {
    let options = options(&arguments)?;
    // Said now, and not to the first trainee who solves an exercise.
    if let Some(file) = &options.progress {
        file.load()?;
    }
    let mut stop = Stop::listen()?;
    let console = Console::start(options).await?;
    let url = console.url();
    match arguments.format {
        Format::Json => {
            terminal::print_json(&json!({ "url": url, "address": format!("http://{}", console.address()) }))?;
        }
        Format::Text => {
            let style = output.color.style(&io::stdout());
            terminal::print(&format!(
                "Open in a browser on this machine:\n\n  {}\n\nCtrl-C ends it.\n",
                style.strong(&url)
            ))?;
        }
    }
    stop.wanted().await;
    Box::pin(take_down(console.shutdown())).await;
    Ok(ExitCode::SUCCESS)
}

fn options(arguments: &ConsoleArguments) -> anyhow::Result<ConsoleOptions> {
    let progress = match &arguments.progress {
        Some(path) => ProgressFile::at(path),
        None => ProgressFile::usual()?,
    };
    let library = arguments.library.library()?;
    let course = arguments.course.as_deref().map(|path| super::course(path, &library)).transpose()?;
    let mut options = ConsoleOptions::new(library, clock(None));
    options.port = arguments.port;
    options.language = arguments.lang;
    options.progress = Some(progress);
    options.course = course.map(Arc::new);
    options.seed = arguments.seed;
    options.key = arguments.key.as_deref().map(SheetKey::read).transpose()?.map(Arc::new);
    options.rulebook = arguments.rules.rules;
    options.error_pages = arguments.rules.error_pages;
    options.limits = Limits { labs: arguments.max_labs.into(), idle: Duration::from_mins(arguments.idle.into()) };
    Ok(options)
}

//! `edge502 run`: plays scenarios.

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use edge502_edge::AccessLog;
use edge502_scenario::report::Paint;
use edge502_scenario::{RunOptions, Runner, Scenario, ScenarioReport, report};

use super::end_log;
use crate::args::{OutputArguments, RunArguments, Stream};
use crate::clock::clock;
use crate::signals::Stop;
use crate::terminal;

pub(crate) async fn run(arguments: RunArguments, output: OutputArguments) -> anyhow::Result<ExitCode> {
    let library = arguments.library.library_for(&arguments.ids)?;
    let scenarios: Vec<Scenario> = library.select(&arguments.ids)?.into_iter().cloned().collect();
    if scenarios.is_empty() {
        bail!("there is no scenario to play");
    }
    if arguments.log.access_log == Some(Stream::Standard) {
        bail!("standard output has the report; name a file or a directory for --access-log");
    }
    let log = arguments.log.open(None)?;
    let runner = Runner::new(clock(arguments.time.at), options(&arguments, log.clone()))?;
    let format = report::Format::from(arguments.format);
    let mut progress = Progress::new(scenarios.len(), format, &output);
    let style = progress.style;
    let mut stop = Stop::listen()?;
    // A task of its own, so that a reader who does not read cannot keep a signal from ending the program.
    let playing = tokio::spawn(async move {
        let reports = runner.run(scenarios, move |report| progress.finished(report)).await;
        terminal::print(&match format {
            report::Format::Text => report::summary(&reports, style),
            whole => report::whole(whole, &reports, style),
        })?;
        Ok(exit(&reports))
    });
    let played = tokio::select! {
        played = playing => played.context("a scenario could not be played to its end")?,
        () = stop.wanted() => Err(anyhow!("interrupted before every scenario was played and reported")),
    };
    end_log(log).await;
    played
}

fn options(arguments: &RunArguments, access_log: Option<AccessLog>) -> RunOptions {
    RunOptions {
        rulebook: arguments.rules.rules,
        error_pages: arguments.rules.error_pages,
        access_log,
        concurrency: arguments.concurrency.get(),
    }
}

/// 2 if some scenario could not be played, else 1 if some is not as stated, else 0.
fn exit(reports: &[ScenarioReport]) -> ExitCode {
    if reports.iter().any(|report| report.error.is_some()) {
        ExitCode::from(crate::COULD_NOT)
    } else if reports.iter().all(ScenarioReport::as_stated) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// What is shown while scenarios are played.
struct Progress {
    total: usize,
    done: usize,
    /// Whether each scenario is shown as it finishes.
    shows: bool,
    /// Whether somebody watches the count on standard error.
    counts: bool,
    style: Paint,
}

impl Progress {
    fn new(total: usize, format: report::Format, output: &OutputArguments) -> Self {
        Self {
            total,
            done: 0,
            shows: format == report::Format::Text,
            counts: io::stderr().is_terminal(),
            style: output.color.style(&io::stdout()),
        }
    }

    fn finished(&mut self, finished: &ScenarioReport) {
        self.done += 1;
        if self.counts {
            terminal::note("\r\x1b[2K");
        }
        if self.shows {
            // The summary meets the same fault again and reports it.
            let _ = terminal::print(&report::scenario(finished, self.style));
        }
        if self.counts && self.done < self.total {
            terminal::note(&format!("{} of {} played", self.done, self.total));
        }
    }
}

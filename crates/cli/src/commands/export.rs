//! `edge502 export`: handouts of scenarios, with what a running lab showed.

use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use edge502_scenario::Scenario;
use edge502_train::handout;

use super::lab_options;
use crate::args::ExportArguments;
use crate::signals::Stop;
use crate::terminal;

pub(crate) async fn export(arguments: ExportArguments) -> anyhow::Result<ExitCode> {
    let library = arguments.library.library()?;
    let scenarios: Vec<Scenario> = library.select(&arguments.ids)?.into_iter().cloned().collect();
    let options = lab_options(arguments.time)?;
    let mut stop = Stop::listen()?;
    for scenario in scenarios {
        let written = handout::export(&scenario, &options, &arguments.to);
        let path = tokio::select! {
            written = Box::pin(written) => written.with_context(|| format!("cannot export {}", scenario.id))?,
            () = stop.wanted() => return Err(anyhow!("interrupted before everything was exported")),
        };
        terminal::say(format!("{}\n", path.display())).await?;
    }
    let class = handout::recipe(&arguments.to)?;
    terminal::say(format!("{}\n", class.display())).await?;
    Ok(ExitCode::SUCCESS)
}

//! `edge502 origin`: only the broken origin of a scenario.

use std::io;
use std::process::ExitCode;

use edge502_scenario::Scenario;
use edge502_scenario::report::Paint;
use edge502_scenario::serve::{OriginBrief, OriginSession};

use super::{lab_options, run_directory, table, take_down};
use crate::args::{Format, OriginArguments, OutputArguments};
use crate::signals::Stop;
use crate::terminal;

pub(crate) async fn origin(arguments: OriginArguments, output: OutputArguments) -> anyhow::Result<ExitCode> {
    let library = arguments.library.library_for(std::slice::from_ref(&arguments.case))?;
    let scenario = library.get(&arguments.case)?;
    let mut stop = Stop::listen()?;
    let directory = run_directory()?;
    let session = OriginSession::start(scenario, &lab_options(arguments.time)?, directory.path()).await?;
    match arguments.format {
        Format::Json => terminal::print_json(session.brief())?,
        Format::Text => {
            terminal::print(&introduction(scenario, session.brief(), output.color.style(&io::stdout())))?;
        }
    }
    stop.wanted().await;
    take_down(session.shutdown()).await;
    Ok(ExitCode::SUCCESS)
}

fn introduction(scenario: &Scenario, brief: &OriginBrief, style: Paint) -> String {
    let title = style.strong(&format!("{}: {}", scenario.id, scenario.title));
    let rows = [
        ("origin, TLS", brief.origin.as_str()),
        ("origin, plain", &brief.origin_http),
        ("domain name", &brief.origin_domain),
        ("CA file", &brief.ca_file),
    ];
    let table = table(&rows, style);
    format!("{title}\n\n{table}\nCheck it:\n  {}\nAsk it:\n  {}\n\nCtrl-C ends it.\n", brief.openssl, brief.curl)
}

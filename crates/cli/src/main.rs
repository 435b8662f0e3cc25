//! The `edge502` command: why does CloudFront answer 502 for this origin, and which change cures it?
//!
//! Commands and terminal output, nothing else. Exit status: 0 done and as stated, 1 some scenario is not as stated, 2
//! could not be done.

mod args;
mod clock;
mod commands;
mod descriptors;
mod input;
mod keyboard;
mod logging;
mod resolve;
mod signals;
mod terminal;
mod traffic;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser as _;
use tokio::runtime;

use args::{Arguments, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The exit status when a command could not do what it is for; clap uses the same for wrong usage.
const COULD_NOT: u8 = 2;

/// How long tasks that are still busy at the end are waited for.
const LAST_TASKS: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let color = arguments.output.color;
    obey(arguments).unwrap_or_else(|error| {
        terminal::complain(&error, color);
        ExitCode::from(COULD_NOT)
    })
}

fn obey(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let output = arguments.output;
    logging::start(&output)?;
    match arguments.command {
        Command::List(list) => commands::list::list(&list, &output),
        Command::Run(run) => block_on(None, commands::run::run(run, output)),
        Command::Check(check) => block_on(None, commands::check::check(*check, output)),
        Command::Serve(serve) => block_on(None, commands::serve::serve(serve, output)),
        Command::Console(console) => block_on(None, commands::console::console(console, output)),
        Command::Edge(edge) => block_on(edge.threads, commands::edge::edge(edge, output)),
        Command::Train(train) => block_on(None, commands::train::train(*train, output)),
        Command::Export(export) => block_on(None, commands::export::export(export)),
        Command::Origin(origin) => block_on(None, commands::origin::origin(origin, output)),
    }
}

/// Runs a command to its end, on so many threads or on all cores.
fn block_on(threads: Option<u16>, command: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let mut builder = runtime::Builder::new_multi_thread();
    if let Some(threads) = threads {
        builder.worker_threads(threads.into());
    }
    let runtime = builder.enable_all().build().context("cannot start the threads of the program")?;
    let result = runtime.block_on(command);
    runtime.shutdown_timeout(LAST_TASKS);
    result
}

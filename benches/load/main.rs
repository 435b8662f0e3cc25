//! Load on whole processes: what a request costs them, how they scale, what they keep.
//!
//! The proxy under test is a process of its own, so that the kernel's accounting tells its CPU time, memory and
//! descriptors apart from those of viewers and origin, which live here on a thread each. Nothing but loopback is used,
//! and every run is bounded in requests.

mod compare;
mod origin;
mod process;
mod proxies;
mod scale;
mod soak;
mod statistics;
mod viewers;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio::runtime::{Builder, Runtime};

/// Load on whole processes; without a command a short soak
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// The edge502 to start; by default the one that was built with the profile of this bench
    #[arg(long, value_name = "PROGRAM", global = true)]
    edge: Option<PathBuf>,
    /// Cargo passes it to every bench
    #[arg(long, hide = true, global = true)]
    bench: bool,
}

#[derive(Subcommand)]
enum Command {
    /// CPU time for each request: edge502, nginx and HAProxy in turn, in front of the same origin
    Compare(compare::Compare),
    /// Memory of idle viewers, waiting times with many viewers, gain of a second thread
    Scale(scale::Scale),
    /// Memory and descriptors over many requests of which some fail
    Soak(soak::Soak),
}

fn main() -> ExitCode {
    let Arguments { command, edge, .. } = Arguments::parse();
    let rig = proxies::Rig::new(edge);
    let reached = match command.unwrap_or(Command::Soak(soak::Soak::short())) {
        Command::Compare(compare) => compare.run(&rig),
        Command::Scale(scale) => scale.run(&rig),
        Command::Soak(soak) => soak.run(&rig),
    };
    if reached { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A runtime with one thread, which works while the thread that measures does something else.
fn thread() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a thread can be started")
}

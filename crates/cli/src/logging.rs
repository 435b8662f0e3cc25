//! The program's own log, on standard error.

use std::io;

use anyhow::Context as _;
use edge502_scenario::report::Paint;
use tracing_subscriber::EnvFilter;

use crate::args::{MessageFormat, OutputArguments};

/// Starts the log. `RUST_LOG` decides what is in it; without it, `-v` does.
pub(crate) fn start(output: &OutputArguments) -> anyhow::Result<()> {
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter(output.verbose)?)
        .with_writer(io::stderr)
        .with_ansi(output.color.style(&io::stderr()) == Paint::Ansi);
    match output.log_format {
        MessageFormat::Text => log.init(),
        MessageFormat::Json => log.json().init(),
    }
    Ok(())
}

fn filter(verbose: u8) -> anyhow::Result<EnvFilter> {
    match std::env::var(EnvFilter::DEFAULT_ENV) {
        Ok(wanted) if !wanted.is_empty() => EnvFilter::builder()
            .parse(&wanted)
            .with_context(|| format!("RUST_LOG={wanted:?} is not a filter such as `edge502=debug`")),
        _ => Ok(EnvFilter::new(directives(verbose))),
    }
}

/// A target stands for everything that begins with it: `edge502` is this program with all its crates.
fn directives(verbose: u8) -> &'static str {
    match verbose {
        0 => "error,edge502=warn",
        1 => "warn,edge502=info",
        2 => "warn,edge502=debug",
        _ => "debug,edge502=trace",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_is_a_filter() {
        for verbose in 0..4 {
            assert!(EnvFilter::builder().parse(directives(verbose)).is_ok());
        }
    }
}

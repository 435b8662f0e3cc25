//! Printing for people: colour where it is wanted, and no complaint when the reader of a pipe has gone.

use std::env;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};

use clap::ValueEnum;
use edge502_scenario::report::Paint;

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set or the terminal is dumb
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// How to paint on a stream.
    pub(crate) fn style(self, stream: &impl IsTerminal) -> Paint {
        match self {
            Self::Always => Paint::Ansi,
            Self::Auto if stream.is_terminal() && terminal_has_colors() => Paint::Ansi,
            Self::Auto | Self::Never => Paint::Plain,
        }
    }
}

/// <https://no-color.org>: set and not empty means no.
fn terminal_has_colors() -> bool {
    let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !refused && env::var_os("TERM").is_some_and(|terminal| terminal != "dumb")
}

/// The columns of the terminal; `COLUMNS` where standard output is none, or else 100.
pub(crate) fn width() -> u16 {
    let stated = || env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0);
    terminal_size::terminal_size().map(|(width, _)| width.0).or_else(stated).unwrap_or(100)
}

/// Prints to standard output, at once. A reader that has gone, as in `edge502 list | head -1`, is no error: what was
/// asked for is done all the same, and the exit status is right.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(anyhow::Error::new(error).context("cannot write to standard output"))
        }
        _ => Ok(()),
    }
}

/// Prints without holding up the runtime, so that a reader who does not read cannot keep a signal from ending it all.
pub(crate) async fn say(text: String) -> anyhow::Result<()> {
    tokio::task::spawn_blocking(move || print(&text)).await?
}

/// Prints one value as JSON, on one line.
pub(crate) fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut line = serde_json::to_string(value)?;
    line.push('\n');
    print(&line)
}

/// Prints to standard error, where nobody may be listening.
pub(crate) fn note(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Prints an error with its causes, leaving out those that the line above already tells.
pub(crate) fn complain(error: &anyhow::Error, color: Color) {
    let mut told = error.to_string();
    let mut text = format!("{} {told}\n", color.style(&io::stderr()).bad("error:"));
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !told.contains(&cause) {
            let _ = writeln!(text, "  because: {cause}");
            told = cause;
        }
    }
    note(&text);
}

/// Text that came over the network, without what a terminal would obey.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_can_be_forced_and_refused() {
        assert_eq!(Color::Always.style(&io::stdin()).bad("x"), "\x1b[1;31mx\x1b[0m");
        assert_eq!(Color::Never.style(&io::stdin()).bad("x"), "x");
    }

    #[test]
    fn a_certificate_cannot_steer_the_terminal() {
        assert_eq!(printable("CN=\x1b[2Jé\n"), "CN=\u{fffd}[2Jé\u{fffd}");
    }
}

//! The command line.

mod check;
mod console;
mod train;
mod values;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::{PathBufValueParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand, ValueEnum};
use edge502_edge::{AccessLog, EdgeError, LogTarget};
use edge502_rules::Rulebook;
use edge502_rules::access_log::LogFormat;
use edge502_rules::page::ErrorPages;
use edge502_scenario::{Library, ScenarioError, report};
use time::OffsetDateTime;

use crate::resolve::Resolve;
use crate::terminal::Color;

pub(crate) use check::{CheckArguments, CheckFormat};
pub(crate) use console::ConsoleArguments;
pub(crate) use train::{ExportArguments, TrainArguments};
pub(crate) use values::Stream;

const EXAMPLES: &str = "\
Examples:
  edge502 list                          which scenarios there are
  edge502 run                           play them all: broken, dead ends, fixes
  edge502 check origin.example.com      would CloudFront connect, and if not, why
  edge502 serve certificate/expired     keep one up, ask it with curl, apply fixes
  edge502 train                         learn on them: a menu of exercises
  edge502 edge --distribution dist.json --resolve origin.example.com:443:127.0.0.1:8443

Exit status: 0 done and as stated, 1 some scenario is not as stated, 2 could not be done.";

/// Where flags of the whole program stand in a help text.
const LAST: usize = 900;

/// Why does CloudFront answer 502 for this origin, and which change cures it?
///
/// A local CloudFront edge in front of origins that are broken on purpose.
#[derive(Debug, Parser)]
#[command(name = "edge502", version, after_help = EXAMPLES, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// How the program talks.
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How the program talks, whatever the command.
#[derive(Debug, Clone, Args)]
pub(crate) struct OutputArguments {
    /// Say more on standard error; twice for more still. `RUST_LOG` wins
    #[arg(short, long, action = clap::ArgAction::Count, global = true, display_order = LAST)]
    pub(crate) verbose: u8,
    /// Form of log messages on standard error: text or json
    #[arg(long, value_enum, default_value_t, global = true, value_name = "FORMAT", hide_possible_values = true, display_order = LAST)]
    pub(crate) log_format: MessageFormat,
    /// When to colour: auto, always or never. `auto` honours `NO_COLOR`
    #[arg(long, value_enum, default_value_t, global = true, value_name = "WHEN", hide_possible_values = true, display_order = LAST)]
    pub(crate) color: Color,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the scenarios, or the causes of a failed origin connection
    List(ListArguments),
    /// Play scenarios and compare what is seen with what they state
    Run(RunArguments),
    /// Would CloudFront connect to an origin, and if not, why, and what cures it?
    Check(Box<CheckArguments>),
    /// Keep a scenario up: addresses, commands to paste, fixes to apply
    Serve(ServeArguments),
    /// Train in the browser: scenarios and exercises, a lab for each trainee
    Console(ConsoleArguments),
    /// Put an edge in front of your own origins
    Edge(EdgeArguments),
    /// Keep only the broken origin of a scenario up, for any client
    Origin(OriginArguments),
    /// Learn to find and cure a 502: exercises with hints, a checker and a score
    Train(Box<TrainArguments>),
    /// Write handouts of scenarios, with what a running lab showed
    Export(ExportArguments),
}

/// `edge502 list`
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Show the causes in place of the scenarios
    #[arg(long)]
    pub(crate) causes: bool,
    /// Group the scenarios: one after the other, or by cause with what cures and what does not
    #[arg(long, value_enum, default_value_t, conflicts_with = "causes")]
    pub(crate) by: By,
    #[command(flatten)]
    pub(crate) library: LibraryArguments,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
}

/// `edge502 run`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge502 run                                    all scenarios
  edge502 run certificate/expired chain/         one, and a whole class
  edge502 run --scenarios ./mine --format junit  your own, for a CI server

Exit status: 0 all as stated, 1 some not, 2 some could not be played.")]
pub(crate) struct RunArguments {
    /// Scenarios to play, such as `certificate/expired`; `certificate/` is the whole class. Default: all
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// Play all scenarios
    #[arg(long, conflicts_with = "ids")]
    pub(crate) all: bool,
    /// How many scenarios to play at a time
    #[arg(long, value_name = "N", default_value_t = values::concurrency())]
    pub(crate) concurrency: NonZeroUsize,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: ReportFormat,
    #[command(flatten)]
    pub(crate) library: LibraryArguments,
    #[command(flatten)]
    pub(crate) rules: RuleArguments,
    #[command(flatten)]
    pub(crate) time: TimeArguments,
    #[command(flatten)]
    pub(crate) log: LogArguments,
}

/// `edge502 serve`
#[derive(Debug, Args)]
#[command(after_help = "\
While it serves, type a key and press Enter: a number applies a fix, a letter a dead end,
v shows the last log line in full, r resets, q quits.

With --format json it prints one JSON object on one line and serves until SIGINT, SIGTERM
or SIGHUP.
The `control` address in it answers GET /state (what is up), GET /log (the last
requests; ?last=N), and POST /apply with one of
{\"fix\":1}, {\"dead_end\":1}, {\"reset\":true}. POST /patch takes changes of your own to the
broken state, in the keys of a scenario's [[fix]], as JSON.

Examples:
  edge502 serve certificate/expired
  edge502 serve chain/incomplete --format json")]
pub(crate) struct ServeArguments {
    /// The scenario, such as `certificate/expired`
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) log: LogArguments,
    #[command(flatten)]
    pub(crate) library: LibraryArguments,
    #[command(flatten)]
    pub(crate) rules: RuleArguments,
    #[command(flatten)]
    pub(crate) time: TimeArguments,
}

/// `edge502 edge`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aws cloudfront get-distribution --id EDFDVBD6EXAMPLE | edge502 edge --distribution -
  edge502 edge --distribution dist.json --http 8080 --https 8443
  edge502 edge --distribution dist.json --resolve origin.example.com:443:127.0.0.1:8443 --cafile ca.pem")]
pub(crate) struct EdgeArguments {
    /// What `aws cloudfront get-distribution`, `get-distribution-config` or `list-distributions` prints, a
    /// CloudFormation template (JSON or YAML), or what `terraform show -json` prints; `-` is standard input
    #[arg(long, value_name = "FILE", value_parser = PathBufValueParser::new().map(Stream::from))]
    pub(crate) distribution: Stream,
    /// Which one, if the file has several: its id, its logical id in a template, or its address in a plan
    #[arg(long, value_name = "NAME")]
    pub(crate) id: Option<String>,
    /// Where viewers connect with HTTP: a port of 127.0.0.1 or ADDR:PORT; 0 takes a free port
    #[arg(long, value_name = "ADDR", default_value = "0", value_parser = values::listen_address)]
    pub(crate) http: SocketAddr,
    /// Where viewers connect with HTTPS, likewise
    #[arg(long, value_name = "ADDR", default_value = "0", value_parser = values::listen_address)]
    pub(crate) https: SocketAddr,
    /// Allow addresses that other machines can reach
    #[arg(long)]
    pub(crate) expose: bool,
    /// Threads that serve, 1 to 1024. Default: one for each core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Connect to ADDR for HOST and PORT instead of asking DNS; a port may follow ADDR, IPv6 stands in brackets.
    /// Repeatable
    #[arg(long, value_name = "HOST:PORT:ADDR")]
    pub(crate) resolve: Vec<Resolve>,
    /// Trust the authorities in this file towards origins, in place of Mozilla's list
    #[arg(long, value_name = "PEM")]
    pub(crate) cafile: Option<PathBuf>,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) log: LogArguments,
    #[command(flatten)]
    pub(crate) rules: RuleArguments,
    #[command(flatten)]
    pub(crate) time: TimeArguments,
}

/// `edge502 origin`
#[derive(Debug, Args)]
pub(crate) struct OriginArguments {
    /// The scenario whose broken origin to start, such as `chain/incomplete`
    #[arg(value_name = "CASE")]
    pub(crate) case: String,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) library: LibraryArguments,
    #[command(flatten)]
    pub(crate) time: TimeArguments,
}

/// Which scenarios there are.
#[derive(Debug, Args)]
pub(crate) struct LibraryArguments {
    /// Take the scenarios in DIR/<class>/<name>.toml in place of the built-in ones
    #[arg(long, value_name = "DIR")]
    scenarios: Option<PathBuf>,
}

impl LibraryArguments {
    /// Reads the scenarios.
    pub(crate) fn library(&self) -> Result<Library, ScenarioError> {
        match &self.scenarios {
            Some(directory) => Library::from_directory(directory),
            None => Library::built_in(),
        }
    }

    /// Reads the scenarios that `ids` stand for, or all for none; more only where they are the user's own.
    pub(crate) fn library_for(&self, ids: &[String]) -> Result<Library, ScenarioError> {
        match &self.scenarios {
            Some(directory) => Library::from_directory(directory),
            None => Library::built_in_for(ids),
        }
    }
}

/// How the edge behaves where there is a choice.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct RuleArguments {
    /// Which reading of CloudFront decides: its documentation, or what its TLS library does
    #[arg(long, value_name = "RULEBOOK", default_value_t, value_parser = values::rulebook())]
    pub(crate) rules: Rulebook,
    /// Error pages of 2019, which name the cause, or of 2026
    #[arg(long, value_name = "YEAR", default_value_t, value_parser = values::error_pages())]
    pub(crate) error_pages: ErrorPages,
}

/// Whether and how the access log is written.
#[derive(Debug, Clone, Args)]
pub(crate) struct LogArguments {
    /// Write CloudFront's access log to a file; to DIR/, a file for each hour, named as CloudFront's; `-` is standard
    /// output
    #[arg(long, value_name = "FILE", value_parser = PathBufValueParser::new().map(Stream::from))]
    pub(crate) access_log: Option<Stream>,
    /// Form of the access log: standard, json, w3c, plain (these three: standard logging v2) or realtime; all but
    /// standard may name their fields, such as json:date,time,sc-status,origin-fbl
    #[arg(long, value_name = "FORMAT", default_value_t, requires = "access_log")]
    pub(crate) access_log_format: LogFormat,
}

impl LogArguments {
    /// Opens the log, unless there is none or it is printed on standard output.
    pub(crate) fn open(&self, distribution_id: Option<&str>) -> Result<Option<AccessLog>, EdgeError> {
        let Some(Stream::File(path)) = &self.access_log else { return Ok(None) };
        AccessLog::open(LogTarget::at(path, distribution_id), self.access_log_format.clone()).map(Some)
    }
}

/// What time it is.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct TimeArguments {
    /// Stop the clock at a time: RFC 3339, or YYYY-MM-DD for midnight in UTC; from 1990-01-01 to
    /// 2200-01-01. Default: the system's clock
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    pub(crate) at: Option<OffsetDateTime>,
}

/// Form of output that is no report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// One JSON object on one line
    Json,
}

/// What a list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum By {
    /// By scenario
    #[default]
    Scenario,
    /// By cause
    Cause,
}

/// Form of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people
    #[default]
    Text,
    /// A row each
    Table,
    /// One JSON object on one line
    Json,
}

/// Form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object on one line
    Json,
    /// For CI servers
    Junit,
}

impl From<ReportFormat> for report::Format {
    fn from(format: ReportFormat) -> Self {
        match format {
            ReportFormat::Text => Self::Text,
            ReportFormat::Json => Self::Json,
            ReportFormat::Junit => Self::Junit,
        }
    }
}

/// Form of log messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum MessageFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object on each line
    Json,
}

#[cfg(test)]
mod tests;

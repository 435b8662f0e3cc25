//! `edge502 console`

use std::path::PathBuf;

use clap::Args;
use edge502_train::{Language, Seed};

use super::{Format, LibraryArguments, RuleArguments, values};

/// The arguments.
#[derive(Debug, Args)]
#[command(after_help = "\
It prints an address with a token; who opens it gets a lab of their own. It listens on
127.0.0.1 alone. A class reaches it with a tunnel, with the same port at both ends:
  ssh -L 8502:127.0.0.1:8502 trainer@server

Examples:
  edge502 console
  edge502 console --port 8502 --max-labs 30 --lang zh
  edge502 console --course week.toml --key class.key
  edge502 console --format json          one JSON object on one line, then it serves

It serves until SIGINT, SIGTERM or SIGHUP.")]
pub(crate) struct ConsoleArguments {
    /// Where to listen on 127.0.0.1; 0 takes a free port
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) port: u16,
    /// The language of the pages, en or zh, unless a trainee chooses another. Default: what the browser asks for
    #[arg(long, value_name = "LANG", value_parser = values::language())]
    pub(crate) lang: Option<Language>,
    /// How many labs may be up at a time, 1 to 1000; each browser has one at most
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) max_labs: u16,
    /// After how many minutes a lab is taken down that nobody uses, 1 to 1440
    #[arg(long, value_name = "MINUTES", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=1440))]
    pub(crate) idle: u16,
    /// Where scores are kept. Default: `edge502/progress.json` where the platform keeps data of applications
    #[arg(long, value_name = "FILE")]
    pub(crate) progress: Option<PathBuf>,
    /// Offer this course alone: its exercises in its order, each once, with its time and hints
    #[arg(long, value_name = "FILE")]
    pub(crate) course: Option<PathBuf>,
    /// What draws and the order of choices follow from. Default: the course's seed, or another for each browser
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<Seed>,
    /// Sign result sheets with this key; `edge502 train --new-key FILE` makes one
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) library: LibraryArguments,
    #[command(flatten)]
    pub(crate) rules: RuleArguments,
}

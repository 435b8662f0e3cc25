//! `edge502 train` and `edge502 export`.

use std::path::PathBuf;

use clap::Args;
use edge502_train::{Language, Seed, Track};

use super::{LibraryArguments, TimeArguments, values};

/// `edge502 train`
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Args)]
#[command(after_help = "\
Type `help` for what can be done; `quit` or the end of the input ends it. Commands can be piped:

  printf 'ask\\nhint\\ncheck\\n' | edge502 train certificates-01 --seed 1

Points: 100 to begin with; hints cost 10, 15 and 25, a wrong diagnosis 15, a remedy that does not
cure 15. The right diagnosis earns 40 % of what is left, a cure that was checked the rest.

Examples:
  edge502 train                                    a menu
  edge502 train --list --track chains              which exercises there are
  edge502 train chains-03                          one exercise
  edge502 train --mystery --seed 4711              any fault, under any names; the same for the same seed
  edge502 train --assess --course week.toml --trainee 'A. Kim' --sheet out/ --key class.key
  edge502 train --verify out/result.json --key class.key")]
pub(crate) struct TrainArguments {
    /// The exercise, such as `certificates-01`, or the scenario behind it. Default: a menu
    #[arg(value_name = "EXERCISE", conflicts_with_all = ["course", "mystery", "assess", "list", "verify", "new_key", "reset"])]
    pub(crate) exercise: Option<String>,
    /// Show the exercises and what was achieved in them
    #[arg(long)]
    pub(crate) list: bool,
    /// Only this track: certificates, chains, names, protocols, network, timeouts or whose
    #[arg(long, value_name = "TRACK", conflicts_with = "course")]
    pub(crate) track: Option<Track>,
    /// The exercises of this course, in its order
    #[arg(long, value_name = "FILE")]
    pub(crate) course: Option<PathBuf>,
    /// An exercise drawn at random, with random names and dates
    #[arg(long, conflicts_with_all = ["course", "assess"])]
    pub(crate) mystery: bool,
    /// What everything random follows from: 0 to 4294967295. Default: nobody knows beforehand
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<Seed>,
    /// An assessment: the course's exercises, or one drawn from each track, once each and in time, with a result sheet
    #[arg(long)]
    pub(crate) assess: bool,
    /// Who is assessed
    #[arg(long, value_name = "NAME", requires = "assess")]
    pub(crate) trainee: Option<String>,
    /// Write the result sheet to DIR/result.md, .html, .json and .csv. Default: the current directory
    #[arg(long, value_name = "DIR", requires = "assess")]
    pub(crate) sheet: Option<PathBuf>,
    /// Sign the sheet with this key, or verify with it
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Make a key for signing sheets
    #[arg(long, value_name = "FILE", conflicts_with_all = ["list", "assess", "mystery", "course"])]
    pub(crate) new_key: Option<PathBuf>,
    /// Verify a result sheet in JSON
    #[arg(long, value_name = "FILE", conflicts_with_all = ["list", "assess", "mystery", "course", "new_key"])]
    pub(crate) verify: Option<PathBuf>,
    /// The language of what trainees are told: en or zh. Scenarios, logs, commands and messages about mistakes are English
    #[arg(long, value_name = "LANG", default_value_t, value_parser = values::language())]
    pub(crate) lang: Language,
    /// Keep the scores in this file. Default: edge502/progress.json in the directory for data of applications
    #[arg(long, value_name = "FILE")]
    pub(crate) progress: Option<PathBuf>,
    /// Begin with no scores; those there are stay beside the file, as FILE.old
    #[arg(long)]
    pub(crate) reset: bool,
    #[command(flatten)]
    pub(crate) library: LibraryArguments,
    #[command(flatten)]
    pub(crate) time: TimeArguments,
}

/// `edge502 export`
#[derive(Debug, Args)]
#[command(after_help = "\
Each scenario gets a directory with handout.md, handout.html and the origin's certificates and key (TEST ONLY). What a
handout shows was seen in a running lab. DIR/class has a recipe for running exercises for a class on one server.

Example:
  edge502 export certificate/expired chain/ --to handouts")]
pub(crate) struct ExportArguments {
    /// Scenarios, such as `certificate/expired`; `certificate/` is the whole class
    #[arg(value_name = "ID", required = true)]
    pub(crate) ids: Vec<String>,
    /// Where to write; made if it is missing
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    #[command(flatten)]
    pub(crate) library: LibraryArguments,
    #[command(flatten)]
    pub(crate) time: TimeArguments,
}

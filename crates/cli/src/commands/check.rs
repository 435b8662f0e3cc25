//! `edge502 check`: would CloudFront connect to an origin, and if not, why, and what cures it?

mod explain;

use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use edge502_check::render::{self, Format, Look};
use edge502_check::{Batch, CheckError, Checker, HostSettings, Options, Setting, Target, Verdict, source};
use edge502_handshake::ClientCertificate;
use indicatif::{ProgressBar, ProgressStyle};

use super::edge::{overrides, trust};
use crate::args::{CheckArguments, CheckFormat, OutputArguments, Stream};
use crate::clock::clock;
use crate::input;
use crate::signals::Stop;
use crate::terminal;

/// The ARN that stands for `--mtls-cert`.
const CLIENT_CERTIFICATE: &str = "arn:aws:acm:us-east-1:111122223333:certificate/mtls-cert";

/// Origins of one list at most. More take hours, and their reports more memory than they are worth.
const MOST_LINES: usize = 100_000;

/// A target and how the user named it.
type Named = (String, Result<Target, CheckError>);

/// All that is to be checked, each made when its turn comes.
struct Wanted {
    targets: Box<dyn Iterator<Item = Named> + Send>,
    /// How many there are.
    count: usize,
    /// What is to be said about the settings they come from.
    settings: Vec<Setting>,
}

pub(crate) async fn check(arguments: CheckArguments, output: OutputArguments) -> anyhow::Result<ExitCode> {
    let look = look(&output);
    if let Some(cause) = arguments.explain {
        terminal::print(&explain::text(cause, look)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.schema {
        terminal::print(&(serde_json::to_string_pretty(&edge502_check::schema::document())? + "\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let single = arguments.target.as_deref().map(|target| Target::host(target, &settings(&arguments)));
    let wanted = match &single {
        // An address is a finding, not a target.
        Some(Err(CheckError::Setting(setting))) => Wanted::nothing(vec![(**setting).clone()]),
        Some(_) => Wanted::nothing(Vec::new()),
        None => wanted(&arguments)?,
    };
    let checker = Arc::new(Checker::new(options(&arguments)?).await?);
    let mut stop = Stop::listen()?;
    let checking = async {
        match single {
            None | Some(Err(CheckError::Setting(_))) => many(checker, wanted, &arguments, look).await,
            Some(target) => one(&checker, &target?, arguments.format.into(), look).await,
        }
    };
    tokio::select! {
        ended = checking => ended,
        () = stop.wanted() => bail!("interrupted before the check was finished"),
    }
}

async fn one(checker: &Checker, target: &Target, format: Format, look: Look) -> anyhow::Result<ExitCode> {
    let report = checker.check(target).await?;
    terminal::print(&render::one(&report, format, look))?;
    Ok(exit(report.verdict))
}

async fn many(
    checker: Arc<Checker>,
    wanted: Wanted,
    arguments: &CheckArguments,
    look: Look,
) -> anyhow::Result<ExitCode> {
    let Wanted { targets, count, mut settings } = wanted;
    if count == 0 && settings.is_empty() {
        bail!("there is no origin to check");
    }
    // A list for people is told line by line, and then only summed up.
    let told = arguments.from.is_some() && arguments.format == CheckFormat::Text;
    let (bar, mut printed) = (progress(count), Ok(()));
    let mut batch = Batch::run(checker, targets, arguments.concurrency.get(), |checked| {
        if told && printed.is_ok() {
            printed = bar.suspend(|| terminal::print(&render::line(checked, look)));
        }
        if let (true, Ok(report)) = (told, &mut checked.result) {
            report.shorten();
        }
        bar.inc(1);
    })
    .await;
    bar.finish_and_clear();
    printed?;
    settings.append(&mut batch.settings);
    batch.settings = settings;
    let text = if told { render::list(&batch, look) } else { render::many(&batch, arguments.format.into(), look) };
    terminal::print(&text)?;
    Ok(if batch.is_whole() { exit(batch.verdict()) } else { ExitCode::from(crate::COULD_NOT) })
}

/// A bar on standard error; nothing where that is no terminal.
fn progress(count: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("[{bar:20}] {pos} of {len} checked, {eta} to go");
    let bar = ProgressBar::new(count as u64);
    bar.with_style(style.expect("the template is well-formed").progress_chars("##-"))
}

fn exit(verdict: Verdict) -> ExitCode {
    match verdict {
        Verdict::Connects => ExitCode::SUCCESS,
        Verdict::Fails => ExitCode::FAILURE,
    }
}

fn look(output: &OutputArguments) -> Look {
    let width = usize::from(terminal::width());
    Look { paint: output.color.style(&io::stdout()), width: width.clamp(60, 140), verbose: output.verbose > 0 }
}

fn options(arguments: &CheckArguments) -> anyhow::Result<Options> {
    let mut options = Options::new(trust(arguments.cafile.as_deref())?, clock(arguments.time.at));
    options.rulebook = arguments.rules;
    options.overrides = overrides(&arguments.resolve);
    options.timeout = arguments.timeout;
    options.warn_days = arguments.warn_days;
    options.pq = arguments.pq;
    options.fetch_aia = arguments.fetch_aia;
    if let (Some(chain), Some(key)) = (&arguments.mtls_cert, &arguments.mtls_key) {
        let certificate = ClientCertificate::from_pem(input::pem(chain)?, input::pem(key)?);
        options.client_certificate = Some((CLIENT_CERTIFICATE.to_owned(), certificate));
    }
    Ok(options)
}

impl Wanted {
    /// No target, only this about settings.
    fn nothing(settings: Vec<Setting>) -> Self {
        Self { targets: Box::new(std::iter::empty()), count: 0, settings }
    }
}

/// What a list or a file with distributions asks for.
fn wanted(arguments: &CheckArguments) -> anyhow::Result<Wanted> {
    match (&arguments.from, &arguments.distribution) {
        (Some(stream), _) => listed(stream, settings(arguments)),
        (None, Some(stream)) => distributed(stream, arguments),
        (None, None) => Ok(Wanted::nothing(Vec::new())),
    }
}

/// One target a line; blank lines and comments are none.
fn listed(stream: &Stream, settings: HostSettings) -> anyhow::Result<Wanted> {
    let text = input::list(stream).with_context(|| format!("cannot read the origins from {}", name(stream)))?;
    let content = |line: &str| line.split_once('#').map_or(line, |(content, _)| content).trim().to_owned();
    let lines: Vec<(usize, String)> =
        text.lines().map(content).enumerate().filter(|(_, line)| !line.is_empty()).collect();
    let count = lines.len();
    if count > MOST_LINES {
        bail!("{} has {count} origins, at most {MOST_LINES} are checked at once; split it", name(stream));
    }
    let targets = lines.into_iter().map(move |(index, line)| match Target::host(&line, &settings) {
        Ok(target) => (line, Ok(target)),
        Err(error) => (format!("line {}", index + 1), Err(error)),
    });
    Ok(Wanted { targets: Box::new(targets), count, settings: Vec::new() })
}

/// Every origin of every distribution in a file.
fn distributed(stream: &Stream, arguments: &CheckArguments) -> anyhow::Result<Wanted> {
    let text =
        input::distributions(stream).with_context(|| format!("cannot read the distribution from {}", name(stream)))?;
    let sources = source::read(&text).with_context(|| format!("{} holds no distribution", name(stream)))?;
    let (mut targets, mut settings) = (Vec::new(), Vec::new());
    for source in sources {
        let found = source.targets(arguments.host_header.as_deref());
        targets.extend(found.into_iter().map(|(name, target)| (name, target.map(|target| asked(target, arguments)))));
        settings.extend(source.settings);
    }
    Ok(Wanted { count: targets.len(), targets: Box::new(targets.into_iter()), settings })
}

/// A target of a distribution, with what the flags say on top.
fn asked(target: Target, arguments: &CheckArguments) -> Target {
    let method = arguments.method.as_deref().and_then(|method| method.parse().ok());
    let path = arguments.path.clone().unwrap_or_else(|| target.path().to_owned());
    let host = arguments.host_header.clone().unwrap_or_else(|| target.viewer_host().to_owned());
    target.asking(method, &path, &host)
}

fn settings(arguments: &CheckArguments) -> HostSettings {
    HostSettings {
        host_header: arguments.host_header.clone(),
        ssl_protocols: arguments.ssl_protocols.clone(),
        protocol_policy: arguments.protocol_policy.clone(),
        path: arguments.path.clone().unwrap_or_else(|| "/".to_owned()),
        method: arguments.method.as_deref().and_then(|method| method.parse().ok()),
        ip_address_type: arguments.ip_version.clone(),
        client_certificate_arn: arguments.mtls_cert.as_ref().map(|_| CLIENT_CERTIFICATE.to_owned()),
    }
}

fn name(stream: &Stream) -> String {
    match stream {
        Stream::File(path) => path.display().to_string(),
        Stream::Standard => "standard input".to_owned(),
    }
}

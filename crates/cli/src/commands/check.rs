//! `edge502 check`: would CloudFront connect to an origin, and if not, why, and what cures it?

use std::fmt::Write as _;
use std::fs;
use std::io::{self, IsTerminal as _};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use edge502_check::render::{self, Format, Look};
use edge502_check::{Batch, CheckError, Checker, HostSettings, Options, Setting, Target, Verdict, source};
use edge502_handshake::ClientCertificate;
use edge502_rules::Cause;
use edge502_scenario::report::Paint;

use super::edge::{overrides, trust};
use crate::args::{CheckArguments, OutputArguments, Stream};
use crate::clock::clock;
use crate::input;
use crate::signals::Stop;
use crate::terminal;

/// The ARN that stands for `--mtls-cert`.
const CLIENT_CERTIFICATE: &str = "arn:aws:acm:us-east-1:111122223333:certificate/mtls-cert";

/// A target and how the user named it.
type Named = (String, Result<Target, CheckError>);

pub(crate) async fn check(arguments: CheckArguments, output: OutputArguments) -> anyhow::Result<ExitCode> {
    let look = look(&output);
    if let Some(cause) = arguments.explain {
        terminal::print(&explained(cause, look.paint))?;
        return Ok(ExitCode::SUCCESS);
    }
    let (mut targets, settings) = targets(&arguments)?;
    let checker = Arc::new(Checker::new(options(&arguments)?).await?);
    let mut stop = Stop::listen()?;
    let checking = async {
        if arguments.target.is_none() {
            return many(checker, targets, settings, &arguments, look).await;
        }
        let (_, target) = targets.remove(0);
        one(&checker, &target?, arguments.format.into(), look).await
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
    targets: Vec<Named>,
    settings: Vec<Setting>,
    arguments: &CheckArguments,
    look: Look,
) -> anyhow::Result<ExitCode> {
    if targets.is_empty() && settings.is_empty() {
        bail!("there is no origin to check");
    }
    let (total, mut done, counts) = (targets.len(), 0, io::stderr().is_terminal());
    let batch = Batch::run(checker, targets, arguments.concurrency.get(), |_| {
        done += 1;
        if counts {
            terminal::note(&format!("\r\x1b[2K{}", progress(done, total)));
        }
    });
    let batch = Batch { settings, ..batch.await };
    if counts {
        terminal::note("\r\x1b[2K");
    }
    terminal::print(&render::many(&batch, arguments.format.into(), look))?;
    Ok(if batch.is_whole() { exit(batch.verdict()) } else { ExitCode::from(crate::COULD_NOT) })
}

/// A bar of twenty steps with the count; empty once all are done.
fn progress(done: usize, total: usize) -> String {
    const STEPS: usize = 20;
    if done >= total {
        return String::new();
    }
    let full = done * STEPS / total;
    format!("[{}{}] {done} of {total} checked", "#".repeat(full), " ".repeat(STEPS - full))
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
    if let (Some(chain), Some(key)) = (&arguments.mtls_cert, &arguments.mtls_key) {
        let text = |path: &std::path::Path| {
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
        };
        let certificate = ClientCertificate::from_pem(text(chain)?, text(key)?);
        options.client_certificate = Some((CLIENT_CERTIFICATE.to_owned(), certificate));
    }
    Ok(options)
}

/// What is to be checked, and what is to be said about the settings it comes from.
fn targets(arguments: &CheckArguments) -> anyhow::Result<(Vec<Named>, Vec<Setting>)> {
    let settings = settings(arguments);
    if let Some(target) = &arguments.target {
        return Ok((vec![(target.clone(), Target::host(target, &settings))], Vec::new()));
    }
    if let Some(stream) = &arguments.from {
        let text = input::text(stream).with_context(|| format!("cannot read the origins from {}", name(stream)))?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        return Ok((lines.map(|line| (line.to_owned(), Target::host(line, &settings))).collect(), Vec::new()));
    }
    let Some(stream) = &arguments.distribution else { return Ok((Vec::new(), Vec::new())) };
    let text = input::text(stream).with_context(|| format!("cannot read the distribution from {}", name(stream)))?;
    let sources = source::read(&text).with_context(|| format!("{} holds no distribution", name(stream)))?;
    let (mut targets, mut settings) = (Vec::new(), Vec::new());
    for source in sources {
        let found = source.targets(arguments.host_header.as_deref());
        targets.extend(found.into_iter().map(|(name, target)| (name, target.map(|target| asked(target, arguments)))));
        settings.extend(source.settings);
    }
    Ok((targets, settings))
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

/// All that is known about a cause.
fn explained(cause: Cause, paint: Paint) -> String {
    let outcome = edge502_rules::outcome::Outcome::of(cause);
    let status = outcome.status().map_or_else(|| "the origin's own status".to_owned(), |status| status.to_string());
    let mut text = format!("{}  {}\n\n{}\n\n", paint.strong(cause.id()), cause.title(), cause.explanation());
    let _ = writeln!(text, "The viewer gets {status}; the log says {}.", outcome.detailed_result_type.as_str());
    let _ = writeln!(text, "Known: {}, {}", cause.grade(), cause.source());
    text.push_str("\nWhat cures it:\n");
    for fix in cause.fixes() {
        let _ = writeln!(text, "- {fix}");
    }
    let _ = writeln!(text, "\n`edge502 list --by cause` shows the scenarios that prove it.");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_a_bar_that_ends() {
        assert_eq!(progress(1, 2), "[##########          ] 1 of 2 checked");
        assert_eq!(progress(2, 2), "");
    }

    #[test]
    fn every_cause_is_explained() {
        for cause in Cause::ALL {
            let text = explained(*cause, Paint::Plain);
            assert!(text.contains(cause.id()) && text.contains("- "), "{text}");
        }
    }
}

//! Servers that others wrote, set up well and badly, and what `check` says of them.
//!
//! The lab's own origins prove that edge and check agree; real nginx, `HAProxy`, `openssl s_server` and Node.js prove that
//! the broken states are those of the field. Where a program is missing its tests are listed as ignored with the
//! reason.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod haproxy;
mod nginx;
mod node;
mod s_server;
mod server;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use edge502_check::render::{self, Format, Look};
use edge502_check::{Checker, HostSettings, Options, Report, Target, Verdict};
use edge502_handshake::TrustStore;
use edge502_pki::{CertificateSpec, ChainSpec, IntermediateSpec, Lab as Pki, PkiError};
use edge502_rules::Cause;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use serde::Deserialize;

use server::{Program, Server};

/// The name that every healthy server here answers to.
const NAME: &str = "origin.shop.test";

/// As many causes as these set-ups have to show at least.
const CAUSES: usize = 20;

/// One set-up of a program, and what a check of it must say.
pub(crate) struct Case {
    name: &'static str,
    /// What CloudFront trips over; `None` if it connects.
    cause: Option<Cause>,
    /// The tables of `crates/pki` (`certificate`, `intermediate`, `chain`), as far as they differ from healthy ones.
    pki: &'static str,
    /// Settings of the listening socket, in the program's own language.
    listener: &'static str,
    /// Settings of what answers behind it.
    behind: &'static str,
    /// Whether the port speaks HTTP without TLS.
    plain: bool,
    /// How the check differs from the plain one.
    asking: fn(&mut HostSettings, &mut Options),
    /// A piece of the text report.
    says: &'static str,
}

impl Case {
    /// A set-up that CloudFront connects to.
    pub(crate) const fn connects(name: &'static str) -> Self {
        let (pki, listener, behind, says) = ("", "", "", "");
        Self { name, cause: None, pki, listener, behind, plain: false, asking: |_, _| {}, says }
    }

    /// A set-up that fails for `cause`.
    pub(crate) const fn fails(name: &'static str, cause: Cause) -> Self {
        Self { cause: Some(cause), ..Self::connects(name) }
    }

    pub(crate) const fn pki(self, pki: &'static str) -> Self {
        Self { pki, ..self }
    }

    pub(crate) const fn listener(self, listener: &'static str) -> Self {
        Self { listener, ..self }
    }

    pub(crate) const fn behind(self, behind: &'static str) -> Self {
        Self { behind, ..self }
    }

    pub(crate) const fn plain(self) -> Self {
        Self { plain: true, ..self }
    }

    pub(crate) const fn asking(self, asking: fn(&mut HostSettings, &mut Options)) -> Self {
        Self { asking, ..self }
    }

    pub(crate) const fn says(self, says: &'static str) -> Self {
        Self { says, ..self }
    }
}

fn main() -> ExitCode {
    let programs = [nginx::PROGRAM, haproxy::PROGRAM, s_server::PROGRAM, node::PROGRAM];
    let mut trials = vec![
        Trial::test("enough_causes_and_each_program_healthy", move || {
            enough(&programs);
            Ok(())
        }),
        Trial::test("a_port_that_nobody_listens_on", || {
            nobody_listens();
            Ok(())
        }),
    ];
    for program in programs {
        let usable = program.installed();
        trials.extend(program.cases.iter().map(|case| trial(program, case, usable.clone())));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A test, listed as ignored together with the reason if the program is not `usable` here.
fn trial(program: Program, case: &'static Case, usable: Result<(), String>) -> Trial {
    let ignored = usable.is_err();
    let kind = usable.as_ref().err().map_or(String::new(), |reason| format!("skipped: {reason}"));
    let run = move || {
        usable.map_err(Failed::from)?;
        Ok(judged(program, case))
    };
    Trial::ignorable_test(format!("{}::{}", program.name, case.name), run).with_kind(kind).with_ignored_flag(ignored)
}

/// Starts the server, checks it and compares; ignored where what it presents cannot be made without OpenSSL.
fn judged(program: Program, case: &Case) -> Completion {
    let directory = tempfile::tempdir().unwrap();
    match present(case, directory.path()) {
        Ok(()) => {}
        Err(error @ PkiError::NeedsLegacy { .. }) => return Completion::ignored_with(error.to_string()),
        Err(error) => panic!("{error}"),
    }
    let server = (program.start)(case, directory.path());
    let (mut settings, mut options) = (HostSettings::default(), options());
    (case.asking)(&mut settings, &mut options);
    let report = check(&server, &settings, options);
    let text = render::one(&report, Format::Text, Look::default());
    let told = format!("{text}\n{}", server.told());
    assert_eq!(report.cause, case.cause, "{told}");
    assert!(text.contains(case.says), "{:?} is not in\n{told}", case.says);
    let (verdict, most) = match case.cause {
        None => (Verdict::Connects, 2),
        Some(_) => (Verdict::Fails, 12),
    };
    assert_eq!(report.verdict, verdict, "{told}");
    assert!(report.connections <= most, "{} connections\n{told}", report.connections);
    assert_eq!(report.findings.first().map(|finding| finding.cause), case.cause, "{told}");
    assert!(report.findings.iter().all(|finding| !finding.fix.is_empty() && !finding.detail.is_empty()), "{told}");
    Completion::Completed
}

/// What an origin presents, in files: `fullchain.pem`, `leaf.pem`, `rest.pem` (all but the leaf), `key.pem`,
/// `site.pem` (chain and key in one), `clients.pem` (the authority of client certificates).
fn present(case: &Case, directory: &Path) -> Result<(), PkiError> {
    #[derive(Deserialize, Default)]
    #[serde(default, deny_unknown_fields)]
    struct Tables {
        certificate: CertificateSpec,
        intermediate: IntermediateSpec,
        chain: ChainSpec,
    }
    let tables: Tables = toml::from_str(case.pki).unwrap();
    let identity = pki().identity(&tables.certificate, &tables.intermediate, &tables.chain, NAME)?;
    let files = identity.write_pem(directory)?;
    let served = identity.served_pem();
    let rest = served.strip_prefix(&identity.leaf_pem()).unwrap_or(&served);
    server::write(&directory.join("rest.pem"), rest);
    let key = std::fs::read_to_string(files.key).unwrap();
    server::write_secret(&directory.join("site.pem"), &format!("{served}{key}"));
    server::write(&directory.join("clients.pem"), &pki().client_authority_pem()?);
    Ok(())
}

fn pki() -> &'static Pki {
    static PKI: OnceLock<Pki> = OnceLock::new();
    PKI.get_or_init(|| Pki::new(support::clock().now()).unwrap())
}

fn options() -> Options {
    Options::new(TrustStore::from_pem(pki().root_pem()).unwrap(), support::clock())
}

fn check(server: &Server, settings: &HostSettings, mut options: Options) -> Report {
    let port = server.address.port();
    options.overrides.insert(NAME, port, server.address);
    let target = Target::host(&format!("{NAME}:{port}"), settings).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { Arc::new(Checker::new(options).await.unwrap()).check(&target).await.unwrap() })
}

/// No program at all: the kernel refuses.
fn nobody_listens() {
    let server = server::nobody();
    let report = check(&server, &HostSettings::default(), options());
    assert_eq!((report.cause, report.connections), (Some(Cause::ConnectionRefused), 1));
}

/// The tables themselves hold what is promised of them.
fn enough(programs: &[Program]) {
    let broken = programs.iter().flat_map(|program| program.cases).filter_map(|case| case.cause);
    let causes: BTreeSet<Cause> = broken.collect();
    assert!(causes.len() >= CAUSES, "only {causes:?}");
    for program in programs {
        assert!(program.cases.iter().any(|case| case.cause.is_none()), "{}", program.name);
    }
}

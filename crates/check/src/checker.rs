//! The check itself: ask as the edge would, and where that fails, find out all that is wrong.
//!
//! First the origin is asked over the edge's own way, so that verdict, status and log are those of the edge. Only where
//! that fails do further connections follow, a bounded number of them: they offer more than CloudFront does and show
//! what the origin would speak and which certificates it would send.

use std::sync::Arc;
use std::time::Duration;

use edge502_edge::{EdgeConfig, HandshakeReport, NoAnswer, OriginAnswer, OriginClient, OriginFailure};
use edge502_handshake::{Options as TlsOptions, Verdict};
use edge502_rules::distribution::Distribution;
use edge502_rules::{Cause, Finding, Phase};
use http::{Method, Request};
use tokio::time::error::Elapsed;

use crate::aia;
use crate::conversation::Conversation;
use crate::error::CheckError;
use crate::options::Options;
use crate::other_name::{self, of_certificates};
use crate::probes::{self, Probed};
use crate::report::{AiaReport, OtherNameReport, Report};
use crate::seen::{Ending, Seen, cause_of, evidence};
use crate::target::{HostSettings, Target};
use crate::view;

/// Checks origins, any number of them at a time.
#[derive(Debug)]
pub struct Checker {
    client: OriginClient,
    options: Options,
}

impl Checker {
    /// A checker; fails if the trusted authorities or the client certificate cannot be loaded.
    pub async fn new(options: Options) -> Result<Self, CheckError> {
        if let Some((_, certificate)) = &options.client_certificate {
            certificate.check()?;
        }
        let any = Target::host("origin.test", &HostSettings::default())?;
        let mut config = EdgeConfig::new((*any.distribution).clone(), options.trust.clone(), options.clock.clone());
        config.rulebook = options.rulebook;
        config.overrides = options.overrides.clone();
        config.name_servers.clone_from(&options.name_servers);
        config.routes = options.routes.clone();
        config.handshake = TlsOptions { pq: options.pq };
        config.client_certificates = options.client_certificate.iter().cloned().collect();
        Ok(Self { client: OriginClient::new(config).await?, options })
    }

    /// Checks one target within [`Options::timeout`].
    pub async fn check(&self, target: &Target) -> Result<Report, CheckError> {
        let conversation = Conversation::begin();
        let distribution = within(&target.distribution, self.options.timeout);
        let client = self.client.with_distribution(distribution).telling(conversation.listener());
        let visit = Visit { target, options: &self.options, client, connections: 0, head_failed: None, conversation };
        visit.run().await
    }
}

/// One target being checked.
struct Visit<'a> {
    target: &'a Target,
    options: &'a Options,
    client: OriginClient,
    connections: usize,
    /// How HEAD failed, if GET was tried for that.
    head_failed: Option<String>,
    conversation: Conversation,
}

impl Visit<'_> {
    async fn run(mut self) -> Result<Report, CheckError> {
        let ending = self.ask().await?;
        let mut verdict = ending.handshake().map(|report| report.verdict.clone());
        let mut cause = cause_of(&ending);
        let probed = self.probe(&ending, cause).await;
        if let (Some(verdict), Some(finding)) = (&mut verdict, &probed.refined) {
            verdict.refine(finding);
            cause = Some(finding.cause);
        }
        let other_name = self.other_name(&ending, cause).await;
        let findings = self.findings(&ending, cause, verdict.as_ref(), &probed);
        let aia = self.fetch_issuers(&ending, &probed).await;
        let observation = ending.handshake().map(|report| &report.observation);
        Ok(view::report(Seen {
            target: self.target,
            options: self.options,
            ending: &ending,
            cause,
            findings,
            verdict: verdict.as_ref(),
            observation,
            probed: &probed,
            other_name,
            head_failed: self.head_failed.take(),
            aia,
            connections: self.connections,
            elapsed: self.conversation.start().elapsed(),
            conversation: self.conversation.into_events(),
        }))
    }

    /// Asks with HEAD, then with GET if that is refused.
    async fn ask(&mut self) -> Result<Ending, CheckError> {
        if let Some(method) = self.target.method.clone() {
            return self.ask_with(method).await;
        }
        let ending = self.ask_with(Method::HEAD).await?;
        if !refuses_head(&ending) {
            return Ok(ending);
        }
        if let Ending::Failed(_, failure) = &ending {
            self.head_failed = Some(failure.to_string());
        }
        self.ask_with(Method::GET).await
    }

    async fn ask_with(&mut self, method: Method) -> Result<Ending, CheckError> {
        let target = self.target;
        let request = Request::builder()
            .method(&method)
            .uri(&target.path)
            .header(http::header::HOST, &target.viewer_host)
            .header(http::header::USER_AGENT, concat!("edge502/", env!("CARGO_PKG_VERSION")))
            .body(())
            .map_err(|_| self.not_taken(&method, "write a path that begins with / and holds no spaces"))?;
        self.tell(format!("{method} {} with Host {}", target.path, target.host_header()));
        let asked = self.client.ask(request, target.viewer_https);
        let answered = tokio::time::timeout(self.left(), asked).await;
        self.conversation.catch_up(handshake_of(&answered));
        match answered {
            Ok(Ok(answer)) => {
                self.connections += usize::from(!answer.reused);
                self.tell(format!("the origin answers {}", answer.status));
                Ok(Ending::Answered(method, Box::new(answer)))
            }
            Ok(Err(NoAnswer::Origin(failure))) => {
                self.connections += usize::from(failure.cause.phase() != Phase::Resolve);
                self.tell(failure.to_string());
                Ok(Ending::Failed(method, failure))
            }
            Ok(Err(NoAnswer::NotTaken)) => Err(self.not_taken(&method, "use GET, HEAD or OPTIONS and a shorter path")),
            Err(_) => {
                let failure = out_of_time(self.conversation.phase(), self.options.timeout);
                self.connections += usize::from(failure.cause != Cause::DnsTimeout);
                self.tell(failure.to_string());
                Ok(Ending::Failed(method, Box::new(failure)))
            }
        }
    }

    /// Further connections, where the first left something open.
    async fn probe(&mut self, ending: &Ending, cause: Option<Cause>) -> Probed {
        let (Some(report), Some(cause)) = (ending.handshake(), cause) else { return Probed::default() };
        if matches!(cause, Cause::ResponseMalformed | Cause::ConnectionClosedEarly) {
            return self.counted(probes::protocols(report, self.left()).await);
        }
        let names = [self.target.origin().domain_name.as_str(), self.target.viewer_host.as_str()];
        let probed = probes::probe(report, cause, &names, self.left()).await;
        self.counted(probed)
    }

    fn counted(&mut self, probed: Probed) -> Probed {
        self.connections += probed.connections;
        for told in &probed.told {
            self.tell(told.clone());
        }
        probed
    }

    /// All that is wrong: what ended it first, then what the certificates show that only came with other offers.
    fn findings(
        &self,
        ending: &Ending,
        cause: Option<Cause>,
        verdict: Option<&Verdict>,
        probed: &Probed,
    ) -> Vec<Finding> {
        let Some(cause) = cause else { return Vec::new() };
        let mut findings: Vec<Finding> =
            verdict.map(|verdict| verdict.judgement().findings.clone()).unwrap_or_default();
        if findings.first().is_none_or(|first| first.cause != cause) {
            findings.insert(0, Finding::new(cause, evidence(ending)));
        }
        for finding in self.captured(ending, probed) {
            if findings.iter().all(|known| known.cause != finding.cause) {
                findings.push(finding);
            }
        }
        findings
    }

    /// What is wrong with certificates that only a probe saw.
    fn captured(&self, ending: &Ending, probed: &Probed) -> Vec<Finding> {
        let (Some(report), Some(chain), Some(sni)) = (ending.handshake(), &probed.chain, self.target.sni()) else {
            return Vec::new();
        };
        if report.observation.served_chain.is_some() {
            return Vec::new();
        }
        let forwarded = self.target.viewer_host.parse().ok().filter(|_| self.target.forwards_host());
        let place = (self.target, self.options);
        of_certificates(&report.observation, chain, place, (sni.as_str(), forwarded.as_ref()))
    }

    /// What the other choice about `Host` would bring.
    async fn other_name(&mut self, ending: &Ending, cause: Option<Cause>) -> Option<OtherNameReport> {
        let (report, cause) = (ending.handshake()?, cause?);
        let asked = other_name::ask(report, (self.target, self.options), cause, self.left()).await?;
        self.connections += 1;
        self.tell(format!("again, with SNI {}: {}", asked.server_name, asked.detail));
        Some(asked)
    }

    /// What the certificates' own addresses hold, if that was asked for. It comes last and changes nothing.
    async fn fetch_issuers(&mut self, ending: &Ending, probed: &Probed) -> Option<AiaReport> {
        let seen = ending.handshake().and_then(|report| report.observation.served_chain.as_ref());
        let served = seen.or(probed.chain.as_ref()).filter(|_| self.options.fetch_aia)?;
        let report = aia::fetch(served, self.options, self.left()).await?;
        for fetched in &report.fetched {
            self.tell(format!("fetch {fetched}"));
        }
        Some(report)
    }

    fn left(&self) -> Duration {
        self.options.timeout.saturating_sub(self.conversation.start().elapsed())
    }

    fn tell(&mut self, text: String) {
        self.conversation.tell(text);
    }

    fn not_taken(&self, method: &Method, reason: &'static str) -> CheckError {
        let (path, host) = (self.target.path.clone(), self.target.viewer_host.clone());
        CheckError::NotTaken { method: method.to_string(), path, host, reason }
    }
}

/// The distribution with a `ConnectionTimeout` that is over before the check's own time is, so that the report can still
/// say what was waited for.
fn within(distribution: &Arc<Distribution>, timeout: Duration) -> Arc<Distribution> {
    let most = timeout.mul_f32(0.8);
    if distribution.origins.iter().all(|origin| origin.connection_timeout <= most) {
        return Arc::clone(distribution);
    }
    let mut distribution = (**distribution).clone();
    for origin in &mut distribution.origins {
        origin.connection_timeout = origin.connection_timeout.min(most);
    }
    Arc::new(distribution)
}

/// Whether HEAD may be all that is wrong: many servers know it badly, and answer it with an error, with nonsense, or by
/// hanging up.
fn refuses_head(ending: &Ending) -> bool {
    match ending {
        Ending::Answered(_, answer) => answer.status.as_u16() >= 400,
        Ending::Failed(_, failure) => {
            failure.cause.phase() == Phase::Exchange && failure.cause != Cause::ResponseTimeout
        }
    }
}

/// The handshake of the connection that was used, as far as one is known.
fn handshake_of(answered: &Result<Result<OriginAnswer, NoAnswer>, Elapsed>) -> Option<&HandshakeReport> {
    match answered {
        Ok(Ok(answer)) => answer.handshake.as_deref(),
        Ok(Err(NoAnswer::Origin(failure))) => failure.handshake.as_deref(),
        Ok(Err(NoAnswer::NotTaken)) | Err(_) => None,
    }
}

/// The check's own time is over before CloudFront's would be: the cause is what was waited for.
fn out_of_time(phase: Phase, timeout: Duration) -> OriginFailure {
    let (cause, missing) = match phase {
        Phase::Resolve => (Cause::DnsTimeout, "no answer from the name servers"),
        Phase::Connect => (Cause::ConnectionTimeout, "no connection"),
        Phase::Handshake => (Cause::HandshakeTimeout, "no end of the handshake"),
        _ => (Cause::ResponseTimeout, "no answer"),
    };
    let seconds = timeout.as_secs_f32();
    let evidence =
        format!("{missing} within {seconds} s, the time of this check; CloudFront waits for its own timeouts");
    OriginFailure::new(cause, evidence)
}

//! The check itself: ask as the edge would, and where that fails, find out all that is wrong.
//!
//! First the origin is asked over the edge's own way, so that verdict, status and log are those of the edge. Only where
//! that fails do further connections follow, a bounded number of them: they offer more than CloudFront does and show
//! what the origin would speak and which certificates it would send.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use edge502_edge::{
    EdgeConfig, HandshakeReport, NoAnswer, OriginAnswer, OriginClient, OriginFailure, Overrides, Routes,
};
use edge502_handshake::{ClientCertificate, Expectation, Options as TlsOptions, TrustStore, Verdict, judge};
use edge502_rules::clock::SharedClock;
use edge502_rules::{Cause, Finding, Phase, Rulebook};
use http::{Method, Request, StatusCode};
use tokio::time::Instant;

use crate::error::CheckError;
use crate::probes::{self, Probed};
use crate::report::{Event, Report};
use crate::target::{HostSettings, Target};
use crate::view;

/// What holds for all targets of a run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The authorities to trust. CloudFront's are those of Mozilla's list.
    pub trust: TrustStore,
    /// The clock dates are judged by.
    pub clock: SharedClock,
    /// Which reading of CloudFront decides. Default: documented.
    pub rulebook: Rulebook,
    /// Addresses in place of DNS. Default: none.
    pub overrides: Overrides,
    /// The name servers to ask, each lookup the next in turn. Default: none named, which means those of the system.
    pub name_servers: Vec<SocketAddr>,
    /// Where the addresses that name servers tell lead. Default: each to itself.
    pub routes: Routes,
    /// The most time one target may take, all connections together. Default 15 s.
    pub timeout: Duration,
    /// How many days before its end a certificate is warned about. Default 30.
    pub warn_days: u16,
    /// Whether to offer post-quantum groups, too. Default: no.
    pub pq: bool,
    /// The certificate to present to an origin that asks for one, and the ARN that stands for it.
    pub client_certificate: Option<(String, ClientCertificate)>,
}

impl Options {
    /// Trusting `trust`, by `clock`; everything else as stated at the fields.
    pub fn new(trust: TrustStore, clock: SharedClock) -> Self {
        Self {
            trust,
            clock,
            rulebook: Rulebook::default(),
            overrides: Overrides::new(),
            name_servers: Vec::new(),
            routes: Routes::direct(),
            timeout: Duration::from_secs(15),
            warn_days: 30,
            pq: false,
            client_certificate: None,
        }
    }
}

/// Checks origins, any number of them at a time.
#[derive(Debug)]
pub struct Checker {
    client: OriginClient,
    options: Options,
}

impl Checker {
    /// A checker; fails if the trusted authorities cannot be loaded.
    pub async fn new(options: Options) -> Result<Self, CheckError> {
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
        let mut visit = Visit {
            target,
            options: &self.options,
            client: self.client.with_distribution(Arc::clone(&target.distribution)),
            start: Instant::now(),
            connections: 0,
            conversation: Vec::new(),
        };
        visit.run().await
    }
}

/// How asking an origin ended.
pub(crate) enum Ending {
    /// With a response.
    Answered(Method, Box<OriginAnswer>),
    /// Without one.
    Failed(Method, Box<OriginFailure>),
}

impl Ending {
    pub(crate) fn handshake(&self) -> Option<&Arc<HandshakeReport>> {
        match self {
            Self::Answered(_, answer) => answer.handshake.as_ref(),
            Self::Failed(_, failure) => failure.handshake.as_ref(),
        }
    }
}

/// One target being checked.
struct Visit<'a> {
    target: &'a Target,
    options: &'a Options,
    client: OriginClient,
    start: Instant,
    connections: usize,
    conversation: Vec<Event>,
}

impl Visit<'_> {
    async fn run(&mut self) -> Result<Report, CheckError> {
        let ending = self.ask().await?;
        let mut verdict = ending.handshake().map(|report| report.verdict.clone());
        let mut cause = cause_of(&ending);
        let probed = self.probe(&ending, cause).await;
        if let (Some(verdict), Some(finding)) = (&mut verdict, &probed.refined) {
            verdict.refine(finding);
            cause = Some(finding.cause);
        }
        let findings = self.findings(&ending, cause, verdict.as_ref(), &probed);
        let observation = ending.handshake().map(|report| &report.observation);
        Ok(view::report(view::Seen {
            target: self.target,
            options: self.options,
            ending: &ending,
            cause,
            findings,
            verdict: verdict.as_ref(),
            observation,
            probed: &probed,
            conversation: std::mem::take(&mut self.conversation),
            connections: self.connections,
            elapsed: self.start.elapsed(),
        }))
    }

    /// Asks with HEAD, then with GET if that is answered with an error: many servers know HEAD badly.
    async fn ask(&mut self) -> Result<Ending, CheckError> {
        if let Some(method) = self.target.method.clone() {
            return self.ask_with(method).await;
        }
        match self.ask_with(Method::HEAD).await? {
            Ending::Answered(_, answer) if answer.status.as_u16() >= 400 => self.ask_with(Method::GET).await,
            ending => Ok(ending),
        }
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
                self.connections += 1;
                let failure = out_of_time(self.options.timeout);
                self.tell(failure.to_string());
                Ok(Ending::Failed(method, Box::new(failure)))
            }
        }
    }

    /// Further connections, where the first left something open.
    async fn probe(&mut self, ending: &Ending, cause: Option<Cause>) -> Probed {
        let (Some(report), Some(cause)) = (ending.handshake(), cause) else { return Probed::default() };
        let names = [self.target.origin().domain_name.as_str(), self.target.viewer_host.as_str()];
        let probed = probes::probe(report, cause, &names, self.left()).await;
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
        let mut observation = report.observation.clone();
        if observation.served_chain.is_some() {
            return Vec::new();
        }
        observation.served_chain = Some(chain.clone());
        let origin = self.target.origin();
        let forwarded = self.target.viewer_host.parse().ok().filter(|_| self.target.forwards_host());
        let expectation = Expectation {
            sni: &sni,
            origin_domain: &origin.domain_name,
            forwarded_host: forwarded.as_ref(),
            allowed_names: &[],
            protocols: &origin.custom.origin_ssl_protocols,
            rulebook: self.options.rulebook,
            client_certificate: None,
        };
        let verdict = judge(&observation, &expectation, &self.options.trust, self.options.clock.now());
        let certificates = |finding: &Finding| matches!(finding.cause.phase(), Phase::Certificate | Phase::Chain);
        verdict.judgement().findings.iter().filter(|finding| certificates(finding)).cloned().collect()
    }

    fn left(&self) -> Duration {
        self.options.timeout.saturating_sub(self.start.elapsed())
    }

    fn tell(&mut self, text: String) {
        let ms = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.conversation.push(Event { ms, text });
    }

    fn not_taken(&self, method: &Method, reason: &'static str) -> CheckError {
        let (path, host) = (self.target.path.clone(), self.target.viewer_host.clone());
        CheckError::NotTaken { method: method.to_string(), path, host, reason }
    }
}

/// The check's own time is over before CloudFront's would be.
fn out_of_time(timeout: Duration) -> OriginFailure {
    let evidence = format!(
        "no answer within {} s, the time of this check; CloudFront waits for its own timeouts",
        timeout.as_secs_f32()
    );
    OriginFailure::new(Cause::ResponseTimeout, evidence)
}

/// What the viewer's error would be about. An origin that answers with an error of its own below 500 is there: which
/// path exists is not for this check to say.
fn cause_of(ending: &Ending) -> Option<Cause> {
    match ending {
        Ending::Failed(_, failure) => Some(failure.cause),
        Ending::Answered(_, answer) => match &answer.cut {
            Some(failure) => Some(failure.cause),
            None => answer.status.is_server_error().then_some(Cause::OriginErrorRelayed),
        },
    }
}

fn evidence(ending: &Ending) -> String {
    match ending {
        Ending::Failed(_, failure) => failure.evidence.clone(),
        Ending::Answered(method, answer) => answer.cut.as_ref().map_or_else(
            || {
                let reason = answer.status.canonical_reason().unwrap_or_default();
                let server = answer.headers.get(http::header::SERVER).and_then(|value| value.to_str().ok());
                let server = server.map(|server| format!(", Server: {server}")).unwrap_or_default();
                format!("the origin answered {method} with {} {reason}{server}", answer.status.as_u16())
            },
            |cut| cut.evidence.clone(),
        ),
    }
}

/// Status the viewer gets.
pub(crate) fn status_of(ending: &Ending, cause: Option<Cause>) -> u16 {
    let answered = match ending {
        Ending::Answered(_, answer) => answer.status,
        Ending::Failed(..) => StatusCode::BAD_GATEWAY,
    };
    let own = cause.and_then(|cause| edge502_rules::outcome::Outcome::of(cause).status());
    own.unwrap_or(answered.as_u16())
}

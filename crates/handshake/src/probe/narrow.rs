//! Finds the one thing that has to change for an origin to accept an offer.

use std::fmt;
use std::io;
use std::time::Duration;

use edge502_rules::certificate::KeyType;
use edge502_rules::{Cause, Finding};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Offer, ProbeAnswer, reach};
use crate::Observation;
use crate::wire::ClientHello;

/// The most connections [`narrow`] opens.
pub const MAX_PROBES: usize = 6;

/// The most names that are tried in place of the refused one.
const MAX_NAMES: usize = 3;

/// How the offer of one probe differs from the edge's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// Every version, suite, group and key type.
    Everything,
    /// Not at all.
    AsOffered,
    /// Every version from SSLv3 to TLS 1.3.
    AllVersions,
    /// Suites that CloudFront does not speak, too.
    AllSuites,
    /// Groups that CloudFront does not speak, too.
    AllGroups,
    /// Key types of certificates that CloudFront does not speak, too.
    AllKeyTypes,
    /// Without SNI.
    NoServerName,
    /// With another name as SNI.
    OtherServerName,
}

impl Variant {
    fn of(self, offer: Offer, other_name: &str) -> Offer {
        match self {
            Self::Everything => offer.with_everything(),
            Self::AsOffered => offer,
            Self::AllVersions => offer.with_all_versions(),
            Self::AllSuites => offer.with_all_suites(),
            Self::AllGroups => offer.with_all_groups(),
            Self::AllKeyTypes => offer.with_all_key_types(),
            Self::NoServerName => offer.without_server_name(),
            Self::OtherServerName => offer.with_server_name(other_name),
        }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Everything => "every version, suite, group and key type offered",
            Self::AsOffered => "the edge's own offer repeated",
            Self::AllVersions => "every version offered",
            Self::AllSuites => "suites offered that CloudFront does not speak",
            Self::AllGroups => "groups offered that CloudFront does not speak",
            Self::AllKeyTypes => "key types offered that CloudFront does not speak",
            Self::NoServerName => "no server name sent",
            Self::OtherServerName => "another server name sent",
        })
    }
}

/// One probe and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// What was offered.
    pub variant: Variant,
    /// What the origin answered.
    pub answer: ProbeAnswer,
}

/// What further connections told about a refused handshake.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Narrowed {
    /// The cause, if the probes tell one.
    pub cause: Option<Cause>,
    /// All probes, in order; at most [`MAX_PROBES`].
    pub trials: Vec<Trial>,
}

impl Narrowed {
    /// The last probe whose offer the origin accepted: it shows what the origin does speak.
    pub fn accepted(&self) -> Option<&Trial> {
        self.trials.iter().rev().find(|trial| trial.answer.accepted())
    }

    /// The cause with what the origin does speak, to [`refine`](crate::Verdict::refine) a verdict.
    pub fn finding(&self) -> Option<Finding> {
        let (cause, trial) = self.cause.zip(self.accepted())?;
        Some(Finding::new(
            cause,
            format!("the origin accepts a connection only with {}{}", trial.variant, spoken(&trial.answer)),
        ))
    }
}

/// What the origin chose, in words.
fn spoken(answer: &ProbeAnswer) -> String {
    let version = answer.version().map(|version| version.to_string());
    let suite = answer.suite().map(|suite| suite.openssl_name().map_or_else(|| suite.to_string(), str::to_owned));
    let group = answer.group().map(|group| format!("group {group}"));
    let key = answer.leaf_key().map(|key| format!("a certificate with a key of the kind {key}"));
    let parts: Vec<String> = [version, suite, group, key].into_iter().flatten().collect();
    if parts.is_empty() { String::new() } else { format!("; it then chooses {}", parts.join(", ")) }
}

/// Opens up to [`MAX_PROBES`] further connections with `dial` and finds out what a refused handshake was about.
///
/// First everything is offered. If the origin refuses even that, only the name is left: none is sent, and then those of
/// `known_names` (at most three: the origin's domain, the viewers' host) that the edge did not send. Otherwise the edge's own offer
/// is widened in one respect at a time; the first that is accepted names the cause. `limit` bounds each probe, with its
/// connecting. The result is empty if no ClientHello went out; its cause is `None` if the refusal cannot be repeated
/// or nothing is accepted.
pub async fn narrow<IO, D, F>(observation: &Observation, known_names: &[&str], dial: D, limit: Duration) -> Narrowed
where
    IO: AsyncRead + AsyncWrite + Unpin,
    D: Fn() -> F,
    F: Future<Output = io::Result<IO>>,
{
    let Some(hello) = &observation.client_hello else { return Narrowed::default() };
    let others = known_names.iter().filter(|name| Some(**name) != hello.server_name.as_deref());
    let names = others.take(MAX_NAMES).copied().collect();
    let mut search = Search { hello, names, dial, limit, trials: Vec::new() };
    let cause = search.run().await;
    Narrowed { cause, trials: search.trials }
}

struct Search<'a, D> {
    hello: &'a ClientHello,
    /// Names the origin may know, other than the one that was sent.
    names: Vec<&'a str>,
    dial: D,
    limit: Duration,
    trials: Vec<Trial>,
}

impl<IO, D, F> Search<'_, D>
where
    IO: AsyncRead + AsyncWrite + Unpin,
    D: Fn() -> F,
    F: Future<Output = io::Result<IO>>,
{
    async fn run(&mut self) -> Option<Cause> {
        let widest = self.accepts(Variant::Everything).await;
        if widest.is_none() {
            return self.knows_another_name().await.then_some(Cause::SniRefused);
        }
        if self.accepts(Variant::AsOffered).await.is_some() {
            return None;
        }
        if self.accepts(Variant::AllVersions).await.is_some() {
            return Some(Cause::ProtocolMismatch);
        }
        if self.accepts(Variant::AllSuites).await.is_some() {
            return Some(Cause::CipherMismatch);
        }
        if let Some(answer) = self.accepts(Variant::AllGroups).await {
            // If the key exchange stays within the edge's groups, it was the key of the certificate that needed more.
            let foreign = answer.group().is_some_and(|group| !self.hello.groups.contains(&group));
            return Some(if foreign { Cause::CurveMismatch } else { Cause::CertificateUnsupportedKey });
        }
        if self.accepts(Variant::AllKeyTypes).await.is_some() {
            return Some(Cause::CertificateUnsupportedKey);
        }
        widest.and_then(|answer| self.foreign(&answer))
    }

    /// Whether the origin accepts the edge's own offer once the name is gone, or another one.
    async fn knows_another_name(&mut self) -> bool {
        if self.hello.server_name.is_some() && self.accepts(Variant::NoServerName).await.is_some() {
            return true;
        }
        for name in self.names.clone() {
            if self.tries(Variant::OtherServerName, name).await.is_some() {
                return true;
            }
        }
        false
    }

    /// Where more than one thing has to change: the first that the edge could not have agreed to.
    fn foreign(&self, answer: &ProbeAnswer) -> Option<Cause> {
        let hello = self.hello;
        let version = answer.version().is_some_and(|version| !hello.versions().contains(&version));
        let suite = answer.suite().is_some_and(|suite| !hello.cipher_suites.contains(&suite));
        let group = answer.group().is_some_and(|group| !hello.groups.contains(&group));
        let key = answer.leaf_key().filter(|key| !key.is_documented());
        // Where no listed suite goes with the key, a foreign suite is only what follows from it.
        let unheard_of = matches!(key, Some(KeyType::Other(_)));
        let causes = [
            (version, Cause::ProtocolMismatch),
            (unheard_of, Cause::CertificateUnsupportedKey),
            (suite, Cause::CipherMismatch),
            (group, Cause::CurveMismatch),
            (key.is_some(), Cause::CertificateUnsupportedKey),
        ];
        causes.into_iter().find(|(foreign, _)| *foreign).map(|(_, cause)| cause)
    }

    /// The origin's answer to one more probe, if it accepts the offer.
    async fn accepts(&mut self, variant: Variant) -> Option<ProbeAnswer> {
        self.tries(variant, "").await
    }

    async fn tries(&mut self, variant: Variant, other_name: &str) -> Option<ProbeAnswer> {
        let offer = variant.of(Offer::like(self.hello), other_name);
        let answer = reach((self.dial)(), &offer, self.limit).await;
        self.trials.push(Trial { variant, answer: answer.clone() });
        answer.accepted().then_some(answer)
    }
}

//! The verdict: would CloudFront use this connection, and if not, why.
//!
//! The error of s2n-tls is the base. The rules that AWS documents and the library does not enforce (chain order, key
//! sizes, unlisted suites and versions, a requested client certificate) are checked on top. Both readings are always
//! worked out, so that a report can say where they differ. Everything rests on what the wire showed.

mod certificates;
mod ending;
mod negotiation;
mod not_public;
mod signatures;
mod warnings;
mod words;

use edge502_rules::certificate::Certificate;
use edge502_rules::chain::{ChainReport, ServedChain, Top};
use edge502_rules::{Cause, Finding, Rulebook};
use time::OffsetDateTime;

use crate::observation::{End, Observation};
use crate::{Expectation, TrustStore};

pub use signatures::signature_fits;
pub use warnings::{Warning, WarningKind};

/// Whether CloudFront would use the connection, under both rulebooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The rulebook that decides.
    pub rulebook: Rulebook,
    /// What AWS documents.
    pub documented: Judgement,
    /// What the library does.
    pub observed: Judgement,
    /// What does not stop CloudFront and is worth knowing.
    pub warnings: Vec<Warning>,
    /// Whether several causes look the same on the wire of this one connection, so that only further connections with
    /// other offers could tell them apart (see [`crate::probe`]).
    pub ambiguous: bool,
    /// The names of which the origin's certificate has to carry one: the origin's domain and, if forwarded, the
    /// viewer's host.
    pub acceptable_names: Vec<String>,
}

/// The outcome under one rulebook.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Everything that is wrong; what CloudFront trips over stands first.
    pub findings: Vec<Finding>,
}

impl Judgement {
    /// What CloudFront trips over; `None` if it connects.
    pub fn cause(&self) -> Option<Cause> {
        self.findings.first().map(|finding| finding.cause)
    }
}

impl Verdict {
    /// The judgement of the deciding rulebook.
    pub fn judgement(&self) -> &Judgement {
        match self.rulebook {
            Rulebook::Documented => &self.documented,
            Rulebook::Observed => &self.observed,
        }
    }

    /// What CloudFront trips over under the deciding rulebook; `None` if it connects.
    pub fn cause(&self) -> Option<Cause> {
        self.judgement().cause()
    }

    /// Puts `finding` in the place of the first finding of its rulebooks, after further connections told more than
    /// this one. The verdict is no longer ambiguous.
    pub fn refine(&mut self, finding: &Finding) {
        for judgement in [&mut self.documented, &mut self.observed] {
            if let Some(first) = judgement.findings.first_mut() {
                *first = finding.clone();
            }
        }
        self.ambiguous = false;
    }
}

/// A finding, and which rulebooks count it.
#[derive(Debug, Clone)]
struct Fault {
    finding: Finding,
    applies: Applies,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Applies {
    /// The library enforces it, and so does the documentation.
    Both,
    /// Only AWS's text demands it.
    DocumentedOnly,
    /// Only the library fails for it.
    ObservedOnly,
}

impl Fault {
    fn new(finding: Finding, applies: Applies) -> Self {
        Self { finding, applies }
    }

    fn counts_under(&self, rulebook: Rulebook) -> bool {
        match self.applies {
            Applies::Both => true,
            Applies::DocumentedOnly => rulebook == Rulebook::Documented,
            Applies::ObservedOnly => rulebook == Rulebook::Observed,
        }
    }
}

/// The served chain, read once for all rules.
struct Evidence<'a> {
    observation: &'a Observation,
    expectation: &'a Expectation<'a>,
    chain: &'a ServedChain,
    report: Option<ChainReport>,
    trust: &'a TrustStore,
    now: OffsetDateTime,
}

impl Evidence<'_> {
    fn leaf(&self) -> Option<&Certificate> {
        self.chain.get(self.report.as_ref().map_or(0, |report| report.leaf))
    }

    /// The trusted root that the path leads to, if it leads to one that is not itself part of the path.
    fn anchor(&self) -> Option<&Certificate> {
        let Top::Anchor { index } = self.report.as_ref()?.top else { return None };
        let anchor = self.trust.parsed().get(index)?;
        let in_path = self.leaf() == Some(anchor) || self.above_leaf().any(|(_, certificate)| certificate == anchor);
        (!in_path).then_some(anchor)
    }

    /// The certificates between leaf and root, with their positions.
    fn above_leaf(&self) -> impl Iterator<Item = (usize, &Certificate)> {
        let path = self.report.iter().flat_map(|report| report.path.iter().skip(1));
        path.filter_map(|position| Some((*position, self.chain.get(*position)?)))
    }
}

/// Judges one handshake by what it showed.
///
/// `now` decides dates; `trust` tells where a path may end. A handshake that completed is still a failure under the
/// documented rulebook if a documented rule is broken.
pub fn judge(
    observation: &Observation,
    expectation: &Expectation<'_>,
    trust: &TrustStore,
    now: OffsetDateTime,
) -> Verdict {
    let chain = ServedChain::parse(observation.served_chain.clone().unwrap_or_default());
    judge_read(observation, &chain, expectation, trust, now)
}

/// [`judge`] for a served chain that was read already.
pub(crate) fn judge_read(
    observation: &Observation,
    chain: &ServedChain,
    expectation: &Expectation<'_>,
    trust: &TrustStore,
    now: OffsetDateTime,
) -> Verdict {
    let report = chain.report(trust.parsed(), now);
    let evidence = Evidence { observation, expectation, chain, report, trust, now };
    let mut faults = certificates::faults(&evidence);
    if observation.verified() {
        // The library has accepted the certificates: of its own rules none is broken.
        faults.retain(|fault| fault.applies != Applies::Both);
    }
    faults.extend(negotiation::faults(&evidence));
    let refusal = (observation.end != End::Completed).then(|| ending::refusal(&evidence, &faults));
    let judge_under = |rulebook| judgement(rulebook, &faults, refusal.as_ref().map(|r| &r.finding));
    Verdict {
        rulebook: expectation.rulebook,
        documented: judge_under(Rulebook::Documented),
        observed: judge_under(Rulebook::Observed),
        warnings: warnings::of(&evidence),
        ambiguous: refusal.is_some_and(|refusal| refusal.ambiguous),
        acceptable_names: expectation.acceptable_names().map(str::to_owned).collect(),
    }
}

/// The faults that count under `rulebook`, with what ended the handshake in front.
fn judgement(rulebook: Rulebook, faults: &[Fault], refusal: Option<&Finding>) -> Judgement {
    let counted = faults.iter().filter(|fault| fault.counts_under(rulebook)).map(|fault| fault.finding.clone());
    let mut findings: Vec<Finding> = counted.collect();
    // A name fault that only one reading sees comes before the path, as it does in the library.
    let name_first = rulebook == Rulebook::Observed
        && faults
            .iter()
            .any(|f| f.applies == Applies::ObservedOnly && f.finding.cause == Cause::CertificateNameMismatch);
    if let Some(refusal) = refusal {
        match findings.iter().position(|finding| finding == refusal) {
            Some(_) if name_first => {}
            Some(position) => findings[..=position].rotate_right(1),
            None if rulebook == Rulebook::Documented && only_observed(refusal, faults) => {}
            // What ended this connection comes after the certificate, which the other reading does not get past.
            None => findings.insert(usize::from(name_first), refusal.clone()),
        }
    }
    Judgement { findings }
}

/// Whether the library refused what AWS's text accepts.
fn only_observed(refusal: &Finding, faults: &[Fault]) -> bool {
    faults.iter().any(|fault| fault.applies == Applies::ObservedOnly && fault.finding == *refusal)
}

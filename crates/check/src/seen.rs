//! What one check saw, before anything is concluded from it.

use std::sync::Arc;
use std::time::Duration;

use edge502_edge::{HandshakeReport, OriginAnswer, OriginFailure};
use edge502_handshake::{Observation, Verdict as Judged};
use edge502_rules::chain::ServedChain;
use edge502_rules::{Cause, Finding};
use http::{Method, StatusCode};
use time::OffsetDateTime;

use crate::options::Options;
use crate::probes::Probed;
use crate::report::{AiaReport, Event, OtherNameReport};
use crate::target::Target;

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

/// Everything one check saw.
pub(crate) struct Seen<'a> {
    pub(crate) target: &'a Target,
    pub(crate) options: &'a Options,
    pub(crate) ending: &'a Ending,
    pub(crate) cause: Option<Cause>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) verdict: Option<&'a Judged>,
    pub(crate) observation: Option<&'a Observation>,
    pub(crate) probed: &'a Probed,
    pub(crate) other_name: Option<OtherNameReport>,
    /// How HEAD failed, if GET was tried for that.
    pub(crate) head_failed: Option<String>,
    pub(crate) aia: Option<AiaReport>,
    pub(crate) conversation: Vec<Event>,
    pub(crate) connections: usize,
    pub(crate) elapsed: Duration,
}

impl Seen<'_> {
    /// The certificates the origin sent, or those that a further connection got from it.
    pub(crate) fn chain(&self) -> ServedChain {
        let served = self.observation.and_then(|observation| observation.served_chain.as_ref());
        ServedChain::parse(served.or(self.probed.chain.as_ref()).cloned().unwrap_or_default())
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.options.clock.now()
    }

    pub(crate) fn answer(&self) -> Option<&OriginAnswer> {
        match self.ending {
            Ending::Answered(_, answer) => Some(answer),
            Ending::Failed(..) => None,
        }
    }
}

/// What the viewer's error would be about. An origin that answers with an error of its own below 500 is there: which
/// path exists is not for this check to say.
pub(crate) fn cause_of(ending: &Ending) -> Option<Cause> {
    match ending {
        Ending::Failed(_, failure) => Some(failure.cause),
        Ending::Answered(_, answer) => match &answer.cut {
            Some(failure) => Some(failure.cause),
            None => answer.status.is_server_error().then_some(Cause::OriginErrorRelayed),
        },
    }
}

pub(crate) fn evidence(ending: &Ending) -> String {
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

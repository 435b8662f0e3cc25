//! What is stated about the answer, on the plain port and inside TLS.

use std::{net::SocketAddr, time::Duration};

use edge502_pki::Identity;

use super::{
    PATIENCE, SILENCE, Subject,
    client::{self, Attention, Finish, Heard, Talk},
    is_remembered, library, offer, patience, site_name, verify,
};
use crate::{
    error::OriginError,
    history::{Negotiated, PortKind, RequestRecord},
    http::{
        self,
        answer::{self, Facts, Then},
    },
    plan::Plan,
    spec::{AnswerAt, Question},
};

const CLAIM: &str = "the HTTP answer is as stated";

/// `Date` is left out of what is compared.
const DATE_LINE: usize = "Date: Mon, 23 Nov 2026 08:05:09 GMT\r\n".len();

/// Tries a port without TLS: what a plain request gets, and one for each of the other answers.
pub(super) async fn answers(
    plan: &Plan,
    subject: &Subject<'_>,
    port: PortKind,
    addr: SocketAddr,
) -> Result<(), OriginError> {
    let others = plan.spec.http.when.iter().filter_map(|when| when.example(&plan.spec.name));
    for request in std::iter::once(plain(plan)).chain(others) {
        subject.history.clear();
        let expected = Expected::of(plan, &request, port, None);
        let heard = client::talk(addr, &bytes(&request), expected.attention()).await.without_date();
        expected.verify(&heard)?;
        is_remembered(subject).await?;
    }
    Ok(())
}

/// Tries the HTTPS port.
pub(super) async fn answers_in_tls(
    plan: &Plan,
    subject: &Subject<'_>,
    identity: Option<&Identity>,
) -> Result<(), OriginError> {
    let request = plain(plan);
    let mut attention = Expected::of(plan, &request, PortKind::Https, None).attention();
    // The handshake comes on top of a silence that is to be heard.
    attention.bound += SILENCE;
    subject.history.clear();
    let offer = offer(plan, identity);
    let Talk { negotiated, heard, .. } = library::talk(&offer, subject.https, &bytes(&request), attention).await?;
    let heard = heard.without_date();
    let Some(negotiated) = negotiated else {
        return verify(CLAIM, &"a TLS connection", &heard, false);
    };
    Expected::of(plan, &request, PortKind::Https, Some(&negotiated)).verify(&heard)
}

/// A request without anything special.
fn plain(plan: &Plan) -> RequestRecord {
    RequestRecord {
        headers: vec![("Host".to_owned(), plan.spec.name.clone()), ("Connection".to_owned(), "close".to_owned())],
        ..http::unasked(&plan.spec.name)
    }
}

fn bytes(request: &RequestRecord) -> Vec<u8> {
    let RequestRecord { method, target, version, headers, .. } = request;
    let lines = headers.iter().flat_map(|(name, value)| [name.as_str(), ": ", value, "\r\n"]);
    let headers: String = lines.collect();
    format!("{method} {target} {version}\r\n{headers}\r\n").into_bytes()
}

/// What has to be heard.
struct Expected {
    heard: Heard,
    /// Where the body begins to drip, if it does: then any part of it will do.
    drips_from: Option<usize>,
}

impl Expected {
    fn of(plan: &Plan, request: &RequestRecord, port: PortKind, negotiated: Option<&Negotiated>) -> Self {
        let (whole, sni) = (&plan.spec.http, negotiated.map(|_| site_name(plan)));
        let http = whole.answering(&Question { request, tls: negotiated.map(|_| sni), nth: 1 });
        let (early, asked) = (whole.answer_at == AnswerAt::Connection, http::unasked(&plan.spec.name));
        let answer = |http, request| {
            let (spec, now) = (&plan.spec, plan.clock.now());
            answer::answer(&Facts { spec, http, port, sni, negotiated, now, request })
        };
        let first = if early { answer(whole, &asked) } else { answer(http, request) };
        let only = |finish| Self { heard: Heard::only(finish), drips_from: None };
        if Duration::from_millis(http.delay_ms) > SILENCE {
            return only(Finish::Silence);
        }
        if whole.answers_per_connection == Some(0) {
            return only(Finish::Eof);
        }
        let drops = first.bytes.len() - first.body_at;
        let mut heard = Heard { bytes: first.bytes, finish: finish_of(first.then) };
        if early && first.then == Then::KeepAlive {
            let second = answer(http, request);
            heard.bytes.extend(second.bytes);
            heard.finish = finish_of(second.then);
        }
        let drip =
            Duration::from_millis(http.drip_ms.unwrap_or(0)).saturating_mul(u32::try_from(drops).unwrap_or(u32::MAX));
        // A short one is heard to its end.
        let drips_from = (drip > SILENCE * 4).then(|| first.body_at.saturating_sub(DATE_LINE));
        Self { heard: heard.without_date(), drips_from }
    }

    fn attention(&self) -> Attention {
        // Silence counts from the moment that something was said.
        let said = (self.heard.finish == Finish::Silence && !self.heard.bytes.is_empty()).then_some(1);
        let enough = self.drips_from.or(said);
        Attention { bound: if enough.is_some() { PATIENCE } else { patience(&self.heard.finish) }, enough }
    }

    fn verify(&self, heard: &Heard) -> Result<(), OriginError> {
        let holds = match self.drips_from {
            Some(from) => {
                let begun = self.heard.bytes.starts_with(&heard.bytes) && heard.bytes.len() >= from;
                begun && heard.finish == Finish::Silence
            }
            None => self.heard == *heard,
        };
        verify(CLAIM, &self.heard, heard, holds)
    }
}

fn finish_of(then: Then) -> Finish {
    match then {
        Then::KeepAlive | Then::Close => Finish::Eof,
        Then::Reset => Finish::Reset,
        Then::Stall => Finish::Silence,
    }
}

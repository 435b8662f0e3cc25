//! What is stated about the answer, on the plain port and inside TLS.

use std::{net::SocketAddr, time::Duration};

use edge502_pki::Identity;

use super::{
    SILENCE, Subject,
    client::{self, Finish, Heard},
    is_remembered, patience, permissive, site_name, verify,
};
use crate::{
    error::OriginError,
    history::{Negotiated, PortKind, RequestRecord},
    http::answer::{self, Facts, Then},
    plan::Plan,
};

const CLAIM: &str = "the HTTP answer is as stated";

/// Tries a port without TLS.
pub(super) async fn answers(
    plan: &Plan,
    subject: &Subject<'_>,
    port: PortKind,
    addr: SocketAddr,
) -> Result<(), OriginError> {
    subject.history.clear();
    let expected = expected_answer(plan, port, None);
    let heard = client::talk(addr, &request_bytes(plan), patience(&expected.finish)).await.without_date();
    verify(CLAIM, &expected, &heard, expected == heard)?;
    is_remembered(subject).await
}

/// Tries the HTTPS port.
pub(super) async fn answers_in_tls(
    plan: &Plan,
    subject: &Subject<'_>,
    identity: Option<&Identity>,
) -> Result<(), OriginError> {
    let bound = patience(&expected_answer(plan, PortKind::Https, None).finish);
    let ssl = permissive(plan, identity)?;
    // The handshake comes on top of a silence that is to be heard.
    let (negotiated, heard) = client::talk_tls(ssl, subject.https, &request_bytes(plan), SILENCE + bound).await;
    let expected = expected_answer(plan, PortKind::Https, negotiated.as_ref());
    let heard = heard.without_date();
    verify(CLAIM, &expected, &heard, negotiated.is_some() && expected == heard)
}

fn request_bytes(plan: &Plan) -> Vec<u8> {
    format!("GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", plan.spec.name).into_bytes()
}

fn expected_answer(plan: &Plan, port: PortKind, negotiated: Option<&Negotiated>) -> Heard {
    let http = &plan.spec.http;
    if Duration::from_millis(http.delay_ms) > SILENCE {
        return Heard::only(Finish::Silence);
    }
    if http.answers_per_connection == Some(0) {
        return Heard::only(Finish::Eof);
    }
    let request = RequestRecord {
        method: "GET".to_owned(),
        target: "/".to_owned(),
        version: "HTTP/1.1".to_owned(),
        headers: vec![("Host".to_owned(), plan.spec.name.clone()), ("Connection".to_owned(), "close".to_owned())],
        body_len: 0,
    };
    let answer = answer::answer(&Facts {
        spec: &plan.spec,
        port,
        sni: negotiated.map(|_| site_name(plan)),
        negotiated,
        now: plan.clock.now(),
        request: &request,
    });
    let finish = match answer.then {
        Then::KeepAlive | Then::Close => Finish::Eof,
        Then::Reset => Finish::Reset,
        Then::Stall => Finish::Silence,
    };
    Heard { bytes: answer.bytes, finish }.without_date()
}

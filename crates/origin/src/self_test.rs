//! Proof, right after the start, that an origin is broken in the stated way.
//!
//! Some settings are accepted by a TLS library and then fail only at the handshake, so a scenario could show the right
//! status for the wrong reason. Each statement of the plan is therefore tried from outside, by OpenSSL's most
//! permissive client or with plain bytes. A build without the feature `legacy` has rustls in the place of OpenSSL's
//! client, one that takes every certificate: there both ends are of one library, and only what that one has can be tried.

mod client;
mod http;
#[cfg_attr(feature = "legacy", path = "self_test/openssl.rs")]
#[cfg_attr(not(feature = "legacy"), path = "self_test/rustls.rs")]
mod library;
mod proxy;
mod settings;
#[cfg(test)]
mod tests;
mod tls;

use std::{
    fmt::{Debug, Display},
    net::SocketAddr,
    time::Duration,
};

use edge502_pki::{Identity, Lab};

use crate::{
    error::OriginError,
    history::{History, PortKind},
    plan::{Act, Fault, Listening, Plan},
    spec::{ProxyProtocol, Stage},
};
use client::{Finish, Heard, Offer};

/// Silence counts as silence after this time.
const SILENCE: Duration = Duration::from_millis(50);

/// The longest wait for something that must come.
const PATIENCE: Duration = Duration::from_secs(5);

/// Groups whose shares make a long ClientHello.
const LONG_GROUPS: &str = "X25519MLKEM768:P-256";

/// The origin under test.
pub(crate) struct Subject<'a> {
    pub(crate) https: SocketAddr,
    pub(crate) http: SocketAddr,
    pub(crate) history: &'a History,
    pub(crate) lab: &'a Lab,
    /// Whether TLS settings that held for another origin of this process are taken to hold for this one.
    pub(crate) trusts_settings: bool,
}

/// Tries every statement of the plan; the first one that is not true is the error.
pub(crate) async fn run(plan: &Plan, subject: &Subject<'_>) -> Result<(), OriginError> {
    for (port, addr) in [(PortKind::Http, subject.http), (PortKind::Https, subject.https)] {
        let conduct = plan.conduct(port);
        match conduct.listening {
            Listening::Refuse => is_heard(addr, "the port refuses connections", Finish::Refused).await?,
            Listening::Drop => is_heard(addr, "the port drops connections", Finish::NoAnswer).await?,
            Listening::Open if conduct.proxy_protocol != ProxyProtocol::None => {
                proxy::treated_as_stated(plan, subject, port, addr).await?;
            }
            Listening::Open => match &conduct.fault {
                Some(fault) if fault.longer_than.is_some() => {
                    early_fault(plan, subject, addr, fault).await?;
                    tls::run(plan, subject).await?;
                }
                Some(fault) if fault.after <= Stage::ClientHello => early_fault(plan, subject, addr, fault).await?,
                Some(fault) => tls::late_fault(plan, subject, fault).await?,
                None if conduct.tls => tls::run(plan, subject).await?,
                None => http::answers(plan, subject, port, addr).await?,
            },
        }
    }
    Ok(())
}

async fn is_heard(addr: SocketAddr, claim: &str, finish: Finish) -> Result<(), OriginError> {
    let heard = match finish {
        Finish::NoAnswer => client::knock(addr).await,
        _ => client::talk(addr, b"", patience(&finish)).await,
    };
    let expected = Heard::only(finish);
    verify(claim, &expected, &heard, expected == heard)
}

async fn early_fault(plan: &Plan, subject: &Subject<'_>, addr: SocketAddr, fault: &Fault) -> Result<(), OriginError> {
    subject.history.clear();
    let bytes = match &fault.act {
        Act::Close | Act::Reset | Act::Stall => Vec::new(),
        Act::Alert(number) => vec![21, 3, 3, 0, 2, 2, *number],
        Act::Say(bytes) => bytes.clone(),
    };
    let expected = Heard { bytes, finish: finish_of(&fault.act) };
    // Nothing is said to an origin that ends the connection at once: if it did not, it would wait for more than that.
    let quiet = fault.after == Stage::Accept && fault.act != Act::Stall;
    let hello = match fault.longer_than {
        _ if quiet => Vec::new(),
        None => library::hello(&offer(plan, None))?,
        Some(length) => long_hello(plan, length)?,
    };
    let heard = client::talk(addr, &hello, patience(&expected.finish)).await;
    verify("the connection is broken off as stated", &expected, &heard, expected == heard)?;
    is_remembered(subject).await
}

/// The origin has accepted the connection made last: silence alone could be somebody else's, and a connection
/// accepted after the test would be in the history for good.
async fn is_remembered(subject: &Subject<'_>) -> Result<(), OriginError> {
    let records = subject.history.wait_for(|records| !records.is_empty(), PATIENCE).await;
    verify("the origin has seen the connection", &"a record of it", &records, records.is_ok())
}

/// What a client hears of the end when the origin breaks off.
fn finish_of(act: &Act) -> Finish {
    match act {
        Act::Reset => Finish::Reset,
        Act::Stall => Finish::Silence,
        Act::Close | Act::Alert(_) | Act::Say(_) => Finish::Eof,
    }
}

fn patience(expected: &Finish) -> Duration {
    if *expected == Finish::Silence { SILENCE } else { PATIENCE }
}

/// A ClientHello with post-quantum shares.
fn long_hello(plan: &Plan, length: usize) -> Result<Vec<u8>, OriginError> {
    let long = Offer { groups: Some(LONG_GROUPS.to_owned()), ..Offer::everything(site_name(plan)) };
    let hello = library::hello(&long)?;
    let expected = format!("more than {length} bytes; state less in `handshake.longer_than`");
    verify("there are ClientHellos as long as stated", &expected, &hello.len(), hello.len() > length)?;
    Ok(hello)
}

/// The name of one of the origin's sites.
fn site_name(plan: &Plan) -> &str {
    plan.spec.sni.sites.first().unwrap_or(&plan.spec.name)
}

/// What a client offers that should be served: everything, and the name of a site.
fn offer<'a>(plan: &'a Plan, identity: Option<&'a Identity>) -> Offer<'a> {
    Offer { groups: tls::offered_groups(plan), identity, ..Offer::everything(site_name(plan)) }
}

fn verify(claim: &str, expected: &dyn Display, seen: &dyn Debug, holds: bool) -> Result<(), OriginError> {
    if holds {
        return Ok(());
    }
    Err(OriginError::SelfTest { claim: claim.to_owned(), expected: expected.to_string(), seen: format!("{seen:?}") })
}

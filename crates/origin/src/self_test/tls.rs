//! What is stated about TLS, tried with the most permissive client there is.

use std::net::SocketAddr;

use edge502_pki::{CertificateSpec, Identity};

use super::{
    PATIENCE, Subject, client,
    client::{Attempt, Offer, Talk},
    finish_of, http, library,
    library::{COMMON_GROUPS, PROTOCOLS},
    offer, patience,
    settings::Settings,
    verify,
};
use crate::{
    connection::HALF_SERVER_HELLO,
    error::OriginError,
    history::ConnectionRecord,
    plan::{Act, Fault, Plan, Site, Unknown},
    spec::{ClientCertificate, Protocol, Stage},
};

/// Signature schemes that clients in the field offer; those not in `tls.signature_schemes` must be of no use.
const COMMON_SCHEMES: [&str; 10] = [
    "ecdsa_secp256r1_sha256",
    "ecdsa_secp384r1_sha384",
    "ecdsa_secp521r1_sha512",
    "ed25519",
    "rsa_pss_rsae_sha256",
    "rsa_pss_rsae_sha384",
    "rsa_pss_pss_sha256",
    "rsa_pkcs1_sha256",
    "rsa_pkcs1_sha384",
    "rsa_pkcs1_sha512",
];

/// The TLS 1.3 suites OpenSSL has; those not in `tls.ciphersuites` must be refused.
pub(super) const TLS13_SUITES: [&str; 5] = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_CCM_SHA256",
    "TLS_AES_128_CCM_8_SHA256",
];

/// Content type of a handshake record (RFC 8446 section 5.1).
const HANDSHAKE_RECORD: u8 = 22;

/// `handshake_failure` (RFC 5246 section 7.2.2): no suite in common.
const HANDSHAKE_FAILURE: u8 = 40;

/// A name that is nobody's site.
const STRANGER: &str = "name-of-nobody.test";

/// Tries everything that the plan states about TLS.
pub(super) async fn run(plan: &Plan, subject: &Subject<'_>) -> Result<(), OriginError> {
    let check = Check::new(plan, subject)?;
    check.warns_as_stated().await?;
    if check.fits_key || check.speaks(Protocol::TlsV1_3) {
        check.serves_its_chain().await?;
    } else {
        check.refuses_for_want_of_a_suite().await?;
    }
    let settings = Settings::of(plan);
    if !(subject.trusts_settings && settings.have_held()) {
        check.keeps_to_its_settings().await?;
        settings.held();
    }
    check.treats_client_certificates_as_stated().await?;
    check.treats_strangers_as_stated().await
}

/// A handshake that is broken off after the server's first flight, or once it is complete.
pub(super) async fn late_fault(plan: &Plan, subject: &Subject<'_>, fault: &Fault) -> Result<(), OriginError> {
    let completes = fault.after == Stage::Finished;
    let identity = client_identity(plan, subject)?;
    let offer = offer(plan, identity.as_ref());
    subject.history.clear();
    let finish = finish_of(&fault.act);
    let bound = patience(&finish);
    let (local, as_far_as_stated, heard) = if completes {
        let Talk { local, negotiated, heard } = library::talk(&offer, subject.https, b"", bound).await?;
        (local, negotiated.is_some() && heard.bytes.is_empty(), heard)
    } else {
        let heard = client::talk_until_quiet(subject.https, &library::hello(&offer)?).await;
        let enough = match fault.after {
            Stage::HalfServerHello => heard.bytes.len() == HALF_SERVER_HELLO,
            _ => heard.bytes.len() > HALF_SERVER_HELLO,
        };
        (None, enough && heard.bytes.first() == Some(&HANDSHAKE_RECORD), heard)
    };
    let expected = format!("everything up to the stage {:?}, then {finish:?}", fault.after);
    verify("the handshake is broken off as stated", &expected, &heard, as_far_as_stated && heard.finish == finish)?;
    // In TLS 1.3 the client believes the handshake complete as soon as it has the server's flight.
    let record = ended_connection(subject, local).await;
    let holds = record.as_ref().is_some_and(|record| record.negotiated.is_some() == completes);
    verify("the handshake gets exactly as far as stated", &expected, &record, holds)
}

/// What the origin wrote down about the connection that was made from `local`, once that is over; where that is not known,
/// about the last one. Others may connect meanwhile: somebody who watches the site, or a probe of the lab's.
async fn ended_connection(subject: &Subject<'_>, local: Option<SocketAddr>) -> Option<ConnectionRecord> {
    let own = |record: &&ConnectionRecord| local.is_none_or(|local| record.peer == local);
    let ended = |records: &[ConnectionRecord]| records.iter().rfind(own).is_some_and(|record| record.end.is_some());
    let records = subject.history.wait_for(ended, PATIENCE).await.ok()?;
    records.iter().rfind(own).cloned()
}

struct Check<'a> {
    plan: &'a Plan,
    subject: &'a Subject<'a>,
    identity: Option<Identity>,
    /// Whether the client can read everything the origin sends: at least one certificate, and all of it DER to the last
    /// byte.
    readable: bool,
    /// Whether a suite below TLS 1.3 fits the kind of key; TLS 1.3 suites fit every kind.
    fits_key: bool,
}

impl<'a> Check<'a> {
    fn new(plan: &'a Plan, subject: &'a Subject<'a>) -> Result<Self, OriginError> {
        let served = &plan.site.identity.served;
        let readable = !served.is_empty() && served.iter().all(|der| library::reads(der));
        let fits_key = library::fits_key(&plan.spec.tls, plan.spec.certificate.key.is_rsa());
        Ok(Self { plan, subject, identity: client_identity(plan, subject)?, readable, fits_key })
    }

    /// Of a client that should be served: everything, the name, a good certificate.
    fn offer(&self) -> Offer<'_> {
        offer(self.plan, self.identity.as_ref())
    }

    async fn attempt(&self, offer: &Offer<'_>) -> Result<Attempt, OriginError> {
        library::attempt(offer, self.subject.https).await
    }

    /// The attempt, and what the origin wrote down about it.
    async fn tried(&self, offer: &Offer<'_>) -> Result<(Attempt, Option<ConnectionRecord>), OriginError> {
        self.subject.history.clear();
        let attempt = self.attempt(offer).await?;
        let record = ended_connection(self.subject, attempt.local).await;
        Ok((attempt, record))
    }

    /// The server's flight with its certificates came: version, suite and group were fine.
    fn accepted(&self, attempt: &Attempt) -> bool {
        let unreadable_came = !self.readable && attempt.alert.is_none();
        !attempt.served_chain.is_empty() || unreadable_came
    }

    async fn warns_as_stated(&self) -> Result<(), OriginError> {
        let Some(number) = self.plan.https.warning else { return Ok(()) };
        let hello = library::hello(&self.offer())?;
        let heard = client::talk_until_quiet(self.subject.https, &hello).await;
        let warning = [21, 3, 3, 0, 2, 1, number];
        let next = heard.bytes.strip_prefix(&warning).and_then(|rest| rest.first());
        let holds = next == Some(&HANDSHAKE_RECORD);
        verify("a warning comes before the ServerHello", &format!("alert {number}, then a ServerHello"), &heard, holds)
    }

    async fn serves_its_chain(&self) -> Result<(), OriginError> {
        let (attempt, record) = self.tried(&self.offer()).await?;
        self.chain_is(&self.plan.site, "the origin sends exactly the stated chain", &attempt)?;
        let sound = self.is_sound() && self.plan.spec.tls.client_certificate != ClientCertificate::RejectAll;
        let expected = if sound { "a completed handshake" } else { "a handshake that fails after the certificate" };
        let completed = attempt.completed && record.as_ref().is_some_and(|record| record.negotiated.is_some());
        verify("the handshake ends as stated", &expected, &(&attempt, &record), completed == sound)?;
        if sound && self.plan.spec.tls.renegotiate {
            return self.asks_to_renegotiate().await;
        }
        if sound { http::answers_in_tls(self.plan, self.subject, self.identity.as_ref()).await } else { Ok(()) }
    }

    /// Suites for one kind of key and a certificate with another: no client comes to see the certificate.
    async fn refuses_for_want_of_a_suite(&self) -> Result<(), OriginError> {
        let (attempt, record) = self.tried(&self.offer()).await?;
        let refused = attempt.alert == Some(HANDSHAKE_FAILURE) && attempt.served_chain.is_empty();
        let holds = refused && record.as_ref().is_some_and(|record| record.negotiated.is_none());
        let expected = "alert 40 before any certificate";
        verify("no suite fits the certificate's key", &expected, &(&attempt, &record), holds)
    }

    /// The client takes the request for what it is and answers with a ClientHello.
    async fn asks_to_renegotiate(&self) -> Result<(), OriginError> {
        self.subject.history.clear();
        let request = b"GET / HTTP/1.1\r\nHost: origin.test\r\n\r\n";
        let Talk { local, heard, .. } = library::talk(&self.offer(), self.subject.https, request, PATIENCE).await?;
        let record = ended_connection(self.subject, local).await;
        let reply = record.as_ref().and_then(|record| record.renegotiation_reply);
        let expected = "another ClientHello in answer to the request to negotiate anew";
        verify("the origin renegotiates", &expected, &(&heard, &record), reply == Some(HANDSHAKE_RECORD))
    }

    /// A client that does not care whom it talks to can complete a handshake.
    fn is_sound(&self) -> bool {
        let Some(leaf) = self.plan.site.identity.served.first() else { return false };
        let in_old_versions = self.fits_key && library::signs_key_exchanges(leaf);
        let key_fits = library::key_fits(&self.plan.site.identity, leaf);
        self.readable && key_fits && (in_old_versions || self.speaks(Protocol::TlsV1_3))
    }

    fn chain_is(&self, site: &Site, claim: &str, attempt: &Attempt) -> Result<(), OriginError> {
        let served = &site.identity.served;
        let same = attempt.served_chain.iter().map(Vec::as_slice).eq(served.iter().map(AsRef::as_ref));
        let expected = format!("{} certificates in the planned order", served.len());
        verify(claim, &expected, attempt, same || !self.readable)
    }

    /// Versions, suites, groups and signature schemes: what does not depend on the certificate but for its kind of key.
    async fn keeps_to_its_settings(&self) -> Result<(), OriginError> {
        self.speaks_only_its_protocols().await?;
        self.has_only_its_ciphers().await?;
        self.has_only_its_ciphersuites().await?;
        self.has_only_its_groups().await?;
        self.signs_only_with_its_schemes().await
    }

    async fn speaks_only_its_protocols(&self) -> Result<(), OriginError> {
        for protocol in PROTOCOLS {
            let stated = self.speaks(protocol) && (self.fits_key || protocol == Protocol::TlsV1_3);
            let alone = Offer { protocols: protocol..=protocol, ..self.offer() };
            let claim = format!("{protocol} is {}", if stated { "spoken" } else { "not spoken" });
            self.expect(&claim, stated, &alone).await?;
        }
        Ok(())
    }

    async fn expect(&self, claim: &str, accepted: bool, offer: &Offer<'_>) -> Result<(), OriginError> {
        let attempt = self.attempt(offer).await?;
        let expected = if accepted { "the server's certificate" } else { "a refusal before the certificate" };
        verify(claim, &expected, &attempt, self.accepted(&attempt) == accepted)
    }

    async fn has_only_its_ciphers(&self) -> Result<(), OriginError> {
        let Some(list) = self.plan.spec.tls.ciphers.as_ref().filter(|_| self.speaks_old()) else { return Ok(()) };
        let mut offer = Offer { protocols: Protocol::SslV3..=Protocol::TlsV1_2, ..self.offer() };
        offer.ciphers = Some(list.clone());
        self.expect("the stated cipher suites are served", self.fits_key, &offer).await?;
        let without: String = list
            .split([':', ',', ' '])
            .filter(|element| element.starts_with(|first: char| first.is_ascii_alphanumeric()))
            .fold("ALL:!aNULL:!eNULL".to_owned(), |all, element| all + ":!" + element);
        offer.ciphers = Some(without);
        self.expect("no other cipher suite is served", false, &offer).await
    }

    async fn has_only_its_ciphersuites(&self) -> Result<(), OriginError> {
        let Some(list) = self.plan.spec.tls.ciphersuites.as_ref().filter(|_| self.speaks(Protocol::TlsV1_3)) else {
            return Ok(());
        };
        let stated: Vec<String> = list.split(':').map(str::to_owned).collect();
        let mut offer = Offer { protocols: Protocol::TlsV1_3..=Protocol::TlsV1_3, ..self.offer() };
        offer.ciphersuites = Some(list.clone());
        self.expect("the stated TLS 1.3 suites are served", true, &offer).await?;
        offer.ciphersuites = Some(others(&TLS13_SUITES, &stated).join(":"));
        self.expect("no other TLS 1.3 suite is served", false, &offer).await
    }

    async fn has_only_its_groups(&self) -> Result<(), OriginError> {
        let groups = &self.plan.spec.tls.groups;
        let others = others(&COMMON_GROUPS, groups);
        if groups.is_empty() || others.is_empty() {
            return Ok(());
        }
        let other = Offer { groups: Some(others.join(":")), ..self.elliptic() };
        self.expect("no other group is served", false, &other).await
    }

    async fn signs_only_with_its_schemes(&self) -> Result<(), OriginError> {
        let Some(list) = &self.plan.spec.tls.signature_schemes else { return Ok(()) };
        let stated: Vec<String> = list.split(':').map(str::to_owned).collect();
        // Older versions have a fixed scheme, static RSA has none.
        let mut offer = Offer { protocols: Protocol::TlsV1_2..=Protocol::TlsV1_3, ..self.elliptic() };
        offer.signature_schemes = Some(list.clone());
        self.expect("the stated signature schemes are used", true, &offer).await?;
        offer.signature_schemes = Some(others(&COMMON_SCHEMES, &stated).join(":"));
        self.expect("no other signature scheme is used", false, &offer).await
    }

    /// Without static RSA and finite fields, which would do without a group.
    fn elliptic(&self) -> Offer<'_> {
        Offer { ciphers: Some("kECDHE:!aNULL:!eNULL".to_owned()), ..self.offer() }
    }

    async fn treats_client_certificates_as_stated(&self) -> Result<(), OriginError> {
        let stated = self.plan.spec.tls.client_certificate;
        if stated == ClientCertificate::None {
            // The first client had none to present.
            return Ok(());
        }
        if stated == ClientCertificate::Request || stated == ClientCertificate::Require {
            let (_, record) = self.tried(&self.offer()).await?;
            let asked = record.as_ref().is_some_and(|record| record.client_certificate.is_some());
            verify("the origin asks for a client certificate", &"a certificate presented", &record, asked)?;
        }
        let attempt = self.attempt(&Offer { identity: None, ..self.offer() }).await?;
        let served = stated == ClientCertificate::Request && self.is_sound();
        let expected = if served { "a completed handshake" } else { "a handshake that fails" };
        let claim = "a client without a certificate is treated as stated";
        verify(claim, &expected, &attempt, attempt.completed == served)
    }

    async fn treats_strangers_as_stated(&self) -> Result<(), OriginError> {
        let Some(unknown) = &self.plan.unknown else { return Ok(()) };
        let attempt = self.attempt(&Offer { name: STRANGER, ..self.offer() }).await?;
        let claim = "a name that is no site is treated as stated";
        match unknown {
            Unknown::Site(site) => self.chain_is(site, claim, &attempt),
            Unknown::Act(act) => {
                let alert = if let Act::Alert(number) = act { Some(*number) } else { None };
                let holds = attempt.alert == alert && attempt.served_chain.is_empty() && !attempt.completed;
                verify(claim, &format!("no certificate, alert {alert:?}"), &attempt, holds)
            }
        }
    }

    fn speaks(&self, protocol: Protocol) -> bool {
        self.plan.spec.tls.protocols.contains(&protocol)
    }

    fn speaks_old(&self) -> bool {
        self.plan.spec.tls.protocols.iter().any(|protocol| *protocol < Protocol::TlsV1_3)
    }
}

/// The stated groups and the common ones; `None` for the library's own list.
pub(super) fn offered_groups(plan: &Plan) -> Option<String> {
    let stated = &plan.spec.tls.groups;
    let all = [&stated[..], &others(&COMMON_GROUPS, stated)[..]].concat();
    if plan.spec.handshake.longer_than.is_some() {
        // Shares of post-quantum groups, which are in the libraries' own lists, make a hello too long.
        let short = all.into_iter().filter(|group| !group.to_ascii_uppercase().contains("MLKEM"));
        return Some(short.collect::<Vec<_>>().join(":"));
    }
    (!stated.is_empty()).then(|| all.join(":"))
}

/// A sound certificate for the client, if the origin asks for one.
fn client_identity(plan: &Plan, subject: &Subject<'_>) -> Result<Option<Identity>, OriginError> {
    if plan.spec.tls.client_certificate == ClientCertificate::None {
        return Ok(None);
    }
    Ok(Some(subject.lab.client_identity(&CertificateSpec::default(), "edge.test")?))
}

/// Those of `all` that are not stated, under whatever name.
fn others(all: &[&str], stated: &[String]) -> Vec<String> {
    let is_stated = |name: &&&str| stated.iter().any(|own| canonical(own).eq_ignore_ascii_case(name));
    all.iter().filter(|name| !is_stated(name)).map(|name| (*name).to_owned()).collect()
}

/// One of the several names of a NIST curve.
fn canonical(group: &str) -> &str {
    match group.to_ascii_lowercase().as_str() {
        "prime256v1" | "secp256r1" => "P-256",
        "secp384r1" => "P-384",
        "secp521r1" => "P-521",
        _ => group,
    }
}

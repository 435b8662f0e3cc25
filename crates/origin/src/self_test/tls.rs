//! What is stated about TLS, tried with OpenSSL's most permissive client.

use edge502_legacy_tls::{
    ClientCertificate as Presented, Options, Transcript,
    openssl::ssl::{SslContext, SslMethod, SslVersion},
    s_client,
};
use edge502_pki::{CertificateSpec, Identity};

use super::{PATIENCE, Subject, client, finish_of, http, no_client, patience, permissive, site_name, verify};
use crate::{
    connection::HALF_SERVER_HELLO,
    error::OriginError,
    history::ConnectionRecord,
    plan::{Act, Fault, Plan, Site, Unknown},
    spec::{ClientCertificate, Protocol, Stage},
};

/// Groups that clients in the field offer; those not in `tls.groups` must be refused.
const COMMON_GROUPS: [&str; 5] = ["P-256", "X25519", "P-384", "P-521", "X448"];

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
    check.speaks_only_its_protocols().await?;
    check.has_only_its_ciphers().await?;
    check.has_only_its_ciphersuites().await?;
    check.has_only_its_groups().await?;
    check.signs_only_with_its_schemes().await?;
    check.treats_client_certificates_as_stated().await?;
    check.treats_strangers_as_stated().await
}

/// A handshake that is broken off after the server's first flight, or once it is complete.
pub(super) async fn late_fault(plan: &Plan, subject: &Subject<'_>, fault: &Fault) -> Result<(), OriginError> {
    let completes = fault.after == Stage::Finished;
    let identity = client_identity(plan, subject)?;
    let ssl = permissive(plan, identity.as_ref())?;
    subject.history.clear();
    let finish = finish_of(&fault.act);
    let bound = patience(&finish);
    let (as_far_as_stated, heard) = if completes {
        let (negotiated, heard) = client::talk_tls(ssl, subject.https, b"", bound).await;
        (negotiated.is_some() && heard.bytes.is_empty(), heard)
    } else {
        let heard = client::talk_until_quiet(subject.https, &client::client_hello(ssl)).await;
        let enough = match fault.after {
            Stage::HalfServerHello => heard.bytes.len() == HALF_SERVER_HELLO,
            _ => heard.bytes.len() > HALF_SERVER_HELLO,
        };
        (enough && heard.bytes.first() == Some(&HANDSHAKE_RECORD), heard)
    };
    let expected = format!("everything up to the stage {:?}, then {finish:?}", fault.after);
    verify("the handshake is broken off as stated", &expected, &heard, as_far_as_stated && heard.finish == finish)?;
    // In TLS 1.3 the client believes the handshake complete as soon as it has the server's flight.
    let record = ended_connection(subject).await;
    let holds = record.as_ref().is_some_and(|record| record.negotiated.is_some() == completes);
    verify("the handshake gets exactly as far as stated", &expected, &record, holds)
}

/// What the origin wrote down about the connection made last, once that is over.
async fn ended_connection(subject: &Subject<'_>) -> Option<ConnectionRecord> {
    let ended = |records: &[ConnectionRecord]| records.last().is_some_and(|record| record.end.is_some());
    let records = subject.history.wait_for(ended, PATIENCE).await;
    records.ok().and_then(|mut records| records.pop())
}

struct Check<'a> {
    plan: &'a Plan,
    subject: &'a Subject<'a>,
    identity: Option<Identity>,
    presented: Option<Presented>,
    /// Whether OpenSSL can read everything the origin sends.
    readable: bool,
    /// Whether a suite below TLS 1.3 fits the kind of key; TLS 1.3 suites fit every kind.
    fits_key: bool,
}

impl<'a> Check<'a> {
    fn new(plan: &'a Plan, subject: &'a Subject<'a>) -> Result<Self, OriginError> {
        let identity = client_identity(plan, subject)?;
        let presented = identity.as_ref().map(presented).transpose()?;
        Ok(Self { plan, subject, identity, presented, readable: plan.site.is_readable(), fits_key: fits_key(plan) })
    }

    /// A client that should be served: offers everything, knows the name, has a good certificate.
    fn options(&self) -> Options {
        let mut options = Options::permissive(self.subject.https);
        options.server_name = Some(site_name(self.plan).to_owned());
        options.timeout = PATIENCE;
        options.late_alert_wait = PATIENCE;
        options.client_certificate.clone_from(&self.presented);
        options.ciphersuites = Some(TLS13_SUITES.join(":"));
        options.groups = offered_groups(self.plan);
        options
    }

    /// The attempt, and what the origin wrote down about it.
    async fn tried(&self, options: &Options) -> (Transcript, Option<ConnectionRecord>) {
        self.subject.history.clear();
        let transcript = s_client(options).await;
        (transcript, ended_connection(self.subject).await)
    }

    /// The server's flight with its certificates came: version, suite and group were fine.
    fn accepted(&self, transcript: &Transcript) -> bool {
        let unreadable_came = !self.readable && transcript.alert.is_none();
        !transcript.served_chain.is_empty() || unreadable_came
    }

    async fn warns_as_stated(&self) -> Result<(), OriginError> {
        let Some(number) = self.plan.https.warning else { return Ok(()) };
        let hello = client::client_hello(permissive(self.plan, self.identity.as_ref())?);
        let heard = client::talk_until_quiet(self.subject.https, &hello).await;
        let warning = [21, 3, 3, 0, 2, 1, number];
        let next = heard.bytes.strip_prefix(&warning).and_then(|rest| rest.first());
        let holds = next == Some(&HANDSHAKE_RECORD);
        verify("a warning comes before the ServerHello", &format!("alert {number}, then a ServerHello"), &heard, holds)
    }

    async fn serves_its_chain(&self) -> Result<(), OriginError> {
        let (transcript, record) = self.tried(&self.options()).await;
        self.chain_is(&self.plan.site, "the origin sends exactly the stated chain", &transcript)?;
        let sound = self.is_sound() && self.plan.spec.tls.client_certificate != ClientCertificate::RejectAll;
        let expected = if sound { "a completed handshake" } else { "a handshake that fails after the certificate" };
        let completed = transcript.succeeded() && record.as_ref().is_some_and(|record| record.negotiated.is_some());
        verify("the handshake ends as stated", &expected, &(&transcript, &record), completed == sound)?;
        if sound && self.plan.spec.tls.renegotiate {
            return self.asks_to_renegotiate().await;
        }
        if sound { http::answers_in_tls(self.plan, self.subject, self.identity.as_ref()).await } else { Ok(()) }
    }

    /// Suites for one kind of key and a certificate with another: no client comes to see the certificate.
    async fn refuses_for_want_of_a_suite(&self) -> Result<(), OriginError> {
        let (transcript, record) = self.tried(&self.options()).await;
        let refused = transcript.alert == Some(HANDSHAKE_FAILURE) && transcript.served_chain.is_empty();
        let holds = refused && record.as_ref().is_some_and(|record| record.negotiated.is_none());
        let expected = "alert 40 before any certificate";
        verify("no suite fits the certificate's key", &expected, &(&transcript, &record), holds)
    }

    /// OpenSSL's client takes the request for what it is and answers with a ClientHello.
    async fn asks_to_renegotiate(&self) -> Result<(), OriginError> {
        self.subject.history.clear();
        let ssl = permissive(self.plan, self.identity.as_ref())?;
        let request = b"GET / HTTP/1.1\r\nHost: origin.test\r\n\r\n";
        let (_, heard) = client::talk_tls(ssl, self.subject.https, request, PATIENCE).await;
        let record = ended_connection(self.subject).await;
        let reply = record.as_ref().and_then(|record| record.renegotiation_reply);
        let expected = "another ClientHello in answer to the request to negotiate anew";
        verify("the origin renegotiates", &expected, &(&heard, &record), reply == Some(HANDSHAKE_RECORD))
    }

    /// A client that does not care whom it talks to can complete a handshake.
    fn is_sound(&self) -> bool {
        let in_old_versions = self.fits_key && self.plan.site.signs_key_exchanges();
        self.readable && self.plan.site.key_fits() && (in_old_versions || self.speaks(Protocol::TlsV1_3))
    }

    fn chain_is(&self, site: &Site, claim: &str, transcript: &Transcript) -> Result<(), OriginError> {
        let served = &site.identity.served;
        let same = transcript.served_chain.iter().map(Vec::as_slice).eq(served.iter().map(AsRef::as_ref));
        let expected = format!("{} certificates in the planned order", served.len());
        verify(claim, &expected, transcript, same || !self.readable)
    }

    async fn speaks_only_its_protocols(&self) -> Result<(), OriginError> {
        for protocol in Protocol::ALL {
            let stated = self.speaks(protocol) && (self.fits_key || protocol == Protocol::TlsV1_3);
            let mut options = self.options();
            options.min_protocol = Some(version(protocol));
            options.max_protocol = Some(version(protocol));
            let transcript = s_client(&options).await;
            let claim = format!("{protocol} is {}", if stated { "spoken" } else { "not spoken" });
            self.expect(&claim, stated, &transcript)?;
        }
        Ok(())
    }

    fn expect(&self, claim: &str, accepted: bool, transcript: &Transcript) -> Result<(), OriginError> {
        let expected = if accepted { "the server's certificate" } else { "a refusal before the certificate" };
        verify(claim, &expected, transcript, self.accepted(transcript) == accepted)
    }

    async fn has_only_its_ciphers(&self) -> Result<(), OriginError> {
        let Some(list) = self.plan.spec.tls.ciphers.as_ref().filter(|_| self.speaks_old()) else { return Ok(()) };
        let mut options = self.old_options();
        options.cipher_list = Some(list.clone());
        self.expect("the stated cipher suites are served", self.fits_key, &s_client(&options).await)?;
        let without: String = list
            .split([':', ',', ' '])
            .filter(|element| element.starts_with(|first: char| first.is_ascii_alphanumeric()))
            .fold("ALL:!aNULL:!eNULL".to_owned(), |all, element| all + ":!" + element);
        options.cipher_list = Some(without);
        self.expect("no other cipher suite is served", false, &s_client(&options).await)
    }

    async fn has_only_its_ciphersuites(&self) -> Result<(), OriginError> {
        let tls = &self.plan.spec.tls;
        let Some(list) = tls.ciphersuites.as_ref().filter(|_| tls.protocols.contains(&Protocol::TlsV1_3)) else {
            return Ok(());
        };
        let stated: Vec<String> = list.split(':').map(str::to_owned).collect();
        let mut options = self.options();
        options.min_protocol = Some(SslVersion::TLS1_3);
        options.ciphersuites = Some(list.clone());
        self.expect("the stated TLS 1.3 suites are served", true, &s_client(&options).await)?;
        options.ciphersuites = Some(others(&TLS13_SUITES, &stated).join(":"));
        self.expect("no other TLS 1.3 suite is served", false, &s_client(&options).await)
    }

    async fn has_only_its_groups(&self) -> Result<(), OriginError> {
        let groups = &self.plan.spec.tls.groups;
        if groups.is_empty() {
            return Ok(());
        }
        let mut options = self.options();
        options.groups = Some(others(&COMMON_GROUPS, groups).join(":"));
        // Static RSA and finite fields would do without a group.
        options.cipher_list = Some("kECDHE:!aNULL:!eNULL".to_owned());
        self.expect("no other group is served", false, &s_client(&options).await)
    }

    async fn signs_only_with_its_schemes(&self) -> Result<(), OriginError> {
        let Some(list) = &self.plan.spec.tls.signature_schemes else { return Ok(()) };
        let stated: Vec<String> = list.split(':').map(str::to_owned).collect();
        let mut options = self.options();
        // Older versions have a fixed scheme, static RSA has none.
        options.min_protocol = Some(SslVersion::TLS1_2);
        options.cipher_list = Some("kECDHE:!aNULL:!eNULL".to_owned());
        options.sigalgs = Some(list.clone());
        self.expect("the stated signature schemes are used", true, &s_client(&options).await)?;
        options.sigalgs = Some(others(&COMMON_SCHEMES, &stated).join(":"));
        self.expect("no other signature scheme is used", false, &s_client(&options).await)
    }

    async fn treats_client_certificates_as_stated(&self) -> Result<(), OriginError> {
        let stated = self.plan.spec.tls.client_certificate;
        let mut options = self.options();
        if stated == ClientCertificate::Request || stated == ClientCertificate::Require {
            let (_, record) = self.tried(&options).await;
            let asked = record.as_ref().is_some_and(|record| record.client_certificate.is_some());
            verify("the origin asks for a client certificate", &"a certificate presented", &record, asked)?;
        }
        options.client_certificate = None;
        let transcript = s_client(&options).await;
        let served = matches!(stated, ClientCertificate::None | ClientCertificate::Request) && self.is_sound();
        let expected = if served { "a completed handshake" } else { "a handshake that fails" };
        verify(
            "a client without a certificate is treated as stated",
            &expected,
            &transcript,
            transcript.succeeded() == served,
        )
    }

    async fn treats_strangers_as_stated(&self) -> Result<(), OriginError> {
        let Some(unknown) = &self.plan.unknown else { return Ok(()) };
        let mut options = self.options();
        options.server_name = Some(STRANGER.to_owned());
        let transcript = s_client(&options).await;
        let claim = "a name that is no site is treated as stated";
        match unknown {
            Unknown::Site(site) => self.chain_is(site, claim, &transcript),
            Unknown::Act(act) => {
                let alert = if let Act::Alert(number) = act { Some(*number) } else { None };
                let holds = transcript.alert == alert && transcript.served_chain.is_empty() && !transcript.succeeded();
                verify(claim, &format!("no certificate, alert {alert:?}"), &transcript, holds)
            }
        }
    }

    fn speaks(&self, protocol: Protocol) -> bool {
        self.plan.spec.tls.protocols.contains(&protocol)
    }

    fn speaks_old(&self) -> bool {
        self.plan.spec.tls.protocols.iter().any(|protocol| *protocol < Protocol::TlsV1_3)
    }

    fn old_options(&self) -> Options {
        Options { max_protocol: Some(SslVersion::TLS1_2), ..self.options() }
    }
}

/// Whether the stated suites below TLS 1.3 have one for the key that is presented; all of them by default.
fn fits_key(plan: &Plan) -> bool {
    let Some(list) = &plan.spec.tls.ciphers else { return true };
    let other_kinds = if plan.spec.certificate.key.is_rsa() { "!aECDSA" } else { "!aRSA" };
    // OpenSSL takes a list if a suite is left of it.
    let left = SslContext::builder(SslMethod::tls_server())
        .and_then(|mut context| context.set_cipher_list(&format!("{list}:{other_kinds}:!aDSS:!aPSK:!aNULL")));
    left.is_ok()
}

/// The stated groups and the common ones; `None` for OpenSSL's own list.
pub(super) fn offered_groups(plan: &Plan) -> Option<String> {
    let stated = &plan.spec.tls.groups;
    let all = [&stated[..], &others(&COMMON_GROUPS, stated)[..]].concat();
    if plan.spec.handshake.longer_than.is_some() {
        // Shares of post-quantum groups, which are in OpenSSL's own list, make a hello too long.
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

fn presented(identity: &Identity) -> Result<Presented, OriginError> {
    Presented::from_der(&identity.served, identity.key.secret_der()).map_err(|error| no_client(&error))
}

const fn version(protocol: Protocol) -> SslVersion {
    match protocol {
        Protocol::SslV3 => SslVersion::SSL3,
        Protocol::TlsV1 => SslVersion::TLS1,
        Protocol::TlsV1_1 => SslVersion::TLS1_1,
        Protocol::TlsV1_2 => SslVersion::TLS1_2,
        Protocol::TlsV1_3 => SslVersion::TLS1_3,
    }
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

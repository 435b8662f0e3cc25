//! From the specification to what the tasks of an origin do: everything is decided and built here, once.

use std::sync::Arc;

use edge502_pki::{CertificateSpec, ChainSpec, Identity, IntermediateSpec, Issuer, Lab};
use edge502_rules::clock::SharedClock;

use crate::{
    error::OriginError,
    history::PortKind,
    spec::{
        HandshakeSpec, HttpBehavior, HttpSpec, OriginSpec, PortBehavior, PortSpec, Protocol, ProxyProtocol, Stage,
        UnknownName,
    },
    tls::{Acceptor, Ingredients},
};

/// Alert 112, `unrecognized_name` (RFC 6066 section 3).
const UNRECOGNIZED_NAME: u8 = 112;
/// Alert 80, `internal_error` (RFC 8446 section 6).
const INTERNAL_ERROR: u8 = 80;

/// A specification made ready.
pub(crate) struct Plan {
    pub(crate) spec: OriginSpec,
    pub(crate) clock: SharedClock,
    pub(crate) https: Conduct,
    pub(crate) http: Conduct,
    /// The origin's own certificate.
    pub(crate) site: Site,
    /// What names outside `sni.sites` get; `None` if every name is fine.
    pub(crate) unknown: Option<Unknown>,
}

/// A certificate with the TLS server that presents it.
pub(crate) struct Site {
    pub(crate) identity: Arc<Identity>,
    pub(crate) acceptor: Acceptor,
}

/// What a port does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Conduct {
    pub(crate) listening: Listening,
    /// Whether TLS is spoken.
    pub(crate) tls: bool,
    pub(crate) fault: Option<Fault>,
    pub(crate) proxy_protocol: ProxyProtocol,
    /// An alert to send as a warning before the handshake.
    pub(crate) warning: Option<u8>,
}

/// Whether anybody is at home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listening {
    Open,
    Refuse,
    Drop,
}

/// Breaking off a connection at a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) after: Stage,
    pub(crate) act: Act,
    /// Spares first flights of at most this many bytes.
    pub(crate) longer_than: Option<usize>,
}

/// A way to break off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    Close,
    Reset,
    Stall,
    Alert(u8),
    Say(Vec<u8>),
}

/// What names that the origin does not know get.
pub(crate) enum Unknown {
    Site(Site),
    Act(Act),
}

/// What one SNI gets.
pub(crate) enum Choice<'a> {
    Site(&'a Site),
    Act(&'a Act),
}

impl Plan {
    pub(crate) fn new(spec: &OriginSpec, lab: &Lab, clock: SharedClock) -> Result<Self, OriginError> {
        check(spec)?;
        let builder = SiteBuilder { spec, lab, clock: &clock };
        Ok(Self {
            site: builder.own()?,
            unknown: builder.unknown()?,
            https: Conduct::https(spec)?,
            http: Conduct::of_port(spec.http_port, false)?,
            spec: spec.clone(),
            clock,
        })
    }

    pub(crate) fn conduct(&self, port: PortKind) -> &Conduct {
        match port {
            PortKind::Https => &self.https,
            PortKind::Http => &self.http,
        }
    }

    /// Chooses the certificate for an SNI.
    pub(crate) fn choose(&self, sni: Option<&str>) -> Choice<'_> {
        let sites = &self.spec.sni.sites;
        let known = sni.is_some_and(|sni| sites.iter().any(|site| site.eq_ignore_ascii_case(sni)));
        match &self.unknown {
            Some(Unknown::Site(site)) if !known => Choice::Site(site),
            Some(Unknown::Act(act)) if !known => Choice::Act(act),
            _ => Choice::Site(&self.site),
        }
    }
}

impl Conduct {
    fn https(spec: &OriginSpec) -> Result<Self, OriginError> {
        let mut conduct = Self::of_port(spec.port, true)?;
        if spec.handshake == HandshakeSpec::default() {
            return Ok(conduct);
        }
        if spec.port != PortSpec::default() {
            let problem =
                "needs `port.behavior = \"serve\"` without PROXY protocol: otherwise no handshake takes place";
            return Err(invalid("handshake", problem));
        }
        conduct.fault = handshake_fault(&spec.handshake)?;
        conduct.warning = spec.handshake.warning;
        if conduct.warning.is_some() && conduct.fault.is_some() {
            return Err(invalid("handshake.warning", "stands alone: after it the handshake goes on"));
        }
        Ok(conduct)
    }

    fn of_port(port: PortSpec, tls: bool) -> Result<Self, OriginError> {
        let PortSpec { behavior, proxy_protocol } = port;
        if proxy_protocol != ProxyProtocol::None && behavior != PortBehavior::Serve {
            return Err(invalid("port.proxy_protocol", "needs `behavior = \"serve\"`: nothing is read otherwise"));
        }
        Ok(Self { proxy_protocol, ..Self::behaving(behavior, tls) })
    }

    fn behaving(behavior: PortBehavior, tls: bool) -> Self {
        let open =
            Self { listening: Listening::Open, tls, fault: None, proxy_protocol: ProxyProtocol::None, warning: None };
        let at_once = |act| {
            let fault = Fault { after: Stage::Accept, act, longer_than: None };
            Self { fault: Some(fault), ..open.clone() }
        };
        match behavior {
            PortBehavior::Serve => open,
            PortBehavior::Refuse => Self { listening: Listening::Refuse, ..open },
            PortBehavior::Drop => Self { listening: Listening::Drop, ..open },
            PortBehavior::PlainHttp => Self { tls: false, ..open },
            PortBehavior::ResetOnAccept => at_once(Act::Reset),
            PortBehavior::CloseOnAccept => at_once(Act::Close),
            PortBehavior::Silent => at_once(Act::Stall),
        }
    }

    /// How to break off once this stage is done, if at all.
    pub(crate) fn act_after(&self, stage: Stage) -> Option<&Act> {
        self.fault.as_ref().filter(|fault| fault.after == stage).map(|fault| &fault.act)
    }

    /// How to break off after a first flight of `length` bytes, if at all.
    pub(crate) fn act_after_hello(&self, length: usize) -> Option<&Act> {
        let fault = self.fault.as_ref().filter(|fault| fault.after == Stage::ClientHello)?;
        fault.longer_than.is_none_or(|limit| length > limit).then_some(&fault.act)
    }

    /// Where and how to break off within the server's first flight, if at all.
    pub(crate) fn fault_in_flight(&self) -> Option<&Fault> {
        let in_flight = |fault: &&Fault| (Stage::HalfServerHello..=Stage::ServerHello).contains(&fault.after);
        self.fault.as_ref().filter(in_flight)
    }
}

struct SiteBuilder<'a> {
    spec: &'a OriginSpec,
    lab: &'a Lab,
    clock: &'a SharedClock,
}

impl SiteBuilder<'_> {
    fn own(&self) -> Result<Site, OriginError> {
        self.site(&self.spec.certificate, &self.spec.intermediate, &self.spec.chain)
    }

    fn unknown(&self) -> Result<Option<Unknown>, OriginError> {
        if self.spec.sni.sites.is_empty() {
            return Ok(None);
        }
        let act = match self.spec.sni.unknown {
            UnknownName::DefaultCertificate => {
                let certificate = self.spec.sni.default_certificate.clone().unwrap_or_else(fake_certificate);
                let site = self.site(&certificate, &IntermediateSpec::default(), &ChainSpec::default())?;
                return Ok(Some(Unknown::Site(site)));
            }
            UnknownName::AlertUnrecognizedName => Act::Alert(UNRECOGNIZED_NAME),
            UnknownName::AlertInternalError => Act::Alert(INTERNAL_ERROR),
            UnknownName::Close => Act::Close,
        };
        Ok(Some(Unknown::Act(act)))
    }

    fn site(
        &self,
        certificate: &CertificateSpec,
        intermediate: &IntermediateSpec,
        chain: &ChainSpec,
    ) -> Result<Site, OriginError> {
        let identity = self.lab.identity(certificate, intermediate, chain, &self.spec.name)?;
        let acceptor = Acceptor::build(Ingredients {
            tls: &self.spec.tls,
            identity: &identity,
            client_authority: self.lab.client_authority_pem()?.as_bytes(),
            now: self.clock.now(),
        })?;
        Ok(Site { identity: Arc::new(identity), acceptor })
    }
}

/// The certificate of a server that has none for the name: nobody trusts it and it names somebody else.
fn fake_certificate() -> CertificateSpec {
    CertificateSpec { issuer: Issuer::KubernetesIngressFake, ..CertificateSpec::default() }
}

fn handshake_fault(spec: &HandshakeSpec) -> Result<Option<Fault>, OriginError> {
    let mut faults = [
        spec.close_after.map(|after| (after, Act::Close)),
        spec.reset_after.map(|after| (after, Act::Reset)),
        spec.stall_after.map(|after| (after, Act::Stall)),
        spec.alert.map(|number| (Stage::ClientHello, Act::Alert(number))),
        spec.answer.as_ref().map(|bytes| (Stage::ClientHello, Act::Say(bytes.as_slice().to_vec()))),
    ]
    .into_iter()
    .flatten();
    let first = faults.next();
    if faults.next().is_some() {
        return Err(invalid("handshake", "more than one way to break off; keep one key of this table"));
    }
    let longer_than = spec.longer_than;
    if longer_than.is_some() && !matches!(first, Some((Stage::ClientHello, _))) {
        let problem = "is about breaking off after the ClientHello; add for example `close_after = \"client-hello\"`";
        return Err(invalid("handshake.longer_than", problem));
    }
    Ok(first.map(|(after, act)| Fault { after, act, longer_than }))
}

fn check(spec: &OriginSpec) -> Result<(), OriginError> {
    if spec.tls.protocols.is_empty() {
        return Err(invalid("tls.protocols", "is empty; name at least one version, such as \"TLSv1.2\""));
    }
    if spec.tls.renegotiate && spec.tls.protocols != [Protocol::TlsV1_2] {
        return Err(invalid("tls.renegotiate", "needs `tls.protocols = [\"TLSv1.2\"]`: TLS 1.3 has no renegotiation"));
    }
    check_http(&spec.http)?;
    for when in &spec.http.when {
        check_http(&when.answer)?;
        let of_the_origin = HttpSpec {
            answer_at: when.answer.answer_at,
            answers_per_connection: when.answer.answers_per_connection,
            idle_close_ms: when.answer.idle_close_ms,
            when: when.answer.when.clone(),
            ..HttpSpec::default()
        };
        if of_the_origin != HttpSpec::default() {
            let problem =
                "sets `when`, `answer_at`, `answers_per_connection` or `idle_close_ms`, which hold for all requests";
            return Err(invalid("http.when.answer", problem));
        }
    }
    if texts(spec).any(|text| text.contains('\0')) {
        return Err(invalid("tls", "a list contains a NUL byte; remove it"));
    }
    Ok(())
}

fn check_http(http: &HttpSpec) -> Result<(), OriginError> {
    if !(200..=999).contains(&http.status) {
        return Err(invalid("http.status", "is not a final status; use 200 to 999"));
    }
    if http.interim.iter().any(|status| !(100..=199).contains(status) || *status == 101) {
        return Err(invalid("http.interim", "lists a status that is not interim; use 100 to 199 without 101"));
    }
    if http.raw.is_some() && http.behavior != HttpBehavior::Answer {
        return Err(invalid("http.raw", "is the whole answer already; drop `http.behavior`"));
    }
    Ok(())
}

/// Texts that go to OpenSSL, whose binding panics on NUL bytes.
fn texts(spec: &OriginSpec) -> impl Iterator<Item = &String> {
    let tls = &spec.tls;
    tls.ciphers.iter().chain(&tls.ciphersuites).chain(&tls.groups).chain(&tls.signature_schemes)
}

fn invalid(setting: &'static str, problem: &str) -> OriginError {
    OriginError::Invalid { setting, problem: problem.to_owned() }
}

#[cfg(test)]
mod tests {
    #[cfg(feature = "legacy")]
    use edge502_legacy_tls::openssl::x509::X509;
    use edge502_rules::clock::FixedClock;
    use time::macros::datetime;

    use super::*;

    fn plan(spec: &str) -> Result<Plan, OriginError> {
        let now = datetime!(2026-11-23 12:00 UTC);
        Plan::new(&toml::from_str(spec).unwrap(), &Lab::new(now).unwrap(), Arc::new(FixedClock(now)))
    }

    #[cfg(feature = "legacy")]
    #[test]
    fn strangers_get_the_certificate_of_a_kubernetes_ingress_by_default() {
        let plan = plan("sni.sites = ['origin.test']").unwrap();
        let Choice::Site(site) = plan.choose(Some("other.test")) else { panic!("no certificate") };
        let [leaf] = &site.identity.served[..] else { panic!("one certificate is sent") };
        let leaf = X509::from_der(leaf).unwrap();
        assert_eq!(leaf.subject_name().to_der().unwrap(), leaf.issuer_name().to_der().unwrap());
        assert!(leaf.verify(&leaf.public_key().unwrap()).unwrap(), "it signs itself");
        let subject = format!("{:?}", leaf.subject_name());
        assert!(subject.contains("Kubernetes Ingress Controller Fake Certificate"), "{subject}");
        let names = leaf.subject_alt_names().unwrap();
        assert_eq!(names.iter().filter_map(|name| name.dnsname()).collect::<Vec<_>>(), ["ingress.local"]);
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for (spec, part) in [
            ("handshake.alert = 40\nhandshake.close_after = 'finished'", "more than one"),
            ("handshake.longer_than = 1400", "close_after"),
            ("handshake.longer_than = 1400\nhandshake.close_after = 'finished'", "close_after"),
            ("tls.renegotiate = true", "TLSv1.2"),
            ("handshake.warning = 112\nhandshake.alert = 40", "stands alone"),
            ("handshake.alert = 40\nport.proxy_protocol = 'expected'", "no handshake"),
            ("port.proxy_protocol = 'expected'\nport.behavior = 'refuse'", "nothing is read"),
        ] {
            let error = plan(spec).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(part), "{spec}: {error}");
        }
    }

    #[cfg(feature = "legacy")]
    #[test]
    fn openssl_is_refused_what_it_would_serve_otherwise() {
        const SIGNS_OTHERS: &str = "certificate.key_usage = ['keyCertSign']";
        let refusal =
            |spec: &str| plan(&format!("tls.backend = 'openssl'\n{spec}")).err().map(|error| error.to_string());
        for (spec, part) in [
            ("certificate.corrupt = 'trailing-bytes'", "byte for byte"),
            (SIGNS_OTHERS, "digitalSignature"),
            (&format!("{SIGNS_OTHERS}\ntls.protocols = ['TLSv1.2']"), "digitalSignature"),
        ] {
            let refusal = refusal(spec).unwrap_or_default();
            assert!(refusal.contains(part), "{spec}: {refusal}");
        }
        for sound in [
            "",
            &format!("{SIGNS_OTHERS}\ntls.protocols = ['TLSv1.3']"),
            &format!("{SIGNS_OTHERS}\ncertificate.key = 'rsa-2048'"),
            "certificate.key_usage = []",
        ] {
            assert_eq!(refusal(sound), None, "{sound}");
        }
    }
}

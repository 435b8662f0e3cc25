//! From the specification to what the tasks of an origin do: everything is decided and built here, once.

use std::sync::Arc;

use edge502_legacy_tls::openssl::{pkey::PKey, x509::X509};
use edge502_pki::{CertificateSpec, ChainSpec, Identity, IntermediateSpec, Issuer, Lab};
use edge502_rules::clock::SharedClock;

use crate::{
    error::OriginError,
    history::PortKind,
    spec::{HandshakeSpec, HttpBehavior, HttpSpec, OriginSpec, PortBehavior, Stage, UnknownName},
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
            http: Conduct::of_port(spec.http_port.behavior, false),
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
        let mut conduct = Self::of_port(spec.port.behavior, true);
        if let Some(fault) = handshake_fault(&spec.handshake)? {
            if spec.port.behavior != PortBehavior::Serve {
                return Err(invalid(
                    "handshake",
                    "needs `port.behavior = \"serve\"`: otherwise no handshake takes place",
                ));
            }
            conduct.fault = Some(fault);
        }
        Ok(conduct)
    }

    fn of_port(behavior: PortBehavior, tls: bool) -> Self {
        let open = Self { listening: Listening::Open, tls, fault: None };
        let at_once = |act| Self { fault: Some(Fault { after: Stage::Accept, act }), ..open.clone() };
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
}

impl Site {
    /// Whether a client can read what is served: at least one certificate, and all of it DER to the last byte.
    pub(crate) fn is_readable(&self) -> bool {
        let exact = |der: &[u8]| X509::from_der(der).and_then(|read| read.to_der()).is_ok_and(|encoded| encoded == der);
        !self.identity.served.is_empty() && self.identity.served.iter().all(|der| exact(der))
    }

    /// Whether the private key belongs to the first certificate; `false` also if that one cannot be read.
    pub(crate) fn key_fits(&self) -> bool {
        let Some(leaf) = self.identity.served.first() else { return false };
        let public = X509::from_der(leaf).and_then(|leaf| leaf.public_key());
        let private = PKey::private_key_from_der(self.identity.key.secret_der());
        matches!((public, private), (Ok(public), Ok(private)) if public.public_eq(&private))
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
    let at_hello = |act| Fault { after: Stage::ClientHello, act };
    let mut faults = [
        spec.close_after.map(|after| Fault { after, act: Act::Close }),
        spec.reset_after.map(|after| Fault { after, act: Act::Reset }),
        spec.stall_after.map(|after| Fault { after, act: Act::Stall }),
        spec.alert.map(|number| at_hello(Act::Alert(number))),
        spec.answer.as_ref().map(|bytes| at_hello(Act::Say(bytes.as_slice().to_vec()))),
    ]
    .into_iter()
    .flatten();
    let first = faults.next();
    if faults.next().is_some() {
        return Err(invalid("handshake", "more than one way to break off; keep one key of this table"));
    }
    Ok(first)
}

fn check(spec: &OriginSpec) -> Result<(), OriginError> {
    if spec.tls.protocols.is_empty() {
        return Err(invalid("tls.protocols", "is empty; name at least one version, such as \"TLSv1.2\""));
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

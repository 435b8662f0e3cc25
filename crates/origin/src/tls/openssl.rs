//! OpenSSL: speaks what rustls does not, from SSL 3.0 and RC4 to client certificates.

use std::{io, pin::Pin};

use edge502_legacy_tls::{
    init,
    openssl::{
        dh::Dh,
        error::ErrorStack,
        pkey::PKey,
        ssl::{
            self, ErrorCode, Ssl, SslContext, SslContextBuilder, SslMethod, SslOptions, SslRef, SslVerifyMode,
            SslVersion,
        },
        x509::{X509, store::X509StoreBuilder},
    },
    tokio_openssl::SslStream,
};
use edge502_rules::certificate::{Certificate, KeyType};

use super::{Acceptor, Encrypted, Ingredients, Session, Stream, renegotiation};
use crate::{
    error::OriginError,
    history::Negotiated,
    spec::{ClientCertificate, Protocol, TlsSpec},
    tap::{Tap, TcpEnd},
};

/// Everything but anonymous and unencrypted suites: with those, a server would not even need its certificate.
const ALL_SUITES: &str = "ALL:!aNULL:!eNULL";

/// The suites for which a `HelloRequest` can be sealed.
const SEALABLE_SUITES: &str = "AESGCM:!aNULL:!eNULL";

/// `SSL_AD_REASON_OFFSET`: OpenSSL reports a received alert as this reason plus its number.
const ALERT_REASONS: i32 = 1000;

/// An OpenSSL server, or why no library serves this: OpenSSL's reason after the `objection` of rustls, if it was asked.
pub(super) fn acceptor(ingredients: &Ingredients<'_>, objection: Option<String>) -> Result<Acceptor, OriginError> {
    let libraries = if objection.is_some() { "rustls and OpenSSL" } else { "OpenSSL" };
    let impossible = |problem| {
        let problems = objection.into_iter().chain([problem]).collect();
        OriginError::Impossible { libraries, problems }
    };
    context(ingredients).map(Acceptor::OpenSsl).map_err(impossible)
}

fn context(ingredients: &Ingredients<'_>) -> Result<SslContext, String> {
    init().map_err(|error| error.to_string())?;
    served_as_stated(ingredients)?;
    let mut builder = SslContext::builder(SslMethod::tls_server()).map_err(|error| error.to_string())?;
    builder.set_security_level(0);
    let steps: [(&str, Step); 4] = [
        ("the protocol versions", set_protocols),
        ("the cipher suites, groups or signature schemes", set_algorithms),
        ("the certificates with this key (it must belong to the first certificate)", set_identity),
        ("the client authority", set_client_authority),
    ];
    for (what, step) in steps {
        step(&mut builder, ingredients).map_err(|error| format!("OpenSSL refuses {what}: {error}"))?;
    }
    Ok(builder.build())
}

/// What OpenSSL would load without a word and then not serve, or not so.
fn served_as_stated(ingredients: &Ingredients<'_>) -> Result<(), String> {
    let served = &ingredients.identity.served;
    let written_anew = |der: &[u8]| X509::from_der(der).and_then(|read| read.to_der()).is_ok_and(|own| own != der);
    if served.iter().any(|der| written_anew(der)) {
        return Err("OpenSSL writes certificates anew, and would not send these byte for byte".to_owned());
    }
    let old = ingredients.tls.protocols.iter().any(|protocol| *protocol < Protocol::TlsV1_3);
    if old && served.first().is_some_and(|leaf| !signs_key_exchanges(leaf)) {
        let problem =
            "OpenSSL has no suite below TLS 1.3 for an ECDSA certificate whose key usage lacks digitalSignature";
        return Err(problem.to_owned());
    }
    Ok(())
}

/// Whether OpenSSL, on either side, takes `leaf` below TLS 1.3: ECDHE with ECDSA demands that its key usage allow signing
/// (RFC 8422 section 5.3). What cannot be read is refused elsewhere.
pub(crate) fn signs_key_exchanges(leaf: &[u8]) -> bool {
    let refused = |leaf: Certificate| matches!(leaf.key, KeyType::Ec(_)) && !leaf.may_sign_handshakes;
    Certificate::parse(leaf).ok().is_none_or(|leaf| !refused(leaf))
}

type Step = fn(&mut SslContextBuilder, &Ingredients<'_>) -> Result<(), ErrorStack>;

fn set_protocols(builder: &mut SslContextBuilder, ingredients: &Ingredients<'_>) -> Result<(), ErrorStack> {
    builder.set_min_proto_version(Some(SslVersion::SSL3))?;
    builder.set_max_proto_version(Some(SslVersion::TLS1_3))?;
    for protocol in Protocol::ALL {
        let off = match protocol {
            Protocol::SslV3 => SslOptions::NO_SSLV3,
            Protocol::TlsV1 => SslOptions::NO_TLSV1,
            Protocol::TlsV1_1 => SslOptions::NO_TLSV1_1,
            Protocol::TlsV1_2 => SslOptions::NO_TLSV1_2,
            Protocol::TlsV1_3 => SslOptions::NO_TLSV1_3,
        };
        if !ingredients.tls.protocols.contains(&protocol) {
            builder.set_options(off);
        }
    }
    Ok(())
}

fn set_algorithms(builder: &mut SslContextBuilder, ingredients: &Ingredients<'_>) -> Result<(), ErrorStack> {
    let TlsSpec { ciphers, ciphersuites, groups, signature_schemes, renegotiate, .. } = ingredients.tls;
    let usual = if *renegotiate { SEALABLE_SUITES } else { ALL_SUITES };
    builder.set_cipher_list(ciphers.as_deref().unwrap_or(usual))?;
    if let Some(suites) = ciphersuites {
        builder.set_ciphersuites(suites)?;
    }
    if !groups.is_empty() {
        builder.set_groups_list(&groups.join(":"))?;
    }
    if let Some(schemes) = signature_schemes {
        builder.set_sigalgs_list(schemes)?;
    }
    // Without parameters a server has no DHE suites at all.
    builder.set_tmp_dh(&*Dh::get_2048_256()?)
}

fn set_identity(builder: &mut SslContextBuilder, ingredients: &Ingredients<'_>) -> Result<(), ErrorStack> {
    let identity = ingredients.identity;
    let mut certificates = identity.served.iter().map(|der| X509::from_der(der));
    if let Some(leaf) = certificates.next() {
        builder.set_certificate(&*leaf?)?;
    }
    for further in certificates {
        builder.add_extra_chain_cert(further?)?;
    }
    builder.set_private_key(&*PKey::private_key_from_der(identity.key.secret_der())?)?;
    builder.check_private_key()
}

fn set_client_authority(builder: &mut SslContextBuilder, ingredients: &Ingredients<'_>) -> Result<(), ErrorStack> {
    let demand = SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT;
    match ingredients.tls.client_certificate {
        ClientCertificate::None => return Ok(()),
        ClientCertificate::Request => builder.set_verify_callback(SslVerifyMode::PEER, |_, _| true),
        ClientCertificate::Require => {
            let root = X509::from_pem(ingredients.client_authority)?;
            builder.add_client_ca(&root)?;
            let mut store = X509StoreBuilder::new()?;
            store.add_cert(root)?;
            builder.set_verify_cert_store(store.build())?;
            builder.verify_param_mut().set_time(ingredients.now.unix_timestamp());
            builder.set_verify(demand);
        }
        ClientCertificate::RejectAll => builder.set_verify_callback(demand, |_, _| false),
    }
    // OpenSSL resumes no session of an authenticated client without it, and fails the handshake in place of that.
    builder.set_session_id_context(b"edge502-origin")
}

pub(super) async fn accept(context: &SslContext, tap: Tap) -> (Stream, io::Result<Session>) {
    let ssl = Ssl::new(context).expect("OpenSSL makes a connection of every context it has built");
    let mut stream = Box::new(SslStream::new(ssl, tap).expect("OpenSSL wraps every stream"));
    let result = Pin::new(&mut *stream).accept().await;
    let session = result.map(|()| session(stream.ssl())).map_err(io::Error::other);
    (Stream::Tls(stream), session)
}

impl Encrypted for SslStream<Tap> {
    fn tap(&self) -> &Tap {
        self.get_ref()
    }

    fn tap_mut(&mut self) -> &mut Tap {
        self.get_mut()
    }

    fn hello_request(&self) -> Option<Vec<u8>> {
        renegotiation::hello_request(self.ssl())
    }

    /// OpenSSL reports a bare FIN the same way, which the tap has seen.
    fn ended_with_close_notify(&self) -> bool {
        self.get_ref().seen().end != Some(TcpEnd::Eof)
    }
}

/// What a completed handshake agreed on.
pub(crate) fn negotiated(ssl: &SslRef) -> Negotiated {
    let suite = ssl.current_cipher().and_then(ssl::SslCipherRef::standard_name).unwrap_or("unknown");
    Negotiated { version: ssl.version_str().to_owned(), cipher_suite: suite.to_owned() }
}

fn session(ssl: &SslRef) -> Session {
    Session {
        negotiated: negotiated(ssl),
        client_certificate: ssl.peer_certificate().and_then(|certificate| certificate.to_der().ok()),
    }
}

pub(super) fn received_alert(error: &io::Error) -> Option<u8> {
    let error: &ssl::Error = error.get_ref()?.downcast_ref()?;
    if error.code() == ErrorCode::ZERO_RETURN {
        return Some(0);
    }
    let mut reasons = error.ssl_error()?.errors().iter().map(|error| error.reason_code() - ALERT_REASONS);
    reasons.find_map(|reason| u8::try_from(reason).ok())
}

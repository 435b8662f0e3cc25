//! The `[origin.tls]` and `[origin.sni]` tables.

use std::fmt;

use edge502_pki::CertificateSpec;
use serde::Deserialize;

/// What the origin's TLS server speaks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsSpec {
    /// Protocol versions, at least one. Default `["TLSv1.2", "TLSv1.3"]`.
    pub protocols: Vec<Protocol>,
    /// Cipher suites up to TLS 1.2 as an OpenSSL cipher list, for example `"RC4-MD5"` or `"ECDHE-RSA-AES128-SHA"`.
    /// Default: everything the library has, except anonymous and unencrypted suites.
    pub ciphers: Option<String>,
    /// TLS 1.3 cipher suites in OpenSSL's spelling, separated by colons. Default: the library's.
    pub ciphersuites: Option<String>,
    /// Key exchange groups in OpenSSL's spelling (`P-256`, `X25519`, `P-521`, `ffdhe2048`, …), in order of preference.
    /// Default (empty): the library's.
    #[serde(alias = "curves")]
    pub groups: Vec<String>,
    /// Signature schemes the origin signs its handshake with, as an OpenSSL list separated by colons, for example
    /// `"ed25519"` or `"rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256"` (RFC 8446 section 4.2.3). Default: the library's.
    pub signature_schemes: Option<String>,
    /// Whether the origin asks for a client certificate. Default `none`.
    pub client_certificate: ClientCertificate,
    /// Ask the client to negotiate anew once it has sent a request, and answer only what comes of that: nothing, as here
    /// any reply to it is followed by closing. Needs `protocols = ["TLSv1.2"]`, and takes suites with AES-GCM unless
    /// `ciphers` says otherwise. Default `false`.
    pub renegotiate: bool,
    /// Which TLS library serves. Default `auto`.
    pub backend: Backend,
}

impl Default for TlsSpec {
    fn default() -> Self {
        Self {
            protocols: vec![Protocol::TlsV1_2, Protocol::TlsV1_3],
            ciphers: None,
            ciphersuites: None,
            groups: Vec::new(),
            signature_schemes: None,
            client_certificate: ClientCertificate::None,
            renegotiate: false,
            backend: Backend::Auto,
        }
    }
}

/// A protocol version an origin can speak. CloudFront's `OriginSslProtocols` names the first four; TLS 1.3 is not in
/// that setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub enum Protocol {
    /// SSL 3.0.
    #[serde(rename = "SSLv3")]
    SslV3,
    /// TLS 1.0.
    #[serde(rename = "TLSv1")]
    TlsV1,
    /// TLS 1.1.
    #[serde(rename = "TLSv1.1")]
    TlsV1_1,
    /// TLS 1.2.
    #[serde(rename = "TLSv1.2")]
    TlsV1_2,
    /// TLS 1.3.
    #[serde(rename = "TLSv1.3")]
    TlsV1_3,
}

impl Protocol {
    /// Every version, oldest first.
    pub const ALL: [Self; 5] = [Self::SslV3, Self::TlsV1, Self::TlsV1_1, Self::TlsV1_2, Self::TlsV1_3];

    /// The name CloudFront and OpenSSL use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SslV3 => "SSLv3",
            Self::TlsV1 => "TLSv1",
            Self::TlsV1_1 => "TLSv1.1",
            Self::TlsV1_2 => "TLSv1.2",
            Self::TlsV1_3 => "TLSv1.3",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Whether the origin asks its clients for a certificate, and what it does with the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientCertificate {
    /// It does not ask.
    #[default]
    None,
    /// It asks and takes any answer, also none.
    Request,
    /// It insists on a certificate of the lab's client authority.
    Require,
    /// It insists on a certificate and trusts nobody: every one is refused.
    RejectAll,
}

/// The TLS library of an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// rustls where it can serve the origin, OpenSSL where it cannot.
    #[default]
    Auto,
    /// Sends any list of certificates with any key; TLS 1.2 and 1.3 only.
    Rustls,
    /// Speaks SSL 3.0 to TLS 1.3 with every weak suite; insists that the key belongs to the first certificate.
    OpenSsl,
}

/// Which names the origin has a certificate for.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SniSpec {
    /// Names that get the origin's certificate; compared without regard to case, no wildcards. Default (empty): every
    /// name, and clients that send none.
    pub sites: Vec<String>,
    /// What happens to a name outside `sites`, or without a name.
    pub unknown: UnknownName,
    /// The certificate for `unknown = "default-certificate"`. Default: a self-signed one for
    /// `ingress.local`, as a Kubernetes ingress without a matching site presents it.
    pub default_certificate: Option<CertificateSpec>,
}

/// What the origin does when it is asked for a name that it does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownName {
    /// Serves the default certificate.
    #[default]
    DefaultCertificate,
    /// Sends alert 112, `unrecognized_name` (RFC 6066 section 3).
    AlertUnrecognizedName,
    /// Sends alert 80, `internal_error`, as Go's server and Caddy do.
    AlertInternalError,
    /// Closes the TCP connection without a word.
    Close,
}

//! What an origin is made of: the `[origin]` table of a scenario.
//!
//! Every field has a sound default, so a table states only what is wrong with this origin. The default is a healthy
//! HTTPS origin: TLS 1.2 and 1.3, a certificate of the lab's trusted authority with its intermediate, and a page.

mod http;
mod tls;
mod wire;

use edge502_pki::{CertificateSpec, ChainSpec, IntermediateSpec};
use serde::Deserialize;

pub(crate) use http::Question;
pub use http::{AnswerAt, HttpBehavior, HttpHeaders, HttpSpec, When};
pub use tls::{Backend, ClientCertificate, Protocol, SniSpec, TlsSpec, UnknownName};
pub use wire::{HandshakeSpec, PortBehavior, PortSpec, ProxyProtocol, RawBytes, Stage};

/// An origin as data.
///
/// ```
/// let spec: edge502_origin::OriginSpec = toml::from_str(r#"
///     [tls]
///     protocols = ["TLSv1"]
/// "#).unwrap();
/// assert_eq!(spec.tls.protocols, [edge502_origin::Protocol::TlsV1]);
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OriginSpec {
    /// The origin's domain name: what the certificate is for unless `certificate` says otherwise, and what the
    /// start-up self-test sends as SNI. Default `origin.test`.
    pub name: String,
    /// The leaf certificate and its key.
    pub certificate: CertificateSpec,
    /// The authority between the leaf and the root.
    pub intermediate: IntermediateSpec,
    /// Which certificates go on the wire, in which order.
    pub chain: ChainSpec,
    /// Protocol versions, cipher suites, groups, client certificate.
    pub tls: TlsSpec,
    /// Which names the origin knows, and what it does with the others.
    pub sni: SniSpec,
    /// What the HTTPS port does with a TCP connection.
    pub port: PortSpec,
    /// What the plain HTTP port does with a TCP connection; `serve` means HTTP here.
    pub http_port: PortSpec,
    /// How the TLS handshake is broken off, if it is. Only the HTTPS port.
    pub handshake: HandshakeSpec,
    /// The response, on both ports.
    pub http: HttpSpec,
    /// Answer as an Application Load Balancer does: `Server: awselb/2.0` and, with an error status and no `body`, its
    /// short HTML page. Default `false`.
    /// See <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html>.
    pub load_balancer: bool,
}

impl Default for OriginSpec {
    fn default() -> Self {
        Self {
            name: "origin.test".to_owned(),
            certificate: CertificateSpec::default(),
            intermediate: IntermediateSpec::default(),
            chain: ChainSpec::default(),
            tls: TlsSpec::default(),
            sni: SniSpec::default(),
            port: PortSpec::default(),
            http_port: PortSpec::default(),
            handshake: HandshakeSpec::default(),
            http: HttpSpec::default(),
            load_balancer: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_table_is_the_healthy_origin() {
        let spec: OriginSpec = toml::from_str("").unwrap();
        assert_eq!(spec, OriginSpec::default());
        assert_eq!(spec.tls.protocols, [Protocol::TlsV1_2, Protocol::TlsV1_3]);
        assert_eq!(spec.port.behavior, PortBehavior::Serve);
    }

    #[test]
    fn an_unknown_key_is_named() {
        let error = toml::from_str::<OriginSpec>("[tls]\nprotocol = 1").unwrap_err();
        assert!(error.to_string().contains("protocol"), "{error}");
    }

    #[test]
    fn every_table_reads_what_its_documentation_says() {
        let spec: OriginSpec = toml::from_str(
            r#"
            name = "shop.test"
            load_balancer = true
            [tls]
            protocols = ["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
            ciphers = "RC4-MD5"
            groups = ["P-521"]
            client_certificate = "require"
            backend = "openssl"
            [sni]
            sites = ["shop.test"]
            unknown = "alert-unrecognized-name"
            [port]
            behavior = "reset-on-accept"
            [http_port]
            behavior = "refuse"
            [handshake]
            alert = 80
            answer = { hex = "15 03 03" }
            [http]
            status = 503
            headers = { Retry-After = "5", Set-Cookie = ["a=1", "b=2"] }
            raw = "HTTP/1.1 200 OK\r\n\r\n"
            "#,
        )
        .unwrap();
        assert_eq!(spec.tls.protocols.len(), 5);
        assert_eq!(spec.tls.client_certificate, ClientCertificate::Require);
        assert_eq!(spec.sni.unknown, UnknownName::AlertUnrecognizedName);
        assert_eq!(spec.port.behavior, PortBehavior::ResetOnAccept);
        assert_eq!(spec.http_port.behavior, PortBehavior::Refuse);
        assert_eq!(spec.handshake.answer.unwrap().as_slice(), [0x15, 3, 3]);
        assert_eq!(spec.http.headers.iter().count(), 3);
    }
}

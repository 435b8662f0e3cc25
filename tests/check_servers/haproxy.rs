//! `HAProxy`.

use std::path::Path;
use std::process::Command;

use edge502_rules::Cause;

use crate::Case;
use crate::server::{self, Program, Server};

pub(crate) const PROGRAM: Program = Program { name: "haproxy", version: ["haproxy", "-v"], start, cases: CASES };

const CASES: &[Case] = &[
    Case::connects("healthy"),
    Case::fails("expired", Cause::CertificateExpired)
        .pki("certificate.not_after = '-1d'")
        .says("systemctl reload haproxy"),
    Case::fails("company_authority", Cause::CertificateUntrustedCa).pki("certificate.issuer = 'private-ca'"),
    Case::fails("other_name", Cause::CertificateNameMismatch).pki("certificate.names = ['*.other.test']"),
    Case::fails("leaf_and_key_only", Cause::ChainIncomplete)
        .pki("chain.serve = ['leaf']")
        .says("leaf, intermediates, key"),
    Case::fails("tls11_at_most", Cause::ProtocolMismatch)
        .listener("ssl-min-ver TLSv1.0 ssl-max-ver TLSv1.1 ciphers DEFAULT@SECLEVEL=0")
        .says("would speak TLSv1.1"),
    Case::fails("chacha_only", Cause::CipherMismatch)
        .listener("ssl-max-ver TLSv1.2 ciphers ECDHE-ECDSA-CHACHA20-POLY1305"),
    Case::fails("p521_curve_only", Cause::CurveMismatch).listener("curves P-521"),
    Case::fails("strict_sni", Cause::SniRefused)
        .listener("strict-sni")
        .asking(|settings, _| settings.host_header = Some("www.shop.test".to_owned())),
    Case::connects("strict_sni_with_its_own_name").listener("strict-sni"),
    Case::fails("wants_client_certificate", Cause::ClientCertificateRequired)
        .listener("ca-file clients.pem verify required"),
    Case::fails("expects_proxy_protocol", Cause::ConnectionReset).listener("accept-proxy"),
    Case::fails("plain_port", Cause::NotTls).plain(),
    Case::fails("no_server_behind", Cause::OriginErrorRelayed)
        .behind("default_backend empty")
        .says("503 Service Unavailable"),
];

fn start(case: &Case, directory: &Path) -> Server {
    let Case { listener, behind, plain, .. } = case;
    let ssl = if *plain { String::new() } else { format!("ssl crt site.pem {listener}") };
    let answers = "http-request return status 200 content-type text/plain string ok";
    let behind = if behind.is_empty() { answers } else { behind };
    let configuration = format!(
        "global\n  log stderr format raw local0\n\
         defaults\n  mode http\n  timeout connect 5s\n  timeout client 20s\n  timeout server 5s\n\
         frontend origin\n  bind fd@0 {ssl}\n  {behind}\n\
         backend empty\n"
    );
    server::write(&directory.join("haproxy.cfg"), &configuration);
    Server::inheriting(Command::new("haproxy").args(["-db", "-f", "haproxy.cfg"]).current_dir(directory))
}

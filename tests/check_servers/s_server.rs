//! `openssl s_server`. It answers GET only.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use edge502_check::{HostSettings, Options};
use edge502_rules::Cause;
use http::Method;

use crate::Case;
use crate::server::{self, Program, Server};

pub(crate) const PROGRAM: Program = Program { name: "s_server", version: ["openssl", "version"], start, cases: CASES };

const CASES: &[Case] = &[
    Case::connects("healthy").asking(get),
    Case::connects("tls10_and_listed")
        .listener("-tls1 -cipher DEFAULT@SECLEVEL=0")
        .asking(|settings, options| {
            get(settings, options);
            settings.ssl_protocols = vec!["TLSv1".to_owned(), "TLSv1.1".to_owned(), "TLSv1.2".to_owned()];
        })
        .says("legacy-protocol"),
    Case::fails("self_signed", Cause::CertificateSelfSigned).pki("certificate.issuer = 'self'"),
    Case::fails("without_cert_chain", Cause::ChainIncomplete).pki("chain.serve = ['leaf']"),
    Case::fails("tls10_only", Cause::ProtocolMismatch)
        .listener("-tls1 -cipher DEFAULT@SECLEVEL=0")
        .says("would speak TLSv1"),
    Case::fails("ccm_only", Cause::CipherMismatch).listener("-tls1_2 -cipher ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0"),
    Case::fails("x448_only", Cause::CurveMismatch).listener("-groups X448"),
    Case::fails("ed25519_key", Cause::CertificateUnsupportedKey).pki("certificate.key = 'ed25519'"),
    Case::fails("rsa_pss_key", Cause::CertificateUnsupportedKey).pki("certificate.key = 'rsa-pss'"),
    Case::fails("wants_client_certificate", Cause::ClientCertificateRequired).listener("-Verify 1"),
    Case::fails("no_header", Cause::ResponseMalformed).behind("<html>no status line\r\n").asking(get_answer),
    Case::fails("odd_status", Cause::ResponseMalformed)
        .behind("HTTP/1.1 2OO OK\r\nContent-Length: 0\r\n\r\n")
        .asking(get_answer),
    Case::fails("too_short", Cause::ResponseTruncated)
        .behind("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
        .asking(get_answer),
    Case::fails("head_not_answered", Cause::ResponseTimeout)
        .asking(|_, options| options.timeout = std::time::Duration::from_secs(1)),
];

fn get(settings: &mut HostSettings, _: &mut Options) {
    settings.method = Some(Method::GET);
}

fn get_answer(settings: &mut HostSettings, options: &mut Options) {
    get(settings, options);
    "/answer".clone_into(&mut settings.path);
}

/// With something `behind`, that is the raw answer to `GET /answer`, otherwise the program's own status page is.
fn start(case: &Case, directory: &Path) -> Server {
    let mut openssl = Command::new("openssl");
    openssl.args(["s_server", "-accept", "127.0.0.1:0", "-no-CAfile", "-no-CApath", "-no-CAstore"]);
    openssl.args(["-cert", "leaf.pem", "-key", "key.pem"]).args(case.listener.split_whitespace());
    if std::fs::metadata(directory.join("rest.pem")).unwrap().len() > 0 {
        openssl.args(["-cert_chain", "rest.pem"]);
    }
    if case.behind.is_empty() {
        openssl.arg("-www");
    } else {
        server::write(&directory.join("answer"), case.behind);
        openssl.arg("-HTTP");
    }
    // Told once it has chosen a port.
    let unknown = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut server = Server::listening_on(unknown, openssl.current_dir(directory));
    let line = server.line_with("ACCEPT ");
    server.address = line.trim().trim_start_matches("ACCEPT ").parse().unwrap();
    server
}

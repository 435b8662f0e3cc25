//! Node.js, with a small application in `origin.js`.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use edge502_check::{HostSettings, Options};
use edge502_rules::Cause;
use http::Method;

use crate::Case;
use crate::server::{Program, Server};

pub(crate) const PROGRAM: Program = Program { name: "node", version: ["node", "--version"], start, cases: CASES };

const CASES: &[Case] = &[
    Case::connects("healthy"),
    Case::fails("not_yet_valid", Cause::CertificateNotYetValid).pki("certificate.not_before = '+1h'"),
    Case::fails("expired_and_other_name", Cause::CertificateNameMismatch)
        .pki("certificate = { names = ['other.shop.test'], not_after = '-3d' }")
        .says("also: certificate-expired"),
    Case::fails("without_ca", Cause::ChainIncomplete).pki("chain.serve = ['leaf']"),
    Case::fails("tls11_at_most", Cause::ProtocolMismatch)
        .listener(r#"{"minVersion": "TLSv1", "maxVersion": "TLSv1.1", "ciphers": "DEFAULT@SECLEVEL=0"}"#),
    Case::fails("ciphers_of_another_key_type", Cause::CipherMismatch)
        .listener(r#"{"maxVersion": "TLSv1.2", "ciphers": "ECDHE-RSA-AES128-GCM-SHA256"}"#),
    Case::fails("p521_curve_only", Cause::CurveMismatch).listener(r#"{"ecdhCurve": "P-521"}"#),
    Case::fails("wants_client_certificate", Cause::ClientCertificateRequired)
        .listener(r#"{"requestCert": true, "rejectUnauthorized": true}"#),
    Case::fails("plain_port", Cause::NotTls).plain(),
    Case::fails("silent_port", Cause::HandshakeTimeout).behind("silent-port").plain().asking(impatient),
    Case::fails("destroys_the_socket", Cause::ConnectionClosedEarly).behind("destroyed"),
    Case::fails("http2_only", Cause::ConnectionClosedEarly).behind("http2-only").says("speak HTTP/2 only"),
    Case::fails("never_answers", Cause::ResponseTimeout).behind("silent").asking(impatient),
    Case::fails("headers_too_large", Cause::ResponseHeadersTooLarge).behind("oversized"),
    Case::fails("stops_half_way", Cause::ResponseTruncated).behind("truncated").asking(get),
    Case::fails("own_error", Cause::OriginErrorRelayed).behind("error").says("500 Internal Server Error"),
];

fn get(settings: &mut HostSettings, _: &mut Options) {
    settings.method = Some(Method::GET);
}

fn impatient(_: &mut HostSettings, options: &mut Options) {
    options.timeout = Duration::from_secs(1);
}

fn start(case: &Case, directory: &Path) -> Server {
    let tls = if case.listener.is_empty() { "{}" } else { case.listener };
    let answer = if case.behind.is_empty() { "fine" } else { case.behind };
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/check_servers/origin.js");
    let port = if case.plain { "plain" } else { "tls" };
    let mut node = Command::new("node");
    let server = Server::inheriting(node.args([program, port, tls, answer]).current_dir(directory));
    // A check of little patience begins once it is up.
    server.line_with("listening");
    server
}

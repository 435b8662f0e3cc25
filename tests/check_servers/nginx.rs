//! nginx.

use std::path::Path;
use std::process::Command;

use edge502_rules::Cause;

use crate::server::{self, Program, Server};
use crate::{Case, NAME};

pub(crate) const PROGRAM: Program = Program { name: "nginx", version: ["nginx", "-v"], start, cases: CASES };

const CASES: &[Case] = &[
    Case::connects("healthy"),
    Case::connects("redirects")
        .listener("location = / { return 301 https://www.shop.test/; }")
        .says("301, Server: nginx"),
    Case::connects("forbids").listener("location = / { return 403; }").says("origin-answers-error"),
    Case::connects("refuses_head").listener("if ($request_method = HEAD) { return 405; }").says("Asked       GET /"),
    Case::connects("root_sent_along").pki("chain.serve = ['leaf', 'intermediate', 'root']").says("surplus-certificate"),
    Case::connects("common_name_only")
        .pki("certificate.names = []\ncertificate.common_name = 'origin.shop.test'")
        .says("common-name-only"),
    Case::connects("ends_within_a_month").pki("certificate.not_after = '+20d'").says("ends in 20 days"),
    Case::fails("expired", Cause::CertificateExpired).pki("certificate.not_after = '-35d'").says("nginx -s reload"),
    Case::fails("not_yet_valid", Cause::CertificateNotYetValid).pki("certificate.not_before = '+2d'"),
    Case::fails("self_signed", Cause::CertificateSelfSigned).pki("certificate.issuer = 'self'"),
    Case::fails("other_name", Cause::CertificateNameMismatch)
        .pki("certificate.names = ['other.shop.test']")
        .says("other.shop.test"),
    Case::fails("for_clients_only", Cause::CertificateWrongPurpose)
        .pki("certificate.extended_key_usage = ['clientAuth']"),
    Case::fails("p521_key", Cause::CertificateUnsupportedKey).pki("certificate.key = 'p521'"),
    Case::fails("damaged_signature", Cause::CertificateInvalid).pki("certificate.corrupt = 'signature'"),
    Case::fails("unknown_critical_extension", Cause::CertificateInvalid)
        .pki("certificate.unknown_critical_extension = true"),
    Case::fails("cert_pem_in_place_of_fullchain", Cause::ChainIncomplete)
        .pki("chain.serve = ['leaf']")
        .says("edge502 DV CA E1"),
    Case::fails("bundle_out_of_order", Cause::ChainOutOfOrder)
        .pki("chain = { intermediates = 2, serve = ['leaf', 'intermediate-2', 'intermediate-1'] }"),
    Case::fails("intermediate_expired", Cause::ChainIntermediateExpired).pki("intermediate.not_after = '-2d'"),
    Case::fails("bundle_of_everything", Cause::ChainTooLong).pki("chain.serve = ['leaf', 'padding-6', 'intermediate']"),
    Case::fails("issued_by_a_leaf", Cause::ChainConstraintViolated).pki("intermediate.ca = false"),
    Case::fails("tls11_at_most", Cause::ProtocolMismatch)
        .listener("ssl_protocols TLSv1 TLSv1.1; ssl_ciphers DEFAULT@SECLEVEL=0;")
        .says("would speak TLSv1.1"),
    Case::fails("dhe_only", Cause::CipherMismatch)
        .pki("certificate.key = 'rsa-2048'")
        .listener("ssl_protocols TLSv1.2; ssl_ciphers ECDHE-RSA-CHACHA20-POLY1305;")
        .says("ECDHE-RSA-CHACHA20-POLY1305"),
    Case::fails("p521_curve_only", Cause::CurveMismatch).listener("ssl_ecdh_curve secp521r1;").says("secp521r1"),
    Case::fails("rejects_unknown_names", Cause::SniRefused)
        .behind(REJECTS_OTHERS)
        .asking(|settings, _| settings.host_header = Some("www.shop.test".to_owned()))
        .says("AllViewerExceptHostHeader"),
    Case::connects("knows_its_own_name").behind(REJECTS_OTHERS),
    Case::fails("wants_client_certificate", Cause::ClientCertificateRequired)
        .listener("ssl_client_certificate clients.pem; ssl_verify_client on;"),
    Case::fails("asks_for_client_certificate", Cause::ClientCertificateRequired)
        .listener("ssl_client_certificate clients.pem; ssl_verify_client optional;"),
    Case::fails("plain_port", Cause::NotTls).plain(),
    Case::fails("hangs_up_without_answer", Cause::ConnectionClosedEarly).listener("location = / { return 444; }"),
    Case::fails("backend_down", Cause::OriginErrorRelayed)
        .listener("location = / { proxy_pass http://127.0.0.1:1; }")
        .says("502 Bad Gateway, Server: nginx"),
];

/// A default server as nginx's manual suggests it.
const REJECTS_OTHERS: &str = "server { listen 127.0.0.1:PORT ssl default_server; ssl_reject_handshake on; }";

/// nginx takes a port by number only. Should another program be faster, it says so and ends.
fn start(case: &Case, directory: &Path) -> Server {
    let address = server::nobody().address;
    server::write(&directory.join("nginx.conf"), &configuration(case, address.port()));
    let mut nginx = Command::new("nginx");
    nginx.arg("-p").arg(directory).arg("-c").arg(directory.join("nginx.conf")).args(["-e", "stderr"]);
    let server = Server::listening_on(address, &mut nginx);
    // Said once the port is bound, at the level `notice`.
    server.line_with("using the \"");
    server
}

fn configuration(case: &Case, port: u16) -> String {
    let Case { listener, behind, plain, .. } = case;
    let ssl = if *plain { "" } else { " ssl" };
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("    {kind}_temp_path tmp-{kind};\n"))
        .concat();
    let text = format!(
        "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr notice;\nevents {{}}\nhttp {{\n{temporary}\
         access_log off;\n    {behind}\n    server {{\n        listen 127.0.0.1:PORT{ssl};\n        server_name {NAME};\n\
         ssl_certificate fullchain.pem;\n        ssl_certificate_key key.pem;\n        {listener}\n\
         location / {{ return 200 \"ok\\n\"; }}\n    }}\n}}\n"
    );
    text.replace("PORT", &port.to_string())
}

//! Commands to paste into a shell.

use std::net::SocketAddr;
use std::path::Path;

use edge502_origin::ClientCertificate;
use edge502_pki::PemFiles;

use crate::network::asks_dns;
use crate::state::{RequestSpec, Scheme, State};

/// Asks the edge as the scenario's viewer does, and prints head and body.
pub(super) fn curl(request: &RequestSpec, http: SocketAddr, https: SocketAddr, ca_file: &str) -> String {
    let (scheme, address) = match request.scheme {
        Scheme::Http => ("http", http),
        Scheme::Https => ("https", https),
    };
    let host = &request.host;
    let mut command = vec!["curl -sS -i".to_owned()];
    match request.method.as_str() {
        "GET" => {}
        "HEAD" => command.push("-I".to_owned()),
        method => command.push(format!("-X {}", quoted(method))),
    }
    command.extend(request.headers.iter().map(|(name, value)| format!("-H {}", quoted(&format!("{name}: {value}")))));
    if request.cookie_bytes > 0 {
        let digits = usize::from(request.cookie_bytes).saturating_sub("filler=".len()).max(1);
        command.push(format!("-H \"Cookie: filler=$(printf '%0{digits}d' 0)\""));
    }
    if request.body.is_none() && request.body_bytes > 0 {
        command.insert(0, format!("head -c {} /dev/zero |", request.body_bytes));
        command.push("--data-binary @-".to_owned());
    }
    command.extend(request.body.iter().map(|body| format!("--data-binary {}", quoted(body))));
    if request.scheme == Scheme::Https {
        command.push(format!("--cacert {}", quoted(ca_file)));
    }
    command.push(format!("--resolve {host}:{}:{}", address.port(), address.ip()));
    command.push(quoted(&format!("{scheme}://{host}:{}{}", address.port(), request.target())));
    command.join(" ")
}

/// Asks the origin directly.
pub(super) fn curl_origin(domain: &str, origin: SocketAddr, ca_file: &str) -> String {
    let port = origin.port();
    let url = quoted(&format!("https://{domain}:{port}/"));
    format!("curl -sS -i --cacert {} --resolve {domain}:{port}:{} {url}", quoted(ca_file), origin.ip())
}

/// The check that AWS documents, ended at once instead of waiting for input.
///
/// Where the origin asks for a client certificate it waits a second: under TLS 1.3 the refusal comes after the handshake.
pub(super) fn openssl(state: &State, origin: SocketAddr, ca_file: &str, client: Option<&PemFiles>) -> String {
    let name = state.client.servername.as_ref().unwrap_or(&state.distribution.domain_name);
    let verify = state.client.verify_hostname.as_ref().map(|name| format!(" -verify_hostname {}", quoted(name)));
    let ca_file = quoted(ca_file);
    let check = format!(
        "openssl s_client -connect {origin} -servername {} -CAfile {ca_file}{}{}",
        quoted(name),
        verify.unwrap_or_default(),
        client.map(presented).unwrap_or_default(),
    );
    match state.origin.tls.client_certificate {
        ClientCertificate::None => format!("{check} </dev/null"),
        _ => format!("sleep 1 | {check}"),
    }
}

/// The documented check for names, at each of the name servers; none where DNS plays no part.
pub(super) fn dig(state: &State, name_servers: &[SocketAddr]) -> Vec<String> {
    let servers = name_servers.iter().filter(|_| asks_dns(state));
    let name = quoted(&state.distribution.domain_name);
    servers.map(|server| format!("dig @{} -p {} {name} A +short", server.ip(), server.port())).collect()
}

/// The options that present a client certificate with its chain.
fn presented(client: &PemFiles) -> String {
    let file = |path: &Path| quoted(&path.display().to_string());
    format!(" -cert {} -cert_chain {} -key {}", file(&client.leaf), file(&client.fullchain), file(&client.key))
}

/// A word for a POSIX shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_the_shell() {
        assert_eq!(quoted("a.b/c:1"), "a.b/c:1");
        assert_eq!(quoted("it's $HOME"), "'it'\\''s $HOME'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn a_request_becomes_a_command() {
        let request = RequestSpec {
            method: "POST".to_owned(),
            headers: [("Cookie".to_owned(), "a=b c".to_owned())].into(),
            body: Some("x".to_owned()),
            ..RequestSpec::default()
        };
        let address: SocketAddr = "127.0.0.1:8443".parse().unwrap();
        assert_eq!(
            curl(&request, address, address, "/tmp/ca.pem"),
            "curl -sS -i -X POST -H 'Cookie: a=b c' --data-binary x --cacert /tmp/ca.pem \
             --resolve www.shop.test:8443:127.0.0.1 https://www.shop.test:8443/"
        );
    }
}

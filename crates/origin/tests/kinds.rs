//! Every kind of origin starts, which includes the proof that it is broken in the stated way.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use edge502_origin::OriginError;

/// Starts each origin; the start-up self-test is the check. A build without OpenSSL says which it cannot start.
async fn start_all(kinds: &[(&str, &str)]) {
    for (title, toml) in kinds {
        match common::try_start(toml).await {
            Ok(origin) => origin.shutdown().await,
            Err(error) if error.needs_legacy() => println!("skipped: {title}: {error}"),
            Err(error) => panic!("{title}: {error}"),
        }
    }
}

#[tokio::test]
async fn ports() {
    start_all(&[
        ("healthy", ""),
        ("refuses", "port.behavior = 'refuse'"),
        ("drops", "port.behavior = 'drop'"),
        ("plain HTTP", "port.behavior = 'plain-http'"),
        ("resets", "port.behavior = 'reset-on-accept'"),
        ("closes", "port.behavior = 'close-on-accept'"),
        ("silent", "port.behavior = 'silent'"),
        ("no HTTP", "http_port.behavior = 'refuse'"),
        ("HTTP resets", "http_port.behavior = 'reset-on-accept'"),
    ])
    .await;
}

#[tokio::test]
async fn protocols() {
    start_all(&[
        ("SSLv3", "certificate.key = 'rsa-2048'\ntls.protocols = ['SSLv3']"),
        ("TLS 1.0", "tls.protocols = ['TLSv1']"),
        ("TLS 1.1", "tls.protocols = ['TLSv1.1']"),
        ("TLS 1.2", "tls.protocols = ['TLSv1.2']"),
        ("TLS 1.3", "tls.protocols = ['TLSv1.3']"),
        ("with a hole", "tls.protocols = ['TLSv1', 'TLSv1.2']"),
        ("all", "certificate.key = 'rsa-2048'\ntls.protocols = ['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']"),
        ("OpenSSL on demand", "tls.backend = 'openssl'"),
    ])
    .await;
}

#[tokio::test]
async fn suites_and_groups() {
    let rsa = |rest: &str| format!("certificate.key = 'rsa-2048'\n{rest}");
    let old = |list: &str| rsa(&format!("tls.protocols = ['TLSv1', 'TLSv1.2']\ntls.ciphers = '{list}'"));
    start_all(&[
        ("RC4-MD5", &old("RC4-MD5")),
        ("3DES", &old("DES-CBC3-SHA")),
        ("DHE", &old("DHE-RSA-AES128-SHA")),
        ("static RSA", &old("AES128-SHA:AES256-SHA")),
        ("CHACHA20 in TLS 1.2", &rsa("tls.protocols = ['TLSv1.2']\ntls.ciphers = 'ECDHE-RSA-CHACHA20-POLY1305'")),
        ("one TLS 1.3 suite", "tls.protocols = ['TLSv1.3']\ntls.ciphersuites = 'TLS_AES_128_CCM_SHA256'"),
        ("suites for RSA, ECDSA key", "tls.protocols = ['TLSv1.2']\ntls.ciphers = 'aRSA+AES'"),
        (
            "suites for ECDSA, RSA key",
            &rsa("tls.protocols = ['TLSv1.2']\ntls.ciphers = 'ECDHE-ECDSA-AES128-GCM-SHA256'"),
        ),
        ("suites for RSA, ECDSA key, TLS 1.3", "tls.ciphers = 'ECDHE-RSA-AES128-GCM-SHA256'"),
        ("P-521", "tls.groups = ['P-521']"),
        ("P-521 under its other key", "tls.curves = ['secp521r1']"),
        ("P-384 with rustls", "tls.groups = ['P-384']\ntls.backend = 'rustls'"),
        ("X448", "tls.groups = ['X448']"),
        ("a group nobody offers unasked", "tls.protocols = ['TLSv1.2']\ntls.groups = ['brainpoolP256r1']"),
        ("post-quantum", "tls.protocols = ['TLSv1.3']\ntls.groups = ['X25519MLKEM768']"),
    ])
    .await;
}

#[tokio::test]
async fn certificates() {
    start_all(&[
        ("expired", "certificate.not_after = '-35d'"),
        ("self-signed", "certificate.issuer = 'self'"),
        ("key mismatch", "certificate.key_mismatch = true"),
        ("Ed25519", "certificate.key = 'ed25519'"),
        ("P-521", "certificate.key = 'p521'"),
        ("RSA-1024", "certificate.key = 'rsa-1024'"),
        ("SHA-1", "certificate.signature = 'sha1'"),
        ("damaged signature", "certificate.corrupt = 'signature'"),
        ("trailing bytes", "certificate.corrupt = 'trailing-bytes'"),
        ("truncated", "certificate.corrupt = 'truncated'"),
        ("garbage", "certificate.corrupt = 'garbage'"),
        ("incomplete chain", "chain.serve = ['leaf']"),
        ("leaf not first", "chain.serve = ['intermediate', 'leaf']"),
        ("out of order", "chain.intermediates = 2\nchain.serve = ['leaf', 'intermediate-2', 'intermediate-1']"),
        ("too long", "chain.serve = ['leaf', 'intermediate', 'padding-7']"),
        ("no chain at all", "chain.serve = []"),
    ])
    .await;
}

#[tokio::test]
async fn client_certificates() {
    for protocol in ["TLSv1", "TLSv1.2", "TLSv1.3"] {
        for demand in ["request", "require", "reject-all"] {
            let toml = format!("tls.protocols = ['{protocol}']\ntls.client_certificate = '{demand}'");
            start_all(&[(demand, &toml)]).await;
        }
    }
}

#[tokio::test]
async fn server_names() {
    let unknown = |what: &str| format!("sni.sites = ['origin.test', 'shop.test']\nsni.unknown = '{what}'");
    start_all(&[
        ("default certificate", &unknown("default-certificate")),
        ("alert 112", &unknown("alert-unrecognized-name")),
        ("alert 80", &unknown("alert-internal-error")),
        ("close", &unknown("close")),
        ("own default", "sni.sites = ['a.test']\nsni.default_certificate = { names = ['b.test'] }"),
    ])
    .await;
}

#[tokio::test]
async fn handshakes_broken_off() {
    let mut kinds = Vec::new();
    for act in ["close", "reset", "stall"] {
        for stage in ["accept", "client-hello", "server-hello", "finished"] {
            for protocol in ["TLSv1", "TLSv1.2", "TLSv1.3"] {
                let toml = format!("tls.protocols = ['{protocol}']\nhandshake.{act}_after = '{stage}'");
                kinds.push((toml.clone(), toml));
            }
        }
    }
    kinds.push(("alert".to_owned(), "handshake.alert = 40".to_owned()));
    kinds.push(("banner".to_owned(), "handshake.answer = \"SSH-2.0-OpenSSH_9.2\\r\\n\"".to_owned()));
    let kinds: Vec<_> = kinds.iter().map(|(title, toml)| (title.as_str(), toml.as_str())).collect();
    start_all(&kinds).await;
}

#[tokio::test]
async fn answers() {
    let behaviors = [
        "answer",
        "close-without-answer",
        "reset-without-answer",
        "silent",
        "malformed-status-line",
        "malformed-header",
        "conflicting-content-length",
        "oversized-headers",
        "truncated-headers",
        "truncated-body",
        "truncated-chunks",
        "stalled-body",
    ];
    for behavior in behaviors {
        start_all(&[(behavior, &format!("http.behavior = '{behavior}'"))]).await;
    }
    start_all(&[
        ("raw", "http.raw = { hex = '00 ff 0a' }"),
        ("raw text", "http.raw = \"HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nab\""),
        ("late", "http.delay_ms = 3600000"),
        ("idle race", "http.answers_per_connection = 0"),
        ("load balancer", "load_balancer = true\nhttp.status = 502"),
    ])
    .await;
}

#[cfg(not(feature = "legacy"))]
#[tokio::test]
async fn what_only_openssl_serves_is_refused_with_a_way_out() {
    for (toml, why) in [
        ("tls.protocols = ['TLSv1']", "rustls does not speak TLSv1"),
        ("tls.backend = 'openssl'", "`origin.tls.backend` says so"),
        ("tls.ciphers = 'RC4-MD5'", "no OpenSSL cipher list"),
        ("tls.client_certificate = 'require'", "client certificates"),
        ("certificate.key = 'rsa-1024'", "rsa-1024"),
    ] {
        let error = common::try_start(toml).await.expect_err(toml);
        assert!(error.needs_legacy(), "{toml}: {error}");
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        let told = format!("{error}: {source}");
        assert!(told.contains(why) && told.contains("`legacy`"), "{toml}: {told}");
    }
}

#[tokio::test]
async fn contradictions_are_refused_with_a_remedy() {
    for (toml, words) in [
        ("tls.protocols = []", "name at least one version"),
        ("handshake = { alert = 40, close_after = 'accept' }", "keep one key"),
        ("handshake.alert = 40\nport.behavior = 'silent'", "port.behavior"),
        ("http.status = 99", "200 to 999"),
        ("http = { raw = '', behavior = 'silent' }", "drop `http.behavior`"),
        ("certificate.key_mismatch = true\ntls.backend = 'openssl'", "needs rustls"),
        ("certificate.key_mismatch = true\ntls.protocols = ['TLSv1']", "rustls does not speak TLSv1"),
        ("tls.protocols = ['SSLv3']\ntls.backend = 'rustls'", "needs OpenSSL"),
        ("tls.ciphers = 'NO-SUCH-SUITE'", "no cipher match"),
        ("tls.groups = ['no-such-group']", "no-such-group"),
        ("tls.ciphers = \"RC4\\u0000\"", "NUL"),
    ] {
        let error = common::try_start(toml).await.expect_err(toml);
        if error.needs_legacy() {
            continue;
        }
        assert!(!matches!(error, OriginError::SelfTest { .. }), "{toml}: {error}");
        assert!(error.to_string().contains(words), "{toml}: {error}");
    }
}

#[cfg(feature = "legacy")]
#[tokio::test]
async fn what_a_library_accepts_but_cannot_do_is_found_by_the_self_test() {
    // SSL 3.0 has no elliptic curves, so an EC key leaves no suite.
    let error = common::try_start("tls.protocols = ['SSLv3']").await.expect_err("SSLv3 with an EC key");
    assert!(matches!(error, OriginError::SelfTest { .. }), "{error}");
}

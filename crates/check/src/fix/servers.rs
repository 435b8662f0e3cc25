//! Lines for the servers people run in front of their origins.

/// Lines by the program they are for.
type Lines = Vec<(&'static str, String)>;

const SUITES: &str = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";

const ALB_POLICY: &str =
    "aws elbv2 modify-listener --listener-arn LISTENER --ssl-policy ELBSecurityPolicy-TLS13-1-2-2021-06";

fn lines<const N: usize>(lines: [(&'static str, String); N]) -> Lines {
    lines.into()
}

fn fixed<const N: usize>(texts: [(&'static str, &str); N]) -> Lines {
    lines(texts.map(|(program, text)| (program, text.to_owned())))
}

/// The whole chain, leaf first, without the root.
pub(super) fn full_chain() -> Lines {
    fixed([
        ("nginx", "ssl_certificate /etc/ssl/fullchain.pem;  # leaf, then intermediates"),
        ("Apache", "SSLCertificateFile /etc/ssl/fullchain.pem"),
        ("HAProxy", "bind :443 ssl crt /etc/haproxy/site.pem  # leaf, intermediates, key"),
        ("Caddy", "tls /etc/ssl/fullchain.pem /etc/ssl/key.pem"),
        ("IIS", "certutil -addstore CA intermediate.cer"),
        (
            "ALB",
            "aws acm import-certificate --certificate fileb://leaf.pem --certificate-chain fileb://intermediates.pem --private-key fileb://key.pem",
        ),
    ])
}

/// Renew, then reload.
pub(super) fn reload() -> Lines {
    fixed([
        ("nginx", "certbot renew && nginx -s reload"),
        ("Apache", "certbot renew && apachectl graceful"),
        ("HAProxy", "systemctl reload haproxy"),
        ("Caddy", "caddy reload"),
        (
            "IIS",
            "netsh http update sslcert hostnameport=origin.example.com:443 certhash=NEW appid={APP} certstorename=MY",
        ),
        ("ALB", "aws elbv2 modify-listener --listener-arn LISTENER --certificates CertificateArn=NEW"),
    ])
}

/// A public certificate for `name`.
pub(super) fn issue(name: &str) -> Lines {
    lines([
        ("nginx", format!("certbot --nginx -d {name}")),
        ("Apache", format!("certbot --apache -d {name}")),
        (
            "HAProxy",
            format!(
                "certbot certonly --standalone -d {name}\n\
                 cat /etc/letsencrypt/live/{name}/fullchain.pem /etc/letsencrypt/live/{name}/privkey.pem > /etc/haproxy/site.pem"
            ),
        ),
        ("Caddy", format!("{name} {{\n    reverse_proxy localhost:8080\n}}")),
        ("IIS", format!("wacs.exe --source manual --host {name} --installation iis")),
        ("ALB", format!("aws acm request-certificate --domain-name {name} --validation-method DNS")),
    ])
}

/// A public certificate for `name` with a key of a kind that CloudFront takes.
pub(super) fn issue_with_key(name: &str) -> Lines {
    lines([
        ("nginx", format!("certbot --nginx -d {name} --force-renewal --key-type ecdsa --elliptic-curve secp256r1")),
        ("Apache", format!("certbot --apache -d {name} --force-renewal --key-type ecdsa --elliptic-curve secp256r1")),
        ("Caddy", "{\n    key_type p256\n}".to_owned()),
        (
            "ALB",
            format!(
                "aws acm request-certificate --domain-name {name} --key-algorithm EC_prime256v1 --validation-method DNS"
            ),
        ),
    ])
}

/// Whether certificate and key belong together: both commands print the same.
pub(super) fn compare_keys() -> Lines {
    fixed([(
        "shell",
        "openssl x509 -in leaf.pem -noout -pubkey | openssl sha256\nopenssl pkey -in key.pem -pubout | openssl sha256",
    )])
}

/// TLS 1.2 and 1.3.
pub(super) fn protocols() -> Lines {
    fixed([
        ("nginx", "ssl_protocols TLSv1.2 TLSv1.3;"),
        ("Apache", "SSLProtocol -all +TLSv1.2 +TLSv1.3"),
        ("HAProxy", "ssl-default-bind-options ssl-min-ver TLSv1.2"),
        ("Caddy", "tls {\n    protocols tls1.2 tls1.3\n}"),
        (
            "IIS",
            "reg add \"HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2\\Server\" /v Enabled /t REG_DWORD /d 1 /f",
        ),
        ("ALB", ALB_POLICY),
    ])
}

/// Suites that CloudFront offers.
pub(super) fn ciphers() -> Lines {
    lines([
        ("nginx", format!("ssl_ciphers {SUITES};")),
        ("Apache", format!("SSLCipherSuite {SUITES}")),
        ("HAProxy", format!("ssl-default-bind-ciphers {SUITES}")),
        (
            "Caddy",
            "tls {\n    ciphers TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\n}"
                .to_owned(),
        ),
        ("IIS", "Enable-TlsCipherSuite -Name TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256".to_owned()),
        ("ALB", ALB_POLICY.to_owned()),
    ])
}

/// Groups that CloudFront offers.
pub(super) fn curves() -> Lines {
    fixed([
        ("nginx", "ssl_ecdh_curve X25519:prime256v1:secp384r1;"),
        ("Apache", "SSLOpenSSLConfCmd Groups X25519:prime256v1:secp384r1"),
        ("HAProxy", "ssl-default-bind-curves X25519:P-256:P-384"),
        ("Caddy", "tls {\n    curves x25519 secp256r1 secp384r1\n}"),
        ("IIS", "Enable-TlsEccCurve -Name NistP256"),
        ("ALB", ALB_POLICY),
    ])
}

/// No request for a client certificate; asking for an optional one is asking, too.
pub(super) fn no_client_certificate() -> Lines {
    fixed([
        ("nginx", "ssl_verify_client off;"),
        ("Apache", "SSLVerifyClient none"),
        ("HAProxy", "bind :443 ssl crt /etc/haproxy/site.pem  # without `verify` and `ca-file`"),
        ("Caddy", "tls {\n    # without `client_auth`\n}"),
        (
            "IIS",
            "netsh http update sslcert hostnameport=origin.example.com:443 certhash=HASH appid={APP} certstorename=MY clientcertnegotiation=disable",
        ),
        ("ALB", "aws elbv2 modify-listener --listener-arn LISTENER --mutual-authentication Mode=off"),
    ])
}

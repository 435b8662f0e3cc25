//! What is known about each cause.

use super::Cause;
use crate::Grade;

/// The knowledge behind one [`Cause`].
pub(super) struct Facts {
    pub(super) title: &'static str,
    pub(super) explanation: &'static str,
    pub(super) grade: Grade,
    pub(super) source: &'static str,
    pub(super) fixes: &'static [&'static str],
}

const P502: &str = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html";
const P504: &str = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-504-gateway-timeout.html";
const P503: &str =
    "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-503-service-unavailable.html";
const CUSTOM_ORIGIN: &str =
    "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html";
const CIPHERS: &str = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-ciphers-cloudfront-to-origin.html";
const HTTPS_TO_ORIGIN: &str =
    "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-cloudfront-to-custom-origin.html";
const ORIGIN_MTLS: &str =
    "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/origin-mtls-authentication.html";
const LOGS: &str = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html";
const S2N_VALIDATOR: &str = "https://github.com/aws/s2n-tls/blob/main/tls/s2n_x509_validator.c";
const ORIGIN_OVERRIDES: &str =
    "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/helper-functions-origin-modification.html";
const LIMITS: &str = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html";

/// The one table. The match has no wildcard: a new cause does not build until it is explained.
#[allow(clippy::too_many_lines, reason = "a table, one entry a cause")]
pub(super) const fn of(cause: Cause) -> Facts {
    match cause {
        Cause::DnsNoSuchName => Facts {
            title: "The origin's domain name does not exist",
            explanation: "CloudFront looks the origin's domain name up in public DNS before it connects; a name that does not exist ends there. Typical are a typo, a deleted environment whose name is still in the distribution, and a name that exists only inside a VPC.",
            grade: Grade::Documented,
            source: P502,
            fixes: &[
                "Correct DomainName of the origin, or create the missing public record.",
                "If the origin is meant to be private, make it a VPC origin.",
            ],
        },
        Cause::DnsNoAddress => Facts {
            title: "The origin's domain name has no address of the family that is asked for",
            explanation: "The name exists, but not with an A record (IpAddressType ipv4, the default) or an AAAA record (ipv6). The distribution's own IsIPV6Enabled concerns viewers only.",
            grade: Grade::Documented,
            source: P502,
            fixes: &[
                "Add an address record of that family.",
                "Set IpAddressType of the origin to the family it has, or to dualstack.",
            ],
        },
        Cause::DnsServerFailure => Facts {
            title: "The origin's name servers answer with an error",
            explanation: "The authoritative servers answer SERVFAIL or disagree with the delegation in the parent zone, so the name resolves now and then or from some places only.",
            grade: Grade::Documented,
            source: P502,
            fixes: &[
                "Make the NS set at the registrar and in the zone the same, and every listed server answer.",
                "Repair the zone: SOA, DNSSEC signatures, reachability of each server.",
            ],
        },
        Cause::DnsTimeout => Facts {
            title: "The origin's name servers do not answer in time",
            explanation: "No authoritative server answered the lookup. The viewer gets the same page as for a name that does not exist.",
            grade: Grade::Documented,
            source: P502,
            fixes: &[
                "Make the authoritative servers reachable from the internet over UDP and TCP port 53.",
                "Move the zone to servers that answer reliably.",
            ],
        },
        Cause::ConnectionRefused => Facts {
            title: "Nothing accepts connections on the origin's port",
            explanation: "The origin's host answered the connection attempt with a reset: nothing listens on that port, or a firewall rejects instead of dropping.",
            grade: Grade::Documented,
            source: P502,
            fixes: &[
                "Start the server, or let it listen on the port named in the origin's settings.",
                "Set HTTPSPort or HTTPPort to the port the server listens on (80, 443 or 1024 to 65535).",
                "Open the port in firewall and security group for the CloudFront ranges.",
            ],
        },
        Cause::ConnectionTimeout => Facts {
            title: "The origin does not answer connection attempts",
            explanation: "Every attempt (ConnectionAttempts, default 3) ran into ConnectionTimeout (default 10 s). A firewall or security group that drops packets looks like this, and so does a private address; the viewer gets 504, not 502.",
            grade: Grade::Documented,
            source: P504,
            fixes: &[
                "Allow the CloudFront origin-facing prefix list com.amazonaws.global.cloudfront.origin-facing in the security group or firewall.",
                "Give the origin an address that is reachable from the internet, or make it a VPC origin.",
            ],
        },
        Cause::ConnectionReset => Facts {
            title: "The origin resets the connection",
            explanation: "The connection was reset while it was being opened, before a request could be sent. A middlebox, a full backlog or a server that expects the PROXY protocol are typical.",
            grade: Grade::Inferred,
            source: P502,
            fixes: &[
                "Find what resets the connection: server log, firewall, PROXY protocol expected on the port.",
                "Allow the CloudFront ranges through the device that filters.",
            ],
        },
        Cause::NotTls => Facts {
            title: "The origin's HTTPS port does not speak TLS",
            explanation: "The edge sent a ClientHello and got something that is not TLS, usually a plain HTTP answer. `openssl s_client` says `wrong version number`.",
            grade: Grade::Documented,
            source: P502,
            fixes: &["Point HTTPSPort at the port where the server speaks TLS.", "Switch TLS on for that port."],
        },
        Cause::HandshakeClosed => Facts {
            title: "The origin closes the connection during the TLS handshake",
            explanation: "The origin hung up after the ClientHello without saying why. A server that has no certificate for the name sent, a filter that knows only some clients, or a crash look like this.",
            grade: Grade::Documented,
            source: P502,
            fixes: &[
                "Read the origin's error log for that moment; the reason stands there if anywhere.",
                "Let the origin answer for the name that CloudFront sends as SNI, or stop forwarding Host.",
                "Allow the CloudFront ranges through the device that filters.",
            ],
        },
        Cause::HandshakeTimeout => Facts {
            title: "The origin accepts the connection but never completes the TLS handshake",
            explanation: "TCP works and the handshake stalls until ConnectionTimeout. Typical are a server that waits for a PROXY protocol header, and a TLS process that hangs. That the viewer gets 504 is inferred from the definition of a connection timeout.",
            grade: Grade::Inferred,
            source: P504,
            fixes: &[
                "Make the server answer the ClientHello: look for PROXY protocol, hung workers, a broken offload device.",
            ],
        },
        Cause::ProtocolMismatch => Facts {
            title: "CloudFront and the origin have no TLS version in common",
            explanation: "OriginSslProtocols lists what CloudFront may use towards the origin; TLS 1.3 has no value of its own and rides on TLSv1.2. The viewer's security policy plays no part.",
            grade: Grade::Documented,
            source: P502,
            fixes: &[
                "Enable TLS 1.2 or 1.3 on the origin.",
                "As a stopgap, add the version that the origin speaks to OriginSslProtocols, and upgrade the origin after that.",
            ],
        },
        Cause::CipherMismatch => Facts {
            title: "CloudFront and the origin have no cipher suite in common",
            explanation: "The origin offers none of the suites CloudFront has. TLS 1.2 with CHACHA20 or DHE only is typical after hardening. `openssl s_client` offers more suites than CloudFront does, so its success proves nothing.",
            grade: Grade::Documented,
            source: CIPHERS,
            fixes: &[
                "Enable ECDHE with AES-GCM on the origin, for the key type of its certificate (for example ECDHE-RSA-AES128-GCM-SHA256).",
            ],
        },
        Cause::CurveMismatch => Facts {
            title: "CloudFront and the origin have no elliptic curve in common",
            explanation: "CloudFront has prime256v1, X25519 and secp384r1. An origin that enables only secp521r1, X448 or finite-field groups cannot agree on a key exchange.",
            grade: Grade::Documented,
            source: CIPHERS,
            fixes: &["Enable prime256v1 (P-256) or X25519 on the origin."],
        },
        Cause::SniRefused => Facts {
            title: "The origin has no certificate for the name CloudFront sends",
            explanation: "With Host forwarded, the viewer's Host is sent as SNI instead of the origin's domain. A server that insists on a name it knows answers with an alert or hangs up. The console's recommended settings forward Host.",
            grade: Grade::Observed,
            source: ORIGIN_OVERRIDES,
            fixes: &[
                "Use the origin request policy AllViewerExceptHostHeader, so that the origin's own domain is sent.",
                "Give the origin a certificate and a site for the viewer's host name.",
            ],
        },
        Cause::ClientCertificateRequired => Facts {
            title: "The origin asks for a client certificate",
            explanation: "AWS documents that an origin must not request a client certificate unless origin mTLS is configured; asking without insisting counts as well. Under TLS 1.3 the refusal arrives only after the handshake.",
            grade: Grade::Documented,
            source: CUSTOM_ORIGIN,
            fixes: &[
                "Stop requesting a client certificate on this port.",
                "Configure origin mTLS (OriginMtlsConfig) with a certificate the origin trusts.",
            ],
        },
        Cause::ClientCertificateRejected => Facts {
            title: "The origin refuses CloudFront's client certificate",
            explanation: "Origin mTLS is configured, and the origin does not accept the certificate: expired, unknown authority, or without the client purpose. CloudFront sends it without checking its dates.",
            grade: Grade::Documented,
            source: ORIGIN_MTLS,
            fixes: &[
                "Renew the client certificate in ACM (us-east-1) and keep its ARN in OriginMtlsConfig.",
                "Add the issuing authority to the origin's list for client certificates.",
            ],
        },
        Cause::CertificateExpired => Facts {
            title: "The origin's certificate has expired",
            explanation: "CloudFront drops the connection when the certificate is past its end date. Renewing the file is not enough: the server has to load it.",
            grade: Grade::Documented,
            source: P502,
            fixes: &["Renew the certificate and reload the server."],
        },
        Cause::CertificateNotYetValid => Facts {
            title: "The origin's certificate is not valid yet",
            explanation: "The certificate's first date lies in the future: issued for later, or by a machine with a wrong clock.",
            grade: Grade::AwsSource,
            source: S2N_VALIDATOR,
            fixes: &[
                "Install a certificate that is valid now.",
                "Correct the clock of the machine that issues certificates, and issue again.",
            ],
        },
        Cause::CertificateSelfSigned => Facts {
            title: "The origin's certificate is self-signed",
            explanation: "CloudFront trusts the authorities of Mozilla's list and nothing else. No setting adds a certificate to that list for a custom origin, and verification cannot be switched off.",
            grade: Grade::Documented,
            source: P502,
            fixes: &["Install a certificate from a public authority, with its intermediates."],
        },
        Cause::CertificateUntrustedCa => Facts {
            title: "The origin's certificate comes from an authority CloudFront does not trust",
            explanation: "The chain ends in a root outside Mozilla's list: a company's own PKI, a staging CA, a CDN's origin CA. It works for machines whose store has that root, and for nobody else.",
            grade: Grade::Documented,
            source: HTTPS_TO_ORIGIN,
            fixes: &[
                "Install a certificate from a public authority, with its intermediates.",
                "If the origin is meant to be private, reach it as a VPC origin over HTTP.",
            ],
        },
        Cause::CertificateNameMismatch => Facts {
            title: "The origin's certificate does not carry the name CloudFront asks for",
            explanation: "One name of the certificate must equal the origin's domain, or the viewer's Host where Host is forwarded. `openssl s_client` prints `Verify return code: 0 (ok)` all the same unless it is told which name to check.",
            grade: Grade::Documented,
            source: P502,
            fixes: &[
                "Install a certificate that carries the origin's domain name.",
                "Set DomainName of the origin to a name that is in the certificate.",
                "If Host is forwarded, install a certificate for the viewer's host, or stop forwarding Host.",
            ],
        },
        Cause::CertificateWrongPurpose => Facts {
            title: "The origin's certificate is not meant for a TLS server",
            explanation: "The certificate limits its use and serverAuth is not among the uses: often a client or signing certificate installed by mistake.",
            grade: Grade::AwsSource,
            source: S2N_VALIDATOR,
            fixes: &["Install a certificate issued for TLS servers (extended key usage serverAuth)."],
        },
        Cause::CertificateUnsupportedKey => Facts {
            title: "The origin's certificate has a key CloudFront does not support",
            explanation: "AWS lists RSA 1024, 2048, 3072 and 4096 bits and ECDSA P-256 and P-384. Ed25519 and Ed448 have no signature scheme in CloudFront's handshake at all.",
            grade: Grade::Documented,
            source: HTTPS_TO_ORIGIN,
            fixes: &["Issue the certificate again with an RSA 2048 or ECDSA P-256 key."],
        },
        Cause::CertificateKeyMismatch => Facts {
            title: "The origin's private key does not belong to its certificate",
            explanation: "The origin signs the handshake with a key that is not the one in the certificate it sends, typically after renewing one file of two.",
            grade: Grade::Documented,
            source: P502,
            fixes: &["Install key and certificate that belong together, and reload the server."],
        },
        Cause::CertificateInvalid => Facts {
            title: "The origin's certificate is damaged or cannot be honoured",
            explanation: "The certificate cannot be read, carries a critical extension nobody knows, or is signed with an algorithm that is not accepted.",
            grade: Grade::Documented,
            source: P502,
            fixes: &[
                "Install the certificate again from the authority's download.",
                "Have it issued again without the extension or algorithm named in the finding.",
            ],
        },
        Cause::ChainIncomplete => Facts {
            title: "The origin does not send all intermediate certificates",
            explanation: "CloudFront needs every certificate between the origin's own and a trusted root, and never fetches a missing one. Browsers do fetch or remember them, so the site looks sound there.",
            grade: Grade::Documented,
            source: P502,
            fixes: &[
                "Install the full chain: the origin's certificate first, then each issuer (often called fullchain.pem).",
            ],
        },
        Cause::ChainOutOfOrder => Facts {
            title: "The origin sends its certificates in the wrong order",
            explanation: "AWS documents that the order must be the origin's certificate, then its issuer, and so on. The library alone would tolerate a shuffle behind the first certificate.",
            grade: Grade::Documented,
            source: P502,
            fixes: &["Reorder the file: own certificate, its issuer, the issuer's issuer; leave the root out."],
        },
        Cause::ChainLeafNotFirst => Facts {
            title: "The first certificate the origin sends is not its own",
            explanation: "The first certificate is taken for the origin's own. With an authority's certificate there, neither name nor key fits.",
            grade: Grade::Documented,
            source: P502,
            fixes: &["Reorder the file so that the origin's own certificate comes first."],
        },
        Cause::ChainIntermediateExpired => Facts {
            title: "An intermediate certificate of the origin is outside its dates",
            explanation: "The origin's own certificate is fine, but one above it, needed to reach a trusted root, has expired or is not valid yet. Renewing the leaf alone often leaves the old intermediate in the file.",
            grade: Grade::AwsSource,
            source: S2N_VALIDATOR,
            fixes: &[
                "Replace the intermediate with the authority's current one (install the full chain that came with the renewal).",
            ],
        },
        Cause::ChainTooLong => Facts {
            title: "The origin sends more certificates than CloudFront reads",
            explanation: "At most seven certificates are read. Whole CA bundles appended to the certificate file exceed that.",
            grade: Grade::AwsSource,
            source: S2N_VALIDATOR,
            fixes: &["Send only the origin's certificate and its intermediates."],
        },
        Cause::ChainConstraintViolated => Facts {
            title: "A certificate in the origin's chain breaks a constraint",
            explanation: "A certificate that may not issue others did, a path is longer than allowed, or a name lies outside the names an authority may issue for (RFC 5280 section 6).",
            grade: Grade::AwsSource,
            source: S2N_VALIDATOR,
            fixes: &["Have the certificate issued by an authority that may issue it."],
        },
        Cause::ConnectionClosedEarly => Facts {
            title: "The origin closes the connection without answering",
            explanation: "The request was sent and the connection ended, closed or reset, before an answer was there: a crash, a module that rejects silently, or an idle connection that the origin closed just as it was used again.",
            grade: Grade::Observed,
            source: P502,
            fixes: &[
                "Find in the origin's log why it closed; let it answer with a status instead.",
                "Keep idle connections open longer at the origin than OriginKeepaliveTimeout.",
            ],
        },
        Cause::ResponseTimeout => Facts {
            title: "The origin does not answer in time",
            explanation: "No byte came within OriginReadTimeout (default 30 s), first byte and every gap between packets alike. GET and HEAD are tried ConnectionAttempts times, other methods once.",
            grade: Grade::Documented,
            source: P504,
            fixes: &["Make the application answer faster.", "Raise OriginReadTimeout (1 to 120 s)."],
        },
        Cause::ResponseMalformed => Facts {
            title: "The origin's answer is not valid HTTP",
            explanation: "The status line or a header could not be read. AWS defines the log value OriginInvalidResponseError for it.",
            grade: Grade::Inferred,
            source: LOGS,
            fixes: &["Correct what the origin sends: status line, header names and values, one Content-Length."],
        },
        Cause::ResponseHeadersTooLarge => Facts {
            title: "The origin's response headers are too large",
            explanation: "The whole header block of a response may have 32,768 bytes. Cookies and long security policies fill it.",
            grade: Grade::Documented,
            source: LIMITS,
            fixes: &["Send fewer or smaller headers: cookies, Content-Security-Policy, debugging headers."],
        },
        Cause::ResponseTruncated => Facts {
            title: "The origin's answer ends before it is complete",
            explanation: "Fewer bytes came than Content-Length promised, or the final chunk is missing. The status has gone out by then, so the viewer sees a cut body and the object is not cached.",
            grade: Grade::Documented,
            source: CUSTOM_ORIGIN,
            fixes: &[
                "Find why the origin stops sending: worker timeouts, a proxy's buffer limit, a wrong Content-Length.",
            ],
        },
        Cause::LambdaResponseInvalid => Facts {
            title: "A Lambda@Edge function returned an invalid response",
            explanation: "The object the function returned breaks a rule: header that may not be touched, body that is not a string, size, status.",
            grade: Grade::Documented,
            source: P502,
            fixes: &[
                "Correct the returned object; the rule that it breaks stands on the page and in the function's log.",
            ],
        },
        Cause::LambdaExecutionFailed => Facts {
            title: "A Lambda@Edge function failed",
            explanation: "The function threw, timed out, ran into a quota, or CloudFront may not invoke it.",
            grade: Grade::Documented,
            source: P503,
            fixes: &[
                "Read the function's log in the Region nearest to the viewer; correct the fault, its timeout or its role.",
            ],
        },
        Cause::FunctionResponseInvalid => Facts {
            title: "A CloudFront Function returned an invalid value",
            explanation: "The event object the function returned breaks a rule, such as a header name that is not in lower case.",
            grade: Grade::Documented,
            source: P502,
            fixes: &[
                "Correct the returned object; the rule that it breaks stands on the page and in CloudWatch (us-east-1).",
            ],
        },
        Cause::FunctionExecutionFailed => Facts {
            title: "A CloudFront Function failed",
            explanation: "The function threw or used more compute than it may.",
            grade: Grade::Documented,
            source: P503,
            fixes: &["Read the function's log in CloudWatch (us-east-1); simplify or correct the function."],
        },
        Cause::OriginErrorRelayed => Facts {
            title: "The origin itself answered with an error",
            explanation: "CloudFront connected and passes on what the origin, or something behind it, answered. The page, the Server header and an `x-cache: Error from cloudfront` can mislead: that header appears on relayed errors too.",
            grade: Grade::Documented,
            source: CUSTOM_ORIGIN,
            fixes: &["Look behind the origin: load balancer, gateway or application made this answer."],
        },
    }
}

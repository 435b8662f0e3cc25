//! What cures a finding, with what to write where.
//!
//! The general cures of a cause stand in `edge502_rules`; here they become concrete: the missing issuer by name, the name
//! that was asked for, the setting with its value, lines for the servers people run.

mod aws;
mod servers;

use edge502_handshake::ProtocolVersion;
use edge502_rules::Cause;
use edge502_rules::chain::{ChainReport, ServedChain, Top};

use crate::report::Snippet;
use crate::seen::Seen;
use crate::target::Target;

/// A cure, with what to write where.
pub(crate) struct Fix {
    /// What to do.
    pub(crate) text: String,
    /// Lines of configuration or commands, by the program they are for.
    pub(crate) lines: Vec<(&'static str, String)>,
}

/// The cures of a finding, as the report has them.
pub(crate) fn reported(fixes: Vec<Fix>) -> (Vec<String>, Vec<Snippet>) {
    let mut snippets = Vec::new();
    let texts = fixes.into_iter().enumerate().map(|(index, fix)| {
        snippets.extend(fix.lines.into_iter().map(|(program, text)| Snippet { fix: index, program, text }));
        fix.text
    });
    (texts.collect(), snippets)
}

/// What a cure can refer to.
pub(crate) struct Place<'a> {
    pub(crate) seen: &'a Seen<'a>,
    pub(crate) chain: &'a ServedChain,
    pub(crate) structure: Option<&'a ChainReport>,
}

impl Place<'_> {
    fn target(&self) -> &Target {
        self.seen.target
    }

    /// The names on the leaf.
    fn names(&self) -> Vec<&str> {
        let leaf = self.structure.map_or(0, |structure| structure.leaf);
        self.chain.get(leaf).map(|leaf| leaf.names.effective().collect()).unwrap_or_default()
    }
}

/// The cures of `cause`, the concrete ones first. The general ones stand in the same order, so as many are left out; those
/// about names all depend on whether `Host` is forwarded, which is known here.
pub(crate) fn of(cause: Cause, place: &Place<'_>) -> Vec<Fix> {
    let concrete = concrete(cause, place);
    let about_names = matches!(cause, Cause::CertificateNameMismatch | Cause::SniRefused);
    let skipped = if about_names { usize::MAX } else { concrete.len() };
    let general = cause.fixes().iter().skip(skipped).map(|text| plain(*text));
    concrete.into_iter().chain(general).collect()
}

fn plain(text: impl Into<String>) -> Fix {
    Fix { text: text.into(), lines: Vec::new() }
}

fn with(text: impl Into<String>, lines: Vec<(&'static str, String)>) -> Fix {
    Fix { text: text.into(), lines }
}

fn concrete(cause: Cause, place: &Place<'_>) -> Vec<Fix> {
    match cause {
        Cause::ChainIncomplete => vec![with(missing_issuer(place), servers::full_chain())],
        Cause::ChainOutOfOrder | Cause::ChainLeafNotFirst => vec![with(order(place), servers::full_chain())],
        Cause::CertificateNameMismatch | Cause::SniRefused => names(place),
        Cause::ChainIntermediateExpired => vec![with(outdated(place), servers::full_chain())],
        Cause::CertificateExpired => {
            vec![with(
                "Renew the certificate and reload the server: it shows what it read when it started.",
                servers::reload(),
            )]
        }
        Cause::CertificateSelfSigned | Cause::CertificateUntrustedCa => {
            let name = place.target().host_header();
            vec![with(
                format!(
                    "Install a certificate for {name} from an authority on Mozilla's list, with its intermediates."
                ),
                servers::issue(name),
            )]
        }
        Cause::ProtocolMismatch => protocols(place),
        Cause::CertificateUnsupportedKey => {
            let name = place.target().host_header();
            vec![with(
                format!("Install a certificate for {name} with a P-256 or RSA 2048 key."),
                servers::issue_with_key(name),
            )]
        }
        Cause::CertificateWrongPurpose => {
            let name = place.target().host_header();
            vec![with(
                format!("Install a certificate for {name} that is meant for servers (serverAuth)."),
                servers::issue(name),
            )]
        }
        Cause::CertificateKeyMismatch => vec![with(
            "Install the key that belongs to the certificate: these two commands print the same for a pair.",
            servers::compare_keys(),
        )],
        Cause::DnsNoSuchName => vec![with(
            format!(
                "Set DomainName of the origin to a name that exists; {} does not.",
                place.target().origin().domain_name
            ),
            vec![aws::origin(place.target(), ".DomainName", "\"NAME\"")],
        )],
        Cause::CipherMismatch => vec![with("Enable suites that CloudFront offers.", servers::ciphers())],
        Cause::CurveMismatch => vec![with("Enable P-256, X25519 or P-384.", servers::curves())],
        Cause::ClientCertificateRequired => {
            vec![with("Do not ask for a client certificate on this listener.", servers::no_client_certificate())]
        }
        Cause::ConnectionTimeout => vec![with(
            "Let CloudFront's addresses through the security group or firewall.",
            vec![aws::security_group(place.target().port())],
        )],
        Cause::NotTls => vec![with(
            format!("Point HTTPSPort at a port that speaks TLS; {} does not.", place.target().port()),
            vec![aws::origin(place.target(), ".CustomOriginConfig.HTTPSPort", "443")],
        )],
        Cause::ResponseTimeout => vec![
            plain("Make the application answer faster."),
            with(
                "Raise OriginReadTimeout (1 to 120 s, more with a raised quota).",
                vec![aws::origin(place.target(), ".CustomOriginConfig.OriginReadTimeout", "60")],
            ),
        ],
        Cause::ResponseMalformed | Cause::ConnectionClosedEarly if place.seen.probed.http2_only => vec![plain(
            "Let the origin, or a proxy in front of it, answer HTTP/1.1, too: CloudFront speaks HTTP/2 to an origin only \
             where the behaviour allows gRPC.",
        )],
        Cause::OriginErrorRelayed => vec![with(
            "Look behind the origin: load balancer, gateway or application made this answer. It can be had without CloudFront:",
            vec![("shell", curl(place.target()))],
        )],
        _ => Vec::new(),
    }
}

/// Which issuer is missing, and where its certificate can be had.
fn missing_issuer(place: &Place<'_>) -> String {
    let Some(Top::MissingIssuer { position, issuer, .. }) = place.structure.map(|structure| &structure.top) else {
        return "Send the intermediate certificates along, the leaf first.".to_owned();
    };
    let address = place.chain.get(*position).and_then(|certificate| certificate.ca_issuers.first());
    let from = address.map(|address| format!(" The certificate names its address: {address}")).unwrap_or_default();
    format!("Send the missing intermediate certificate of {issuer} along, after the origin's own.{from}")
}

/// The request of the check, for curl.
fn curl(target: &Target) -> String {
    let (domain, host, port) = (target.origin().domain_name.as_str(), target.host_header(), target.port());
    let (scheme, usual) = if target.uses_https() { ("https", 443) } else { ("http", 80) };
    let lead = if host == domain { String::new() } else { format!(" --connect-to {host}:{port}:{domain}:{port}") };
    let port = if port == usual { String::new() } else { format!(":{port}") };
    format!("curl -sS -i{lead} '{scheme}://{host}{port}{}'", target.path().replace('\'', "%27"))
}

/// What to change so that a version is spoken by both.
fn protocols(place: &Place<'_>) -> Vec<Fix> {
    let target = place.target();
    let listed = &target.origin().custom.origin_ssl_protocols;
    let spoken = place.seen.probed.versions.iter().min().copied();
    let modern = spoken.is_some_and(|version| version >= ProtocolVersion::Tls12);
    // CloudFront speaks what is listed; TLS 1.3 comes with TLSv1.2.
    let lowest = spoken.unwrap_or(ProtocolVersion::Tls10).min(ProtocolVersion::Tls12);
    let items: Vec<&str> = ProtocolVersion::ALL
        .iter()
        .filter(|version| (lowest..=ProtocolVersion::Tls12).contains(version))
        .map(|version| version.name())
        .collect();
    let value = serde_json::json!({ "Quantity": items.len(), "Items": items }).to_string();
    let list = aws::origin(target, ".CustomOriginConfig.OriginSslProtocols", &value);
    let listed = listed.iter().map(|protocol| protocol.to_string()).collect::<Vec<_>>().join(", ");
    if modern {
        let text = format!("Set OriginSslProtocols to TLSv1.2, which the origin speaks; now it lists {listed}.");
        return vec![with(text, vec![list])];
    }
    let speaks = spoken.map(|version| format!(" The origin speaks {version}.")).unwrap_or_default();
    vec![
        with("Switch TLS 1.2 and 1.3 on at the origin.", servers::protocols()),
        with(
            format!(
                "Or list every protocol the origin speaks in OriginSslProtocols, which lists {listed}; the list is no \
                 minimum.{speaks}"
            ),
            vec![list],
        ),
    ]
}

/// Which intermediate to replace.
fn outdated(place: &Place<'_>) -> String {
    let path = place.structure.map(|structure| structure.path.as_slice()).unwrap_or_default();
    let certificates = path.iter().skip(1).filter_map(|position| place.chain.get(*position));
    match certificates.filter(|certificate| !certificate.is_current(place.seen.now())).map(|c| &c.subject).next() {
        Some(subject) => format!(
            "Replace {subject} by the authority's current certificate of that name: install the full chain that came \
             with the renewal."
        ),
        None => "Install the full chain that came with the renewal.".to_owned(),
    }
}

fn order(place: &Place<'_>) -> String {
    let path = place.structure.map(|structure| structure.path.as_slice()).unwrap_or_default();
    let subjects: Vec<&str> =
        path.iter().filter_map(|position| place.chain.get(*position)).map(|c| c.subject.as_str()).collect();
    if subjects.is_empty() {
        return "Send the origin's own certificate first, then its issuer, and so on.".to_owned();
    }
    format!("Send the certificates in this order, and no others: {}", subjects.join(" → "))
}

/// What came of trying the other name, for a sentence that advises it.
fn tried(place: &Place<'_>) -> &'static str {
    match &place.seen.other_name {
        Some(other) if other.would_connect => ", and that name was tried just now: it would connect",
        Some(_) => ", which alone is not enough: that name was tried just now and would fail, too",
        None => "",
    }
}

/// Where names decide: which was asked for, which are there, and which settings choose it.
fn names(place: &Place<'_>) -> Vec<Fix> {
    let target = place.target();
    let asked = target.host_header();
    let mut fixes = Vec::new();
    if target.forwards_host() && asked != target.origin().domain_name.as_str() {
        fixes.push(with(
            format!(
                "Do not forward Host: use the origin request policy AllViewerExceptHostHeader. CloudFront then asks for {} instead of {asked}{}.",
                target.origin().domain_name,
                tried(place)
            ),
            vec![aws::behavior(target, ".OriginRequestPolicyId", "\"b689b0a8-53d0-40ab-baf2-68738e2966ac\"")],
        ));
    }
    fixes.push(with(
        format!("Give the origin a certificate that carries {asked}, and let it answer to that name."),
        servers::issue(asked),
    ));
    let usable = |name: &&&str| !name.starts_with('*') && name.parse::<edge502_rules::name::OriginDomain>().is_ok();
    if let Some(name) = place.names().iter().find(usable).filter(|_| !target.forwards_host()) {
        fixes.push(with(
            format!("Or set DomainName of the origin to a name on its certificate that leads there: {name}."),
            vec![aws::origin(target, ".DomainName", &format!("\"{name}\""))],
        ));
    }
    fixes
}

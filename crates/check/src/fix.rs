//! What cures a finding, with what to write where.
//!
//! The general cures of a cause stand in `edge502_rules`; here they become concrete: the missing issuer by name, the name
//! that was asked for, the setting with its value, lines for the servers people run.

mod aws;
mod servers;

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

/// The cures of `cause`, the concrete ones first; a general one is left out where a concrete one says it.
pub(crate) fn of(cause: Cause, place: &Place<'_>) -> Vec<Fix> {
    let concrete = concrete(cause, place);
    let skipped = usize::from(!concrete.is_empty());
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
        Cause::CertificateExpired | Cause::ChainIntermediateExpired => {
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
        Cause::ProtocolMismatch => vec![
            with("Switch TLS 1.2 and 1.3 on at the origin.", servers::protocols()),
            with(
                "Or list every protocol the origin speaks in OriginSslProtocols; the list is no minimum.",
                vec![aws::origin(
                    place.target(),
                    ".CustomOriginConfig.OriginSslProtocols",
                    "{\"Quantity\":3,\"Items\":[\"TLSv1\",\"TLSv1.1\",\"TLSv1.2\"]}",
                )],
            ),
        ],
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
        Cause::ResponseTimeout => vec![with(
            "Answer sooner; or raise OriginReadTimeout (1 to 120 s, more with a raised quota).",
            vec![aws::origin(place.target(), ".CustomOriginConfig.OriginReadTimeout", "60")],
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

fn order(place: &Place<'_>) -> String {
    let path = place.structure.map(|structure| structure.path.as_slice()).unwrap_or_default();
    let subjects: Vec<&str> =
        path.iter().filter_map(|position| place.chain.get(*position)).map(|c| c.subject.as_str()).collect();
    if subjects.is_empty() {
        return "Send the origin's own certificate first, then its issuer, and so on.".to_owned();
    }
    format!("Send the certificates in this order, and no others: {}", subjects.join(" → "))
}

/// Where names decide: which was asked for, which are there, and which settings choose it.
fn names(place: &Place<'_>) -> Vec<Fix> {
    let target = place.target();
    let asked = target.host_header();
    let mut fixes = Vec::new();
    if target.forwards_host() && asked != target.origin().domain_name.as_str() {
        fixes.push(with(
            format!(
                "Do not forward Host: use the origin request policy AllViewerExceptHostHeader. CloudFront then asks for {} instead of {asked}.",
                target.origin().domain_name
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

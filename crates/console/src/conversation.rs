//! Who said what between edge and origin, as far as the wire showed it, and where it ended.

use edge502_edge::{Exchange, HandshakeReport};
use edge502_handshake::wire::ServerHello;
use edge502_handshake::{End, Observation};
use edge502_rules::Phase;
use edge502_scenario::serve::Look;

use crate::texts::Texts;

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// The edge speaks.
    Out,
    /// The origin speaks.
    Back,
    /// Something at the edge itself.
    Inside,
}

/// One line of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Turn {
    /// Who speaks.
    pub(crate) way: Way,
    /// What, in the protocol's terms.
    pub(crate) what: String,
    /// The particulars.
    pub(crate) detail: String,
    /// Whether it ended badly here.
    pub(crate) broke: bool,
}

/// The conversation of the request that was looked at.
pub(crate) fn conversation(look: &Look, texts: &Texts) -> Vec<Turn> {
    let mut told = Told { turns: Vec::new(), texts };
    told.all(&look.exchange);
    told.turns
}

struct Told<'a> {
    turns: Vec<Turn>,
    texts: &'a Texts,
}

impl Told<'_> {
    fn add(&mut self, way: Way, what: impl Into<String>, detail: impl Into<String>) {
        self.turns.push(Turn { way, what: what.into(), detail: detail.into(), broke: false });
    }

    fn broke(&mut self, way: Way, what: impl Into<String>, detail: impl Into<String>) {
        self.turns.push(Turn { way, what: what.into(), detail: detail.into(), broke: true });
    }

    fn all(&mut self, exchange: &Exchange) {
        let failure = exchange.failure.as_deref();
        let phase = failure.map(edge502_edge::OriginFailure::phase);
        let evidence = failure.map(|failure| failure.evidence.clone()).unwrap_or_default();
        let texts = self.texts;
        match phase {
            Some(Phase::EdgeFunction) => return self.broke(Way::Inside, texts.turn_function, evidence),
            Some(Phase::Resolve) => return self.broke(Way::Out, texts.turn_dns, evidence),
            Some(Phase::Connect) => {
                self.add(Way::Out, texts.turn_dns, texts.turn_dns_found);
                return self.broke(Way::Out, texts.turn_tcp, evidence);
            }
            _ if exchange.tried.is_empty() => return self.add(Way::Inside, texts.turn_not_asked, ""),
            _ => {}
        }
        let failed = failure.and_then(|failure| failure.handshake.as_deref());
        let report = failed.or(exchange.handshake.as_deref());
        if exchange.reused_connection && failed.is_none() {
            self.add(Way::Out, texts.turn_reused, "");
        } else {
            self.add(Way::Out, texts.turn_tcp, report.map(|report| report.peer.to_string()).unwrap_or_default());
        }
        let in_handshake = matches!(phase, Some(Phase::Handshake | Phase::Certificate | Phase::Chain));
        let shaken = if let Some(report) = report {
            self.handshake(report)
        } else if in_handshake {
            self.broke(Way::Back, texts.turn_handshake, evidence.clone());
            false
        } else {
            self.add(Way::Inside, texts.turn_plain, "");
            true
        };
        if shaken {
            self.exchange(exchange, phase, evidence);
        }
    }

    /// The messages of the handshake; `true` if it led to an exchange.
    fn handshake(&mut self, report: &HandshakeReport) -> bool {
        let seen = &report.observation;
        if let Some(hello) = &seen.client_hello {
            let versions: Vec<String> = hello.versions().iter().map(ToString::to_string).collect();
            let sni = hello.server_name.as_deref().unwrap_or("–");
            let suites = hello.cipher_suites.len();
            self.add(Way::Out, "ClientHello", format!("SNI {sni} · {} · {suites} cipher suites", versions.join(", ")));
        }
        if seen.hello_retry_request.is_some() {
            self.add(Way::Back, "HelloRetryRequest", "");
            self.add(Way::Out, "ClientHello", "2");
        }
        if let Some(hello) = &seen.server_hello {
            self.add(Way::Back, "ServerHello", chosen(hello, seen));
        }
        if let Some(chain) = &seen.served_chain {
            self.add(Way::Back, "Certificate", (self.texts.turn_certificates)(chain.len()));
        }
        if seen.certificate_request {
            self.add(Way::Back, "CertificateRequest", "");
        }
        let refused = report.verdict.judgement().findings.first();
        let detail = refused.map(|finding| finding.detail.clone()).unwrap_or_default();
        self.end(seen, detail, refused.is_some())
    }

    fn end(&mut self, seen: &Observation, detail: String, refused: bool) -> bool {
        let texts = self.texts;
        match &seen.end {
            End::Completed if refused => self.broke(Way::Inside, texts.turn_rule, detail),
            End::Completed => {
                self.add(Way::Out, "Finished", texts.turn_trusted);
                return true;
            }
            End::Aborted => {
                let name = seen.library_error.as_ref().map(|error| error.name.as_str()).unwrap_or_default();
                self.broke(Way::Out, texts.turn_aborted, format!("{detail} ({name})"));
            }
            End::Alert => {
                let alert = seen.alert.as_ref().map(ToString::to_string).unwrap_or_default();
                self.broke(Way::Back, format!("Alert {alert}"), detail);
            }
            End::Closed => self.broke(Way::Back, texts.turn_closed, detail),
            End::Reset => self.broke(Way::Back, texts.turn_reset, detail),
            End::TimedOut => self.broke(Way::Back, texts.turn_silent, detail),
            End::Io(error) => self.broke(Way::Back, texts.turn_reset, error.clone()),
        }
        false
    }

    fn exchange(&mut self, exchange: &Exchange, phase: Option<Phase>, evidence: String) {
        self.add(Way::Out, self.texts.turn_request, format!("{} {}", exchange.method, exchange.path));
        match (phase, exchange.tried.last().map(|tried| &tried.result)) {
            (_, Some(Ok(status))) => self.add(Way::Back, self.texts.turn_response, status.to_string()),
            (Some(_), _) => self.broke(Way::Back, self.texts.turn_response, evidence),
            (None, _) => {}
        }
    }
}

fn chosen(hello: &ServerHello, seen: &Observation) -> String {
    let suite = hello.cipher_suite;
    let suite = suite.openssl_name().map_or_else(|| suite.to_string(), str::to_owned);
    let parts =
        [hello.version().map(|version| version.to_string()), Some(suite), seen.group.map(|group| group.to_string())];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

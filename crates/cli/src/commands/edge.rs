//! `edge502 edge`: an edge in front of the user's own origins.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use edge502_check::source::{self, Setting, Source};
use edge502_edge::{Edge, EdgeConfig, Overrides, ViewerIdentity};
use edge502_handshake::TrustStore;
use edge502_rules::clock::SharedClock;
use edge502_rules::distribution::Distribution;
use serde::Serialize;

use super::{end_log, run_directory, table, take_down};
use crate::args::{EdgeArguments, Format, OutputArguments, Stream};
use crate::clock::clock;
use crate::descriptors;
use crate::input;
use crate::resolve::Resolve;
use crate::signals::Stop;
use crate::terminal;
use crate::traffic::{Detail, Traffic};
use edge502_scenario::report::Paint;

pub(crate) async fn edge(arguments: EdgeArguments, output: OutputArguments) -> anyhow::Result<ExitCode> {
    refuse_exposure(&arguments)?;
    let Source { parsed, settings, .. } = read(&arguments.distribution, arguments.id.as_deref())?;
    let distribution = parsed.distribution;
    let trust = trust(arguments.cafile.as_deref())?;
    let style = output.color.style(&io::stdout());
    let mut stop = Stop::listen()?;
    let directory = run_directory()?;
    let log = arguments.log.open(distribution.id.as_deref())?;
    let (mut config, ca_file) = configure(&arguments, distribution, trust, directory.path())?;
    config.log.clone_from(&log);
    let edge = Edge::start(config).await?;
    // Before anybody knows the addresses, so that no request is missed.
    let events = edge.events();
    Brief::of(&edge, ca_file, settings).tell(arguments.format, style)?;
    let traffic = Traffic::print(events, Detail::of(arguments.format, &arguments.log, true, style))?;
    stop.wanted().await;
    take_down(edge.shutdown()).await;
    end_log(log).await;
    traffic.finish();
    Ok(ExitCode::SUCCESS)
}

/// The edge forwards whatever it is sent to the user's origins; nobody else may use it by accident.
fn refuse_exposure(arguments: &EdgeArguments) -> anyhow::Result<()> {
    for (flag, address) in [("--http", arguments.http), ("--https", arguments.https)] {
        if !address.ip().is_loopback() && !arguments.expose {
            bail!(
                "{flag} {address} can be reached by other machines, which could then use your origins through this \
                 edge; listen on 127.0.0.1, or add --expose if that is wanted"
            );
        }
    }
    Ok(())
}

fn read(stream: &Stream, id: Option<&str>) -> anyhow::Result<Source> {
    let name = match stream {
        Stream::File(path) => path.display().to_string(),
        Stream::Standard => "standard input".to_owned(),
    };
    let text = input::distributions(stream).with_context(|| format!("cannot read the distribution from {name}"))?;
    source::one(&text, id).with_context(|| format!("{name} holds no distribution that an edge can play"))
}

/// The settings of the edge, and the file with the authority of its own certificate.
fn configure(
    arguments: &EdgeArguments,
    distribution: Distribution,
    trust: TrustStore,
    directory: &Path,
) -> anyhow::Result<(EdgeConfig, String)> {
    let clock = clock(arguments.time.at);
    let (identity, ca_file) = identity(&distribution, &clock, directory)?;
    let mut config = EdgeConfig::new(distribution, trust, clock);
    config.identity = Some(identity);
    config.overrides = overrides(&arguments.resolve);
    config.rulebook = arguments.rules.rules;
    config.error_pages = arguments.rules.error_pages;
    config.viewers = descriptors::viewers();
    config.http = arguments.http;
    config.https = arguments.https;
    Ok((config, ca_file))
}

/// A certificate for every name viewers may use; a local address stands for the distribution's own name.
fn identity(
    distribution: &Distribution,
    clock: &SharedClock,
    directory: &Path,
) -> anyhow::Result<(ViewerIdentity, String)> {
    let local = ["localhost", "127.0.0.1", "::1"];
    let own = distribution.aliases.iter().chain(&distribution.domain_name).map(String::as_str);
    let names: Vec<&str> = own.chain(local).collect();
    let lab = edge502_pki::Lab::new(clock.now())?;
    let identity = lab.server_identity(&names).context("cannot make the certificate for viewers")?;
    let ca_file = directory.join("ca.pem");
    fs::write(&ca_file, lab.root_pem()).with_context(|| format!("cannot write {}", ca_file.display()))?;
    Ok((ViewerIdentity { chain: identity.served, key: identity.key }, ca_file.display().to_string()))
}

/// The authorities in `file`, or those of Mozilla's list, as CloudFront has it.
pub(super) fn trust(file: Option<&Path>) -> anyhow::Result<TrustStore> {
    let Some(file) = file else {
        return Ok(TrustStore::from_der(webpki_root_certs::TLS_SERVER_ROOT_CERTS)?);
    };
    TrustStore::from_pem(input::certificates(file)?).with_context(|| format!("--cafile {}", file.display()))
}

pub(super) fn overrides(resolve: &[Resolve]) -> Overrides {
    let mut overrides = Overrides::new();
    for Resolve { host, port, address } in resolve {
        overrides.insert(host, *port, *address);
    }
    overrides
}

/// What is told about a running edge.
#[derive(Debug, Serialize)]
struct Brief {
    /// Where viewers connect with HTTP.
    viewer_http: String,
    /// Where viewers connect with HTTPS.
    viewer_https: Option<String>,
    /// A name viewers may use.
    host: Option<String>,
    /// The authority of the edge's certificate, in PEM.
    ca_file: String,
    /// Asks the edge.
    curl: String,
    /// What is noteworthy about the distribution.
    notices: Vec<Setting>,
}

impl Brief {
    fn of(edge: &Edge, ca_file: String, notices: Vec<Setting>) -> Self {
        let host = host_of(&edge.distribution());
        let curl = curl(host.as_deref(), edge, &ca_file);
        Self {
            viewer_http: format!("http://{}", edge.http_addr()),
            viewer_https: edge.https_addr().map(|address| format!("https://{address}")),
            host,
            ca_file,
            curl,
            notices,
        }
    }

    fn tell(&self, format: Format, style: Paint) -> anyhow::Result<()> {
        for notice in &self.notices {
            terminal::note(&format!("notice: {notice} ({}, {})\n", notice.grade, notice.source));
        }
        match format {
            Format::Json => terminal::print_json(self),
            Format::Text => terminal::print(&self.text(style)),
        }
    }

    fn text(&self, style: Paint) -> String {
        let mut rows = vec![("viewer, HTTP", self.viewer_http.as_str())];
        rows.extend(self.viewer_https.iter().map(|url| ("viewer, HTTPS", url.as_str())));
        rows.extend(self.host.iter().map(|host| ("host", host.as_str())));
        rows.push(("CA file", &self.ca_file));
        format!("{}\nAsk the edge:\n  {}\n\nCtrl-C ends it.\n", table(&rows, style), self.curl)
    }
}

/// The first alias that is a whole name, else the distribution's own.
fn host_of(distribution: &Distribution) -> Option<String> {
    let whole = distribution.aliases.iter().find(|alias| !alias.starts_with("*."));
    whole.or(distribution.domain_name.as_ref()).cloned()
}

/// Without a name the address is used, which stands for the distribution's own.
fn curl(host: Option<&str>, edge: &Edge, ca_file: &str) -> String {
    let (scheme, address) = match edge.https_addr() {
        Some(address) => ("https", address),
        None => ("http", edge.http_addr()),
    };
    let (port, cacert) = (address.port(), format!("--cacert '{ca_file}'"));
    match host {
        Some(host) => {
            let resolve = format!("--resolve {host}:{port}:{}", reachable(address));
            format!("curl -sS -i {cacert} {resolve} {scheme}://{host}:{port}/")
        }
        None => format!("curl -sS -i {cacert} {scheme}://{}:{port}/", reachable(address)),
    }
}

/// An address of this machine that leads to a listener on `address`.
fn reachable(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => "127.0.0.1".to_owned(),
        SocketAddr::V4(v4) => v4.ip().to_string(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => "[::1]".to_owned(),
        SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mozillas_list_can_be_read() {
        assert!(trust(None).unwrap().anchors().len() > 100);
    }

    #[test]
    fn a_listener_on_every_address_is_asked_on_loopback() {
        for (address, expected) in
            [("0.0.0.0:1", "127.0.0.1"), ("[::]:1", "[::1]"), ("127.0.0.2:1", "127.0.0.2"), ("[::1]:1", "[::1]")]
        {
            assert_eq!(reachable(address.parse().unwrap()), expected);
        }
    }
}

//! Whether the chain would be complete with the certificates that its own certificates name: `--fetch-aia`.
//!
//! CloudFront never fetches a missing issuer. Browsers do, which is why such a site looks sound there; what is fetched
//! here explains that, and never changes the verdict. Source: `caIssuers` of RFC 5280 section 4.2.2.1, a plain HTTP
//! address of one certificate or of a bundle (PKCS #7).

use std::net::SocketAddr;
use std::time::Duration;

use edge502_edge::Overrides;
use edge502_handshake::{TrustStore, signature_fits};
use edge502_rules::certificate::Certificate;
use edge502_rules::chain::{ServedChain, Top};
use http::{Request, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::options::Options;
use crate::report::{AiaReport, FetchedReport};

/// Certificates fetched at most, one above the other. Public chains lack one or two.
const MOST: usize = 4;
/// The most bytes of an answer, far more than a bundle has.
const BYTES: usize = 64 * 1024;
/// The longest one fetch may take.
const EACH: Duration = Duration::from_secs(5);

/// Fetches the missing issuers of `served`, all of them within `left`. `None` if no issuer is missing.
pub(crate) async fn fetch(served: &[Vec<u8>], options: &Options, left: Duration) -> Option<AiaReport> {
    let end = Instant::now() + left;
    let mut chain = served.to_vec();
    let mut report = AiaReport { completes: false, fetched: Vec::new() };
    missing(&chain, options)?;
    while let Some(lacking) = missing(&chain, options) {
        if report.fetched.len() == MOST {
            break;
        }
        let limit = EACH.min(end.saturating_duration_since(Instant::now()));
        let fetched = issuer(&lacking, options, limit).await;
        let found = fetched.as_ref().ok().cloned();
        report.fetched.push(FetchedReport::new(lacking.address, fetched));
        match found {
            Some(der) => chain.push(der),
            None => return Some(report),
        }
    }
    report.completes = missing(&chain, options).is_none() && is_anchored(&chain, options);
    Some(report)
}

/// A certificate whose issuer is missing.
struct Lacking {
    certificate: Certificate,
    der: Vec<u8>,
    /// The first address it names; the first over HTTP if there is one.
    address: Option<String>,
}

fn missing(chain: &[Vec<u8>], options: &Options) -> Option<Lacking> {
    let chain = ServedChain::parse(chain.to_vec());
    let Top::MissingIssuer { position, .. } = top(&chain, options)? else { return None };
    let certificate = chain.get(position)?.clone();
    let over_http = certificate.ca_issuers.iter().find(|address| address.starts_with("http://"));
    let address = over_http.or(certificate.ca_issuers.first()).cloned();
    Some(Lacking { der: chain.der().get(position)?.clone(), certificate, address })
}

fn is_anchored(chain: &[Vec<u8>], options: &Options) -> bool {
    matches!(top(&ServedChain::parse(chain.to_vec()), options), Some(Top::Anchor { .. }))
}

fn top(chain: &ServedChain, options: &Options) -> Option<Top> {
    Some(chain.report(options.trust.parsed(), options.clock.now())?.top)
}

/// The certificate at the address, if it is the issuer's.
async fn issuer(lacking: &Lacking, options: &Options, limit: Duration) -> Result<Vec<u8>, String> {
    let address = lacking.address.as_deref().ok_or("the certificate names no address of its issuer")?;
    let got = timeout(limit, get(address, &options.overrides)).await;
    let body = got.map_err(|_| format!("no answer within {limit:.1?}"))??;
    let candidates = certificates(&body);
    if candidates.is_empty() {
        return Err(format!("its {} bytes are neither a certificate nor a bundle of them", body.len()));
    }
    let issues = |der: &Vec<u8>| {
        let named = Certificate::parse(der).is_ok_and(|issuer| lacking.certificate.names_as_issuer(&issuer));
        named && signature_fits(&lacking.der, der)
    };
    candidates.into_iter().find(issues).ok_or_else(|| {
        format!(
            "what is there did not issue {}; the authority's own site has the right one",
            lacking.certificate.subject
        )
    })
}

/// The body at a plain HTTP address. Redirects are not followed.
async fn get(address: &str, overrides: &Overrides) -> Result<Bytes, String> {
    let uri: Uri = address.parse().map_err(|error| format!("not an address: {error}"))?;
    if uri.scheme_str() != Some("http") {
        return Err("only http:// addresses are fetched".to_owned());
    }
    let authority = uri.authority().ok_or("the address names no host")?;
    let stream = connect(authority.host(), authority.port_u16().unwrap_or(80), overrides).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    let request = Request::builder()
        .uri(uri.path_and_query().map_or("/", |path| path.as_str()))
        .header(http::header::HOST, authority.as_str())
        .header(http::header::USER_AGENT, concat!("edge502/", env!("CARGO_PKG_VERSION")))
        .header(http::header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| error.to_string())?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
        if response.status() != http::StatusCode::OK {
            return Err(format!("the answer is {}, and redirects are not followed", response.status()));
        }
        let body = Limited::new(response.into_body(), BYTES).collect().await;
        body.map(http_body_util::Collected::to_bytes)
            .map_err(|error| format!("{error} (at most {BYTES} bytes are read)"))
    };
    tokio::pin!(answer);
    // The connection is driven from here, so that it ends with the fetch.
    tokio::select! {
        body = &mut answer => body,
        _ = connection => answer.await,
    }
}

async fn connect(host: &str, port: u16, overrides: &Overrides) -> Result<TcpStream, String> {
    let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let connected = match overrides.of(&host, port) {
        Some(addresses) => TcpStream::connect::<&[SocketAddr]>(addresses).await,
        None => TcpStream::connect((host.as_str(), port)).await,
    };
    connected.map_err(|error| format!("{host}:{port}: {error}"))
}

/// The certificates in what an address holds: DER, PEM or a PKCS #7 bundle.
fn certificates(body: &[u8]) -> Vec<Vec<u8>> {
    if let Ok(certificate) = Certificate::parse(body) {
        return vec![body[..body.len() - certificate.trailing].to_vec()];
    }
    bundle(body).or_else(|| Some(TrustStore::from_pem(body).ok()?.anchors().to_vec())).unwrap_or_default()
}

/// The certificates of a PKCS #7 `SignedData` (RFC 2315 section 9.1) without signers.
fn bundle(der: &[u8]) -> Option<Vec<Vec<u8>>> {
    const SIGNED_DATA: &[u64] = &[1, 2, 840, 113_549, 1, 7, 2];
    let read = yasna::parse_der(der, |reader| {
        reader.read_sequence(|reader| {
            if reader.next().read_oid()?.components() != SIGNED_DATA {
                return Err(yasna::ASN1Error::new(yasna::ASN1ErrorKind::Invalid));
            }
            reader.next().read_tagged(yasna::Tag::context(0), |reader| reader.read_sequence(signed_data))
        })
    });
    read.ok()
}

#[allow(clippy::redundant_closure_for_method_calls, reason = "the method is not general enough in its lifetime")]
fn signed_data(reader: &mut yasna::BERReaderSeq<'_, '_>) -> yasna::ASN1Result<Vec<Vec<u8>>> {
    let _version = reader.next().read_der()?;
    let _digest_algorithms = reader.next().read_der()?;
    let _content = reader.next().read_der()?;
    let certificates = reader.next().read_tagged_implicit(yasna::Tag::context(0), |reader| {
        reader.collect_sequence_of(|reader| reader.read_der())
    })?;
    while reader.read_optional(|reader| reader.read_der())?.is_some() {}
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bundle of two certificates as `openssl crl2pkcs7 -nocrl` writes it.
    fn bundled(certificates: &[&[u8]]) -> Vec<u8> {
        yasna::construct_der(|writer| {
            writer.write_sequence(|writer| {
                writer.next().write_oid(&yasna::models::ObjectIdentifier::from_slice(&[1, 2, 840, 113_549, 1, 7, 2]));
                writer.next().write_tagged(yasna::Tag::context(0), |writer| {
                    writer.write_sequence(|writer| {
                        writer.next().write_i64(1);
                        writer.next().write_set(|_| {});
                        writer.next().write_sequence(|writer| {
                            let data = [1, 2, 840, 113_549, 1, 7, 1];
                            writer.next().write_oid(&yasna::models::ObjectIdentifier::from_slice(&data));
                        });
                        writer.next().write_tagged_implicit(yasna::Tag::context(0), |writer| {
                            writer.write_sequence(|writer| {
                                for der in certificates {
                                    writer.next().write_der(der);
                                }
                            });
                        });
                        writer.next().write_set(|_| {});
                    });
                });
            });
        })
    }

    #[test]
    fn every_form_of_a_certificate_is_read() {
        let now = time::macros::datetime!(2031-03-05 12:00 UTC);
        let lab = edge502_pki::Lab::new(now).unwrap();
        let (root, other) = (lab.root_der().to_vec(), edge502_pki::Lab::new(now).unwrap().root_der().to_vec());
        let pem = TrustStore::from_der([&root]).unwrap().to_pem();
        let one = std::slice::from_ref(&root);
        assert_eq!(certificates(&root), one);
        assert_eq!(certificates(&[&root[..], b"\n"].concat()), one);
        assert_eq!(certificates(pem.as_bytes()), one);
        assert_eq!(certificates(&bundled(&[&other, &root])), [other, root.clone()]);
        for nothing in [&b""[..], b"<html>", b"0\x80", &bundled(&[])] {
            assert_eq!(certificates(nothing), Vec::<Vec<u8>>::new());
        }
    }
}

//! What the check prints, in the wording of OpenSSL 3.6's `apps/s_client.c`.
//!
//! Left out are lines that say nothing about the origin's faults (the PEM dump, signature
//! algorithms, byte counts, session contents, renegotiation notes) and the CA names a server sends
//! when it asks for a client certificate, which the bindings do not give access to. Standard
//! output and standard error are mixed in the order in which things happen.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use openssl::error::{Error, ErrorStack};
use openssl::nid::Nid;
use openssl::pkey::Id;
use openssl::ssl::{self, SslRef, SslVersion};
use openssl::x509::{X509NameRef, X509Ref, X509StoreContextRef, X509VerifyResult};

use super::{Refusal, Word};

/// Exit status of a check that was given up, as `timeout(1)` reports it.
const EXIT_TIMEOUT: i32 = 124;
/// `ERR_LIB_SSL`: the library number of TLS errors.
const LIBRARY_SSL: i32 = 20;
/// `SSL_AD_REASON_OFFSET`: a received alert `n` is reported as reason 1000 + `n`.
const ALERT_REASONS: i32 = 1000;
/// The real program prefixes error lines with its thread's number; a constant keeps transcripts
/// comparable.
const THREAD: &str = "0000000000000000";

/// The result of one check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transcript {
    /// Everything printed.
    pub text: String,
    /// The client's end of the connection; `None` if there was none.
    pub local: Option<SocketAddr>,
    /// The last `Verify return code`: 0 is good, and also what is printed when no certificate
    /// was seen at all
    /// ([X509_STORE_CTX_get_error](https://docs.openssl.org/3.6/man3/X509_STORE_CTX_get_error/)).
    pub verify_code: i64,
    /// Each `verify error:num=…` line in order, number and text.
    pub verify_errors: Vec<(i32, String)>,
    /// Negotiated version ("TLSv1.3"); `None` if the handshake did not complete.
    pub protocol: Option<&'static str>,
    /// Negotiated suite in OpenSSL's naming; `None` if the handshake did not complete.
    pub cipher: Option<&'static str>,
    /// The certificates the server sent, DER, in wire order; empty if it sent none.
    pub served_chain: Vec<Vec<u8>>,
    /// The fatal alert received, by its number (RFC 8446 section 6), during the handshake or
    /// right after it.
    pub alert: Option<u8>,
    /// Exit status: 0 when the handshake completed, whatever the certificate is worth; 1 when it
    /// failed or was taken back; 124 when the server stayed silent.
    pub exit: i32,
}

impl Transcript {
    /// Whether the handshake completed and was not taken back afterwards.
    pub fn succeeded(&self) -> bool {
        self.exit == 0
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// A message that ends the check with status 1.
    pub(super) fn fail(&mut self, text: &str) {
        self.line(text);
        self.exit = 1;
    }

    pub(super) fn connected(&mut self, address: SocketAddr) {
        self.line(&format!("Connecting to {}", address.ip()));
        self.line("CONNECTED(00000003)");
    }

    pub(super) fn connect_error(&mut self, address: SocketAddr, error: &io::Error) {
        let errno = match error.kind() {
            io::ErrorKind::TimedOut => 110,
            _ => error.raw_os_error().unwrap_or(0),
        };
        let text = if errno == 110 { "Connection timed out".to_owned() } else { system_text(error) };
        self.line(&format!("Connecting to {}", address.ip()));
        self.line(&format!(
            "{THREAD}:error:{:08X}:system library:BIO_connect:{text}:crypto/bio/bio_sock2.c:183:calling connect()",
            0x8000_0000_u32 | errno.unsigned_abs()
        ));
        self.line(&format!(
            "{THREAD}:error:10000067:BIO routines:BIO_connect:connect error:crypto/bio/bio_sock2.c:185:"
        ));
        self.fail(&format!("connect:errno={errno}"));
    }

    pub(super) fn verification(&mut self, log: &VerifyLog) {
        let log = log.0.lock().unwrap_or_else(PoisonError::into_inner);
        self.text.push_str(&log.text);
        self.verify_errors.clone_from(&log.errors);
    }

    /// An error of the TLS stream; `action` is what the real program was doing.
    pub(super) fn stream_error(&mut self, error: &ssl::Error, action: &str) {
        if let Some(errors) = error.ssl_error() {
            self.library_errors(errors);
        } else if let Some(error) = error.io_error() {
            let errno = error.raw_os_error().unwrap_or(0);
            self.fail(&format!("{action}:errno={errno}"));
        } else {
            // The real program's socket layer tells OpenSSL that the peer closed; the one used
            // here cannot, so its words are supplied.
            self.fail(&format!(
                "{THREAD}:error:0A000126:SSL routines::unexpected eof while reading:ssl/record/rec_layer_s3.c:698:"
            ));
        }
    }

    pub(super) fn library_errors(&mut self, errors: &ErrorStack) {
        for error in errors.errors() {
            self.fail(&format!("{THREAD}:{error}"));
            self.alert = self.alert.or_else(|| received_alert(error));
        }
        self.exit = 1;
    }

    pub(super) fn refusal(&mut self, refusal: &Refusal) {
        match refusal {
            Refusal::Option(flag, value, errors) => {
                self.fail(&format!("Call to SSL_CONF_cmd({flag}, {value}) failed"));
                self.library_errors(errors);
            }
            Refusal::Library(errors) => self.library_errors(errors),
        }
    }

    pub(super) fn silence(&mut self, bound: Duration) {
        self.line(&format!("(no answer within {bound:?}, stopped here; the real program would wait on)"));
        self.exit = EXIT_TIMEOUT;
    }

    pub(super) fn summary(&mut self, ssl: &SslRef, completed: bool) {
        self.verify_code = i64::from(ssl.verify_result().as_raw());
        self.chain(ssl);
        self.line("---");
        self.verify_detail(ssl);
        self.line("---");
        let cipher = ssl.current_cipher().filter(|_| completed);
        self.cipher = cipher.map(ssl::SslCipherRef::name);
        self.protocol = completed.then(|| ssl.version_str());
        self.line(&format!(
            "New, {}, Cipher is {}",
            cipher.map_or("(NONE)", ssl::SslCipherRef::version),
            self.cipher.unwrap_or("(NONE)")
        ));
        self.session(ssl);
        self.line("---");
    }

    fn chain(&mut self, ssl: &SslRef) {
        if let Some(chain) = ssl.peer_cert_chain() {
            self.line("---");
            self.line("Certificate chain");
            for (position, certificate) in chain.iter().enumerate() {
                self.text.push_str(&chain_entry(position, certificate));
                self.served_chain.extend(certificate.to_der());
            }
        }
        self.line("---");
        if let Some(leaf) = ssl.peer_certificate() {
            self.line("Server certificate");
            self.line(&format!("subject={}", one_line(leaf.subject_name())));
            self.line(&format!("issuer={}", one_line(leaf.issuer_name())));
        } else {
            self.line("no peer certificate available");
        }
    }

    fn verify_detail(&mut self, ssl: &SslRef) {
        let result = ssl.verify_result();
        if result == X509VerifyResult::OK {
            self.line("Verification: OK");
        } else {
            self.line(&format!("Verification error: {}", result.error_string()));
        }
    }

    fn session(&mut self, ssl: &SslRef) {
        let version = ssl.version_str();
        self.line(&format!("Protocol: {version}"));
        if let Some(Ok(key)) = ssl.peer_certificate().map(|leaf| leaf.public_key()) {
            self.line(&format!("Server public key is {} bit", key.bits()));
        }
        let result = ssl.verify_result();
        let code = format!("Verify return code: {} ({})", result.as_raw(), result.error_string());
        if ssl.version2() == Some(SslVersion::TLS1_3) {
            self.line(&code);
            return;
        }
        self.line("SSL-Session:");
        self.line(&format!("    Protocol  : {version}"));
        self.line(&format!("    Cipher    : {}", self.cipher.unwrap_or("0000")));
        self.line(&format!("    {code}"));
    }

    /// Takes in what the server did after the handshake; `true` if the connection is still good.
    pub(super) fn last_word(&mut self, word: Word) -> bool {
        match word {
            Word::Ticket => {
                self.line("---");
                self.line("Post-Handshake New Session Ticket arrived:");
                self.line("---");
            }
            Word::Data => {}
            Word::End => {
                self.line("closed");
                return false;
            }
            Word::Error(error) => {
                self.late_error(&error);
                return false;
            }
        }
        true
    }

    fn late_error(&mut self, error: &io::Error) {
        let inner = error.get_ref().and_then(|e| e.downcast_ref::<ssl::Error>());
        if let Some(error) = inner {
            self.stream_error(error, "read");
        } else {
            let errno = error.raw_os_error().unwrap_or(1);
            self.fail(&format!("read:errno={errno}"));
            // The real program returns the errno of a failed read.
            self.exit = errno;
        }
    }

    pub(super) fn done(&mut self) {
        self.line("DONE");
    }
}

/// The lines the verify callback prints; shared with the callback, which OpenSSL owns.
#[derive(Debug, Clone, Default)]
pub(super) struct VerifyLog(Arc<Mutex<Verified>>);

#[derive(Debug, Default)]
struct Verified {
    text: String,
    errors: Vec<(i32, String)>,
}

impl VerifyLog {
    /// Takes in one step of the verification: `ok` is OpenSSL's opinion of it.
    pub(super) fn record(&self, ok: bool, store: &X509StoreContextRef) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let certificate = store.current_cert();
        let subject = certificate.map_or_else(|| "<no cert>".to_owned(), |c| one_line(c.subject_name()));
        let mut text = format!("depth={} {subject}\n", store.error_depth());
        let error = store.error();
        if !ok {
            let reason = error.error_string();
            let _ = writeln!(text, "verify error:num={}:{reason}", error.as_raw());
            log.errors.push((error.as_raw(), reason.to_owned()));
        }
        if let Some(certificate) = certificate {
            text += &remark(error, certificate);
        }
        text += "verify return:1\n";
        log.text += &text;
    }
}

/// The extra line that some verification errors come with.
fn remark(error: X509VerifyResult, certificate: &X509Ref) -> String {
    // X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, _CERT_NOT_YET_VALID, _CERT_HAS_EXPIRED
    match error.as_raw() {
        2 => format!("issuer= {}\n", one_line(certificate.issuer_name())),
        9 => format!("notBefore={}\n", certificate.not_before()),
        10 => format!("notAfter={}\n", certificate.not_after()),
        _ => String::new(),
    }
}

fn chain_entry(position: usize, certificate: &X509Ref) -> String {
    let mut text = format!(
        "{position:2} s:{}\n   i:{}\n",
        one_line(certificate.subject_name()),
        one_line(certificate.issuer_name())
    );
    if let Ok(key) = certificate.public_key() {
        let size = match key.ec_key().ok().and_then(|ec| ec.group().curve_name()) {
            Some(curve) => format!("({})", curve.short_name().unwrap_or("?")),
            None => format!("{} (bit)", key.bits()),
        };
        let signature = certificate.signature_algorithm().object().nid();
        let signature = signature.long_name().unwrap_or("UNDEF");
        let _ = writeln!(text, "   a:PKEY: {}, {size}; sigalg: {signature}", key_name(key.id()));
    }
    let (from, to) = (certificate.not_before(), certificate.not_after());
    let _ = writeln!(text, "   v:NotBefore: {from}; NotAfter: {to}");
    text
}

fn key_name(id: Id) -> &'static str {
    match id {
        Id::EC => "EC",
        Id::RSA => "RSA",
        Id::ED25519 => "ED25519",
        Id::ED448 => "ED448",
        Id::DSA => "DSA",
        _ => "UNKNOWN",
    }
}

/// A name the way OpenSSL 3.2 and later print it: `O=TEST ONLY, CN=origin.test`.
fn one_line(name: &X509NameRef) -> String {
    let entries = name.entries().map(|entry| {
        let nid = entry.object().nid();
        let field = match nid {
            Nid::UNDEF => "UNDEF",
            nid => nid.short_name().unwrap_or("UNDEF"),
        };
        let value = entry.data().to_string().unwrap_or_default();
        format!("{field}={}", quoted(&value))
    });
    entries.collect::<Vec<_>>().join(", ")
}

/// Quotes a value that would otherwise be ambiguous (RFC 4514 section 2.4), and escapes control
/// characters: the text goes to a terminal and the certificate comes from anywhere.
fn quoted(value: &str) -> String {
    let special = value.contains([',', '+', '"', '\\', '<', '>', ';']);
    let edge = value.starts_with(['#', ' ']) || value.ends_with(' ');
    let mut text = String::new();
    for c in value.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(text, "\\{:02X}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    if special || edge { format!("\"{text}\"") } else { text }
}

fn received_alert(error: &Error) -> Option<u8> {
    (error.library_code() == LIBRARY_SSL)
        .then(|| error.reason_code() - ALERT_REASONS)
        .and_then(|alert| u8::try_from(alert).ok())
}

/// The system's words without Rust's "(os error N)".
fn system_text(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

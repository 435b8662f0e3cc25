//! `openssl s_client`, played with the vendored library.
//!
//! AWS documents `openssl s_client -connect ORIGIN:443 -servername NAME` as the check for TLS
//! trouble between `CloudFront` and an origin
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>).
//! What that check prints, and what it does *not* notice, is part of every exercise, so it is
//! played here with the lab's clock and root instead of being run as a program whose version and
//! trust store differ from machine to machine.
//!
//! The same code in its permissive mode is the client with which an old origin tests itself.

mod transcript;

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{Ssl, SslContext, SslContextBuilder, SslMethod, SslSessionCacheMode, SslVerifyMode, SslVersion};
use openssl::x509::X509;
use time::OffsetDateTime;
use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_openssl::SslStream;

use crate::{LegacyTlsError, init};
pub use transcript::Transcript;
use transcript::VerifyLog;

/// The command line of one check.
#[derive(Debug, Clone)]
pub struct Options {
    /// `-connect`: where to connect to.
    pub address: SocketAddr,
    /// `-servername`: the name sent as SNI. `None` (default) is `-noservername`; the real program
    /// would send the host of `-connect`.
    pub server_name: Option<String>,
    /// `-verify_hostname`: the name the certificate must carry. `None` (default) checks no name,
    /// which is why the documented check is blind to a wrong one.
    pub verify_hostname: Option<String>,
    /// `-CAfile`: trusted certificates in PEM, any number of them. Empty (default) trusts nothing.
    pub ca_pem: Vec<u8>,
    /// `-attime`: the moment at which certificates are judged. `None` (default) leaves that to
    /// OpenSSL, which asks the system.
    pub at: Option<OffsetDateTime>,
    /// Bound for TCP connect and handshake together; default 5 s. The real program has none.
    pub timeout: Duration,
    /// How long to wait after a TLS 1.3 handshake for the server to take it back; default 300 ms.
    /// A session ticket, which nearly every server sends, ends the wait early.
    pub late_alert_wait: Duration,
    /// Security level 0, SSLv3 to TLS 1.3 and every cipher suite that authenticates the server.
    /// Default `false`: level 2 and TLS 1.0 upwards as distributions ship it.
    pub permissive: bool,
    /// Lowest protocol version offered; default by `permissive`.
    pub min_protocol: Option<SslVersion>,
    /// Highest protocol version offered; default TLS 1.3.
    pub max_protocol: Option<SslVersion>,
    /// `-cipher`: suites up to TLS 1.2, in OpenSSL's list syntax.
    pub cipher_list: Option<String>,
    /// `-ciphersuites`: suites of TLS 1.3.
    pub ciphersuites: Option<String>,
    /// `-groups`: key exchange groups, colon separated.
    pub groups: Option<String>,
    /// `-sigalgs`: signature schemes taken from the server, colon separated.
    pub sigalgs: Option<String>,
    /// `-cert` and `-key`: what to present when the server asks; default nothing.
    pub client_certificate: Option<ClientCertificate>,
}

impl Options {
    /// The plain check of `address`: no SNI, nothing trusted, 5 s.
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            server_name: None,
            verify_hostname: None,
            ca_pem: Vec::new(),
            at: None,
            timeout: Duration::from_secs(5),
            late_alert_wait: Duration::from_millis(300),
            permissive: false,
            min_protocol: None,
            max_protocol: None,
            cipher_list: None,
            ciphersuites: None,
            groups: None,
            sigalgs: None,
            client_certificate: None,
        }
    }

    /// A client that takes anything: the start-up test of an old origin.
    pub fn permissive(address: SocketAddr) -> Self {
        Self { permissive: true, ..Self::new(address) }
    }

    /// OpenSSL's bindings panic on a NUL inside a string; names come from users.
    fn texts_are_free_of_nul(&self) -> bool {
        [&self.server_name, &self.verify_hostname, &self.cipher_list, &self.ciphersuites, &self.groups, &self.sigalgs]
            .into_iter()
            .flatten()
            .all(|text| !text.contains('\0'))
    }

    fn context(&self) -> Result<SslContextBuilder, Refusal> {
        let mut context = SslContext::builder(SslMethod::tls_client())?;
        let lowest = if self.permissive {
            context.set_security_level(0);
            context.set_cipher_list("ALL:!aNULL:!eNULL")?;
            SslVersion::SSL3
        } else {
            SslVersion::TLS1
        };
        context.set_min_proto_version(self.min_protocol.or(Some(lowest)))?;
        context.set_max_proto_version(self.max_protocol)?;
        if let Some(list) = &self.cipher_list {
            Refusal::of("-cipher", list, context.set_cipher_list(list))?;
        }
        if let Some(list) = &self.ciphersuites {
            Refusal::of("-ciphersuites", list, context.set_ciphersuites(list))?;
        }
        if let Some(list) = &self.groups {
            Refusal::of("-groups", list, context.set_groups_list(list))?;
        }
        if let Some(list) = &self.sigalgs {
            Refusal::of("-sigalgs", list, context.set_sigalgs_list(list))?;
        }
        if let Some(client) = &self.client_certificate {
            client.install(&mut context)?;
        }
        self.trust(&mut context)?;
        Ok(context)
    }

    fn trust(&self, context: &mut SslContextBuilder) -> Result<(), ErrorStack> {
        if !self.ca_pem.is_empty() {
            for root in X509::stack_from_pem(&self.ca_pem)? {
                context.cert_store_mut().add_cert(root)?;
            }
        }
        if let Some(at) = self.at {
            context.verify_param_mut().set_time(at.unix_timestamp());
        }
        Ok(())
    }
}

/// Why no connection was tried.
enum Refusal {
    /// OpenSSL does not take the value of an option; it does not always say why.
    Option(&'static str, String, ErrorStack),
    Library(ErrorStack),
}

impl Refusal {
    fn of(flag: &'static str, value: &str, set: Result<(), ErrorStack>) -> Result<(), Self> {
        set.map_err(|errors| Self::Option(flag, value.to_owned(), errors))
    }
}

impl From<ErrorStack> for Refusal {
    fn from(errors: ErrorStack) -> Self {
        Self::Library(errors)
    }
}

/// A client's certificate with its private key.
#[derive(Clone)]
pub struct ClientCertificate {
    chain: Vec<X509>,
    key: PKey<Private>,
}

impl ClientCertificate {
    /// From PEM: the certificate followed by its intermediates, and an unencrypted private key.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, LegacyTlsError> {
        let chain = X509::stack_from_pem(chain).map_err(unreadable_certificate)?;
        let key = PKey::private_key_from_pem(key).map_err(unreadable_key)?;
        Ok(Self { chain, key })
    }

    /// From DER: the certificate followed by its intermediates, and a PKCS#8, PKCS#1 or SEC1 key.
    pub fn from_der<C: AsRef<[u8]>>(chain: &[C], key: &[u8]) -> Result<Self, LegacyTlsError> {
        let chain = chain
            .iter()
            .map(|der| X509::from_der(der.as_ref()))
            .collect::<Result<_, _>>()
            .map_err(unreadable_certificate)?;
        let key = PKey::private_key_from_der(key).map_err(unreadable_key)?;
        Ok(Self { chain, key })
    }

    fn install(&self, context: &mut SslContextBuilder) -> Result<(), ErrorStack> {
        let Some((leaf, intermediates)) = self.chain.split_first() else {
            return Ok(());
        };
        context.set_certificate(leaf)?;
        context.set_private_key(&self.key)?;
        for certificate in intermediates {
            context.add_extra_chain_cert(certificate.clone())?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientCertificate").field("chain", &self.chain).finish_non_exhaustive()
    }
}

fn unreadable_certificate(source: ErrorStack) -> LegacyTlsError {
    LegacyTlsError::Unreadable {
        what: "client certificate",
        expected: "X.509 certificates, the client's own first",
        source,
    }
}

fn unreadable_key(source: ErrorStack) -> LegacyTlsError {
    LegacyTlsError::Unreadable { what: "client's private key", expected: "an unencrypted private key", source }
}

/// Plays the check and returns what the real program prints.
///
/// Never fails: an option that OpenSSL refuses (an unknown cipher, a bad PEM) shows as its error
/// lines with exit status 1, as it does there. Bounded by [`Options::timeout`] plus
/// [`Options::late_alert_wait`].
pub async fn s_client(options: &Options) -> Transcript {
    let mut transcript = Transcript::default();
    if let Err(errors) = init() {
        transcript.fail(&errors.to_string());
    } else if !options.texts_are_free_of_nul() {
        transcript.fail("s_client: a name or list contains a NUL byte; remove it");
    } else if let Err(refusal) = play(options, &mut transcript).await {
        transcript.refusal(&refusal);
    }
    transcript
}

async fn play(options: &Options, transcript: &mut Transcript) -> Result<(), Refusal> {
    let deadline = Instant::now() + options.timeout;
    let log = VerifyLog::default();
    let ticket = Arc::new(AtomicBool::new(false));
    let ssl = prepare(options, &log, &ticket)?;

    let Some(tcp) = connect(options.address, deadline, transcript).await else {
        return Ok(());
    };
    let mut stream = SslStream::new(ssl, tcp)?;
    let handshake = timeout_at(deadline, Pin::new(&mut stream).connect()).await;
    transcript.verification(&log);
    match handshake {
        Ok(Ok(())) => {
            transcript.summary(stream.ssl(), true);
            linger(&mut stream, &ticket, options.late_alert_wait, transcript).await;
        }
        Ok(Err(error)) => {
            transcript.stream_error(&error, "write");
            transcript.summary(stream.ssl(), false);
        }
        Err(_) => transcript.silence(options.timeout),
    }
    Ok(())
}

/// A client `Ssl` that reports verification into `log` and a TLS 1.3 ticket into `ticket`.
fn prepare(options: &Options, log: &VerifyLog, ticket: &Arc<AtomicBool>) -> Result<Ssl, Refusal> {
    let mut context = options.context()?;
    // Like the real program: look at everything, object to nothing.
    let log = log.clone();
    context.set_verify_callback(SslVerifyMode::NONE, move |ok, store| {
        log.record(ok, store);
        true
    });
    let ticket = Arc::clone(ticket);
    context.set_session_cache_mode(SslSessionCacheMode::CLIENT | SslSessionCacheMode::NO_INTERNAL);
    context.set_new_session_callback(move |_, _| ticket.store(true, Ordering::Relaxed));

    let mut ssl = Ssl::new(&context.build())?;
    if let Some(name) = &options.server_name {
        ssl.set_hostname(name)?;
    }
    if let Some(name) = &options.verify_hostname {
        ssl.param_mut().set_host(name)?;
    }
    Ok(ssl)
}

async fn connect(address: SocketAddr, deadline: Instant, transcript: &mut Transcript) -> Option<TcpStream> {
    let attempt = timeout_at(deadline, TcpStream::connect(address)).await;
    match attempt.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into())) {
        Ok(tcp) => {
            // Fails only on a socket that is already dead; the handshake will say so.
            let _ = tcp.set_nodelay(true);
            transcript.local = tcp.local_addr().ok();
            transcript.connected(address);
            Some(tcp)
        }
        Err(error) => {
            transcript.connect_error(address, &error);
            None
        }
    }
}

/// What a TLS 1.3 server can still say once the client believes the handshake is over
/// (RFC 8446 section 4.4.2.4: a refused client certificate is reported only now).
async fn linger(stream: &mut SslStream<TcpStream>, ticket: &AtomicBool, wait: Duration, transcript: &mut Transcript) {
    let finished = stream.ssl().version2() != Some(SslVersion::TLS1_3)
        || match timeout(wait, next_word(stream, ticket)).await {
            Err(_) => true,
            Ok(word) => transcript.last_word(word),
        };
    if finished {
        transcript.done();
        // The server may be gone already, and nothing is owed to it.
        let _ = timeout(wait, stream.shutdown()).await;
    }
}

/// The first thing a server does after the handshake.
enum Word {
    Ticket,
    Data,
    End,
    Error(std::io::Error),
}

async fn next_word(stream: &mut SslStream<TcpStream>, ticket: &AtomicBool) -> Word {
    poll_fn(|cx| poll_word(stream, ticket, cx)).await
}

fn poll_word(stream: &mut SslStream<TcpStream>, ticket: &AtomicBool, cx: &mut Context<'_>) -> Poll<Word> {
    let mut bytes = [0; 1024];
    let mut buffer = ReadBuf::new(&mut bytes);
    let read = Pin::new(stream).poll_read(cx, &mut buffer);
    match read {
        Poll::Ready(Err(error)) => Poll::Ready(Word::Error(error)),
        _ if ticket.load(Ordering::Relaxed) => Poll::Ready(Word::Ticket),
        Poll::Ready(Ok(())) if buffer.filled().is_empty() => Poll::Ready(Word::End),
        Poll::Ready(Ok(())) => Poll::Ready(Word::Data),
        Poll::Pending => Poll::Pending,
    }
}

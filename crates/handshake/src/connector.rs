//! The edge's side of a handshake with an origin.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use edge502_rules::Rulebook;
use edge502_rules::clock::SharedClock;
use edge502_rules::name::dns_name_matches;
use s2n_tls::callbacks::{VerifyHostNameCallback, WallClock};
use s2n_tls::config::{self, Config};
use s2n_tls::connection::{Builder, Connection};
use s2n_tls::enums::{ClientAuthType, Mode};
use s2n_tls::error::Error as S2nError;
use s2n_tls::security::Policy;
use s2n_tls_tokio::{TlsConnector, TlsStream};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, timeout, timeout_at};

use crate::chains::Chains;
use crate::expectation::is_allowed;
use crate::recorder::Recorder;
use crate::verdict::judge_read;
use crate::wire::{Alert, AlertDescription, HandshakeSecret, Talk};
use crate::{
    ClientCertificate, End, Expectation, HandshakeError, LibraryError, Observation, OriginStream, TrustStore, Verdict,
    key_log, policy,
};

/// Time for saying goodbye on a connection that only the verdict refuses.
const FAREWELL: Duration = Duration::from_secs(1);

/// CloudFront's TLS client.
///
/// Keeps one s2n-tls configuration for its trust store (and one more for each client certificate); policy, SNI and
/// name check belong to the single connection. Sends no ALPN and resumes no sessions: AWS documents neither towards
/// origins.
pub struct Connector {
    trust: TrustStore,
    clock: SharedClock,
    options: Options,
    plain: Config,
    mutual: Mutex<HashMap<ClientCertificate, Config>>,
    chains: Chains,
}

/// Choices that no distribution setting makes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether to offer post-quantum hybrid groups, too. Default: no, as AWS documents none towards origins.
    pub pq: bool,
}

/// A connection that CloudFront would use.
#[derive(Debug)]
pub struct Established<IO: AsyncRead + AsyncWrite + Unpin> {
    /// The connection, ready for HTTP.
    pub stream: OriginStream<IO>,
    /// What the handshake showed.
    pub observation: Observation,
    /// What it means; its cause is `None`.
    pub verdict: Verdict,
}

/// A connection that CloudFront would not use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What the handshake showed.
    pub observation: Observation,
    /// What it means.
    pub verdict: Verdict,
}

impl Connector {
    /// A client that trusts `trust` and judges dates by `clock`.
    ///
    /// Fails if s2n-tls cannot load a trusted certificate.
    pub fn new(trust: TrustStore, clock: SharedClock, options: Options) -> Result<Self, HandshakeError> {
        let plain = config(&trust, &clock, None).map_err(|error| HandshakeError::Library {
            action: "load the trust store",
            name: error.name(),
            message: error.message(),
        })?;
        Ok(Self { trust, clock, options, plain, mutual: Mutex::default(), chains: Chains::new() })
    }

    /// The authorities this client trusts.
    pub fn trust(&self) -> &TrustStore {
        &self.trust
    }

    /// Shakes hands over `io`, which must be connected, and judges what it saw.
    ///
    /// `limit` bounds the whole handshake: a silent origin ends as [`End::TimedOut`], with everything seen until then.
    /// Dropping the future closes the connection and keeps nothing. Under the documented rulebook a handshake that
    /// completed is refused, too, if it breaks a rule that AWS documents.
    pub async fn connect<IO>(
        &self,
        io: IO,
        expectation: &Expectation<'_>,
        limit: Duration,
    ) -> Result<Established<IO>, Box<Refused>>
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let policy = policy::name(expectation.protocols, self.options.pq);
        let mut attempt = Attempt::new(io, policy);
        let mut connection = match self.connection(expectation, policy) {
            Ok(connection) => connection,
            Err(error) => return Err(self.refuse(attempt.observe(Err(Stop::Library(error)), None), expectation)),
        };
        let result = attempt.run(&mut connection, expectation.sni.as_str(), limit).await;
        let completed = result.is_ok();
        let observation = attempt.observe(result, connection.alert());
        tracing::debug!(sni = %expectation.sni, policy, end = ?observation.end, version = ?observation.version(), "handshake");
        if !completed {
            return Err(self.refuse(observation, expectation));
        }
        let verdict = self.judge(&observation, expectation);
        let mut tls = TlsStream::from_parts(connection, attempt.recorder.into_inner());
        if verdict.cause().is_some() {
            // The origin may be gone already; the verdict stands either way.
            let _ = timeout(FAREWELL, tls.shutdown()).await;
            return Err(Box::new(Refused { observation, verdict }));
        }
        Ok(Established { stream: OriginStream::new(tls), observation, verdict })
    }

    /// Judges a handshake again after an alert arrived that belongs to it, see [`LateAlert`](crate::LateAlert).
    pub fn refused_late(
        &self,
        mut observation: Observation,
        alert: Alert,
        expectation: &Expectation<'_>,
    ) -> Box<Refused> {
        observation.alert = Some(alert);
        observation.end = End::Alert;
        self.refuse(observation, expectation)
    }

    fn refuse(&self, observation: Observation, expectation: &Expectation<'_>) -> Box<Refused> {
        let verdict = self.judge(&observation, expectation);
        Box::new(Refused { observation, verdict })
    }

    fn judge(&self, observation: &Observation, expectation: &Expectation<'_>) -> Verdict {
        let chain = self.chains.read(observation.served_chain.as_deref().unwrap_or_default());
        judge_read(observation, &chain, expectation, &self.trust, self.clock.now())
    }

    fn connection(&self, expectation: &Expectation<'_>, policy: &str) -> Result<Connection, S2nError> {
        let mut connection = self.config(expectation.client_certificate)?.build_connection(Mode::Client)?;
        connection.set_security_policy(&Policy::from_version(policy)?)?;
        // Else each record takes two system calls: one for its header, one for the rest.
        connection.set_receive_buffering(true)?;
        let allowed = expectation.allowed_names.to_vec();
        if expectation.rulebook == Rulebook::Documented {
            let names = expectation.acceptable_names().map(str::to_owned).collect();
            connection.set_verify_host_callback(AcceptableNames { names, allowed })?;
        } else if !allowed.is_empty() {
            let names = vec![expectation.sni.to_string()];
            connection.set_verify_host_callback(AcceptableNames { names, allowed })?;
        }
        Ok(connection)
    }

    fn config(&self, client_certificate: Option<&ClientCertificate>) -> Result<Config, S2nError> {
        let Some(certificate) = client_certificate else { return Ok(self.plain.clone()) };
        // The map holds finished configurations only, so a panic elsewhere cannot have left it half changed.
        let mut mutual = self.mutual.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = mutual.get(certificate) {
            return Ok(config.clone());
        }
        let config = config(&self.trust, &self.clock, Some(certificate))?;
        mutual.insert(certificate.clone(), config.clone());
        Ok(config)
    }
}

impl ClientCertificate {
    /// Whether it can be presented: both texts can be read, and the key belongs to the certificate.
    pub fn check(&self) -> Result<(), HandshakeError> {
        let load = || {
            let mut builder = config::Builder::new();
            builder.with_system_certs(false)?;
            self.load(&mut builder)?;
            builder.build().map(drop)
        };
        load().map_err(|error: S2nError| HandshakeError::ClientCertificate {
            name: error.name(),
            message: error.message(),
        })
    }

    fn load(&self, builder: &mut config::Builder) -> Result<(), S2nError> {
        builder.load_pem(self.chain_pem.as_bytes(), self.key_pem.as_bytes()).map(drop)
    }
}

fn config(
    trust: &TrustStore,
    clock: &SharedClock,
    client_certificate: Option<&ClientCertificate>,
) -> Result<Config, S2nError> {
    let mut builder = config::Builder::new();
    // Before any root is added: the system's authorities would be trusted, too, and loading them takes 20 ms.
    builder.with_system_certs(false)?;
    // CloudFront's viewers see a failed handshake at once; s2n-tls alone would wait 10 to 30 s on some errors.
    builder.set_max_blinding_delay(0)?;
    builder.set_wall_clock(EdgeClock(clock.clone()))?;
    builder.trust_pem(trust.to_pem().as_bytes())?;
    key_log::install(&mut builder)?;
    if let Some(certificate) = client_certificate {
        certificate.load(&mut builder)?;
        builder.set_client_auth_type(ClientAuthType::Optional)?;
    }
    builder.build()
}

/// Lets s2n-tls judge dates by the edge's clock.
struct EdgeClock(SharedClock);

impl WallClock for EdgeClock {
    fn get_time_since_epoch(&self) -> Duration {
        // A clock before 1970 would be a test's; everything is not yet valid then, as it should be.
        let now = self.0.now() - time::OffsetDateTime::UNIX_EPOCH;
        Duration::try_from(now).unwrap_or_default()
    }
}

/// The names of which a certificate has to present one: under the documented rulebook, and where a function allows more
/// than s2n-tls would. s2n-tls asks for each presented name in turn, and applies its own rules about which names count.
struct AcceptableNames {
    names: Vec<String>,
    allowed: Vec<String>,
}

impl VerifyHostNameCallback for AcceptableNames {
    fn verify_host_name(&self, presented: &str) -> bool {
        self.names.iter().any(|name| dns_name_matches(presented, name)) || is_allowed(&self.allowed, presented)
    }
}

/// Why a handshake did not complete.
enum Stop {
    Library(S2nError),
    /// The last flight could not be sent; the recorder knows why.
    Unsent,
    TimedOut,
}

/// One handshake in progress.
struct Attempt<IO> {
    recorder: Recorder<IO>,
    secret: Option<HandshakeSecret>,
    policy: &'static str,
    started: Instant,
}

impl<IO: AsyncRead + AsyncWrite + Unpin + Send> Attempt<IO> {
    fn new(io: IO, policy: &'static str) -> Self {
        Self { recorder: Recorder::new(io), secret: None, policy, started: Instant::now() }
    }

    /// Connection and recorder are only lent to s2n-tls-tokio, which drops what it owns when a handshake fails; both
    /// are needed afterwards, for the alert and for the bytes.
    async fn run(&mut self, connection: &mut Connection, sni: &str, limit: Duration) -> Result<(), Stop> {
        let lent = Mutex::new(Some(connection));
        let connector = TlsConnector::new(Lender(&lent));
        let Self { recorder, secret, started, .. } = self;
        let handshake = async {
            key_log::capture(connector.connect(sni, &mut *recorder), secret).await.map(drop).map_err(Stop::Library)?;
            recorder.flush().await.map_err(|_| Stop::Unsent)
        };
        timeout_at(*started + limit, handshake).await.unwrap_or(Err(Stop::TimedOut))
    }

    fn observe(&self, result: Result<(), Stop>, alert: Option<u8>) -> Observation {
        let recorder = &self.recorder;
        let talk = Talk { sent: recorder.sent(), received: recorder.received(), secret: self.secret.as_ref() };
        let mut observation = Observation::read(&talk, self.policy);
        observation.elapsed = self.started.elapsed();
        // s2n-tls can read alerts that the recorder cannot, but does not tell their level.
        let known = observation.alert.map(|alert| alert.description.0);
        if let Some(number) = alert.filter(|number| Some(*number) != known) {
            observation.alert = Some(Alert { level: None, description: AlertDescription(number) });
        }
        match result {
            Ok(()) => {}
            Err(Stop::TimedOut) => observation.end = End::TimedOut,
            Err(Stop::Unsent) => observation.end = recorder.failure().map_or(End::Closed, End::from_io),
            Err(Stop::Library(error)) => {
                observation.end = self.end(&error, observation.alert);
                observation.library_error = Some(LibraryError::from(&error));
            }
        }
        observation
    }

    fn end(&self, error: &S2nError, alert: Option<Alert>) -> End {
        let transport = matches!(error.name(), "S2N_ERR_CLOSED" | "S2N_ERR_IO");
        match (alert, self.recorder.failure()) {
            (Some(alert), _) if alert.description != AlertDescription::CLOSE_NOTIFY => End::Alert,
            (_, Some(failure)) if transport => End::from_io(failure),
            _ if transport => End::Closed,
            _ => End::Aborted,
        }
    }
}

impl From<&S2nError> for LibraryError {
    fn from(error: &S2nError) -> Self {
        let name = error.name();
        Self { name: name.strip_prefix("S2N_ERR_").unwrap_or(name).to_owned(), message: error.message().to_owned() }
    }
}

/// Hands out one connection that belongs to somebody else.
#[derive(Clone)]
struct Lender<'l, 'c>(&'l Mutex<Option<&'c mut Connection>>);

struct Lent<'c>(&'c mut Connection);

impl<'c> Builder for Lender<'_, 'c> {
    type Output = Lent<'c>;

    fn build_connection(&self, _: Mode) -> Result<Lent<'c>, S2nError> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        connection.map(Lent).ok_or_else(|| S2nError::application("the connection is lent out already".into()))
    }
}

impl AsRef<Connection> for Lent<'_> {
    fn as_ref(&self) -> &Connection {
        self.0
    }
}

impl AsMut<Connection> for Lent<'_> {
    fn as_mut(&mut self) -> &mut Connection {
        self.0
    }
}

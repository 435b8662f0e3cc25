//! OpenSSL 3.6, built from source with SSLv3 and the weak ciphers switched on.
//!
//! Old origins speak protocols and suites that no modern TLS library offers any more, and that no
//! distribution's libssl is built with. This crate is the one place that names `openssl`: its
//! build-dependency decides how the library is built, so a second user would only compile it
//! without the old protocols. Everyone else uses what is re-exported here.
//!
//! [`s_client`](mod@s_client) plays the check that AWS tells its users to run against an origin.
//!
//! Without the feature `legacy` (on by default) there is nothing here, and OpenSSL is not built.
#![cfg(feature = "legacy")]

use std::sync::OnceLock;

pub use openssl;
pub use tokio_openssl;

use openssl::error::ErrorStack;
use openssl::provider::Provider;

pub mod s_client;

pub use s_client::{ClientCertificate, Options, Transcript, s_client};

/// What can go wrong before a connection is even tried.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LegacyTlsError {
    /// OpenSSL did not load one of its two built-in providers.
    #[error(
        "OpenSSL did not load its providers `default` and `legacy`; both are compiled in, so check \
         OPENSSL_CONF and OPENSSL_MODULES in the environment"
    )]
    Providers(#[source] ErrorStack),
    /// A certificate or a private key could not be read.
    #[error("OpenSSL cannot read the {what}; expected {expected}")]
    Unreadable {
        /// Which of the inputs it is.
        what: &'static str,
        /// The accepted form.
        expected: &'static str,
        /// OpenSSL's own words.
        #[source]
        source: ErrorStack,
    },
}

static PROVIDERS: OnceLock<Result<[Provider; 2], ErrorStack>> = OnceLock::new();

/// Loads OpenSSL's providers `default` and `legacy` for the rest of the process. Call it before
/// building a context; calling it again costs nothing.
///
/// RC4 and single-DES live in `legacy`, and naming any provider switches off the implicit
/// `default`, hence both
/// ([OSSL_PROVIDER-default](https://docs.openssl.org/3.6/man7/OSSL_PROVIDER-default/)).
pub fn init() -> Result<(), LegacyTlsError> {
    PROVIDERS
        .get_or_init(|| Ok([Provider::load(None, "default")?, Provider::load(None, "legacy")?]))
        .as_ref()
        .map(|_| ())
        .map_err(|errors| LegacyTlsError::Providers(errors.clone()))
}

//! Stands in for OpenSSL in a build without the feature `legacy`.

use std::io;

use super::{Acceptor, Ingredients};
use crate::error::OriginError;

/// What is left for OpenSSL cannot be served. `objection` is rustls's, if it was asked.
pub(super) fn acceptor(_: &Ingredients<'_>, objection: Option<String>) -> Result<Acceptor, OriginError> {
    let why = objection.unwrap_or_else(|| "`origin.tls.backend` says so".to_owned());
    Err(OriginError::NeedsLegacy { why })
}

pub(super) fn received_alert(_: &io::Error) -> Option<u8> {
    None
}

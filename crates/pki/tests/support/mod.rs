//! Making certificates from tables, and reading them back.
#![allow(dead_code, reason = "each test file uses its share")]

#[cfg(feature = "legacy")]
mod openssl;

use edge502_pki::{CertificateSpec, ChainSpec, Identity, IntermediateSpec, Lab, PkiError};
use serde::Deserialize;
use time::OffsetDateTime;
use time::macros::datetime;

#[cfg(feature = "legacy")]
#[allow(unused_imports, reason = "each test file uses its share")]
pub(crate) use openssl::{leaf, name, parse, served, subjects, text, verdict};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);
pub(crate) const NAME: &str = "origin.test";

/// The three tables as they stand below `[origin]` in a scenario.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Tables {
    pub(crate) certificate: CertificateSpec,
    pub(crate) intermediate: IntermediateSpec,
    pub(crate) chain: ChainSpec,
}

pub(crate) fn lab() -> Lab {
    Lab::new(NOW).unwrap()
}

pub(crate) fn try_make(lab: &Lab, tables: &str) -> Result<Identity, PkiError> {
    let tables: Tables = toml::from_str(tables).unwrap();
    lab.identity(&tables.certificate, &tables.intermediate, &tables.chain, NAME)
}

pub(crate) fn make(lab: &Lab, tables: &str) -> Identity {
    try_make(lab, tables).unwrap()
}

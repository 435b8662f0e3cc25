//! What a server or client presents, in memory and as PEM files.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::NamedTempFile;

use crate::PkiError;

/// Certificates with the private key that is presented with them.
pub struct Identity {
    /// The certificates to send, in wire order.
    pub served: Vec<CertificateDer<'static>>,
    /// The leaf, also if it is not among `served`; damaged if the table asked for that.
    pub leaf: CertificateDer<'static>,
    /// The certificates above the leaf as they were issued: its issuer first, the root last. Empty for a self-signed
    /// leaf.
    pub authorities: Vec<CertificateDer<'static>>,
    /// The private key, PKCS#8. Not the leaf's if the table asked for a mismatch.
    pub key: PrivateKeyDer<'static>,
    /// The same key in PEM.
    pub key_pem: String,
}

impl Clone for Identity {
    fn clone(&self) -> Self {
        Self {
            served: self.served.clone(),
            leaf: self.leaf.clone(),
            authorities: self.authorities.clone(),
            key: self.key.clone_key(),
            key_pem: self.key_pem.clone(),
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("served", &self.served.len()).finish_non_exhaustive()
    }
}

/// Where [`Identity::write_pem`] put things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PemFiles {
    /// `leaf.pem`: the leaf alone.
    pub leaf: PathBuf,
    /// `fullchain.pem`: what is served, in wire order.
    pub fullchain: PathBuf,
    /// `key.pem`: the private key, mode 0600.
    pub key: PathBuf,
}

impl Identity {
    /// The leaf in PEM.
    pub fn leaf_pem(&self) -> String {
        certificate_pem(&self.leaf)
    }

    /// The served certificates in PEM, in wire order.
    pub fn served_pem(&self) -> String {
        self.served.iter().map(|der| certificate_pem(der)).collect()
    }

    /// Writes `leaf.pem`, `fullchain.pem` and `key.pem` into `dir`, which is created if it is missing.
    ///
    /// Each file appears complete or not at all; existing ones are replaced. Only the owner can read the key.
    pub fn write_pem(&self, dir: &Path) -> Result<PemFiles, PkiError> {
        fs::create_dir_all(dir).map_err(|source| PkiError::Write { path: dir.to_owned(), source })?;
        Ok(PemFiles {
            leaf: write(dir.join("leaf.pem"), &self.leaf_pem(), Readers::All)?,
            fullchain: write(dir.join("fullchain.pem"), &self.served_pem(), Readers::All)?,
            key: write(dir.join("key.pem"), &self.key_pem, Readers::Owner)?,
        })
    }
}

/// A certificate in PEM; takes any bytes, since damaged certificates are wanted too.
pub(crate) fn certificate_pem(der: &[u8]) -> String {
    pem("CERTIFICATE", der)
}

/// Any bytes in PEM (RFC 7468).
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        pem.extend([line, "\n"]);
        rest = tail;
    }
    pem + &format!("-----END {label}-----\n")
}

#[derive(Clone, Copy)]
enum Readers {
    All,
    Owner,
}

fn write(path: PathBuf, text: &str, readers: Readers) -> Result<PathBuf, PkiError> {
    match replace(&path, text, readers) {
        Ok(()) => Ok(path),
        Err(source) => Err(PkiError::Write { path, source }),
    }
}

/// Writes beside `path` and renames. Temporary files start with mode 0600.
fn replace(path: &Path, text: &str, readers: Readers) -> io::Result<()> {
    let dir = path.parent().unwrap_or_else(|| Path::new("."));
    let mut file = NamedTempFile::new_in(dir)?;
    file.write_all(text.as_bytes())?;
    if let Readers::All = readers {
        open_to_all(file.as_file())?;
    }
    file.persist(path)?;
    Ok(())
}

#[cfg(unix)]
fn open_to_all(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn open_to_all(_: &fs::File) -> io::Result<()> {
    Ok(())
}

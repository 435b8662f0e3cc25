//! The key that seals sheets.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign, verify};

use super::hex;
use crate::TrainError;

/// How many bytes a new key has.
const LENGTH: usize = 32;
/// How long the text of a key may be, in bytes.
const TEXT: std::ops::RangeInclusive<u64> = 16..=4_096;

/// A key for sealing sheets: whatever text is in its file, 16 to 4,096 bytes without the white space around it.
pub struct SheetKey(Key);

impl SheetKey {
    /// Makes a new key and writes it, in hex, to a file that must not exist yet. Only its owner can read it.
    pub fn create(path: &Path) -> Result<Self, TrainError> {
        let mut bytes = [0; LENGTH];
        getrandom::fill(&mut bytes).map_err(|error| TrainError::NoRandomness(error.to_string()))?;
        let text = hex(&bytes);
        let written = File::options().write(true).create_new(true).mode(0o600).open(path);
        let written = written.and_then(|mut file| file.write_all(format!("{text}\n").as_bytes()));
        written.map_err(|source| TrainError::File { what: "make the key", path: path.to_owned(), source })?;
        Ok(Self::of(&text))
    }

    /// Reads a key.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let text =
            text(path).map_err(|source| TrainError::File { what: "read the key", path: path.to_owned(), source })?;
        Ok(Self::of(&text))
    }

    fn of(text: &str) -> Self {
        Self(Key::new(HMAC_SHA256, text.as_bytes()))
    }

    pub(super) fn seal(&self, bytes: &[u8]) -> String {
        hex(sign(&self.0, bytes).as_ref())
    }

    /// Whether `seal` is this key's seal of `bytes`.
    pub(super) fn fits(&self, bytes: &[u8], seal: &str) -> bool {
        let digits = |at| u8::from_str_radix(seal.get(at..at + 2)?, 16).ok();
        let tag: Option<Vec<u8>> = (0..seal.len()).step_by(2).map(digits).collect();
        tag.is_some_and(|tag| verify(&self.0, bytes, &tag).is_ok())
    }
}

impl fmt::Debug for SheetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SheetKey")
    }
}

fn text(path: &Path) -> io::Result<String> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let mut text = String::new();
    File::open(path)?.take(TEXT.end() + 64).read_to_string(&mut text)?;
    let text = text.trim();
    if TEXT.contains(&(text.len() as u64)) {
        return Ok(text.to_owned());
    }
    let reason = format!("a key has {} to {} bytes; make one with --new-key", TEXT.start(), TEXT.end());
    Err(io::Error::new(ErrorKind::InvalidData, reason))
}

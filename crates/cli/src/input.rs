//! Files the user names. A wrong one, such as `/dev/zero`, must not fill the memory.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use anyhow::Context as _;

use crate::args::Stream;

/// The most that is read of a text, in bytes.
const TEXT: u64 = 1 << 20;
/// The most that is read of a file with distributions, in bytes: accounts have hundreds, and plans of Terraform hold much
/// else.
const DISTRIBUTIONS: u64 = 16 << 20;
/// The most that is read of a list, in bytes.
const LIST: u64 = 16 << 20;
/// The most that is read of a file with certificates, in bytes. Lists of public authorities are a fraction of it.
const CERTIFICATES: u64 = 16 << 20;

/// A text of at most 1 MiB.
pub(crate) fn text(stream: &Stream) -> io::Result<String> {
    read(stream, TEXT)
}

/// A file with distributions, at most 16 MiB.
pub(crate) fn distributions(stream: &Stream) -> io::Result<String> {
    read(stream, DISTRIBUTIONS)
}

/// A list of at most 16 MiB, one thing a line.
pub(crate) fn list(stream: &Stream) -> io::Result<String> {
    read(stream, LIST)
}

fn read(stream: &Stream, limit: u64) -> io::Result<String> {
    let bytes = match stream {
        Stream::File(path) => bounded(File::open(path)?, limit),
        Stream::Standard => bounded(io::stdin().lock(), limit),
    }?;
    utf8(bytes).map_err(|line| {
        let reason = format!("line {line} is not UTF-8; save it as UTF-8, without UTF-16 or a national encoding");
        io::Error::new(ErrorKind::InvalidData, reason)
    })
}

/// The text, without a byte order mark, or the first line, from 1, that is none.
fn utf8(bytes: Vec<u8>) -> Result<String, usize> {
    match String::from_utf8(bytes) {
        Ok(mut text) => {
            if text.starts_with('\u{feff}') {
                text.drain(..'\u{feff}'.len_utf8());
            }
            Ok(text)
        }
        Err(error) => {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            Err(good.split(|byte| *byte == b'\n').count())
        }
    }
}

/// A client certificate or its key, at most 1 MiB of text.
pub(crate) fn pem(path: &Path) -> anyhow::Result<String> {
    text(&Stream::File(path.to_owned())).with_context(|| format!("cannot read {}", path.display()))
}

/// A file of at most 16 MiB.
pub(crate) fn certificates(path: &Path) -> anyhow::Result<Vec<u8>> {
    let read = |path| bounded(File::open(path)?, CERTIFICATES);
    read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Reads to the end, which must come within `limit` bytes.
fn bounded(source: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One more than the limit tells what is too large from what just fits.
    if source.take(limit + 1).read_to_end(&mut bytes)? as u64 > limit {
        let reason = format!("it has more than {} MiB, so it is not what is wanted here; name another", limit >> 20);
        return Err(io::Error::new(ErrorKind::FileTooLarge, reason));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_just_fits_is_read_whole() {
        assert_eq!(bounded(io::repeat(b'x').take(TEXT), TEXT).unwrap().len() as u64, TEXT);
        let refused = bounded(io::repeat(b'x').take(TEXT + 1), TEXT).unwrap_err();
        assert!(refused.to_string().contains("more than 1 MiB"), "{refused}");
    }

    #[test]
    fn what_is_not_utf8_is_refused_with_its_line() {
        assert_eq!(utf8(b"a\nb\nc\xff\n".to_vec()), Err(3));
        assert_eq!(utf8(b"\xff\xfea\0".to_vec()), Err(1));
        assert_eq!(utf8("\u{feff}ä\n".into()), Ok("ä\n".to_owned()));
    }

    #[test]
    fn what_never_ends_is_refused() {
        let endless = Path::new("/dev/zero");
        assert_eq!(text(&Stream::File(endless.into())).unwrap_err().kind(), ErrorKind::FileTooLarge);
        let refused = format!("{:#}", certificates(endless).unwrap_err());
        assert!(refused.contains("/dev/zero") && refused.contains("more than 16 MiB"), "{refused}");
    }
}

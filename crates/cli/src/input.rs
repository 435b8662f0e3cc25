//! Files the user names. A wrong one, such as `/dev/zero`, must not fill the memory.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use anyhow::Context as _;

use crate::args::Stream;

/// The most that is read of a text, in bytes. The largest distributions are a fraction of it.
const TEXT: u64 = 1 << 20;
/// The most that is read of a file with certificates, in bytes. Lists of public authorities are a fraction of it.
const CERTIFICATES: u64 = 16 << 20;

/// A text of at most 1 MiB.
pub(crate) fn text(stream: &Stream) -> io::Result<String> {
    let bytes = match stream {
        Stream::File(path) => bounded(File::open(path)?, TEXT),
        Stream::Standard => bounded(io::stdin().lock(), TEXT),
    }?;
    String::from_utf8(bytes).map_err(|error| io::Error::new(ErrorKind::InvalidData, error.utf8_error()))
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
    fn what_never_ends_is_refused() {
        let endless = Path::new("/dev/zero");
        assert_eq!(text(&Stream::File(endless.into())).unwrap_err().kind(), ErrorKind::FileTooLarge);
        let refused = format!("{:#}", certificates(endless).unwrap_err());
        assert!(refused.contains("/dev/zero") && refused.contains("more than 16 MiB"), "{refused}");
    }
}

//! A cursor over bytes that checks every length.

use crate::HandshakeError;

/// Reads forward; each failure names what was being read.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    left: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], what: &'static str) -> Self {
        Self { left: bytes, what }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], HandshakeError> {
        let Some((taken, left)) = self.left.split_at_checked(count) else {
            return Err(HandshakeError::Truncated { what: self.what, needed: count, left: self.left.len() });
        };
        self.left = left;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], HandshakeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(super) fn u8(&mut self) -> Result<u8, HandshakeError> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    pub(super) fn u16(&mut self) -> Result<u16, HandshakeError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    pub(super) fn u24(&mut self) -> Result<usize, HandshakeError> {
        let [a, b, c] = self.array()?;
        Ok(usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c))
    }

    /// A field preceded by its length in one byte.
    pub(super) fn vec8(&mut self) -> Result<&'a [u8], HandshakeError> {
        let length = self.u8()?;
        self.take(length.into())
    }

    /// A field preceded by its length in two bytes.
    pub(super) fn vec16(&mut self) -> Result<&'a [u8], HandshakeError> {
        let length = self.u16()?;
        self.take(length.into())
    }

    /// A field preceded by its length in three bytes.
    pub(super) fn vec24(&mut self) -> Result<&'a [u8], HandshakeError> {
        let length = self.u24()?;
        self.take(length)
    }

    /// A list of two-byte numbers that fills the rest.
    pub(super) fn numbers<T: From<u16>>(mut self) -> Result<Vec<T>, HandshakeError> {
        let mut numbers = Vec::with_capacity(self.left.len() / 2);
        while !self.is_empty() {
            numbers.push(self.u16()?.into());
        }
        Ok(numbers)
    }
}

//! Decrypts a TLS 1.3 server's handshake records (RFC 8446 sections 5.2, 5.3 and 7.3).

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce};
use aws_lc_rs::hkdf::{HKDF_SHA256, HKDF_SHA384, KeyType, Prk};

use super::codes::CipherSuite;
use super::record::{ContentType, Record};

/// Longest secret: the output of SHA-384.
pub(crate) const MAX_SECRET: usize = 48;

/// `server_handshake_traffic_secret` of one connection. It opens the origin's certificates and nothing after them:
/// application data is under another secret, which is never kept.
#[derive(Clone, Copy)]
pub(crate) struct HandshakeSecret {
    pub(crate) bytes: [u8; MAX_SECRET],
    pub(crate) length: usize,
}

/// Opens records in the order in which they were sent.
pub(super) struct Opener {
    key: LessSafeKey,
    iv: [u8; NONCE_LEN],
    sequence: u64,
}

impl Opener {
    /// `None` if suite and secret do not fit together.
    pub(super) fn new(suite: CipherSuite, secret: &HandshakeSecret) -> Option<Self> {
        let (aead, hash, hash_length) = match suite.0 {
            0x1301 => (&AES_128_GCM, HKDF_SHA256, 32),
            0x1302 => (&AES_256_GCM, HKDF_SHA384, 48),
            0x1303 => (&CHACHA20_POLY1305, HKDF_SHA256, 32),
            _ => return None,
        };
        let secret = secret.bytes.get(..secret.length).filter(|bytes| bytes.len() == hash_length)?;
        let prk = Prk::new_less_safe(hash, secret);
        let mut iv = [0; NONCE_LEN];
        expand_label(&prk, b"iv", b"", &mut iv)?;
        Some(Self { key: expand_key(&prk, aead)?, iv, sequence: 0 })
    }

    /// The content of one encrypted record and its true type; `None` if it does not open.
    pub(super) fn open(&mut self, record: &Record<'_>) -> Option<(ContentType, Vec<u8>)> {
        let mut sealed = record.payload.to_vec();
        let length = self.key.open_in_place(self.nonce(), Aad::from(record.header), &mut sealed).ok()?.len();
        self.sequence = self.sequence.checked_add(1)?;
        sealed.truncate(length);
        // The content is followed by its type and any number of zero bytes.
        let end = sealed.iter().rposition(|byte| *byte != 0)?;
        let content_type = ContentType::from_code(sealed[end])?;
        sealed.truncate(end);
        Some((content_type, sealed))
    }

    fn nonce(&self) -> Nonce {
        let mut nonce = self.iv;
        for (byte, number) in nonce[NONCE_LEN - 8..].iter_mut().zip(self.sequence.to_be_bytes()) {
            *byte ^= number;
        }
        Nonce::assume_unique_for_key(nonce)
    }
}

fn expand_key(prk: &Prk, aead: &'static Algorithm) -> Option<LessSafeKey> {
    let mut key = [0; 32];
    let key = &mut key[..aead.key_len()];
    expand_label(prk, b"key", b"", key)?;
    Some(LessSafeKey::new(aws_lc_rs::aead::UnboundKey::new(aead, key).ok()?))
}

/// HKDF-Expand-Label (RFC 8446 section 7.1). `None` if label or context is longer than it can be.
pub(crate) fn expand_label(prk: &Prk, label: &[u8], context: &[u8], out: &mut [u8]) -> Option<()> {
    let length = u16::try_from(out.len()).ok()?.to_be_bytes();
    let label_length = [u8::try_from(b"tls13 ".len() + label.len()).ok()?];
    let context_length = [u8::try_from(context.len()).ok()?];
    let info: [&[u8]; 6] = [&length, &label_length, b"tls13 ", label, &context_length, context];
    prk.expand(&info, OutputLength(out.len())).ok()?.fill(out).ok()
}

struct OutputLength(usize);

impl KeyType for OutputLength {
    fn len(&self) -> usize {
        self.0
    }
}

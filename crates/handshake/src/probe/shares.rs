//! The key shares of a bare ClientHello, and the secret that opens a TLS 1.3 server's answer to it.
//!
//! Below TLS 1.3 a probe reads the origin's certificates in clear text. In TLS 1.3 they are encrypted, and whether the
//! origin has a signature for the edge shows only there; so a probe keeps its private keys until the ServerHello.

use aws_lc_rs::agreement::{self, ECDH_P256, ECDH_P384, ECDH_P521, PrivateKey, UnparsedPublicKey, X25519};
use aws_lc_rs::digest::{self, SHA256, SHA384};
use aws_lc_rs::hkdf::{HKDF_SHA256, HKDF_SHA384, Salt};

use super::offer::{list, prefixed, random};
use crate::wire::{self, HandshakeSecret, MAX_SECRET, NamedGroup, ServerShare};

/// One public value, with its private key where the answer to it can be read.
struct Share {
    group: NamedGroup,
    public: Vec<u8>,
    private: Option<PrivateKey>,
}

/// The key shares of one ClientHello.
pub(super) struct Shares(Vec<Share>);

impl Shares {
    /// Fresh values for those of `groups` that are known here. With them the origin goes on to choose a certificate,
    /// and a refusal says something about the certificate, too. Other groups cost a HelloRetryRequest, which is an
    /// answer as well.
    pub(super) fn fresh(groups: &[NamedGroup]) -> Self {
        Self(groups.iter().filter_map(|group| Share::fresh(*group)).collect())
    }

    /// No shares, for versions that have none.
    pub(super) const fn none() -> Self {
        Self(Vec::new())
    }

    /// The body of the `key_share` extension (RFC 8446 section 4.2.8).
    pub(super) fn extension(&self) -> Vec<u8> {
        let mut entries = Vec::new();
        for share in &self.0 {
            entries.extend(share.group.0.to_be_bytes());
            prefixed::<2>(&mut entries, &share.public);
        }
        list::<2>(&entries)
    }

    /// The secret that opens what the server sends after its ServerHello, if it chose one of these shares and a suite
    /// that can be opened here. `hello` is the ClientHello record, `received` what the server sent.
    pub(super) fn secret(&self, hello: &[u8], received: &[u8]) -> Option<HandshakeSecret> {
        let answer = ServerShare::find(received)?;
        let share = self.0.iter().find(|share| share.group == answer.group)?;
        let agreed = share.agree(answer.public)?;
        let transcript = [hello.get(wire::RECORD_HEADER..)?, answer.message].concat();
        match answer.suite.0 {
            0x1301 | 0x1303 => traffic_secret(HKDF_SHA256, &SHA256, &agreed, &transcript),
            0x1302 => traffic_secret(HKDF_SHA384, &SHA384, &agreed, &transcript),
            _ => None,
        }
    }
}

impl Share {
    fn fresh(group: NamedGroup) -> Option<Self> {
        let curve: &'static agreement::Algorithm = match group.0 {
            0x0017 => &ECDH_P256,
            0x0018 => &ECDH_P384,
            0x0019 => &ECDH_P521,
            0x001D => &X25519,
            // Any string of the right length is a valid value of X448.
            0x001E => return Some(Self { group, public: random::<56>().to_vec(), private: None }),
            // The prime of ffdhe2048 starts with 64 one bits, so a value that starts with a zero byte is below it.
            0x0100 => return Some(Self { group, public: [&[0][..], &random::<255>()].concat(), private: None }),
            _ => return None,
        };
        let private = PrivateKey::generate(curve).ok()?;
        let public = private.compute_public_key().ok()?.as_ref().to_vec();
        Some(Self { group, public, private: Some(private) })
    }

    fn agree(&self, public: &[u8]) -> Option<Vec<u8>> {
        let private = self.private.as_ref()?;
        let peer = UnparsedPublicKey::new(private.algorithm(), public);
        agreement::agree(private, peer, (), |agreed| Ok(agreed.to_vec())).ok()
    }
}

/// `server_handshake_traffic_secret` without a pre-shared key (RFC 8446 section 7.1).
fn traffic_secret(
    hkdf: aws_lc_rs::hkdf::Algorithm,
    hash: &'static digest::Algorithm,
    agreed: &[u8],
    transcript: &[u8],
) -> Option<HandshakeSecret> {
    let length = hash.output_len();
    let zeros = [0; MAX_SECRET];
    let early = Salt::new(hkdf, &[]).extract(&zeros[..length]);
    let mut derived = [0; MAX_SECRET];
    let empty = digest::digest(hash, b"");
    wire::expand_label(&early, b"derived", empty.as_ref(), &mut derived[..length])?;
    let handshake = Salt::new(hkdf, &derived[..length]).extract(agreed);
    let mut secret = HandshakeSecret { bytes: [0; MAX_SECRET], length };
    let so_far = digest::digest(hash, transcript);
    wire::expand_label(&handshake, b"s hs traffic", so_far.as_ref(), &mut secret.bytes[..length])?;
    Some(secret)
}

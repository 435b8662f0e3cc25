//! A server's wish to negotiate anew in the middle of a TLS 1.2 connection: the `HelloRequest` (RFC 5246 section 7.4.1.1).
//!
//! Apache and IIS send it when a path needs a client certificate and the rest of the site does not. The binding to
//! OpenSSL has no call for it, so the record is sealed here with the connection's own keys. Nothing can follow it from
//! the library, whose count of records does not include this one; nothing does.

use edge502_legacy_tls::openssl::{
    error::ErrorStack,
    hash::MessageDigest,
    pkey::PKey,
    sign::Signer,
    ssl::SslRef,
    symm::{Cipher, encrypt_aead},
};

const HANDSHAKE_RECORD: u8 = 22;
const TLS12: [u8; 2] = [3, 3];
const HELLO_REQUEST: [u8; 4] = [0, 0, 0, 0];
const RANDOM: usize = 32;
/// The part of an AES-GCM nonce that comes from the keys, and the part that is on the wire (RFC 5288 section 3).
const IMPLICIT: usize = 4;
const EXPLICIT: usize = 8;
const TAG: usize = 16;
/// The server has sent one encrypted record before, its Finished.
const SEQUENCE: [u8; 8] = 1u64.to_be_bytes();

/// The record with the `HelloRequest`, for a server that has sent nothing since its Finished. `None` if the suite is not
/// one with AES-GCM.
pub(crate) fn hello_request(ssl: &SslRef) -> Option<Vec<u8>> {
    let (cipher, digest) = match ssl.current_cipher()?.standard_name()? {
        name if name.ends_with("_AES_128_GCM_SHA256") => (Cipher::aes_128_gcm(), MessageDigest::sha256()),
        name if name.ends_with("_AES_256_GCM_SHA384") => (Cipher::aes_256_gcm(), MessageDigest::sha384()),
        _ => return None,
    };
    let (key, implicit) = server_write_keys(ssl, cipher, digest)?;
    let nonce = [&implicit[..], &SEQUENCE].concat();
    let length = u16::try_from(HELLO_REQUEST.len()).ok()?.to_be_bytes();
    let associated = [&SEQUENCE[..], &[HANDSHAKE_RECORD], &TLS12, &length].concat();
    let mut tag = [0; TAG];
    let sealed = encrypt_aead(cipher, &key, Some(&nonce), &associated, &HELLO_REQUEST, &mut tag).ok()?;
    let length = u16::try_from(EXPLICIT + sealed.len() + TAG).ok()?.to_be_bytes();
    Some([&[HANDSHAKE_RECORD][..], &TLS12, &length, &SEQUENCE, &sealed, &tag].concat())
}

/// Key and implicit nonce with which the server encrypts (RFC 5246 section 6.3).
fn server_write_keys(ssl: &SslRef, cipher: Cipher, digest: MessageDigest) -> Option<(Vec<u8>, Vec<u8>)> {
    let session = ssl.session()?;
    let mut master = vec![0; session.master_key_len()];
    session.master_key(&mut master);
    let mut seed = b"key expansion".to_vec();
    let mut random = [0; RANDOM];
    ssl.server_random(&mut random);
    seed.extend(random);
    ssl.client_random(&mut random);
    seed.extend(random);
    let length = cipher.key_len();
    let block = expand(&master, &seed, digest, 2 * (length + IMPLICIT)).ok()?;
    let server_key = block[length..2 * length].to_vec();
    let server_nonce = block[2 * length + IMPLICIT..2 * (length + IMPLICIT)].to_vec();
    Some((server_key, server_nonce))
}

/// `P_hash` (RFC 5246 section 5).
fn expand(secret: &[u8], seed: &[u8], digest: MessageDigest, length: usize) -> Result<Vec<u8>, ErrorStack> {
    let key = PKey::hmac(secret)?;
    let hmac = |parts: [&[u8]; 2]| {
        let mut signer = Signer::new(digest, &key)?;
        parts.iter().try_for_each(|part| signer.update(part))?;
        signer.sign_to_vec()
    };
    let (mut out, mut chained) = (Vec::new(), seed.to_vec());
    while out.len() < length {
        chained = hmac([&chained, b""])?;
        out.extend(hmac([&chained, seed])?);
    }
    out.truncate(length);
    Ok(out)
}

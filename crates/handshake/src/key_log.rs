//! Catches the one secret that opens the certificates of a TLS 1.3 origin.
//!
//! s2n-tls hands secrets to a C callback while it negotiates, that is, synchronously inside a poll of the handshake
//! future. [`capture`] therefore empties a slot of the polling thread before each poll and looks into it afterwards:
//! no map of connections, no lock, and no pointer that something would have to outlive.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::future::poll_fn;
use std::pin::pin;
use std::ptr;

use s2n_tls::config;
use s2n_tls_sys::s2n_connection;

use crate::wire::{HandshakeSecret, MAX_SECRET};

/// The label of the secret that is kept, in the NSS key log format; all other lines are dropped at once.
const LABEL: &[u8] = b"SERVER_HANDSHAKE_TRAFFIC_SECRET ";
/// A client random in hexadecimal and the space behind it.
const RANDOM_FIELD: usize = 2 * 32 + 1;

thread_local! {
    static SLOT: Cell<Option<HandshakeSecret>> = const { Cell::new(None) };
}

/// Makes connections of this configuration report their secrets to [`capture`].
pub(crate) fn install(builder: &mut config::Builder) -> Result<(), s2n_tls::error::Error> {
    // SAFETY: s2n-tls demands that the context outlives the configuration and is cast back to its own type. The
    // context is null and the callback never looks at it.
    unsafe { builder.set_key_log_callback(Some(on_line), ptr::null_mut()) }?;
    Ok(())
}

/// Runs a handshake and keeps the secret of its connection in `secret`.
///
/// The future must not poll another handshake from inside its own poll; a handshake over a socket does not.
pub(crate) async fn capture<F: Future>(handshake: F, secret: &mut Option<HandshakeSecret>) -> F::Output {
    let mut handshake = pin!(handshake);
    poll_fn(|context| {
        SLOT.set(None);
        let poll = handshake.as_mut().poll(context);
        if let Some(found) = SLOT.take() {
            *secret = Some(found);
        }
        poll
    })
    .await
}

/// Takes one line `LABEL client_random secret` from s2n-tls.
unsafe extern "C" fn on_line(_: *mut c_void, _: *mut s2n_connection, line: *mut u8, length: usize) -> c_int {
    if !line.is_null() {
        // SAFETY: s2n-tls passes a buffer of `length` initialised bytes that it owns and leaves alone until the
        // callback returns (`s2n_key_log_tls13_secret`); the slice does not leave this function.
        let line = unsafe { std::slice::from_raw_parts(line, length) };
        if let Some(secret) = server_handshake_secret(line) {
            // `try_with`, because a panic must not cross into C: the slot is gone while a thread ends.
            let _ = SLOT.try_with(|slot| slot.set(Some(secret)));
        }
    }
    0
}

/// The secret of a key log line, if it is the one that is wanted.
fn server_handshake_secret(line: &[u8]) -> Option<HandshakeSecret> {
    let hex = line.strip_prefix(LABEL)?.get(RANDOM_FIELD..)?;
    let (pairs, odd) = hex.as_chunks::<2>();
    if !odd.is_empty() || pairs.len() > MAX_SECRET {
        return None;
    }
    let mut secret = HandshakeSecret { bytes: [0; MAX_SECRET], length: pairs.len() };
    for (byte, [high, low]) in secret.bytes.iter_mut().zip(pairs) {
        *byte = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(secret)
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(label: &str, secret: &str) -> Vec<u8> {
        format!("{label} {} {secret}", "ab".repeat(32)).into_bytes()
    }

    fn call(mut line: Vec<u8>) -> c_int {
        // SAFETY: pointer and length describe one live vector.
        unsafe { on_line(ptr::null_mut(), ptr::null_mut(), line.as_mut_ptr(), line.len()) }
    }

    #[test]
    fn only_the_servers_handshake_secret_is_kept() {
        SLOT.set(None);
        assert_eq!(call(line("CLIENT_HANDSHAKE_TRAFFIC_SECRET", &"01".repeat(32))), 0);
        assert_eq!(call(line("SERVER_TRAFFIC_SECRET_0", &"02".repeat(32))), 0);
        assert!(SLOT.take().is_none());
        assert_eq!(call(line("SERVER_HANDSHAKE_TRAFFIC_SECRET", &"0f".repeat(48))), 0);
        let secret = SLOT.take().expect("kept");
        assert_eq!((secret.length, secret.bytes), (48, [15; 48]));
    }

    #[test]
    fn malformed_lines_are_ignored() {
        SLOT.set(None);
        let long = "ff".repeat(MAX_SECRET + 1);
        for secret in ["f", "zz", "0ü", &long] {
            call(line("SERVER_HANDSHAKE_TRAFFIC_SECRET", secret));
        }
        call(b"SERVER_HANDSHAKE_TRAFFIC_SECRET 12".to_vec());
        call(Vec::new());
        // SAFETY: a null line is what is tested; the callback checks for it.
        assert_eq!(unsafe { on_line(ptr::null_mut(), ptr::null_mut(), ptr::null_mut(), 7) }, 0);
        assert!(SLOT.take().is_none());
    }

    #[tokio::test]
    async fn a_secret_left_by_another_poll_is_not_taken_over() {
        call(line("SERVER_HANDSHAKE_TRAFFIC_SECRET", &"01".repeat(32)));
        let mut secret = None;
        capture(async {}, &mut secret).await;
        assert!(secret.is_none());
        let own = async { call(line("SERVER_HANDSHAKE_TRAFFIC_SECRET", &"02".repeat(32))) };
        capture(own, &mut secret).await;
        assert_eq!(secret.expect("taken").bytes[0], 2);
    }
}

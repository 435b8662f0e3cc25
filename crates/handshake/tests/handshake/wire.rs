//! The readers never panic, whatever the origin sends.

use edge502_handshake::ProtocolVersion;
use edge502_handshake::wire::{CertificateRequest, ClientHello, Flight, ServerHello, messages, records, served_chain};
use proptest::collection::vec;
use proptest::prelude::*;

/// A ServerHello of TLS 1.2 with ECDHE-RSA-AES128-GCM-SHA256, in a record.
fn server_hello() -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0xC0, 0x2F, 0]);
    record(22, &message(2, &body))
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[kind], &length[1..], body].concat()
}

fn record(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
    [&[kind, 3, 3], &length[..], payload].concat()
}

proptest! {
    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..600)) {
        let _ = (records(&bytes).count(), messages(&bytes).count());
        let _ = (ClientHello::parse(&bytes), ServerHello::parse(&bytes), Flight::read_clear_text(&bytes));
        for version in ProtocolVersion::ALL {
            let _ = (served_chain(&bytes, version), CertificateRequest::parse(&bytes, version));
        }
    }

    #[test]
    fn any_messages_behind_a_server_hello(parts in vec((0u8..30, vec(any::<u8>(), 0..200)), 0..6), kind in 20u8..25) {
        let mut flight = server_hello();
        for (message_kind, body) in parts {
            flight.extend(record(kind, &message(message_kind, &body)));
        }
        let read = Flight::read_clear_text(&flight);
        prop_assert_eq!(read.server_hello.and_then(|hello| hello.version()), Some(ProtocolVersion::Tls12));
    }

    #[test]
    fn a_chain_however_it_is_cut_into_records(certificates in vec(vec(any::<u8>(), 0..300), 0..5), cut in 1usize..200) {
        let prefixed = |bytes: &[u8]| message(0, bytes)[1..].to_vec();
        let list: Vec<u8> = certificates.iter().flat_map(|der| prefixed(der)).collect();
        let mut flight = server_hello();
        for piece in message(11, &prefixed(&list)).chunks(cut) {
            flight.extend(record(22, piece));
        }
        prop_assert_eq!(Flight::read_clear_text(&flight).served_chain, Some(certificates));
        let cut_short = &flight[..flight.len() - 1];
        prop_assert_eq!(Flight::read_clear_text(cut_short).served_chain, None);
    }
}

#[test]
fn an_alert_behind_change_cipher_spec_is_not_read_below_tls13() {
    let encrypted_alert = record(21, &[2, 40]);
    let switched = [server_hello(), record(20, &[1]), encrypted_alert.clone()].concat();
    assert!(Flight::read_clear_text(&switched).alert.is_none());
    let clear = [server_hello(), encrypted_alert].concat();
    assert_eq!(Flight::read_clear_text(&clear).alert.unwrap().to_string(), "fatal alert 40 (handshake_failure)");
}

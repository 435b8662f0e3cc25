//! A name server that misbehaves on purpose.
//!
//! CloudFront looks an origin's name up in public DNS before it connects
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>). This one answers
//! every question in the same way, over UDP on loopback.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use hickory_proto::op::{Message, OpCode, ResponseCode};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{RData, Record, RecordType};
use serde::Deserialize;
use tokio::net::UdpSocket;
use tokio_util::task::AbortOnDropHandle;

/// The largest question read; more does not fit into one UDP message without an agreement (RFC 1035 section 4.2.1).
const LARGEST: usize = 512;
/// Seconds an answer may be kept.
const TTL: u32 = 60;

/// How every question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DnsAnswer {
    /// With 127.0.0.1. The default.
    #[default]
    Address,
    /// The name does not exist (NXDOMAIN).
    NoSuchName,
    /// The name exists, without an address (NODATA, RFC 2308 section 2.2).
    NoAddress,
    /// The server cannot answer (SERVFAIL).
    ServerFailure,
    /// Not at all.
    Silence,
}

/// A running name server; it stops when it is dropped.
#[derive(Debug)]
pub struct NameServer {
    address: SocketAddr,
    answer: Arc<Mutex<DnsAnswer>>,
    _task: AbortOnDropHandle<()>,
}

impl NameServer {
    /// Starts on a free UDP port of 127.0.0.1.
    pub async fn start(answer: DnsAnswer) -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = socket.local_addr()?;
        let answer = Arc::new(Mutex::new(answer));
        let task = tokio::spawn(serve(socket, Arc::clone(&answer)));
        Ok(Self { address, answer, _task: AbortOnDropHandle::new(task) })
    }

    /// Where it is asked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers differently from now on.
    pub fn set(&self, answer: DnsAnswer) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }
}

async fn serve(socket: UdpSocket, answer: Arc<Mutex<DnsAnswer>>) {
    let mut buffer = [0; LARGEST];
    // An error belongs to one datagram (a client that has left); the next may be well again.
    loop {
        let Ok((length, client)) = socket.recv_from(&mut buffer).await else { continue };
        let answer = *answer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(message) = respond(&buffer[..length], answer) {
            let _ = socket.send_to(&message, client).await;
        }
    }
}

/// The message to send back; none to what is no question, and none for silence.
fn respond(question: &[u8], answer: DnsAnswer) -> Option<Vec<u8>> {
    let question = Message::from_vec(question).ok()?;
    let query = question.queries.first()?.clone();
    let mut message = Message::response(question.metadata.id, OpCode::Query);
    message.metadata.response_code = match answer {
        DnsAnswer::Silence => return None,
        DnsAnswer::NoSuchName => ResponseCode::NXDomain,
        DnsAnswer::ServerFailure => ResponseCode::ServFail,
        DnsAnswer::Address | DnsAnswer::NoAddress => ResponseCode::NoError,
    };
    if answer == DnsAnswer::Address && query.query_type() == RecordType::A {
        let loopback = RData::A(A(Ipv4Addr::LOCALHOST));
        message.add_answer(Record::from_rdata(query.name().clone(), TTL, loopback));
    }
    message.add_query(query);
    message.to_vec().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A question for the address of `origin.test` with id 7, as RFC 1035 section 4.1 lays it out.
    const QUESTION: &[u8] = b"\x00\x07\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x06origin\x04test\x00\x00\x01\x00\x01";

    fn code_and_answers(answer: DnsAnswer) -> Option<(u8, u8)> {
        let message = respond(QUESTION, answer)?;
        assert_eq!(&message[..2], b"\x00\x07");
        Some((message[3] & 0x0f, message[7]))
    }

    #[test]
    fn each_answer_has_its_code() {
        assert_eq!(code_and_answers(DnsAnswer::Address), Some((0, 1)));
        assert_eq!(code_and_answers(DnsAnswer::NoAddress), Some((0, 0)));
        assert_eq!(code_and_answers(DnsAnswer::ServerFailure), Some((2, 0)));
        assert_eq!(code_and_answers(DnsAnswer::NoSuchName), Some((3, 0)));
        assert_eq!(code_and_answers(DnsAnswer::Silence), None);
    }

    #[test]
    fn what_is_no_question_gets_no_answer() {
        for bytes in [&b""[..], b"\x00", &QUESTION[..20], &[0xff; 64]] {
            assert_eq!(respond(bytes, DnsAnswer::Address), None);
        }
    }
}

//! A name server that misbehaves on purpose.
//!
//! CloudFront looks an origin's name up in public DNS before it connects
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>). This server holds a
//! [`Zone`] and answers from it, or in one of the ways in which name servers fail, over UDP and TCP on loopback.

mod answer;
mod zone;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

pub use answer::DnsAnswer;
pub use zone::{DnsRecord, Zone};

use answer::{Over, Reply};

/// The largest question read; more does not fit into one UDP message without an agreement (RFC 1035 section 4.2.1).
const LARGEST: usize = 512;
/// How long a late server takes: longer than a lab's edge waits for one.
const LATE: Duration = Duration::from_secs(1);
/// How long a TCP connection may take from question to answer.
const TCP: Duration = Duration::from_secs(5);
/// Questions being answered at a time; more are not read before one of them is done.
const AT_ONCE: usize = 32;
/// How often a port is looked for that is free for UDP and TCP.
const PORTS: usize = 16;

/// A running name server; it stops when it is dropped.
#[derive(Debug)]
pub struct NameServer {
    address: SocketAddr,
    _tasks: Vec<AbortOnDropHandle<()>>,
}

impl NameServer {
    /// Starts on a free port of 127.0.0.1, the same for UDP and TCP. An answer without TCP leaves the TCP port closed.
    pub async fn start(answer: DnsAnswer, zone: Zone) -> io::Result<Self> {
        let (udp, tcp) = ports().await?;
        let address = udp.local_addr()?;
        let book = Arc::new(Book { answer, zone });
        let mut tasks = vec![tokio::spawn(serve_udp(udp, Arc::clone(&book)))];
        if answer.over_tcp() {
            tasks.push(tokio::spawn(serve_tcp(tcp, book)));
        }
        Ok(Self { address, _tasks: tasks.into_iter().map(AbortOnDropHandle::new).collect() })
    }

    /// Where it is asked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// A socket for UDP and one for TCP with the same number.
async fn ports() -> io::Result<(UdpSocket, TcpListener)> {
    let mut last = None;
    for _ in 0..PORTS {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        match TcpListener::bind(udp.local_addr()?).await {
            Ok(tcp) => return Ok((udp, tcp)),
            Err(error) => last = Some(error),
        }
    }
    Err(last.expect("at least one port was tried"))
}

/// What a server knows, and how it tells it.
#[derive(Debug)]
struct Book {
    answer: DnsAnswer,
    zone: Zone,
}

impl Book {
    fn reply(&self, question: &[u8], over: Over) -> Reply {
        answer::reply(self.answer, &self.zone, question, over)
    }
}

async fn serve_udp(socket: UdpSocket, book: Arc<Book>) {
    let socket = Arc::new(socket);
    let mut answering = JoinSet::new();
    let mut buffer = [0; LARGEST];
    loop {
        while answering.len() >= AT_ONCE {
            answering.join_next().await;
        }
        // An error belongs to one datagram (a client that has left); the next may be well again.
        let Ok((length, client)) = socket.recv_from(&mut buffer).await else { continue };
        while answering.try_join_next().is_some() {}
        let reply = book.reply(&buffer[..length], Over::Udp);
        let socket = Arc::clone(&socket);
        answering.spawn(async move {
            if reply.late {
                sleep(LATE).await;
            }
            for message in reply.messages {
                let _ = socket.send_to(&message, client).await;
            }
        });
    }
}

async fn serve_tcp(listener: TcpListener, book: Arc<Book>) {
    let mut answering = JoinSet::new();
    loop {
        while answering.len() >= AT_ONCE {
            answering.join_next().await;
        }
        let Ok((stream, _)) = listener.accept().await else { continue };
        while answering.try_join_next().is_some() {}
        let book = Arc::clone(&book);
        answering.spawn(async move {
            // Neither is news: a client that leaves in the middle, one that never asks.
            let _ = timeout(TCP, answer_tcp(stream, &book)).await;
        });
    }
}

/// Answers the questions of one connection, each with its length in front (RFC 1035 section 4.2.2).
async fn answer_tcp(mut stream: TcpStream, book: &Book) -> io::Result<()> {
    loop {
        let length = usize::from(stream.read_u16().await?);
        if length > LARGEST {
            return Ok(());
        }
        let mut question = vec![0; length];
        stream.read_exact(&mut question).await?;
        let reply = book.reply(&question, Over::Tcp);
        if reply.late {
            sleep(LATE).await;
        }
        for message in reply.messages {
            let length = u16::try_from(message.len()).expect("a message that was built is at most 65,535 bytes long");
            stream.write_u16(length).await?;
            stream.write_all(&message).await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A question for the address of `origin.test` with id 7, as RFC 1035 section 4.1 lays it out.
    const QUESTION: &[u8] = b"\x00\x07\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x06origin\x04test\x00\x00\x01\x00\x01";

    async fn start(answer: DnsAnswer) -> NameServer {
        let zone = Zone::new([("origin.test", vec!["A 203.0.113.10".parse().unwrap()])]).unwrap();
        NameServer::start(answer, zone).await.unwrap()
    }

    #[tokio::test]
    async fn it_answers_over_udp_and_tcp_on_one_port() {
        let server = start(DnsAnswer::Address).await;
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        udp.send_to(QUESTION, server.address()).await.unwrap();
        let mut over_udp = [0; 1_500];
        let (length, _) = udp.recv_from(&mut over_udp).await.unwrap();
        let mut tcp = TcpStream::connect(server.address()).await.unwrap();
        tcp.write_u16(u16::try_from(QUESTION.len()).unwrap()).await.unwrap();
        tcp.write_all(QUESTION).await.unwrap();
        let mut over_tcp = vec![0; usize::from(tcp.read_u16().await.unwrap())];
        tcp.read_exact(&mut over_tcp).await.unwrap();
        assert_eq!(over_udp[..length], over_tcp);
        assert!(over_tcp.ends_with(&[203, 0, 113, 10]));
    }

    #[tokio::test]
    async fn without_tcp_the_tcp_port_is_closed() {
        let server = start(DnsAnswer::TruncatedWithoutTcp).await;
        let refused = TcpStream::connect(server.address()).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    }

    #[tokio::test]
    async fn a_message_that_is_no_question_ends_nothing() {
        let server = start(DnsAnswer::Address).await;
        let mut tcp = TcpStream::connect(server.address()).await.unwrap();
        tcp.write_all(&[0xff; 64]).await.unwrap();
        assert_eq!(tcp.read_to_end(&mut Vec::new()).await.unwrap_or(0), 0);
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        for message in [&b""[..], &[0xff; 64], QUESTION] {
            udp.send_to(message, server.address()).await.unwrap();
        }
        let mut answer = [0; 1_500];
        udp.recv_from(&mut answer).await.unwrap();
        assert_eq!(answer[..2], QUESTION[..2]);
    }
}

//! A viewer that looks at bytes: what the edge writes to its socket, plain and through TLS.

use edge502_rules::clock::SharedClock;
use edge502_scenario::Lab;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::reach::{secure, within};

/// A connection, whatever it runs over.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// How a viewer reaches the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

/// A response as it stood on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Raw {
    pub(crate) status_line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Raw {
    /// The value of the header of exactly this spelling.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or_else(|| panic!("no {name} in {:?}", self.headers), |(_, value)| value)
    }

    /// The names in order, as written.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.headers.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The body of a page.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("CloudFront's pages are ASCII")
    }
}

/// One connection of a viewer, HTTP/1.1.
pub(crate) struct Conversation(BufReader<Box<dyn Wire>>);

impl Conversation {
    pub(crate) async fn start(lab: &Lab, clock: &SharedClock, scheme: Scheme) -> Self {
        let stream: Box<dyn Wire> = match scheme {
            Scheme::Http => Box::new(TcpStream::connect(lab.http_addr()).await.unwrap()),
            Scheme::Https => Box::new(secure(lab, clock, b"http/1.1").await),
        };
        Self(BufReader::new(stream))
    }

    /// Sends `request` and reads the answer to it, and not a byte more.
    pub(crate) async fn ask(&mut self, request: &str) -> Raw {
        within(async {
            self.0.write_all(request.as_bytes()).await.unwrap();
            self.0.flush().await.unwrap();
            let mut raw = self.head().await;
            if !request.starts_with("HEAD ") {
                raw.body = vec![0; raw.header("Content-Length").parse().unwrap()];
                self.0.read_exact(&mut raw.body).await.unwrap();
            }
            raw
        })
        .await
    }

    /// What else comes until the edge closes the connection.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        within(self.0.read_to_end(&mut rest)).await.unwrap();
        rest
    }

    async fn head(&mut self) -> Raw {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await.unwrap();
            let line = line.strip_suffix("\r\n").unwrap_or_else(|| panic!("no CRLF after {line:?}"));
            if line.is_empty() {
                break;
            }
            lines.push(line.to_owned());
        }
        let field = |line: &String| {
            let (name, value) = line.split_once(": ").expect("name, colon, one space, value");
            (name.to_owned(), value.to_owned())
        };
        Raw { status_line: lines[0].clone(), headers: lines[1..].iter().map(field).collect(), body: Vec::new() }
    }
}

/// One request on a connection of its own, which `request` asks to close.
pub(crate) async fn once(lab: &Lab, clock: &SharedClock, scheme: Scheme, request: &str) -> Raw {
    let mut conversation = Conversation::start(lab, clock, scheme).await;
    let raw = conversation.ask(request).await;
    assert_eq!(conversation.rest().await, b"", "nothing follows the answer");
    raw
}

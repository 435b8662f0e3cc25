//! Reading requests (RFC 9112) and keeping their heads as written.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::history::RequestRecord;

/// How long an idle connection is kept, longer than CloudFront's default `OriginKeepaliveTimeout` of 5 s.
/// See <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html>.
const IDLE_BOUND: Duration = Duration::from_secs(75);

/// How long the client may pause within a request.
const PAUSE_BOUND: Duration = Duration::from_secs(30);

/// Longest request head, and longest line of chunk framing.
const HEAD_LIMIT: usize = 64 * 1024;

/// What came next on a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The head of a request; [`RequestReader::body`] reads the rest.
    Request(RequestRecord),
    /// Bytes that are no HTTP/1 request.
    Malformed,
    /// The client ended the connection.
    Closed,
    /// The client paused for too long.
    TimedOut,
    /// The origin is to stop, and no request was under way.
    Stopped,
}

/// Reads one request after the other; holds the bytes that were read ahead.
#[derive(Debug, Default)]
pub(super) struct RequestReader {
    buffer: Vec<u8>,
    /// The body of the last request, as long as it has not been read.
    owed: Option<Framing>,
    /// Whether the client waits for leave to send it.
    expects: bool,
}

impl RequestReader {
    /// The next head, or how the connection ends; `idle` bounds the wait for its first byte, default 75 s.
    pub(super) async fn next<S>(
        &mut self,
        stream: &mut S,
        stop: &CancellationToken,
        idle: Option<Duration>,
    ) -> io::Result<Next>
    where
        S: AsyncRead + Unpin,
    {
        if self.buffer.is_empty() {
            tokio::select! {
                first = timeout(idle.unwrap_or(IDLE_BOUND), self.fill(stream)) => match first {
                    Ok(Ok(0)) => return Ok(Next::Closed),
                    Ok(read) => { read?; }
                    Err(_) => return Ok(Next::TimedOut),
                },
                () = stop.cancelled() => return Ok(Next::Stopped),
            }
        }
        match self.request(stream).await {
            Ok(Some(request)) => Ok(Next::Request(request)),
            Ok(None) => Ok(Next::Malformed),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Ok(Next::TimedOut),
            Err(error) => Err(error),
        }
    }

    /// Waits until the client ends the connection; what it sends until then is kept for the next request.
    pub(super) async fn end<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> io::Result<()> {
        while self.fill(stream).await? > 0 {
            if self.buffer.len() > HEAD_LIMIT {
                return Err(io::ErrorKind::QuotaExceeded.into());
            }
        }
        Ok(())
    }

    /// `None` if the bytes are no request.
    async fn request<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> io::Result<Option<RequestRecord>> {
        let Some(head) = self.head(stream).await? else { return Ok(None) };
        let Some(request) = parse_head(&head) else { return Ok(None) };
        self.owed = Framing::of(&request);
        self.expects = request.header("expect").is_some();
        Ok(self.owed.is_some().then_some(request))
    }

    /// Reads and drops the body of the last request; its length without framing, or `None` if the framing is broken.
    pub(super) async fn body<S>(&mut self, stream: &mut S) -> io::Result<Option<u64>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let framing = self.owed.take().unwrap_or(Framing::Length(0));
        if self.expects && framing != Framing::Length(0) {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
            stream.flush().await?;
        }
        match framing {
            Framing::Length(length) => Ok(self.skip(stream, length).await?.then_some(length)),
            Framing::Chunked => self.skip_chunks(stream).await,
        }
    }

    async fn head<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(at) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                return Ok(Some(self.buffer.drain(..at + 4).collect()));
            }
            // A TLS ClientHello on a plain port, or anything else that does not start like a method.
            if !self.buffer.first().is_none_or(u8::is_ascii_graphic) || self.buffer.len() > HEAD_LIMIT {
                return Ok(None);
            }
            self.more(stream).await?;
        }
    }

    async fn skip<S: AsyncRead + Unpin>(&mut self, stream: &mut S, mut length: u64) -> io::Result<bool> {
        loop {
            let here = usize::try_from(length).unwrap_or(usize::MAX).min(self.buffer.len());
            self.buffer.drain(..here);
            length -= here as u64;
            if length == 0 {
                return Ok(true);
            }
            self.more(stream).await?;
        }
    }

    /// The length of a chunked body without its framing; `None` if the framing is broken.
    async fn skip_chunks<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> io::Result<Option<u64>> {
        let mut total = 0_u64;
        loop {
            let Some(line) = self.line(stream).await? else { return Ok(None) };
            let digits = line.split(';').next().unwrap_or_default().trim();
            let Ok(size) = u64::from_str_radix(digits, 16) else { return Ok(None) };
            let Some(sum) = total.checked_add(size) else { return Ok(None) };
            total = sum;
            if size == 0 {
                break;
            }
            self.skip(stream, size).await?;
            if self.line(stream).await?.is_none_or(|rest| !rest.is_empty()) {
                return Ok(None);
            }
        }
        while let Some(trailer) = self.line(stream).await? {
            if trailer.is_empty() {
                return Ok(Some(total));
            }
        }
        Ok(None)
    }

    /// A line without its end; `None` if it is too long.
    async fn line<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> io::Result<Option<String>> {
        loop {
            if let Some(at) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=at).collect();
                return Ok(Some(String::from_utf8_lossy(line.trim_ascii_end()).into_owned()));
            }
            if self.buffer.len() > HEAD_LIMIT {
                return Ok(None);
            }
            self.more(stream).await?;
        }
    }

    async fn more<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> io::Result<()> {
        match timeout(PAUSE_BOUND, self.fill(stream)).await {
            Ok(Ok(0)) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => read.map(|_| ()),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    async fn fill<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> io::Result<usize> {
        self.buffer.reserve(4096);
        stream.read_buf(&mut self.buffer).await
    }
}

/// How long the body is (RFC 9112 section 6.3).
#[derive(Debug, PartialEq, Eq)]
enum Framing {
    Length(u64),
    Chunked,
}

impl Framing {
    fn of(request: &RequestRecord) -> Option<Self> {
        if request.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            return Some(Self::Chunked);
        }
        match request.header("content-length") {
            Some(length) => length.parse().ok().map(Self::Length),
            None => Some(Self::Length(0)),
        }
    }
}

fn parse_head(head: &[u8]) -> Option<RequestRecord> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.trim_end().split("\r\n");
    let mut start = lines.next()?.split(' ');
    let (method, target, version) = (start.next()?, start.next()?, start.next()?);
    if start.next().is_some() || method.is_empty() || !version.starts_with("HTTP/1.") {
        return None;
    }
    let headers: Option<Vec<_>> = lines
        .map(|line| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned())))
        .collect();
    Some(RequestRecord {
        method: method.to_owned(),
        target: target.to_owned(),
        version: version.to_owned(),
        headers: headers?,
        body_len: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_all(wire: &[u8]) -> Vec<Next> {
        let (client, mut server) = tokio::io::duplex(16);
        let (mut answers, mut requests) = tokio::io::split(client);
        let write = async {
            // The origin may have given up on what follows.
            let _ = requests.write_all(wire).await;
            let _ = requests.shutdown().await;
        };
        let ignore_interim = async { answers.read_to_end(&mut Vec::new()).await.unwrap() };
        let read = async {
            let (mut reader, stop) = (RequestReader::default(), CancellationToken::new());
            let mut seen = Vec::new();
            while let Ok(mut next) = reader.next(&mut server, &stop, None).await {
                if let Next::Request(request) = &mut next {
                    match reader.body(&mut server).await.unwrap() {
                        Some(length) => request.body_len = length,
                        None => next = Next::Malformed,
                    }
                }
                let last = !matches!(next, Next::Request(_));
                seen.push(next);
                if last {
                    break;
                }
            }
            drop(server);
            seen
        };
        tokio::join!(write, ignore_interim, read).2
    }

    fn requests(seen: &[Next]) -> Vec<(&str, &str, u64)> {
        seen.iter()
            .filter_map(|next| match next {
                Next::Request(request) => Some((&*request.method, &*request.target, request.body_len)),
                _ => None,
            })
            .collect()
    }

    #[tokio::test]
    async fn requests_follow_each_other_on_a_connection() {
        let wire = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n\
            POST /b HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello\
            PUT /c HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nT: 1\r\n\r\n\
            HEAD /d HTTP/1.0\r\n\r\n";
        let seen = read_all(wire).await;
        assert_eq!(requests(&seen), [("GET", "/a", 0), ("POST", "/b", 5), ("PUT", "/c", 4), ("HEAD", "/d", 0)]);
        assert_eq!(seen.last(), Some(&Next::Closed));
    }

    #[tokio::test]
    async fn header_names_keep_case_and_order() {
        let seen = read_all(b"GET / HTTP/1.1\r\nhOsT: a\r\nVia: 1\r\nvia: 2\r\n\r\n").await;
        let Next::Request(request) = &seen[0] else { panic!("{seen:?}") };
        let headers: Vec<_> = request.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(headers, [("hOsT", "a"), ("Via", "1"), ("via", "2")]);
        assert_eq!(request.header("HOST"), Some("a"));
    }

    #[tokio::test]
    async fn what_is_no_request_is_malformed() {
        for wire in [
            &b"\x16\x03\x01\x00\x05hello"[..],
            b"GET /\r\n\r\n",
            b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
            b"GET / HTTP/1.1\r\ncontent-length: x\r\n\r\n",
            b"GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        ] {
            assert_eq!(read_all(wire).await, [Next::Malformed], "{wire:?}");
        }
    }
}

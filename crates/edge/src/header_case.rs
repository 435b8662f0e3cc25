//! Exact header names on HTTP/1.1.
//!
//! hyper writes names in title case when told to, which is CloudFront's case, with one exception: pages of the 2026
//! family carry a lower-case `date`. hyper can only be told so with a private extension that its own parser makes. One
//! is therefore learnt from a parsed response, once for each edge, and put on the responses that need it.

use bytes::Bytes;
use http::{Extensions, Request};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// A response in which `date` is the only header, and lower case.
const SAMPLE: &[u8] = b"HTTP/1.1 204 No Content\r\ndate: -\r\n\r\n";

/// The extension with which hyper's HTTP/1 server writes `date` in lower case.
///
/// It says nothing about other headers, which stay in title case. Should hyper stop handing it out, the result is
/// empty and `date` is written as `Date`.
pub(crate) async fn lower_case_date() -> Extensions {
    let (near, mut far) = tokio::io::duplex(1024);
    let server = async move {
        let mut request = [0; 1024];
        // The request is one small write into an empty buffer, so one read takes it whole.
        if far.read(&mut request).await.is_ok() {
            let _ = far.write_all(SAMPLE).await;
        }
    };
    let client = async {
        let mut builder = http1::Builder::new();
        let (mut sender, connection) = builder.preserve_header_case(true).handshake(TokioIo::new(near)).await.ok()?;
        let request = Request::new(Empty::<Bytes>::new());
        let response = async move { sender.send_request(request).await };
        let (response, _) = tokio::join!(response, connection);
        Some(response.ok()?.into_parts().0.extensions)
    };
    let ((), extensions) = tokio::join!(server, client);
    extensions.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_extension_is_there() {
        assert!(!lower_case_date().await.is_empty());
    }
}

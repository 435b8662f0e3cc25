//! A viewer's connection.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A connection on which an answer is read even if the other side no longer listens, as browsers and curl do. Who refuses
/// an upload answers and closes, with the rest of the upload still on its way.
pub(super) struct ReadingOn(pub(super) TcpStream);

/// What is written to a side that has gone counts as written.
fn unless_gone<T>(polled: Poll<io::Result<T>>, written: T) -> Poll<io::Result<T>> {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, NotConnected};
    match polled {
        Poll::Ready(Err(error)) if matches!(error.kind(), BrokenPipe | ConnectionReset | NotConnected) => {
            Poll::Ready(Ok(written))
        }
        other => other,
    }
}

impl AsyncRead for ReadingOn {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for ReadingOn {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        unless_gone(Pin::new(&mut self.0).poll_write(cx, bytes), bytes.len())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        unless_gone(Pin::new(&mut self.0).poll_flush(cx), ())
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        unless_gone(Pin::new(&mut self.0).poll_shutdown(cx), ())
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn an_answer_is_read_although_the_upload_was_cut_off() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut viewer = ReadingOn(TcpStream::connect(listener.local_addr().unwrap()).await.unwrap());
        let (mut refusing, _) = listener.accept().await.unwrap();
        viewer.write_all(b"upload").await.unwrap();
        refusing.readable().await.unwrap();
        refusing.write_all(b"no").await.unwrap();
        // What has arrived was not read, so that this resets the connection.
        drop(refusing);
        for _ in 0..3 {
            viewer.write_all(b"and on").await.unwrap();
        }
        let mut answer = [0; 2];
        viewer.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"no");
    }
}

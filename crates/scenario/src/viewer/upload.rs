//! The body of a viewer's request.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

/// What a viewer sends at once.
const FIRST: usize = 16 * 1024;

/// How long it pauses after that, as uploads over real networks do. An answer that comes before the end of the upload
/// comes in this time; a viewer that wrote on would lose it when the other side closes.
const PAUSE: Duration = Duration::from_millis(200);

/// A body that is sent in two pieces if it is large.
pub(super) struct Upload {
    /// What is still to be sent.
    left: Bytes,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Upload {
    pub(super) fn new(body: Vec<u8>) -> Self {
        Self { left: body.into(), pause: None }
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = match &mut self.pause {
            Some(pause) => {
                ready!(pause.as_mut().poll(context));
                self.left.len()
            }
            None => self.left.len().min(FIRST),
        };
        if piece == 0 {
            return Poll::Ready(None);
        }
        let piece = self.left.split_to(piece);
        self.pause = (!self.left.is_empty()).then(|| Box::pin(tokio::time::sleep(PAUSE)));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_a_large_body_pauses_and_all_of_it_is_sent() {
        for (length, pauses) in [(0, 0), (FIRST, 0), (FIRST * 5, 1)] {
            let start = Instant::now();
            let sent = Upload::new(vec![b'x'; length]).collect().await.unwrap().to_bytes();
            assert_eq!((sent.len(), start.elapsed()), (length, PAUSE * pauses));
        }
    }
}

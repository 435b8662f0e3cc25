//! The viewer's request body on its way to the origin, and how long the edge waits for an answer meanwhile.
//!
//! `OriginReadTimeout` counts from the moment the edge has forwarded the request
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html>), so a slow
//! upload must not be charged to the origin.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::Instant;

use super::{ViewerFault, exchange};

/// How long a viewer may pause in the middle of its upload.
const VIEWER_PATIENCE: Duration = Duration::from_secs(30);

/// A request body; empty for requests without one.
#[derive(Debug)]
pub(crate) struct Upload {
    inner: Option<Incoming>,
    progress: Progress,
}

/// How an upload is getting on; shared with the one who waits for the answer.
#[derive(Debug, Clone)]
pub(crate) struct Progress(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    bytes: u64,
    since: Instant,
    waiting_for: Side,
    fault: Option<ViewerFault>,
    upload: Extent,
}

/// How much of the request's body has gone to the origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// There is none.
    Nothing,
    /// Not all of it.
    Part,
    /// All of it has been handed over.
    Whole,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The viewer owes the next piece of the body.
    Viewer,
    /// The origin has to read, or to answer.
    Origin,
}

/// How long the edge waits for the head of an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// For its first byte, and between two packets of it.
    pub(super) gap: Duration,
    /// For all of it, if there is such a limit.
    pub(super) end: Option<Instant>,
}

impl Progress {
    /// Nothing sent yet.
    pub(crate) fn new() -> Self {
        let state =
            State { bytes: 0, since: Instant::now(), waiting_for: Side::Origin, fault: None, upload: Extent::Nothing };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Body bytes received from the viewer so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.state().bytes
    }

    /// How much of the body has gone to the origin.
    pub(crate) fn upload(&self) -> Extent {
        self.state().upload
    }

    /// How the viewer failed to finish, if it did.
    pub(crate) fn fault(&self) -> Option<ViewerFault> {
        self.state().fault
    }

    /// Waits for `answer` while it is the origin's turn with this patience, and the viewer's for at most
    /// [`VIEWER_PATIENCE`]; otherwise says who was too slow. `heard` is when the origin last said something.
    pub(super) async fn wait<T>(
        &self,
        patience: Patience,
        heard: impl Fn() -> Option<Instant>,
        answer: impl Future<Output = T>,
    ) -> Result<T, Side> {
        self.turn(Side::Origin);
        tokio::pin!(answer);
        loop {
            let (deadline, _) = self.deadline(patience, heard());
            tokio::select! {
                answer = &mut answer => return Ok(answer),
                () = tokio::time::sleep_until(deadline) => {}
            }
            // It may have become the other's turn meanwhile, or half of a head may have come.
            let (deadline, side) = self.deadline(patience, heard());
            if deadline <= Instant::now() {
                return Err(side);
            }
        }
    }

    fn deadline(&self, patience: Patience, heard: Option<Instant>) -> (Instant, Side) {
        let state = self.state();
        let deadline = match state.waiting_for {
            Side::Viewer => state.since + VIEWER_PATIENCE,
            Side::Origin => {
                let silent = heard.map_or(state.since, |heard| heard.max(state.since)) + patience.gap;
                patience.end.map_or(silent, |end| silent.min(end))
            }
        };
        (deadline, state.waiting_for)
    }

    /// Notes whose turn it is from now on.
    fn turn(&self, side: Side) {
        let mut state = self.state();
        state.since = Instant::now();
        state.waiting_for = side;
    }

    fn received(&self, bytes: usize) {
        self.state().bytes += bytes as u64;
        self.turn(Side::Origin);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nothing panics while it holds the progress")
    }
}

impl Upload {
    /// The body of a request, or none.
    pub(crate) fn new(body: Option<Incoming>, progress: Progress) -> Self {
        progress.state().upload = if body.is_some() { Extent::Part } else { Extent::Nothing };
        Self { inner: body, progress }
    }

    /// The body itself, for another try.
    pub(crate) fn into_inner(self) -> Option<Incoming> {
        self.inner
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        let polled = Pin::new(&mut *inner).poll_frame(context);
        if matches!(polled, Poll::Ready(None)) || inner.is_end_stream() {
            self.progress.state().upload = Extent::Whole;
        }
        match &polled {
            Poll::Pending if self.progress.state().waiting_for == Side::Origin => self.progress.turn(Side::Viewer),
            Poll::Pending => {}
            Poll::Ready(Some(Err(error))) => self.progress.state().fault = Some(exchange::viewer_fault(error)),
            Poll::Ready(Some(Ok(frame))) => self.progress.received(frame.data_ref().map_or(0, Bytes::len)),
            Poll::Ready(None) => self.progress.turn(Side::Origin),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(3);
    const PATIENCE: Patience = Patience { gap: TIMEOUT, end: None };

    #[tokio::test(start_paused = true)]
    async fn the_origin_has_its_timeout() {
        let start = Instant::now();
        let waited = Progress::new().wait(PATIENCE, || None, std::future::pending::<()>()).await;
        assert_eq!((waited, start.elapsed().as_secs()), (Err(Side::Origin), 3));
    }

    /// A head that comes piece by piece is waited for as long as no gap is too long, and the whole fetch may last.
    #[tokio::test(start_paused = true)]
    async fn a_head_may_drip() {
        let start = Instant::now();
        let heard = || (start.elapsed() >= TIMEOUT).then(|| start + TIMEOUT / 2);
        let waited = Progress::new().wait(PATIENCE, heard, std::future::pending::<()>()).await;
        assert_eq!((waited, start.elapsed()), (Err(Side::Origin), TIMEOUT * 3 / 2));
        let (start, limited) = (Instant::now(), Patience { end: Some(Instant::now() + TIMEOUT / 2), ..PATIENCE });
        let waited = Progress::new().wait(limited, || Some(Instant::now()), std::future::pending::<()>()).await;
        assert_eq!((waited, start.elapsed()), (Err(Side::Origin), TIMEOUT / 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_upload_is_not_charged_to_the_origin() {
        let progress = Progress::new();
        let viewer = progress.clone();
        let upload = async {
            for _ in 0..4 {
                viewer.turn(Side::Viewer);
                tokio::time::sleep(TIMEOUT * 2).await;
                viewer.received(10);
            }
            "answered"
        };
        assert_eq!(progress.wait(PATIENCE, || None, upload).await, Ok("answered"));
        assert_eq!(progress.bytes(), 40);
    }

    #[tokio::test(start_paused = true)]
    async fn a_viewer_that_stops_sending_is_given_up() {
        let progress = Progress::new();
        let viewer = progress.clone();
        let upload = async {
            viewer.turn(Side::Viewer);
            std::future::pending::<()>().await;
        };
        let start = Instant::now();
        assert_eq!(progress.wait(PATIENCE, || None, upload).await, Err(Side::Viewer));
        assert_eq!(start.elapsed(), VIEWER_PATIENCE);
    }
}

//! The origin's response body on its way to the viewer.
//!
//! Every gap between packets may last `OriginReadTimeout`, the whole fetch `ResponseCompletionTimeout`
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html>). The status has
//! gone out by now, so a failure here cuts the viewer's body short
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html>).
//!
//! Trailer fields after the last chunk are not passed on, in keeping with that page, which has `Trailer` removed (RFC
//! 9110 section 6.5.1 allows it). They are the end of the body: nothing follows them.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use edge502_rules::Cause;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

use super::connection::Lease;
use crate::OriginFailure;

/// A response body with the origin connection it comes from.
#[derive(Debug)]
pub(crate) struct Download {
    inner: Incoming,
    /// Given back for reuse when the body is complete, closed with it when it is not.
    lease: Option<Lease>,
    read_timeout: Duration,
    /// When `ResponseCompletionTimeout` is over.
    deadline: Option<Instant>,
    /// Running while the origin owes the next packet.
    timer: Option<Pin<Box<Sleep>>>,
    /// Whether the end of the connection is the end of the body: neither `Content-Length` nor chunks.
    ends_with_connection: bool,
    received: u64,
}

/// The limits of one download.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// `OriginReadTimeout`.
    pub(crate) read_timeout: Duration,
    /// When `ResponseCompletionTimeout` is over.
    pub(crate) deadline: Option<Instant>,
}

impl Download {
    pub(crate) fn new(inner: Incoming, lease: Lease, limits: Limits, ends_with_connection: bool) -> Self {
        let mut download = Self {
            inner,
            lease: Some(lease),
            read_timeout: limits.read_timeout,
            deadline: limits.deadline,
            timer: None,
            ends_with_connection,
            received: 0,
        };
        download.release_at_end();
        download
    }

    /// Gives the connection back once nothing more of the body is to come.
    fn release_at_end(&mut self) {
        if self.inner.is_end_stream()
            && let Some(lease) = self.lease.take()
        {
            lease.give_back();
        }
    }

    /// Whether the origin has been silent for too long.
    fn poll_timer(&mut self, context: &mut Context<'_>) -> Poll<OriginFailure> {
        let (read_timeout, deadline) = (self.read_timeout, self.deadline);
        let timer = self.timer.get_or_insert_with(|| {
            let silent = Instant::now() + read_timeout;
            Box::pin(tokio::time::sleep_until(deadline.map_or(silent, |deadline| silent.min(deadline))))
        });
        timer.as_mut().poll(context).map(|()| self.too_slow())
    }

    fn is_overdue(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    fn too_slow(&self) -> OriginFailure {
        let received = self.received;
        let evidence = if self.is_overdue() {
            format!("ResponseCompletionTimeout is over; {received} bytes of the body had come")
        } else {
            format!(
                "no packet for {} s (OriginReadTimeout) after {received} bytes of the body",
                self.read_timeout.as_secs()
            )
        };
        OriginFailure::new(Cause::ResponseTimeout, evidence)
    }

    fn cut_short(&self, error: &hyper::Error) -> OriginFailure {
        let seen = super::exchange::in_full(error);
        let evidence = format!("the body broke off after {} bytes: {seen}", self.received);
        OriginFailure::new(Cause::ResponseTruncated, evidence)
    }

    fn take_frame(&mut self, frame: &Frame<Bytes>) {
        self.timer = None;
        self.received += frame.data_ref().map_or(0, Bytes::len) as u64;
        self.release_at_end();
    }

    /// The end of the body, regular or not.
    fn end(&mut self, error: Option<&hyper::Error>) -> Option<OriginFailure> {
        match error {
            None => {
                if let Some(lease) = self.lease.take() {
                    lease.give_back();
                }
                None
            }
            // TLS without close_notify: AWS documents that such a body counts as complete.
            Some(error) if self.ends_with_connection && super::exchange::is_end_of_stream(error) => None,
            Some(error) => Some(self.cut_short(error)),
        }
    }
}

impl Body for Download {
    type Data = Bytes;
    type Error = OriginFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, OriginFailure>>> {
        if self.is_overdue() {
            return Poll::Ready(Some(Err(self.too_slow())));
        }
        match Pin::new(&mut self.inner).poll_frame(context) {
            Poll::Pending => self.poll_timer(context).map(|failure| Some(Err(failure))),
            Poll::Ready(Some(Ok(frame))) if frame.is_trailers() => Poll::Ready(self.end(None).map(Err)),
            Poll::Ready(Some(Ok(frame))) => {
                self.take_frame(&frame);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(self.end(Some(&error)).map(Err)),
            Poll::Ready(None) => Poll::Ready(self.end(None).map(Err)),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

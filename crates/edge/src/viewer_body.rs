//! The body of the response to a viewer: a page of CloudFront's own, what the cache has, or what comes from the origin.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::OriginFailure;
use crate::cache::Recording;
use crate::fetch::Download;
use crate::visit::Recorder;

/// A body that tells the journal when it is over.
pub(crate) struct ViewerBody {
    content: Content,
    recorder: Recorder,
    /// The failure that ends the body, held back for one turn.
    held: Option<OriginFailure>,
}

enum Content {
    /// A page or a copy, sent in one piece; `None` once it is sent, and for `HEAD`.
    Page(Option<Bytes>),
    /// Passed on as it comes, and recorded if it is to be kept.
    Relayed(Box<Download>, Option<Box<Recording>>),
}

impl ViewerBody {
    /// A page; `None` where only its head is wanted.
    pub(crate) fn page(page: Option<Vec<u8>>, recorder: Recorder) -> Self {
        Self::new(Content::Page(page.map(Bytes::from)), recorder)
    }

    /// A body from the cache; `None` where only its head is wanted.
    pub(crate) fn kept(body: Option<Bytes>, recorder: Recorder) -> Self {
        Self::new(Content::Page(body), recorder)
    }

    /// An origin's body.
    pub(crate) fn relayed(download: Download, recording: Option<Box<Recording>>, recorder: Recorder) -> Self {
        Self::new(Content::Relayed(Box::new(download), recording), recorder)
    }

    fn new(content: Content, recorder: Recorder) -> Self {
        let mut body = Self { content, recorder, held: None };
        body.complete_at_end();
        body
    }

    fn complete_at_end(&mut self) {
        if self.is_end_stream() {
            self.complete();
        }
    }

    fn complete(&mut self) {
        self.recorder.complete();
        if let Some(recording) = self.content.recording() {
            recording.finish();
        }
    }

    fn sent(&mut self, data: Option<&Bytes>) {
        self.recorder.sent(data.map_or(0, Bytes::len));
        if let (Some(data), Content::Relayed(_, recording)) = (data, &mut self.content)
            && let Some(too_long) = recording.take_if(|recording| !recording.push(data))
        {
            too_long.give_up();
        }
        self.complete_at_end();
    }
}

impl Content {
    fn recording(&mut self) -> Option<Box<Recording>> {
        match self {
            Self::Page(_) => None,
            Self::Relayed(_, recording) => recording.take(),
        }
    }
}

impl Body for ViewerBody {
    type Data = Bytes;
    type Error = OriginFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, OriginFailure>>> {
        if let Some(failure) = self.held.take() {
            self.recorder.cut(failure.clone());
            return Poll::Ready(Some(Err(failure)));
        }
        let polled = match &mut self.content {
            Content::Page(page) => Poll::Ready(page.take().map(|page| Ok(Frame::data(page)))),
            Content::Relayed(download, _) => Pin::new(download.as_mut()).poll_frame(context),
        };
        match &polled {
            // An error makes hyper drop the connection with all it has not sent yet, even the head. A turn without
            // anything to send makes it send that first.
            Poll::Ready(Some(Err(failure))) => {
                self.held = Some(failure.clone());
                if let Some(recording) = self.content.recording() {
                    recording.give_up();
                }
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(Some(Ok(frame))) => self.sent(frame.data_ref()),
            Poll::Ready(None) => self.complete(),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Page(page) => page.is_none(),
            Content::Relayed(download, _) => download.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Page(page) => SizeHint::with_exact(page.as_ref().map_or(0, Bytes::len) as u64),
            Content::Relayed(download, _) => download.size_hint(),
        }
    }
}

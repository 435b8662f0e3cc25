//! Recording a response while it streams to the viewer.
//!
//! Nothing is held back and nothing is copied on the way: the pieces are shared with the viewer's connection. What
//! breaks off is not kept; what ends with the connection is taken for complete, as AWS documents
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html>).

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use edge502_rules::cache::CacheKey;
use http_body_util::BodyExt as _;

use super::Cache;
use super::entry::{Content, Entry, Object};
use super::flight::{Landing, Lead};
use super::store::Edition;
use crate::fetch::Download;

/// A response that will be kept if it comes to its end.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(super) cache: Arc<Cache>,
    pub(super) key: CacheKey,
    /// The head of what will be kept.
    pub(super) object: Object,
    /// The entry without its content.
    pub(super) entry: Entry,
    pub(super) asked: Edition,
    /// Those who wait for it, if anybody may.
    pub(super) lead: Option<Lead>,
    pub(super) pieces: Vec<Bytes>,
    pub(super) length: usize,
}

impl Recording {
    /// The next piece. False if it became too long to be kept.
    pub(crate) fn push(&mut self, piece: &Bytes) -> bool {
        self.length = self.length.saturating_add(piece.len());
        self.pieces.push(piece.clone());
        self.length <= self.cache.store.object_bytes()
    }

    /// Takes the whole body without a viewer. Its length and its time are bounded as every download's are.
    pub(super) async fn take(mut self, mut body: Download) {
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return self.give_up() };
            if frame.data_ref().is_some_and(|piece| !self.push(piece)) {
                return self.give_up();
            }
        }
        self.finish();
    }

    /// The response is complete.
    pub(crate) fn finish(self) {
        let object = self.object.with_body(joined(self.pieces, self.length));
        let entry = Entry { content: Content::Object(object), ..self.entry };
        self.cache.store.put(self.key, Arc::new(entry), self.asked);
        if let Some(lead) = self.lead {
            lead.land(Landing::Kept);
        }
    }

    /// It will not be kept: it is too long, or the origin broke off.
    pub(crate) fn give_up(self) {
        if let Some(lead) = self.lead {
            lead.land(Landing::Unshared);
        }
    }
}

fn joined(mut pieces: Vec<Bytes>, length: usize) -> Bytes {
    if pieces.len() == 1 {
        // A piece may be a small part of a large buffer, which it would keep alive.
        return Bytes::copy_from_slice(&pieces.remove(0));
    }
    let mut body = BytesMut::with_capacity(length);
    for piece in pieces {
        body.extend_from_slice(&piece);
    }
    body.freeze()
}

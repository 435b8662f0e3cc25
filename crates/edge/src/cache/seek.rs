//! Where an answer comes from: the cache, somebody else's fetch, or the origin.

use std::sync::Arc;
use std::time::Duration;

use edge502_rules::cache::{error_lifetime, object_lifetime};
use http::{Method, StatusCode, header};
use hyper::body::Incoming;
use time::OffsetDateTime;

use super::entry::{Content, Entry, Object, Use, directives};
use super::flight::{Landing, Lead, Role};
use super::partial::{Part, part};
use super::question::Question;
use super::record::Recording;
use super::revalidate::{conditional, confirmed};
use super::store::Edition;
use super::{Cache, refresh};
use crate::OriginFailure;
use crate::fetch::{Fetched, Halt};
use crate::obtain::{Asked, Unobtained, obtain};
use crate::response_head::is_error;
use crate::state::{Snapshot, State};
use crate::tasks::Tasks;
use crate::visit::Visit;

/// Where the answer comes from.
#[expect(clippy::large_enum_variant, reason = "one for each request, moved once")]
pub(crate) enum Answer {
    /// The origin, now; with the recording if it is to be kept.
    Origin(Result<Fetched, Unobtained>, Option<Box<Recording>>),
    /// The cache.
    Kept(Kept),
}

impl Answer {
    /// The viewer sees something else in its place: what is to be kept of it is taken all the same.
    pub(crate) fn keep_unseen(self, tasks: &Tasks) {
        if let Self::Origin(Ok(fetched), Some(recording)) = self {
            tasks.spawn(recording.take(fetched.response.into_body()));
        }
    }
}

/// A kept response, chosen to answer a request.
pub(crate) struct Kept {
    pub(super) entry: Arc<Entry>,
    pub(super) how: How,
    /// What of it; an error is always whole.
    pub(super) part: Part,
    /// What the origin said or failed with when it was asked about it.
    pub(super) failure: Option<Arc<OriginFailure>>,
    /// The time for `Age`.
    pub(super) now: OffsetDateTime,
}

/// How a kept response came to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// The origin was not asked.
    Hit,
    /// The origin was asked: it confirmed it, or failed and this stands in.
    Refreshed,
}

/// One request on its way through the cache.
pub(super) struct Seeker<'a> {
    pub(super) state: &'a Arc<State>,
    pub(super) snapshot: &'a Arc<Snapshot>,
    pub(super) asked: Asked<'a>,
    pub(super) visit: &'a Visit,
    pub(super) question: Question,
}

/// Finds an answer; `body` is the viewer's, if there is one.
pub(crate) async fn seek(
    state: &Arc<State>,
    snapshot: &Arc<Snapshot>,
    asked: Asked<'_>,
    visit: &Visit,
    body: Option<Incoming>,
) -> Answer {
    match Question::of(asked).filter(|_| body.is_none()) {
        Some(question) => Seeker { state, snapshot, asked, visit, question }.run().await,
        None => Answer::Origin(obtain(state, snapshot, asked, visit, body).await, None),
    }
}

/// What the store has for a request.
enum Found {
    /// An answer, whether the origin is to be asked behind the viewer's back, too.
    Answer(Kept, bool),
    /// At best a copy to be asked about.
    Copy(Option<Arc<Entry>>),
}

impl Seeker<'_> {
    async fn run(self) -> Answer {
        let mut lead = None;
        let mut alone = self.question.partial;
        loop {
            // Before the store is asked, so that what is removed from now on stays removed.
            let asked = self.cache().store.edition();
            match self.look() {
                Found::Answer(kept, then_refresh) => {
                    if let Some(lead) = lead {
                        Lead::land(lead, Landing::Kept);
                    } else if then_refresh {
                        refresh::behind(&self, asked);
                    }
                    return Answer::Kept(kept);
                }
                Found::Copy(copy) if alone || lead.is_some() => return self.fetch(copy, lead, asked).await,
                Found::Copy(_) => {}
            }
            match self.role() {
                None => alone = true,
                Some(Role::Lead(own)) => lead = Some(own),
                Some(Role::Follow(flight)) => match flight.landed().await {
                    Some(Landing::Failed(entry)) => return Answer::Kept(self.whole(entry, How::Hit)),
                    Some(Landing::Kept | Landing::Unshared) => alone = true,
                    None => {}
                },
            }
        }
    }

    /// A HEAD cannot lead: what it gets answers no GET.
    fn role(&self) -> Option<Role> {
        let flights = &self.cache().flights;
        if self.question.method == Method::HEAD {
            return flights.follow(&self.question.key).map(Role::Follow);
        }
        Some(flights.join(&self.question.key))
    }

    fn look(&self) -> Found {
        let Some(entry) = self.cache().store.get(&self.question.key) else { return Found::Copy(None) };
        let usage = entry.usage(self.now());
        if usage == Use::Expired {
            return Found::Copy(Some(entry));
        }
        let part = match entry.object() {
            Some(object) => part(object, &self.question.method, &self.asked.parts.headers),
            None => Some(Part::Whole),
        };
        match part {
            Some(part) => Found::Answer(Kept { part, ..self.whole(entry, How::Hit) }, usage == Use::AndRefresh),
            None => Found::Copy(None),
        }
    }

    /// Asks the origin, about `copy` if there is one.
    pub(super) async fn fetch(&self, copy: Option<Arc<Entry>>, lead: Option<Lead>, asked: Edition) -> Answer {
        let copy = copy.filter(|_| !self.question.partial);
        let object = copy.as_ref().and_then(|copy| copy.object());
        // AWS: no conditions where cookies are forwarded.
        let condition = object
            .filter(|_| !self.asked.route.behavior.forwards_cookies())
            .and_then(|object| conditional(self.asked.parts, object));
        let parts = condition.as_ref().unwrap_or(self.asked.parts);
        let obtained = obtain(self.state, self.snapshot, Asked { parts, ..self.asked }, self.visit, None).await;
        let told = Told { copy: copy.as_deref(), conditional: condition.is_some(), lead, asked };
        match obtained {
            Ok(fetched) => self.told(fetched, told),
            Err(Unobtained::Halted(Halt::Origin(failure))) => self.failed(failure, told),
            Err(other) => Answer::Origin(Err(other), None),
        }
    }

    /// The origin failed.
    fn failed(&self, failure: Box<OriginFailure>, told: Told<'_>) -> Answer {
        let status = failure.outcome().status().unwrap_or(StatusCode::BAD_GATEWAY.as_u16());
        let shared = Arc::new(*failure.clone());
        if let Some(copy) = told.copy.filter(|copy| copy.outlives_errors(self.now())) {
            return self.stand_in(copy, status, Some(shared), told);
        }
        let lifetime = self.error_lifetime(status, &http::HeaderMap::new());
        let entry = Arc::new(self.entry(Content::Failure(shared), lifetime.unwrap_or_default()));
        if lifetime.is_some() {
            self.keep(Arc::clone(&entry), told.asked);
        }
        if let Some(lead) = told.lead {
            lead.land(Landing::Failed(entry));
        }
        Answer::Origin(Err(Unobtained::Halted(Halt::Origin(failure))), None)
    }

    /// The origin answered.
    fn told(&self, fetched: Fetched, mut told: Told<'_>) -> Answer {
        let status = fetched.response.status();
        if status == StatusCode::NOT_MODIFIED
            && told.conditional
            && let Some(object) = told.copy.and_then(Entry::object)
        {
            return self.confirm(&confirmed(object, fetched.response.headers()), told);
        }
        if status.is_server_error()
            && let Some(copy) = told.copy.filter(|copy| copy.outlives_errors(self.now()))
        {
            return self.stand_in(copy, status.as_u16(), None, told);
        }
        let recording = self.recording(&fetched, &mut told);
        if let Some(lead) = told.lead {
            lead.land(Landing::Unshared);
        }
        Answer::Origin(Ok(fetched), recording.map(Box::new))
    }

    /// The copy is still right.
    fn confirm(&self, object: &Object, told: Told<'_>) -> Answer {
        let ttl = self.asked.route.behavior.ttl;
        let lifetime = object_lifetime(ttl, &object.directives(), self.now());
        let fresh = Object { initial_age: Duration::ZERO, ..object.clone() };
        let entry = Arc::new(self.entry(Content::Object(fresh), lifetime.unwrap_or_default()));
        if lifetime.is_some() {
            self.keep(Arc::clone(&entry), told.asked);
        }
        told.settle();
        self.refreshed(entry, None)
    }

    /// The copy is served in place of an error, and goes on being so until the origin is asked again.
    fn stand_in(&self, copy: &Entry, status: u16, failure: Option<Arc<OriginFailure>>, told: Told<'_>) -> Answer {
        let pause = self.snapshot.distribution.error_caching_min_ttl(status);
        let entry = Arc::new(Entry { stands_in_until: Some(self.now() + pause), ..copy.clone() });
        self.keep(Arc::clone(&entry), told.asked);
        told.settle();
        self.refreshed(entry, failure)
    }

    fn refreshed(&self, entry: Arc<Entry>, failure: Option<Arc<OriginFailure>>) -> Answer {
        let headers = &self.asked.parts.headers;
        let part = entry.object().and_then(|object| part(object, &self.question.method, headers));
        let part = part.unwrap_or(Part::Whole);
        Answer::Kept(Kept { part, failure, ..self.whole(entry, How::Refreshed) })
    }

    /// The recording of an answer that is to be kept. Those who wait go with it, if it will be fresh for them.
    fn recording(&self, fetched: &Fetched, told: &mut Told<'_>) -> Option<Recording> {
        let (cache, now) = (self.cache(), self.now());
        let response = &fetched.response;
        let length =
            response.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let whole = !self.question.partial && self.question.method != Method::HEAD;
        if !whole || length.is_some_and(|length: usize| length > cache.store.object_bytes()) {
            return None;
        }
        let lifetime = self.lifetime(response.status(), response.headers(), now)?;
        let lead = told.lead.take_if(|_| !lifetime.is_zero());
        lead.as_ref().inspect(|lead| lead.receiving());
        let object = Object::new(response, now);
        let entry = self.entry(Content::Object(object.clone()), lifetime);
        let (cache, key, asked) = (Arc::clone(cache), self.question.key.clone(), told.asked);
        Some(Recording { cache, key, object, entry, asked, lead, pieces: Vec::new(), length: 0 })
    }

    fn lifetime(&self, status: StatusCode, headers: &http::HeaderMap, now: OffsetDateTime) -> Option<Duration> {
        if is_error(status) {
            return self.error_lifetime(status.as_u16(), headers);
        }
        // A part, or an answer to the viewer's own condition, is no copy.
        let is_copy = !matches!(status, StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED);
        is_copy.then(|| object_lifetime(self.asked.route.behavior.ttl, &directives(headers), now)).flatten()
    }

    fn error_lifetime(&self, status: u16, headers: &http::HeaderMap) -> Option<Duration> {
        let min_ttl = self.snapshot.distribution.error_caching_min_ttl(status);
        let kept = self.asked.route.behavior.caches_errors() && !self.question.partial;
        kept.then(|| error_lifetime(status, min_ttl, &directives(headers))).flatten()
    }

    fn entry(&self, content: Content, lifetime: Duration) -> Entry {
        let ttl = self.asked.route.behavior.ttl;
        Entry { content, since: self.now(), lifetime, ttl, stands_in_until: None }
    }

    fn whole(&self, entry: Arc<Entry>, how: How) -> Kept {
        Kept { entry, how, part: Part::Whole, failure: None, now: self.now() }
    }

    fn keep(&self, entry: Arc<Entry>, asked: Edition) {
        self.cache().store.put(self.question.key.clone(), entry, asked);
    }

    pub(super) fn cache(&self) -> &Arc<Cache> {
        &self.state.cache
    }

    fn now(&self) -> OffsetDateTime {
        self.state.clock.now()
    }
}

/// What was asked of the origin, and for whom.
struct Told<'a> {
    /// The copy that was asked about.
    copy: Option<&'a Entry>,
    /// Whether the question was if that copy is still right.
    conditional: bool,
    lead: Option<Lead>,
    asked: Edition,
}

impl Told<'_> {
    fn settle(self) {
        if let Some(lead) = self.lead {
            lead.land(Landing::Kept);
        }
    }
}

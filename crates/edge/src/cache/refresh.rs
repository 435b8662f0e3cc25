//! Asking about an expired copy after it was served (`stale-while-revalidate`, RFC 5861 section 3).

use std::sync::Arc;

use super::flight::{Lead, Role};
use super::seek::{Answer, Seeker};
use super::store::Edition;
use crate::admit::{self, Admission};
use crate::obtain::Asked;
use crate::visit::Visit;

/// Refreshes what the viewer was just given, unless somebody is at it.
pub(super) fn behind(seeker: &Seeker<'_>, asked: Edition) {
    if let Role::Lead(lead) = seeker.cache().flights.join(&seeker.question.key) {
        seeker.state.tasks.spawn(refresh(seeker, lead, asked));
    }
}

fn refresh(seeker: &Seeker<'_>, lead: Lead, asked: Edition) -> impl Future<Output = ()> + use<> {
    let (state, snapshot) = (Arc::clone(seeker.state), Arc::clone(seeker.snapshot));
    let (viewer, parts) = (Arc::new(seeker.asked.viewer.clone()), Arc::new(seeker.asked.parts.clone()));
    let http = seeker.visit.http;
    async move {
        let question =
            admit::Request { parts: &parts, https: viewer.https, http, has_body: false, https_address: state.https };
        // It was let in a moment ago, under the same distribution.
        let Admission::Fetch(route) = admit::admit(question, &snapshot.distribution) else { return };
        let visit = Visit::new(state.identify(), Arc::clone(&viewer), Arc::clone(&parts), http, &snapshot.distribution);
        let asked_again = Asked { viewer: &viewer, parts: &parts, route: &route };
        let Some(question) = super::question::Question::of(asked_again) else { return };
        let copy = state.cache.store.get(&question.key);
        let seeker = Seeker { state: &state, snapshot: &snapshot, asked: asked_again, visit: &visit, question };
        if let Answer::Origin(Ok(fetched), Some(recording)) = seeker.fetch(copy, Some(lead), asked).await {
            recording.take(fetched.response.into_body()).await;
        }
    }
}

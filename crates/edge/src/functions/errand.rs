//! What is going to be asked of which origin, while functions may still change it.

use std::borrow::Cow;

use edge502_rules::Cause;
use edge502_rules::distribution::{Behavior, Origin};
use edge502_rules::functions::{NewRequest, OriginOverride};
use edge502_rules::name::ViewerHost;
use edge502_rules::outcome::{Answer, Outcome};
use edge502_rules::page::Page;
use http::Uri;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::is_custom;
use crate::fetch::{Halt, Naming};
use crate::obtain::Asked;
use crate::request_head::{self, Inbound};

/// A request towards an origin in the making.
pub(crate) struct Errand<'a> {
    /// The method; no function can change it.
    pub(crate) method: &'a str,
    /// The path, without `OriginPath`.
    pub(crate) path: String,
    /// The query string as it is forwarded.
    pub(crate) query: Option<String>,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The origin, with what functions changed of it.
    pub(crate) origin: Cow<'a, Origin>,
    /// `Host`, if it is not the origin's own domain: forwarded from the viewer or set by a function.
    pub(crate) host: Option<ViewerHost>,
    /// What functions changed of the names.
    pub(crate) naming: Naming,
    viewer_is_https: bool,
}

impl<'a> Errand<'a> {
    /// What `inbound` leads to at the origin `assigned`, with the changes that a viewer request function made of it.
    pub(crate) fn new(
        asked: Asked<'a>,
        assigned: &'a Origin,
        inbound: &Inbound<'_>,
        changes: Option<&OriginOverride>,
    ) -> Self {
        let route = asked.route;
        let origin = changes.map_or(Cow::Borrowed(assigned), |changes| Cow::Owned(changes.applied_to(assigned)));
        let behavior: &Behavior = route.behavior;
        let mut errand = Self {
            method: asked.parts.method.as_str(),
            path: inbound.path.to_owned(),
            query: inbound.query.and_then(|query| request_head::forwarded_query(query, behavior)),
            headers: request_head::headers(inbound, &origin, behavior),
            origin,
            host: behavior.forwards_host().then(|| route.host.clone()),
            naming: Naming::default(),
            viewer_is_https: asked.viewer.https,
        };
        if let Some(changes) = changes {
            errand.rename(changes);
        }
        errand
    }

    /// `Host` and SNI fall back: `sni` on `hostHeader`, that on `domainName`
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/helper-functions-origin-modification.html>).
    fn rename(&mut self, changes: &OriginOverride) {
        self.naming =
            Naming { sni: changes.sni.clone(), allowed: changes.allowed_certificate_names.clone(), changed: true };
        if changes.host_header.is_some() || changes.domain_name.is_some() {
            self.host.clone_from(&changes.host_header);
            let host = self.host.as_ref().map_or(self.origin.domain_name.as_str(), ViewerHost::as_str);
            set(&mut self.headers, header::HOST, host);
        }
    }

    /// Takes over what an origin request function made of it.
    pub(super) fn take(&mut self, request: NewRequest, headers: HeaderMap) {
        let before = std::mem::replace(&mut self.headers, headers);
        self.path = request.uri.unwrap_or_else(|| std::mem::take(&mut self.path));
        self.query = super::changed_query(self.query.take(), request.query);
        if let Some(changes) = &request.origin {
            self.move_to(changes);
        }
        self.follow_host(before.get(header::HOST));
    }

    fn move_to(&mut self, changes: &OriginOverride) {
        let customs: Vec<HeaderName> =
            self.headers.keys().filter(|name| is_custom(&self.origin, name.as_str())).cloned().collect();
        for name in customs {
            self.headers.remove(name);
        }
        self.origin = Cow::Owned(changes.applied_to(&self.origin));
        for (name, value) in &self.origin.custom_headers {
            if let Ok(name) = name.parse() {
                set(&mut self.headers, name, value);
            }
        }
        self.naming.changed = true;
    }

    /// SNI follows a `Host` that the function wrote.
    fn follow_host(&mut self, before: Option<&HeaderValue>) {
        let now = self.headers.get(header::HOST);
        if now == before {
            return;
        }
        let text = now.and_then(|host| host.to_str().ok());
        self.host = text.and_then(|host| host.parse().ok());
        self.naming.changed = true;
        if now.is_none() {
            set(&mut self.headers, header::HOST, self.origin.domain_name.as_str());
        }
    }

    /// Whether the origin is spoken to over TLS.
    pub(crate) fn https(&self) -> bool {
        self.origin.custom.origin_protocol_policy.uses_https(self.viewer_is_https)
    }

    /// How a fetch that failed is shown: where nothing could be reached at an origin that a function chose, people saw
    /// another page than usual (<https://github.com/anomalyco/sst/issues/6742>).
    pub(crate) fn blamed(&self, halt: Halt) -> Halt {
        match halt {
            Halt::Origin(failure) if self.naming.changed && failure.cause == Cause::ConnectionRefused => {
                let answer = Answer::Page(Page::FailedToContact);
                let outcome = Outcome { answer, ..failure.outcome() };
                Halt::Origin(Box::new(failure.shown_as(outcome)))
            }
            halt => halt,
        }
    }

    /// Path and query as they are asked for; `None` if they are no request target, which only a broken `OriginPath` can
    /// bring about.
    pub(crate) fn uri(&self) -> Option<Uri> {
        request_head::target(&self.origin, &self.path, self.query.as_deref())
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

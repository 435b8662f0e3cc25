//! Asking the origin whether an expired copy is still right (RFC 9111 section 4.3).

use http::request::Parts;
use http::{HeaderMap, HeaderName, header};

use super::entry::Object;

/// The request with the copy's validators in place of the viewer's conditions; `None` if the copy has none.
pub(super) fn conditional(parts: &Parts, copy: &Object) -> Option<Parts> {
    let validators = [(header::IF_NONE_MATCH, header::ETAG), (header::IF_MODIFIED_SINCE, header::LAST_MODIFIED)];
    let found = validators.map(|(condition, validator)| Some((condition, copy.headers.get(validator)?.clone())));
    if found.iter().all(Option::is_none) {
        return None;
    }
    let mut parts = parts.clone();
    for condition in [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE] {
        parts.headers.remove(condition);
    }
    parts.headers.extend(found.into_iter().flatten());
    Some(parts)
}

/// The copy with what a 304 says anew of it: each field replaces all of its name, except those that are about the body
/// (RFC 9111 section 3.2).
pub(super) fn confirmed(copy: &Object, said: &HeaderMap) -> Object {
    let mut headers = copy.headers.clone();
    let names = || said.keys().filter(|name| !describes_body(name));
    for name in names() {
        headers.remove(name);
    }
    for name in names() {
        for value in said.get_all(name) {
            headers.append(name.clone(), value.clone());
        }
    }
    Object { headers, ..copy.clone() }
}

fn describes_body(name: &HeaderName) -> bool {
    matches!(*name, header::CONTENT_ENCODING | header::CONTENT_LENGTH | header::CONTENT_RANGE | header::CONTENT_TYPE)
        || *name == header::TRANSFER_ENCODING
}

#[cfg(test)]
mod tests {
    use http::{Request, Response};
    use time::macros::datetime;

    use super::*;

    fn object(fields: &[(&str, &str)]) -> Object {
        let mut response = Response::builder();
        for (name, value) in fields {
            response = response.header(*name, *value);
        }
        Object::new(&response.body(()).unwrap(), datetime!(2026-03-08 02:00 UTC))
    }

    #[test]
    fn the_copys_validators_replace_the_viewers_conditions() {
        let viewer = Request::builder().header("If-None-Match", "\"old\"").header("If-Modified-Since", "x");
        let (viewer, ()) = viewer.body(()).unwrap().into_parts();
        let asked = conditional(&viewer, &object(&[("ETag", "\"v1\"")])).unwrap();
        assert_eq!(asked.headers[header::IF_NONE_MATCH], "\"v1\"");
        assert!(!asked.headers.contains_key(header::IF_MODIFIED_SINCE));
        assert!(conditional(&viewer, &object(&[("Server", "x")])).is_none());
    }

    #[test]
    fn a_304_replaces_fields_and_leaves_the_body_alone() {
        let copy =
            object(&[("Cache-Control", "max-age=1"), ("Link", "</a>"), ("Content-Length", "5"), ("Server", "x")]);
        let mut said = HeaderMap::new();
        said.append("link", "</b>".parse().unwrap());
        said.append("link", "</c>".parse().unwrap());
        said.append("cache-control", "max-age=9".parse().unwrap());
        said.append("content-length", "0".parse().unwrap());
        let confirmed = confirmed(&copy, &said);
        let links: Vec<_> = confirmed.headers.get_all("link").iter().collect();
        assert_eq!(links, ["</b>", "</c>"]);
        assert_eq!(confirmed.header(header::CACHE_CONTROL), Some("max-age=9"));
        assert_eq!(confirmed.header(header::CONTENT_LENGTH), Some("5"));
        assert_eq!(confirmed.header(header::SERVER), Some("x"));
    }
}

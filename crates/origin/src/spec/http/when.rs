//! The `[[origin.http.when]]` tables: requests that get another answer.
//!
//! Virtual hosts, signed requests, secret headers and limits of head sizes are all of this form: one origin, and the
//! answer depends on what was asked.

use serde::Deserialize;

use super::HttpSpec;
use crate::history::RequestRecord;

/// An answer for some requests only: all conditions that are stated have to be met.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// The host in `Host`, without port, in any case.
    pub host: Option<String>,
    /// What the request target begins with.
    pub path: Option<String>,
    /// The method.
    pub method: Option<String>,
    /// A header the request has: `Name`, or `Name: value` for this very value.
    pub header: Option<String>,
    /// A header the request lacks, in the same form.
    pub without_header: Option<String>,
    /// The head of the request has more bytes than this.
    pub head_over: Option<usize>,
    /// The how manieth request it is that the origin gets, counted from 1, over all connections.
    pub nth: Option<usize>,
    /// Whether it comes over TLS.
    pub tls: Option<bool>,
    /// Whether `Host` is another name than the SNI; never so without TLS.
    pub host_is_not_sni: Option<bool>,
    /// What such a request gets. `when`, `answer_at`, `answers_per_connection` and `idle_close_ms` hold
    /// for all requests and are not possible here.
    pub answer: HttpSpec,
}

/// A request, with what is known about the connection it came in on.
pub(crate) struct Question<'a> {
    pub(crate) request: &'a RequestRecord,
    /// `None` without TLS.
    pub(crate) tls: Option<Sni<'a>>,
    /// Counted from 1.
    pub(crate) nth: usize,
}

/// The name sent as SNI, if one was sent.
pub(crate) type Sni<'a> = Option<&'a str>;

impl When {
    /// Whether the request meets every stated condition.
    pub(crate) fn fits(&self, question: &Question<'_>) -> bool {
        let request = question.request;
        let host = host(request);
        let conditions = [
            self.host.as_ref().map(|stated| host.eq_ignore_ascii_case(stated)),
            self.path.as_ref().map(|stated| request.target.starts_with(stated)),
            self.method.as_ref().map(|stated| request.method == *stated),
            self.header.as_ref().map(|stated| has(request, stated)),
            self.without_header.as_ref().map(|stated| !has(request, stated)),
            self.head_over.map(|limit| head_len(request) > limit),
            self.nth.map(|stated| question.nth == stated),
            self.tls.map(|stated| question.tls.is_some() == stated),
            self.host_is_not_sni
                .map(|stated| question.tls.flatten().is_some_and(|sni| !sni.eq_ignore_ascii_case(host)) == stated),
        ];
        conditions.into_iter().flatten().all(|met| met)
    }
}

fn host(request: &RequestRecord) -> &str {
    let host = request.header("host").unwrap_or_default();
    host.split_once(':').map_or(host, |(host, _)| host)
}

/// Whether the request has the header, `Name` or `Name: value`.
fn has(request: &RequestRecord, stated: &str) -> bool {
    let (name, value) = split(stated);
    let mut own = request.headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
    own.any(|(_, own)| value.is_none_or(|value| own == value))
}

fn split(stated: &str) -> (&str, Option<&str>) {
    stated.split_once(':').map_or((stated, None), |(name, value)| (name, Some(value.trim())))
}

/// Bytes of the head: request line, headers, empty line.
fn head_len(request: &RequestRecord) -> usize {
    let line = request.method.len() + request.target.len() + request.version.len() + "  \r\n".len();
    let headers: usize = request.headers.iter().map(|(name, value)| name.len() + value.len() + ": \r\n".len()).sum();
    line + headers + "\r\n".len()
}

impl When {
    /// A request over plain HTTP that meets the conditions, for the self-test; `None` if there is none.
    pub(crate) fn example(&self, name: &str) -> Option<RequestRecord> {
        let mut request = RequestRecord {
            method: self.method.clone().unwrap_or_else(|| "GET".to_owned()),
            target: self.path.clone().unwrap_or_else(|| "/".to_owned()),
            version: "HTTP/1.1".to_owned(),
            headers: vec![
                ("Host".to_owned(), self.host.clone().unwrap_or_else(|| name.to_owned())),
                ("Connection".to_owned(), "close".to_owned()),
            ],
            body_len: 0,
        };
        if let Some(stated) = &self.header {
            let (name, value) = split(stated);
            request.headers.push((name.to_owned(), value.unwrap_or("1").to_owned()));
        }
        if let Some(limit) = self.head_over {
            request.headers.push(("x-filler".to_owned(), "x".repeat(limit)));
        }
        self.fits(&Question { request: &request, tls: None, nth: 1 }).then_some(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> RequestRecord {
        RequestRecord {
            method: "GET".to_owned(),
            target: "/images/a.png?x=1".to_owned(),
            version: "HTTP/1.1".to_owned(),
            headers: vec![("host".to_owned(), "A.test:443".to_owned()), ("X-Verify".to_owned(), "1".to_owned())],
            body_len: 0,
        }
    }

    fn fits(when: &str) -> bool {
        let request = request();
        let question = Question { request: &request, tls: Some(Some("b.test")), nth: 2 };
        toml::from_str::<When>(when).unwrap().fits(&question)
    }

    #[test]
    fn every_condition_can_be_met_and_missed() {
        for (met, missed) in [
            ("host = 'a.test'", "host = 'b.test'"),
            ("path = '/images/'", "path = '/api/'"),
            ("method = 'GET'", "method = 'get'"),
            ("header = 'x-verify'", "header = 'x-other'"),
            ("header = 'X-Verify: 1'", "header = 'X-Verify: 2'"),
            ("without_header = 'X-Verify: 2'", "without_header = 'x-verify'"),
            ("head_over = 64", "head_over = 65"),
            ("nth = 2", "nth = 1"),
            ("tls = true", "tls = false"),
            ("host_is_not_sni = true", "host_is_not_sni = false"),
        ] {
            assert!(fits(met), "{met}");
            assert!(!fits(missed), "{missed}");
            assert!(!fits(&format!(
                "{met}\n{}",
                if missed.starts_with("host =") { "nth = 1" } else { "host = 'c.test'" }
            )));
        }
    }

    #[test]
    fn the_length_of_a_head_is_that_on_the_wire() {
        let wire = "GET /images/a.png?x=1 HTTP/1.1\r\nhost: A.test:443\r\nX-Verify: 1\r\n\r\n";
        assert_eq!(head_len(&request()), wire.len());
    }

    #[test]
    fn an_example_meets_the_conditions() {
        for when in
            ["host = 'c.test'\nheader = 'X-A: 1'", "head_over = 100\nmethod = 'POST'", "path = '/a'\ntls = false"]
        {
            assert!(toml::from_str::<When>(when).unwrap().example("a.test").is_some(), "{when}");
        }
        for when in ["nth = 2", "tls = true", "host_is_not_sni = true"] {
            assert_eq!(toml::from_str::<When>(when).unwrap().example("a.test"), None, "{when}");
        }
    }
}

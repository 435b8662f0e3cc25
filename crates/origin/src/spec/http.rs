//! The `[origin.http]` table: the response, sound or broken.

mod when;

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};

pub(crate) use when::Question;
pub use when::When;

use super::RawBytes;

/// What the origin answers to a request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSpec {
    /// Status code, 200-999. Default 200.
    pub status: u16,
    /// The body. Default: a page that says which origin this is and what was negotiated.
    pub body: Option<String>,
    /// Response headers, in this order. They replace the origin's own ones of the same name; also `Content-Length`,
    /// so that an origin can lie about it.
    pub headers: HttpHeaders,
    /// What is wrong with the answer. Default `answer`: nothing.
    pub behavior: HttpBehavior,
    /// The answer byte for byte, in place of everything above; the connection is closed after it.
    pub raw: Option<RawBytes>,
    /// Interim responses sent before the answer, 100-199 without 101, in this order (RFC 9110 section 15.2).
    /// Default none.
    pub interim: Vec<u16>,
    /// How long the origin thinks before the first byte, in milliseconds. Default 0.
    pub delay_ms: u64,
    /// Milliseconds between one byte of the body and the next. Default: all at once.
    pub drip_ms: Option<u64>,
    /// How much of the request the origin waits for. Default `request`.
    pub answer_at: AnswerAt,
    /// After this many answers the origin closes the connection in place of the next answer, without having announced
    /// it: the race that keeps an idle connection from being reused. Default: unlimited.
    pub answers_per_connection: Option<u32>,
    /// After this many idle milliseconds the origin closes a connection that has carried a request. Default 75 s.
    pub idle_close_ms: Option<u64>,
    /// Requests that get another answer; the first entry that fits decides.
    pub when: Vec<When>,
}

impl HttpSpec {
    /// What this request gets: the answer of the first condition it meets, or this one.
    pub(crate) fn answering(&self, question: &Question<'_>) -> &Self {
        self.when.iter().find(|when| when.fits(question)).map_or(self, |when| &when.answer)
    }
}

impl Default for HttpSpec {
    fn default() -> Self {
        Self {
            status: 200,
            body: None,
            headers: HttpHeaders::default(),
            behavior: HttpBehavior::Answer,
            raw: None,
            interim: Vec::new(),
            delay_ms: 0,
            drip_ms: None,
            answer_at: AnswerAt::Request,
            answers_per_connection: None,
            idle_close_ms: None,
            when: Vec::new(),
        }
    }
}

/// How much of a request has to be there before the origin answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerAt {
    /// Nothing: the first answer is out before anything was asked, as with servers of other protocols.
    Connection,
    /// The head: the origin answers while the body is still coming. It reads on afterwards if the connection stays.
    Head,
    /// Head and body.
    #[default]
    Request,
}

/// What the origin does with a request it has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HttpBehavior {
    /// Answers it.
    #[default]
    Answer,
    /// Closes the connection in place of an answer.
    CloseWithoutAnswer,
    /// Resets the TCP connection in place of an answer.
    ResetWithoutAnswer,
    /// Never answers.
    Silent,
    /// Starts with a line that is no HTTP status line (RFC 9112 section 4).
    MalformedStatusLine,
    /// Sends a header line without a colon (RFC 9112 section 5).
    MalformedHeader,
    /// Sends two different `Content-Length` values (RFC 9112 section 6.3).
    ConflictingContentLength,
    /// Sends more than 32,768 bytes of headers, CloudFront's quota for an origin response.
    /// See <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html>.
    OversizedHeaders,
    /// Closes the connection in the middle of the headers.
    TruncatedHeaders,
    /// Says nothing any more in the middle of the headers.
    StalledHeaders,
    /// Promises a longer body than it sends, then closes.
    TruncatedBody,
    /// Sends a chunked body without its end, then closes (RFC 9112 section 7.1).
    TruncatedChunks,
    /// Promises a longer body than it sends, then says nothing any more.
    StalledBody,
}

/// Response headers in the order they are written. In TOML a table; a list of strings repeats the header.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HttpHeaders(Vec<(String, String)>);

impl HttpHeaders {
    /// Name and value of each header, in order, with case as written.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether a header of this name is set, in any case.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for HttpHeaders {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(headers: I) -> Self {
        Self(headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl<'de> Deserialize<'de> for HttpHeaders {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeadersVisitor)
    }
}

struct HeadersVisitor;

impl<'de> Visitor<'de> for HeadersVisitor {
    type Value = HttpHeaders;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a table of header names, each with a string or a list of strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a string or a list of strings")]
        enum Values {
            One(String),
            Many(Vec<String>),
        }
        let mut headers = Vec::new();
        while let Some((name, values)) = map.next_entry::<String, Values>()? {
            match values {
                Values::One(value) => headers.push((name, value)),
                Values::Many(values) => headers.extend(values.into_iter().map(|value| (name.clone(), value))),
            }
        }
        Ok(HttpHeaders(headers))
    }
}

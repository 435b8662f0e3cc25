//! What a form of the pages sends.

use http::Request;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Body;

/// The largest body that is read.
const MOST: usize = 4 * 1024;

/// Why a form was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It is larger than [`MOST`], or broke off.
    TooLarge,
    /// It is not a form.
    NoForm,
}

/// The fields by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a form of type `application/x-www-form-urlencoded`.
    pub(crate) async fn read<B>(request: Request<B>) -> Result<Self, Unreadable>
    where
        B: Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_form =
            media_type.split(';').next().is_some_and(|name| name.trim() == "application/x-www-form-urlencoded");
        let body = Limited::new(request.into_body(), MOST).collect().await.map_err(|_| Unreadable::TooLarge)?;
        if !is_form {
            return Err(Unreadable::NoForm);
        }
        Ok(Self(form_urlencoded::parse(&body.to_bytes()).into_owned().collect()))
    }

    /// The value of a field that is there exactly once.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (Some(value), None) => Some(value),
            _ => None,
        }
    }
}

//! The id CloudFront gives to every request.
//!
//! The same text is sent to the viewer in `X-Amz-Cf-Id`, to the origin under the same name, printed on CloudFront's own
//! error pages and logged as `x-edge-request-id`
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html>). AWS calls it
//! opaque; every published sample since 2013 is 40 bytes in base64url with padding, 56 characters.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use thiserror::Error;

/// The id of one request: 56 characters of base64url, of which the last two are `==`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(String);

impl RequestId {
    /// Number of bytes an id is made of.
    pub const BYTES: usize = 40;
    /// Number of characters of an id.
    pub const CHARS: usize = 56;
    /// Number of bytes of [`RequestId::to_html`].
    pub const HTML_CHARS: usize = 66;

    /// The id that stands for these 40 bytes. Any bytes do; an edge draws random ones.
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(URL_SAFE.encode(bytes))
    }

    /// The id as headers and logs carry it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as the 2026 error pages print it: each `=` as the HTML reference `&#x3D;`.
    pub fn to_html(&self) -> String {
        self.0.replace('=', "&#x3D;")
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for RequestId {
    type Err = RequestIdError;

    /// Accepts what [`RequestId::from_bytes`] can produce and nothing else.
    fn from_str(text: &str) -> Result<Self, RequestIdError> {
        let decoded = URL_SAFE.decode(text).ok().and_then(|bytes| <[u8; Self::BYTES]>::try_from(bytes).ok());
        decoded.map(Self::from_bytes).ok_or_else(|| RequestIdError { found: text.to_owned() })
    }
}

/// A text that is no CloudFront request id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{found:?} is not a CloudFront request id; expected 40 bytes in base64url, 56 characters ending in \"==\"")]
pub struct RequestIdError {
    /// The text as it was given.
    pub found: String,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `^[A-Za-z0-9_-]{53}[AQgw]==$`, the form of every published sample.
    fn has_published_form(text: &str) -> bool {
        let bytes = text.as_bytes();
        bytes.len() == RequestId::CHARS
            && bytes[..53].iter().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(b))
            && b"AQgw".contains(&bytes[53])
            && text.ends_with("==")
    }

    #[test]
    fn published_ids_are_read_and_kept() {
        for id in [
            "5u_xeJLSMl-opJROBruHUM2M-h_HqFI380v-adX7kX40kGl4cyPEAQ==",
            "1pkpNfBQ39sYMnjjUQjmH2w1wdJnbHYTbag21o_3OfcQgPzdL2RSSQ==",
            "kBkDzGnceVtWHqSCqBUqtA_cEs2T3tFUBbnBNkB9El_uVRhHgcZfcw==",
        ] {
            assert!(has_published_form(id));
            assert_eq!(id.parse::<RequestId>().expect("a published id").as_str(), id);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        let good = RequestId::from_bytes([0xA5; 40]).to_string();
        let standard_alphabet = format!("+/{}", &good[2..]);
        let loose_last_bits = format!("{}B==", &good[..53]);
        for bad in ["", "-", &good[..54], &good[1..], &standard_alphabet, &loose_last_bits] {
            let error = bad.parse::<RequestId>().expect_err(bad);
            assert_eq!(error.found, bad);
        }
    }

    #[test]
    fn html_form_escapes_the_padding_only() {
        let id = RequestId::from_bytes([7; 40]);
        assert_eq!(id.to_html().len(), RequestId::HTML_CHARS);
        assert_eq!(id.to_html().replace("&#x3D;", "="), id.as_str());
    }

    proptest! {
        #[test]
        fn every_id_has_the_published_form_and_is_read_back(bytes in prop::array::uniform32(any::<u8>()), tail in any::<[u8; 8]>()) {
            let bytes: [u8; 40] = [&bytes[..], &tail[..]].concat().try_into().expect("32 + 8 bytes");
            let id = RequestId::from_bytes(bytes);
            prop_assert!(has_published_form(id.as_str()));
            prop_assert_eq!(id.as_str().parse::<RequestId>(), Ok(id.clone()));
        }
    }
}

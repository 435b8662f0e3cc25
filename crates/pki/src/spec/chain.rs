//! The `[origin.chain]` table.

use std::fmt;
use std::num::NonZeroU8;
use std::str::FromStr;

use serde::Deserialize;

use crate::PkiError;

/// Which certificates exist and which are sent, in which order: the `[origin.chain]` table.
///
/// AWS wants the leaf, then the certificate that signed it, and so on without the root
/// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-cloudfront-to-custom-origin.html>).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChainSpec {
    /// How many intermediates lie between leaf and root, 0 to 255; default 1, and 0 for an issuer whose root signs
    /// leaves itself. A self-signed leaf has none.
    pub intermediates: Option<u8>,
    /// What the origin sends, in wire order; default the leaf and then every intermediate, the leaf's issuer first.
    pub serve: Option<Vec<Token>>,
}

/// An entry of `serve`. Any entry may appear more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Token {
    /// `leaf`
    Leaf,
    /// `intermediate-N`: 1 is the leaf's issuer, the highest is signed by the root. `intermediate` is number 1.
    Intermediate(NonZeroU8),
    /// `root`
    Root,
    /// `cross-signed`: the root's name and key, signed by another, older root.
    CrossSigned,
    /// `expired-intermediate-N`: an older certificate for the name and key of intermediate N, expired 30 days ago.
    ExpiredIntermediate(NonZeroU8),
    /// `rekeyed-intermediate-N`: a certificate for the name of intermediate N with another key, as from another
    /// generation of the authority.
    RekeyedIntermediate(NonZeroU8),
    /// `expired-root`: an older certificate for the root's name and key, expired 30 days ago.
    ExpiredRoot,
    /// `expired-cross-signed`: as `cross-signed`, expired 30 days ago.
    ExpiredCrossSigned,
    /// `unrelated` (one) or `padding-N`: this many certificates that have nothing to do with the chain.
    Unrelated(NonZeroU8),
}

impl FromStr for Token {
    type Err = PkiError;

    fn from_str(text: &str) -> Result<Self, PkiError> {
        let numbered = |prefix| text.strip_prefix(prefix).and_then(|n: &str| n.parse().ok());
        match text {
            "leaf" => Ok(Self::Leaf),
            "intermediate" => Ok(Self::Intermediate(NonZeroU8::MIN)),
            "root" => Ok(Self::Root),
            "cross-signed" => Ok(Self::CrossSigned),
            "expired-root" => Ok(Self::ExpiredRoot),
            "expired-cross-signed" => Ok(Self::ExpiredCrossSigned),
            "unrelated" => Ok(Self::Unrelated(NonZeroU8::MIN)),
            _ => numbered("intermediate-")
                .map(Self::Intermediate)
                .or_else(|| numbered("expired-intermediate-").map(Self::ExpiredIntermediate))
                .or_else(|| numbered("rekeyed-intermediate-").map(Self::RekeyedIntermediate))
                .or_else(|| numbered("padding-").map(Self::Unrelated))
                .ok_or_else(|| {
                    PkiError::malformed(
                        text,
                        "a certificate of the chain: expected \"leaf\", \"intermediate\", \"intermediate-N\", \"root\", \
                         \"cross-signed\", \"expired-intermediate-N\", \"rekeyed-intermediate-N\", \"expired-root\", \
                         \"expired-cross-signed\", \"unrelated\" or \"padding-N\" with N from 1 to 255",
                    )
                }),
        }
    }
}

impl TryFrom<String> for Token {
    type Error = PkiError;

    fn try_from(text: String) -> Result<Self, PkiError> {
        text.parse()
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leaf => f.write_str("leaf"),
            Self::Intermediate(position) => write!(f, "intermediate-{position}"),
            Self::Root => f.write_str("root"),
            Self::CrossSigned => f.write_str("cross-signed"),
            Self::ExpiredIntermediate(position) => write!(f, "expired-intermediate-{position}"),
            Self::RekeyedIntermediate(position) => write!(f, "rekeyed-intermediate-{position}"),
            Self::ExpiredRoot => f.write_str("expired-root"),
            Self::ExpiredCrossSigned => f.write_str("expired-cross-signed"),
            Self::Unrelated(NonZeroU8::MIN) => f.write_str("unrelated"),
            Self::Unrelated(count) => write!(f, "padding-{count}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_survive_printing() {
        let plain = ["leaf", "intermediate-1", "intermediate-2", "root", "cross-signed", "unrelated", "padding-9"];
        let older = ["expired-intermediate-1", "rekeyed-intermediate-2", "expired-root", "expired-cross-signed"];
        for text in plain.into_iter().chain(older) {
            assert_eq!(text.parse::<Token>().unwrap().to_string(), text);
        }
        assert_eq!("intermediate".parse::<Token>().unwrap(), "intermediate-1".parse().unwrap());
    }

    #[test]
    fn errors_name_the_tokens() {
        for bad in ["", "leaves", "intermediate-0", "intermediate-x", "padding-256", "padding-"] {
            let message = bad.parse::<Token>().expect_err(bad).to_string();
            assert!(message.contains("\"cross-signed\""), "{message}");
        }
    }
}

//! What of a viewer's request goes on to the origin.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::path_pattern::glob;

/// Which of the headers, cookies or query strings of a viewer request are forwarded.
///
/// In JSON and TOML: `"none"`, `"all"`, a list of names, or `{ "except": [names] }`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(from = "SelectionText")]
pub enum Selection {
    /// None of them.
    #[default]
    None,
    /// All of them.
    All,
    /// All but these.
    AllExcept(BTreeSet<String>),
    /// These.
    Only(BTreeSet<String>),
}

impl Selection {
    /// The named ones.
    pub fn only<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let names: BTreeSet<String> = names.into_iter().map(str::to_owned).collect();
        if names.is_empty() { Self::None } else { Self::Only(names) }
    }

    /// All but the named ones.
    pub fn all_except<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let names: BTreeSet<String> = names.into_iter().map(str::to_owned).collect();
        if names.is_empty() { Self::All } else { Self::AllExcept(names) }
    }

    /// Whether `name` is among them. Listed names may contain the wildcards `*` and `?`, as CloudFront allows for
    /// cookies.
    pub fn includes(&self, name: &str) -> bool {
        let listed = |names: &BTreeSet<String>| names.contains(name) || names.iter().any(|listed| glob(listed, name));
        match self {
            Self::None => false,
            Self::All => true,
            Self::AllExcept(names) => !listed(names),
            Self::Only(names) => listed(names),
        }
    }

    /// Whether any can be forwarded.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }

    /// What at least one of the two selections includes.
    pub fn union(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, some) | (some, Self::None) => some,
            (Self::All, _) | (_, Self::All) => Self::All,
            (Self::Only(a), Self::Only(b)) => Self::Only(&a | &b),
            (Self::AllExcept(a), Self::AllExcept(b)) => excepting(&a & &b),
            (Self::AllExcept(except), Self::Only(names)) | (Self::Only(names), Self::AllExcept(except)) => {
                excepting(&except - &names)
            }
        }
    }

    /// The same selection with lower-case names: header names have no case.
    pub fn lowercase(self) -> Self {
        let lower = |names: BTreeSet<String>| names.into_iter().map(|name| name.to_ascii_lowercase()).collect();
        match self {
            Self::None | Self::All => self,
            Self::AllExcept(names) => Self::AllExcept(lower(names)),
            Self::Only(names) => Self::Only(lower(names)),
        }
    }
}

fn excepting(names: BTreeSet<String>) -> Selection {
    if names.is_empty() { Selection::All } else { Selection::AllExcept(names) }
}

/// The forms a [`Selection`] may be written in.
#[derive(Deserialize)]
#[serde(untagged, expecting = "\"none\", \"all\", a list of names, or { except = [names] }")]
enum SelectionText {
    Word(SelectionWord),
    Names(BTreeSet<String>),
    Except { except: BTreeSet<String> },
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum SelectionWord {
    None,
    All,
}

impl From<SelectionText> for Selection {
    fn from(text: SelectionText) -> Self {
        match text {
            SelectionText::Word(SelectionWord::None) => Self::None,
            SelectionText::Word(SelectionWord::All) => Self::All,
            SelectionText::Names(names) if names.is_empty() => Self::None,
            SelectionText::Names(names) => Self::Only(names),
            SelectionText::Except { except } => excepting(except),
        }
    }
}

/// What a cache behavior forwards to the origin, its policies or legacy `ForwardedValues` taken together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forwarding {
    /// Headers, with lower-case names. `All` means all headers of the viewer, `Host` included.
    pub headers: Selection,
    /// Cookies.
    pub cookies: Selection,
    /// Query strings. Legacy `QueryStringCacheKeys` shape the cache key only, so they do not show here.
    pub query_strings: Selection,
    /// Encodings that `Accept-Encoding` is reduced to when the viewer accepts them.
    pub accept_encoding: AcceptEncoding,
}

/// What of a request takes part in the cache key: the cache policy's selections alone, or legacy `ForwardedValues`.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-the-cache-key.html>.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyedBy {
    /// Headers, with lower-case names.
    pub headers: Selection,
    /// Cookies.
    pub cookies: Selection,
    /// Query strings.
    pub query_strings: Selection,
}

impl From<&Forwarding> for KeyedBy {
    /// Everything that is forwarded.
    fn from(forwarding: &Forwarding) -> Self {
        Self {
            headers: forwarding.headers.clone(),
            cookies: forwarding.cookies.clone(),
            query_strings: forwarding.query_strings.clone(),
        }
    }
}

/// The compressed formats a cache policy asks for. `Accept-Encoding` is removed when it asks for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AcceptEncoding {
    /// `EnableAcceptEncodingGzip`.
    pub gzip: bool,
    /// `EnableAcceptEncodingBrotli`.
    pub brotli: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn union_includes_what_either_side_includes() {
        let selections = [
            Selection::None,
            Selection::All,
            Selection::only(["host"]),
            Selection::only(["host", "origin"]),
            Selection::all_except(["host"]),
            Selection::all_except(["origin", "host"]),
        ];
        for a in &selections {
            for b in &selections {
                let union = a.clone().union(b.clone());
                for name in ["host", "origin", "accept"] {
                    assert_eq!(union.includes(name), a.includes(name) || b.includes(name), "{a:?} and {b:?}: {name}");
                }
            }
        }
    }

    #[test]
    fn selections_are_read_from_words_and_lists() {
        let cases = [
            (r#""none""#, Selection::None),
            (r#""all""#, Selection::All),
            (r"[]", Selection::None),
            (r#"["Host"]"#, Selection::only(["Host"])),
            (r#"{"except": ["Host"]}"#, Selection::all_except(["Host"])),
        ];
        for (text, expected) in cases {
            assert_eq!(serde_json::from_str::<Selection>(text).unwrap(), expected, "{text}");
        }
        let error = serde_json::from_str::<Selection>(r#""some""#).unwrap_err().to_string();
        assert!(error.contains("a list of names"), "{error}");
    }

    #[test]
    fn cookie_names_may_hold_wildcards() {
        let cookies = Selection::only(["session_*"]);
        assert!(cookies.includes("session_1"));
        assert!(!cookies.includes("Session_1"));
    }
}

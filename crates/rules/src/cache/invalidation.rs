//! Which kept responses an invalidation takes away.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::CacheKey;

/// The path of an invalidation: exact, or everything that begins with it if it ends with `*`.
///
/// Case matters. A query string takes part as it stands in the cache key. Variants by header or cookie go together
/// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidationPath {
    /// Without the `*`; with a leading `/`.
    text: String,
    prefix: bool,
}

/// A path that CloudFront would not take.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{0:?} is no path to invalidate: `*` stands for any ending, so it can only come last; write /images/* or one invalidation for each path"
)]
pub struct InvalidationError(String);

impl InvalidationPath {
    /// Whether what is kept under `key` goes.
    pub fn matches(&self, key: &CacheKey) -> bool {
        let target = key.target();
        if self.prefix { target.starts_with(&self.text) } else { target == self.text }
    }
}

impl FromStr for InvalidationPath {
    type Err = InvalidationError;

    /// Reads a path with or without its leading `/`. Fails if a `*` stands elsewhere than at the end.
    fn from_str(path: &str) -> Result<Self, InvalidationError> {
        let (text, prefix) = path.strip_suffix('*').map_or((path, false), |text| (text, true));
        if text.contains('*') {
            return Err(InvalidationError(path.to_owned()));
        }
        let slash = if text.starts_with('/') { "" } else { "/" };
        Ok(Self { text: format!("{slash}{text}"), prefix })
    }
}

impl fmt::Display for InvalidationPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.text, if self.prefix { "*" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wildcard_comes_last_and_stands_for_any_ending() {
        for (path, target, expected) in [
            ("/*", "/", true),
            ("*", "/a/b?c=d", true),
            ("/images/*", "/images/", true),
            ("/images/*", "/images/a/b.jpg", true),
            ("/images/*", "/images", false),
            ("/images*", "/images", true),
            ("images/a.jpg", "/images/a.jpg", true),
            ("/images/a.jpg", "/images/A.jpg", false),
            ("/images/a.jpg", "/images/a.jpg?w=1", false),
            ("/images/a.jpg?w=1", "/images/a.jpg?w=1", true),
            ("/images/a.jpg*", "/images/a.jpg?w=1", true),
            ("/", "/index.html", false),
        ] {
            let invalidation: InvalidationPath = path.parse().unwrap();
            assert_eq!(invalidation.matches(&CacheKey::for_target(target)), expected, "{path} on {target}");
        }
    }

    #[test]
    fn a_wildcard_elsewhere_is_refused() {
        for path in ["/*.jpg", "/a*b*", "**"] {
            let error = path.parse::<InvalidationPath>().unwrap_err().to_string();
            assert!(error.contains(path) && error.contains("/images/*"), "{error}");
        }
    }
}

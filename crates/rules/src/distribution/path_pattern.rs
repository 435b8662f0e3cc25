//! `PathPattern`: which requests a cache behavior is for.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html>.

use std::fmt;

use percent_encoding::percent_decode_str;

/// The pattern of a cache behavior. `*` stands for any number of characters, `/` included, `?` for exactly one; case
/// matters; a leading `/` does not; the query string takes no part.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PathPattern {
    /// The default cache behavior: every request that no other behavior is for.
    Default,
    /// The pattern as written in the file.
    Pattern(String),
}

impl PathPattern {
    /// The pattern as CloudFront's API writes it; `*` for the default behavior.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Default => "*",
            Self::Pattern(pattern) => pattern,
        }
    }

    /// Whether a request for `path` belongs to the behavior. The path is normalized first, see [`normalize_path`].
    pub fn matches(&self, path: &str) -> bool {
        self.matches_normalized(&normalize_path(path))
    }

    /// [`Self::matches`] for a path that is normalized already.
    pub(super) fn matches_normalized(&self, path: &str) -> bool {
        match self {
            Self::Default => true,
            Self::Pattern(pattern) => glob(without_slash(pattern), without_slash(path)),
        }
    }
}

impl fmt::Display for PathPattern {
    /// `Default (*)` for the default behavior, as in CloudFront's console.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.pad("Default (*)"),
            Self::Pattern(pattern) => f.pad(pattern),
        }
    }
}

fn without_slash(text: &str) -> &str {
    text.strip_prefix('/').unwrap_or(text)
}

/// The path by which CloudFront chooses a behavior: without query string, unreserved characters decoded, repeated
/// slashes and dot segments removed (RFC 3986 section 6.2.2). The origin still gets the path as the viewer sent it.
pub fn normalize_path(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let decoded = decode_unreserved(path);
    let mut segments: Vec<&str> = Vec::new();
    for segment in decoded.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    let names_directory = ["/", "/.", "/.."].iter().any(|end| decoded.ends_with(end));
    let end = if names_directory && !segments.is_empty() { "/" } else { "" };
    format!("/{}{end}", segments.join("/"))
}

fn decode_unreserved(path: &str) -> String {
    let mut decoded = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(percent) = rest.find('%') {
        let (before, escape) = rest.split_at(percent);
        decoded.push_str(before);
        let byte = escape.get(..3).and_then(|escape| percent_decode_str(escape).next());
        match byte {
            Some(b) if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => {
                decoded.push(char::from(b));
                rest = &escape[3..];
            }
            _ => {
                decoded.push('%');
                rest = &escape[1..];
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

/// Whether `text` matches `pattern`, byte by byte, in time proportional to the product of their lengths at worst.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut seen) = (0, 0);
    // Where to go on when the characters after the last `*` turn out not to match.
    let mut retry: Option<(usize, usize)> = None;
    while seen < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                retry = Some((at + 1, seen + 1));
                at += 1;
            }
            Some(&expected) if expected == b'?' || expected == text[seen] => (at, seen) = (at + 1, seen + 1),
            _ => match retry {
                Some((after_star, next)) => {
                    (at, seen) = (after_star, next);
                    retry = Some((after_star, next + 1));
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|&left| left == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_documented() {
        let cases = [
            ("images/*.jpg", "/images/a.jpg", true),
            ("/images/*.jpg", "/images/a.jpg", true),
            ("/images/*.jpg", "/images/deep/er/a.jpg", true),
            ("/images/*.jpg", "/images/.jpg", true),
            ("/images/*.jpg", "/images/a.JPG", false),
            ("/Images/*", "/images/a", false),
            ("/images/*", "/images", false),
            ("/images*", "/images", true),
            ("/api/*", "/api/", true),
            ("/api/*", "/v1/api/x", false),
            ("*.gif", "/a/b/c.gif", true),
            ("*/api/*", "/v1/api/x", true),
            ("a??.jpg", "/ant.jpg", true),
            ("a??.jpg", "/at.jpg", false),
            ("a??.jpg", "/aunt.jpg", false),
            ("*", "/", true),
            ("/", "/", true),
            ("/", "/x", false),
            ("/a*b*c", "/aXbYbZc", true),
            ("/a*b*c", "/aXbYbZ", false),
            ("/%C3%BC/*", "/%C3%BC/x", true),
        ];
        for (pattern, path, expected) in cases {
            let matches = PathPattern::Pattern(pattern.to_owned()).matches(path);
            assert_eq!(matches, expected, "{pattern} against {path}");
        }
        assert!(PathPattern::Default.matches("/anything"));
    }

    #[test]
    fn the_query_string_takes_no_part() {
        let pattern = PathPattern::Pattern("*.jpg".to_owned());
        assert!(pattern.matches("/a.jpg?width=1"));
        assert!(!pattern.matches("/a.png?x=.jpg"));
    }

    #[test]
    fn paths_are_normalized_before_matching() {
        let cases = [
            ("", "/"),
            ("/", "/"),
            ("//a///b", "/a/b"),
            ("/a/./b/../c", "/a/c"),
            ("/a/b/..", "/a/"),
            ("/../..", "/"),
            ("/a/", "/a/"),
            ("/%61%2Fb", "/a%2Fb"),
            ("/%2e%2E/x", "/x"),
            ("/100%", "/100%"),
            ("/%é1", "/%é1"),
        ];
        for (path, expected) in cases {
            assert_eq!(normalize_path(path), expected, "{path}");
        }
    }

    #[test]
    fn many_stars_do_not_explode() {
        let pattern = PathPattern::Pattern("*a".repeat(120));
        assert!(!pattern.matches(&format!("/{}", "a".repeat(119) + "b")));
    }
}

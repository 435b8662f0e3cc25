//! What the distribution's standard log holds.

use super::wire;

/// `Logging`, as far as a log on one machine can follow it: bucket and prefix have no meaning here.
///
/// Source: <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_LoggingConfig.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Logging {
    /// `Enabled`. Default false. A log that is asked for on the command line is written all the same.
    pub enabled: bool,
    /// `IncludeCookies`: whether `cs(Cookie)` is filled. Default false.
    pub include_cookies: bool,
}

impl Logging {
    pub(super) fn read(found: Option<wire::Logging>) -> Self {
        let wire = found.unwrap_or_default();
        Self { enabled: wire.enabled.unwrap_or_default(), include_cookies: wire.include_cookies.unwrap_or_default() }
    }
}

//! What a check from here cannot see.

use crate::target::Target;

/// The limits of a check of `target`, for the report.
pub(crate) fn of(target: &Target) -> Vec<String> {
    let mut limits = vec![
        "The check ran from this machine, not from a CloudFront edge: a firewall, WAF or name server that treats \
         source addresses differently is invisible to it."
            .to_owned(),
    ];
    if target.matches_viewer() {
        let (asked, other) = if target.viewer_https { ("HTTPS", "HTTP") } else { ("HTTP", "HTTPS") };
        limits.push(format!(
            "OriginProtocolPolicy is match-viewer: this is what viewers with {asked} get; those with {other} take another way."
        ));
    }
    limits
}

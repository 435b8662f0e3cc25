//! Authorities that are well known and on no list of public ones.
//!
//! A leaf that comes alone tells its issuer by name only, so a missing intermediate and an unknown authority look alike.
//! These names settle it: whoever sends the chain of one of them is no better off.

/// A well-known authority that no public list has.
#[derive(Debug, Clone, Copy)]
pub(super) struct NotPublic {
    /// What its names have in common.
    mark: &'static str,
    /// Who it is, for the sentence "was issued by …,".
    pub(super) what: &'static str,
    /// Where its operator says that nobody else trusts it.
    pub(super) source: &'static str,
}

const KNOWN: [NotPublic; 3] = [
    NotPublic {
        mark: "CloudFlare Origin",
        what: "which only Cloudflare's own proxies trust",
        source: "https://developers.cloudflare.com/ssl/origin-configuration/origin-ca/",
    },
    NotPublic {
        mark: "(STAGING)",
        what: "a staging environment, which nobody trusts",
        source: "https://letsencrypt.org/docs/staging-environment/",
    },
    NotPublic {
        mark: "Kubernetes Ingress Controller Fake",
        what: "the stopgap of an ingress controller, which nobody trusts",
        source: "https://kubernetes.github.io/ingress-nginx/user-guide/tls/",
    },
];

/// The one that `issuer`, a name as text, belongs to.
pub(super) fn authority(issuer: &str) -> Option<NotPublic> {
    let issuer = issuer.to_ascii_lowercase();
    KNOWN.into_iter().find(|known| issuer.contains(&known.mark.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_names_are_recognised() {
        for name in
            ["O=CloudFlare, Inc., OU=CloudFlare Origin SSL Certificate Authority", "CN=(STAGING) Riddling Rhubarb R12"]
        {
            assert!(authority(name).is_some(), "{name}");
        }
        for name in ["O=CloudFlare, Inc., CN=Cloudflare Inc ECC CA-3", "CN=Staging Area CA", ""] {
            assert!(authority(name).is_none(), "{name}");
        }
    }
}

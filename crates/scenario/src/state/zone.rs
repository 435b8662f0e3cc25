//! The domain that a lab's names are under.

use serde::Deserialize;

use super::{ORIGIN_DOMAIN, STANDBY_DOMAIN, VIEWER_HOST};

/// The domain of the shop whose site is broken: `shop.test` unless a file says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(transparent)]
pub struct Zone(String);

impl Zone {
    /// The domain `name`, if it is a domain of two labels under `.test`.
    pub(crate) fn new(name: &str) -> Option<Self> {
        let label = name.strip_suffix(".test")?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let fits = !label.is_empty() && label.len() <= 40 && label.chars().all(plain);
        (fits && !label.starts_with('-') && !label.ends_with('-')).then(|| Self(name.to_owned()))
    }

    /// `name`, which is under `shop.test`, as it is here.
    pub(crate) fn own(&self, name: &str) -> String {
        name.replace(SHOP, &self.0)
    }

    /// The alias viewers use.
    pub(crate) fn viewer_host(&self) -> String {
        self.own(VIEWER_HOST)
    }

    /// The origin's name.
    pub(crate) fn origin_domain(&self) -> String {
        self.own(ORIGIN_DOMAIN)
    }

    /// The second origin's name.
    pub(crate) fn standby_domain(&self) -> String {
        self.own(STANDBY_DOMAIN)
    }

    /// The domain itself.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self(SHOP.to_owned())
    }
}

/// The domain that files are written for.
pub(crate) const SHOP: &str = "shop.test";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_a_name_under_test() {
        assert_eq!(Zone::new("harbour-tea.test").unwrap().viewer_host(), "www.harbour-tea.test");
        assert_eq!(Zone::default().origin_domain(), ORIGIN_DOMAIN);
        for name in ["", "test", ".test", "a.b.test", "shop.example", "-a.test", "a-.test", "A.test"] {
            assert!(Zone::new(name).is_none(), "{name}");
        }
    }
}

//! Secrets that travel in addresses, cookies and forms.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;

/// 128 random bits in hexadecimal.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Secret(String);

impl Secret {
    /// A fresh one.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(format!("{:032x}", u128::from_be_bytes(bytes))))
    }

    /// What a client sent, if it has the form of one.
    pub(crate) fn claimed(text: &str) -> Option<Self> {
        let is_one = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_one.then(|| Self(text.to_owned()))
    }

    /// Compares in a time that does not tell how much was right.
    pub(crate) fn is(&self, claimed: &str) -> bool {
        verify_slices_are_equal(self.0.as_bytes(), claimed.as_bytes()).is_ok()
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Kept out of logs.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_only_the_same_one_is_it() {
        let (one, other) = (Secret::random().unwrap(), Secret::random().unwrap());
        assert_ne!(one, other);
        assert!(one.is(one.as_str()) && !one.is(other.as_str()) && !one.is("") && !one.is(&one.as_str()[1..]));
        assert_eq!(Secret::claimed(one.as_str()), Some(one.clone()));
        for wrong in ["", "zz", &one.as_str().to_uppercase()[..31], "ABCDEFABCDEFABCDEFABCDEFABCDEFAB"] {
            assert_eq!(Secret::claimed(wrong), None, "{wrong}");
        }
        assert_eq!(format!("{one:?}"), "Secret(…)");
    }
}

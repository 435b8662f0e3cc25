//! Subject alternative names.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use rcgen::SanType;
use rcgen::string::Ia5String;
use serde::Deserialize;

use crate::PkiError;

/// What a name must be: certificates have no other letters.
const ASCII: &str = "an ASCII name; write international names in punycode (xn--…)";

/// One subject alternative name (RFC 5280 section 4.2.1.6).
///
/// As text: an IP address becomes an IP name, anything else a DNS name. A prefix decides otherwise: `dns:10.1.2.3` is
/// an address written as a DNS name (a common mistake), `ip:`, `email:` and `uri:` are the other kinds. DNS names are
/// taken as they are, because broken ones are wanted too; they only have to be ASCII.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum AltName {
    /// A host name, also with a wildcard.
    Dns(String),
    /// An IPv4 or IPv6 address.
    Ip(IpAddr),
    /// A mail address; says nothing about servers.
    Email(String),
    /// A URI.
    Uri(String),
}

impl AltName {
    /// The name without its kind.
    pub fn text(&self) -> String {
        match self {
            Self::Dns(text) | Self::Email(text) | Self::Uri(text) => text.clone(),
            Self::Ip(address) => address.to_string(),
        }
    }

    pub(crate) fn san(&self) -> Result<SanType, PkiError> {
        Ok(match self {
            Self::Dns(name) => SanType::DnsName(ascii(name)?),
            Self::Ip(address) => SanType::IpAddress(*address),
            Self::Email(name) => SanType::Rfc822Name(ascii(name)?),
            Self::Uri(name) => SanType::URI(ascii(name)?),
        })
    }
}

/// The text as certificates carry it.
pub(crate) fn ascii(text: &str) -> Result<Ia5String, PkiError> {
    text.try_into().map_err(|_| PkiError::malformed(text, ASCII))
}

impl FromStr for AltName {
    type Err = PkiError;

    fn from_str(text: &str) -> Result<Self, PkiError> {
        let (kind, name) = match text.split_once(':') {
            Some((kind @ ("dns" | "ip" | "email" | "uri"), name)) => (Some(kind), name),
            _ => (None, text),
        };
        let address = name.parse::<IpAddr>().ok();
        match (kind, address) {
            (Some("ip") | None, Some(address)) => Ok(Self::Ip(address)),
            (Some("ip"), None) => Err(PkiError::malformed(text, "an IP address after `ip:`")),
            _ if !name.is_ascii() => Err(PkiError::malformed(text, ASCII)),
            (Some("email"), _) => Ok(Self::Email(name.to_owned())),
            (Some("uri"), _) => Ok(Self::Uri(name.to_owned())),
            _ => Ok(Self::Dns(name.to_owned())),
        }
    }
}

impl TryFrom<String> for AltName {
    type Error = PkiError;

    fn try_from(text: String) -> Result<Self, PkiError> {
        text.parse()
    }
}

impl fmt::Display for AltName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) if name.parse::<IpAddr>().is_ok() => write!(f, "dns:{name}"),
            Self::Dns(name) => f.write_str(name),
            Self::Ip(address) => write!(f, "{address}"),
            Self::Email(name) => write!(f, "email:{name}"),
            Self::Uri(name) => write!(f, "uri:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_follow_text_or_prefix() {
        for (text, expected) in [
            ("www.test", AltName::Dns("www.test".into())),
            ("*.test", AltName::Dns("*.test".into())),
            ("10.1.2.3", AltName::Ip([10, 1, 2, 3].into())),
            ("::1", AltName::Ip("::1".parse().unwrap())),
            ("ip:::1", AltName::Ip("::1".parse().unwrap())),
            ("dns:10.1.2.3", AltName::Dns("10.1.2.3".into())),
            ("email:a@b.test", AltName::Email("a@b.test".into())),
            ("uri:https://b.test", AltName::Uri("https://b.test".into())),
        ] {
            assert_eq!(text.parse::<AltName>().unwrap(), expected, "{text}");
            assert_eq!(expected.to_string().parse::<AltName>().unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_encoded_is_refused() {
        assert!("bücher.test".parse::<AltName>().unwrap_err().to_string().contains("punycode"));
        assert!("ip:www.test".parse::<AltName>().is_err());
    }
}

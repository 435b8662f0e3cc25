//! What a name server knows.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use hickory_proto::rr::rdata::{A, AAAA, CNAME};
use hickory_proto::rr::{Name, RData, RecordType};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Names and their records. A name without records exists and has none (NODATA); a name that is not here does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Zone(BTreeMap<String, Vec<DnsRecord>>);

impl Zone {
    /// A zone of these names. Case and a final dot do not matter. Fails with a text for people if one is no DNS name.
    pub fn new(names: impl IntoIterator<Item = (impl AsRef<str>, Vec<DnsRecord>)>) -> Result<Self, String> {
        let key = |(name, records): (_, Vec<DnsRecord>)| {
            let name = parsed(AsRef::as_ref(&name))?;
            let alias = records.iter().any(|record| matches!(record, DnsRecord::Cname(_)));
            if alias && records.len() > 1 {
                return Err(format!("{name} has a CNAME record, and then no other (RFC 1034 section 3.6.2)"));
            }
            Ok((written(&name), records))
        };
        names.into_iter().map(key).collect::<Result<_, _>>().map(Self)
    }

    /// The records of `name` that answer a question for `kind`: those of that type, or an alias. `None` if there is no
    /// such name.
    pub(super) fn answer(&self, name: &Name, kind: RecordType) -> Option<Vec<RData>> {
        let records = self.0.get(&written(name))?.iter().map(DnsRecord::data);
        Some(records.filter(|data| [kind, RecordType::CNAME].contains(&data.record_type())).collect())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a record such as \"A 203.0.113.10\", or a list of them")]
        enum Written {
            One(String),
            Many(Vec<String>),
        }
        let names = BTreeMap::<String, Written>::deserialize(deserializer)?;
        let records = |(name, written)| {
            let texts = match written {
                Written::One(text) => vec![text],
                Written::Many(texts) => texts,
            };
            let records = texts.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
            Ok((name, records))
        };
        let names: Result<Vec<(String, Vec<DnsRecord>)>, String> = names.into_iter().map(records).collect();
        names.and_then(Self::new).map_err(D::Error::custom)
    }
}

/// A record, written as in a zone file: `A 203.0.113.10`, `AAAA 2001:db8::10`, `CNAME lb.shop.test`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DnsRecord {
    /// An address (A or AAAA).
    Address(IpAddr),
    /// Another name in place of this one.
    Cname(Name),
}

impl DnsRecord {
    fn data(&self) -> RData {
        match self {
            Self::Address(IpAddr::V4(address)) => RData::A(A(*address)),
            Self::Address(IpAddr::V6(address)) => RData::AAAA(AAAA(*address)),
            Self::Cname(name) => RData::CNAME(CNAME(name.clone())),
        }
    }
}

impl FromStr for DnsRecord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let record = match (words.next(), words.next(), words.next()) {
            (Some("A"), Some(address), None) => address.parse().ok().map(|address| Self::Address(IpAddr::V4(address))),
            (Some("AAAA"), Some(address), None) => {
                address.parse().ok().map(|address| Self::Address(IpAddr::V6(address)))
            }
            (Some("CNAME"), Some(name), None) => Some(Self::Cname(parsed(name)?)),
            _ => None,
        };
        record.ok_or_else(|| {
            format!("`{text}` is no record; expected `A 203.0.113.10`, `AAAA 2001:db8::10` or `CNAME lb.shop.test`")
        })
    }
}

impl fmt::Display for DnsRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = self.data();
        write!(f, "{} {data}", data.record_type())
    }
}

fn parsed(name: &str) -> Result<Name, String> {
    let mut parsed = Name::from_ascii(name).map_err(|error| format!("`{name}` is no DNS name: {error}"))?;
    parsed.set_fqdn(true);
    Ok(parsed)
}

fn written(name: &Name) -> String {
    name.to_ascii().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(toml: &str) -> Result<Zone, toml::de::Error> {
        toml::from_str(toml)
    }

    fn answer(zone: &Zone, name: &str, kind: RecordType) -> Option<Vec<String>> {
        let found = zone.answer(&Name::from_ascii(name).unwrap(), kind)?;
        Some(found.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_question_gets_the_records_of_its_type_or_the_alias() {
        let zone = zone(
            "'shop.test' = ['A 203.0.113.10', 'A 203.0.113.11', 'AAAA 2001:db8::10']\n'www.shop.test.' = 'CNAME Shop.test'\n'empty.test' = []",
        )
        .unwrap();
        let some = |records: &[&str]| Some(records.iter().map(|&record| record.to_owned()).collect());
        assert_eq!(answer(&zone, "SHOP.test.", RecordType::A), some(&["203.0.113.10", "203.0.113.11"]));
        assert_eq!(answer(&zone, "shop.test.", RecordType::AAAA), some(&["2001:db8::10"]));
        assert_eq!(answer(&zone, "www.shop.test.", RecordType::A), some(&["Shop.test."]));
        assert_eq!(answer(&zone, "empty.test.", RecordType::A), some(&[]));
        assert_eq!(answer(&zone, "other.test.", RecordType::A), None);
    }

    #[test]
    fn what_is_no_record_is_refused_with_an_example() {
        for text in
            ["A", "A 2001:db8::1", "AAAA 203.0.113.10", "a 203.0.113.10", "MX 10 mail.test", "A 203.0.113.10 60"]
        {
            let error = zone(&format!("'shop.test' = '{text}'")).unwrap_err().to_string();
            assert!(error.contains(text) && error.contains("A 203.0.113.10"), "{error}");
        }
        let error = zone("'shop.test' = ['CNAME a.test', 'A 203.0.113.10']").unwrap_err().to_string();
        assert!(error.contains("no other"), "{error}");
        let error = zone(&format!("'shop.test' = 'CNAME {}.test'", "a".repeat(64))).unwrap_err().to_string();
        assert!(error.contains("no DNS name"), "{error}");
    }
}

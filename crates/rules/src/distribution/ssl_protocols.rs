//! `OriginSslProtocols`: the protocol versions an origin may be spoken to with.

use std::fmt;

use serde::{Serialize, Serializer};

use super::notice::page;
use super::read::{Place, Reader, word};
use super::{DistributionError, OriginSslProtocol, wire};
use crate::Grade;

/// A non-empty set of protocol versions.
///
/// AWS describes the list both as the set of allowed versions and as a minimum above which everything is offered; which
/// reading applies is decided where the connection is made. TLS 1.3 cannot be listed and is offered on top.
/// Source: <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_OriginSslProtocols.html>.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct OriginSslProtocols(u8);

impl OriginSslProtocols {
    /// TLS 1.2 only, which the console selects for new origins.
    pub const TLS_V1_2: Self = Self(bit(OriginSslProtocol::TlsV1_2));

    /// The set of `protocols`; `None` when there are none.
    pub fn new(protocols: impl IntoIterator<Item = OriginSslProtocol>) -> Option<Self> {
        let bits = protocols.into_iter().fold(0, |bits, protocol| bits | bit(protocol));
        (bits != 0).then_some(Self(bits))
    }

    /// Whether `protocol` is listed.
    pub const fn contains(self, protocol: OriginSslProtocol) -> bool {
        self.0 & bit(protocol) != 0
    }

    /// The listed versions, oldest first.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = OriginSslProtocol> {
        OriginSslProtocol::ALL.iter().copied().filter(move |&protocol| self.contains(protocol))
    }

    /// The oldest listed version.
    pub fn lowest(self) -> OriginSslProtocol {
        self.iter().next().expect("the set is never empty")
    }

    /// The newest listed version.
    pub fn highest(self) -> OriginSslProtocol {
        self.iter().next_back().expect("the set is never empty")
    }

    /// Whether a version between the lowest and the highest is not listed. A TLS client offers a range, so such a list
    /// cannot be honoured to the letter.
    pub const fn has_hole(self) -> bool {
        let from_lowest = self.0 >> self.0.trailing_zeros();
        from_lowest & (from_lowest + 1) != 0
    }
}

const fn bit(protocol: OriginSslProtocol) -> u8 {
    1 << protocol as u8
}

impl Default for OriginSslProtocols {
    /// [`Self::TLS_V1_2`].
    fn default() -> Self {
        Self::TLS_V1_2
    }
}

impl fmt::Display for OriginSslProtocols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.iter().map(OriginSslProtocol::as_str).collect();
        f.pad(&words.join(", "))
    }
}

impl fmt::Debug for OriginSslProtocols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for OriginSslProtocols {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// Reads the list; `in_use` says whether the origin is ever spoken to over TLS, without which the list says nothing.
pub(super) fn read(
    reader: &mut Reader<'_>,
    place: &Place,
    list: Option<wire::List<String>>,
    in_use: bool,
) -> Result<OriginSslProtocols, DistributionError> {
    let Some(list) = list else {
        if in_use {
            unlisted(reader, place);
        }
        return Ok(OriginSslProtocols::default());
    };
    let mut protocols = Vec::new();
    for (place, text) in reader.items(place, Some(list)) {
        protocols.push(protocol(&place, &text)?);
    }
    let set = OriginSslProtocols::new(protocols).ok_or_else(|| {
        let allowed = "at least one of SSLv3, TLSv1, TLSv1.1, TLSv1.2";
        DistributionError::value(place, "an empty list", allowed, "list TLSv1.2")
    })?;
    if in_use {
        surprises(reader, place, set);
    }
    Ok(set)
}

fn protocol(place: &Place, text: &str) -> Result<OriginSslProtocol, DistributionError> {
    if text == "TLSv1.3" {
        let allowed = "SSLv3, TLSv1, TLSv1.1, TLSv1.2";
        let remedy = "list TLSv1.2; CloudFront offers TLS 1.3 to origins on top of whatever is listed";
        return Err(DistributionError::value(place, "\"TLSv1.3\"", allowed, remedy));
    }
    word(place, text)
}

fn unlisted(reader: &mut Reader<'_>, place: &Place) {
    reader.notice(
        place,
        (Grade::Observed, "https://github.com/ansible/ansible/issues/19727"),
        "not listed; taken as TLSv1.2, the console's choice, but tools that left it out got SSLv3 and TLSv1",
        "list TLSv1.2",
    );
}

fn surprises(reader: &mut Reader<'_>, place: &Place, set: OriginSslProtocols) {
    if set.has_hole() {
        reader.notice(
            place,
            (Grade::AwsSource, "https://github.com/aws/s2n-tls"),
            format!("{set} leaves a version out in the middle, but a TLS client offers a range of versions"),
            "list every version from the lowest to the highest",
        );
    }
    if set.highest() < OriginSslProtocol::TlsV1_2 {
        reader.notice(
            place,
            (Grade::Observed, "https://github.com/DFE-Digital/teaching-vacancies/issues/20"),
            format!("only {set} is listed; an origin that needs TLS 1.2 answers with an alert and the viewer gets 502"),
            "add TLSv1.2",
        );
    }
    if set.contains(OriginSslProtocol::SslV3) {
        reader.notice(
            place,
            (Grade::Documented, page::CUSTOM_ORIGIN),
            "SSLv3 is listed; AWS states that CloudFront then sends SSLv3 handshakes only",
            "remove SSLv3 unless the origin speaks nothing newer",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::OriginSslProtocol::{SslV3, TlsV1, TlsV1_1, TlsV1_2};
    use super::*;

    fn set(protocols: &[OriginSslProtocol]) -> OriginSslProtocols {
        OriginSslProtocols::new(protocols.iter().copied()).unwrap()
    }

    #[test]
    fn a_set_knows_its_ends_and_its_holes() {
        let cases = [
            (set(&[TlsV1_2]), TlsV1_2, TlsV1_2, false, "TLSv1.2"),
            (set(&[TlsV1_2, TlsV1, TlsV1_1]), TlsV1, TlsV1_2, false, "TLSv1, TLSv1.1, TLSv1.2"),
            (set(&[TlsV1, TlsV1_2, TlsV1]), TlsV1, TlsV1_2, true, "TLSv1, TLSv1.2"),
            (set(&[SslV3, TlsV1_1]), SslV3, TlsV1_1, true, "SSLv3, TLSv1.1"),
            (set(OriginSslProtocol::ALL), SslV3, TlsV1_2, false, "SSLv3, TLSv1, TLSv1.1, TLSv1.2"),
        ];
        for (set, lowest, highest, hole, text) in cases {
            assert_eq!((set.lowest(), set.highest(), set.has_hole()), (lowest, highest, hole), "{set}");
            assert_eq!(set.to_string(), text);
        }
        assert_eq!(OriginSslProtocols::new([]), None);
        assert!(!OriginSslProtocols::default().contains(TlsV1_1));
    }
}

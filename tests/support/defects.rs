//! What can be wrong with an origin's certificates, drawn at random, and what has to be found, computed from the draw
//! alone.
//!
//! The oracle follows the order in which s2n-tls checks (number of certificates, name, path, dates, purpose, and last
//! the proof of possession), then the rules of
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-cloudfront-to-custom-origin.html>
//! that the library does not enforce (order, keys). It shares no code with the verdict.

use std::collections::BTreeSet;
use std::num::NonZeroU8;

use edge502_origin::{OriginSpec, Protocol};
use edge502_pki::{
    CertificateSpec, ChainSpec, ExtendedKeyUsage, IntermediateSpec, Issuer, KeyKind, NameConstraints, Token, When,
};
use edge502_rules::{Cause, Rulebook};
use proptest::prelude::*;
use proptest::sample::select;

/// The origin's domain name.
pub(crate) const ORIGIN: &str = "origin.shop.test";
/// The viewer's host.
pub(crate) const HOST: &str = "www.shop.test";

/// The most certificates s2n-tls reads.
const MOST: usize = 7;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dates {
    Good,
    Expired,
    NotYet,
}

/// Where the origin's domain name stands in the certificate, if it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    Right,
    Wildcard,
    CommonNameAlone,
    CommonNameBesideOther,
    Other,
    WildcardTooHigh,
}

/// Whether the viewer's `Host` is forwarded, and named in the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Host {
    Kept,
    Forwarded,
    ForwardedAndNamed,
}

/// A limit that an authority sets for what is below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limit {
    None,
    ExcludesTheName,
    NoAuthorityBelow,
}

/// One draw. Each field can be wrong on its own.
#[derive(Debug, Clone)]
pub(crate) struct Defects {
    dates: Dates,
    names: Names,
    host: Host,
    purposes: Option<Vec<ExtendedKeyUsage>>,
    issuer: Issuer,
    key: KeyKind,
    strange_key: bool,
    /// How many authorities lie between leaf and root: 1 or 2.
    authorities: u8,
    /// Which of them `authority_dates` and `limit` speak of.
    flawed: u8,
    authority_dates: Dates,
    limit: Limit,
    serve: Vec<Token>,
    protocol: Protocol,
}

/// What has to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) first: Option<Cause>,
    pub(crate) all: BTreeSet<Cause>,
}

/// Sound in most respects, wrong in a few.
pub(crate) fn defects() -> impl Strategy<Value = Defects> {
    let dates = || prop_oneof![8 => Just(Dates::Good), 1 => Just(Dates::Expired), 1 => Just(Dates::NotYet)];
    let names = prop_oneof![
        6 => Just(Names::Right),
        1 => Just(Names::Wildcard),
        1 => Just(Names::CommonNameAlone),
        1 => Just(Names::CommonNameBesideOther),
        1 => Just(Names::Other),
        1 => Just(Names::WildcardTooHigh),
    ];
    let host = prop_oneof![4 => Just(Host::Kept), 1 => Just(Host::Forwarded), 1 => Just(Host::ForwardedAndNamed)];
    let purposes = prop_oneof![
        6 => Just(None),
        1 => Just(Some(vec![])),
        1 => Just(Some(vec![ExtendedKeyUsage::ClientAuth])),
        1 => Just(Some(vec![ExtendedKeyUsage::CodeSigning, ExtendedKeyUsage::Any])),
    ];
    let issuer = prop_oneof![8 => Just(Issuer::Lab), 1 => Just(Issuer::SelfSigned), 1 => Just(Issuer::PrivateCa)];
    let key = prop_oneof![
        6 => Just(KeyKind::P256),
        1 => Just(KeyKind::P384),
        1 => Just(KeyKind::P521),
        1 => Just(KeyKind::Rsa2048),
    ];
    let limit = prop_oneof![
        8 => Just(Limit::None),
        1 => Just(Limit::ExcludesTheName),
        1 => Just(Limit::NoAuthorityBelow),
    ];
    let leaf = (dates(), names, host, purposes, key, prop::bool::weighted(0.1));
    let above =
        (issuer, 1..=2_u8, 1..=2_u8, dates(), limit).prop_flat_map(|(issuer, authorities, flawed, dates, limit)| {
            (Just((issuer, authorities, flawed.min(authorities), dates, limit)), serve(issuer, authorities))
        });
    let protocol = select(vec![Protocol::TlsV1_2, Protocol::TlsV1_3]);
    (leaf, above, protocol).prop_map(|(leaf, (above, serve), protocol)| {
        let (dates, names, host, purposes, key, strange_key) = leaf;
        let (issuer, authorities, flawed, authority_dates, limit) = above;
        Defects {
            dates,
            names,
            host,
            purposes,
            issuer,
            key,
            strange_key,
            authorities,
            flawed,
            authority_dates,
            limit,
            serve,
            protocol,
        }
    })
}

/// What is sent: mostly the sound chain, otherwise the leaf, as a rule first, and anything else in any order.
fn serve(issuer: Issuer, authorities: u8) -> impl Strategy<Value = Vec<Token>> {
    let own = |position| Token::Intermediate(NonZeroU8::new(position).expect("counted from 1"));
    let unrelated = Token::Unrelated(NonZeroU8::MIN);
    let (path, extra): (Vec<Token>, _) = match issuer {
        Issuer::SelfSigned => (Vec::new(), vec![unrelated]),
        _ => ((1..=authorities).map(own).collect(), vec![Token::Root, Token::CrossSigned, unrelated]),
    };
    let pool = [path.clone(), path.clone(), extra].concat();
    let sound = [vec![Token::Leaf], path].concat();
    let padding = Token::Unrelated(NonZeroU8::new(7).expect("seven is not zero"));
    let too_long = [sound.clone(), vec![padding]].concat();
    let leaf_at = prop_oneof![5 => Just(0_usize), 1 => 0..5_usize];
    let shuffled = (prop::collection::vec(select(pool), 0..=5), leaf_at).prop_map(|(mut tokens, leaf_at)| {
        tokens.insert(leaf_at.min(tokens.len()), Token::Leaf);
        let mut roots = 0;
        // Of two roots one may stand right and one wrong; AWS's text does not say what that is.
        tokens.retain(|token| {
            roots += usize::from(*token == Token::Root);
            *token != Token::Root || roots == 1
        });
        tokens
    });
    prop_oneof![3 => Just(sound), 4 => shuffled, 1 => Just(too_long)]
}

impl Dates {
    fn not_after(self) -> Option<When> {
        (self == Self::Expired).then(|| When::days(-35))
    }

    fn not_before(self) -> Option<When> {
        (self == Self::NotYet).then(|| When::days(2))
    }
}

impl Defects {
    /// The origin that is wrong in just these points.
    pub(crate) fn origin(&self) -> OriginSpec {
        let names = self.alternative_names().into_iter().map(|name| name.parse().expect("a DNS name"));
        let certificate = CertificateSpec {
            not_before: self.dates.not_before(),
            not_after: self.dates.not_after(),
            names: Some(names.collect()),
            common_name: self.common_name().map(str::to_owned),
            key: self.key,
            issuer: self.issuer,
            extended_key_usage: self.purposes.clone(),
            key_mismatch: self.strange_key,
            ..CertificateSpec::default()
        };
        let mut origin = OriginSpec { name: ORIGIN.to_owned(), certificate, ..OriginSpec::default() };
        origin.intermediate = self.authority();
        origin.chain = ChainSpec {
            intermediates: (self.issuer != Issuer::SelfSigned).then_some(self.authorities),
            serve: Some(self.serve.clone()),
        };
        origin.tls.protocols = vec![self.protocol];
        origin
    }

    fn authority(&self) -> IntermediateSpec {
        IntermediateSpec {
            position: Some(self.flawed),
            not_before: self.authority_dates.not_before(),
            not_after: self.authority_dates.not_after(),
            path_length: (self.limit == Limit::NoAuthorityBelow).then_some(0),
            name_constraints: NameConstraints {
                excluded: if self.limit == Limit::ExcludesTheName { vec!["shop.test".to_owned()] } else { Vec::new() },
                ..NameConstraints::default()
            },
            ..IntermediateSpec::default()
        }
    }

    /// The viewer's host, if it is forwarded.
    pub(crate) fn forwarded_host(&self) -> Option<&'static str> {
        (self.host != Host::Kept).then_some(HOST)
    }

    fn alternative_names(&self) -> Vec<&'static str> {
        let mut names = match self.names {
            Names::Right => vec![ORIGIN],
            Names::Wildcard => vec!["*.shop.test"],
            Names::CommonNameAlone => vec![],
            Names::CommonNameBesideOther | Names::Other => vec!["backend.shop.test"],
            Names::WildcardTooHigh => vec!["*.test"],
        };
        names.extend((self.host == Host::ForwardedAndNamed).then_some(HOST));
        names
    }

    fn common_name(&self) -> Option<&'static str> {
        matches!(self.names, Names::CommonNameAlone | Names::CommonNameBesideOther).then_some(ORIGIN)
    }

    /// The names that count: the common name only where there is no other.
    fn effective_names(&self) -> Vec<&'static str> {
        let names = self.alternative_names();
        if names.is_empty() { self.common_name().into_iter().collect() } else { names }
    }

    /// What has to be found under `rulebook`.
    pub(crate) fn expected(&self, rulebook: Rulebook) -> Expected {
        let mut causes = self.enforced(rulebook);
        if causes.is_empty() {
            // A certificate that passed is followed by the proof that the origin has its key.
            causes.extend(self.failed_proof());
        }
        if rulebook == Rulebook::Documented {
            causes.extend((self.leaf_first() && !self.in_order()).then_some(Cause::ChainOutOfOrder));
            causes.extend((self.key == KeyKind::P521).then_some(Cause::CertificateUnsupportedKey));
        }
        Expected { first: causes.first().copied(), all: causes.into_iter().collect() }
    }

    fn failed_proof(&self) -> Option<Cause> {
        // Below TLS 1.3 the library has no signature algorithm for this curve.
        if self.key == KeyKind::P521 && self.protocol < Protocol::TlsV1_3 {
            return Some(Cause::CertificateUnsupportedKey);
        }
        self.strange_key.then_some(Cause::CertificateKeyMismatch)
    }

    /// What the library checks before it asks for a proof of the key, in its order.
    fn enforced(&self, rulebook: Rulebook) -> Vec<Cause> {
        let reaches_flaw = self.reached() >= self.flawed;
        let wrong_purpose =
            |purposes: &Vec<_>| !purposes.is_empty() && !purposes.contains(&ExtendedKeyUsage::ServerAuth);
        let leaf_dates = match self.dates {
            Dates::Good => None,
            Dates::Expired => Some(Cause::CertificateExpired),
            Dates::NotYet => Some(Cause::CertificateNotYetValid),
        };
        let found = [
            (self.served() > MOST).then_some(Cause::ChainTooLong),
            (!self.leaf_first()).then_some(Cause::ChainLeafNotFirst),
            (!self.name_fits(rulebook)).then_some(Cause::CertificateNameMismatch),
            self.broken_path(),
            (reaches_flaw && self.too_long_a_path()).then_some(Cause::ChainConstraintViolated),
            (reaches_flaw && self.authority_dates != Dates::Good).then_some(Cause::ChainIntermediateExpired),
            leaf_dates,
            // Unlike the length of the path, names are compared with limits after the dates.
            (reaches_flaw && self.excluded_name()).then_some(Cause::ChainConstraintViolated),
            self.purposes.as_ref().is_some_and(wrong_purpose).then_some(Cause::CertificateWrongPurpose),
        ];
        found.into_iter().flatten().collect()
    }

    fn served(&self) -> usize {
        let count = |token: &Token| if let Token::Unrelated(count) = token { usize::from(count.get()) } else { 1 };
        self.serve.iter().map(count).sum()
    }

    fn leaf_first(&self) -> bool {
        self.serve[0] == Token::Leaf
    }

    /// AWS's text takes either name; the library the one it sent, but never sees it behind an authority's certificate.
    fn name_fits(&self, rulebook: Rulebook) -> bool {
        let covers = |name: &str| self.effective_names().iter().any(|pattern| covers(pattern, name));
        match self.forwarded_host() {
            Some(host) if rulebook == Rulebook::Observed && self.leaf_first() => covers(host),
            Some(host) => covers(host) || covers(ORIGIN),
            None => covers(ORIGIN),
        }
    }

    /// How far the path leads up from the leaf: the number of authorities in it, the root not counted.
    fn reached(&self) -> u8 {
        if self.issuer == Issuer::SelfSigned {
            return 0;
        }
        let sent = |position: &u8| self.position_of_authority(*position, 0).is_some();
        (1..=self.authorities).take_while(sent).last().unwrap_or(0)
    }

    fn broken_path(&self) -> Option<Cause> {
        let complete = self.reached() == self.authorities;
        match self.issuer {
            Issuer::Lab => (!complete).then_some(Cause::ChainIncomplete),
            Issuer::SelfSigned => Some(Cause::CertificateSelfSigned),
            // Above the leaf nothing tells a private authority's missing certificate from its missing trust.
            _ if self.reached() == 0 => Some(Cause::ChainIncomplete),
            _ => Some(Cause::CertificateUntrustedCa),
        }
    }

    fn too_long_a_path(&self) -> bool {
        self.limit == Limit::NoAuthorityBelow && self.flawed > 1
    }

    fn excluded_name(&self) -> bool {
        let excluded = |name: &&str| name.ends_with("shop.test");
        self.limit == Limit::ExcludesTheName && self.effective_names().iter().any(excluded)
    }

    /// Whether each certificate of the path stands behind the one it issued.
    fn in_order(&self) -> bool {
        let mut at = 0;
        for authority in 1..=self.reached() {
            match self.position_of_authority(authority, at) {
                Some(next) => at = next,
                None => return false,
            }
        }
        let root = match self.issuer {
            Issuer::Lab => |token: &Token| *token == Token::Root,
            // No root of this one is trusted, so either of them carries the path on.
            _ => |token: &Token| matches!(token, Token::Root | Token::CrossSigned),
        };
        let complete = self.issuer != Issuer::SelfSigned && self.reached() == self.authorities;
        !complete || !self.serve.iter().any(root) || self.serve[at..].iter().any(root)
    }

    /// The first place at or behind `from` where this authority's certificate stands.
    fn position_of_authority(&self, number: u8, from: usize) -> Option<usize> {
        let is_this = |token: &Token| matches!(token, Token::Intermediate(n) if n.get() == number);
        Some(from + self.serve[from..].iter().position(is_this)?)
    }
}

/// Whether a presented name covers a host name; a wildcard stands for exactly one label.
fn covers(pattern: &str, name: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(parent) => name.split_once('.').is_some_and(|(_, rest)| rest == parent),
        None => pattern == name,
    }
}

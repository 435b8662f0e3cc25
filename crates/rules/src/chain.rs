//! The served chain: the certificates exactly as the origin sent them, and what their arrangement says.
//!
//! AWS documents that the origin's own certificate must come first, then its issuer, and so on
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>). The report here is
//! structural: it links certificates by the names and key identifiers they state. Whether a signature is good is the
//! TLS library's verdict.

use time::OffsetDateTime;

use crate::certificate::{Certificate, Unreadable};

/// The most steps the search for a path takes; a hostile chain of look-alikes cannot make it run longer.
const MAX_STEPS: usize = 2_000;

/// The certificates of one Certificate message, in wire order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedChain {
    members: Vec<Result<Certificate, Unreadable>>,
    der: Vec<Vec<u8>>,
}

/// Where the path from the leaf upwards ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Top {
    /// At a trusted root (or an intermediate that is itself trusted).
    Anchor {
        /// Its place among the trusted certificates.
        index: usize,
    },
    /// At a certificate that names itself as issuer and is not trusted.
    Untrusted {
        /// Its position among the served certificates.
        position: usize,
    },
    /// At a certificate whose issuer is neither served nor trusted.
    MissingIssuer {
        /// Position of the certificate whose issuer is missing.
        position: usize,
        /// Name of the missing issuer.
        issuer: String,
        /// A certificate of that name is there, but with another key.
        other_key: bool,
    },
}

/// Something about the arrangement worth saying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// The first certificate is an authority's; the origin's own stands further back.
    LeafNotFirst {
        /// Position of the origin's own certificate.
        leaf: usize,
    },
    /// The certificates of the path do not stand in the order leaf, its issuer, and so on.
    OutOfOrder {
        /// Positions of the path, leaf first, as they should follow each other.
        path: Vec<usize>,
    },
    /// The same certificate twice.
    Duplicate {
        /// Position of the first copy.
        first: usize,
        /// Position of the later copy.
        again: usize,
    },
    /// A certificate that takes no part in the path.
    Unrelated {
        /// Its position.
        position: usize,
    },
    /// A root was sent along; harmless and useless.
    RootIncluded {
        /// Its position.
        position: usize,
    },
}

/// What the arrangement of a served chain says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainReport {
    /// Position of the origin's own certificate.
    pub leaf: usize,
    /// Positions of the path from the leaf upwards, as far as served certificates reach.
    pub path: Vec<usize>,
    /// Where that path ends.
    pub top: Top,
    /// What else is worth saying, in wire order.
    pub remarks: Vec<Remark>,
}

impl ServedChain {
    /// Reads the certificates of a chain; one that cannot be read keeps its place.
    pub fn parse(der: Vec<Vec<u8>>) -> Self {
        Self { members: der.iter().map(|bytes| Certificate::parse(bytes)).collect(), der }
    }

    /// The certificates in wire order.
    pub fn members(&self) -> &[Result<Certificate, Unreadable>] {
        &self.members
    }

    /// The bytes of each certificate in wire order.
    pub fn der(&self) -> &[Vec<u8>] {
        &self.der
    }

    /// The certificate at `position`, if it can be read.
    pub fn get(&self, position: usize) -> Option<&Certificate> {
        self.members.get(position)?.as_ref().ok()
    }

    /// Examines the arrangement. `anchors` are the trusted roots; `now` only chooses between several possible paths.
    /// `None` if the origin sent nothing, or the leaf cannot be read.
    pub fn report(&self, anchors: &[Certificate], now: OffsetDateTime) -> Option<ChainReport> {
        let leaf = self.leaf_position()?;
        let mut search = Search { chain: self, anchors, now, steps: 0, best: None };
        search.extend(&mut vec![leaf]);
        let (path, top) = search.best.map(|found| (found.path, found.top))?;
        let anchor = match top {
            Top::Anchor { index } => anchors.get(index),
            _ => None,
        };
        let remarks = self.remarks(leaf, &path, anchor);
        Some(ChainReport { leaf, path, top, remarks })
    }

    /// The first certificate, unless it is an authority's and one that is not stands behind it.
    fn leaf_position(&self) -> Option<usize> {
        let is_authority = |c: &Certificate| c.ca == Some(true);
        let first = self.get(0)?;
        if !is_authority(first) {
            return Some(0);
        }
        (1..self.members.len()).find(|i| self.get(*i).is_some_and(|c| !is_authority(c))).or(Some(0))
    }

    fn remarks(&self, leaf: usize, path: &[usize], anchor: Option<&Certificate>) -> Vec<Remark> {
        let mut remarks = Vec::new();
        if leaf != 0 {
            remarks.push(Remark::LeafNotFirst { leaf });
        }
        // A root that closes the path takes part in the order too.
        let closing_root = anchor.and_then(|anchor| {
            let is_it = |i: &usize| !path.contains(i) && self.get(*i) == Some(anchor);
            (0..self.members.len()).rev().find(is_it)
        });
        let ordered: Vec<usize> = path.iter().copied().chain(closing_root).collect();
        if !ordered.is_sorted() {
            remarks.push(Remark::OutOfOrder { path: ordered.clone() });
        }
        for position in 0..self.members.len() {
            if let Some(first) = (0..position).find(|i| self.der[*i] == self.der[position]) {
                remarks.push(Remark::Duplicate { first, again: position });
            } else if self.get(position).is_some_and(|c| position != leaf && c.is_self_issued()) {
                remarks.push(Remark::RootIncluded { position });
            } else if !ordered.contains(&position) {
                remarks.push(Remark::Unrelated { position });
            }
        }
        remarks
    }
}

/// A path found, and how good it is: trusted before untrusted, all dates good before not, then first found.
struct Found {
    path: Vec<usize>,
    top: Top,
    rank: (bool, bool),
}

struct Search<'a> {
    chain: &'a ServedChain,
    anchors: &'a [Certificate],
    now: OffsetDateTime,
    steps: usize,
    best: Option<Found>,
}

impl Search<'_> {
    /// Extends `path` upwards in every possible way and keeps the best end.
    fn extend(&mut self, path: &mut Vec<usize>) {
        self.steps += 1;
        let position = *path.last().expect("a path starts with the leaf");
        let Some(certificate) = self.chain.get(position) else { return };
        if let Some(top) = self.end_at(position, certificate) {
            self.keep(path, top);
            if matches!(self.best.as_ref().map(|b| b.rank), Some((true, true))) {
                return;
            }
        }
        for issuer in self.issuers_of(position, certificate, path) {
            if self.steps >= MAX_STEPS {
                return;
            }
            path.push(issuer);
            self.extend(path);
            path.pop();
        }
    }

    /// Served certificates that may have issued this one: those behind it first, as a sound chain has them.
    fn issuers_of(&self, position: usize, certificate: &Certificate, path: &[usize]) -> Vec<usize> {
        let fits = |i: &usize| {
            !path.contains(i)
                && !path.iter().any(|p| self.chain.der[*p] == self.chain.der[*i])
                && self.chain.get(*i).is_some_and(|issuer| certificate.names_as_issuer(issuer))
        };
        let count = self.chain.members.len();
        (position + 1..count).chain(0..position).filter(fits).collect()
    }

    /// How a path may end at this certificate; `None` only if a served issuer carries on.
    fn end_at(&self, position: usize, certificate: &Certificate) -> Option<Top> {
        if let Some(index) = self.anchor_of(certificate) {
            return Some(Top::Anchor { index });
        }
        if certificate.is_self_issued() {
            return Some(Top::Untrusted { position });
        }
        if !self.issuers_of(position, certificate, &[position]).is_empty() {
            return None;
        }
        let served = self.chain.members.iter().filter_map(|m| m.as_ref().ok());
        let other_key = self.anchors.iter().chain(served).any(|c| certificate.names_issuer_with_other_key(c));
        Some(Top::MissingIssuer { position, issuer: certificate.issuer.clone(), other_key })
    }

    /// The trusted certificate that this one is or names as its issuer; one within its dates if there is a choice.
    fn anchor_of(&self, certificate: &Certificate) -> Option<usize> {
        let fits = |index: &usize| {
            let anchor = &self.anchors[*index];
            anchor == certificate || certificate.names_as_issuer(anchor)
        };
        let fitting: Vec<usize> = (0..self.anchors.len()).filter(fits).collect();
        fitting.iter().copied().find(|index| self.anchors[*index].is_current(self.now)).or(fitting.first().copied())
    }

    fn keep(&mut self, path: &[usize], top: Top) {
        let anchor = match top {
            Top::Anchor { index } => self.anchors.get(index),
            _ => None,
        };
        let members = path.iter().filter_map(|i| self.chain.get(*i));
        let current = members.chain(anchor).all(|c| c.is_current(self.now));
        let rank = (matches!(top, Top::Anchor { .. }), current);
        if self.best.as_ref().is_none_or(|best| rank > best.rank) {
            self.best = Some(Found { path: path.to_vec(), top, rank });
        }
    }
}

/// A limit that a certificate of the path breaks (RFC 5280 section 6.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Breach {
    /// A certificate that may not issue others did.
    NotAnAuthority {
        /// Its position.
        position: usize,
    },
    /// More authorities follow below a certificate than it allows.
    PathTooLong {
        /// Position of the certificate that sets the limit.
        position: usize,
        /// How many it allows.
        allowed: u32,
        /// How many there are.
        found: u32,
    },
    /// A DNS name of the leaf lies outside the names an authority may issue for.
    NameOutside {
        /// Position of the authority.
        position: usize,
        /// The name.
        name: String,
    },
}

impl ChainReport {
    /// Limits broken along the path.
    pub fn breaches(&self, chain: &ServedChain) -> Vec<Breach> {
        let mut breaches = Vec::new();
        for (height, &position) in self.path.iter().enumerate().skip(1) {
            let Some(issuer) = chain.get(position) else { continue };
            if issuer.ca != Some(true) || !issuer.may_sign_certificates {
                breaches.push(Breach::NotAnAuthority { position });
            }
            let found = u32::try_from(height - 1).unwrap_or(u32::MAX);
            if let Some(allowed) = issuer.path_length.filter(|allowed| found > *allowed) {
                breaches.push(Breach::PathTooLong { position, allowed, found });
            }
            let leaf = chain.get(self.leaf).into_iter().flat_map(|leaf| leaf.names.effective_dns());
            if let Some(name) = leaf.into_iter().find(|name| !issuer.name_limits.allow(name)) {
                breaches.push(Breach::NameOutside { position, name: name.to_owned() });
            }
        }
        breaches
    }
}

//! What cannot be checked, because a setting that decides is hidden or cannot be used.

use std::collections::BTreeMap;

use edge502_rules::distribution::{Distribution, DistributionError, OriginKind, Parsed};

use super::setting::Level;
use super::tree::{Step, steps};
use super::{Hidden, mend};
use crate::target::Target;

const ORIGIN: &str = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html";
const BEHAVIOR: &str =
    "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html";

/// Settings of an origin without which a check would be a guess.
const OF_ORIGIN: [&str; 4] = ["Id", "DomainName", "CustomOriginConfig", "OriginMtlsConfig"];
/// Members of `CustomOriginConfig` that do not decide where and how the edge connects.
const TIMEOUTS: [&str; 2] = ["OriginReadTimeout", "OriginKeepaliveTimeout"];
/// Settings of a behavior without which a check would be a guess.
const OF_BEHAVIOR: [&str; 5] =
    ["TargetOriginId", "PathPattern", "CachePolicyId", "OriginRequestPolicyId", "ForwardedValues"];

/// Why something is not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Why {
    /// Its settings say so themselves: a finding or a note of its own tells it.
    Told,
    /// A value is not in the file.
    Hidden(Hidden),
}

/// What a place belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    Origin(usize),
    /// Behaviors in order; `None` is the default one.
    Behavior(Option<usize>),
    Group(usize),
    /// The origins as a whole: which there are is not known.
    Origins,
    /// The names viewers use.
    Aliases,
    /// A custom header of an origin.
    Header(usize, usize),
}

/// All that cannot be checked.
#[derive(Debug, Default)]
pub(super) struct Skip(BTreeMap<Owner, Why>);

impl Skip {
    /// What depends on `place` is not checked.
    pub(super) fn add(&mut self, place: &str, why: &Why) {
        if let Some(owner) = owner(place) {
            // What cannot work is known already, hidden or not.
            if *why == Why::Told || !self.0.contains_key(&owner) {
                self.0.insert(owner, why.clone());
            }
        }
    }

    /// What hides the origin that seems not to exist, if it may be that.
    pub(super) fn behind(&self, error: &DistributionError) -> Option<&Why> {
        let hides = |(owner, why): (&Owner, &'_ Why)| {
            matches!(owner, Owner::Origins | Owner::Origin(_)) && matches!(why, Why::Hidden(_))
        };
        let unknown = matches!(error, DistributionError::UnknownOrigin { .. });
        self.0.iter().find(|(owner, why)| unknown && hides((owner, why))).map(|(_, why)| why)
    }

    /// Why an origin cannot be checked under the behavior of this index, if so; `None` is the default behavior.
    pub(super) fn why(&self, distribution: &Distribution, index: Option<usize>, target: &Target) -> Option<&Why> {
        let behavior = index.map_or(&distribution.default_behavior, |index| &distribution.behaviors[index]);
        let origin = distribution.origins.iter().position(|origin| origin.id == target.origin().id)?;
        let group = distribution.origin_groups.iter().position(|group| group.id == behavior.target_origin_id);
        let owners = [Some(Owner::Origin(origin)), Some(Owner::Behavior(index)), group.map(Owner::Group)];
        let found = owners.into_iter().flatten().find_map(|owner| self.0.get(&owner));
        // The list itself could not be used: what it is about is told for the list.
        let whole = || self.0.get(&Owner::Origins).or(Some(&Why::Told));
        found.or_else(|| whole().filter(|_| target.origin().domain_name.as_str() == mend::NOWHERE))
    }

    /// What hides every name viewers use, if so: where `Host` is forwarded, they decide.
    pub(super) fn names(&self, distribution: &Distribution, target: &Target) -> Option<&Why> {
        let decide = target.forwards_host() && distribution.aliases.is_empty();
        self.0.get(&Owner::Aliases).filter(|_| decide)
    }

    /// A header whose value is not known is not sent.
    pub(super) fn drop_headers(&self, distribution: &mut Distribution) {
        for owner in self.0.keys().rev() {
            if let Owner::Header(origin, header) = *owner
                && let Some(origin) = distribution.origins.get_mut(origin)
                && header < origin.custom_headers.len()
            {
                origin.custom_headers.remove(header);
            }
        }
    }
}

/// How much a hidden value at `place` matters, and what is done about it; `None` if it does not.
pub(super) fn weight(place: &str, parsed: &Parsed) -> Option<(Level, &'static str)> {
    let origin = |index: usize| parsed.distribution.origins.get(index);
    match owner(place)? {
        Owner::Origin(index) if origin(index).is_some_and(|origin| origin.kind != OriginKind::Custom) => {
            Some((Level::Note, "this origin is no custom origin and is not checked"))
        }
        Owner::Header(..) => Some((Level::Note, "the check does not send this header")),
        Owner::Aliases => Some((Level::Note, "where Host is forwarded, the name viewers use is not known")),
        _ => Some((Level::Hidden, "what depends on it is not checked")),
    }
}

/// The page about what stands at `place`.
pub(super) fn page(place: &str) -> &'static str {
    if matches!(owner(place), Some(Owner::Behavior(_))) { BEHAVIOR } else { ORIGIN }
}

/// What depends on the setting at `place`; `None` if no connection does.
fn owner(place: &str) -> Option<Owner> {
    let steps = steps(place)?;
    let config = steps.iter().take_while(|step| matches!(step, Step::Member(name) if name.starts_with("Distribution")));
    let skipped = config.count();
    let names: Vec<&str> = steps[skipped..]
        .iter()
        .filter_map(|step| match step {
            Step::Member(name) if name != "Items" => Some(name.as_str()),
            _ => None,
        })
        .collect();
    let items: Vec<usize> =
        steps.iter().filter_map(|step| if let Step::Item(index) = step { Some(*index) } else { None }).collect();
    let decides = |known: &[&str]| names.get(1).is_none_or(|name| known.contains(name));
    match (*names.first()?, items.first()) {
        ("Origins", None) => Some(Owner::Origins),
        ("Origins", Some(_)) if names.get(2).is_some_and(|name| TIMEOUTS.contains(name)) => None,
        ("Origins", Some(&index)) if names.get(1) == Some(&"CustomHeaders") => {
            items.get(1).map(|header| Owner::Header(index, *header))
        }
        ("Origins", Some(&index)) => decides(&OF_ORIGIN).then_some(Owner::Origin(index)),
        ("CacheBehaviors", Some(&index)) => of_behavior(&names, Some(index)),
        ("DefaultCacheBehavior", _) => of_behavior(&names, None),
        ("OriginGroups", Some(&index)) => decides(&["Id", "Members"]).then_some(Owner::Group(index)),
        ("Aliases", _) => Some(Owner::Aliases),
        _ => None,
    }
}

fn of_behavior(names: &[&str], index: Option<usize>) -> Option<Owner> {
    let decides = match names {
        // Cookies and query strings do not take part in a connection.
        [_, "ForwardedValues", inner, ..] => *inner == "Headers",
        [_, name, ..] => OF_BEHAVIOR.contains(name),
        _ => true,
    };
    decides.then_some(Owner::Behavior(index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_belong_to_what_depends_on_them() {
        let cases = [
            ("DistributionConfig.Origins.Items[3].DomainName", Some(Owner::Origin(3))),
            ("Distribution.DistributionConfig.Origins.Items[0].CustomOriginConfig.HTTPPort", Some(Owner::Origin(0))),
            ("Origins.Items[0].CustomOriginConfig.OriginReadTimeout", None),
            ("Origins.Items[1].CustomHeaders.Items[2].HeaderValue", Some(Owner::Header(1, 2))),
            ("Origins.Items[1].OriginPath", None),
            ("Origins.Items", Some(Owner::Origins)),
            ("CacheBehaviors.Items[2].CachePolicyId", Some(Owner::Behavior(Some(2)))),
            ("CacheBehaviors.Items[2].Compress", None),
            ("DefaultCacheBehavior.ForwardedValues.Headers.Items[0]", Some(Owner::Behavior(None))),
            ("DefaultCacheBehavior.ForwardedValues.Cookies.Forward", None),
            ("OriginGroups.Items[0].Members.Items[1].OriginId", Some(Owner::Group(0))),
            ("Aliases.Items", Some(Owner::Aliases)),
            ("Comment", None),
        ];
        for (place, expected) in cases {
            assert_eq!(owner(place), expected, "{place}");
        }
    }
}

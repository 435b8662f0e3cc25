//! A document whose values may be hidden, and where its parts came from.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Number, Value};

/// JSON in which a value may not be known before the file is deployed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Null,
    Flag(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(BTreeMap<String, Node>),
    Hidden(Unknown),
}

/// What stands in place of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unknown {
    /// As the file has it, such as `!GetAtt Balancer.DNSName`.
    pub(super) expression: String,
    /// What would tell the value.
    pub(super) remedy: String,
}

impl Node {
    /// The member `name` of a map.
    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(members) => members.get(name),
            _ => None,
        }
    }

    /// The only item of a list, or what is no list itself: Terraform writes a block as a list of one.
    pub(super) fn block(&self) -> Option<&Self> {
        match self {
            Self::List(items) => items.first(),
            Self::Null => None,
            other => Some(other),
        }
    }

    /// As JSON; hidden values are null.
    pub(super) fn plain(&self) -> Value {
        match self {
            Self::Null | Self::Hidden(_) => Value::Null,
            Self::Flag(flag) => Value::Bool(*flag),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::from(text.as_str()),
            Self::List(items) => Value::Array(items.iter().map(Self::plain).collect()),
            Self::Map(members) => Value::Object(
                members.iter().map(|(name, member)| (name.clone(), member.plain())).collect::<Map<_, _>>(),
            ),
        }
    }
}

impl From<&Value> for Node {
    /// JSON in which nothing is hidden.
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Flag(*flag),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(members) => {
                Self::Map(members.iter().map(|(name, member)| (name.clone(), Self::from(member))).collect())
            }
        }
    }
}

/// One step of a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Member(String),
    Item(usize),
}

/// A place such as `Origins.Items[0].DomainName` in steps; `None` for what is no place.
pub(super) fn steps(place: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for part in place.split('.') {
        let (name, items) = part.split_at(part.find('[').unwrap_or(part.len()));
        steps.push(Step::Member(name.to_owned()));
        for item in items.split_terminator(']') {
            steps.push(Step::Item(item.strip_prefix('[')?.parse().ok()?));
        }
    }
    Some(steps)
}

/// The place that `steps` lead to.
pub(super) fn place(steps: &[Step]) -> String {
    let mut place = String::new();
    for step in steps {
        let _ = match step {
            Step::Member(name) if place.is_empty() => write!(place, "{name}"),
            Step::Member(name) => write!(place, ".{name}"),
            Step::Item(index) => write!(place, "[{index}]"),
        };
    }
    place
}

/// Where the parts of a distribution stand in the user's file.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    /// In front of every place that is not known better.
    prefix: String,
    exact: BTreeMap<String, String>,
}

impl Places {
    /// The distribution stands at `prefix`, spelled as CloudFront's API spells it.
    pub(super) fn below(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), exact: BTreeMap::new() }
    }

    /// What is read as `place` stands at `users`.
    pub(super) fn add(&mut self, place: &str, users: &str) {
        self.exact.insert(place.to_owned(), users.to_owned());
    }

    /// The place in the user's file: that of the closest part around it which is known, and the rest as it is.
    pub(super) fn users(&self, place: &str) -> String {
        let mut known = place;
        loop {
            if let Some(users) = self.exact.get(known) {
                return format!("{users}{}", &place[known.len()..]);
            }
            match known.rfind(['.', '[']) {
                Some(end) => known = &known[..end],
                None if self.prefix.is_empty() => return place.to_owned(),
                None => return format!("{}.{place}", self.prefix),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_taken_apart_and_put_together() {
        for text in ["Origins.Items[0].DomainName", "a", "a[1][2].b"] {
            assert_eq!(place(&steps(text).unwrap()), text);
        }
        for text in ["a[x]", "a[1", "a[18446744073709551616]"] {
            assert!(steps(text).is_none_or(|steps| place(&steps) != text), "{text}");
        }
    }

    #[test]
    fn places_are_those_of_the_file() {
        let mut places = Places::below("[2]");
        places.add("A.Items[0]", "a[0]");
        places.add("A", "a");
        assert_eq!(places.users("A.Items[0].B"), "a[0].B");
        assert_eq!(places.users("A.Quantity"), "a.Quantity");
        assert_eq!(places.users("C.D"), "[2].C.D");
    }
}

//! Other spellings of a distribution, as `DistributionConfig` JSON.
//!
//! CloudFormation and Terraform have the settings of CloudFront's API under other names and without `Quantity`. A table
//! says for each member what it is called there and what it is called here; converted so, a template goes through the
//! same rules as everything else.

use edge502_rules::Grade;
use serde_json::{Map, Value, json};

use super::setting::{Level, Setting};
use super::tree::{Node, Places, Unknown};

/// Typing errors that still count as the same name.
const ERRORS: usize = 2;

/// One member: its name there, its name or path in the API, and what it holds.
pub(super) struct Member(pub(super) &'static str, pub(super) &'static str, pub(super) Kind);

/// What a member holds.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    Number,
    Flag,
    Texts,
    Numbers,
    Object(&'static [Member]),
    Objects(&'static [Member]),
    /// Of no interest here.
    Ignored,
}

/// A distribution in the API's spelling.
#[derive(Debug, Default)]
pub(super) struct Converted {
    pub(super) config: Value,
    pub(super) places: Places,
    pub(super) hidden: Vec<HiddenAt>,
    /// Misspelled members.
    pub(super) settings: Vec<Setting>,
}

/// A value that is not known.
#[derive(Debug, Clone)]
pub(super) struct HiddenAt {
    /// Where it belongs in the API's spelling; for an item of a list, which is left out, `Items` of the list.
    pub(super) place: String,
    /// Where it stands in the file.
    pub(super) users: String,
    pub(super) unknown: Unknown,
}

impl HiddenAt {
    /// Whether an error at `place` is but the absence of this value.
    pub(super) fn explains(&self, place: &str) -> bool {
        let list = self.place.strip_suffix(".Items").unwrap_or(&self.place);
        place.starts_with(list) || list.starts_with(place)
    }
}

/// How a file is read.
pub(super) struct Dialect {
    /// Members of the distribution.
    pub(super) members: &'static [Member],
    /// Page that lists the members, for those that do not exist; `None` where a tool has checked them already.
    pub(super) page: Option<&'static str>,
    /// Whether a block is a list of one.
    pub(super) blocks_are_lists: bool,
}

/// `node`, which stands at `users`, as the member `DistributionConfig`.
pub(super) fn convert(node: &Node, users: &str, dialect: &Dialect) -> Converted {
    let mut converter = Converter { dialect, found: Converted::default() };
    converter.found.config = converter.object(node, dialect.members, &At::new("DistributionConfig", users));
    converter.found
}

/// A place in both spellings.
struct At {
    api: String,
    users: String,
}

impl At {
    fn new(api: &str, users: &str) -> Self {
        Self { api: api.to_owned(), users: users.to_owned() }
    }

    fn member(&self, api: &str, users: &str) -> Self {
        Self { api: format!("{}.{api}", self.api), users: format!("{}.{users}", self.users) }
    }
}

struct Converter<'a> {
    dialect: &'a Dialect,
    found: Converted,
}

impl Converter<'_> {
    fn value(&mut self, node: &Node, kind: Kind, at: &At) -> Value {
        self.found.places.add(&at.api, &at.users);
        match (kind, node) {
            (_, Node::Hidden(unknown)) => {
                self.hide(unknown, at);
                Value::Null
            }
            (Kind::Text, Node::Number(number)) => Value::from(number.to_string()),
            (Kind::Text, Node::Flag(flag)) => Value::from(flag.to_string()),
            (Kind::Number, Node::Text(text)) => text.parse::<i64>().map_or_else(|_| node.plain(), Value::from),
            (Kind::Flag, Node::Text(text)) => text.parse::<bool>().map_or_else(|_| node.plain(), Value::from),
            (Kind::Texts, node) => self.list(node, Kind::Text, at),
            (Kind::Numbers, node) => self.list(node, Kind::Number, at),
            (Kind::Objects(members), node) => self.list(node, Kind::Object(members), at),
            (Kind::Object(members), Node::List(items)) if self.dialect.blocks_are_lists => match items.first() {
                Some(block) => {
                    let at = At::new(&at.api, &format!("{}[0]", at.users));
                    self.value(block, Kind::Object(members), &at)
                }
                None => Value::Null,
            },
            (Kind::Object(members), Node::Map(_)) => self.object(node, members, at),
            // What has the wrong type stays, so that the rules can say so.
            _ => node.plain(),
        }
    }

    /// A list with its `Quantity`, whether or not it has one there.
    fn list(&mut self, node: &Node, kind: Kind, at: &At) -> Value {
        let (items, users, quantity) = match node {
            Node::List(items) => (items, at.users.clone(), None),
            Node::Map(members) => match members.get("Items") {
                Some(Node::List(items)) => {
                    let place = at.member("Quantity", "Quantity");
                    let quantity = members.get("Quantity").map(|quantity| self.value(quantity, Kind::Number, &place));
                    (items, format!("{}.Items", at.users), quantity)
                }
                Some(Node::Hidden(unknown)) => {
                    self.hide(unknown, at);
                    return Value::Null;
                }
                _ => return node.plain(),
            },
            _ => return node.plain(),
        };
        let (mut taken, base) = (Vec::new(), format!("{}.Items", at.api));
        for (index, item) in items.iter().enumerate() {
            let at = At { api: format!("{base}[{}]", taken.len()), users: format!("{users}[{index}]") };
            match item {
                Node::Null => {}
                // It has no place of its own in the result.
                Node::Hidden(unknown) => self.hide(unknown, &At::new(&base, &at.users)),
                item => taken.push(self.value(item, kind, &at)),
            }
        }
        let hidden = items.iter().any(|item| matches!(item, Node::Hidden(_)));
        let quantity = quantity.filter(|_| !hidden).unwrap_or_else(|| taken.len().into());
        json!({ "Quantity": quantity, "Items": taken })
    }

    fn object(&mut self, node: &Node, members: &[Member], at: &At) -> Value {
        let mut object = Map::new();
        let Node::Map(found) = node else { return node.plain() };
        for (name, node) in found {
            match members.iter().find(|member| member.0 == name) {
                None => self.misspelled(name, members, at),
                Some(Member(_, _, Kind::Ignored)) => {}
                Some(Member(_, path, kind)) => {
                    let value = self.value(node, *kind, &at.member(path, name));
                    put(&mut object, path, value);
                }
            }
        }
        Value::Object(object)
    }

    fn hide(&mut self, unknown: &Unknown, at: &At) {
        self.found.hidden.push(HiddenAt { place: at.api.clone(), users: at.users.clone(), unknown: unknown.clone() });
    }

    fn misspelled(&mut self, name: &str, members: &[Member], at: &At) {
        let Some(page) = self.dialect.page else { return };
        let near = |known: &str| {
            known.eq_ignore_ascii_case(name)
                || (known.len() >= 6
                    && known.len().abs_diff(name.len()) <= ERRORS
                    && strsim::osa_distance(known, name) <= ERRORS)
        };
        let Some(Member(meant, ..)) = members.iter().find(|member| near(member.0) || member.1 == name) else { return };
        self.found.settings.push(Setting {
            distribution: String::new(),
            level: Level::Warning,
            place: format!("{}.{name}", at.users),
            message: format!("there is no member {name} here; it is ignored"),
            remedy: format!("write {meant}"),
            grade: Grade::Documented,
            source: page.to_owned(),
        });
    }
}

/// Puts a value at a path such as `AllowedMethods.CachedMethods`; what stands there already is kept beside it.
fn put(object: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => match (object.get_mut(path), value) {
            (Some(Value::Object(known)), Value::Object(more)) => known.extend(more),
            (_, value) => {
                object.insert(path.to_owned(), value);
            }
        },
        Some((first, rest)) => {
            let inner = object.entry(first).or_insert_with(|| json!({}));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INNER: &[Member] = &[Member("port", "HTTPPort", Kind::Number)];
    const MEMBERS: &[Member] = &[
        Member("names", "Aliases", Kind::Texts),
        Member("on", "Enabled", Kind::Flag),
        Member("inner", "Inner", Kind::Object(INNER)),
        Member("methods", "Methods", Kind::Texts),
        Member("cached_methods", "Methods.Cached", Kind::Texts),
    ];

    fn converted(text: &str) -> Converted {
        let node = Node::from(&serde_json::from_str::<Value>(text).unwrap());
        convert(&node, "x", &Dialect { members: MEMBERS, page: Some("page"), blocks_are_lists: true })
    }

    #[test]
    fn members_are_renamed_and_lists_counted() {
        let found = converted(
            r#"{"names": ["a", null, "b"], "on": "true", "inner": [{"port": "81"}], "methods": ["GET"], "cached_methods": ["HEAD"]}"#,
        );
        let expected = json!({
            "Aliases": {"Quantity": 2, "Items": ["a", "b"]}, "Enabled": true, "Inner": {"HTTPPort": 81},
            "Methods": {"Quantity": 1, "Items": ["GET"], "Cached": {"Quantity": 1, "Items": ["HEAD"]}},
        });
        assert_eq!(found.config, expected);
        assert_eq!(found.places.users("DistributionConfig.Inner.HTTPPort"), "x.inner[0].port");
        assert_eq!(found.places.users("DistributionConfig.Aliases.Items[1]"), "x.names[2]");
    }

    #[test]
    fn near_misses_are_told() {
        let found = converted(r#"{"cached_method": [], "Inner": {}, "else": 1}"#);
        let told: Vec<&str> = found.settings.iter().map(|setting| setting.remedy.as_str()).collect();
        assert_eq!(told, ["write inner", "write cached_methods"]);
    }
}

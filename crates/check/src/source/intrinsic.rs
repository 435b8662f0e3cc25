//! Intrinsic functions of CloudFormation, as far as the template alone tells their value.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::tree::{Node, Unknown};

/// Characters that functions may make of one template: a few lines could ask for terabytes.
const MOST: usize = 4 << 20;

/// A template's parts that functions refer to.
pub(super) struct Resolver<'a> {
    template: &'a Value,
    /// Policies of the template by logical id; an error is what hides the content.
    pub(super) policies: BTreeMap<String, Result<(), Unknown>>,
    left: Cell<usize>,
    /// Parameters whose `Default` was taken.
    defaults: RefCell<BTreeSet<String>>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(template: &'a Value) -> Self {
        let defaults = RefCell::default();
        Self { template, policies: BTreeMap::new(), left: Cell::new(MOST), defaults }
    }

    /// The parameters whose `Default` was taken since the last call.
    pub(super) fn defaults(&self) -> BTreeSet<String> {
        self.defaults.take()
    }

    /// The value with everything resolved that the template tells.
    pub(super) fn node(&self, value: &Value) -> Node {
        match value {
            Value::Object(members) => {
                let mut entries = members.iter();
                match (entries.next(), entries.next()) {
                    (Some((name, argument)), None) if name == "Ref" || name.starts_with("Fn::") => {
                        self.function(name, argument)
                    }
                    _ => self.map(members),
                }
            }
            // `AWS::NoValue` takes an item out; the others keep their places.
            Value::Array(items) => Node::List(items.iter().map(|item| self.node(item)).collect()),
            Value::String(text) if text.contains("{{resolve:") => {
                hidden(text, "check the deployed distribution instead: `aws cloudfront get-distribution --id ID`")
            }
            plain => Node::from(plain),
        }
    }

    fn map(&self, members: &serde_json::Map<String, Value>) -> Node {
        let known = members.iter().map(|(name, value)| (name.clone(), self.node(value)));
        Node::Map(known.filter(|(_, node)| *node != Node::Null).collect())
    }

    fn function(&self, name: &str, argument: &Value) -> Node {
        let found = match (name, argument) {
            ("Ref", Value::String(name)) => return self.reference(name),
            ("Fn::GetAtt", Value::String(path)) => return self.attribute(path),
            ("Fn::GetAtt", Value::Array(parts)) => {
                let parts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
                return self.attribute(&parts.join("."));
            }
            ("Fn::Sub", Value::String(text)) => self.substituted(text, &Value::Null),
            ("Fn::Sub", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(text), variables] => self.substituted(text, variables),
                _ => None,
            },
            ("Fn::Join", Value::Array(parts)) => self.joined(parts),
            ("Fn::Select", Value::Array(parts)) => self.selected(parts),
            ("Fn::FindInMap", Value::Array(parts)) => self.found_in_map(parts),
            ("Fn::If", Value::Array(parts)) => match parts.as_slice() {
                // Whatever the condition says.
                [_, then, otherwise] => Some(self.node(then)).filter(|then| *then == self.node(otherwise)),
                _ => None,
            },
            _ => None,
        };
        found.unwrap_or_else(|| {
            hidden(&shown(name, argument), "write the value, or check the deployed distribution instead: `aws cloudfront get-distribution --id ID`")
        })
    }

    fn reference(&self, name: &str) -> Node {
        if name == "AWS::NoValue" {
            return Node::Null;
        }
        if let Some(parameter) = self.template["Parameters"].get(name) {
            return self.parameter(name, parameter);
        }
        self.resource(name, &format!("!Ref {name}"))
    }

    fn attribute(&self, path: &str) -> Node {
        let name = path.strip_suffix(".Id").unwrap_or(path);
        self.resource(name, &format!("!GetAtt {path}"))
    }

    /// A policy is known by its logical id; of any other resource the template tells nothing.
    fn resource(&self, name: &str, expression: &str) -> Node {
        match self.policies.get(name) {
            Some(Ok(())) => Node::Text(name.to_owned()),
            Some(Err(unknown)) => hidden(&format!("{expression} (with {})", unknown.expression), &unknown.remedy),
            None => {
                hidden(expression, "check the deployed distribution instead: `aws cloudfront get-distribution --id ID`")
            }
        }
    }

    fn parameter(&self, name: &str, parameter: &Value) -> Node {
        let kind = parameter["Type"].as_str().unwrap_or("String");
        let default = match &parameter["Default"] {
            Value::String(text) if self.charge(text.len()) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            _ => String::new(),
        };
        // The default of these names a parameter of another service.
        if default.is_empty() || kind.starts_with("AWS::SSM::") {
            let remedy = format!("give the parameter {name} a Default, or check the deployed distribution instead");
            return hidden(&format!("!Ref {name}"), &remedy);
        }
        self.defaults.borrow_mut().insert(name.to_owned());
        if kind == "CommaDelimitedList" || kind.starts_with("List<") {
            return Node::List(default.split(',').map(|item| Node::Text(item.trim().to_owned())).collect());
        }
        Node::Text(default)
    }

    /// `None` if a variable is not known.
    fn substituted(&self, text: &str, variables: &Value) -> Option<Node> {
        let mut parts = text.split("${");
        let mut whole = parts.next()?.to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}')?;
            if let Some(literal) = name.strip_prefix('!') {
                whole.extend(["${", literal, "}"]);
            } else {
                let known = match variables.get(name) {
                    Some(value) => self.node(value),
                    None if name.contains('.') => self.attribute(name),
                    None => self.reference(name),
                };
                whole += &self.text(&known)?;
            }
            whole += rest;
        }
        Some(Node::Text(whole))
    }

    fn joined(&self, parts: &[Value]) -> Option<Node> {
        let [Value::String(between), items] = parts else { return None };
        let Node::List(items) = self.node(items) else { return None };
        let texts = items.iter().map(|item| self.text(item)).collect::<Option<Vec<String>>>()?;
        self.charge(between.len().saturating_mul(texts.len())).then(|| Node::Text(texts.join(between)))
    }

    fn selected(&self, parts: &[Value]) -> Option<Node> {
        let [index, items] = parts else { return None };
        let index: usize = self.text(&self.node(index))?.parse().ok()?;
        let Node::List(mut items) = self.node(items) else { return None };
        (index < items.len()).then(|| items.swap_remove(index))
    }

    fn found_in_map(&self, parts: &[Value]) -> Option<Node> {
        let [map, first, second] = parts else { return None };
        let key = |value: &Value| self.text(&self.node(value));
        let found = self.template["Mappings"].get(key(map)?)?.get(key(first)?)?.get(key(second)?)?;
        let length = found.as_str().map_or_else(|| found.as_array().map_or(0, Vec::len) * 64, str::len);
        let is_list = found
            .as_array()
            .is_some_and(|items| items.iter().all(|item| item.as_str().is_some_and(|item| item.len() <= 64)));
        (self.charge(length) && (is_list || !found.is_array() && !found.is_object())).then(|| Node::from(found))
    }

    /// The text of a known scalar.
    fn text(&self, node: &Node) -> Option<String> {
        match node {
            Node::Text(text) => self.charge(text.len()).then(|| text.clone()),
            Node::Number(number) => Some(number.to_string()),
            Node::Flag(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    /// Whether so much more may be made.
    fn charge(&self, length: usize) -> bool {
        let left = self.left.get().checked_sub(length + 16);
        self.left.set(left.unwrap_or_default());
        left.is_some()
    }
}

fn hidden(expression: &str, remedy: &str) -> Node {
    Node::Hidden(Unknown { expression: expression.chars().take(120).collect(), remedy: remedy.to_owned() })
}

/// A function as people write it, shortened.
fn shown(name: &str, argument: &Value) -> String {
    let short = name.replace("Fn::", "!");
    match argument {
        Value::String(text) => format!("{short} {text}"),
        // Only as much as is shown, however large it is.
        Value::Array(items) => {
            let words: Vec<&str> = items.iter().take(3).filter_map(Value::as_str).collect();
            format!("{short} [{}, …]", words.join(", "))
        }
        _ => short,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resolved(value: &Value) -> Node {
        let template = json!({
            "Parameters": {
                "Zone": {"Type": "String", "Default": "shop.test"}, "Open": {"Type": "String"},
                "Names": {"Type": "CommaDelimitedList", "Default": "a, b"},
                "Stored": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/x"},
            },
            "Mappings": {"M": {"shop.test": {"Port": 8443}}},
        });
        Resolver::new(&template).node(value)
    }

    #[test]
    fn what_the_template_tells_is_resolved() {
        let cases = [
            (json!({"Ref": "Zone"}), json!("shop.test")),
            (json!({"Ref": "Names"}), json!(["a", "b"])),
            (json!({"Fn::Sub": "api.${Zone}"}), json!("api.shop.test")),
            (json!({"Fn::Sub": ["${n}.${Zone}${!x}", {"n": "www"}]}), json!("www.shop.test${x}")),
            (json!({"Fn::Join": [".", ["a", {"Ref": "Zone"}]]}), json!("a.shop.test")),
            (json!({"Fn::Select": [1, {"Ref": "Names"}]}), json!("b")),
            (json!({"Fn::FindInMap": ["M", {"Ref": "Zone"}, "Port"]}), json!(8443)),
            (json!({"Fn::If": ["C", "x", "x"]}), json!("x")),
            (json!({"a": {"Ref": "AWS::NoValue"}, "b": 1}), json!({"b": 1})),
        ];
        for (value, expected) in cases {
            assert_eq!(resolved(&value), Node::from(&expected), "{value}");
        }
    }

    #[test]
    fn what_it_does_not_tell_is_hidden_and_named() {
        let cases = [
            (json!({"Ref": "Open"}), "!Ref Open"),
            (json!({"Ref": "Stored"}), "!Ref Stored"),
            (json!({"Ref": "AWS::Region"}), "!Ref AWS::Region"),
            (json!({"Fn::GetAtt": ["Balancer", "DNSName"]}), "!GetAtt Balancer.DNSName"),
            (json!({"Fn::GetAtt": "Balancer.DNSName"}), "!GetAtt Balancer.DNSName"),
            (json!({"Fn::Sub": "${Balancer.DNSName}"}), "!Sub ${Balancer.DNSName}"),
            (json!({"Fn::Sub": "${Zone"}), "!Sub ${Zone"),
            (json!({"Fn::If": ["Prod", "a", "b"]}), "!If [Prod, a, b, …]"),
            (json!({"Fn::ImportValue": "x"}), "!ImportValue x"),
            (json!("{{resolve:ssm:x}}"), "{{resolve:ssm:x}}"),
            (json!({"Fn::Join": 7}), "!Join"),
        ];
        for (value, expected) in cases {
            let Node::Hidden(unknown) = resolved(&value) else { panic!("{value}") };
            assert_eq!(unknown.expression, expected);
            assert!(unknown.remedy.contains("deployed"), "{}", unknown.remedy);
        }
    }

    #[test]
    fn a_few_lines_do_not_make_terabytes() {
        let template = json!({"Parameters": {"Long": {"Default": "x".repeat(500_000)}}});
        let resolver = Resolver::new(&template);
        let value = json!({"Fn::Sub": "${Long}".repeat(100_000)});
        assert!(matches!(resolver.node(&value), Node::Hidden(_)));
    }
}

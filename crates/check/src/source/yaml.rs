//! YAML as JSON: what CloudFormation templates are written in.
//!
//! Short intrinsic functions become long ones (`!Ref X` is `{"Ref": "X"}`), so that both forms are one from here on.
//! Aliases are copies, of which a few lines could make terabytes: all copies together are bounded, as is the depth.
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value};

use super::SourceError;

/// Deepest nesting; JSON is read to the same depth.
const DEPTH: usize = 100;
/// Values that aliases may add, all together.
const COPIES: usize = 100_000;

/// The first document of `text`.
pub(super) fn parse(text: &str) -> Result<Value, SourceError> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event
            .map_err(|error| SourceError::Yaml { line: error.marker().line(), problem: error.info().to_owned() })?;
        let line = span.start.line();
        if matches!(event, Event::DocumentEnd) {
            break;
        }
        builder.take(event).map_err(|problem| SourceError::Yaml { line, problem: problem.to_owned() })?;
    }
    Ok(builder.done.unwrap_or(Value::Null))
}

/// A list or mapping that is not closed yet.
struct Open {
    value: Container,
    anchor: usize,
    tag: Option<String>,
}

enum Container {
    List(Vec<Value>),
    /// With the key whose value is due.
    Map(Map<String, Value>, Option<String>),
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Value>,
    copied: usize,
    done: Option<Value>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>) -> Result<(), &'static str> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = own_tag(tag.as_deref());
                let plain = style == ScalarStyle::Plain && tag.is_none() && !self.wants_key();
                let value = if plain { scalar(&text) } else { Value::from(text.as_ref()) };
                self.put(tagged(value, tag), anchor)
            }
            Event::SequenceStart(anchor, tag) => self.enter(Container::List(Vec::new()), anchor, tag.as_deref()),
            Event::MappingStart(anchor, tag) => self.enter(Container::Map(Map::new(), None), anchor, tag.as_deref()),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { value, anchor, tag }) = self.open.pop() else { return Err("it ends before it begins") };
                let value = match value {
                    Container::List(items) => Value::Array(items),
                    Container::Map(members, _) => Value::Object(members),
                };
                self.put(tagged(value, tag), anchor)
            }
            Event::Alias(anchor) => {
                let value = self.anchors.get(&anchor).ok_or("an alias stands inside of what it names")?;
                self.copied += size(value);
                if self.copied > COPIES {
                    return Err("the aliases expand to too much");
                }
                self.put(value.clone(), 0)
            }
            _ => Ok(()),
        }
    }

    fn wants_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { value: Container::Map(_, None), .. }))
    }

    fn enter(&mut self, value: Container, anchor: usize, tag: Option<&Tag>) -> Result<(), &'static str> {
        if self.open.len() >= DEPTH {
            return Err("it is nested too deeply");
        }
        self.open.push(Open { value, anchor, tag: own_tag(tag) });
        Ok(())
    }

    fn put(&mut self, value: Value, anchor: usize) -> Result<(), &'static str> {
        if anchor != 0 {
            self.copied += size(&value);
            if self.copied > COPIES {
                return Err("the anchors hold too much");
            }
            self.anchors.insert(anchor, value.clone());
        }
        match self.open.last_mut().map(|open| &mut open.value) {
            None => self.done = Some(value),
            Some(Container::List(items)) => items.push(value),
            Some(Container::Map(members, key)) => match (key.take(), value) {
                (Some(key), value) => {
                    members.insert(key, value);
                }
                (None, Value::String(text)) => *key = Some(text),
                (None, _) => return Err("a key is not a plain text"),
            },
        }
        Ok(())
    }
}

/// The name of a tag of the document's own, such as `Ref` of `!Ref`.
fn own_tag(tag: Option<&Tag>) -> Option<String> {
    tag.filter(|tag| !tag.is_yaml_core_schema() && !tag.suffix.is_empty()).map(|tag| tag.suffix.clone())
}

/// `!Ref X` as `{"Ref": "X"}`, `!Sub X` as `{"Fn::Sub": "X"}`.
fn tagged(value: Value, tag: Option<String>) -> Value {
    let Some(tag) = tag else { return value };
    let name = if matches!(tag.as_str(), "Ref" | "Condition") { tag } else { format!("Fn::{tag}") };
    Value::Object(Map::from_iter([(name, value)]))
}

/// A plain scalar by the core schema (YAML 1.2, section 10.3); CloudFormation reads `yes` and `no` as text, too.
fn scalar(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from),
    }
}

fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum(),
        Value::String(text) => text.len() / 64,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use serde_json::json;

    use super::*;

    #[test]
    fn short_functions_become_long_ones() {
        let text = "a: !Ref X\nb: !GetAtt A.B\nc: !If [C, 1, !Ref AWS::NoValue]\nd: !Sub\n  - '${x}'\n  - x: 1\n";
        let expected = json!({
            "a": {"Ref": "X"}, "b": {"Fn::GetAtt": "A.B"}, "c": {"Fn::If": ["C", 1, {"Ref": "AWS::NoValue"}]},
            "d": {"Fn::Sub": ["${x}", {"x": 1}]},
        });
        assert_eq!(parse(text).unwrap(), expected);
    }

    #[test]
    fn scalars_are_what_they_look_like_unless_quoted() {
        let text = "a: 443\nb: '443'\nc: true\nd: yes\ne:\nf: 1.2\n443: g\nh: 2010-09-09\n";
        let expected =
            json!({"a": 443, "b": "443", "c": true, "d": "yes", "e": null, "f": "1.2", "443": "g", "h": "2010-09-09"});
        assert_eq!(parse(text).unwrap(), expected);
    }

    #[test]
    fn anchors_are_copied_and_bombs_are_not() {
        assert_eq!(parse("a: &x [1]\nb: *x\n").unwrap(), json!({"a": [1], "b": [1]}));
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let copies = format!("*a{}, ", level - 1).repeat(10);
            let _ = writeln!(bomb, "a{level}: &a{level} [{copies}]");
        }
        assert!(parse(&bomb).unwrap_err().to_string().contains("too much"));
    }

    #[test]
    fn what_is_no_yaml_is_refused_with_its_line() {
        let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
        let mut block = String::new();
        for depth in 0..500 {
            let _ = writeln!(block, "{:depth$}a:", "");
        }
        for text in ["a: [1\nb: 2", "a: *nobody", "? [1]\n: 2", &deep, &block] {
            assert!(parse(text).unwrap_err().to_string().starts_with("line "), "{text:.20}");
        }
    }
}

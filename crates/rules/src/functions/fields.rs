//! Reading the fields of a JSON object that a function returned.

use serde_json::{Map, Value};

use super::{Fault, FunctionRule, Runtime};

/// An object, with what is needed to complain about it.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) runtime: Runtime,
    rule: FunctionRule,
    path: &'a str,
    map: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// The object at `path`; anything else breaks `rule`.
    pub(super) fn of(runtime: Runtime, rule: FunctionRule, path: &'a str, value: &'a Value) -> Result<Self, Fault> {
        let fault = || Fault::new(runtime, rule, format!("{path} is {}, not an object", kind(value)));
        let map = value.as_object().ok_or_else(fault)?;
        Ok(Self { runtime, rule, path, map })
    }

    /// The same object, where what is wrong breaks another rule.
    pub(super) fn by(self, rule: FunctionRule) -> Self {
        Self { rule, ..self }
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
        self.map.iter()
    }

    /// The member object of this name, if it is there.
    pub(super) fn object(&self, key: &'a str) -> Result<Option<Self>, Fault> {
        self.get(key).map(|value| Self::of(self.runtime, self.rule, key, value)).transpose()
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>, Fault> {
        self.read(key, "a text", Value::as_str)
    }

    pub(super) fn boolean(&self, key: &str) -> Result<Option<bool>, Fault> {
        self.read(key, "true or false", Value::as_bool)
    }

    pub(super) fn list(&self, key: &str) -> Result<Option<&'a Vec<Value>>, Fault> {
        self.read(key, "a list", Value::as_array)
    }

    /// A list of texts.
    pub(super) fn texts(&self, key: &str) -> Result<Option<Vec<&'a str>>, Fault> {
        let Some(list) = self.list(key)? else { return Ok(None) };
        let texts: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
        texts.map(Some).ok_or_else(|| self.fault(key, "is not a list of texts"))
    }

    /// A whole number from `low` to `high`.
    pub(super) fn number(&self, key: &str, low: u64, high: u64) -> Result<Option<u64>, Fault> {
        let Some(number) = self.read(key, "a whole number", Value::as_u64)? else { return Ok(None) };
        if (low..=high).contains(&number) {
            return Ok(Some(number));
        }
        Err(self.fault(key, format!("is {number}, not {low} to {high}")))
    }

    /// Something required.
    pub(super) fn required<T>(&self, key: &str, value: Option<T>) -> Result<T, Fault> {
        value.ok_or_else(|| self.fault(key, "is missing"))
    }

    /// Refuses every member that is not in `known`.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Fault> {
        match self.map.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(self.fault(key, "has no place here")),
            None => Ok(()),
        }
    }

    pub(super) fn fault(&self, key: &str, what: impl std::fmt::Display) -> Fault {
        Fault::new(self.runtime, self.rule, format!("{}.{key} {what}", self.path))
    }

    fn read<T>(&self, key: &str, wanted: &str, read: impl Fn(&'a Value) -> Option<T>) -> Result<Option<T>, Fault> {
        let Some(value) = self.get(key) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| self.fault(key, format!("is {}, not {wanted}", kind(value))))
    }
}

/// What kind of JSON value it is, in words.
pub(super) const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

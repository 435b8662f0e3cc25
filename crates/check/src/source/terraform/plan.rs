//! The resources of a plan or state, with what is only known after it is applied.
//!
//! Source: <https://developer.hashicorp.com/terraform/internals/json-format>.

use std::collections::HashMap;

use serde_json::Value;

use super::super::tree::{Node, Unknown};

/// A plan or state.
pub(super) struct Plan<'a> {
    pub(super) resources: Vec<Resource<'a>>,
    /// `change` of `resource_changes`, by address.
    changes: HashMap<&'a str, &'a Value>,
    configuration: &'a Value,
}

/// One resource or data source.
pub(super) struct Resource<'a> {
    /// Such as `module.cdn.aws_cloudfront_distribution.site`.
    pub(super) address: String,
    /// `type`.
    pub(super) kind: &'a str,
    pub(super) is_managed: bool,
    name: &'a str,
    /// Such as `module.cdn`; empty for the root.
    module: &'a str,
    values: &'a Value,
}

impl<'a> Plan<'a> {
    pub(super) fn of(value: &'a Value) -> Self {
        let changes = value["resource_changes"].as_array().into_iter().flatten();
        let mut plan = Self {
            resources: Vec::new(),
            changes: changes.filter_map(|change| Some((change["address"].as_str()?, &change["change"]))).collect(),
            configuration: &value["configuration"]["root_module"],
        };
        // Data sources that were read already stand in the state before the plan.
        for root in ["planned_values", "values"] {
            plan.module(&value[root]["root_module"], true);
        }
        plan.module(&value["prior_state"]["values"]["root_module"], value["planned_values"].is_null());
        plan
    }

    fn module(&mut self, module: &'a Value, with_managed: bool) {
        for resource in module["resources"].as_array().into_iter().flatten() {
            let is_managed = resource["mode"] != "data";
            if let (Some(address), Some(kind)) = (resource["address"].as_str(), resource["type"].as_str())
                && (with_managed || !is_managed)
            {
                self.resources.push(Resource {
                    address: address.to_owned(),
                    kind,
                    is_managed,
                    name: resource["name"].as_str().unwrap_or_default(),
                    module: module["address"].as_str().unwrap_or_default(),
                    values: &resource["values"],
                });
            }
        }
        for child in module["child_modules"].as_array().into_iter().flatten() {
            self.module(child, with_managed);
        }
    }

    /// What the configuration writes for a resource, setting by setting.
    fn expressions(&self, resource: &Resource<'_>) -> Option<&'a Value> {
        let mut module = self.configuration;
        // `module.a["x"].module.b` names the calls a and b; a key may hold anything but is not needed here.
        let mut labels = resource.module.split('.');
        while let Some(label) = labels.next() {
            if label == "module" {
                let call = labels.next()?;
                module = &module["module_calls"][call.split('[').next()?]["module"];
            }
        }
        let mut resources = module["resources"].as_array()?.iter();
        let found = resources.find(|known| known["type"] == resource.kind && known["name"] == resource.name)?;
        found.get("expressions")
    }

    /// The address of the one policy that `reference`, written in the module of `resource`, names.
    pub(super) fn policy(resource: &Resource<'_>, reference: &str, known: &[&str]) -> Option<String> {
        let mut labels = reference.split(['.', '[']);
        let (kind, name) = (labels.next()?, labels.next()?);
        let address = match resource.module {
            "" => format!("{kind}.{name}"),
            module => format!("{module}.{kind}.{name}"),
        };
        let is_it = |known: &&&str| {
            known.strip_prefix(address.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
        };
        let mut found = known.iter().filter(is_it);
        // One of several instances: which, the configuration does not tell.
        found.next().filter(|_| found.next().is_none()).map(ToString::to_string)
    }
}

impl<'a> Resource<'a> {
    /// Its values, with those hidden that are known only after the plan is applied.
    pub(super) fn node(&self, plan: &Plan<'a>) -> Node {
        let change = plan.changes.get(self.address.as_str()).copied().unwrap_or(&Value::Null);
        // These two are in the same order; the planned values are the same once more.
        let values = if change["after"].is_object() { &change["after"] } else { self.values };
        node(values, &change["after_unknown"], plan.expressions(self).unwrap_or(&Value::Null))
    }
}

fn node(value: &Value, unknown: &Value, written: &Value) -> Node {
    match (value, unknown) {
        (_, Value::Bool(true)) => Node::Hidden(hidden(written)),
        (Value::Object(members), unknown) => {
            let mut known: std::collections::BTreeMap<String, Node> = members
                .iter()
                .map(|(name, member)| (name.clone(), node(member, &unknown[name.as_str()], &written[name.as_str()])))
                .collect();
            for (name, unknown) in unknown.as_object().into_iter().flatten() {
                let written = &written[name.as_str()];
                known.entry(name.clone()).or_insert_with(|| node(&Value::Null, unknown, written));
            }
            Node::Map(known)
        }
        (Value::Array(items), unknown) => {
            // A set is sorted otherwise than it is written: only one alone is surely the one that is written.
            let same = written.as_array().is_some_and(|written| written.len() == 1 && items.len() == 1);
            let block = written.is_object() && items.len() == 1;
            let written = |index: usize| {
                if same {
                    &written[index]
                } else if block {
                    written
                } else {
                    &Value::Null
                }
            };
            Node::List(
                items.iter().enumerate().map(|(index, item)| node(item, &unknown[index], written(index))).collect(),
            )
        }
        (Value::Null, Value::Object(_)) => node(&Value::Object(serde_json::Map::new()), unknown, written),
        (plain, _) => Node::from(plain),
    }
}

fn hidden(written: &Value) -> Unknown {
    let references = written["references"].as_array().and_then(|references| references.first());
    let expression = match references.and_then(Value::as_str) {
        Some(reference) => reference.chars().take(120).collect(),
        None => "(known after apply)".to_owned(),
    };
    let remedy = "apply the plan and give the state (`terraform show -json` without a plan file), or write the value";
    Unknown { expression, remedy: remedy.to_owned() }
}

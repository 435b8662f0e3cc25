//! Distributions of a Terraform plan or state, as `terraform show -json` prints them.
//!
//! Sources: <https://developer.hashicorp.com/terraform/internals/json-format>,
//! <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudfront_distribution>.

mod members;
mod plan;

use edge502_rules::distribution::CustomPolicies;
use serde_json::{Value, json};

use super::policy::{self, Names};
use super::shape::{Converted, convert};
use super::tree::{Node, Unknown};
use super::{Source, SourceError};
use plan::{Plan, Resource};

const DISTRIBUTION: &str = "aws_cloudfront_distribution";
/// Resources and data sources with the content of a policy.
const POLICIES: [&str; 2] = ["aws_cloudfront_origin_request_policy", "aws_cloudfront_cache_policy"];

const POLICY: Names = Names {
    parameters: "parameters_in_cache_key_and_forwarded_to_origin",
    headers: ["headers_config", "header_behavior", "headers"],
    cookies: ["cookies_config", "cookie_behavior", "cookies"],
    query_strings: ["query_strings_config", "query_string_behavior", "query_strings"],
    ttl: ["min_ttl", "default_ttl", "max_ttl"],
    compression: ["enable_accept_encoding_gzip", "enable_accept_encoding_brotli"],
};

/// Whether this is a plan or a state.
pub(super) fn is(value: &Value) -> bool {
    value.get("format_version").is_some()
        && ["planned_values", "values", "terraform_version", "resource_changes"]
            .iter()
            .any(|member| value.get(member).is_some())
}

/// All distributions of a plan or state.
pub(super) fn read(value: &Value) -> Result<Vec<Source>, SourceError> {
    let plan = Plan::of(value);
    let (policies, known) = policies(&plan);
    let mut sources = Vec::new();
    for resource in plan.resources.iter().filter(|resource| resource.kind == DISTRIBUTION && resource.is_managed) {
        sources.push(source(&plan, resource, &policies, &known)?);
    }
    if sources.is_empty() {
        return Err(SourceError::None { what: DISTRIBUTION, file: "Terraform plan" });
    }
    Ok(sources)
}

fn source(
    plan: &Plan<'_>,
    resource: &Resource<'_>,
    policies: &CustomPolicies,
    known: &[&str],
) -> Result<Source, SourceError> {
    let mut node = resource.node(plan);
    name_policies(&mut node, resource, known);
    let own = |name: &str| match node.member(name) {
        Some(Node::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let (id, domain) = (own("id"), own("domain_name"));
    let mut converted: Converted = convert(&node, &resource.address, &members::DIALECT);
    let mut config = std::mem::take(&mut converted.config);
    if let Some(logging) = config.get_mut("Logging").and_then(Value::as_object_mut) {
        // To have it is to switch it on there.
        logging.insert("Enabled".to_owned(), true.into());
    }
    as_the_provider_sends(&mut config);
    converted.config = json!({ "Id": id, "DomainName": domain, "DistributionConfig": config });
    Source::new(resource.address.clone(), converted, policies)
}

/// The provider makes an origin without any configuration an S3 origin, and leaves out zeros that mean "not set".
fn as_the_provider_sends(config: &mut Value) {
    for origin in items(config, "Origins") {
        let kinds = ["CustomOriginConfig", "S3OriginConfig", "VpcOriginConfig"];
        if origin.is_object() && kinds.iter().all(|kind| origin[*kind].is_null()) {
            origin["S3OriginConfig"] = json!({});
        }
        for unset in ["ConnectionAttempts", "ConnectionTimeout"] {
            if origin[unset] == 0 {
                origin[unset] = Value::Null;
            }
        }
    }
    for response in items(config, "CustomErrorResponses") {
        if response["ResponseCode"] == "0" {
            response["ResponseCode"] = Value::Null;
        }
    }
}

fn items<'a>(config: &'a mut Value, list: &str) -> impl Iterator<Item = &'a mut Value> {
    let items = config.get_mut(list).and_then(|list| list.get_mut("Items")).and_then(Value::as_array_mut);
    items.into_iter().flatten().filter(|item| item.is_object())
}

/// The user's own policies, by id where that is known and by address; and the addresses.
fn policies<'a>(plan: &'a Plan<'_>) -> (CustomPolicies, Vec<&'a str>) {
    let (mut policies, mut known) = (CustomPolicies::default(), Vec::new());
    for resource in plan.resources.iter().filter(|resource| POLICIES.contains(&resource.kind)) {
        let node = resource.node(plan);
        let Ok(policy) = policy::read(&node, &POLICY) else { continue };
        if let Some(Node::Text(id)) = node.member("id") {
            policies = policies.with(id, policy.clone());
        }
        policies = policies.with(&resource.address, policy);
        known.push(resource.address.as_str());
    }
    (policies, known)
}

/// A policy that is made together with the distribution has no id yet, but the configuration says which one it is.
fn name_policies(node: &mut Node, resource: &Resource<'_>, known: &[&str]) {
    let Node::Map(members) = node else { return };
    for block in ["default_cache_behavior", "ordered_cache_behavior"] {
        let Some(Node::List(behaviors)) = members.get_mut(block) else { continue };
        for behavior in behaviors {
            let Node::Map(settings) = behavior else { continue };
            for setting in ["origin_request_policy_id", "cache_policy_id"] {
                if let Some(value @ Node::Hidden(_)) = settings.get_mut(setting)
                    && let Node::Hidden(Unknown { expression, .. }) = &*value
                    && let Some(address) = Plan::policy(resource, expression, known)
                {
                    *value = Node::Text(address);
                }
            }
        }
    }
}

//! Changes to a distribution, as commands.

use crate::target::Target;

/// Sets `member` (a jq path) of the target's origin to `value` (JSON).
pub(super) fn origin(target: &Target, member: &str, value: &str) -> (&'static str, String) {
    let id = &target.origin().id;
    let choice = match &target.path_pattern {
        Some(_) => format!("select(.Id == \"{}\")", escaped(id)),
        None => format!("select(.DomainName == \"{}\")", target.origin().domain_name),
    };
    update(target, &format!("(.Origins.Items[] | {choice} | {member}) = {value}"))
}

/// Sets `member` (a jq path) of the target's behaviour to `value` (JSON).
pub(super) fn behavior(target: &Target, member: &str, value: &str) -> (&'static str, String) {
    let place = match target.path_pattern.as_deref() {
        None | Some("*") => ".DefaultCacheBehavior".to_owned(),
        Some(pattern) => {
            format!("(.CacheBehaviors.Items[] | select(.PathPattern == \"{}\"))", escaped(pattern))
        }
    };
    update(target, &format!("{place}{member} = {value}"))
}

/// A security group that lets CloudFront's addresses in.
pub(super) fn security_group(port: u16) -> (&'static str, String) {
    (
        "aws cli",
        format!(
            "LIST=$(aws ec2 describe-managed-prefix-lists --query \"PrefixLists[?PrefixListName=='com.amazonaws.global.cloudfront.origin-facing'].PrefixListId\" --output text)\n\
             aws ec2 authorize-security-group-ingress --group-id sg-EXAMPLE --ip-permissions \"IpProtocol=tcp,FromPort={port},ToPort={port},PrefixListIds=[{{PrefixListId=$LIST}}]\""
        ),
    )
}

/// Reads the configuration, changes it and writes it back; `update-distribution` wants the `ETag` and the inner object.
fn update(target: &Target, change: &str) -> (&'static str, String) {
    let id = target.distribution_id.as_deref().unwrap_or("EDFDVBD6EXAMPLE");
    (
        "aws cli",
        format!(
            "aws cloudfront get-distribution-config --id {id} > config.json\n\
             jq '.DistributionConfig | {change}' config.json > changed.json\n\
             aws cloudfront update-distribution --id {id} --if-match \"$(jq -r .ETag config.json)\" --distribution-config file://changed.json"
        ),
    )
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\'', "'\\''")
}

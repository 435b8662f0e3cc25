//! The content of the user's own policies, where a file has it: whether `Host` is forwarded hangs on it.
//!
//! Sources: <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_OriginRequestPolicyConfig.html>,
//! <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CachePolicyConfig.html>.

use edge502_rules::distribution::{Policy, Selection};

use super::tree::{Node, Unknown};

/// What a policy's members are called.
pub(super) struct Names {
    /// Around the selections of a cache policy.
    pub(super) parameters: &'static str,
    /// Block, behavior and list of headers, cookies and query strings.
    pub(super) headers: [&'static str; 3],
    pub(super) cookies: [&'static str; 3],
    pub(super) query_strings: [&'static str; 3],
    /// Minimum, default and maximum.
    pub(super) ttl: [&'static str; 3],
    /// Gzip and Brotli.
    pub(super) compression: [&'static str; 2],
}

/// The policy `config`; an error is what hides it.
pub(super) fn read(config: &Node, names: &Names) -> Result<Policy, Unknown> {
    if let Node::Hidden(unknown) = config {
        return Err(unknown.clone());
    }
    let inner = config.member(names.parameters).and_then(Node::block).unwrap_or(config);
    if let Node::Hidden(unknown) = inner {
        return Err(unknown.clone());
    }
    let seconds = |name: &str| match config.member(name) {
        Some(Node::Number(number)) => number.as_u64().and_then(|seconds| u32::try_from(seconds).ok()),
        Some(Node::Text(text)) => text.parse().ok(),
        _ => None,
    };
    let flag = |name: &str| match inner.member(name) {
        Some(Node::Flag(flag)) => *flag,
        Some(Node::Text(text)) => text == "true",
        _ => false,
    };
    Ok(Policy {
        headers: selection(inner, names.headers)?,
        cookies: selection(inner, names.cookies).unwrap_or_default(),
        query_strings: selection(inner, names.query_strings).unwrap_or_default(),
        min_ttl: seconds(names.ttl[0]),
        default_ttl: seconds(names.ttl[1]),
        max_ttl: seconds(names.ttl[2]),
        gzip: flag(names.compression[0]),
        brotli: flag(names.compression[1]),
    })
}

/// Which headers, cookies or query strings. What is hidden there is an error, as is a word nobody knows.
fn selection(config: &Node, [block, behavior, list]: [&str; 3]) -> Result<Selection, Unknown> {
    let Some(block) = config.member(block).and_then(Node::block) else { return Ok(Selection::None) };
    if let Node::Hidden(unknown) = block {
        return Err(unknown.clone());
    }
    let names = || names(block.member(list));
    match block.member(behavior).unwrap_or(&Node::Null) {
        Node::Text(word) => match word.as_str() {
            "none" => Ok(Selection::None),
            // The edge makes the headers that are listed beside all of the viewer's.
            "all" | "allViewer" | "allViewerAndWhitelistCloudFront" => Ok(Selection::All),
            "whitelist" => Ok(Selection::only(names()?.iter().map(String::as_str))),
            "allExcept" => Ok(Selection::all_except(names()?.iter().map(String::as_str))),
            other => Err(unknown(other)),
        },
        Node::Hidden(unknown) => Err(unknown.clone()),
        _ => Err(unknown("nothing")),
    }
}

fn unknown(word: &str) -> Unknown {
    let remedy = "write none, whitelist, allViewer, allViewerAndWhitelistCloudFront, allExcept or all".to_owned();
    Unknown { expression: format!("the behavior {word:?} of a policy"), remedy }
}

/// A list of names, which Terraform puts into a block `items`.
fn names(list: Option<&Node>) -> Result<Vec<String>, Unknown> {
    let mut list = list.unwrap_or(&Node::Null);
    if let Node::List(blocks) = list
        && let Some(block @ Node::Map(_)) = blocks.first()
    {
        list = block;
    }
    if let Node::Map(members) = list {
        list = members.get("items").or_else(|| members.get("Items")).unwrap_or(&Node::Null);
    }
    match list {
        Node::Hidden(unknown) => Err(unknown.clone()),
        Node::List(items) => {
            let name = |item: &Node| match item {
                Node::Text(name) => Some(Ok(name.clone())),
                Node::Hidden(unknown) => Some(Err(unknown.clone())),
                _ => None,
            };
            items.iter().filter_map(name).collect()
        }
        _ => Ok(Vec::new()),
    }
}

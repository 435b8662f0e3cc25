//! Distributions out of what people have at hand.
//!
//! Besides what `aws cloudfront get-distribution` and `get-distribution-config` print these are lists of distributions,
//! CloudFormation templates and Terraform plans. All become the `DistributionConfig` that the rules read, so that every
//! rule holds for every file; what is said about a setting names its place in the user's file. A value that the file
//! hides is never guessed: what depends on it is not checked, and the rest is.

mod cloudformation;
mod intrinsic;
mod list;
mod mend;
mod policy;
mod setting;
mod shape;
mod skip;
mod terraform;
mod tree;
mod yaml;

#[cfg(test)]
mod tests;

use edge502_rules::distribution::{self, CustomPolicies, DistributionError, Parsed};
use serde_json::Value;
use thiserror::Error;

pub use setting::{Level, Setting};
use skip::{Skip, Why};

use crate::error::CheckError;
use crate::target::Target;
use shape::{Converted, HiddenAt};
use tree::Places;

/// Origins or cache behaviors of one distribution that are read at most, ten times what CloudFront allows:
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html>.
const MOST: usize = 1_000;

/// A file that holds no distribution.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The text is neither JSON nor YAML.
    #[error(
        "line {line}: this is neither JSON nor YAML: {problem}; give the output of `aws cloudfront get-distribution`, \
         a CloudFormation template, or the output of `terraform show -json`"
    )]
    Yaml {
        /// Line of the error, from 1.
        line: usize,
        /// What the parser stumbled over.
        problem: String,
    },
    /// What is in there is no distribution.
    #[error(transparent)]
    Distribution(#[from] DistributionError),
    /// No distribution is that large.
    #[error("{name} has {count} {list}, far more than CloudFront takes; give a file with at most {MOST}")]
    TooMany {
        /// The distribution.
        name: String,
        /// How many there are.
        count: usize,
        /// `Origins` or `CacheBehaviors`.
        list: &'static str,
    },
    /// Several distributions where one is wanted, or none of the wanted name.
    #[error("{}; name one of {}", wanted(name.as_deref()), few(names))]
    Which {
        /// The name that was asked for.
        name: Option<String>,
        /// The names in the file.
        names: Vec<String>,
    },
    /// A distribution that cannot be played as a whole.
    #[error("{0}")]
    Incomplete(Box<Setting>),
    /// A template or plan without a distribution.
    #[error("there is no {what} in this {file}; give one that has it")]
    None {
        /// `AWS::CloudFront::Distribution` or `aws_cloudfront_distribution`.
        what: &'static str,
        /// `CloudFormation template` or `Terraform plan`.
        file: &'static str,
    },
}

/// A value that is not in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// Where it stands in the file.
    pub place: String,
    /// What stands there, such as `!GetAtt Balancer.DNSName`.
    pub expression: String,
    /// What would tell the value.
    pub remedy: String,
}

/// One distribution of a file.
#[derive(Debug)]
pub struct Source {
    /// Its id, its logical id in a template, or its address in a plan.
    pub name: String,
    /// The settings. What is hidden or cannot be used holds a stand-in; [`Self::targets`] leaves it out.
    pub parsed: Parsed,
    /// Values that are not in the file and decide about a connection.
    pub hidden: Vec<Hidden>,
    /// What is to be said about the settings, the worst first.
    pub settings: Vec<Setting>,
    skip: Skip,
}

/// All distributions in `text`, in its order.
///
/// JSON: what `aws cloudfront` prints about one or many distributions (also one object a line), a CloudFormation
/// template, `terraform show -json`. YAML: a CloudFormation template, `aws … --output yaml`.
pub fn read(text: &str) -> Result<Vec<Source>, SourceError> {
    // Windows shells put a byte order mark in front.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    of_value(&value(text)?)
}

/// The one distribution in `text`, or the one called `name`, if all of it can be played: nothing that decides is hidden,
/// and no setting is one that cannot work.
pub fn one(text: &str, name: Option<&str>) -> Result<Source, SourceError> {
    let mut sources = read(text)?;
    let wanted = |source: &Source| name.is_none_or(|name| source.name == name);
    let found: Vec<usize> = (0..sources.len()).filter(|&index| wanted(&sources[index])).collect();
    let [index] = found[..] else {
        let names = sources.into_iter().map(|source| source.name).collect();
        return Err(SourceError::Which { name: name.map(str::to_owned), names });
    };
    let source = sources.swap_remove(index);
    match source.settings.iter().find(|setting| setting.level <= Level::Hidden) {
        Some(setting) => Err(SourceError::Incomplete(Box::new(setting.clone()))),
        None => Ok(source),
    }
}

fn wanted(name: Option<&str>) -> String {
    match name {
        Some(name) => format!("there is no single distribution {name}"),
        None => "there is not exactly one distribution".to_owned(),
    }
}

/// The first of `names`, and how many more there are.
fn few(names: &[String]) -> String {
    const SHOWN: usize = 20;
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => "a file that has one".to_owned(),
        count if count > SHOWN => format!("{shown} and {} more", count - SHOWN),
        _ => shown,
    }
}

fn of_value(value: &Value) -> Result<Vec<Source>, SourceError> {
    match value.get("TemplateBody") {
        // `aws cloudformation get-template` prints a template in YAML as one string.
        Some(Value::String(text)) => cloudformation::read(&self::value(text)?),
        Some(template) => cloudformation::read(template),
        None if value.get("Resources").is_some_and(Value::is_object) => cloudformation::read(value),
        None if terraform::is(value) => terraform::read(value),
        None => list::read(value),
    }
}

/// JSON, one JSON value after the other, or YAML.
fn value(text: &str) -> Result<Value, SourceError> {
    let error = match serde_json::from_str(text) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let many = serde_json::Deserializer::from_str(text).into_iter::<Value>().collect::<Result<Vec<Value>, _>>();
    match many {
        Ok(values) if values.len() > 1 => Ok(Value::Array(values)),
        _ if text.trim_start().starts_with(['{', '[']) || text.trim().is_empty() => {
            Err(DistributionError::from(&error).into())
        }
        _ => yaml::parse(text),
    }
}

impl Source {
    /// Reads a distribution in the API's spelling, which stands at `places`.
    fn of_api(name: String, document: Value, places: &Places) -> Result<Self, SourceError> {
        let converted = Converted { config: document, places: places.clone(), ..Converted::default() };
        Self::new(name, converted, &CustomPolicies::default())
    }

    /// Reads a distribution that was converted, whatever can be read of it.
    fn new(name: String, converted: Converted, policies: &CustomPolicies) -> Result<Self, SourceError> {
        let Converted { config, places, hidden, mut settings } = converted;
        // An item of a list is left out, anything else gets a stand-in.
        let unknown: Vec<String> =
            hidden.iter().map(|hidden| hidden.place.clone()).filter(|place| !place.ends_with(".Items")).collect();
        refuse_many(&name, &config)?;
        let mut mended = mend::read(config, &unknown, policies)?;
        let (mut skip, mut deciding) = (Skip::default(), Vec::new());
        for found in &hidden {
            note(&mut settings, &mut deciding, &mut skip, found, &mended.parsed);
        }
        for (place, error) in &mended.errors {
            // What is missing because it is hidden is not wrong.
            if hidden.iter().any(|hidden| hidden.explains(place)) {
                continue;
            }
            if let Some(why) = skip.behind(error).cloned() {
                skip.add(place, &why);
                continue;
            }
            skip.add(place, &Why::Told);
            settings.extend(Setting::of_error(error).map(|setting| at(setting, &places)));
        }
        let at_stand_in = |place: &str| mended.stand_ins.iter().any(|stand_in| place.starts_with(stand_in.as_str()));
        let notices = mended.parsed.notices.iter().filter(|notice| !at_stand_in(&notice.place)).cloned();
        settings.extend(notices.map(|notice| at(notice.into(), &places)));
        settings.sort_by_key(|setting| setting.level);
        for setting in &mut settings {
            setting.distribution.clone_from(&name);
        }
        skip.drop_headers(&mut mended.parsed.distribution);
        Ok(Self { name, parsed: mended.parsed, hidden: deciding, settings, skip })
    }

    /// Every origin of every behaviour, with what it is called. Those whose settings are hidden have the reason in
    /// place of a target; those whose settings cannot work are left out, being findings already. With `host_header` a
    /// hidden alias hides nothing.
    pub fn targets(&self, host_header: Option<&str>) -> Vec<(String, Result<Target, CheckError>)> {
        let distribution = &self.parsed.distribution;
        let mut named = Vec::new();
        for (index, behavior) in distribution.all_behaviors().enumerate() {
            let index = (index < distribution.behaviors.len()).then_some(index);
            for origin in distribution.target(behavior).into_iter().flat_map(distribution::Target::origins) {
                let target = Target::of(distribution, behavior, origin);
                let why = self.skip.why(distribution, index, &target);
                let viewers = || self.skip.names(distribution, &target).filter(|_| host_header.is_none());
                match why.or_else(viewers) {
                    None => named.push((target.to_string(), Ok(target))),
                    Some(Why::Told) => {}
                    Some(Why::Hidden(hidden)) => {
                        let name = format!("{}: {}", self.name, behavior.path_pattern.as_str());
                        named.push((name, Err(hidden.clone().into())));
                    }
                }
            }
        }
        // Both origins of a group may have one reason.
        named.dedup_by(|a, b| a.0 == b.0 && a.1.is_err() && b.1.is_err());
        named
    }
}

impl From<Hidden> for CheckError {
    fn from(hidden: Hidden) -> Self {
        let Hidden { place, expression, remedy } = hidden;
        Self::Hidden { place, expression, remedy }
    }
}

fn refuse_many(name: &str, document: &Value) -> Result<(), SourceError> {
    let around = document.get("Distribution").unwrap_or(document);
    let config = around.get("DistributionConfig").unwrap_or(around);
    for list in ["Origins", "CacheBehaviors"] {
        let count = config[list]["Items"].as_array().map_or(0, Vec::len);
        if count > MOST {
            return Err(SourceError::TooMany { name: name.to_owned(), count, list });
        }
    }
    Ok(())
}

fn at(mut setting: Setting, places: &Places) -> Setting {
    setting.place = places.users(&setting.place);
    setting
}

/// Reports a hidden value if it matters.
fn note(settings: &mut Vec<Setting>, deciding: &mut Vec<Hidden>, skip: &mut Skip, found: &HiddenAt, parsed: &Parsed) {
    let HiddenAt { place, users, unknown } = found;
    let Some((level, message)) = skip::weight(place, parsed) else { return };
    let (expression, remedy) = (unknown.expression.clone(), unknown.remedy.clone());
    let hidden = Hidden { place: users.clone(), expression, remedy: remedy.clone() };
    let is_left = level == Level::Note && !place.contains("Aliases");
    skip.add(place, &if is_left { Why::Told } else { Why::Hidden(hidden.clone()) });
    settings.push(Setting {
        distribution: String::new(),
        level,
        place: users.clone(),
        message: format!("{} hides the value; {message}", hidden.expression),
        remedy,
        grade: edge502_rules::Grade::Documented,
        source: skip::page(place).to_owned(),
    });
    if level == Level::Hidden {
        deciding.push(hidden);
    }
}

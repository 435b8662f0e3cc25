//! Whether reports for programs have the form that they promise.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use edge502_check::render::{Format, Look};
use edge502_check::{Batch, Report, render, schema};
use jsonschema::Validator;
use serde_json::Value;

/// The published schema.
fn validator() -> &'static Validator {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    VALIDATOR.get_or_init(|| jsonschema::draft202012::new(&schema::document()).unwrap())
}

/// What is wrong with the forms of one report.
#[allow(dead_code, reason = "not every test has one alone")]
pub(crate) fn of_report(report: &Report) -> Vec<String> {
    misfits(|format| render::one(report, format, Look::default()))
}

/// What is wrong with the forms of many reports.
#[allow(dead_code, reason = "not every test has many")]
pub(crate) fn of_batch(batch: &Batch) -> Vec<String> {
    misfits(|format| render::many(batch, format, Look::default()))
}

fn misfits(form: impl Fn(Format) -> String) -> Vec<String> {
    let json: Value = serde_json::from_str(&form(Format::Json)).unwrap();
    let mut found: Vec<String> =
        validator().iter_errors(&json).map(|error| format!("json {}: {error}", error.instance_path())).collect();
    found.extend(junit(&form(Format::Junit)).err().map(|misfit| format!("junit: {misfit}")));
    found.extend(sarif(&form(Format::Sarif)).err().map(|misfit| format!("sarif: {misfit}")));
    found
}

/// What CI servers read: one suite whose counts are those of its cases.
fn junit(text: &str) -> Result<(), String> {
    let document = roxmltree::Document::parse(text).map_err(|error| error.to_string())?;
    let suite = document.root_element();
    let cases: Vec<_> = suite.children().filter(roxmltree::Node::is_element).collect();
    let with = |child| cases.iter().filter(|case| case.children().any(|node| node.has_tag_name(child))).count();
    for (attribute, count) in [("tests", cases.len()), ("failures", with("failure")), ("errors", with("error"))] {
        let stated = suite.attribute(attribute);
        demand(stated == Some(&count.to_string()), || format!("{attribute} is {stated:?}, there are {count}"))?;
    }
    demand(suite.has_tag_name("testsuite") && suite.attribute("name").is_some(), || "no suite".to_owned())?;
    for case in cases {
        demand(case.has_tag_name("testcase"), || format!("{:?} beside test cases", case.tag_name()))?;
        let named = ["name", "classname"].iter().all(|name| case.attribute(*name).is_some_and(|text| !text.is_empty()));
        let time = case.attribute("time").and_then(|time| time.parse::<f64>().ok());
        demand(named && time.is_some(), || format!("a case without name or time: {case:?}"))?;
        for fault in case.children().filter(|node| node.has_tag_name("failure") || node.has_tag_name("error")) {
            demand(fault.attribute("message").is_some_and(|text| !text.is_empty()), || "no message".to_owned())?;
        }
    }
    Ok(())
}

/// The required properties of SARIF 2.1.0 (sections 3.13, 3.14, 3.18, 3.19, 3.27, 3.49), and that rules are those stated.
fn sarif(text: &str) -> Result<(), String> {
    let log: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    demand(log["version"] == "2.1.0", || "version".to_owned())?;
    let run = &log["runs"][0];
    let driver = &run["tool"]["driver"];
    demand(driver["name"].is_string() && log["runs"].as_array().map(Vec::len) == Some(1), || "tool".to_owned())?;
    let rules: Vec<&str> =
        driver["rules"].as_array().into_iter().flatten().filter_map(|rule| rule["id"].as_str()).collect();
    let known: BTreeSet<&str> = rules.iter().copied().collect();
    demand(known.len() == rules.len() && !rules.is_empty(), || "rules are not unique".to_owned())?;
    for result in run["results"].as_array().ok_or("no results")? {
        let fault = || format!("{result}");
        demand(result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()), fault)?;
        demand(["none", "note", "warning", "error"].iter().any(|level| result["level"] == *level), fault)?;
        demand(result.get("ruleId").is_none_or(|id| id.as_str().is_some_and(|id| known.contains(id))), fault)?;
        for location in result["locations"].as_array().into_iter().flatten() {
            let logical = &location["logicalLocations"][0]["fullyQualifiedName"];
            demand(logical.as_str().is_some_and(|name| !name.is_empty()), fault)?;
            if let Some(physical) = location.get("physicalLocation") {
                let uri = physical["artifactLocation"]["uri"].as_str();
                demand(uri.is_some_and(|uri| uri.parse::<http::Uri>().is_ok()), fault)?;
            }
        }
    }
    Ok(())
}

fn demand(holds: bool, misfit: impl Fn() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(misfit()) }
}

//! The samples in `testdata/`, and damaged copies of them.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

const YAML: &str = include_str!("../../testdata/template.yaml");
const JSON: &str = include_str!("../../testdata/template.json");
const PLAN: &str = include_str!("../../testdata/plan.json");
const LIST: &str = include_str!("../../testdata/list.json");
const CONFIG: &str = include_str!("../../testdata/three-origins.json");
const SHOP: &str = include_str!("../../testdata/shop.json");

/// Each target: its name, and whether `Host` is forwarded or what hides it.
fn targets(source: &Source) -> Vec<(String, String)> {
    let said = |target: Result<Target, CheckError>| match target {
        Ok(target) if target.forwards_host() => format!("forwards {}", target.host_header()),
        Ok(target) => format!("sends {}", target.host_header()),
        Err(CheckError::Hidden { expression, .. }) => expression,
        Err(other) => panic!("{other}"),
    };
    source.targets(None).into_iter().map(|(name, target)| (name, said(target))).collect()
}

fn expect(source: &Source, expected: &[(&str, &str)]) {
    let expected: Vec<(String, String)> =
        expected.iter().map(|(name, said)| ((*name).to_owned(), (*said).to_owned())).collect();
    assert_eq!(targets(source), expected);
}

/// The places at a level.
fn places(source: &Source, level: Level) -> Vec<&str> {
    source.settings.iter().filter(|setting| setting.level == level).map(|setting| setting.place.as_str()).collect()
}

#[test]
fn a_yaml_template_is_read_as_far_as_it_tells() {
    let sources = read(YAML).unwrap();
    let [site] = sources.as_slice() else { panic!("{sources:?}") };
    assert_eq!(site.name, "Site");
    expect(
        site,
        &[
            ("Site: /api/*", "!GetAtt Balancer.DNSName"),
            ("Site: /open/*", "!ImportValue SharedCachePolicy"),
            ("origin.shop.test:8443 (*)", "forwards www.shop.test"),
        ],
    );
    let config = "Resources.Site.Properties.DistributionConfig";
    let at = |place: &str| format!("{config}.{place}");
    assert_eq!(places(site, Level::Error), [at("Origins[3].DomainName")]);
    assert_eq!(places(site, Level::Hidden), [at("CacheBehaviors[3].CachePolicyId"), at("Origins[1].DomainName")]);
    let noted = [config.to_owned(), at("Origins[0].OriginCustomHeaders[0].HeaderValue"), at("Origins[2].DomainName")];
    assert_eq!(places(site, Level::Note), noted);
    let warned = places(site, Level::Warning);
    for place in ["Origins[0].CustomOriginConfig.OriginSSLProtocols", "Origins[3].CustomOriginConfig.HTTPPort"] {
        assert!(warned.contains(&at(place).as_str()), "{warned:?}");
    }
    let headers = &site.parsed.distribution.origins[0].custom_headers;
    assert_eq!(headers, &[("X-Stage".to_owned(), "live".to_owned())], "a hidden header is not sent");
    assert!(site.parsed.distribution.aliases == ["www.shop.test"]);
}

#[test]
fn a_json_template_is_read_as_far_as_it_tells() {
    let site = read(JSON).unwrap().remove(0);
    expect(
        &site,
        &[
            ("Site: /api/*", "!If [WithApi, …]"),
            ("standby.shop.test:443 (/plain/*)", "sends standby.shop.test"),
            ("Site: *", "!Ref SiteName"),
        ],
    );
    let known = site.targets(Some("www.shop.test"));
    assert_eq!(known.iter().filter(|(_, target)| target.is_ok()).count(), 3, "the names are told by --host-header");
    assert_eq!(places(&site, Level::Error), [""; 0]);
    let warned = places(&site, Level::Warning);
    let config = "Resources.Site.Properties.DistributionConfig";
    for place in [
        "CacheBehaviors[1].OriginRequestPolicyID",
        "Origins[0].CustomOriginConfig.OriginReadTimeout",
        "OriginGroups.Items[0].FailoverCriteria.StatusCodes",
    ] {
        assert!(warned.contains(&format!("{config}.{place}").as_str()), "{warned:?}");
    }
}

#[test]
fn a_plan_is_read_as_far_as_it_tells() {
    let site = read(PLAN).unwrap().remove(0);
    let name = "module.cdn.aws_cloudfront_distribution.site";
    assert_eq!(site.name, name);
    expect(
        &site,
        &[
            (&format!("{name}: /api/*"), "(known after apply)"),
            ("assets.s3.eu-central-1.amazonaws.com:443 (/assets/*)", "sends assets.s3.eu-central-1.amazonaws.com"),
            ("origin.shop.test:444 (*)", "forwards www.shop.test"),
        ],
    );
    assert_eq!(places(&site, Level::Hidden), [format!("{name}.origin[1].domain_name")]);
    let warned = places(&site, Level::Warning);
    for place in ["https_port", "origin_ssl_protocols"] {
        let place = format!("{name}.origin[0].custom_origin_config[0].{place}");
        assert!(warned.contains(&place.as_str()), "{warned:?}");
    }
}

#[test]
fn a_policy_without_content_in_the_plan_stays_hidden() {
    let mut plan: Value = serde_json::from_str(PLAN).unwrap();
    plan["configuration"] = Value::Null;
    let site = of_value(&plan).unwrap().remove(0);
    let last = targets(&site).pop().unwrap();
    assert_eq!(last.1, "(known after apply)");
}

#[test]
fn lists_are_read_one_by_one() {
    let sources = read(LIST).unwrap();
    let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names, ["EDFDVBD6EXAMPLE", "E2SECONDEXAMPLE"]);
    expect(&sources[0], &[("origin.shop.test:443 (*)", "sends origin.shop.test")]);
    assert_eq!(places(&sources[0], Level::Error), ["DistributionList.Items[0].Origins.Items[1].DomainName"]);
    let trap = "DistributionList.Items[0].Origins.Items[0].CustomOriginConfig.OriginProtocolPolicy";
    assert!(places(&sources[0], Level::Warning).contains(&trap));
    assert!(sources[0].settings.iter().all(|setting| setting.distribution == "EDFDVBD6EXAMPLE"));
}

/// What `get-distribution` prints, in every form in which the aws CLI tells of the same distribution.
#[test]
fn the_shop_is_the_same_in_every_form() {
    let whole: Value = serde_json::from_str(SHOP).unwrap();
    let (distribution, config) = (&whole["Distribution"], &whole["Distribution"]["DistributionConfig"]);
    let mut item = config.clone();
    for member in ["Id", "ARN", "Status", "LastModifiedTime", "DomainName", "AliasICPRecordals"] {
        item[member] = distribution[member].clone();
    }
    let envelopes = [
        whole.clone(),
        serde_json::json!({ "ETag": whole["ETag"], "DistributionConfig": config }),
        serde_json::json!({ "DistributionList": { "Items": [item] } }),
    ];
    for envelope in envelopes {
        let sources = read(&serde_json::to_string_pretty(&envelope).unwrap()).unwrap();
        let [shop] = sources.as_slice() else { panic!("{sources:?}") };
        expect(
            shop,
            &[
                ("images.shop.test:443 (/images/*)", "sends images.shop.test"),
                ("api.shop.test:443 (/api/*)", "forwards www.shop.test"),
                ("origin.shop.test:443 (*)", "sends origin.shop.test"),
            ],
        );
        assert_eq!(shop.settings, [], "nothing is noteworthy about a sound distribution");
        let parsed = &shop.parsed.distribution;
        let policies: Vec<Option<&str>> = parsed
            .all_behaviors()
            .map(|behavior| behavior.origin_request_policy.as_ref().and_then(|policy| policy.managed_name))
            .collect();
        assert_eq!(policies, [None, Some("AllViewer"), Some("AllViewerExceptHostHeader")]);
        let caches: Vec<bool> = parsed.all_behaviors().map(distribution::Behavior::caches).collect();
        assert_eq!(caches, [true, false, true]);
    }
}

#[test]
fn one_distribution_many_arrays_and_lines_are_the_same() {
    let single: Value = serde_json::from_str(CONFIG).unwrap();
    let template = format!("{{\"TemplateBody\": {}}}", serde_json::to_string(YAML).unwrap());
    for (text, count) in [
        (CONFIG.to_owned(), 1),
        (format!("\u{feff}{CONFIG}"), 1),
        (format!("{single}\n{single}\n"), 2),
        (format!("[{single}, {LIST}]"), 3),
        ("{\"DistributionList\": {\"Quantity\": 0}}".to_owned(), 0),
        (template, 1),
    ] {
        assert_eq!(read(&text).unwrap().len(), count, "{text:.40}");
    }
}

#[test]
fn what_holds_no_distribution_is_refused_with_advice() {
    for (text, part) in [
        ("{}", "get-distribution-config"),
        ("", "get-distribution-config"),
        ("{\"a\": ", "line 1"),
        ("a: [", "terraform show -json"),
        ("just text", "no distribution found"),
        ("Resources: {}", "no AWS::CloudFront::Distribution"),
        ("{\"format_version\": \"1.2\", \"values\": {}}", "no aws_cloudfront_distribution"),
        ("{\"TemplateBody\": {}}", "no AWS::CloudFront::Distribution"),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
}

#[test]
fn what_is_too_large_is_refused_before_it_takes_long() {
    let mut config: Value = serde_json::from_str(CONFIG).unwrap();
    config["DistributionConfig"]["Origins"]["Items"] = vec![Value::Null; MOST + 1].into();
    let error = of_value(&config).unwrap_err().to_string();
    assert!(error.starts_with("distribution has 1001 Origins"), "{error}");
}

#[test]
fn one_bad_setting_hides_nothing_else() {
    let mut config: Value = serde_json::from_str(CONFIG).unwrap();
    let origins = &mut config["DistributionConfig"]["Origins"]["Items"];
    origins[0]["CustomOriginConfig"]["HTTPSPort"] = 70_000.into();
    origins[1]["DomainName"] = "standby.shop.test:8443".into();
    origins[2]["CustomOriginConfig"]["OriginReadTimeout"] = 0.into();
    let source = of_value(&config).unwrap().remove(0);
    let origins = "DistributionConfig.Origins.Items";
    assert_eq!(
        places(&source, Level::Error),
        [
            format!("{origins}[0].CustomOriginConfig.HTTPSPort"),
            format!("{origins}[1].DomainName"),
            format!("{origins}[2].CustomOriginConfig.OriginReadTimeout"),
        ]
    );
    expect(&source, &[("api.shop.test:443 (/api/*)", "forwards www.shop.test")]);
}

#[test]
fn references_to_nowhere_and_double_ids_are_findings() {
    let mut config: Value = serde_json::from_str(CONFIG).unwrap();
    config["DistributionConfig"]["CacheBehaviors"]["Items"][0]["TargetOriginId"] = "gone".into();
    config["DistributionConfig"]["Origins"]["Items"][2]["Id"] = "standby".into();
    let source = of_value(&config).unwrap().remove(0);
    assert_eq!(places(&source, Level::Error).len(), 2, "{:?}", source.settings);
    expect(
        &source,
        &[
            ("origin.shop.test:443 (*)", "sends origin.shop.test"),
            ("standby.shop.test:443 (*)", "sends standby.shop.test"),
        ],
    );
}

fn sample() -> impl Strategy<Value = Value> {
    prop_oneof![Just(JSON), Just(PLAN), Just(LIST), Just(CONFIG), Just(YAML)]
        .prop_map(|text| super::value(text).unwrap())
}

/// Values that appear where nobody expects them.
fn odd() -> impl Strategy<Value = Value> {
    const TEXTS: &[&str] = &[
        "null",
        "true",
        "-1",
        "70000",
        "1e300",
        "\"\"",
        "\"x\"",
        "\"192.0.2.1\"",
        "[]",
        "{}",
        "[null]",
        "[[]]",
        "{\"Items\": [{}]}",
        "{\"Quantity\": -1, \"Items\": [null, 1]}",
        "{\"Ref\": \"Zone\"}",
        "{\"Ref\": 7}",
        "{\"Fn::GetAtt\": \"Site.Id\"}",
        "{\"Fn::Sub\": \"${\"}",
        "{\"Fn::If\": [1, {\"Ref\": \"AWS::NoValue\"}]}",
        "{\"Fn::Select\": [9, []]}",
        "{\"a\": {\"Fn::Join\": []}}",
    ];
    proptest::sample::select(TEXTS).prop_map(|text| serde_json::from_str(text).unwrap())
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// Replaces the value with this number, counted in document order.
fn replace(value: &mut Value, number: &mut usize, with: &Value) {
    if *number == 0 {
        *value = with.clone();
    }
    *number = number.wrapping_sub(1);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, number, with)),
        Value::Object(members) => members.values_mut().for_each(|member| replace(member, number, with)),
        _ => {}
    }
}

/// What is read can be used, and no stand-in is checked.
fn use_it(sources: Result<Vec<Source>, SourceError>) {
    for source in sources.into_iter().flatten() {
        for (name, target) in source.targets(None) {
            assert!(!name.is_empty());
            let Ok(target) = target else { continue };
            assert_ne!(target.origin().domain_name.as_str(), "unusable.invalid", "{:#?}", source.settings);
            assert!(!target.origin().id.starts_with("unusable"), "{:#?}", source.settings);
        }
        assert!(source.settings.iter().all(|setting| !setting.place.is_empty() && !setting.remedy.is_empty()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn damaged_samples_never_panic(mut value in sample(), changes in prop::collection::vec((any::<prop::sample::Index>(), odd()), 1..6)) {
        for (index, with) in changes {
            let mut number = index.index(count(&value));
            replace(&mut value, &mut number, &with);
        }
        use_it(of_value(&value));
    }

    #[test]
    fn damaged_yaml_never_panics(cut in any::<prop::sample::Index>(), with in "[-:!&*{}\\[\\],'\"|>#% \n\ta-z0-9]{0,12}", length in 0_usize..40) {
        let mut characters: Vec<char> = YAML.chars().collect();
        let start = cut.index(characters.len());
        let end = (start + length).min(characters.len());
        characters.splice(start..end, with.chars());
        use_it(read(&characters.into_iter().collect::<String>()));
    }

    #[test]
    fn random_text_never_panics(text in "(?s).{0,200}") {
        use_it(read(&text));
    }
}

#[test]
fn an_edge_gets_one_whole_distribution() {
    assert_eq!(one(CONFIG, None).unwrap().parsed.distribution.origins.len(), 3);
    let hidden = one(YAML, None).unwrap_err().to_string();
    assert!(hidden.contains("Origins["), "{hidden}");
    let several = one(LIST, None).unwrap_err().to_string();
    let names: Vec<String> = read(LIST).unwrap().into_iter().map(|source| source.name).collect();
    assert!(names.len() > 1 && names.iter().all(|name| several.contains(name)), "{several}");
    let unknown = one(LIST, Some("ENOSUCH")).unwrap_err().to_string();
    assert!(unknown.contains("ENOSUCH") && unknown.contains(&names[0]), "{unknown}");
    assert_eq!(one(LIST, Some("E2SECONDEXAMPLE")).unwrap().name, "E2SECONDEXAMPLE");
}

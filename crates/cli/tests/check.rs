//! `edge502 check --distribution`, against origins of the lab.

#![allow(clippy::unwrap_used, reason = "a step that cannot be taken fails the test")]

#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use std::fs;

use serde_json::{Value, json};
use support::{Served, edge502};
use tempfile::NamedTempFile;

/// Two origins of the lab, and a file with the authorities of both.
struct Lab {
    /// Well, as long as it is asked for by its own name.
    strict: Served,
    /// Sends no intermediate certificate.
    incomplete: Served,
    /// What every check here says: where the origins are and whom to trust.
    arguments: Vec<String>,
    _authorities: NamedTempFile,
}

impl Lab {
    fn start() -> Self {
        let origin = |scenario| {
            let served = Served::start(["origin", scenario, "--format", "json"], "");
            let brief = served.brief();
            (served, brief)
        };
        let (strict, first) = origin("sni/forwarded-host");
        let (incomplete, second) = origin("chain/incomplete");
        let authorities = NamedTempFile::new().unwrap();
        let pem = |brief: &Value| fs::read_to_string(brief["ca_file"].as_str().unwrap()).unwrap();
        fs::write(authorities.path(), pem(&first) + &pem(&second)).unwrap();
        let mut arguments = vec!["--cafile".to_owned(), authorities.path().display().to_string()];
        for (port, brief) in [(443, &first), (8443, &second), (9443, &first)] {
            let address = brief["origin"].as_str().unwrap();
            arguments.extend(["--resolve".to_owned(), format!("origin.shop.test:{port}:{address}")]);
        }
        Self { strict, incomplete, arguments, _authorities: authorities }
    }

    /// Exit status and summary of a check of this text.
    fn check(&self, text: &str) -> (i32, Value) {
        let file = NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        let file = file.path().display().to_string();
        let fixed = ["check", "--format", "json", "--distribution", &file].map(str::to_owned);
        let ended = edge502(fixed.into_iter().chain(self.arguments.clone()));
        let summary = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{}", ended.stderr));
        (ended.code, summary)
    }

    fn end(self) {
        assert_eq!((self.strict.end("TERM").code, self.incomplete.end("TERM").code), (0, 0));
    }
}

fn origin(id: &str, name: &str, port: u16) -> Value {
    json!({ "Id": id, "DomainName": name, "CustomOriginConfig": {
        "HTTPPort": 80, "HTTPSPort": port, "OriginProtocolPolicy": "https-only",
        "OriginSslProtocols": { "Quantity": 1, "Items": ["TLSv1.2"] },
    } })
}

fn behavior(pattern: &str, origin: &str, forwards_host: bool) -> Value {
    let policy = if forwards_host { "216adef6-5c7f-47e4-b989-5492eafa07d3" } else { "" };
    json!({
        "PathPattern": pattern, "TargetOriginId": origin, "ViewerProtocolPolicy": "https-only",
        "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "OriginRequestPolicyId": policy,
    })
}

fn distribution(origins: &[Value], behaviors: &[Value]) -> Value {
    json!({ "DistributionConfig": {
        "Aliases": { "Quantity": 1, "Items": ["www.shop.test"] },
        "Origins": { "Quantity": origins.len(), "Items": origins },
        "DefaultCacheBehavior": behavior("", origins[0]["Id"].as_str().unwrap(), false),
        "CacheBehaviors": { "Quantity": behaviors.len(), "Items": behaviors },
        "Comment": "TEST ONLY", "Enabled": true,
    } })
}

/// Path pattern, verdict and cause of each origin, sorted.
fn verdicts(summary: &Value) -> Vec<[&str; 3]> {
    fn of(report: &Value) -> [&str; 3] {
        let values = [&report["target"]["path_pattern"], &report["verdict"], &report["cause"]];
        values.map(|value| value.as_str().unwrap_or("none"))
    }
    let mut found: Vec<[&str; 3]> = summary["origins"].as_array().unwrap().iter().map(of).collect();
    found.sort_unstable();
    found
}

#[test]
fn every_origin_of_every_behavior_is_judged_under_its_policies() {
    let lab = Lab::start();
    let name = "origin.shop.test";
    let origins = [origin("good", name, 443), origin("chain", name, 8443), origin("host", name, 9443)];
    let faults = [behavior("/chain/*", "chain", false), behavior("/host/*", "host", true)];

    let (code, summary) = lab.check(&distribution(&origins, &faults).to_string());
    assert_eq!(code, 1, "{summary}");
    let expected =
        [["*", "connects", "none"], ["/chain/*", "fails", "chain-incomplete"], ["/host/*", "fails", "sni-refused"]];
    assert_eq!(verdicts(&summary), expected);
    assert_eq!(summary["settings"], json!([]));

    let (code, summary) = lab.check(&distribution(&origins[..1], &[]).to_string());
    assert_eq!((code, &summary["verdict"]), (0, &json!("connects")), "{summary}");

    // What cannot work is a finding, and the rest is checked all the same.
    let address = [origins[0].clone(), origin("address", "192.0.2.7", 443)];
    let (code, summary) = lab.check(&distribution(&address, &[behavior("/old/*", "address", false)]).to_string());
    assert_eq!((code, &summary["verdict"], &summary["failing"]), (1, &json!("fails"), &json!(0)), "{summary}");
    assert_eq!(verdicts(&summary), [expected[0]]);
    let setting = &summary["settings"][0];
    assert_eq!(setting["place"], "DistributionConfig.Origins.Items[1].DomainName");
    assert_eq!((&setting["level"], &setting["grade"]), (&json!("error"), &json!("inferred")));
    lab.end();
}

#[test]
fn a_template_is_checked_as_far_as_it_tells() {
    let lab = Lab::start();
    let template = "
Resources:
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins:
          - Id: chain
            DomainName: origin.shop.test
            CustomOriginConfig: { HTTPSPort: 8443, OriginProtocolPolicy: https-only, OriginSSLProtocols: [TLSv1.2] }
          - Id: balancer
            DomainName: !GetAtt Balancer.DNSName
            CustomOriginConfig: { OriginProtocolPolicy: https-only, OriginSSLProtocols: [TLSv1.2] }
        DefaultCacheBehavior: { TargetOriginId: chain, ViewerProtocolPolicy: https-only, CachePolicyId: CachingDisabled }
        CacheBehaviors:
          - { PathPattern: /api/*, TargetOriginId: balancer, ViewerProtocolPolicy: https-only, CachePolicyId: CachingDisabled }
";
    let (code, summary) = lab.check(template);
    assert_eq!(code, 2, "{summary}");
    assert_eq!(verdicts(&summary), [["*", "fails", "chain-incomplete"]]);
    assert_eq!(summary["not_checked"][0]["target"], "Site: /api/*");
    let (known, _) = template.split_once("        CacheBehaviors").unwrap();
    assert_eq!(lab.check(known).0, 1, "an origin that nobody asks for hides nothing");
    lab.end();
}

#[test]
fn a_file_without_a_distribution_is_refused_with_its_name() {
    let file = NamedTempFile::new().unwrap();
    let name = file.path().display().to_string();
    for text in ["Resources: {}", "{", "a: *b", "[7]"] {
        fs::write(file.path(), text).unwrap();
        let refused = edge502(["check", "--distribution", &name]);
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
        assert!(refused.stderr.contains(&name), "{}", refused.stderr);
    }
}

#[test]
fn settings_are_in_every_form_of_the_report() {
    let text = distribution(&[origin("address", "192.0.2.7", 443)], &[]).to_string();
    let place = "DistributionConfig.Origins.Items[0].DomainName";
    for form in ["text", "json", "junit", "sarif", "markdown", "html"] {
        let ended = support::with_input(["check", "--distribution", "-", "--format", form], &text);
        assert_eq!(ended.code, 1, "{form}: {}", ended.stderr);
        assert!(ended.stdout.replace('\\', "").contains(place), "{form}: {}", ended.stdout);
    }
}

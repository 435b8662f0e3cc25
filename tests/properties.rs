//! Properties: whatever is wrong with an origin is found, and whatever is wrong with a file is said.
//!
//! Random defects of certificates and chains are served by a real origin. What has to be found is computed from the
//! defects; the verdict comes from the wire alone. Both must agree on every fault and on the first, under both readings
//! of <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>.
//!
//! `PROPTEST_CASES` sets the number of cases.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/defects.rs"]
mod defects;
mod support;

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::time::Duration;
use std::{env, fs};

use defects::{Defects, Expected, ORIGIN, defects};
use edge502_handshake::{Connector, Expectation, Judgement, Options, TrustStore, Verdict};
use edge502_origin::Origin;
use edge502_pki::Lab;
use edge502_rules::distribution::{Distribution, OriginSslProtocols};
use edge502_rules::name::{OriginDomain, SniName, ViewerHost};
use edge502_rules::{Cause, Rulebook};
use edge502_scenario::{DistributionSpec, Library, ScenarioError};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

/// The longest a handshake on loopback may take.
const LIMIT: Duration = Duration::from_secs(10);

/// `cases` unless the environment says otherwise; no files are left behind.
fn config(cases: u32) -> ProptestConfig {
    let cases = env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(cases);
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 256, ..ProptestConfig::default() }
}

/// What all cases share: one root, one client that trusts it, one runtime.
struct World {
    runtime: Runtime,
    lab: Lab,
    connector: Connector,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let lab = Lab::new(support::clock().now()).unwrap();
        let trust = TrustStore::from_der([lab.root_der()]).unwrap();
        let connector = Connector::new(trust, support::clock(), Options::default()).unwrap();
        World { runtime: Runtime::new().unwrap(), lab, connector }
    })
}

impl World {
    /// Serves the defects and connects once under each rulebook.
    fn verdicts(&self, defects: &Defects) -> [Verdict; 2] {
        self.runtime.block_on(async {
            let origin = Origin::start(&defects.origin(), &self.lab, support::clock()).await.unwrap();
            let documented = self.connect(&origin, defects, Rulebook::Documented).await;
            let observed = self.connect(&origin, defects, Rulebook::Observed).await;
            origin.shutdown().await;
            [documented, observed]
        })
    }

    async fn connect(&self, origin: &Origin, defects: &Defects, rulebook: Rulebook) -> Verdict {
        let domain: OriginDomain = ORIGIN.parse().unwrap();
        let host: Option<ViewerHost> = defects.forwarded_host().map(|host| host.parse().unwrap());
        let sni = host.as_ref().map_or_else(|| SniName::from(&domain), SniName::from);
        let expectation = Expectation {
            sni: &sni,
            origin_domain: &domain,
            forwarded_host: host.as_ref(),
            protocols: &OriginSslProtocols::default(),
            rulebook,
            allowed_names: &[],
            client_certificate: None,
        };
        let tcp = TcpStream::connect(origin.addr()).await.unwrap();
        tcp.set_nodelay(true).unwrap();
        match self.connector.connect(tcp, &expectation, LIMIT).await {
            Ok(established) => established.verdict,
            Err(refused) => refused.verdict,
        }
    }
}

fn found(judgement: &Judgement) -> Expected {
    Expected { first: judgement.cause(), all: judgement.findings.iter().map(|finding| finding.cause).collect() }
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn every_defect_is_found_on_the_wire(defects in defects()) {
        let [documented, observed] = world().verdicts(&defects);
        prop_assert_eq!(found(documented.judgement()), defects.expected(Rulebook::Documented), "{:#?}", documented);
        let aside = documented.observed.cause();
        prop_assert_eq!(aside, defects.expected(Rulebook::Observed).first, "told beside: {:#?}", documented);
        prop_assert_eq!(found(observed.judgement()), defects.expected(Rulebook::Observed), "{:#?}", observed);
    }
}

/// The property above would be empty if the draw never went wrong, or always in the same way.
#[test]
fn the_draw_reaches_every_cause_of_a_certificate() {
    let mut runner = TestRunner::deterministic();
    let mut draw = || defects().new_tree(&mut runner).unwrap().current();
    let firsts: BTreeSet<Option<Cause>> = (0..2_000).map(|_| draw().expected(Rulebook::Documented).first).collect();
    let reached = [
        None,
        Some(Cause::CertificateExpired),
        Some(Cause::CertificateNotYetValid),
        Some(Cause::CertificateSelfSigned),
        Some(Cause::CertificateUntrustedCa),
        Some(Cause::CertificateNameMismatch),
        Some(Cause::CertificateWrongPurpose),
        Some(Cause::CertificateUnsupportedKey),
        Some(Cause::CertificateKeyMismatch),
        Some(Cause::ChainIncomplete),
        Some(Cause::ChainOutOfOrder),
        Some(Cause::ChainLeafNotFirst),
        Some(Cause::ChainIntermediateExpired),
        Some(Cause::ChainTooLong),
        Some(Cause::ChainConstraintViolated),
    ];
    assert_eq!(firsts, reached.into_iter().collect());
}

/// One slip in a text.
#[derive(Debug, Clone)]
enum Slip {
    /// A line is missing.
    Delete(Index),
    /// A line stands twice.
    Repeat(Index),
    /// A line stands elsewhere.
    Move(Index, Index),
    /// What stands behind the first equals sign of a line is something else.
    Value(Index, &'static str),
    /// Some characters are others.
    Splice(Index, usize, String),
}

/// Values nobody expects, as TOML.
const ODD: [&str; 14] = [
    "",
    "\"\"",
    "\"\\u0000\"",
    "\"+99999999d\"",
    "\"-35\"",
    "-1",
    "65536",
    "18446744073709551616",
    "1e400",
    "true",
    "[]",
    "[[\"leaf\"], 1]",
    "{}",
    "{ a = { b = 1 } }",
];

fn slip() -> impl Strategy<Value = Slip> {
    prop_oneof![
        any::<Index>().prop_map(Slip::Delete),
        any::<Index>().prop_map(Slip::Repeat),
        any::<(Index, Index)>().prop_map(|(from, to)| Slip::Move(from, to)),
        (any::<Index>(), select(&ODD[..])).prop_map(|(line, value)| Slip::Value(line, value)),
        (any::<Index>(), 0..9_usize, ".{0,6}").prop_map(|(at, length, with)| Slip::Splice(at, length, with)),
    ]
}

impl Slip {
    fn apply(&self, text: &str) -> String {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        if let Self::Splice(at, length, with) = self {
            let mut letters: Vec<char> = text.chars().collect();
            let start = at.index(letters.len() + 1);
            letters.splice(start..(start + length).min(letters.len()), with.chars());
            return letters.into_iter().collect();
        }
        if lines.is_empty() {
            return String::new();
        }
        match self {
            Self::Delete(line) => drop(lines.remove(line.index(lines.len()))),
            Self::Repeat(line) => {
                let line = line.index(lines.len());
                lines.insert(line, lines[line].clone());
            }
            Self::Move(from, to) => {
                let line = lines.remove(from.index(lines.len()));
                lines.insert(to.index(lines.len() + 1), line);
            }
            Self::Value(line, value) => {
                let line = line.index(lines.len());
                if let Some((key, _)) = lines[line].split_once('=') {
                    lines[line] = format!("{key}= {value}");
                }
            }
            Self::Splice(..) => unreachable!("done above"),
        }
        lines.join("\n")
    }
}

/// The texts of the built-in scenarios.
fn scenario_texts() -> &'static [String] {
    static TEXTS: OnceLock<Vec<String>> = OnceLock::new();
    TEXTS.get_or_init(|| {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
        let library = Library::built_in().unwrap();
        library.iter().map(|scenario| fs::read_to_string(format!("{root}/{}.toml", scenario.id)).unwrap()).collect()
    })
}

/// Reads a directory that holds this one scenario; refusals name the file and a line of it, what is accepted can be
/// brought up.
fn read_scenario(bytes: &[u8]) {
    let directory = tempfile::tempdir().unwrap();
    let class = directory.path().join("class");
    fs::create_dir(&class).unwrap();
    fs::write(class.join("name.toml"), bytes).unwrap();
    match Library::from_directory(directory.path()) {
        Ok(library) => {
            let scenario = library.get("class/name").unwrap();
            for step in &scenario.steps {
                read_distribution(&step.state.distribution.to_json());
            }
        }
        Err(error) => {
            assert!(error.to_string().contains("name.toml"), "{error}");
            if let ScenarioError::Format { line, .. } = error {
                let lines = bytes.split(|byte| *byte == b'\n').count();
                assert!((1..=lines).contains(&line), "line {line} of {lines}");
            }
        }
    }
}

/// What is accepted can be used; what is not is refused with words.
fn read_distribution(document: &Value) {
    match Distribution::from_json(&document.to_string()) {
        Ok(parsed) => {
            let behavior = parsed.distribution.behavior_for("/a/b.html");
            let target = parsed.distribution.target(behavior).expect("targets are checked");
            assert!(target.origins().next().is_some());
            assert!(parsed.notices.iter().all(|notice| !notice.to_string().is_empty()));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Puts `with` in the place of the value of this number, counted in the order of the document.
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

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

fn odd_json() -> impl Strategy<Value = Value> {
    let odd = vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(0.5),
        json!(""),
        json!("*"),
        json!("\u{0}"),
        json!([]),
        json!({}),
        json!({ "Quantity": 2, "Items": [null] }),
    ];
    prop_oneof![select(odd), ".{0,12}".prop_map(Value::from), any::<i32>().prop_map(Value::from)]
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn a_scenario_with_slips_is_read_or_refused(
        text in select(scenario_texts()),
        slips in prop::collection::vec(slip(), 1..5),
    ) {
        read_scenario(slips.iter().fold(text, |text, slip| slip.apply(&text)).as_bytes());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), text in ".{0,200}") {
        read_scenario(&bytes);
        read_scenario(text.as_bytes());
    }

    #[test]
    fn anything_like_toml_is_read_or_refused(text in r#"([a-z_.\[\]]{1,12} ?= ?["'\[{0-9a-z+-]{0,9}["'\]}]?\n|\[\[?[a-z._]{0,9}\]?\]\n){0,9}"#) {
        read_scenario(text.as_bytes());
    }

    #[test]
    fn a_distribution_with_odd_values_is_read_or_refused(
        slips in prop::collection::vec((any::<Index>(), odd_json()), 1..4),
    ) {
        let mut document = DistributionSpec::default().to_json();
        for (place, value) in slips {
            let mut number = place.index(count(&document));
            replace(&mut document, &mut number, &value);
        }
        read_distribution(&document);
    }
}

//! Properties: whatever is wrong with an origin is found, and whatever is wrong with a file is said.
//!
//! Random defects of certificates and chains are served by a real origin. What has to be found is computed from the
//! defects; the verdict comes from the wire alone. Both must agree on every fault and on the first, under both readings
//! of <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>.
//!
//! `PROPTEST_CASES` sets the number of cases.

#[path = "support/defects.rs"]
mod defects;
mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;
use std::{env, fs};

use defects::{Defects, Expected, HOST, ORIGIN, defects};
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
    let firsts: BTreeSet<Option<Cause>> =
        (0..2_000).map(|_| draw().expected(Rulebook::Documented).first).collect();
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

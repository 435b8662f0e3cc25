//! What `check` prints for programs has the form that it publishes: the JSON Schema, `JUnit` XML, SARIF 2.1.0.
//!
//! `check_agrees` holds the report of every scenario's origin against the same forms; here stand lists, distributions and what
//! cannot be checked at all.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/forms.rs"]
mod forms;
mod support;

use std::net::TcpListener;
use std::sync::Arc;

use edge502_check::{Batch, CheckError, Checker, HostSettings, Options, Target, Verdict, source};
use edge502_handshake::TrustStore;
use edge502_pki::Lab;

/// Distributions as every tool prints them.
const SAMPLES: [&str; 5] = [
    include_str!("../crates/check/testdata/three-origins.json"),
    include_str!("../crates/check/testdata/list.json"),
    include_str!("../crates/check/testdata/template.yaml"),
    include_str!("../crates/check/testdata/template.json"),
    include_str!("../crates/check/testdata/plan.json"),
];

type Named = (String, Result<Target, CheckError>);

/// Checks origins of which none is there: every name leads to a port that was free a moment ago.
async fn checked(targets: Vec<Named>) -> Batch {
    let clock = support::clock();
    let lab = Lab::new(clock.now()).unwrap();
    let mut options = Options::new(TrustStore::from_der([lab.root_der()]).unwrap(), clock);
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for target in targets.iter().filter_map(|(_, target)| target.as_ref().ok()) {
        options.overrides.insert(target.origin().domain_name.as_str(), target.port(), nowhere);
    }
    Batch::run(Arc::new(Checker::new(options).await.unwrap()), targets, 8, |_| {}).await
}

fn host(text: &str) -> Named {
    (text.to_owned(), Target::host(text, &HostSettings::default()))
}

#[tokio::test]
async fn distributions_of_every_kind() {
    for sample in SAMPLES {
        let (mut targets, mut settings) = (Vec::new(), Vec::new());
        for source in source::read(sample).unwrap() {
            targets.extend(source.targets(None));
            settings.extend(source.settings);
        }
        let batch = Batch { settings, ..checked(targets).await };
        assert!(!batch.checked.is_empty(), "{sample}");
        assert_eq!(forms::of_batch(&batch), Vec::<String>::new());
    }
}

#[tokio::test]
async fn lists_with_hosts_addresses_and_nonsense() {
    let nonsense = "<a href=\"x\">&\u{1b}[2J";
    let targets = ["origin.shop.test", "bücher.shop.test:8443", "192.0.2.1", "[::1]:8443", nonsense, "x.test:0"];
    let batch = checked(targets.map(host).into()).await;
    assert_eq!((batch.failing(), batch.verdict(), batch.is_whole()), (2, Verdict::Fails, false));
    let addresses: Vec<&str> = batch.settings.iter().map(|setting| setting.distribution.as_str()).collect();
    assert_eq!(addresses, ["192.0.2.1", "::1"]);
    assert_eq!(forms::of_batch(&batch), Vec::<String>::new());
}

#[tokio::test]
async fn nothing_at_all() {
    assert_eq!(forms::of_batch(&Batch::default()), Vec::<String>::new());
}

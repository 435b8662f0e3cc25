//! The text of a check, compared with `tests/golden/check/`. `UPDATE_GOLDEN=1` rewrites the files.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/checked.rs"]
mod checked;
#[path = "support/golden.rs"]
mod golden;
mod support;

use std::sync::Arc;

use checked::checked;
use edge502_check::Report;
use edge502_check::render::{self, Format, Look};
use edge502_pki::Lab as Pki;
use edge502_scenario::{Lab, LabOptions, Library, Scenario, State};

fn lab_options() -> LabOptions {
    let clock = support::clock();
    LabOptions::new(Arc::new(Pki::new(clock.now()).unwrap()), clock)
}

fn scenario(id: &str) -> Scenario {
    Library::built_in().unwrap().get(id).unwrap().clone()
}

/// Judges the origin of a state and compares the text, at the width of a ticket.
async fn compare(name: &str, state: &State) {
    let lab = Lab::start(state, lab_options()).await.unwrap();
    let report = checked(&lab).await;
    lab.shutdown().await;
    golden::compare(&format!("check/{name}.txt"), &text(&report));
}

fn text(report: &Report) -> String {
    // As wide as tickets and mails are.
    render::one(report, Format::Text, Look { width: 80, ..Look::default() })
}

/// A sound lab whose origin differs in one table.
fn healthy(origin: &str) -> State {
    let origin = toml::from_str(&format!("name = 'origin.shop.test'\n{origin}")).unwrap();
    State { origin, ..State::default() }
}

async fn compare_broken(name: &str, id: &str) {
    compare(name, &scenario(id).broken().state).await;
}

#[tokio::test]
async fn connects() {
    compare("connects", &healthy("")).await;
}

#[tokio::test]
async fn connects_with_warnings() {
    let twice = healthy("certificate.not_after = '+20d'\nchain.serve = ['leaf', 'intermediate', 'root']");
    compare("connects-with-warnings", &twice).await;
}

#[tokio::test]
async fn chain_incomplete() {
    compare_broken("chain-incomplete", "chain/incomplete").await;
}

#[tokio::test]
async fn forwarded_host_meets_a_default_certificate() {
    compare_broken("forwarded-host", "sni/default-certificate").await;
}

#[tokio::test]
#[cfg_attr(not(feature = "legacy"), ignore = "rustls does not speak TLS 1.0")]
async fn protocol_mismatch() {
    compare_broken("protocol-mismatch", "protocol/tls10-only").await;
}

#[tokio::test]
async fn several_faults() {
    compare_broken("several-faults", "certificate/three-faults").await;
}

#[tokio::test]
async fn no_such_name() {
    compare_broken("no-such-name", "dns/no-such-name").await;
}

#[tokio::test]
async fn relayed() {
    compare_broken("relayed", "relayed/nginx-502").await;
}

//! What an origin sees of a handshake that is refused.
//!
//! AWS says that `CloudFront` drops the connection
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>); this is how its
//! library does it. Nothing of the viewer's request may leave the edge, and no alert tells the origin why.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "support/reach.rs"]
mod reach;
mod support;
#[allow(dead_code, reason = "the test of the error pages uses the rest")]
#[path = "support/viewer.rs"]
mod viewer;

use std::sync::Arc;
use std::time::Duration;

use edge502_origin::{ConnectionRecord, End};
use edge502_pki::Lab as Pki;
use edge502_scenario::{Lab, LabOptions, Library};
use viewer::{Scheme, once};

const GET: &str = "GET /secret HTTP/1.1\r\nHost: www.shop.test\r\nConnection: close\r\n\r\n";
/// Far above what a closed connection needs to be noticed.
const BOUND: Duration = Duration::from_secs(20);

/// Refused by the library for the certificate, the name and the issuer, and by AWS's text alone for the order.
const REFUSED: [&str; 4] =
    ["certificate/expired", "certificate/name-mismatch", "certificate/self-signed", "chain/out-of-order"];

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_a_close_notify_and_no_request() {
    let clock = support::clock();
    let pki = Arc::new(Pki::new(clock.now()).unwrap());
    let library = Library::built_in().unwrap();
    for id in REFUSED {
        let options = LabOptions::new(pki.clone(), clock.clone());
        let lab = Lab::start(&library.get(id).unwrap().broken().state, options).await.unwrap();
        assert!(once(&lab, &clock, Scheme::Https, GET).await.status_line.contains("502"), "{id}");
        for record in lab.history().wait_for(all_ended, BOUND).await.unwrap() {
            assert_eq!((record.end, record.alert), (Some(End::CloseNotify), Some(0)), "{id}");
            assert!(record.requests.is_empty(), "{id}: {:?}", record.requests);
        }
        lab.shutdown().await;
    }
}

fn all_ended(connections: &[ConnectionRecord]) -> bool {
    !connections.is_empty() && connections.iter().all(|connection| connection.end.is_some())
}

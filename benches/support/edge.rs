//! Edges for benches, and their ways to the origin.

use edge502_edge::{AccessLog, Edge, EdgeConfig, LogTarget, Overrides, ViewerIdentity};
use edge502_handshake::TrustStore;
use edge502_origin::{HttpSpec, Origin, OriginSpec, RawBytes};
use edge502_pki::{CertificateSpec, Lab, When};
use edge502_rules::access_log::LogFormat;
use edge502_rules::distribution::Distribution;
use tokio::runtime::Runtime;

use crate::support::clock;

/// What viewers ask for.
pub(crate) const HOST: &str = "www.shop.test";

/// `CachingDisabled`: every request goes to the origin.
const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
/// `CachingOptimized`: errors are kept for `ErrorCachingMinTTL`, which is never over by a clock that stands still.
const CACHING_OPTIMIZED: &str = "658327ea-f89d-4fab-a63d-7e88639e58f6";

/// How a request finds its answer, as a bench.
pub(crate) struct Way {
    pub(crate) id: &'static str,
    pub(crate) origin: OriginSpec,
    pub(crate) status: u16,
    cache_policy: &'static str,
    seen: Seen,
}

/// Which requests the origin gets a connection for.
enum Seen {
    /// All share one.
    One,
    /// Each has its own.
    Each,
}

impl Way {
    /// Connections that the origin sees for so many requests of one viewer, one after the other.
    pub(crate) fn connections(&self, requests: usize) -> usize {
        match self.seen {
            Seen::One => 1,
            Seen::Each => requests,
        }
    }
}

/// All of them, each against an origin of its own.
pub(crate) fn ways() -> [Way; 4] {
    let goodbye = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    let closing = HttpSpec { raw: Some(RawBytes::from(goodbye.as_bytes())), ..HttpSpec::default() };
    let asked = |id, origin, status, seen| Way { id, origin, status, cache_policy: CACHING_DISABLED, seen };
    let kept = Way { cache_policy: CACHING_OPTIMIZED, ..asked("cached-error", expired(), 502, Seen::One) };
    [
        warm("ok".to_owned()),
        asked("cold", OriginSpec { http: closing, ..OriginSpec::default() }, 200, Seen::Each),
        asked("error-page", expired(), 502, Seen::Each),
        kept,
    ]
}

/// Over a connection at hand, with this body.
pub(crate) fn warm(body: String) -> Way {
    let http = HttpSpec { body: Some(body), ..HttpSpec::default() };
    let origin = OriginSpec { http, ..OriginSpec::default() };
    Way { id: "warm", origin, status: 200, cache_policy: CACHING_DISABLED, seen: Seen::One }
}

fn expired() -> OriginSpec {
    let past = "-35d".parse::<When>().expect("this is a date");
    OriginSpec {
        certificate: CertificateSpec { not_after: Some(past), ..CertificateSpec::default() },
        ..OriginSpec::default()
    }
}

/// An edge in front of `origin`, on `runtime`: HTTP and HTTPS for viewers, HTTPS to the origin.
pub(crate) fn start(runtime: &Runtime, lab: &Lab, origin: &Origin, way: &Way) -> Edge {
    let distribution = Distribution::from_json(&distribution(way.cache_policy)).expect("the distribution is sound");
    let trust = TrustStore::from_pem(lab.root_pem()).expect("the lab's root can be read");
    let mut config = EdgeConfig::new(distribution.distribution, trust, clock());
    config.overrides = Overrides::new().with("origin.test", 443, origin.addr());
    let identity = lab.server_identity(&[HOST]).expect("the lab makes certificates");
    config.identity = Some(ViewerIdentity { chain: identity.served.clone(), key: identity.key.clone_key() });
    let log = AccessLog::open(LogTarget::File("/dev/null".into()), LogFormat::standard());
    config.log = Some(log.expect("nothing is wrong with /dev/null"));
    runtime.block_on(Edge::start(config)).expect("the edge starts")
}

fn distribution(cache_policy: &str) -> String {
    format!(
        r#"{{
            "CallerReference": "bench", "Comment": "", "Enabled": true,
            "Aliases": {{ "Quantity": 1, "Items": ["{HOST}"] }},
            "Origins": {{ "Quantity": 1, "Items": [{{
                "Id": "app", "DomainName": "origin.test",
                "CustomOriginConfig": {{
                    "HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only",
                    "OriginSslProtocols": {{ "Quantity": 1, "Items": ["TLSv1.2"] }}
                }}
            }}] }},
            "DefaultCacheBehavior": {{
                "TargetOriginId": "app", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": "{cache_policy}"
            }}
        }}"#
    )
}

//! What the origin saw, for people and programs.

use edge502_origin::ConnectionRecord;
use serde_json::{Value, json};

/// The origin's connections, oldest first.
pub(super) fn of(records: &[ConnectionRecord]) -> Vec<Value> {
    records.iter().map(connection).collect()
}

fn connection(record: &ConnectionRecord) -> Value {
    let hello = record.client_hello.as_ref();
    json!({
        "port": format!("{:?}", record.port).to_ascii_lowercase(),
        "accepted_at_ms": u64::try_from(record.accepted_at.as_millis()).unwrap_or(u64::MAX),
        "sni": hello.and_then(|hello| hello.server_name.as_deref()),
        "offered_versions": hello.map(|hello| hello.versions().iter().map(ToString::to_string).collect::<Vec<_>>()),
        "negotiated_version": record.negotiated.as_ref().map(|negotiated| negotiated.version.clone()),
        "negotiated_suite": record.negotiated.as_ref().map(|negotiated| negotiated.cipher_suite.clone()),
        "requests": record.requests.iter().map(|r| format!("{} {} {}", r.method, r.target, r.version)).collect::<Vec<_>>(),
        "alert": record.alert,
        "end": record.end.as_ref().map(|end| format!("{end:?}")),
    })
}

//! Keys that take long to make, made away from the threads on which the sockets and time limits of every lab wait.

use std::sync::Arc;

use edge502_origin::OriginSpec;
use edge502_pki::{KeyKind, Lab};

/// Makes what an origin presents if that takes such a key. It is shared within the process from then on, so the origin
/// itself finds it made.
pub(crate) async fn ready(pki: &Arc<Lab>, spec: &OriginSpec) {
    let kinds = [Some(spec.certificate.key), spec.intermediate.key];
    if !kinds.into_iter().flatten().any(KeyKind::is_slow) {
        return;
    }
    let (pki, spec) = (Arc::clone(pki), spec.clone());
    let making = move || pki.identity(&spec.certificate, &spec.intermediate, &spec.chain, &spec.name).is_ok();
    // What cannot be made is the origin's error, a moment later.
    let _ = tokio::task::spawn_blocking(making).await;
}

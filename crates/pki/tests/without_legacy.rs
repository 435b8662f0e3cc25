//! A build without OpenSSL says what it cannot make, and what to ask for instead.
#![cfg(not(feature = "legacy"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests; clippy exempts only the test functions")]

mod support;

use edge502_pki::PkiError;
use support::{lab, make, try_make};

#[test]
fn what_needs_openssl_is_refused_with_a_way_out() {
    for (tables, what, way_out) in [
        ("certificate.key = 'rsa-1024'", "rsa-1024", "key = \"rsa-2048\""),
        ("certificate.key = 'dsa'", "dsa", "key = \"rsa-2048\""),
        ("certificate.signature = 'sha1'", "sha1", "signature = \"sha256\""),
        ("certificate.signature = 'md5'", "md5", "signature = \"sha256\""),
        ("certificate.signature = 'sha384'", "sha384", "signature = \"sha256\""),
        ("intermediate.key = 'p384'", "p384", "signature = \"sha384\""),
    ] {
        let error = try_make(&lab(), tables).unwrap_err();
        assert!(matches!(error, PkiError::NeedsLegacy { .. }), "{tables}: {error}");
        let message = error.to_string();
        for part in [what, way_out, "`legacy`"] {
            assert!(message.contains(part), "{tables}: {message}");
        }
    }
}

#[test]
fn the_ways_out_work() {
    let lab = lab();
    for tables in [
        "",
        "certificate.key = 'rsa-2048'\nintermediate.key = 'rsa-2048'\ncertificate.signature = 'sha384'",
        "intermediate.key = 'p384'\ncertificate.signature = 'sha384'",
        "certificate.issuer = 'self'",
    ] {
        make(&lab, tables);
    }
}

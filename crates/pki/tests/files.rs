//! PEM files.
#![allow(clippy::unwrap_used, reason = "helpers of tests; clippy exempts only the test functions")]

mod support;

use std::fs;

use edge502_legacy_tls::openssl::pkey::PKey;
use edge502_legacy_tls::openssl::x509::X509;
use support::{lab, make};

#[test]
fn files_hold_what_is_served() {
    let dir = tempfile::tempdir().unwrap();
    let identity = make(&lab(), "chain.serve = ['intermediate', 'leaf']");
    let files = identity.write_pem(&dir.path().join("made/on/demand")).unwrap();

    let fullchain = X509::stack_from_pem(&fs::read(&files.fullchain).unwrap()).unwrap();
    let fullchain: Vec<_> = fullchain.iter().map(|x509| x509.to_der().unwrap()).collect();
    let served: Vec<_> = identity.served.iter().map(|der| der.to_vec()).collect();
    assert_eq!(fullchain, served);
    let leaf = X509::from_pem(&fs::read(&files.leaf).unwrap()).unwrap();
    assert_eq!(leaf.to_der().unwrap(), identity.leaf.to_vec());
    let key = PKey::private_key_from_pem(&fs::read(&files.key).unwrap()).unwrap();
    assert!(key.public_eq(&leaf.public_key().unwrap()));
}

#[cfg(unix)]
#[test]
fn only_the_owner_reads_the_key_even_after_replacing_an_open_one() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("key.pem");
    fs::write(&key, "old").unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o666)).unwrap();

    let files = make(&lab(), "").write_pem(dir.path()).unwrap();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&files.key), 0o600);
    assert_eq!(mode(&files.fullchain), 0o644);
    let mut names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["fullchain.pem", "key.pem", "leaf.pem"], "no temporary file is left behind");
}

#[test]
fn damaged_certificates_are_written_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let files = make(&lab(), "certificate.corrupt = 'garbage'").write_pem(dir.path()).unwrap();
    let text = fs::read_to_string(files.leaf).unwrap();
    assert!(text.starts_with("-----BEGIN CERTIFICATE-----\n") && text.ends_with("-----END CERTIFICATE-----\n"));
    assert!(X509::from_pem(text.as_bytes()).is_err());
}

#[test]
fn errors_name_the_path() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let error = make(&lab(), "").write_pem(&file).unwrap_err().to_string();
    assert!(error.contains(file.to_str().unwrap()), "{error}");
}

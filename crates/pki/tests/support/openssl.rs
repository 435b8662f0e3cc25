//! Reading certificates back with OpenSSL.

use edge502_legacy_tls::openssl::stack::Stack;
use edge502_legacy_tls::openssl::x509::store::X509StoreBuilder;
use edge502_legacy_tls::openssl::x509::verify::X509VerifyParam;
use edge502_legacy_tls::openssl::x509::{X509, X509NameRef, X509PurposeId, X509StoreContext};
use edge502_pki::Identity;

use super::{NOW, lab, make};

pub(crate) fn leaf(tables: &str) -> X509 {
    parse(&make(&lab(), tables).leaf)
}

/// The certificate at `index` of what is served.
pub(crate) fn served(tables: &str, index: usize) -> X509 {
    parse(&make(&lab(), tables).served[index])
}

pub(crate) fn parse(der: &[u8]) -> X509 {
    X509::from_der(der).unwrap()
}

pub(crate) fn name(name: &X509NameRef) -> String {
    name.entries().last().map(|entry| entry.data().to_string().unwrap()).unwrap_or_default()
}

/// Subjects of what is served, common names only.
pub(crate) fn subjects(identity: &Identity) -> Vec<String> {
    identity.served.iter().map(|der| name(parse(der).subject_name())).collect()
}

/// OpenSSL's verdict on what is served, as a TLS client gives it: 0 or an error number.
pub(crate) fn verdict(root_pem: &str, identity: &Identity, purpose: X509PurposeId) -> i32 {
    let mut store = X509StoreBuilder::new().unwrap();
    store.add_cert(X509::from_pem(root_pem.as_bytes()).unwrap()).unwrap();
    let mut param = X509VerifyParam::new().unwrap();
    param.set_time(NOW.unix_timestamp());
    param.set_purpose(purpose).unwrap();
    store.set_param(&param).unwrap();
    let mut pool = Stack::new().unwrap();
    for der in &identity.served[1..] {
        pool.push(parse(der)).unwrap();
    }
    X509StoreContext::new()
        .unwrap()
        .init(&store.build(), &parse(&identity.served[0]), &pool, |context| {
            context.verify_cert()?;
            Ok(context.error().as_raw())
        })
        .unwrap()
}

/// The text that `openssl x509 -text` prints.
pub(crate) fn text(certificate: &X509) -> String {
    String::from_utf8(certificate.to_text().unwrap()).unwrap()
}

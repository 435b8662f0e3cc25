//! Origins of OpenSSL's.

use std::pin::Pin;

use edge502_legacy_tls::openssl::pkey::PKey;
use edge502_legacy_tls::openssl::ssl::{Ssl, SslContext, SslContextBuilder, SslMethod, SslVersion};
use edge502_legacy_tls::openssl::x509::X509;
use edge502_legacy_tls::{init, tokio_openssl};
use tokio::io::AsyncWriteExt as _;

use super::support::{Lab, Origin, echo_one};

impl Lab {
    /// An OpenSSL origin that may speak anything, for `adapt` to restrict.
    pub(crate) async fn openssl(&self, adapt: impl FnOnce(&mut SslContextBuilder)) -> Origin {
        init().unwrap();
        let mut builder = SslContext::builder(SslMethod::tls_server()).unwrap();
        builder.set_security_level(0);
        builder.set_min_proto_version(Some(SslVersion::SSL3)).unwrap();
        builder.set_cipher_list("ALL:!aNULL:!eNULL:@SECLEVEL=0").unwrap();
        let certificate = |der: &Vec<u8>| X509::from_der(der).unwrap();
        builder.set_certificate(&certificate(&self.chain[0])).unwrap();
        let key = PKey::private_key_from_pem(self.identity.key_pem.as_bytes()).unwrap();
        builder.set_private_key(&key).unwrap();
        for der in &self.chain[1..] {
            builder.add_extra_chain_cert(certificate(der)).unwrap();
        }
        adapt(&mut builder);
        Origin::openssl(builder.build(), &[]).await
    }

    /// An OpenSSL origin that says something before its handshake.
    pub(crate) async fn openssl_behind(&self, first: &[u8]) -> Origin {
        init().unwrap();
        let mut builder = SslContext::builder(SslMethod::tls_server()).unwrap();
        builder.set_certificate(&X509::from_der(&self.chain[0]).unwrap()).unwrap();
        builder.set_private_key(&PKey::private_key_from_pem(self.identity.key_pem.as_bytes()).unwrap()).unwrap();
        builder.add_extra_chain_cert(X509::from_der(&self.chain[1]).unwrap()).unwrap();
        Origin::openssl(builder.build(), first).await
    }
}

impl Origin {
    async fn openssl(context: SslContext, first: &[u8]) -> Self {
        let first = first.to_vec();
        Self::start(move |mut tcp| {
            let (context, first) = (context.clone(), first.clone());
            async move {
                tcp.write_all(&first).await.unwrap();
                let mut tls = tokio_openssl::SslStream::new(Ssl::new(&context).unwrap(), tcp).unwrap();
                if Pin::new(&mut tls).accept().await.is_ok() {
                    echo_one(tls).await;
                }
            }
        })
        .await
    }
}

//! The documented check, `openssl s_client`, as the engineer's machine runs it.

use std::time::Duration;

use edge502_legacy_tls::s_client::{ClientCertificate, Options, s_client};

use super::Lab;
use super::observe::DocumentedCheck;
use crate::error::ScenarioError;

/// How long it waits for an origin that does not answer; a person would press Ctrl-C.
const PATIENCE: Duration = Duration::from_secs(1);

impl Lab {
    /// Plays `openssl s_client -connect ORIGIN:443 -servername NAME` on the engineer's machine
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>).
    pub(crate) async fn documented_check(&mut self) -> Result<DocumentedCheck, ScenarioError> {
        let mut options = Options::new(self.engineers_way().await?);
        let client = &self.state.client;
        let name = client.servername.clone().unwrap_or_else(|| self.state.distribution.domain_name.clone());
        options.server_name = Some(name);
        options.verify_hostname.clone_from(&client.verify_hostname);
        options.timeout = PATIENCE;
        if client.presents_client_certificate {
            let identity = super::client_identity(&self.state, &self.options)?;
            let presented = ClientCertificate::from_der(&identity.served, identity.key.secret_der())?;
            options.client_certificate = Some(presented);
        }
        options.at = Some(self.options.clock.now());
        options.ca_pem = self.engineers_trust()?.into_bytes();
        let transcript = s_client(&options).await;
        let (text, exit, verify_code) = (transcript.text, transcript.exit, transcript.verify_code);
        Ok(DocumentedCheck::Played { text, exit, verify_code })
    }
}

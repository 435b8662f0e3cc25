//! A lab's origin, judged by `check`, which knows what a user of the command knows: the distribution, and what the wire
//! shows.

use edge502_check::{Checker, Options, Report, Target};
use edge502_handshake::TrustStore;
use edge502_rules::distribution::Parsed;
use edge502_scenario::{Lab, Scheme};

/// What a check says of the origin of the state that is up.
pub(crate) async fn checked(lab: &Lab) -> Report {
    let state = lab.state();
    let mut options = Options::new(TrustStore::from_pem(lab.root_pem()).unwrap(), lab.clock());
    options.overrides = lab.overrides();
    options.client_certificate = lab.client_certificates().unwrap().into_iter().next();
    options.pq = state.edge.post_quantum;
    options.name_servers = lab.name_server_addrs();
    options.routes = lab.led();
    let parsed = Parsed { distribution: (*lab.distribution()).clone(), notices: Vec::new() };
    let request = &state.request;
    let mut target = Target::all(&parsed).remove(0).asking(request.method.parse().ok(), &request.path, &request.host);
    if request.scheme == Scheme::Http {
        target = target.by_http();
    }
    Checker::new(options).await.unwrap().check(&target).await.unwrap()
}

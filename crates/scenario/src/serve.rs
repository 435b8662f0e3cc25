//! A scenario kept up for people: addresses, commands to paste, and fixes to apply.

mod commands;
mod control;
mod history;
mod look;
mod recent;
mod training;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use edge502_edge::Exchange;
use edge502_origin::Origin;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{Mutex, broadcast};
use tokio_util::task::AbortOnDropHandle;

use crate::error::ScenarioError;
use crate::format::{Scenario, Step, StepKind};
use crate::lab::{Lab, LabOptions, client_files, refined};

use control::Control;
pub use look::Look;
use recent::Recent;

/// How many accounts a slow listener may lag behind.
const BACKLOG: usize = 1_024;

/// Name of the file with the lab's root.
const ROOT: &str = "ca.pem";

/// Something to do to a running scenario. Numbers start with 1, in the order of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Apply a fix to the broken state.
    Fix(usize),
    /// Apply a dead end to the broken state.
    DeadEnd(usize),
    /// Back to the broken state.
    Reset,
}

/// Who works with a running scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Audience {
    /// Somebody who may know everything about it.
    #[default]
    Engineer,
    /// Somebody who is to find out: the control address names no cause, no fix and no dead end. It takes what the
    /// trainee changes, `POST /patch`, and puts the broken state back.
    Trainee,
}

/// What has been applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// Which kind of step is up now.
    pub kind: StepKind,
    /// What was changed.
    pub title: String,
    /// Why it does not help, or a remark.
    pub why: Option<String>,
}

/// Addresses of a running scenario and commands that work when pasted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Brief {
    /// The edge without TLS.
    pub viewer_http: String,
    /// The edge with TLS.
    pub viewer_https: String,
    /// The `Host` viewers use.
    pub host: String,
    /// The origin's TLS port.
    pub origin: String,
    /// The origin's domain name.
    pub origin_domain: String,
    /// The lab's root, in PEM.
    pub ca_file: String,
    /// Where `GET /state`, `GET /log`, `POST /apply` and `POST /patch` are answered.
    pub control: String,
    /// Asks the edge as the scenario's viewer does.
    pub curl: String,
    /// The check that AWS documents.
    pub openssl: String,
    /// Asks each of the lab's name servers for the origin; none where names are not what a scenario is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dig: Vec<String>,
}

/// A scenario that is up.
pub struct Session {
    stage: Arc<Stage>,
    control: Control,
    events: broadcast::Sender<Arc<Exchange>>,
    _refining: AbortOnDropHandle<()>,
}

/// What control server and owner share.
struct Stage {
    scenario: Scenario,
    audience: Audience,
    directory: PathBuf,
    lab: Mutex<Running>,
    recent: Recent,
}

struct Running {
    lab: Lab,
    /// What is up.
    step: Step,
}

impl Session {
    /// Brings up the broken state of `scenario` for an engineer, see [`start_for`](Self::start_for).
    pub async fn start(scenario: Scenario, options: LabOptions, directory: &Path) -> Result<Self, ScenarioError> {
        Self::start_for(Audience::Engineer, scenario, options, directory).await
    }

    /// Brings up the broken state of `scenario`, with its past. The CA file and the origin's certificates are written to
    /// `directory`.
    pub async fn start_for(
        audience: Audience,
        scenario: Scenario,
        options: LabOptions,
        directory: &Path,
    ) -> Result<Self, ScenarioError> {
        write_root(&options, directory)?;
        let step = scenario.broken().clone();
        let lab = Box::pin(Lab::start_with(&step, options)).await?;
        lab.origin().write_pem(directory)?;
        let events = broadcast::channel(BACKLOG).0;
        let (accounts, origins) = (lab.edge().events(), (lab.origin_addr(), lab.standby_addr()));
        let (lab, recent) = (Mutex::new(Running { lab, step }), Recent::default());
        let stage = Arc::new(Stage { scenario, audience, directory: directory.to_owned(), lab, recent });
        let refining = tokio::spawn(refine(accounts, origins, events.clone(), Arc::downgrade(&stage)));
        let control = Control::start(stage.clone()).await?;
        Ok(Self { stage, control, events, _refining: AbortOnDropHandle::new(refining) })
    }

    /// The scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.stage.scenario
    }

    /// Addresses and commands for the state that is up.
    pub async fn brief(&self) -> Result<Brief, ScenarioError> {
        let mut running = self.stage.lab.lock().await;
        let checked = running.lab.engineers_way().await?;
        let (lab, state) = (&running.lab, running.lab.state());
        let ca_file = self.stage.directory.join(ROOT).display().to_string();
        let engineers_ca_file = self.engineers_ca_file(lab)?.unwrap_or_else(|| ca_file.clone());
        let client = lab.client_files(&self.stage.directory)?;
        Ok(Brief {
            viewer_http: format!("http://{}", lab.http_addr()),
            viewer_https: format!("https://{}", lab.https_addr()),
            host: state.request.host.clone(),
            origin: lab.origin_addr().to_string(),
            origin_domain: state.distribution.domain_name.clone(),
            curl: commands::curl(&state.request, lab.http_addr(), lab.https_addr(), &ca_file),
            openssl: commands::openssl(state, checked, &engineers_ca_file, client.as_ref()),
            dig: commands::dig(state, &lab.name_server_addrs()),
            ca_file,
            control: format!("http://{}", self.control.address()),
        })
    }

    /// What the engineer's machine trusts, where that is more than the lab's root: some dead ends are about it.
    fn engineers_ca_file(&self, lab: &Lab) -> Result<Option<String>, ScenarioError> {
        let trusted = lab.engineers_trust()?;
        if trusted == lab.root_pem() {
            return Ok(None);
        }
        let path = self.stage.directory.join("engineer-ca.pem");
        write_pem(&path, &trusted)?;
        Ok(Some(path.display().to_string()))
    }

    /// Changes the running lab.
    pub async fn apply(&self, action: Action) -> Result<Applied, ScenarioError> {
        self.stage.apply(action).await
    }

    /// The account of each request from now on, precise even where the edge's one connection was not.
    pub fn events(&self) -> broadcast::Receiver<Arc<Exchange>> {
        self.events.subscribe()
    }

    /// The account of the last request, if there was one.
    pub fn last(&self) -> Option<Arc<Exchange>> {
        self.stage.recent.last()
    }

    /// Stops everything and waits for it.
    pub async fn shutdown(self) {
        drop(self.events);
        self.control.shutdown().await;
        if let Ok(stage) = Arc::try_unwrap(self.stage).map_err(drop) {
            stage.lab.into_inner().lab.shutdown().await;
        }
    }
}

impl Stage {
    async fn apply(&self, action: Action) -> Result<Applied, ScenarioError> {
        let step = self.step(action)?;
        let mut running = self.lab.lock().await;
        running.lab.apply(&step.state).await?;
        self.write_files(&running.lab)?;
        running.step = step.clone();
        Ok(applied(step))
    }

    fn write_files(&self, lab: &Lab) -> Result<(), ScenarioError> {
        lab.origin().write_pem(&self.directory)?;
        lab.client_files(&self.directory)?;
        Ok(())
    }

    fn step(&self, action: Action) -> Result<&Step, ScenarioError> {
        let (kind, number) = match action {
            Action::Reset => return Ok(self.scenario.broken()),
            Action::Fix(number) => (StepKind::Fix, number),
            Action::DeadEnd(number) => (StepKind::DeadEnd, number),
        };
        let wanted = number.checked_sub(1).and_then(|index| self.scenario.of_kind(kind).nth(index));
        wanted.ok_or_else(|| ScenarioError::NoSuchStep { kind, number, count: self.scenario.of_kind(kind).count() })
    }

    /// The scenario, what is up, and what the origin saw; for a trainee nothing that tells the answer.
    async fn state(&self) -> Value {
        let running = self.lab.lock().await;
        let origin_history = history::of(&running.lab.history().snapshot());
        if self.audience == Audience::Trainee {
            return json!({ "changed": running.step.kind != StepKind::Broken, "origin_history": origin_history });
        }
        let titles = |kind| self.scenario.of_kind(kind).map(|step| step.title.clone()).collect::<Vec<_>>();
        json!({
            "scenario": self.scenario.id,
            "title": self.scenario.title,
            "up": applied(&running.step),
            "fixes": titles(StepKind::Fix),
            "dead_ends": titles(StepKind::DeadEnd),
            "origin_history": origin_history,
        })
    }
}

/// Passes the edge's accounts on and remembers them, each made precise, until the edge is gone.
async fn refine(
    mut edge: broadcast::Receiver<Arc<Exchange>>,
    (origin, standby): (SocketAddr, Option<SocketAddr>),
    events: broadcast::Sender<Arc<Exchange>>,
    stage: Weak<Stage>,
) {
    loop {
        match edge.recv().await {
            Ok(exchange) => {
                let exchange = refined(exchange, origin, standby).await;
                if let Some(stage) = stage.upgrade() {
                    stage.recent.add(exchange.clone());
                }
                // Nobody listening is no reason to stop: somebody may later.
                drop(events.send(exchange));
            }
            Err(broadcast::error::RecvError::Lagged(lost)) => tracing::warn!(lost, "requests came too fast to be told"),
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

fn applied(step: &Step) -> Applied {
    Applied { kind: step.kind, title: step.title.clone(), why: step.why.clone() }
}

fn write_root(options: &LabOptions, directory: &Path) -> Result<PathBuf, ScenarioError> {
    let path = directory.join(ROOT);
    write_pem(&path, &options.pki.root_pem())?;
    Ok(path)
}

fn write_pem(path: &Path, pem: &str) -> Result<(), ScenarioError> {
    std::fs::write(path, pem).map_err(ScenarioError::io("cannot write a CA file"))
}

/// Addresses of a lone origin and commands that work when pasted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OriginBrief {
    /// The TLS port.
    pub origin: String,
    /// The plain port.
    pub origin_http: String,
    /// The origin's domain name.
    pub origin_domain: String,
    /// The lab's root, in PEM.
    pub ca_file: String,
    /// The check that AWS documents.
    pub openssl: String,
    /// Asks the origin directly.
    pub curl: String,
}

/// The broken origin of a scenario, alone.
pub struct OriginSession {
    origin: Origin,
    brief: OriginBrief,
}

impl OriginSession {
    /// Brings up the origin of the broken state. The CA file and the certificates are written to `directory`.
    pub async fn start(scenario: &Scenario, options: &LabOptions, directory: &Path) -> Result<Self, ScenarioError> {
        let ca_file = write_root(options, directory)?.display().to_string();
        let state = &scenario.broken().state;
        let origin = Box::pin(Origin::start(&state.origin, &options.pki, options.clock.clone())).await?;
        origin.write_pem(directory)?;
        let client = client_files(state, options, directory)?;
        let brief = OriginBrief {
            origin: origin.addr().to_string(),
            origin_http: origin.http_addr().to_string(),
            origin_domain: state.distribution.domain_name.clone(),
            openssl: commands::openssl(state, origin.addr(), &ca_file, client.as_ref()),
            curl: commands::curl_origin(&state.distribution.domain_name, origin.addr(), &ca_file),
            ca_file,
        };
        Ok(Self { origin, brief })
    }

    /// Addresses and commands.
    pub fn brief(&self) -> &OriginBrief {
        &self.brief
    }

    /// Stops the origin and waits for it.
    pub async fn shutdown(self) {
        self.origin.shutdown().await;
    }
}

/// The loopback address of a control server, as URLs and headers write it.
fn is_own(address: SocketAddr, authority: &str) -> bool {
    authority == address.to_string() || authority == format!("localhost:{}", address.port())
}

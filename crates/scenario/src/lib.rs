//! Scenarios: a broken state, what is seen of it, the fixes that work and the dead ends that do not.
//!
//! A scenario is a file ([`format`](mod@format)); the [`Library`] holds many; a [`Lab`] brings one state of one up on
//! real sockets, an origin and an edge in front of it; the [`runner`] plays whole scenarios and compares what was seen
//! with what the file states; the [`report`] says so as text, JSON or `JUnit`.

mod clock;
mod error;
pub mod format;
pub mod function;
mod lab;
mod library;
mod merge;
mod network;
mod proofs;
pub mod report;
pub mod runner;
pub mod serve;
mod state;
mod tap;
mod viewer;

pub use error::ScenarioError;
pub use format::{Dig, Disguise, Earlier, Expect, Level, Scenario, Settings, SourceText, Step, StepKind};
pub use lab::{DocumentedCheck, Lab, LabOptions, Observed};
pub use library::Library;
pub use network::{DnsSpec, NetworkSpec, Passage};
pub use proofs::fidelity;
pub use runner::{RunOptions, Runner, ScenarioReport, StepReport};
pub use state::{CacheBehaviorSpec, CustomErrorResponseSpec, OriginGroupSpec, OriginName};
pub use state::{ClientSpec, DistributionSpec, EdgeSpec, RequestSpec, Scheme, State, Zone};
pub use state::{DISTRIBUTION_DOMAIN, ORIGIN_DOMAIN, STANDBY_DOMAIN, VIEWER_HOST};
pub use viewer::Answer;

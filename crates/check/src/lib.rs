//! Would CloudFront connect to this origin, and if not, why, and what cures it?
//!
//! A check asks the origin over the edge's own way: the same request, resolver, TLS client, rules and outcome table as
//! `edge502-edge`. Where that fails it opens a bounded number of further connections to find out all that is wrong, and
//! says what cures it. Verdicts rest on the wire alone. Sources: AWS's pages on 502
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>) and 504
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-504-gateway-timeout.html>).

mod aia;
mod batch;
mod checker;
mod conversation;
mod error;
mod fix;
mod limits;
mod options;
mod other_name;
mod probes;
pub mod render;
pub mod report;
pub mod schema;
mod seen;
pub mod source;
mod target;
mod view;
mod warnings;

pub use batch::{Batch, Checked};
pub use checker::Checker;
pub use error::CheckError;
pub use options::Options;
pub use report::{Report, Verdict};
pub use source::{Level, Setting, Source, SourceError};
pub use target::{HostSettings, Target};

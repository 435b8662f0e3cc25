//! Results for people, programs and CI servers.

mod json;
mod junit;
mod text;

use std::fmt;
use std::str::FromStr;

use crate::runner::ScenarioReport;

pub use edge502_check::render::Paint;

/// Why a step goes without the documented check.
const WITHOUT_CHECK: &str = "`openssl s_client` is played by OpenSSL, which this program was built without";

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object, on one line.
    Json,
    /// `JUnit` XML: a test suite for each scenario, a test case for each step.
    Junit,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            "junit" => Ok(Self::Junit),
            other => Err(format!("unknown format {other:?}; expected text, json or junit")),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Junit => "junit",
        })
    }
}

/// The whole result in one text, with a newline at the end.
pub fn whole(format: Format, reports: &[ScenarioReport], paint: Paint) -> String {
    match format {
        Format::Text => text::whole(reports, paint),
        Format::Json => json::whole(reports),
        Format::Junit => junit::whole(reports),
    }
}

/// One scenario for people, as it is finished.
pub fn scenario(report: &ScenarioReport, paint: Paint) -> String {
    text::scenario(report, paint)
}

/// The closing lines for people.
pub fn summary(reports: &[ScenarioReport], paint: Paint) -> String {
    text::summary(reports, paint)
}

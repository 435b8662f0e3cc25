//! What is to be said about the settings of a distribution, whatever its origins answer.

use std::fmt;
use std::net::IpAddr;

use edge502_rules::Grade;
use edge502_rules::distribution::{DistributionError, Notice};
use schemars::JsonSchema;
use serde::Serialize;

const API: &str = "https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html";
const ORIGIN: &str = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html";
const HELPERS: &str =
    "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/helper-functions-origin-modification.html";

/// How much a setting matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It cannot work, so the check as a whole fails.
    Error,
    /// The file hides a value that decides, so something could not be checked.
    Hidden,
    /// It is refused by CloudFront in most accounts, or surprises people; the origin is checked all the same.
    Warning,
    /// What the check assumed.
    Note,
}

impl Level {
    /// The word of the report.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Hidden => "hidden",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One setting that cannot work, is not known or surprises.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Setting {
    /// The distribution: its id, its logical id in a template, or its address in a plan.
    pub distribution: String,
    /// How much it matters.
    pub level: Level,
    /// Where it stands in the user's file.
    pub place: String,
    /// What is wrong or worth knowing.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
    /// How well the rule behind it is known.
    #[schemars(schema_with = "crate::schema::grade")]
    pub grade: Grade,
    /// Address of the page that states the rule, or of the closest one.
    pub source: String,
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.message, self.remedy)
    }
}

impl From<Notice> for Setting {
    fn from(notice: Notice) -> Self {
        let Notice { place, message, remedy, grade, source } = notice;
        let (distribution, source) = (String::new(), source.to_owned());
        Self { distribution, level: Level::Warning, place, message, remedy, grade, source }
    }
}

impl Setting {
    /// An IP address where the DNS name of an origin belongs; `port` is where it was to be asked.
    pub(crate) fn address(address: IpAddr, port: u16) -> Self {
        let remedy = format!(
            "write a DNS name that leads there; to check what the address serves, check that name with \
             `--resolve NAME:{port}:{}`",
            if address.is_ipv6() { format!("[{address}]") } else { address.to_string() }
        );
        Self {
            distribution: address.to_string(),
            level: Level::Error,
            place: "DomainName".to_owned(),
            message: format!("it is {address}, an IP address; CloudFront takes DNS names only"),
            remedy,
            grade: Grade::Inferred,
            source: HELPERS.to_owned(),
        }
    }

    /// What CloudFront would refuse; `None` for an error that is about the whole file.
    pub(super) fn of_error(error: &DistributionError) -> Option<Self> {
        let (place, message, remedy) = match error {
            DistributionError::Shape { place, problem } => {
                (place, problem.clone(), "write the type CloudFront expects".to_owned())
            }
            DistributionError::Missing { place, remedy } => (place, "it is missing".to_owned(), remedy.clone()),
            DistributionError::Value { place, found, allowed, remedy } => {
                (place, format!("it is {found}, allowed is {allowed}"), remedy.clone())
            }
            DistributionError::UnknownOrigin { place, found, known } => {
                (place, format!("there is no origin or group {found:?}"), format!("write one of {}", known.join(", ")))
            }
            DistributionError::DuplicateId { place, id } => {
                (place, format!("{id:?} is taken already"), "give every origin and group its own Id".to_owned())
            }
            _ => return None,
        };
        let (grade, source) = rule(place);
        let (place, source) = (place.clone(), source.to_owned());
        Some(Self { distribution: String::new(), level: Level::Error, place, message, remedy, grade, source })
    }
}

/// AWS forbids addresses and ports in an origin's name where functions choose it; that the same holds for the setting
/// is inferred.
fn rule(place: &str) -> (Grade, &'static str) {
    if place.ends_with(".DomainName") {
        (Grade::Inferred, HELPERS)
    } else if place.contains("Origins.Items[") {
        (Grade::Documented, ORIGIN)
    } else {
        (Grade::Documented, API)
    }
}

//! Why a file cannot be used as a distribution.

use thiserror::Error;

use super::read::Place;

/// A distribution that nothing sensible can be done with. Each variant says where, what was found and what to do.
///
/// Settings that CloudFront would refuse but an edge can still act on are not errors; they become a
/// [`Notice`](super::Notice).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DistributionError {
    /// The text is not JSON.
    #[error(
        "line {line}, column {column}: this is not JSON: {message}; \
         give the unchanged output of `aws cloudfront get-distribution-config --id ID --output json`"
    )]
    Syntax {
        /// Line of the error, from 1.
        line: usize,
        /// Column of the error, from 1 (0 at the end of an empty line).
        column: usize,
        /// What the JSON parser stumbled over.
        message: String,
    },
    /// The JSON holds no distribution.
    #[error(
        "no distribution found in {found}; expected the output of `aws cloudfront get-distribution-config` or \
         `get-distribution`, or a DistributionConfig object; for a distribution out of a list, run \
         `aws cloudfront get-distribution-config --id ID`"
    )]
    NotADistribution {
        /// What stands there instead, for example the names of the top-level members.
        found: String,
    },
    /// A member has the wrong JSON type.
    #[error(
        "{place}: {problem}; write it as `aws cloudfront get-distribution-config` prints it \
         (CloudFormation and Terraform spell some settings differently)"
    )]
    Shape {
        /// JSON path of the member.
        place: String,
        /// The type found and the type expected.
        problem: String,
    },
    /// A member without which the edge cannot act is absent or empty.
    #[error("{place} is missing; {remedy}")]
    Missing {
        /// JSON path of the member.
        place: String,
        /// What to write there.
        remedy: String,
    },
    /// A member has a value that cannot be acted on.
    #[error("{place} is {found}, allowed is {allowed}; {remedy}")]
    Value {
        /// JSON path of the member.
        place: String,
        /// The value in the file.
        found: String,
        /// The values CloudFront knows.
        allowed: String,
        /// What to write instead.
        remedy: String,
    },
    /// A cache behavior or an origin group names an origin that does not exist.
    #[error("{place} is {found:?}, but the Ids here are {}; correct one of them", known.join(", "))]
    UnknownOrigin {
        /// JSON path of the reference.
        place: String,
        /// The `Id` that was referred to.
        found: String,
        /// Every `Id` that may be referred to.
        known: Vec<String>,
    },
    /// Two origins or origin groups share an `Id`.
    #[error("{place} is {id:?}, which is taken already; give every origin and origin group its own Id")]
    DuplicateId {
        /// JSON path of the second use.
        place: String,
        /// The shared `Id`.
        id: String,
    },
}

impl DistributionError {
    pub(super) fn missing(place: &Place, remedy: impl Into<String>) -> Self {
        Self::Missing { place: place.to_string(), remedy: remedy.into() }
    }

    pub(super) fn value(
        place: &Place,
        found: impl Into<String>,
        allowed: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::Value { place: place.to_string(), found: found.into(), allowed: allowed.into(), remedy: remedy.into() }
    }
}

impl From<&serde_json::Error> for DistributionError {
    fn from(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        // serde_json appends the position that the fields carry.
        let message = text.split(" at line ").next().unwrap_or(&text).to_owned();
        Self::Syntax { line: error.line(), column: error.column(), message }
    }
}

//! What the access log tells apart although the cause is one.
//!
//! Causes are a closed list; the log's words
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html>) are finer in a
//! few places. A nuance belongs to one cause and says what differs from that cause's outcome.

use super::{Answer, DetailedResultType, Outcome};
use crate::page::Page;
use crate::{Cause, Grade};

/// A finer reading of one cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Nuance {
    /// The connection broke while the request was still being sent.
    WriteFailed,
    /// `Content-Length` is not the length of the range in `Content-Range`.
    RangeLengthDiffers,
    /// A part of an object that has no bytes.
    ZeroSize,
}

impl Nuance {
    /// Every nuance.
    pub const ALL: &[Self] = &[Self::WriteFailed, Self::RangeLengthDiffers, Self::ZeroSize];

    /// The cause it belongs to.
    pub const fn cause(self) -> Cause {
        match self {
            Self::WriteFailed => Cause::ConnectionClosedEarly,
            Self::RangeLengthDiffers | Self::ZeroSize => Cause::ResponseMalformed,
        }
    }

    /// When it applies, as the rest of a sentence.
    pub const fn when(self) -> &'static str {
        match self {
            Self::WriteFailed => "when the connection breaks while the body of the request is being sent",
            Self::RangeLengthDiffers => "when a 206 has a Content-Length that is not the length of its Content-Range",
            Self::ZeroSize => "when a 206 has no bytes at all",
        }
    }

    /// The outcome of its cause, with what is different.
    pub const fn outcome(self) -> Outcome {
        let usual = Outcome::of(self.cause());
        let (answer, detailed_result_type) = match self {
            Self::WriteFailed => (Answer::Page(Page::Attempted), DetailedResultType::OriginWriteError),
            Self::RangeLengthDiffers => (usual.answer, DetailedResultType::OriginContentRangeLengthError),
            Self::ZeroSize => (usual.answer, DetailedResultType::OriginZeroSizeObjectError),
        };
        Outcome { answer, detailed_result_type, grade: Grade::Inferred, log_grade: Grade::Inferred, ..usual }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nuance_differs_from_its_cause_in_the_log_alone_or_in_the_page_too() {
        for nuance in Nuance::ALL {
            let (fine, usual) = (nuance.outcome(), Outcome::of(nuance.cause()));
            assert_ne!(fine.detailed_result_type, usual.detailed_result_type, "{nuance:?}");
            assert_eq!(
                (fine.status(), fine.x_cache, fine.result_type),
                (usual.status(), usual.x_cache, usual.result_type)
            );
        }
    }
}

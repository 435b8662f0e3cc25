//! The words of the access log's result columns and of the `X-Cache` header.
//!
//! Log values: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html>.

use std::fmt;
use std::str::FromStr;

use crate::RulesError;

/// Declares a closed list of words once: variant and spelling.
macro_rules! words {
    ($(#[$enum_doc:meta])+ $name:ident { $($(#[$doc:meta])+ $variant:ident = $text:literal,)+ }) => {
        $(#[$enum_doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$doc])+ $variant,)+
        }

        impl $name {
            /// Every value.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The value as CloudFront writes it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            fn find(what: &'static str, text: &str) -> Result<Self, RulesError> {
                let found = Self::ALL.iter().find(|value| value.as_str() == text);
                found.copied().ok_or_else(|| RulesError::word(what, text, Self::ALL.iter().map(|value| value.as_str())))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words! {
    /// `x-edge-result-type` and `x-edge-response-result-type`: how CloudFront classifies a response, after its last
    /// byte and just before its first.
    ResultType {
        /// Served from the cache.
        Hit = "Hit",
        /// Served from the cache after the origin confirmed it.
        RefreshHit = "RefreshHit",
        /// Fetched from the origin.
        Miss = "Miss",
        /// A CloudFront quota was exceeded.
        LimitExceeded = "LimitExceeded",
        /// The edge location had no capacity; sent with 503.
        CapacityExceeded = "CapacityExceeded",
        /// A 4xx or 5xx, or a response that did not reach the viewer whole.
        Error = "Error",
        /// Sent from HTTP to HTTPS.
        Redirect = "Redirect",
        /// A Lambda@Edge function could not be run to its end.
        LambdaExecutionError = "LambdaExecutionError",
    }
}

words! {
    /// `x-edge-detailed-result-type`: the result type, said more exactly.
    ///
    /// No value is specific to TLS. AWS's page on 502 calls one of them `NonS3OriginDnsError`
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>); reading
    /// accepts that prefix on every `Origin…Error`, writing never produces it.
    DetailedResultType {
        /// Served from the cache.
        Hit = "Hit",
        /// Served from the cache after the origin confirmed it.
        RefreshHit = "RefreshHit",
        /// Served from the Origin Shield cache.
        OriginShieldHit = "OriginShieldHit",
        /// Fetched from the origin.
        Miss = "Miss",
        /// Made by an edge function.
        MissGeneratedResponse = "MissGeneratedResponse",
        /// A CloudFront quota was exceeded.
        LimitExceeded = "LimitExceeded",
        /// The edge location had no capacity.
        CapacityExceeded = "CapacityExceeded",
        /// Sent from HTTP to HTTPS.
        Redirect = "Redirect",
        /// A Lambda@Edge function could not be run to its end.
        LambdaExecutionError = "LambdaExecutionError",
        /// A Lambda@Edge quota was hit.
        LambdaLimitExceeded = "LambdaLimitExceeded",
        /// Trouble with the origin.
        AbortedOrigin = "AbortedOrigin",
        /// The response to the viewer was interrupted.
        ClientCommError = "ClientCommError",
        /// The viewer's country is blocked.
        ClientGeoBlocked = "ClientGeoBlocked",
        /// The viewer stopped while sending its request.
        ClientHungUpRequest = "ClientHungUpRequest",
        /// Fits no other value; also an error served from the cache.
        Error = "Error",
        /// A fault inside CloudFront.
        InternalError = "InternalError",
        /// A bad request.
        InvalidRequest = "InvalidRequest",
        /// The viewer may not see the object.
        InvalidRequestBlocked = "InvalidRequestBlocked",
        /// No certificate for the name the viewer asked for.
        InvalidRequestCertificate = "InvalidRequestCertificate",
        /// A header of the request is not valid.
        InvalidRequestHeader = "InvalidRequestHeader",
        /// The behaviour does not allow the method.
        InvalidRequestMethod = "InvalidRequestMethod",
        /// Timeout while connecting to the origin or reading from it.
        OriginCommError = "OriginCommError",
        /// No connection to the origin.
        OriginConnectError = "OriginConnectError",
        /// `Content-Length` and `Content-Range` of the origin disagree.
        OriginContentRangeLengthError = "OriginContentRangeLengthError",
        /// The origin's name does not resolve.
        OriginDnsError = "OriginDnsError",
        /// The origin's response is not right.
        OriginError = "OriginError",
        /// A header of the origin is too large.
        OriginHeaderTooBigError = "OriginHeaderTooBigError",
        /// The origin's response is not valid.
        OriginInvalidResponseError = "OriginInvalidResponseError",
        /// Reading from the origin failed.
        OriginReadError = "OriginReadError",
        /// Writing to the origin failed.
        OriginWriteError = "OriginWriteError",
        /// The origin sent an object of size zero.
        OriginZeroSizeObjectError = "OriginZeroSizeObjectError",
        /// The viewer read so slowly that the origin failed.
        SlowReaderOriginError = "SlowReaderOriginError",
    }
}

words! {
    /// The whole value of the `X-Cache` response header.
    ///
    /// AWS documents `Error from cloudfront`; the others were seen in public captures. `Error from cloudfront` comes
    /// with CloudFront's own errors and with relayed 4xx and 5xx of the origin alike.
    XCache {
        /// Served from the cache.
        Hit = "Hit from cloudfront",
        /// Fetched from the origin.
        Miss = "Miss from cloudfront",
        /// Served from the cache after the origin confirmed it.
        RefreshHit = "RefreshHit from cloudfront",
        /// An error, CloudFront's own or relayed.
        Error = "Error from cloudfront",
        /// Sent from HTTP to HTTPS.
        Redirect = "Redirect from cloudfront",
        /// Made by a Lambda@Edge function.
        LambdaGeneratedResponse = "LambdaGeneratedResponse from cloudfront",
        /// The result of a Lambda@Edge function is not valid.
        LambdaValidationError = "LambdaValidationError from cloudfront",
        /// A Lambda@Edge function could not be run.
        LambdaExecutionError = "LambdaExecutionError from cloudfront",
        /// A Lambda@Edge quota was hit.
        LambdaLimitExceeded = "LambdaLimitExceeded from cloudfront",
        /// Made by a CloudFront Function.
        FunctionGeneratedResponse = "FunctionGeneratedResponse from cloudfront",
        /// The result of a CloudFront Function is not valid.
        FunctionValidationError = "FunctionValidationError from cloudfront",
        /// A CloudFront Function could not be run.
        FunctionExecutionError = "FunctionExecutionError from cloudfront",
    }
}

impl FromStr for ResultType {
    type Err = RulesError;

    fn from_str(text: &str) -> Result<Self, RulesError> {
        Self::find("x-edge-result-type", text)
    }
}

impl FromStr for DetailedResultType {
    type Err = RulesError;

    fn from_str(text: &str) -> Result<Self, RulesError> {
        let unprefixed =
            text.strip_prefix("NonS3").filter(|rest| rest.starts_with("Origin") && rest.ends_with("Error"));
        Self::find("x-edge-detailed-result-type", unprefixed.unwrap_or(text))
    }
}

impl FromStr for XCache {
    type Err = RulesError;

    fn from_str(text: &str) -> Result<Self, RulesError> {
        Self::find("X-Cache value", text)
    }
}

/// The detailed type of a response about which there is nothing more to say.
impl From<ResultType> for DetailedResultType {
    fn from(result: ResultType) -> Self {
        match result {
            ResultType::Hit => Self::Hit,
            ResultType::RefreshHit => Self::RefreshHit,
            ResultType::Miss => Self::Miss,
            ResultType::LimitExceeded => Self::LimitExceeded,
            ResultType::CapacityExceeded => Self::CapacityExceeded,
            ResultType::Error => Self::Error,
            ResultType::Redirect => Self::Redirect,
            ResultType::LambdaExecutionError => Self::LambdaExecutionError,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back() {
        for value in ResultType::ALL {
            assert_eq!(value.to_string().parse(), Ok(*value));
            assert_eq!(DetailedResultType::from(*value).as_str(), value.as_str());
        }
        for value in DetailedResultType::ALL {
            assert_eq!(value.to_string().parse(), Ok(*value));
        }
        for value in XCache::ALL {
            assert_eq!(value.to_string().parse(), Ok(*value));
            assert!(value.as_str().ends_with(" from cloudfront"));
        }
    }

    #[test]
    fn the_prefix_is_read_on_origin_errors_only() {
        for value in DetailedResultType::ALL {
            let prefixed = format!("NonS3{value}").parse::<DetailedResultType>();
            let text = value.as_str();
            if text.starts_with("Origin") && text.ends_with("Error") {
                assert_eq!(prefixed, Ok(*value));
            } else {
                assert!(prefixed.is_err(), "{value}");
            }
        }
    }

    #[test]
    fn invented_words_are_refused() {
        assert!("OriginSSLHandshakeFailure".parse::<DetailedResultType>().is_err());
        assert!("error".parse::<ResultType>().is_err());
        let error = "OriginConectError".parse::<DetailedResultType>().expect_err("a typing error");
        assert!(error.to_string().contains("OriginConnectError"), "{error}");
    }
}

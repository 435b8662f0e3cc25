//! The rules a function's result has to keep, as one table.

use super::Runtime;
use crate::Grade;
use crate::page::Page;

const RESTRICTIONS: &str =
    "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html";
const LAMBDA_RESTRICTIONS: &str =
    "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html";
const GENERATED: &str = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-generating-http-responses-in-requests.html";
const LAMBDA_EVENT: &str =
    "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html";
const FUNCTION_EVENT: &str =
    "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html";
const ORIGIN_CHANGES: &str =
    "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/helper-functions-origin-modification.html";
const NOT_PARSABLE: &str = "https://github.com/serverless-nextjs/serverless-next.js/issues/525";
const NOT_OBJECT: &str = "https://github.com/aws-samples/react-ssr-lambda/issues/28";
const ORIGIN_DOMAIN: &str = "https://github.com/aws-amplify/amplify-hosting/issues/3701";
const ORIGIN_HEADERS: &str = "https://github.com/aws-amplify/amplify-cli/issues/8604";
const LAMBDA_READ_ONLY: &str = "https://github.com/CodeGenieApp/serverless-express/issues/369";
const LAMBDA_BLACKLISTED: &str = "https://github.com/opennextjs/opennextjs-aws/pull/393";
const FUNCTION_READ_ONLY: &str = "https://github.com/aws-samples/amazon-cloudfront-functions/issues/31";
const FUNCTION_REWRITE: &str = "https://github.com/aws-samples/amazon-cloudfront-functions/issues/56";
const BODY: &str = "https://n8n.blog/?p=1000";
const HEADER_TEXT: &str = "https://github.com/aws-ia/cloudformation-aws-marketplace-saas/issues/54";
const NO_SENTENCE: &str =
    "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html";

/// Declares the rules once: variant, id, what is required, grade, source.
macro_rules! rules {
    ($($(#[$doc:meta])+ $rule:ident = $id:literal, $requirement:literal, $grade:ident, $source:ident;)+) => {
        /// A rule that the result of an edge function has to keep.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum FunctionRule {
            $($(#[$doc])+ $rule,)+
        }

        impl FunctionRule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$rule,)+];

            /// Stable name in kebab-case.
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$rule => $id,)+
                }
            }

            /// What is required, as the second half of a message.
            pub const fn requirement(self) -> &'static str {
                match self {
                    $(Self::$rule => $requirement,)+
                }
            }

            /// How well it is known that breaking the rule is an error.
            pub const fn grade(self) -> Grade {
                match self {
                    $(Self::$rule => Grade::$grade,)+
                }
            }

            /// Where the rule stands.
            pub const fn source(self) -> &'static str {
                match self {
                    $(Self::$rule => $source,)+
                }
            }
        }
    };
}

rules! {
    /// The result is JSON.
    Json = "json", "the result must be JSON", Observed, NOT_PARSABLE;
    /// The result is an object.
    Object = "object", "the result must be an object", Observed, NOT_OBJECT;
    /// `headers` has the shape of the event object.
    HeaderShape = "header-shape", "headers must have the shape of the event object", Documented, LAMBDA_EVENT;
    /// Header names are in lower case (CloudFront Functions).
    HeaderCase = "header-case", "header names must be in lower case", Documented, FUNCTION_EVENT;
    /// Names and values can be sent in HTTP.
    HeaderText = "header-text", "header names and values must be valid in HTTP", Observed, HEADER_TEXT;
    /// No header that functions may not see.
    HeaderDisallowed = "header-disallowed", "functions may not add this header", Documented, RESTRICTIONS;
    /// No change of a header that is read-only in this event.
    HeaderReadOnly = "header-read-only", "this header is read-only in this event", Documented, RESTRICTIONS;
    /// No `CloudFront-Viewer-Country` from a viewer request function.
    ViewerCountry = "viewer-country", "viewer request functions may not add CloudFront-Viewer-Country", Documented, LAMBDA_RESTRICTIONS;
    /// `status` or `statusCode` is there, between 200 and 599.
    Status = "status", "a response needs a status between 200 and 599", Documented, GENERATED;
    /// The body is a text, in a known encoding.
    Body = "body", "the body must be a text, in a known encoding", Documented, GENERATED;
    /// The response is not larger than allowed.
    Size = "size", "a generated response has a limited size", Documented, GENERATED;
    /// 204 has no body.
    BodyWith204 = "body-with-204", "a response with status 204 has no body", Documented, GENERATED;
    /// The method is as it was.
    Method = "method", "the method is read-only", Documented, LAMBDA_EVENT;
    /// The URI starts with `/` and is not too long.
    Uri = "uri", "the URI must begin with a slash and be shorter than 8,192 characters", Documented, LAMBDA_EVENT;
    /// The query string holds no spaces, control characters or `#`.
    QueryString = "query-string", "the query string has no spaces, control characters or `#`", Documented, RESTRICTIONS;
    /// The origin's domain is a public name.
    OriginDomain = "origin-domain", "an origin's domain name is a DNS name without port, at most 253 characters", Documented, LAMBDA_EVENT;
    /// The origin's custom headers are allowed.
    OriginHeaders = "origin-headers", "an origin's custom headers must be headers that CloudFront may add", Documented, LAMBDA_EVENT;
    /// The origin's settings are known and in range.
    OriginSetting = "origin-setting", "an origin's settings must be known and in range", Documented, ORIGIN_CHANGES;
}

/// A page as a rule leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The page.
    pub page: Page,
    /// Whether its sentence was seen for this rule; otherwise it is the nearest that is known.
    pub grade: Grade,
    /// Where it was seen.
    pub source: &'static str,
}

impl FunctionRule {
    /// The page that breaking the rule leads to.
    pub const fn shown(self, runtime: Runtime) -> Shown {
        match runtime {
            Runtime::LambdaEdge => self.shown_by_lambda(),
            Runtime::CloudFrontFunctions => self.shown_by_function(),
        }
    }

    const fn shown_by_lambda(self) -> Shown {
        match self {
            Self::Json => seen(Page::LambdaJsonNotParsable, NOT_PARSABLE),
            Self::Object => seen(Page::LambdaJsonNotObject, NOT_OBJECT),
            Self::HeaderDisallowed => seen(Page::LambdaBlacklistedHeader, LAMBDA_BLACKLISTED),
            Self::HeaderReadOnly => seen(Page::LambdaReadOnlyHeader, LAMBDA_READ_ONLY),
            Self::ViewerCountry => nearest(Page::LambdaBlacklistedHeader),
            Self::HeaderShape => nearest(Page::LambdaHeaderEntry),
            Self::Body | Self::Size => seen(Page::LambdaValidationBody, BODY),
            Self::OriginDomain => seen(Page::LambdaOriginDomainName, ORIGIN_DOMAIN),
            Self::OriginHeaders => seen(Page::LambdaOriginHeaders, ORIGIN_HEADERS),
            Self::OriginSetting => nearest(Page::LambdaOriginDomainName),
            Self::HeaderCase
            | Self::HeaderText
            | Self::Status
            | Self::BodyWith204
            | Self::Method
            | Self::Uri
            | Self::QueryString => nearest(Page::LambdaValidationBody),
        }
    }

    const fn shown_by_function(self) -> Shown {
        match self {
            // Quoted in public code without a report of its own.
            Self::HeaderCase => seen(Page::FunctionInvalidValue, FUNCTION_EVENT),
            Self::HeaderReadOnly => seen(Page::FunctionReadOnlyHeader, FUNCTION_READ_ONLY),
            Self::HeaderDisallowed | Self::ViewerCountry => nearest(Page::FunctionDisallowedHeader),
            Self::OriginDomain | Self::OriginHeaders | Self::OriginSetting => {
                seen(Page::FunctionOriginRewrite, FUNCTION_REWRITE)
            }
            Self::Json
            | Self::Object
            | Self::HeaderShape
            | Self::HeaderText
            | Self::Status
            | Self::Body
            | Self::Size
            | Self::BodyWith204
            | Self::Method
            | Self::Uri
            | Self::QueryString => nearest(Page::FunctionInvalidValue),
        }
    }
}

const fn seen(page: Page, source: &'static str) -> Shown {
    Shown { page, grade: Grade::Observed, source }
}

const fn nearest(page: Page) -> Shown {
    Shown { page, grade: Grade::Inferred, source: NO_SENTENCE }
}

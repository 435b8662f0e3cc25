//! CloudFront's own error pages, byte for byte.
//!
//! AWS documents the statuses (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/troubleshooting-response-errors.html>),
//! not the pages; the templates in `pages/` come from public captures. Since January 2026 two families are in use side
//! by side. The edge's own, unchanged since 2019, prints the sentence that names the cause. The one that calls itself
//! `HTTP3 Server` names none and has been seen for origin-connection errors with status 502 and 504 only.
//!
//! No page ends with a newline and none has CR, except the redirects and the 421 page, which are CRLF throughout.

use std::fmt;
use std::str::FromStr;

use crate::RulesError;
use crate::request_id::RequestId;

const ID: &str = "{{REQUEST_ID}}";
const ID_HTML: &str = "{{REQUEST_ID_HTML}}";

/// Which family of pages answers for a failed origin connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ErrorPages {
    /// The edge's pages, with the sentence that names the cause. The default.
    #[default]
    Edge2019,
    /// The `HTTP3 Server` pages of 2026, without that sentence; they exist for origin-connection 502 and 504 only.
    OriginFacing2026,
}

impl ErrorPages {
    /// Both families.
    pub const ALL: &[Self] = &[Self::Edge2019, Self::OriginFacing2026];

    /// The year used on the command line: `2019` or `2026`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Edge2019 => "2019",
            Self::OriginFacing2026 => "2026",
        }
    }
}

impl fmt::Display for ErrorPages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ErrorPages {
    type Err = RulesError;

    fn from_str(text: &str) -> Result<Self, RulesError> {
        let known = Self::ALL.iter().map(|family| family.as_str());
        let found = Self::ALL.iter().find(|family| family.as_str() == text);
        found.copied().ok_or_else(|| RulesError::word("family of error pages", text, known))
    }
}

/// Declares the pages once: variant, status, file name without `.html`.
macro_rules! pages {
    ($($(#[$doc:meta])+ $page:ident = $status:literal $id:literal,)+) => {
        /// A page that CloudFront makes itself; one variant for each template in `pages/`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Page {
            $($(#[$doc])+ $page,)+
        }

        impl Page {
            /// Every page.
            pub const ALL: &[Self] = &[$(Self::$page),+];

            /// The HTTP status the page is sent with.
            pub const fn status(self) -> u16 {
                match self {
                    $(Self::$page => $status,)+
                }
            }

            /// Name of the page, equal to its file name without `.html`; starts with the status.
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$page => $id,)+
                }
            }

            const fn template(self) -> &'static str {
                match self {
                    $(Self::$page => include_str!(concat!("../pages/", $id, ".html")),)+
                }
            }
        }
    };
}

pages! {
    /// Redirect from HTTP to HTTPS of a `GET` or `HEAD`.
    MovedPermanently = 301 "301-redirect",
    /// The same redirect for other methods; text inferred from the 301 page.
    TemporaryRedirect = 307 "307-redirect",
    /// A request CloudFront cannot read.
    BadRequest = 400 "400-bad-request",
    /// The host is no domain of a distribution, or the viewer must use HTTPS.
    Forbidden = 403 "403-bad-request",
    /// A geographic restriction blocks the viewer's country.
    GeoBlocked = 403 "403-geo-blocked",
    /// The behaviour does not allow the method.
    MethodNotAllowed = 403 "403-method-not-allowed",
    /// AWS WAF blocked the request.
    RequestBlocked = 403 "403-request-blocked",
    /// The URL is longer than CloudFront's limit; AWS documents the status, the text is inferred from the page of 400.
    UrlTooLong = 414 "414-bad-request",
    /// SNI and `Host` name different distributions; text inferred from an older form of the page.
    Misdirected = 421 "421-misdirected",
    /// The request's head is larger than CloudFront's limit.
    HeaderTooLarge = 494 "494-bad-request",
    /// The connection to the origin could not be made: TCP refused, or TLS failed.
    Connect = 502 "502-connect",
    /// The origin's name does not resolve.
    Dns = 502 "502-dns",
    /// Connection failed or was closed; the same sentence as [`Page::AttemptedTimeout`] with status 502.
    Attempted = 502 "502-attempted",
    /// The origin closed the connection instead of answering.
    OriginClosed = 502 "502-origin-closed",
    /// No connection, or an answer that is not right; the sentence leaves open which.
    IncorrectResponse = 502 "502-incorrect-response",
    /// The least specific of the sentences.
    FailedToContact = 502 "502-failed-to-contact",
    /// Origin-connection failure in the 2026 family, as seen from January to March 2026.
    Http3Server502 = 502 "502-http3-server",
    /// The same with `charset=UTF-8`; inferred from the 504 page of April 2026.
    Http3Server502Utf8 = 502 "502-http3-server-utf8",
    /// Lambda@Edge: the body is not a string, not an object or too large.
    LambdaValidationBody = 502 "502-lambda-validation-body",
    /// Lambda@Edge: the result is not JSON.
    LambdaJsonNotParsable = 502 "502-lambda-json-not-parsable",
    /// Lambda@Edge: the result is JSON but not an object.
    LambdaJsonNotObject = 502 "502-lambda-json-not-object",
    /// Lambda@Edge: the function set an origin whose domain name is not valid.
    LambdaOriginDomainName = 502 "502-lambda-origin-domainname",
    /// Lambda@Edge: the function added a header that it may not see.
    LambdaBlacklistedHeader = 502 "502-lambda-blacklisted-header",
    /// Lambda@Edge: the function touched a header that it may only read.
    LambdaReadOnlyHeader = 502 "502-lambda-read-only-header",
    /// Lambda@Edge: a header is not a list.
    LambdaHeaderEntry = 502 "502-lambda-header-entry",
    /// Lambda@Edge: the function set an origin with custom headers that are not valid.
    LambdaOriginHeaders = 502 "502-lambda-origin-headers",
    /// CloudFront Functions: the result is not valid; the sentence was seen in a report, the frame is inferred.
    FunctionInvalidValue = 502 "502-function-invalid-value",
    /// CloudFront Functions: the function touched a header that it may only read.
    FunctionReadOnlyHeader = 502 "502-function-read-only-header",
    /// CloudFront Functions: the function added a header that it may not see; quoted in public code only.
    FunctionDisallowedHeader = 502 "502-function-disallowed-header",
    /// CloudFront Functions: the function set an origin that is not valid.
    FunctionOriginRewrite = 502 "502-function-origin-rewrite",
    /// Lambda@Edge: the function cannot be run.
    LambdaInvalid = 503 "503-lambda-invalid",
    /// An origin that is not tried for a while, see [`crate::breaker`]; the sentence was seen with 503, the frame is
    /// inferred.
    OriginPaused = 503 "503-failed-to-contact",
    /// CloudFront Functions: the function cannot be run.
    FunctionInvalid = 503 "503-function-invalid",
    /// The origin did not accept the connection, or did not answer, in time.
    AttemptedTimeout = 504 "504-attempted",
    /// Origin timeout in the 2026 family with the charset of its 502 page; inferred.
    Http3Server504 = 504 "504-http3-server",
    /// Origin timeout in the 2026 family, as seen from April 2026 on.
    Http3Server504Utf8 = 504 "504-http3-server-utf8",
}

impl Page {
    /// The page with this request's id filled in, exactly as it goes on the wire.
    pub fn bytes(self, id: &RequestId) -> Vec<u8> {
        self.template().replace(ID, id.as_str()).replace(ID_HTML, &id.to_html()).into_bytes()
    }

    /// Length of [`Page::bytes`], the same for every id; the `Content-Length` of `GET` and `HEAD` alike.
    pub fn content_length(self) -> usize {
        let template = self.template();
        if template.contains(ID) {
            template.len() - ID.len() + RequestId::CHARS
        } else if template.contains(ID_HTML) {
            template.len() - ID_HTML.len() + RequestId::HTML_CHARS
        } else {
            template.len()
        }
    }

    /// The sentence that names the cause; `None` where the page has none (2026 family, redirects, 421).
    pub fn sentence(self) -> Option<&'static str> {
        let (_, below_rule) = self.template().split_once("<HR noshade size=\"1px\">\n")?;
        let sentence = below_rule.lines().next()?;
        (!sentence.starts_with("We can't connect")).then_some(sentence)
    }

    /// The family the page belongs to; decides which headers come with it.
    pub const fn family(self) -> ErrorPages {
        match self {
            Self::Http3Server502 | Self::Http3Server502Utf8 | Self::Http3Server504 | Self::Http3Server504Utf8 => {
                ErrorPages::OriginFacing2026
            }
            _ => ErrorPages::Edge2019,
        }
    }

    /// The page that takes this one's place when origin-connection errors come from `pages`.
    ///
    /// In 2026 the edge still makes the pages for DNS, for functions and for all 4xx itself, and
    /// [`Page::FailedToContact`] was still seen with its sentence; those stay as they are.
    pub const fn in_family(self, pages: ErrorPages) -> Self {
        match (pages, self) {
            (
                ErrorPages::OriginFacing2026,
                Self::Connect | Self::Attempted | Self::OriginClosed | Self::IncorrectResponse,
            ) => Self::Http3Server502,
            (ErrorPages::OriginFacing2026, Self::AttemptedTimeout) => Self::Http3Server504,
            (_, page) => page,
        }
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl FromStr for Page {
    type Err = RulesError;

    fn from_str(text: &str) -> Result<Self, RulesError> {
        let found = Self::ALL.iter().find(|page| page.id() == text);
        found.copied().ok_or_else(|| RulesError::word("page", text, Self::ALL.iter().map(|page| page.id())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> RequestId {
        "5u_xeJLSMl-opJROBruHUM2M-h_HqFI380v-adX7kX40kGl4cyPEAQ==".parse().expect("a published id")
    }

    /// Lengths with a 56-character id. Published with the page: 167, 915, 919, 1053, 937 and 936; the rest are computed.
    const LENGTHS: &[(Page, usize)] = &[
        (Page::MovedPermanently, 167),
        (Page::TemporaryRedirect, 169),
        (Page::BadRequest, 915),
        (Page::Forbidden, 915),
        (Page::GeoBlocked, 986),
        (Page::MethodNotAllowed, 1053),
        (Page::RequestBlocked, 919),
        (Page::UrlTooLong, 915),
        (Page::Misdirected, 171),
        (Page::HeaderTooLarge, 915),
        (Page::Connect, 951),
        (Page::Dns, 960),
        (Page::Attempted, 1033),
        (Page::OriginClosed, 936),
        (Page::IncorrectResponse, 990),
        (Page::FailedToContact, 932),
        (Page::Http3Server502, 937),
        (Page::Http3Server502Utf8, 932),
        (Page::LambdaValidationBody, 1021),
        (Page::LambdaJsonNotParsable, 978),
        (Page::LambdaJsonNotObject, 985),
        (Page::LambdaOriginDomainName, 1000),
        (Page::LambdaBlacklistedHeader, 996),
        (Page::LambdaReadOnlyHeader, 1013),
        (Page::LambdaHeaderEntry, 1029),
        (Page::LambdaOriginHeaders, 1022),
        (Page::FunctionInvalidValue, 1008),
        (Page::FunctionReadOnlyHeader, 978),
        (Page::FunctionDisallowedHeader, 960),
        (Page::FunctionOriginRewrite, 972),
        (Page::LambdaInvalid, 1019),
        (Page::OriginPaused, 932),
        (Page::FunctionInvalid, 999),
        (Page::AttemptedTimeout, 1033),
        (Page::Http3Server504, 941),
        (Page::Http3Server504Utf8, 936),
    ];

    #[test]
    fn every_page_has_its_length() {
        assert_eq!(LENGTHS.iter().map(|(page, _)| *page).collect::<Vec<_>>(), Page::ALL);
        for (page, length) in LENGTHS {
            assert_eq!(page.bytes(&id()).len(), *length, "{page}");
            assert_eq!(page.content_length(), *length, "{page}");
        }
    }

    #[test]
    fn the_id_is_filled_in_once_and_nothing_is_left_open() {
        for page in Page::ALL {
            let text = String::from_utf8(page.bytes(&id())).expect("pages are ASCII");
            assert!(!text.contains("{{") && !text.contains("}}"), "{page}");
            let printed = match page.family() {
                ErrorPages::OriginFacing2026 => format!("Request ID: {}\n", id().to_html()),
                ErrorPages::Edge2019 => format!("Request ID: {}\n", id()),
            };
            let expected = usize::from(!is_nginx_style(*page));
            assert_eq!(text.matches(&printed).count(), expected, "{page}");
        }
    }

    #[test]
    fn line_ends_are_lf_without_a_last_one_except_in_the_nginx_style() {
        for page in Page::ALL {
            let text = String::from_utf8(page.bytes(&id())).expect("pages are ASCII");
            if is_nginx_style(*page) {
                assert!(text.ends_with("</html>\r\n"), "{page}");
                assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{page}");
            } else {
                assert!(text.ends_with("</BODY></HTML>") && !text.contains('\r'), "{page}");
            }
            assert!(!text.contains(" \n") && !text.contains(" \r\n"), "{page}");
        }
    }

    fn is_nginx_style(page: Page) -> bool {
        matches!(page, Page::MovedPermanently | Page::TemporaryRedirect | Page::Misdirected)
    }

    #[test]
    fn the_2019_frame_is_902_bytes_and_the_sentence_with_its_newline() {
        for page in Page::ALL {
            if page.family() == ErrorPages::Edge2019 && !is_nginx_style(*page) {
                let sentence = page.sentence().unwrap_or_else(|| panic!("{page} has no sentence"));
                assert_eq!(page.content_length(), 902 + sentence.len() + 1, "{page}");
                let heading = format!("\n<H1>{} ERROR</H1>\n", page.status());
                assert!(page.template().contains(&heading), "{page}");
            } else {
                assert_eq!(page.sentence(), None, "{page}");
            }
        }
        assert_eq!(Page::Connect.sentence(), Some("CloudFront wasn't able to connect to the origin."));
    }

    #[test]
    fn the_id_of_a_page_starts_with_its_status_and_is_read_back() {
        for page in Page::ALL {
            assert!(page.id().starts_with(&page.status().to_string()), "{page}");
            assert_eq!(page.id().parse::<Page>(), Ok(*page));
        }
        assert!("502-conect".parse::<Page>().expect_err("a typing error").to_string().contains("502-connect"));
    }

    #[test]
    fn the_2026_family_replaces_origin_connection_pages_only() {
        for page in Page::ALL {
            assert_eq!(page.in_family(ErrorPages::Edge2019), *page);
            let replaced = page.in_family(ErrorPages::OriginFacing2026);
            assert_eq!(replaced.status(), page.status(), "{page}");
        }
        assert_eq!(Page::Connect.in_family(ErrorPages::OriginFacing2026), Page::Http3Server502);
        assert_eq!(Page::AttemptedTimeout.in_family(ErrorPages::OriginFacing2026), Page::Http3Server504);
        for stays in [Page::Dns, Page::LambdaInvalid, Page::Forbidden, Page::FailedToContact] {
            assert_eq!(stays.in_family(ErrorPages::OriginFacing2026), stays);
        }
    }

    #[test]
    fn families_are_named_by_year() {
        for family in ErrorPages::ALL {
            assert_eq!(family.to_string().parse(), Ok(*family));
        }
        assert_eq!(ErrorPages::default(), ErrorPages::Edge2019);
        assert!("2020".parse::<ErrorPages>().is_err());
    }
}

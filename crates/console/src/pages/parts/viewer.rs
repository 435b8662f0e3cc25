//! The answer as the viewer gets it.
//!
//! The page stands in a frame with an empty `sandbox`: no script, no form, no link out of it, an origin of its own; and
//! it inherits this page's content security policy, so that it can load nothing. Its source stands below as text.

use bytes::Bytes;
use http::HeaderMap;
use maud::{Markup, html};

use super::Frame;
use crate::sight::Sight;

/// How much of a body is shown; pages of CloudFront have about 1 KiB.
const SHOWN: usize = 16 * 1024;

/// Page, source and headers.
pub(in crate::pages) fn viewer(frame: &Frame<'_>, sight: &Sight) -> Markup {
    let texts = frame.texts;
    let answer = &sight.look.answer;
    let body = shown(&answer.body);
    html! {
        section aria-labelledby="viewer" {
            h2 #viewer { (texts.viewer_title) }
            @if body.trim().is_empty() {
                p { (texts.viewer_empty) }
            } @else {
                @if is_html(&answer.headers) {
                    iframe.page title=(texts.viewer_frame) sandbox="" srcdoc=(body) loading="eager" {}
                }
                details #viewer-source open[!is_html(&answer.headers)] {
                    summary { (texts.viewer_source) }
                    pre tabindex="0" role="group" aria-label=(texts.viewer_source) lang="en" { (body) }
                }
            }
            @if answer.body.len() > SHOWN { p { ((texts.viewer_cut)(answer.body.len())) } }
            h3 #headers { (texts.headers_title) }
            (headers(answer.status, &answer.headers, texts.headers_title))
        }
    }
}

fn headers(status: u16, headers: &HeaderMap, label: &str) -> Markup {
    html! {
        pre tabindex="0" role="group" aria-label=(label) lang="en" {
            "HTTP/1.1 " (status) "\n"
            @for (name, value) in headers {
                span.name { (name) } ": " (String::from_utf8_lossy(value.as_bytes())) "\n"
            }
        }
    }
}

fn is_html(headers: &HeaderMap) -> bool {
    let media_type = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type.is_some_and(|media_type| media_type.starts_with("text/html"))
}

fn shown(body: &Bytes) -> String {
    String::from_utf8_lossy(&body[..body.len().min(SHOWN)]).into_owned()
}

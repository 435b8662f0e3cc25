//! Pages that say one thing: welcome, and why something was refused.

use maud::{Markup, html};

use super::Frame;

/// A page with a heading, an explanation and a way on.
pub(crate) fn message(frame: &Frame<'_>, title: &str, text: &str, way_on: Option<(&str, &str)>) -> Markup {
    let main = html! {
        section.message {
            h1 { (title) }
            p { (text) }
            @if let Some((href, label)) = way_on { p { a.button href=(href) { (label) } } }
        }
    };
    frame.page(title, &html! {}, &main)
}

/// Takes the browser on without the token in the address. A redirect would not do: where the address was opened from
/// another page, browsers keep a `SameSite=Strict` cookie back on the whole chain of redirects.
pub(crate) fn welcome(frame: &Frame<'_>) -> Markup {
    let texts = frame.texts;
    let main = html! {
        section.message {
            h1 { (texts.welcome) }
            p { (texts.welcome_text) }
            p { a.button href="/" { (texts.welcome_on) } }
        }
    };
    frame.page(texts.welcome, &html! { meta http-equiv="refresh" content="0; url=/"; }, &main)
}

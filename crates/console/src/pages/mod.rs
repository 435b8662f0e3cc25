//! The pages: pure functions from what is known to HTML. Everything that comes from elsewhere is escaped by `maud`.

pub(crate) mod catalogue;
pub(crate) mod course;
pub(crate) mod exercise;
pub(crate) mod exercises;
pub(crate) mod lab;
mod parts;
pub(crate) mod plain;
pub(crate) mod results;

use edge502_train::Language;
use maud::{DOCTYPE, Markup, html};

use crate::assets::Asset;
use crate::lang::{own_name, tag};
use crate::route::Route;
use crate::texts::Texts;

/// What all pages have around their content.
pub(crate) struct Frame<'a> {
    /// The language.
    pub(crate) language: Language,
    /// Its texts.
    pub(crate) texts: &'static Texts,
    /// Its texts about exercises.
    pub(crate) train: &'static edge502_train::Texts,
    /// Where the page is, for the switch of languages; `None` on pages that cannot be asked for again.
    pub(crate) here: Option<Route>,
    /// What forms carry; `None` for those who have not come in.
    pub(crate) form_token: Option<&'a str>,
    /// Where the browser's lab is looked at, if it has one.
    pub(crate) lab: Option<Route>,
    /// Whether there is a course, and nothing else.
    pub(crate) in_course: bool,
}

impl Frame<'_> {
    /// The whole page.
    pub(crate) fn page(&self, title: &str, head: &Markup, main: &Markup) -> Markup {
        let texts = self.texts;
        html! {
            (DOCTYPE)
            html lang=(tag(self.language)) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) " · edge502" }
                    link rel="stylesheet" href=(Route::Asset(Asset::Style).path());
                    link rel="icon" href=(Route::Asset(Asset::Icon).path()) type="image/svg+xml";
                    (head)
                }
                body {
                    a.skip href="#main" { (texts.skip) }
                    header.top {
                        div.wrap {
                            (self.brand())
                            @if self.form_token.is_some() { (self.navigation()) (self.languages()) }
                        }
                    }
                    main #main tabindex="-1" { div.wrap { (main) } }
                    footer { div.wrap { p { (texts.footer) } } }
                }
            }
        }
    }

    fn brand(&self) -> Markup {
        html! {
            @if self.form_token.is_some() {
                a.brand href="/" { span.mark aria-hidden="true" { "502" } span { "edge502" } }
            } @else {
                span.brand { span.mark aria-hidden="true" { "502" } span { "edge502" } }
            }
        }
    }

    fn navigation(&self) -> Markup {
        let texts = self.texts;
        let mut places = if self.in_course {
            vec![(Route::Home, texts.nav_course)]
        } else {
            vec![(Route::Home, texts.nav_scenarios), (Route::Exercises, texts.nav_exercises)]
        };
        match &self.lab {
            Some(Route::Exercise) => places.push((Route::Exercise, texts.nav_exercise)),
            Some(lab) => places.push((lab.clone(), texts.nav_lab)),
            None => {}
        }
        places.push((Route::Results, texts.nav_results));
        html! {
            nav.places aria-label=(texts.nav_label) {
                ul {
                    @for (route, name) in places {
                        li { a href=(route.path()) aria-current=[(self.here.as_ref() == Some(&route)).then_some("page")] { (name) } }
                    }
                }
            }
        }
    }

    fn languages(&self) -> Markup {
        let here = self.here.clone().unwrap_or(Route::Home).path();
        html! {
            form.languages method="post" action=(Route::Language.path()) aria-label=(self.texts.language) {
                (self.token())
                input type="hidden" name="back" value=(here);
                @for language in Language::ALL {
                    button type="submit" name="lang" value=(language.tag()) lang=(tag(language))
                        aria-pressed=(if language == self.language { "true" } else { "false" }) { (own_name(language)) }
                }
            }
        }
    }

    /// What a way back to the first page is called.
    pub(crate) const fn to_home(&self) -> &'static str {
        if self.in_course { self.texts.to_course } else { self.texts.to_scenarios }
    }

    /// The hidden field without which no form is taken.
    pub(crate) fn token(&self) -> Markup {
        html! { input type="hidden" name="token" value=(self.form_token.unwrap_or_default()); }
    }

    /// A form with one button.
    pub(crate) fn button(&self, action: &Route, fields: &[(&str, &str)], class: &str, label: &str) -> Markup {
        html! {
            form method="post" action=(action.path()) {
                (self.token())
                @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
                button type="submit" class=(class) { (label) }
            }
        }
    }
}

//! The lists of exercises, track by track.

use edge502_scenario::Library;
use edge502_train::{Curriculum, Progress, Track};
use maud::{Markup, html};

use super::Frame;
use super::parts::{level, prose};
use crate::route::Route;

/// All tracks.
pub(crate) fn tracks(frame: &Frame<'_>, library: &Library) -> Markup {
    let texts = frame.texts;
    let curriculum = Curriculum::new(library);
    let main = html! {
        h1 { (texts.exercises_title) }
        p.lead { (texts.exercises_lead) }
        ul.cards {
            @for track in Track::ALL {
                li {
                    a href=(Route::Track(track).path()) {
                        strong { ((frame.train.track)(track)) }
                        span.count { ((texts.exercises)(curriculum.entries(Some(track)).count())) }
                    }
                }
            }
        }
        (mystery(frame))
    };
    frame.page(texts.exercises_title, &html! {}, &main)
}

/// The form that draws an exercise.
fn mystery(frame: &Frame<'_>) -> Markup {
    let texts = frame.texts;
    html! {
        section aria-labelledby="mystery" {
            h2 #mystery { (texts.mystery_title) }
            p { (texts.mystery_text) }
            form method="post" action=(Route::Mystery.path()) {
                (frame.token())
                div.fields {
                    label {
                        span { (texts.mystery_track) }
                        select name="track" {
                            option value="" { (texts.mystery_any) }
                            @for track in Track::ALL { option value=(track.id()) { ((frame.train.track)(track)) } }
                        }
                    }
                    label {
                        span { (texts.mystery_seed) }
                        input type="number" name="seed" min="0" max=(u32::MAX) inputmode="numeric" aria-describedby="mystery-seed";
                    }
                }
                p.facts #mystery-seed { (texts.mystery_seed_text) }
                div.actions { button.primary type="submit" { (texts.mystery_begin) } }
            }
        }
    }
}

/// The exercises of one track. Titles and ids of scenarios would give the answers away.
pub(crate) fn track(frame: &Frame<'_>, library: &Library, track: Track, progress: &Progress) -> Markup {
    let texts = frame.texts;
    let name = (frame.train.track)(track);
    let curriculum = Curriculum::new(library);
    let main = html! {
        p.crumbs { a href=(Route::Exercises.path()) { (texts.nav_exercises) } }
        h1 { (name) }
        ul.rows.stories {
            @for entry in curriculum.entries(Some(track)) {
                li {
                    h2 id=(entry.name()) { (entry.name()) }
                    p lang="en" { (prose(&entry.scenario.story)) }
                    p.facts {
                        (level(frame, entry.level()))
                        @if let Some(known) = progress.of(&entry.scenario.id) {
                            " " span.tag { (if known.solved { texts.solved } else { texts.unsolved }) (texts.comma) ((texts.best)(known.best)) }
                        }
                    }
                    form method="post" action=(Route::Begin.path()) {
                        (frame.token())
                        button type="submit" name="exercise" value=(entry.name()) aria-describedby=(entry.name()) { (texts.begin) }
                    }
                }
            }
        }
    };
    frame.page(name, &html! {}, &main)
}

//! The course: what is asked in which order and time, how far the trainee is, and the next step.

use edge502_train::{Course, Planned, Row, Sitting};
use maud::{Markup, html};
use time::{Duration, OffsetDateTime};

use super::Frame;
use super::parts::minutes_left;
use super::results::outcome;
use crate::route::Route;

/// How far a trainee is.
pub(crate) struct Standing {
    /// The way through the course, once it was begun.
    pub(crate) sitting: Option<Sitting>,
    /// The place of the exercise that is under way.
    pub(crate) open: Option<usize>,
    /// Now.
    pub(crate) now: OffsetDateTime,
}

impl Standing {
    /// What is left of the course's time.
    fn time_left(&self) -> Option<Duration> {
        Some(self.sitting.as_ref()?.deadline()? - self.now)
    }

    /// What became of the exercise at `index`.
    fn row(&self, index: usize) -> Option<&Row> {
        self.sitting.as_ref()?.rows().get(index)?.as_ref()
    }
}

/// The page.
pub(crate) fn course(frame: &Frame<'_>, course: &Course, standing: &Standing) -> Markup {
    let texts = frame.texts;
    let main = html! {
        h1 { (course.title) }
        p.lead { ((texts.course_lead)(course.plan.len(), course.minutes)) }
        @if let Some(left) = standing.time_left() { p.points { strong { (minutes_left(frame, left)) } } }
        div.actions { (next(frame, standing)) }
        section aria-labelledby="plan" {
            h2 #plan { (texts.course_plan) }
            ol.rows {
                @for (index, planned) in course.plan.iter().enumerate() { (item(frame, standing, index, planned)) }
            }
        }
    };
    frame.page(&course.title, &html! {}, &main)
}

/// The way on: into the course, back to the exercise, to the next one, or to the results.
fn next(frame: &Frame<'_>, standing: &Standing) -> Markup {
    let texts = frame.texts;
    let Some(sitting) = &standing.sitting else {
        return frame.button(&Route::Next, &[], "primary", texts.course_begin);
    };
    if standing.open.is_some() {
        return html! { a.button href=(Route::Exercise.path()) { (texts.course_continue) } };
    }
    if sitting.next(standing.now).is_some() {
        frame.button(&Route::Next, &[], "primary", texts.course_next)
    } else {
        html! { a.button href=(Route::Results.path()) { (texts.course_over) } }
    }
}

fn item(frame: &Frame<'_>, standing: &Standing, index: usize, planned: &Planned) -> Markup {
    let texts = frame.texts;
    html! {
        li {
            strong { ((texts.course_place)(index + 1)) }
            span.count { ((texts.course_terms)(planned.minutes, planned.hints)) }
            @if standing.open == Some(index + 1) {
                " " span.tag { (texts.course_open) }
            } @else if let Some(row) = standing.row(index) {
                " " span.tag { (outcome(frame, row.record.diagnosed && row.record.cured)) (texts.comma) ((texts.points)(row.record.score)) }
            }
        }
    }
}

//! The scores: of this visit, and those kept on this machine.

use edge502_scenario::Library;
use edge502_train::{Curriculum, Progress, Row, SheetForm, Standing};
use maud::{Markup, html};

use super::Frame;
use crate::route::Route;

/// The longest name on a sheet, in characters.
pub(crate) const NAME: usize = 100;

/// What is shown of the scores.
pub(crate) struct Results {
    /// The attempts of this visit, with the exercise's name.
    pub(crate) attempts: Vec<(String, Row)>,
    /// Whether there is anything to put on a sheet.
    pub(crate) has_sheet: bool,
    /// Whether sheets are signed with a key.
    pub(crate) is_signed: bool,
    /// What is kept, and where; or why it cannot be read.
    pub(crate) kept: Option<(String, Result<Progress, String>)>,
    /// Why the last score could not be kept, if so.
    pub(crate) trouble: Option<String>,
}

/// The page.
pub(crate) fn results(frame: &Frame<'_>, library: &Library, results: &Results) -> Markup {
    let texts = frame.texts;
    let total: u32 = results.attempts.iter().map(|(_, row)| row.record.score).sum();
    let main = html! {
        h1 { (texts.results_title) }
        @if let Some(trouble) = &results.trouble {
            p.fault { strong { (texts.results_not_kept) (texts.colon) } span lang="en" { (trouble) } }
        }
        section aria-labelledby="visit" {
            h2 #visit { (texts.results_visit) }
            @if results.attempts.is_empty() {
                p { (texts.results_none) }
                @if frame.in_course {
                    p { a.button href=(Route::Home.path()) { (texts.to_course) } }
                } @else {
                    p { a.button href=(Route::Exercises.path()) { (texts.to_exercises) } }
                }
            } @else {
                p { ((texts.results_total)(total)) }
                (visit(frame, &results.attempts))
            }
        }
        @if results.has_sheet { (sheet(frame, results.is_signed)) }
        @if let Some((path, progress)) = &results.kept { (kept(frame, library, path, progress)) }
    };
    frame.page(texts.results_title, &html! {}, &main)
}

/// The form with which a sheet is had.
fn sheet(frame: &Frame<'_>, is_signed: bool) -> Markup {
    let texts = frame.texts;
    html! {
        section aria-labelledby="sheet" {
            h2 #sheet { (texts.sheet_title) }
            p { (texts.sheet_text) }
            p.facts { (if is_signed { texts.sheet_signed } else { texts.sheet_unsigned }) }
            form method="post" action=(Route::Sheet.path()) {
                (frame.token())
                div.fields {
                    label {
                        span { (texts.sheet_name) }
                        input type="text" name="trainee" required maxlength=(NAME) autocomplete="name";
                    }
                }
                div.actions {
                    @for form in SheetForm::ALL {
                        button type="submit" name="form" value=(form.file_name()) lang="en" { (form.name()) }
                    }
                }
            }
        }
    }
}

fn visit(frame: &Frame<'_>, attempts: &[(String, Row)]) -> Markup {
    let rows = attempts.iter().rev().map(|(name, Row { record, .. })| {
        let solved = outcome(frame, record.standing == Standing::Solved);
        let faults = record.wrong_diagnoses + record.dead_ends;
        let minutes = record.seconds.div_ceil(60);
        [
            name.clone(),
            solved.to_owned(),
            record.score.to_string(),
            record.hints.to_string(),
            faults.to_string(),
            minutes.to_string(),
        ]
    });
    table("visit", &frame.texts.results_columns, rows)
}

fn kept(frame: &Frame<'_>, library: &Library, path: &str, progress: &Result<Progress, String>) -> Markup {
    let texts = frame.texts;
    let curriculum = Curriculum::new(library);
    // A scenario's id tells the answer: who has not solved it sees the exercise's name.
    let name = |id: &str| curriculum.find(id).map_or_else(|_| id.to_owned(), |entry| entry.name());
    html! {
        section aria-labelledby="kept" {
            h2 #kept { (texts.results_kept) }
            p { ((texts.results_kept_text)(path)) }
            @match progress {
                Err(reason) => p.fault lang="en" { (reason) },
                Ok(progress) if progress.iter().next().is_none() => p { (texts.results_none) },
                Ok(progress) => {
                    p { ((texts.results_total)(progress.total())) }
                    (table("kept", &texts.kept_columns, progress.iter().map(|(id, known)| {
                        [name(id), outcome(frame, known.solved).to_owned(), known.best.to_string(), known.attempts.to_string()]
                    })))
                },
            }
        }
    }
}

/// Whether an exercise was solved, in a word.
pub(super) fn outcome(frame: &Frame<'_>, solved: bool) -> &'static str {
    if solved { frame.texts.solved } else { frame.texts.unsolved }
}

/// A table whose first column names the row.
fn table<const COLUMNS: usize>(
    label: &str,
    columns: &[&str; COLUMNS],
    rows: impl Iterator<Item = [String; COLUMNS]>,
) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-labelledby=(label) {
            table {
                thead { tr { @for name in columns { th scope="col" { (name) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (index, cell) in row.iter().enumerate() {
                                @if index == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

//! Exercises: begun, worked on, scored.

use std::str::FromStr;
use std::sync::Arc;

use edge502_train::{
    Curriculum, Exercise, PROGRAM, Progress, Seed, Sheet, SheetForm, Signed, Sitting, Terms, Track, TrainError, mystery,
};
use http::{Response, StatusCode};

use super::labs::{RESULT, order};
use super::{App, Visit};
use crate::browsers::Browser;
use crate::exercising::{Exercising, Occasion};
use crate::form::Form;
use crate::pages::course::Standing;
use crate::pages::results::{NAME, Results};
use crate::respond::{Body, download, see_other};
use crate::route::Route;
use crate::seat::{Order, Purpose};

/// What a sheet is of where there is no course; sheets are in English.
const VISIT: &str = "Exercises in the console";

impl App {
    /// Begins an exercise.
    pub(super) async fn begin(&self, visit: &Visit, browser: &Browser, form: &Form) -> Response<Body> {
        let Some(name) = form.get("exercise") else { return visit.bad_form() };
        let curriculum = Curriculum::new(&self.options.library);
        let Ok(entry) = curriculum.find(name) else { return visit.unknown() };
        let exercise = || Ok((entry.open(browser.scores.seed), Terms::default()));
        self.sit_down(visit, browser, Occasion::Choice, exercise).await
    }

    /// Begins one that is drawn, from any track or from one. The same seed draws the same.
    pub(super) async fn mystery(&self, visit: &Visit, browser: &Browser, form: &Form) -> Response<Body> {
        let (Some(track), Some(seed)) = (form.get("track"), form.get("seed")) else { return visit.bad_form() };
        let (Ok(track), Ok(seed)) = (optional::<Track>(track), optional::<Seed>(seed)) else { return visit.bad_form() };
        let curriculum = Curriculum::new(&self.options.library);
        let exercise =
            || Ok((mystery::draw(&curriculum, track, seed.map_or_else(Seed::fresh, Ok)?)?, Terms::default()));
        self.sit_down(visit, browser, Occasion::Mystery, exercise).await
    }

    /// Begins the next exercise of the course, unless one is still open.
    pub(super) async fn next(&self, visit: &Visit, browser: &Browser) -> Response<Body> {
        let Some(course) = &self.options.course else { return visit.unknown() };
        if self.standing(browser).open.is_some() {
            return see_other(&Route::Exercise, "");
        }
        let (scores, now) = (&browser.scores, self.options.clock.now());
        if let Some(seat) = browser.stand_up() {
            seat.leave().await;
        }
        let sitting = scores.sit(|| Sitting::new(course.clone(), scores.seed, now));
        let Some(place) = sitting.next(now) else { return see_other(&Route::Home, "") };
        let exercise =
            || Ok((sitting.open(place, &Curriculum::new(&self.options.library))?, sitting.terms(place, now)));
        self.sit_down(visit, browser, Occasion::Course(place), exercise).await
    }

    async fn sit_down(
        &self,
        visit: &Visit,
        browser: &Browser,
        occasion: Occasion,
        exercise: impl FnOnce() -> Result<(Exercise, Terms), TrainError>,
    ) -> Response<Body> {
        let purpose = || {
            let ((exercise, terms), clock) = (exercise()?, self.options.clock.clone());
            let exercising = Exercising::new(exercise, occasion, terms, browser.scores.clone(), clock);
            Ok(Purpose::Exercise(Arc::new(exercising)))
        };
        self.sit(visit, browser, purpose).await
    }

    /// How far the trainee is in the course.
    pub(super) fn standing(&self, browser: &Browser) -> Standing {
        let open = under_way(browser).filter(|exercising| exercising.is_open());
        let place = open.and_then(|exercising| exercising.place());
        Standing { sitting: browser.scores.sitting(), open: place, now: self.options.clock.now() }
    }

    /// Works on the one under way.
    pub(super) async fn exercise(
        &self,
        visit: &Visit,
        browser: &Browser,
        route: &Route,
        form: &Form,
    ) -> Response<Body> {
        let seat = browser.seat();
        let Some(Purpose::Exercise(exercising)) = seat.as_ref().map(|seat| seat.purpose().clone()) else {
            return Self::lab(visit, browser, &Route::Exercise);
        };
        match route {
            Route::Hint => {
                exercising.hint();
                see_other(&Route::Exercise, "#hints")
            }
            Route::Diagnose => {
                let Some(cause) = form.get("cause").and_then(|id| id.parse().ok()) else { return visit.bad_form() };
                exercising.diagnose(cause).await;
                see_other(&Route::Exercise, RESULT)
            }
            Route::Remedy => {
                let Some(number) = form.get("remedy").and_then(|number| number.parse().ok()) else {
                    return visit.bad_form();
                };
                // A lab that is busy costs nothing.
                if seat.as_ref().is_some_and(|seat| seat.view().busy) {
                    return order(visit, seat, Order::Check).await;
                }
                match exercising.choose(number) {
                    Some(action) => order(visit, seat, Order::Apply(action)).await,
                    None => see_other(&Route::Exercise, RESULT),
                }
            }
            Route::GiveUp => {
                exercising.give_up().await;
                see_other(&Route::Exercise, "#answer")
            }
            _ => order(visit, seat, Order::Check).await,
        }
    }

    /// The result sheet of the course, or of this visit where there is none.
    pub(super) fn sheet(&self, visit: &Visit, browser: &Browser, form: &Form) -> Response<Body> {
        let texts = visit.texts();
        let trainee = form.get("trainee").map(str::trim).filter(|name| is_name(name));
        let form = form.get("form").and_then(|name| SheetForm::ALL.into_iter().find(|form| form.file_name() == name));
        let (Some(trainee), Some(form)) = (trainee, form) else { return visit.bad_form() };
        match self.sheet_of(browser, trainee.to_owned()) {
            Ok(sheet) if sheet.rows.is_empty() => {
                visit.refuse(StatusCode::NOT_FOUND, texts.sheet_title, texts.results_none)
            }
            Ok(sheet) => {
                let signed = Signed::new(sheet, self.options.key.as_deref());
                download(form.file_name(), form.media_type(), signed.write(form))
            }
            Err(error) => visit.refuse(StatusCode::INTERNAL_SERVER_ERROR, texts.trouble_title, &error.to_string()),
        }
    }

    fn sheet_of(&self, browser: &Browser, trainee: String) -> Result<Sheet, TrainError> {
        let (scores, now) = (&browser.scores, self.options.clock.now());
        if let Some(mut sitting) = scores.sitting() {
            // What is under way is on the sheet as it stands.
            if let Some((exercising, place)) = under_way(browser).and_then(|one| Some((one.clone(), one.place()?))) {
                sitting.note(place, &exercising.attempt(), now);
            }
            return sitting.sheet(trainee, &Curriculum::new(&self.options.library), now);
        }
        Ok(Sheet {
            course: VISIT.to_owned(),
            trainee,
            seed: scores.seed,
            program: PROGRAM.to_owned(),
            began: scores.since,
            ended: now,
            minutes: None,
            rows: scores.attempts().into_iter().map(|(_, row)| row).collect(),
        })
    }

    /// What is kept of the scores; nothing where that cannot be read.
    pub(super) async fn progress(&self, browser: &Browser) -> Progress {
        match self.results(browser).await.kept {
            Some((_, Ok(progress))) => progress,
            _ => browser.scores.attempts().iter().fold(Progress::default(), |mut progress, (_, row)| {
                progress.add(&row.record);
                progress
            }),
        }
    }

    /// The scores of this visit, and those that are kept.
    pub(super) async fn results(&self, browser: &Browser) -> Results {
        let kept = match self.options.progress.clone() {
            None => None,
            Some(file) => {
                let path = file.path().display().to_string();
                let loaded = tokio::task::spawn_blocking(move || file.load()).await;
                let progress =
                    loaded.map_err(|error| error.to_string()).and_then(|loaded| loaded.map_err(|e| e.to_string()));
                Some((path, progress))
            }
        };
        let scores = &browser.scores;
        Results {
            attempts: scores.attempts(),
            has_sheet: scores.sitting().is_some() || !scores.attempts().is_empty(),
            is_signed: self.options.key.is_some(),
            kept,
            trouble: scores.trouble(),
        }
    }
}

/// The exercise that the browser is at.
fn under_way(browser: &Browser) -> Option<Arc<Exercising>> {
    match browser.seat()?.purpose() {
        Purpose::Exercise(exercising) => Some(exercising.clone()),
        Purpose::Lab(_) => None,
    }
}

/// A field that may be left empty.
fn optional<T: FromStr>(text: &str) -> Result<Option<T>, T::Err> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(str::parse).transpose()
}

/// Whether a sheet can be made out to it.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= NAME && !text.chars().any(char::is_control)
}

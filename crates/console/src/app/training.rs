//! Exercises: begun, worked on, scored.

use std::sync::Arc;

use edge502_train::{Curriculum, Exercise, Progress, Seed, Terms};
use http::Response;

use super::labs::{RESULT, order};
use super::{App, Visit};
use crate::browsers::Browser;
use crate::exercising::Exercising;
use crate::form::Form;
use crate::pages::results::Results;
use crate::respond::{Body, see_other};
use crate::route::Route;
use crate::seat::{Order, Purpose};

impl App {
    /// Begins an exercise.
    pub(super) async fn begin(&self, visit: &Visit, browser: &Browser, form: &Form) -> Response<Body> {
        let Some(name) = form.get("exercise") else { return visit.bad_form() };
        let curriculum = Curriculum::new(&self.options.library);
        let Ok(entry) = curriculum.find(name) else { return visit.unknown() };
        let purpose = || {
            let exercise: Arc<Exercise> = Arc::new(entry.open(Seed::fresh()?));
            let clock = self.options.clock.clone();
            let exercising = Exercising::new(exercise, Terms::default(), browser.scores.clone(), clock);
            Ok(Purpose::Exercise(Arc::new(exercising)))
        };
        self.sit(visit, browser, purpose).await
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

    /// What is kept of the scores; nothing where that cannot be read.
    pub(super) async fn progress(&self, browser: &Browser) -> Progress {
        match self.results(browser).await.kept {
            Some((_, Ok(progress))) => progress,
            _ => browser.scores.attempts().iter().fold(Progress::default(), |mut progress, (_, record)| {
                progress.add(record);
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
        Results { attempts: browser.scores.attempts(), kept, trouble: browser.scores.trouble() }
    }
}

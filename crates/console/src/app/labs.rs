//! Starting, changing and ending labs.

use std::sync::Arc;
use std::time::Duration;

use edge502_scenario::{LabOptions, ScenarioError};
use edge502_train::TrainError;
use http::{Response, StatusCode};

use super::{App, Visit};
use crate::browsers::Browser;
use crate::events::events;
use crate::form::Form;
use crate::pages::{exercise, lab, plain};
use crate::respond::{Body, page, retry_after, see_other};
use crate::route::Route;
use crate::seat::{Order, Purpose, Refused, Seat, settled};

/// How long a form waits for its effect. What takes longer shows itself when it is there.
const PATIENCE: Duration = Duration::from_millis(2_500);

/// Where the result stands on the page of a lab.
pub(super) const RESULT: &str = "#result";

/// In seconds: when it is worth trying again to start a lab.
const TRY_AGAIN: u32 = 60;

impl App {
    /// The page of the browser's lab or exercise; leads from one to the other.
    pub(super) fn lab(visit: &Visit, browser: &Browser, route: &Route) -> Response<Body> {
        let texts = visit.texts();
        let Some(seat) = browser.seat() else {
            return match route {
                Route::Exercise => visit.refuse(StatusCode::NOT_FOUND, texts.no_exercise_title, texts.no_exercise_text),
                _ => no_lab(visit),
            };
        };
        if seat.page() != *route {
            return see_other(&seat.page(), "");
        }
        let (frame, view) = (visit.frame(), seat.view());
        page(
            StatusCode::OK,
            match seat.purpose() {
                Purpose::Lab(scenario) => lab::lab(&frame, scenario, &view),
                Purpose::Exercise(exercising) => exercise::exercise(&frame, exercising, &view),
            },
        )
    }

    /// The live connection of that page.
    pub(super) fn lab_events(visit: &Visit, browser: &Browser) -> Response<Body> {
        let texts = visit.texts();
        let Some(seat) = browser.seat() else { return no_lab(visit) };
        match browser.streams.clone().try_acquire_owned() {
            Ok(place) => events(seat.watch(), place),
            Err(_) => visit.refuse(StatusCode::TOO_MANY_REQUESTS, texts.busy_title, texts.busy_text),
        }
    }

    /// Starts a lab.
    pub(super) async fn start(&self, visit: &Visit, browser: &Browser, form: &Form) -> Response<Body> {
        let Some(id) = form.get("id") else { return visit.bad_form() };
        let Ok(scenario) = self.options.library.get(id) else { return visit.unknown() };
        self.sit(visit, browser, || Ok(Purpose::Lab(Arc::new(scenario.clone())))).await
    }

    /// Starts a lab in place of the one there was.
    pub(super) async fn sit(
        &self,
        visit: &Visit,
        browser: &Browser,
        purpose: impl FnOnce() -> Result<Purpose, TrainError>,
    ) -> Response<Body> {
        let texts = visit.texts();
        if !browser.may_start(self.options.clock.now()) {
            let refused = visit.refuse(StatusCode::TOO_MANY_REQUESTS, texts.often_title, texts.often_text);
            return retry_after(refused, TRY_AGAIN);
        }
        self.stand_up(browser).await;
        self.sweep().await;
        let prepared = purpose().and_then(|purpose| Ok((purpose, self.lab_options()?)));
        let (purpose, options) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => {
                return visit.refuse(StatusCode::INTERNAL_SERVER_ERROR, texts.trouble_title, &error.to_string());
            }
        };
        let Some(seat) = self.labs.open(purpose, options).await else { return self.full(visit) };
        let (view, there) = (seat.watch(), seat.page());
        if let Some(other) = browser.sit(seat) {
            other.leave().await;
        }
        settled(view, PATIENCE).await;
        see_other(&there, "")
    }

    async fn stand_up(&self, browser: &Browser) {
        if let Some(seat) = browser.stand_up() {
            seat.leave().await;
        }
    }

    /// Certificates and clock of one lab.
    fn lab_options(&self) -> Result<LabOptions, ScenarioError> {
        let pki = edge502_pki::Lab::new(self.options.clock.now())?;
        let mut options = LabOptions::new(Arc::new(pki), self.options.clock.clone());
        (options.rulebook, options.error_pages) = (self.options.rulebook, self.options.error_pages);
        Ok(options)
    }

    /// That there is no room.
    pub(super) fn full(&self, visit: &Visit) -> Response<Body> {
        let texts = visit.texts();
        let text = (texts.full_text)(self.options.limits.labs);
        retry_after(visit.refuse(StatusCode::SERVICE_UNAVAILABLE, texts.full_title, &text), TRY_AGAIN)
    }

    /// Applies a fix or a dead end to a lab. In an exercise remedies are chosen where they are counted.
    pub(super) async fn apply(&self, visit: &Visit, browser: &Browser, form: &Form) -> Response<Body> {
        let is_lab = |seat: &Arc<Seat>| matches!(seat.purpose(), Purpose::Lab(_));
        let Some(action) = form.get("step").and_then(lab::action) else { return visit.bad_form() };
        order(visit, browser.seat().filter(is_lab), Order::Apply(action)).await
    }

    pub(super) async fn ask(&self, visit: &Visit, browser: &Browser) -> Response<Body> {
        order(visit, browser.seat(), Order::Ask).await
    }

    pub(super) async fn close(&self, browser: &Browser) -> Response<Body> {
        self.stand_up(browser).await;
        see_other(&Route::Home, "")
    }
}

/// Gives an order, waits a little for its effect, and leads to the result.
pub(super) async fn order(visit: &Visit, seat: Option<Arc<Seat>>, order: Order) -> Response<Body> {
    let texts = visit.texts();
    let Some(seat) = seat else { return no_lab(visit) };
    let there = seat.page();
    match seat.order(order) {
        Ok(()) => settled(seat.watch(), PATIENCE).await,
        Err(Refused::Busy) => {
            let path = there.path();
            let way_on = Some((path.as_str(), texts.to_lab));
            return page(
                StatusCode::CONFLICT,
                plain::message(&visit.frame(), texts.busy_title, texts.busy_text, way_on),
            );
        }
        // The page says why.
        Err(Refused::Ended) => {}
    }
    see_other(&there, RESULT)
}

fn no_lab(visit: &Visit) -> Response<Body> {
    let texts = visit.texts();
    visit.refuse(StatusCode::NOT_FOUND, texts.no_lab_title, texts.no_lab_text)
}

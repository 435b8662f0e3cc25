//! From a request to a response: who asks, for what, and what becomes of it.

mod labs;
mod training;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use edge502_train::Language;
use http::header::{ACCEPT_LANGUAGE, COOKIE};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::body::Body as HttpBody;
use maud::Markup;
use tokio::time::timeout;

use crate::admit::{Foreign, admit};
use crate::browsers::{Browser, Browsers, Crowded};
use crate::error::ConsoleError;
use crate::form::{Form, Unreadable};
use crate::lang::accepted;
use crate::options::ConsoleOptions;
use crate::pages::{Frame, catalogue, course, exercises, plain, results};
use crate::respond::{Body, allowing, asset, page, see_other, with_cookie};
use crate::route::Route;
use crate::seat::Labs;
use crate::secret::Secret;
use crate::texts::Texts;

/// The longest a client may take to send a form.
const FORM: Duration = Duration::from_secs(10);

/// What all requests share.
pub(crate) struct App {
    options: ConsoleOptions,
    address: SocketAddr,
    token: Secret,
    /// Cookies are shared by all ports of a host; the name keeps consoles apart.
    cookie: String,
    browsers: Browsers,
    labs: Labs,
}

/// One visit: who asks, in which language, for what.
struct Visit {
    browser: Option<Arc<Browser>>,
    language: Language,
    here: Option<Route>,
    /// Whether the console offers a course, and nothing else.
    in_course: bool,
}

impl Visit {
    fn texts(&self) -> &'static Texts {
        Texts::of(self.language)
    }

    fn frame(&self) -> Frame<'_> {
        let browser = self.browser.as_deref();
        Frame {
            language: self.language,
            texts: self.texts(),
            train: self.language.texts(),
            here: self.here.clone().filter(|route| route.method() == Method::GET),
            form_token: browser.map(|browser| browser.form_token.as_str()),
            lab: browser.and_then(Browser::seat).map(|seat| seat.page()),
            in_course: self.in_course,
        }
    }

    /// A page that says why something was not done.
    fn refuse(&self, status: StatusCode, title: &str, text: &str) -> Response<Body> {
        let way_on = self.browser.as_ref().map(|_| ("/", self.frame().to_home()));
        page(status, plain::message(&self.frame(), title, text, way_on))
    }

    /// The answer for those who are not admitted, and for a method that the path does not take.
    fn turned_away(&self, admitted: Result<(), Foreign>, method: &Method) -> Option<Response<Body>> {
        let texts = self.texts();
        match admitted {
            Err(Foreign::Host) => {
                return Some(self.refuse(StatusCode::MISDIRECTED_REQUEST, texts.refused_title, texts.refused_host));
            }
            Err(Foreign::Page) => {
                return Some(self.refuse(StatusCode::FORBIDDEN, texts.refused_title, texts.refused_page));
            }
            Ok(()) => {}
        }
        let wanted = self.here.as_ref()?.method();
        let fits = *method == wanted || (wanted == Method::GET && *method == Method::HEAD);
        (!fits).then(|| {
            let refused = self.refuse(StatusCode::METHOD_NOT_ALLOWED, texts.method_title, texts.method_text);
            allowing(refused, &wanted)
        })
    }

    fn unknown(&self) -> Response<Body> {
        let texts = self.texts();
        self.refuse(StatusCode::NOT_FOUND, texts.unknown_title, texts.unknown_text)
    }

    fn bad_form(&self) -> Response<Body> {
        let texts = self.texts();
        self.refuse(StatusCode::BAD_REQUEST, texts.form_title, texts.form_text)
    }

    /// A page, or that there is none.
    fn found(&self, markup: Option<Markup>) -> Response<Body> {
        markup.map_or_else(|| self.unknown(), |markup| page(StatusCode::OK, markup))
    }
}

impl App {
    pub(crate) fn new(options: ConsoleOptions, address: SocketAddr) -> Result<Self, ConsoleError> {
        Ok(Self {
            address,
            token: Secret::random()?,
            cookie: format!("edge502-{}", address.port()),
            browsers: Browsers::new(&options),
            labs: Labs::new(options.limits.labs),
            options,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn token(&self) -> &str {
        self.token.as_str()
    }

    pub(crate) fn labs(&self) -> usize {
        self.labs.count()
    }

    /// Takes idle labs down.
    pub(crate) async fn sweep(&self) {
        for seat in self.browsers.sweep() {
            seat.leave().await;
        }
    }

    /// Takes all labs down and waits for it.
    pub(crate) async fn end(&self) {
        for seat in self.browsers.clear() {
            seat.leave().await;
        }
        self.labs.ended().await;
    }

    /// Answers one request.
    pub(crate) async fn answer<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: HttpBody,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let route = Route::parse(request.uri().path());
        let admitted = admit(self.address, route.as_ref(), request.method(), request.headers());
        // Who is not admitted is nobody, whatever cookie comes along.
        let cookie = self.cookie_of(request.headers()).filter(|_| admitted.is_ok());
        let browser = cookie.and_then(|cookie| self.browsers.find(cookie));
        let language = self.language(browser.as_deref(), request.headers());
        let in_course = self.options.course.is_some();
        let here = route.filter(|route| !in_course || !route.is_free_choice());
        let visit = Visit { browser, language, here, in_course };
        if let Some(refused) = visit.turned_away(admitted, request.method()) {
            return refused;
        }
        match (visit.here.clone(), visit.browser.clone()) {
            (None, _) => visit.unknown(),
            (Some(Route::Asset(wanted)), _) => asset(wanted),
            (Some(Route::Enter(token)), browser) => self.enter(visit, &token, browser.is_some()),
            (Some(_), None) => {
                let texts = visit.texts();
                visit.refuse(StatusCode::FORBIDDEN, texts.refused_title, texts.refused_cookie)
            }
            (Some(route), Some(browser)) if route.method() == Method::POST => {
                match self.form(&visit, &browser, request).await {
                    Ok(form) => self.obey(&visit, &browser, &route, &form).await,
                    Err(refused) => *refused,
                }
            }
            (Some(route), Some(browser)) => self.show(&visit, &browser, route).await,
        }
    }

    fn language(&self, browser: Option<&Browser>, headers: &HeaderMap) -> Language {
        let accepted = || accepted(headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?);
        browser.and_then(Browser::language).or(self.options.language).or_else(accepted).unwrap_or_default()
    }

    fn cookie_of<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.cookie).map(|(_, value)| value)
    }

    /// Exchanges the token for a cookie.
    fn enter(&self, visit: Visit, token: &str, known: bool) -> Response<Body> {
        let texts = visit.texts();
        if !self.token.is(token) {
            return visit.refuse(StatusCode::FORBIDDEN, texts.refused_title, texts.refused_token);
        }
        let outside = Visit { browser: None, ..visit };
        let welcome = page(StatusCode::OK, plain::welcome(&outside.frame()));
        if known {
            return welcome;
        }
        match self.browsers.enter() {
            Ok(Ok(cookie)) => with_cookie(welcome, &self.cookie, cookie.as_str()),
            Ok(Err(Crowded)) => self.full(&outside),
            Err(error) => outside.refuse(StatusCode::INTERNAL_SERVER_ERROR, texts.trouble_title, &error.to_string()),
        }
    }

    /// Reads a form and makes sure that it is one of this browser's pages'.
    async fn form<B>(&self, visit: &Visit, browser: &Browser, request: Request<B>) -> Result<Form, Box<Response<Body>>>
    where
        B: HttpBody,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let texts = visit.texts();
        let read = timeout(FORM, Form::read(request)).await.unwrap_or(Err(Unreadable::TooLarge));
        match read {
            Ok(form) if form.get("token").is_some_and(|token| browser.form_token.is(token)) => Ok(form),
            Ok(_) => Err(visit.refuse(StatusCode::FORBIDDEN, texts.refused_title, texts.refused_form)),
            Err(Unreadable::TooLarge) => {
                Err(visit.refuse(StatusCode::PAYLOAD_TOO_LARGE, texts.large_title, texts.large_text))
            }
            Err(Unreadable::NoForm) => {
                Err(visit.refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, texts.form_title, texts.form_text))
            }
        }
        .map_err(Box::new)
    }

    /// Pages.
    async fn show(&self, visit: &Visit, browser: &Browser, route: Route) -> Response<Body> {
        let (frame, library) = (visit.frame(), &self.options.library);
        match route.clone() {
            Route::Home => page(
                StatusCode::OK,
                match &self.options.course {
                    Some(course) => course::course(&frame, course, &self.standing(browser)),
                    None => catalogue::home(&frame, library),
                },
            ),
            Route::Class(class) => visit.found(catalogue::class(&frame, library, &class)),
            Route::Cause(cause) => visit.found(catalogue::cause(&frame, library, cause)),
            Route::Scenario(id) => {
                visit.found(library.get(&id).ok().map(|scenario| catalogue::scenario(&frame, scenario)))
            }
            Route::Exercises => page(StatusCode::OK, exercises::tracks(&frame, library)),
            Route::Track(track) => {
                page(StatusCode::OK, exercises::track(&frame, library, track, &self.progress(browser).await))
            }
            Route::Results => page(StatusCode::OK, results::results(&frame, library, &self.results(browser).await)),
            Route::Lab | Route::Exercise => Self::lab(visit, browser, &route),
            Route::LabEvents => Self::lab_events(visit, browser),
            _ => visit.unknown(),
        }
    }

    /// Forms.
    async fn obey(&self, visit: &Visit, browser: &Browser, route: &Route, form: &Form) -> Response<Body> {
        match route {
            Route::Start => self.start(visit, browser, form).await,
            Route::LabApply => self.apply(visit, browser, form).await,
            Route::LabAsk => self.ask(visit, browser).await,
            Route::LabClose => self.close(browser).await,
            Route::Begin => self.begin(visit, browser, form).await,
            Route::Mystery => self.mystery(visit, browser, form).await,
            Route::Next => self.next(visit, browser).await,
            Route::Sheet => self.sheet(visit, browser, form),
            Route::Hint | Route::Diagnose | Route::Remedy | Route::Check | Route::GiveUp => {
                self.exercise(visit, browser, route, form).await
            }
            Route::Language => Self::choose_language(visit, browser, form),
            _ => visit.unknown(),
        }
    }

    fn choose_language(visit: &Visit, browser: &Browser, form: &Form) -> Response<Body> {
        let Some(language) = form.get("lang").and_then(|word| word.parse().ok()) else { return visit.bad_form() };
        browser.speak(language);
        let back = form.get("back").and_then(Route::parse).filter(|route| route.method() == Method::GET);
        see_other(&back.unwrap_or(Route::Home), "")
    }
}

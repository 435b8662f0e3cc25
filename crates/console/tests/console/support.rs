//! A console, and a browser without a screen.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use edge502_console::{Console, ConsoleOptions, Limits};
use edge502_rules::clock::Clock;
use edge502_scenario::Library;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::net::TcpStream;

/// A clock that goes on when it is told to.
#[derive(Debug)]
pub(crate) struct Hand(Mutex<OffsetDateTime>);

impl Hand {
    pub(crate) fn advance(&self, time: Duration) {
        *self.0.lock().unwrap() += time;
    }
}

impl Clock for Hand {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap()
    }
}

/// A console with a clock that stands still.
pub(crate) async fn console(limits: Limits) -> (Console, Arc<Hand>) {
    console_with(limits, |_| {}).await
}

pub(crate) async fn console_with(limits: Limits, change: impl FnOnce(&mut ConsoleOptions)) -> (Console, Arc<Hand>) {
    let clock = Arc::new(Hand(Mutex::new(datetime!(2026-06-01 12:00 UTC))));
    let mut options = ConsoleOptions::new(Library::built_in().unwrap(), clock.clone());
    options.limits = limits;
    change(&mut options);
    (Console::start(options).await.unwrap(), clock)
}

/// Few labs, and half an hour.
pub(crate) const FEW: Limits = Limits { labs: 4, idle: Duration::from_mins(30) };

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.body.contains(text), "{text:?} is not in {} {}", self.status, self.body);
        self
    }

    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// The value of the first attribute of this name.
    pub(crate) fn attribute(&self, start: &str) -> String {
        let rest = self.body.split_once(start).unwrap_or_else(|| panic!("no {start:?} in {}", self.body)).1;
        rest.split('"').next().unwrap().to_owned()
    }
}

/// Somebody at a browser.
pub(crate) struct Visitor {
    pub(crate) address: SocketAddr,
    pub(crate) cookie: Option<String>,
    pub(crate) token: String,
}

impl Visitor {
    /// Nobody yet.
    pub(crate) fn outside(console: &Console) -> Self {
        Self { address: console.address(), cookie: None, token: String::new() }
    }

    /// Somebody who opened the printed address.
    pub(crate) async fn enter(console: &Console) -> Self {
        let mut visitor = Self::outside(console);
        let url = console.url();
        let path = url.split_once(&console.address().to_string()).unwrap().1;
        let welcome = visitor.get(path).await.is(200);
        let cookie = welcome.header("set-cookie");
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
        visitor.cookie = Some(cookie.split(';').next().unwrap().to_owned());
        visitor.token = visitor.get("/").await.is(200).attribute("name=\"token\" value=\"");
        visitor
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], "").await
    }

    /// Sends a form, and follows where it leads.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.post_only(path, fields).await;
        match answer.header("location") {
            "" => answer,
            place => self.get(place.split('#').next().unwrap()).await,
        }
    }

    pub(crate) async fn post_only(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", &self.token).extend_pairs(fields);
        self.send(Method::POST, path, &[("content-type", "application/x-www-form-urlencoded")], &form.finish()).await
    }

    /// Starts the lab of a scenario and waits until it has settled.
    pub(crate) async fn start(&self, id: &str) -> Answer {
        self.post("/start", &[("id", id)]).await.is(200);
        self.settled("/lab").await
    }

    /// The page, once the lab is no longer at work.
    pub(crate) async fn settled(&self, path: &str) -> Answer {
        for _ in 0..60 {
            let page = self.get(path).await.is(200);
            if !page.body.contains("The lab is at work") {
                return page;
            }
            // The live connection tells of the next change, so that nothing is waited for in vain.
            self.next_event().await;
        }
        panic!("the lab is still at work");
    }

    /// Reads the live connection up to its second event.
    async fn next_event(&self) {
        let mut body = self.open("/lab/events").await.into_body();
        let mut events = 0;
        while let Some(Ok(frame)) = body.frame().await {
            events += frame.data_ref().map_or(0, |data| String::from_utf8_lossy(data).matches("event: ").count());
            if events > 1 {
                return;
            }
        }
    }

    pub(crate) async fn open(&self, path: &str) -> http::Response<hyper::body::Incoming> {
        self.request(Method::GET, path, &[], "").await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let response = self.request(method, path, headers, body).await;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Answer { status: head.status.as_u16(), headers: head.headers, body: String::from_utf8(body.into()).unwrap() }
    }

    /// `headers` take the place of the usual ones.
    async fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> http::Response<hyper::body::Incoming> {
        let tcp = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(tcp)).await.unwrap();
        tokio::spawn(connection);
        let mut request = Request::builder().method(method).uri(path);
        let given = |name: &str| headers.iter().any(|(known, _)| *known == name);
        if !given("host") {
            request = request.header("host", self.address.to_string());
        }
        if let Some(cookie) = self.cookie.as_ref().filter(|_| !given("cookie")) {
            request = request.header("cookie", cookie);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        sender.send_request(request.body(Full::new(Bytes::from(body.to_owned()))).unwrap()).await.unwrap()
    }
}

//! Attacks: each gets a page that says why, and changes nothing.

use http::Method;

use super::support::{FEW, Visitor, console};

#[tokio::test]
async fn nobody_comes_in_without_the_token() {
    let (console, _) = console(FEW).await;
    let outside = Visitor::outside(&console);
    for path in ["/", "/lab", "/exercise", "/results", "/lab/events", "/scenario/certificate/expired"] {
        outside.get(path).await.is(403).says("Open the address that the program printed");
    }
    for token in ["x", "00000000000000000000000000000000", &console.url()[console.url().len() - 31..]] {
        let refused = outside.get(&format!("/enter/{token}")).await.is(403);
        refused.says("not that of the running console");
        assert_eq!(refused.header("set-cookie"), "");
    }
    for cookie in ["edge502-1=x", "x", "", "edge502=00000000000000000000000000000000"] {
        outside.send(Method::GET, "/", &[("cookie", cookie)], "").await.is(403);
    }
    let guessed = format!("edge502-{}=00000000000000000000000000000000", console.address().port());
    outside.send(Method::GET, "/", &[("cookie", &guessed)], "").await.is(403);
    console.shutdown().await;
}

#[tokio::test]
async fn the_token_does_not_stay_in_the_address() {
    let (console, _) = console(FEW).await;
    let visitor = Visitor::enter(&console).await;
    let token = console.url().rsplit('/').next().unwrap().to_owned();
    for path in ["/", "/exercises", "/class/chain"] {
        assert!(!visitor.get(path).await.body.contains(&token), "{path}");
    }
    // Opened once more, it leaves the browser who it is.
    let again = visitor.get(&format!("/enter/{token}")).await.is(200);
    assert_eq!(again.header("set-cookie"), "");
    console.shutdown().await;
}

#[tokio::test]
async fn foreign_hosts_and_origins_are_refused() {
    let (console, _) = console(FEW).await;
    let visitor = Visitor::enter(&console).await;
    for host in ["attacker.test", "attacker.test:80", "127.0.0.1", "127.0.0.1:1"] {
        visitor.send(Method::GET, "/", &[("host", host)], "").await.is(421).says("another name");
    }
    let form = format!("token={}&id=certificate%2Fexpired", visitor.token);
    for foreign in [("origin", "http://attacker.test"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        let headers = [("content-type", "application/x-www-form-urlencoded"), foreign];
        visitor.send(Method::POST, "/start", &headers, &form).await.is(403).says("another origin");
    }
    visitor.send(Method::GET, "/lab/events", &[("sec-fetch-site", "cross-site")], "").await.is(403);
    assert_eq!(console.labs(), 0);
    console.shutdown().await;
}

#[tokio::test]
async fn forms_need_the_token_of_their_own_visit() {
    let (console, _) = console(FEW).await;
    let (visitor, other) = (Visitor::enter(&console).await, Visitor::enter(&console).await);
    assert_ne!(visitor.token, other.token);
    for token in ["", "x", &other.token] {
        let form = format!("token={token}&id=certificate%2Fexpired");
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        visitor.send(Method::POST, "/start", &headers, &form).await.is(403).says("does not come from a page");
    }
    let twice = format!("token={0}&token={0}&id=certificate%2Fexpired", visitor.token);
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    visitor.send(Method::POST, "/start", &headers, &twice).await.is(403);
    let json = [("content-type", "application/json")];
    visitor.send(Method::POST, "/start", &json, &format!("token={}", visitor.token)).await.is(415);
    assert_eq!(console.labs(), 0);
    console.shutdown().await;
}

#[tokio::test]
async fn paths_lead_nowhere_else() {
    let (console, _) = console(FEW).await;
    let visitor = Visitor::enter(&console).await;
    for path in [
        "/../../../../etc/passwd",
        "/scenario/../../../etc/passwd",
        "/scenario/%2e%2e/%2e%2e",
        "/scenario/certificate/../../../etc/passwd",
        "/style.css/../../Cargo.toml",
        "/class/..",
        "/class/no-such-class",
        "/scenario/certificate/no-such-scenario",
        "/cause/no-such-cause",
        "/lab%00",
        "/favicon.ico",
        "/scenario/%3Cscript%3E/x",
    ] {
        let refused = visitor.get(path).await.is(404);
        refused.says("There is no such page");
        assert!(!refused.body.contains("root:") && !refused.body.contains("<script>"), "{path}");
    }
    console.shutdown().await;
}

#[tokio::test]
async fn methods_and_sizes_are_bounded() {
    let (console, _) = console(FEW).await;
    let visitor = Visitor::enter(&console).await;
    let refused = visitor.get("/start").await.is(405);
    assert_eq!(refused.header("allow"), "POST");
    let refused = visitor.send(Method::DELETE, "/lab", &[], "").await.is(405);
    assert_eq!(refused.header("allow"), "GET, HEAD");
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let large = format!("token={}&id={}", visitor.token, "x".repeat(5_000));
    visitor.send(Method::POST, "/start", &headers, &large).await.is(413).says("4 KiB");
    let head = visitor.send(Method::HEAD, "/", &[], "").await.is(200);
    assert!(head.body.is_empty());
    visitor.post("/start", &[]).await.is(400).says("not complete");
    visitor.post("/start", &[("id", "<script>alert(1)</script>")]).await.is(404);
    console.shutdown().await;
}

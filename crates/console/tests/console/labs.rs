//! Labs: started, changed, looked at, ended; each browser's is its own.

use std::fs;

use edge502_scenario::Library;

use super::support::{FEW, Visitor, console, console_with};

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_shows_the_error_the_dead_end_and_the_cure() {
    let (console, _) = console(FEW).await;
    let visitor = Visitor::enter(&console).await;
    visitor.get("/lab").await.is(404).says("No lab is running");
    let broken = visitor.start("certificate/expired").await;
    broken
        .says("The viewer gets 502; the log says OriginConnectError.")
        .says("srcdoc=\"&lt;!DOCTYPE HTML")
        .says("sandbox=\"\"")
        .says("x-cache</span>: Error from cloudfront")
        .says("no connection to the origin that CloudFront would use")
        .says("ClientHello")
        .says("It ended here.")
        .says("class=\"faulty\"")
        .says("certificate has expired")
        .says("openssl s_client -connect 127.0.0.1:");
    let policy = broken.header("content-security-policy");
    assert!(!policy.contains("frame-src") && policy.starts_with("default-src 'none'"), "{policy}");
    assert!(broken.body.len() < 150 * 1024, "{} bytes", broken.body.len());
    let diff = &broken.body;
    assert!(diff.contains("<del>- not_after = &quot;-35d&quot;"), "the change is shown");
    visitor.post("/lab/apply", &[("step", "dead-end-2")]).await.is(200);
    visitor
        .settled("/lab")
        .await
        .says("The viewer gets 502;")
        .says("Dead end applied")
        .says("Viewer and origin certificates are separate");
    visitor.post("/lab/apply", &[("step", "fix-1")]).await.is(200);
    let fixed = visitor.settled("/lab").await;
    fixed.says("The viewer gets 200; the log says Miss.").says("Fix applied").says("Before and after").says("0 (ok)");
    visitor.post("/lab/ask", &[]).await.is(200);
    visitor.settled("/lab").await.says("The viewer gets 200;").says("Fix applied");
    visitor.post("/lab/apply", &[("step", "reset")]).await.is(200);
    visitor.settled("/lab").await.says("The viewer gets 502;");
    visitor.post("/lab/apply", &[("step", "fix-99")]).await.is(200);
    visitor.settled("/lab").await.says("there is no fix 99");
    visitor.post("/lab/apply", &[("step", "x")]).await.is(400);
    visitor.post("/lab/close", &[]).await.is(200);
    visitor.get("/lab").await.is(404);
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_failure_has_its_page() {
    let (console, _) = console(FEW).await;
    let visitor = Visitor::enter(&console).await;
    for (id, said) in [
        ("chain/incomplete", "class=\"missing\""),
        ("dns/api-gateway-gone", "dig @127.0.0.1"),
        ("protocol/tls10-only", "ClientHello"),
        ("relayed/nginx-502", "HTTP response"),
    ] {
        let page = visitor.start(id).await;
        page.says(said).says("What the viewer sees");
        assert!(page.body.len() < 150 * 1024, "{id}: {} bytes", page.body.len());
    }
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_browser_has_a_lab_of_its_own() {
    let (console, _) = console(FEW).await;
    let (one, other) = (Visitor::enter(&console).await, Visitor::enter(&console).await);
    let mine = one.start("certificate/expired").await;
    other.get("/lab").await.is(404);
    let theirs = other.start("certificate/expired").await;
    let origin = |page: &super::support::Answer| {
        page.attribute("openssl s_client -connect ").split(' ').next().unwrap().to_owned()
    };
    assert_ne!(origin(&mine), origin(&theirs));
    other.post("/lab/apply", &[("step", "fix-1")]).await;
    other.settled("/lab").await.says("The viewer gets 200;");
    one.settled("/lab").await.says("The viewer gets 502;");
    assert_eq!(console.labs(), 2);
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_scenarios_are_escaped() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("own")).unwrap();
    let evil = "<script>alert(1)</script><img src=x onerror=alert(1)>";
    let file = format!(
        "title = '{evil}'\ncause = 'connection-refused'\nstory = '\"><{evil}'\ntrap = '{evil}'\n\
         origin.port.behavior = 'refuse'\nexpect.status = 502\n\
         [[fix]]\ntitle = '{evil}'\nwhy = '{evil}'\norigin.port.behavior = 'serve'\nexpect.status = 200\n"
    );
    fs::write(directory.path().join("own/evil.toml"), file).unwrap();
    let library = Library::from_directory(directory.path()).unwrap();
    let (console, _) = console_with(FEW, |options| options.library = library).await;
    let visitor = Visitor::enter(&console).await;
    let pages = [
        visitor.get("/class/own").await,
        visitor.get("/scenario/own/evil").await,
        visitor.get("/track/network").await,
        visitor.start("own/evil").await,
    ];
    for page in pages {
        page.says("&lt;script&gt;alert(1)");
        assert!(!page.body.contains("<script>") && !page.body.contains("<img"), "{}", page.body);
    }
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_live_connection_tells_of_changes_and_of_the_end() {
    use http_body_util::BodyExt as _;
    let (console, _) = console(FEW).await;
    let visitor = Visitor::enter(&console).await;
    visitor.start("certificate/expired").await;
    let response = visitor.open("/lab/events").await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body();
    let mut next =
        async || String::from_utf8(body.frame().await.unwrap().unwrap().into_data().unwrap().into()).unwrap();
    assert!(next().await.starts_with("event: state\ndata: {\"version\":"));
    visitor.post("/lab/apply", &[("step", "fix-1")]).await;
    assert!(next().await.contains("event: state"));
    visitor.post("/lab/close", &[]).await;
    while !next().await.starts_with("event: end") {}
    console.shutdown().await;
}

//! What every page has, and what the lists say.

use super::support::{FEW, Visitor, console};

const PAGES: [&str; 9] = [
    "/",
    "/class/certificate",
    "/cause/chain-incomplete",
    "/scenario/certificate/expired",
    "/exercises",
    "/track/certificates",
    "/track/whose",
    "/results",
    "/class/http",
];

#[tokio::test]
async fn every_page_keeps_to_itself_and_is_small() {
    let (console, _) = console(FEW).await;
    let visitor = Visitor::enter(&console).await;
    for path in PAGES {
        let page = visitor.get(path).await.is(200);
        let policy = page.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(page.body.len() < 150 * 1024, "{path} has {} bytes", page.body.len());
        for outside in ["src=\"http", "href=\"http", "style=\"", "onclick", "<style", "<script>"] {
            assert!(!page.body.contains(outside), "{path} has {outside}");
        }
        for part in
            ["<main id=\"main\"", "<h1", " aria-label=\"Main\"", "<html lang=\"en\">", "class=\"skip\"", "<footer>"]
        {
            page.says(part);
        }
        assert_eq!(page.body.matches("<h1").count(), 1, "{path}");
    }
    console.shutdown().await;
}

#[tokio::test]
async fn every_page_speaks_both_languages() {
    let (console, _) = console(FEW).await;
    let visitor = Visitor::enter(&console).await;
    let chinese =
        visitor.send(http::Method::GET, "/", &[("accept-language", "zh-CN,zh;q=0.9,en;q=0.1")], "").await.is(200);
    chinese.says("<html lang=\"zh-Hans\">").says("按类别");
    let after = visitor.post("/language", &[("lang", "zh"), ("back", "/class/certificate")]).await.is(200);
    after.says("<html lang=\"zh-Hans\">").says("certificate/expired").says("证书");
    for path in PAGES {
        visitor.get(path).await.is(200).says("<html lang=\"zh-Hans\">").says("一切都只在本机运行");
    }
    visitor.post("/language", &[("lang", "en"), ("back", "/results")]).await.is(200).says("Results");
    // Only to a page of its own.
    let away = visitor.post_only("/language", &[("lang", "en"), ("back", "//attacker.test/")]).await;
    assert_eq!((away.status, away.header("location")), (303, "/"));
    visitor.post("/language", &[("lang", "xx"), ("back", "/")]).await.is(400);
    console.shutdown().await;
}

#[tokio::test]
async fn a_flag_chooses_the_language_before_the_browser_does() {
    let (console, _) =
        super::support::console_with(FEW, |options| options.language = Some(edge502_train::Language::Chinese)).await;
    let visitor = Visitor::enter(&console).await;
    visitor.send(http::Method::GET, "/", &[("accept-language", "en")], "").await.says("<html lang=\"zh-Hans\">");
    console.shutdown().await;
}

#[tokio::test]
async fn lists_lead_to_every_scenario_and_give_no_answer_away_in_exercises() {
    let (console, _) = console(FEW).await;
    let visitor = Visitor::enter(&console).await;
    visitor.get("/").await.says("/class/certificate").says("/cause/certificate-expired");
    visitor.get("/class/certificate").await.says("/scenario/certificate/expired");
    visitor.get("/cause/certificate-expired").await.says("/scenario/certificate/expired");
    let track = visitor.get("/track/certificates").await.is(200);
    track.says("The shop went down on Monday").says("<code>openssl req -x509</code>, as in every");
    for answer in ["certificate/expired", "The origin's certificate has expired", "certificate-expired"] {
        assert!(!track.body.contains(answer), "{answer}");
    }
    console.shutdown().await;
}

#[tokio::test]
async fn style_script_and_icon_are_there_for_everybody() {
    let (console, _) = console(FEW).await;
    let outside = Visitor::outside(&console);
    for (path, media_type) in
        [("/style.css", "text/css"), ("/live.js", "text/javascript"), ("/icon.svg", "image/svg+xml")]
    {
        let asset = outside.get(path).await.is(200);
        assert!(asset.header("content-type").starts_with(media_type), "{path}");
    }
    assert!(!outside.get("/style.css").await.body.contains("url("), "nothing is loaded");
    console.shutdown().await;
}

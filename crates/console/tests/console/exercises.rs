//! Exercises: what is hidden, what is counted, what is kept.

use edge502_rules::Cause;
use edge502_train::ProgressFile;

use super::support::{Answer, FEW, Visitor, console, console_with};

/// The exercise about an expired certificate, by its place in the list.
async fn begin(visitor: &Visitor) -> Answer {
    let track = visitor.get("/track/certificates").await.is(200);
    let before = track.body.split("Nobody deployed anything, and the renewal job reports success").next().unwrap();
    let name = before.rsplit_once("<h2 id=\"").unwrap().1.split('"').next().unwrap().to_owned();
    visitor.post("/begin", &[("exercise", &name)]).await.is(200);
    visitor.settled("/exercise").await
}

/// The number of the remedy with this title.
fn remedy(page: &Answer, title: &str) -> String {
    let before = page.body.split(&format!(". {title}")).next().unwrap();
    before.rsplit_once('>').unwrap().1.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exercise_is_solved_and_scored() {
    let directory = tempfile::tempdir().unwrap();
    let file = ProgressFile::at(directory.path().join("progress.json"));
    let (console, _) = console_with(FEW, |options| options.progress = Some(file.clone())).await;
    let visitor = Visitor::enter(&console).await;
    visitor.get("/exercise").await.is(404).says("No exercise is under way");
    visitor.get("/results").await.says("Nothing yet");
    let page = begin(&visitor).await;
    page.says("0 points so far; still worth 100").says("The viewer gets 502;");
    for answer in [
        "certificate/expired",
        "The origin&#39;s certificate has expired<",
        "class=\"faulty\"",
        "Dead end",
        "Fix applied",
    ] {
        assert!(!page.body.contains(answer), "{answer} gives the answer away");
    }
    visitor.post("/exercise/hint", &[]).await.says("Hint 1").says("still worth 90");
    let wrong = page.body.split("name=\"cause\" value=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let wrong = wrong.into_iter().find(|id| *id != Cause::CertificateExpired.id()).unwrap();
    visitor
        .post("/exercise/diagnose", &[("cause", wrong)])
        .await
        .says("is not what CloudFront trips over")
        .says("still worth 75");
    visitor.post("/exercise/diagnose", &[("cause", wrong)]).await.says("You have named that before");
    let dead_end = remedy(&page, "Raise the origin read timeout");
    visitor.post("/exercise/remedy", &[("remedy", &dead_end)]).await.is(200);
    let still = visitor.settled("/exercise").await;
    still.says("The viewer gets 502;").says("Not cured: viewers get an error.").says("still worth 60");
    assert_eq!(file.load().unwrap().iter().count(), 0);
    let fix = remedy(&page, "Renew the certificate and reload the server");
    visitor.post("/exercise/remedy", &[("remedy", &fix)]).await.is(200);
    visitor.settled("/exercise").await.says("The viewer gets 200;").says("Cured: viewers get the site.");
    let solved = visitor.post("/exercise/diagnose", &[("cause", "certificate-expired")]).await;
    solved.says("Solved, for 60 of 100 points.").says("The origin's certificate has expired");
    visitor.post("/exercise/hint", &[]).await.says("This exercise is over.");
    visitor.get("/results").await.is(200).says("60 points in all").says("solved").says("progress.json");
    assert_eq!(
        file.load().unwrap().of("certificate/expired").map(|known| (known.best, known.solved)),
        Some((60, true))
    );
    visitor.get("/track/certificates").await.says("best 60");
    console.shutdown().await;
    assert_eq!(file.load().unwrap().of("certificate/expired").unwrap().attempts, 1, "it is kept once");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gives_up_sees_the_answer() {
    let (console, _) = console(FEW).await;
    let visitor = Visitor::enter(&console).await;
    begin(&visitor).await;
    let answer = visitor.post("/exercise/give-up", &[]).await.is(200);
    answer
        .says("You gave up")
        .says("✓ Renew the certificate and reload the server")
        .says("/scenario/certificate/expired");
    visitor.get("/results").await.says("not solved").says("0 points in all");
    // The lab of an exercise is no lab to try things in.
    visitor.post("/lab/apply", &[("step", "fix-1")]).await.is(404);
    visitor.get("/lab").await.is(303);
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_ones_own_are_checked_too() {
    let (console, _) = console(FEW).await;
    let visitor = Visitor::enter(&console).await;
    let page = begin(&visitor).await;
    let control = page.attribute("curl -sS http://").split('/').next().unwrap().to_owned();
    let lab = Visitor { address: control.parse().unwrap(), cookie: None, token: String::new() };
    let state = lab.get("/state").await.is(200);
    assert!(!state.body.contains("certificate-expired") && !state.body.contains("Renew"), "{}", state.body);
    let stand_in = r#"{"function":{"viewer-request":{"kind":"lambda","result":{"status":"200","body":"ok"}}}}"#;
    lab.send(http::Method::POST, "/patch", &[], stand_in).await.is(200);
    visitor.post("/exercise/check", &[]).await.is(200);
    let hidden = visitor.settled("/exercise").await;
    hidden.says("The viewer gets 200;").says("no origin gave this answer");
    let patch = r#"{"origin":{"certificate":{"not_after":"+60d"}}}"#;
    lab.send(http::Method::POST, "/patch", &[], patch).await.is(200);
    visitor.post("/exercise/check", &[]).await.is(200);
    let cured = visitor.settled("/exercise").await;
    cured.says("Cured: viewers get the site.").says("Changes of your own");
    visitor
        .post("/exercise/diagnose", &[("cause", "certificate-expired")])
        .await
        .says("Solved, for 100 of 100 points.");
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_counts_when_something_else_is_started() {
    let (console, _) = console(FEW).await;
    let visitor = Visitor::enter(&console).await;
    begin(&visitor).await;
    visitor.post("/exercise/diagnose", &[("cause", "certificate-expired")]).await.says("Right. Now cure it.");
    visitor.start("chain/incomplete").await;
    visitor.get("/results").await.says("40 points in all");
    visitor.post_only("/exercise/hint", &[]).await.is(303);
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_refused() {
    let (console, _) = console(FEW).await;
    let visitor = Visitor::enter(&console).await;
    visitor.post("/begin", &[("exercise", "no-such-01")]).await.is(404);
    visitor.post("/begin", &[]).await.is(400);
    begin(&visitor).await;
    visitor.post("/exercise/diagnose", &[("cause", "no-such-cause")]).await.is(400);
    visitor.post("/exercise/diagnose", &[("cause", "dns-timeout")]).await.is(200).says("not among the causes");
    visitor.post("/exercise/remedy", &[("remedy", "99")]).await.is(200).says("There is no such remedy");
    visitor.post("/exercise/remedy", &[("remedy", "-1")]).await.is(400);
    console.shutdown().await;
}

//! What is drawn, the course, and the sheet to keep.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use edge502_scenario::Library;
use edge502_train::{Course, Seed, SheetKey, Signed};

use super::support::{Answer, FEW, Visitor, console, console_with};

const COURSE: &str = "title = 'First <week>'\nminutes = 60\n[[exercise]]\nid = 'certificate/expired'\nhints = 1\n\
                      minutes = 10\n[[exercise]]\ndraw = 'chains'\n";

fn course(text: &str) -> Arc<Course> {
    Arc::new(Course::parse("week.toml", text, &Library::built_in().unwrap()).unwrap())
}

/// A sheet as it is downloaded, in JSON.
async fn sheet(visitor: &Visitor) -> Signed {
    let sheet = download(visitor, "result.json").await;
    assert_eq!(sheet.header("content-type"), "application/json");
    Signed::parse(Path::new("result.json"), &sheet.body).unwrap()
}

async fn download(visitor: &Visitor, form: &str) -> Answer {
    let sheet = visitor.post_only("/results/sheet", &[("trainee", " A. Kim "), ("form", form)]).await.is(200);
    assert_eq!(sheet.header("content-disposition"), format!("attachment; filename=\"{form}\""));
    sheet
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mystery_is_the_same_for_the_same_seed_and_tells_nothing() {
    let (console, _) = console(FEW).await;
    let (one, other) = (Visitor::enter(&console).await, Visitor::enter(&console).await);
    one.get("/exercises").await.says("Begin a mystery");
    let mut told = Vec::new();
    for (visitor, seed) in [(&one, "4711"), (&other, "4711"), (&other, "4712")] {
        visitor.post("/mystery", &[("track", "certificates"), ("seed", seed)]).await.is(200);
        let page = visitor.settled("/exercise").await;
        page.says(&format!("Exercise mystery-{seed}")).says("The viewer gets 502;");
        assert!(!page.body.contains("shop.test") && !page.body.contains("/track/"), "names and track are not told");
        told.push(page.body.split_once("<blockquote").unwrap().1.split("</blockquote>").next().unwrap().to_owned());
    }
    assert_eq!(told[0], told[1]);
    assert_ne!(told[1], told[2]);
    one.post("/mystery", &[("track", ""), ("seed", "")]).await.is(200).says("Exercise mystery-");
    for wrong in [[("track", "no-such"), ("seed", "")], [("track", ""), ("seed", "4294967296")]] {
        one.post("/mystery", &wrong).await.is(400);
    }
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_course_offers_its_exercises_in_order_and_once() {
    let directory = tempfile::tempdir().unwrap();
    let key = Arc::new(SheetKey::create(&directory.path().join("class.key")).unwrap());
    let signing = key.clone();
    let (console, _) = console_with(FEW, move |options| {
        (options.course, options.key) = (Some(course(COURSE)), Some(signing));
        options.seed = Some(Seed::new(7));
    })
    .await;
    let visitor = Visitor::enter(&console).await;
    let page = visitor.get("/").await.is(200);
    page.says("First &lt;week&gt;").says("60 minutes for all").says("10 minutes, 1 hint").says("Begin the course");
    for path in ["/exercises", "/track/certificates", "/class/chain", "/scenario/certificate/expired"] {
        visitor.get(path).await.is(404);
        assert!(!page.body.contains(&format!("href=\"{path}\"")), "{path} is not offered");
    }
    visitor.post("/start", &[("id", "chain/incomplete")]).await.is(404);
    visitor.post("/begin", &[("exercise", "chain/incomplete")]).await.is(404);
    visitor.post("/mystery", &[("track", ""), ("seed", "")]).await.is(404);
    visitor.post("/results/sheet", &[("trainee", "A. Kim"), ("form", "result.md")]).await.is(404);

    visitor.post("/next", &[]).await.is(200);
    visitor.settled("/exercise").await.says("<h1>Exercise 1</h1>").says("10 minutes left");
    visitor.post("/exercise/hint", &[]).await.says("There are no more hints.");
    visitor.get("/").await.says("under way").says("Back to the exercise");
    visitor.post("/next", &[]).await.says("<h1>Exercise 1</h1>");
    visitor.post("/exercise/diagnose", &[("cause", "certificate-expired")]).await.says("Right. Now cure it.");
    assert_eq!(sheet(&visitor).await.sheet.rows[0].record.score, 36, "what is under way is on the sheet as it stands");
    visitor.post("/exercise/give-up", &[]).await.says("To the course");
    visitor.get("/").await.says("not solved, 36 points").says("Next exercise");
    visitor.post("/next", &[]).await.is(200);
    visitor.settled("/exercise").await.says("<h1>Exercise 2</h1>");
    visitor.post("/exercise/give-up", &[]).await.is(200);
    visitor.get("/").await.says("The course is over");
    visitor.post("/next", &[]).await.is(200).says("The course is over");

    visitor.get("/results").await.says("Result sheet").says("signed with the console");
    let signed = sheet(&visitor).await;
    signed.verify(Some(&key)).unwrap();
    let (sheet, scores) = (&signed.sheet, signed.sheet.rows.iter().map(|row| row.record.score));
    assert_eq!((sheet.trainee.as_str(), sheet.course.as_str(), sheet.seed), ("A. Kim", "First <week>", Seed::new(7)));
    assert_eq!(scores.collect::<Vec<_>>(), [36, 0]);
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn time_is_up_for_an_exercise_and_for_the_course() {
    let long = COURSE.replace("minutes = 60", "minutes = 15");
    let (console, clock) = console_with(FEW, |options| options.course = Some(course(&long))).await;
    let visitor = Visitor::enter(&console).await;
    visitor.post("/next", &[]).await.is(200);
    visitor.settled("/exercise").await;
    clock.advance(Duration::from_mins(11));
    visitor.get("/exercise").await.says("The time is up.");
    visitor.post("/exercise/diagnose", &[("cause", "certificate-expired")]).await.says("The time is up.");
    visitor.post("/next", &[]).await.is(200);
    visitor.settled("/exercise").await.says("<h1>Exercise 2</h1>").says("4 minutes left");
    clock.advance(Duration::from_mins(5));
    visitor.get("/").await.says("The time is up.").says("The course is over");
    visitor.post("/next", &[]).await.says("The course is over");
    assert_eq!(sheet(&visitor).await.sheet.score(), 0);
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_without_a_course_has_a_sheet_too() {
    let (console, _) = console(FEW).await;
    let visitor = Visitor::enter(&console).await;
    assert!(!visitor.get("/results").await.body.contains("Result sheet"), "there is nothing to put on it");
    visitor.post("/begin", &[("exercise", "certificate/expired")]).await.is(200);
    visitor.settled("/exercise").await;
    visitor.post("/exercise/diagnose", &[("cause", "certificate-expired")]).await.is(200);
    visitor.post("/exercise/give-up", &[]).await.is(200);
    visitor.get("/results").await.says("signed without a key");
    let signed = sheet(&visitor).await;
    signed.verify(None).unwrap();
    assert_eq!((signed.sheet.rows.len(), signed.sheet.score()), (1, 40));
    for (form, media_type) in [("result.md", "text/markdown"), ("result.html", "text/html"), ("result.csv", "text/csv")]
    {
        let sheet = download(&visitor, form).await;
        assert!(sheet.header("content-type").starts_with(media_type), "{form}");
        sheet.says("A. Kim").says("certificate/expired");
    }
    for wrong in [("", "result.md"), ("A\nB", "result.md"), ("A. Kim", "result.exe"), (&"x".repeat(101), "result.md")] {
        visitor.post("/results/sheet", &[("trainee", wrong.0), ("form", wrong.1)]).await.is(400);
    }
    console.shutdown().await;
}

//! `edge502 train` and `edge502 export` as a trainee and a trainer run them.

#![allow(clippy::unwrap_used, reason = "a step that cannot be taken fails the test")]
#![allow(dead_code, reason = "the support is shared with other tests")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use support::{Finished, Served, edge502, expired, scenarios, with_input};

/// A place of its own for the scores of one test.
struct Trainee {
    directory: TempDir,
}

impl Trainee {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    fn train(&self, arguments: &[&str], input: &str) -> Finished {
        let progress = self.path("progress.json");
        with_input(["train", "--progress", &progress].iter().chain(arguments), input)
    }

    fn progress(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(self.path("progress.json")).unwrap()).unwrap()
    }
}

/// The numbers of a fix and of a dead end in a list of remedies.
fn number(listed: &str, title: &str) -> usize {
    let line = listed.lines().find(|line| line.ends_with(title)).unwrap_or_else(|| panic!("{title:?} not in {listed}"));
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn an_exercise_is_solved_with_words_on_lines() {
    let (mine, trainee) = (scenarios(&expired()), Trainee::new());
    let directory = mine.path().display().to_string();
    let open = ["certificates-01", "--seed", "1", "--scenarios", &directory];
    let listed = trainee.train(&open, "remedies\n");
    let (fix, wait) = (number(&listed.stdout, "Renew the certificate"), number(&listed.stdout, "Wait"));
    assert!(!listed.stdout.contains("expired"), "the answer is not told: {}", listed.stdout);
    let script = format!(
        "ask\nlog\nchain\nopenssl\ndig\nhint\nhint\ncauses\ndiagnose certificate-expird\ndiagnose 99\ncheck\n\
         apply {wait}\ncheck\ndiagnose certificate-expired\napply {fix}\ncheck\n"
    );
    let solved = trainee.train(&open, &script);
    assert_eq!((solved.code, solved.stderr.as_str()), (0, ""), "{}", solved.stdout);
    for told in [
        "The shop went down on Monday.",
        "502 Bad Gateway",
        "x-edge-detailed-result-type  OriginConnectError",
        "TEST ONLY",
        "Verify return code: 10 (certificate has expired)",
        "did you mean \"certificate-expired\"?",
        "there is no cause 99",
        "Not cured: viewers get an error.",
        "A certificate does not get younger.",
        "Right. Now cure it.",
        "Cured: viewers get the site.",
        "Solved, for 60 of 100 points.",
        "Kept: 60 points, best 60.",
    ] {
        assert!(solved.stdout.contains(told), "{told:?} is not in {}", solved.stdout);
    }
    let kept = &trainee.progress()["exercises"]["certificate/expired"];
    assert_eq!((&kept["best"], &kept["solved"], &kept["attempts"]), (&60.into(), &true.into(), &1.into()), "{kept}");
    let list = trainee.train(&["--list", "--scenarios", &directory], "");
    assert!(list.stdout.contains("certificates-01") && list.stdout.contains("60 solved"), "{}", list.stdout);
    let text = solved.stdout.lines().filter(|line| !line.contains("/tmp/") && !line.contains("OriginConnectError\t"));
    let told: Vec<&str> = text.take(4).collect();
    assert!(told.iter().all(|line| line.chars().count() <= 80), "{told:?}");
}

#[test]
fn a_trainee_is_told_everything_in_chinese() {
    let (mine, trainee) = (scenarios(&expired()), Trainee::new());
    let directory = mine.path().display().to_string();
    let told = trainee.train(
        &["--lang", "zh", "--scenarios", &directory],
        "list\nnext\nask\nchain\ncauses\nremedies\nhint\ndiagnose certificate-expired\nscore\ngiveup\nscore\n",
    );
    assert_eq!((told.code, told.stderr.as_str()), (0, ""), "{}", told.stdout);
    for text in [
        "练习，由入门到专家：",
        "（入门）",
        "颁发者",
        "源站的证书已过期",
        "正确。",
        "已得 36 分",
        "已保存：本次 36 分",
        "共 36 分",
    ] {
        assert!(told.stdout.contains(text), "{text:?} is not in {}", told.stdout);
    }
    for english in ["Commands:", "points", "issuer", "Paste into"] {
        assert!(!told.stdout.contains(english), "{english:?} is in {}", told.stdout);
    }
    assert_eq!(trainee.train(&["--lang", "fr"], "").code, 2);
}

#[test]
fn changes_of_ones_own_count() {
    let (mine, trainee) = (scenarios(&expired()), Trainee::new());
    let directory = mine.path().display().to_string();
    let progress = trainee.path("progress.json");
    let arguments = ["train", "certificate/expired", "--progress", &progress, "--scenarios", &directory];
    let (served, mut stdin) = Served::reading(arguments);
    let line = served.line_with("/patch");
    let control = Value::from(line.trim().rsplit(' ').next().unwrap().trim_end_matches("/patch"));
    let posted = |path: &str, body: &str| support::ask(&control, "", &format!("POST {path}"), body);
    assert!(posted("/apply", r#"{"fix":1}"#).contains("400"), "remedies are chosen where they are counted");
    let state = support::ask(&control, "", "GET /state", "");
    assert!(!state.contains("expired") && state.contains("\"changed\":false"), "{state}");
    let renewed = posted("/patch", r#"{"origin":{"certificate":{"not_after":"+9d"}}}"#);
    assert!(renewed.contains("\"changed\":true"), "{renewed}");
    std::io::Write::write_all(&mut stdin, b"\ncheck\ndiagnose certificate-expired\n").unwrap();
    served.line_with("Cured");
    served.line_with("Solved, for 100 of 100 points.");
    drop(stdin);
    assert_eq!(served.end("TERM").code, 0);
}

#[test]
fn what_cannot_be_is_said_and_costs_nothing() {
    let (mine, trainee) = (scenarios(&expired()), Trainee::new());
    let directory = mine.path().display().to_string();
    let told = trainee
        .train(&["--scenarios", &directory], "chek\nopen nothing\ncheck\nlist x\nnext\napply 9\nscore\nback\nquit\n");
    assert_eq!(told.code, 0, "{}", told.stderr);
    for text in [
        "did you mean `check`?",
        "unknown exercise",
        "Open an exercise first",
        "unknown track",
        "numbered 1 to 2",
        "100 of 100",
        "Back in the menu",
    ] {
        assert!(told.stdout.contains(text), "{text:?} is not in {}", told.stdout);
    }
    for (arguments, said) in [
        (&["no-such"][..], "unknown exercise \"no-such\""),
        (&["--course", "/nonexistent/week.toml"], "week.toml"),
        (&["--assess"], "--trainee"),
        (&["--verify", "/dev/zero"], "/dev/zero"),
        (&["--track", "chain"], "did you mean \"chains\"?"),
        (&["--seed", "4294967296"], "4294967295"),
    ] {
        let refused = trainee.train(arguments, "");
        assert!(refused.code == 2 && refused.stderr.contains(said), "{arguments:?}: {}", refused.stderr);
    }
}

#[test]
fn damaged_scores_are_not_written_over() {
    let (mine, trainee) = (scenarios(&expired()), Trainee::new());
    let directory = mine.path().display().to_string();
    fs::write(trainee.path("progress.json"), "{\"version\":1,").unwrap();
    let refused = trainee.train(&["certificates-01", "--scenarios", &directory], "giveup\n");
    assert!(refused.code == 2 && refused.stderr.contains("damaged"), "{}", refused.stderr);
    assert_eq!(fs::read_to_string(trainee.path("progress.json")).unwrap(), "{\"version\":1,");
    let reset = trainee.train(&["--reset"], "");
    assert!(reset.code == 0 && reset.stdout.contains("progress.json.old"), "{}", reset.stdout);
    let given_up = trainee.train(&["certificates-01", "--scenarios", &directory], "giveup\n");
    assert!(given_up.code == 0 && given_up.stdout.contains("certificate-expired"), "{}", given_up.stdout);
    assert_eq!(trainee.progress()["exercises"]["certificate/expired"]["best"], 0);
}

#[test]
fn a_mystery_is_the_same_for_the_same_seed() {
    let trainee = Trainee::new();
    let told = |seed: &str| {
        let drawn = trainee.train(&["--mystery", "--seed", seed, "--track", "certificates"], "causes\nremedies\n");
        assert_eq!(drawn.code, 0, "{}", drawn.stderr);
        assert!(!drawn.stdout.contains("shop.test"), "{}", drawn.stdout);
        let lines = drawn.stdout.lines().filter(|line| !line.contains("127.0.0.1"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(told("4711"), told("4711"));
    assert_ne!(told("4711"), told("4712"));
}

#[test]
fn an_assessment_ends_with_a_sheet_that_can_be_verified() {
    let (mine, trainee) = (scenarios(&expired()), Trainee::new());
    let directory = mine.path().display().to_string();
    fs::write(
        trainee.path("week.toml"),
        "title = \"First week\"\nhints = 1\nseed = 7\n[[exercise]]\nid = \"certificate/expired\"\nminutes = 5\n\
         [[exercise]]\ndraw = \"certificates\"\n",
    )
    .unwrap();
    let (key, week, sheet) = (trainee.path("class.key"), trainee.path("week.toml"), trainee.path("out"));
    assert_eq!(trainee.train(&["--new-key", &key], "").code, 0);
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(trainee.train(&["--new-key", &key], "").code, 2, "a key is not written over");
    let arguments = [
        "--assess",
        "--course",
        &week,
        "--trainee",
        "A. Kim",
        "--sheet",
        &sheet,
        "--key",
        &key,
        "--scenarios",
        &directory,
    ];
    let assessed =
        trainee.train(&arguments, "hint\nhint\ndiagnose certificate-expired\nback\ndiagnose certificate-expired\n");
    assert_eq!(assessed.code, 0, "{}", assessed.stderr);
    assert!(
        assessed.stdout.contains("no more hints") && assessed.stdout.contains("76 of 200 points"),
        "{}",
        assessed.stdout
    );
    let json = format!("{sheet}/result.json");
    let verified = trainee.train(&["--verify", &json, "--key", &key], "");
    assert!(verified.code == 0 && verified.stdout.contains("A. Kim, First week: 76 of 200"), "{}", verified.stderr);
    let forged = fs::read_to_string(&json).unwrap().replace("\"score\": 36", "\"score\": 96");
    fs::write(&json, forged).unwrap();
    let refused = trainee.train(&["--verify", &json, "--key", &key], "");
    assert!(refused.code == 2 && refused.stderr.contains("seal does not fit"), "{}", refused.stderr);
    for form in ["md", "html", "csv"] {
        assert!(Path::new(&format!("{sheet}/result.{form}")).exists());
    }
}

#[test]
fn a_handout_shows_what_a_running_lab_showed() {
    let (mine, trainee) = (scenarios(&expired()), Trainee::new());
    let (directory, to) = (mine.path().display().to_string(), trainee.path("handouts"));
    let exported = edge502(["export", "certificate/expired", "--to", &to, "--scenarios", &directory]);
    assert_eq!(exported.code, 0, "{}", exported.stderr);
    let handout = fs::read_to_string(format!("{to}/certificate-expired/handout.md")).unwrap();
    for shown in [
        "The shop went down on Monday.",
        "CloudFront wasn't able to connect to the origin.",
        "HTTP/1.1 502 Bad Gateway",
        "x-cache: Error from cloudfront",
        "OriginConnectError",
        "Verify return code: 10 (certificate has expired)",
        "origin.shop.test",
        "- **Renew the certificate**: 200.",
        "- **Wait**: 502 `certificate-expired`. A certificate does not get younger.",
    ] {
        assert!(handout.contains(shown), "{shown:?} is not in {handout}");
    }
    let page = fs::read_to_string(format!("{to}/certificate-expired/handout.html")).unwrap();
    assert!(page.contains("<table>") && !page.contains("<script"), "{page}");
    let key = fs::metadata(format!("{to}/certificate-expired/pem/key.pem")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
    for file in ["class/Dockerfile", "class/compose.yaml", "class/README.md", "certificate-expired/pem/ca.pem"] {
        assert!(Path::new(&to).join(file).exists(), "{file}");
    }
}

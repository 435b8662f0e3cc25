//! The rules of an attempt hold whatever a trainee does.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use edge502_rules::Cause;
use edge502_scenario::{Library, StepKind};
use edge502_train::{
    Attempt, Check, Curriculum, Diagnosis, Exercise, FULL, HINTS, Refusal, Seed, Standing, Terms, Track, Verdict,
};
use proptest::prelude::*;
use time::OffsetDateTime;
use time::macros::datetime;

static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library::built_in().unwrap());

const BEGAN: OffsetDateTime = datetime!(2031-03-05 12:00 UTC);

/// What a trainee may do.
#[derive(Debug, Clone)]
enum Deed {
    Hint,
    /// One of the choices, or another cause.
    Diagnose(usize),
    /// Any number, existing or not.
    Choose(usize),
    Check(Verdict),
    GiveUp,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let verdict = prop_oneof![
        Just(Verdict::Cured),
        Just(Verdict::Fails),
        Just(Verdict::ComesAndGoes),
        Just(Verdict::OnlyLooksGood),
        Just(Verdict::NotFromOrigin),
        Just(Verdict::InClear),
    ];
    let deed = prop_oneof![
        3 => Just(Deed::Hint),
        5 => (0..7_usize).prop_map(Deed::Diagnose),
        5 => (0..9_usize).prop_map(Deed::Choose),
        3 => verdict.prop_map(Deed::Check),
        1 => Just(Deed::GiveUp),
    ];
    proptest::collection::vec(deed, 0..40)
}

fn check(verdict: Verdict) -> Check {
    Check {
        verdict,
        statuses: vec![200],
        result_type: "Miss".to_owned(),
        detailed_result_type: "Miss".to_owned(),
        age: None,
        up: StepKind::Fix,
        why: None,
    }
}

fn exercise(index: usize, seed: u32) -> Arc<Exercise> {
    let curriculum = Curriculum::new(&LIBRARY);
    let count = curriculum.entries(None).count();
    Arc::new(curriculum.entries(None).nth(index % count).unwrap().open(Seed::new(seed)))
}

/// Does `deed`; whether it was done, and not refused.
fn attempted(attempt: &mut Attempt, deed: &Deed, now: OffsetDateTime) -> bool {
    match deed {
        Deed::Hint => attempt.hint(now).is_ok(),
        Deed::Diagnose(index) => {
            let named = attempt.exercise().choices().get(*index).copied().unwrap_or(Cause::ALL[*index]);
            attempt.diagnose(named, now).is_ok()
        }
        Deed::Choose(number) => attempt.choose(*number, now).is_ok(),
        Deed::Check(verdict) => attempt.checked(&check(*verdict), now).is_ok(),
        Deed::GiveUp => {
            let open = attempt.standing() == Standing::Open;
            attempt.give_up(now);
            open
        }
    }
}

proptest! {
    #[test]
    fn points_never_come_from_nothing(index in 0..10_000_usize, seed: u32, deeds in deeds()) {
        let mut attempt = Attempt::new(exercise(index, seed), Terms::default(), BEGAN);
        let mut seen_cured = false;
        for (second, deed) in (1..).zip(&deeds) {
            let (score, worth, standing) = (attempt.score(), attempt.worth(), attempt.standing());
            let (diagnosed, cured) = (attempt.is_diagnosed(), attempt.is_cured());
            let done = attempted(&mut attempt, deed, BEGAN + Duration::from_secs(second));
            seen_cured |= done && matches!(deed, Deed::Check(Verdict::Cured));
            prop_assert!(attempt.worth() <= worth, "an attempt never gains worth");
            prop_assert!(attempt.score() <= attempt.worth() && attempt.worth() <= FULL);
            let found = (attempt.is_diagnosed(), attempt.is_cured()) != (diagnosed, cured);
            prop_assert!(attempt.score() <= score || found, "{deed:?} gave points for nothing");
            prop_assert!(done || (attempt.score(), attempt.worth(), attempt.standing()) == (score, worth, standing));
            prop_assert!(!attempt.is_cured() || seen_cured, "cured without a good check");
            let solved = attempt.standing() == Standing::Solved;
            prop_assert!(!solved || attempt.is_cured() && attempt.is_diagnosed());
            prop_assert!(standing == Standing::Open || attempt.standing() == standing, "what is over stays as it is");
        }
        let record = attempt.record(BEGAN + Duration::from_mins(1));
        prop_assert_eq!((record.score, record.hints <= HINTS), (attempt.score(), true));
    }

    #[test]
    fn after_the_deadline_nothing_counts(deeds in deeds()) {
        let terms = Terms { deadline: Some(BEGAN), ..Terms::default() };
        let mut attempt = Attempt::new(exercise(0, 1), terms, BEGAN);
        for deed in deeds.iter().filter(|deed| !matches!(deed, Deed::GiveUp)) {
            prop_assert!(!attempted(&mut attempt, deed, BEGAN + Duration::from_secs(1)));
        }
        prop_assert!(!attempt.is_touched());
    }

    #[test]
    fn the_order_of_the_choices_follows_from_the_seed(index in 0..10_000_usize, seed: u32) {
        let (one, other) = (exercise(index, seed), exercise(index, seed));
        prop_assert_eq!((one.choices(), one.remedies()), (other.choices(), other.remedies()));
        prop_assert_eq!(one.choices().iter().filter(|cause| **cause == one.cause()).count(), 1);
        let numbers: Vec<usize> = one.remedies().iter().map(|remedy| remedy.number).collect();
        prop_assert_eq!(numbers, (1..=one.remedies().len()).collect::<Vec<_>>());
    }
}

#[test]
fn each_mistake_costs_once() {
    let exercise = exercise(0, 1);
    let mut attempt = Attempt::new(exercise.clone(), Terms::default(), BEGAN);
    let wrong = *exercise.choices().iter().find(|cause| **cause != exercise.cause()).unwrap();
    assert_eq!(attempt.diagnose(wrong, BEGAN), Ok(Diagnosis::Wrong { cost: 15 }));
    assert_eq!(attempt.diagnose(wrong, BEGAN), Err(Refusal::RuledOut));
    let useless = exercise.remedies().iter().find(|remedy| !remedy.cures()).unwrap().number;
    for _ in 0..3 {
        attempt.choose(useless, BEGAN).unwrap();
    }
    attempt.hint(BEGAN).unwrap();
    assert_eq!(attempt.worth(), 100 - 15 - 15 - 10);
    assert_eq!(attempt.diagnose(exercise.cause(), BEGAN), Ok(Diagnosis::Right));
    assert_eq!(attempt.score(), 24);
    attempt.checked(&check(Verdict::Cured), BEGAN + Duration::from_secs(90)).unwrap();
    assert_eq!((attempt.score(), attempt.standing()), (60, Standing::Solved));
    assert_eq!(attempt.record(BEGAN + Duration::from_hours(1)).seconds, 90);
    assert_eq!(attempt.hint(BEGAN), Err(Refusal::Over));
}

#[test]
fn hints_can_be_limited() {
    let mut attempt = Attempt::new(exercise(0, 1), Terms { hints: 1, deadline: None }, BEGAN);
    assert_eq!(attempt.next_hint(), Some(10));
    attempt.hint(BEGAN).unwrap();
    assert_eq!((attempt.next_hint(), attempt.hint(BEGAN)), (None, Err(Refusal::NoMoreHints { allowed: 1 })));
}

#[test]
fn every_scenario_is_an_exercise_of_one_track() {
    let curriculum = Curriculum::new(&LIBRARY);
    let names: std::collections::BTreeSet<String> = curriculum.entries(None).map(|entry| entry.name()).collect();
    assert_eq!(names.len(), LIBRARY.iter().count());
    for track in Track::ALL {
        let levels: Vec<_> = curriculum.entries(Some(track)).map(|entry| entry.level()).collect();
        assert!(levels.len() >= 5 && levels.is_sorted(), "{track}: {levels:?}");
    }
    for scenario in LIBRARY.iter() {
        let entry = curriculum.find(&scenario.id).unwrap();
        assert_eq!(curriculum.find(&entry.name()).unwrap().scenario.id, scenario.id);
    }
}

#[test]
fn an_exercise_gives_nothing_away() {
    let curriculum = Curriculum::new(&LIBRARY);
    for entry in curriculum.entries(None) {
        let exercise = entry.open(Seed::new(7));
        let (id, title) = (&entry.scenario.id, &entry.scenario.title);
        let told = format!("{} {}", exercise.name(), exercise.story());
        assert!(!told.contains(title.as_str()) && !told.contains(exercise.cause().id()), "{id}: {told}");
        assert!(exercise.choices().len() >= 3, "{id}");
    }
    // Whether a remedy cures does not show in its number.
    let first = |seed| curriculum.find("certificate/expired").unwrap().open(Seed::new(seed)).remedies()[0].cures();
    assert!((0..40).any(first) && !(0..40).all(first));
}

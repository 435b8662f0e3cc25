//! Courses: which exercises, in which order, in what time, with how many hints.

use std::fmt;

use edge502_scenario::{Library, Scenario, SourceText};
use serde::Deserialize;
use toml::Spanned;

use crate::mystery::disguised;
use crate::{Curriculum, Exercise, HINTS, Seed, Track, TrainError};

/// The longest an exercise or a course may take, in minutes: a day.
const LONGEST: u32 = 24 * 60;
/// The most exercises of a course.
const MOST: usize = 500;
/// Minutes for each exercise of an assessment that no course describes.
const ASSESSMENT: u32 = 12;

/// A course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// Its title.
    pub title: String,
    /// Minutes for all of it together; `None` for no limit.
    pub minutes: Option<u32>,
    /// What everything random follows from, if the course says so.
    pub seed: Option<Seed>,
    /// Whether names and dates are others than in the scenarios.
    pub disguise: bool,
    /// The exercises in order.
    pub plan: Vec<Planned>,
}

/// One exercise of a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Which it is.
    pub what: What,
    /// Minutes for it; `None` for no limit of its own.
    pub minutes: Option<u32>,
    /// Hints that may be taken, 0 to 3.
    pub hints: usize,
}

/// Which exercise is planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// That of the scenario with this id.
    Scenario(String),
    /// One drawn from a track.
    Draw(Track),
}

/// The file as serde checks it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: Spanned<String>,
    minutes: Option<Spanned<u32>>,
    hints: Option<Spanned<usize>>,
    seed: Option<u32>,
    #[serde(default)]
    disguise: bool,
    #[serde(default)]
    exercise: Vec<Spanned<Item>>,
}

/// An `[[exercise]]` as serde checks it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    id: Option<Spanned<String>>,
    draw: Option<Spanned<String>>,
    minutes: Option<Spanned<u32>>,
    hints: Option<Spanned<usize>>,
}

impl Course {
    /// Reads a course from `text`; `file` is its name in messages. Keys: `title`, `minutes`, `hints`, `seed`, `disguise`,
    /// and for each `[[exercise]]` either `id`, a scenario of `library`, or `draw`, a track; `minutes`, `hints`.
    pub fn parse(file: &str, text: &str, library: &Library) -> Result<Self, TrainError> {
        let source = SourceText::new(file, text);
        let read: File = source.parse()?;
        if read.title.get_ref().trim().is_empty() {
            return Err(source.fault(read.title.span().start, "the title is empty", None).into());
        }
        if read.exercise.is_empty() || read.exercise.len() > MOST {
            let reason =
                format!("a course has 1 to {MOST} exercises, each an [[exercise]]; here are {}", read.exercise.len());
            return Err(source.fault(0, reason, None).into());
        }
        let usual = hints(&source, read.hints.as_ref())?.unwrap_or(HINTS);
        let plan = read.exercise.iter().map(|item| planned(&source, item, usual, library)).collect::<Result<_, _>>()?;
        Ok(Self {
            title: read.title.get_ref().trim().to_owned(),
            minutes: minutes(&source, read.minutes.as_ref())?,
            seed: read.seed.map(Seed::new),
            disguise: read.disguise,
            plan,
        })
    }

    /// What is assessed where no course says otherwise: five exercises of a track, or one of each, in disguise and
    /// without hints.
    pub fn assessment(track: Option<Track>) -> Self {
        let tracks = track.map_or_else(|| Track::ALL.to_vec(), |track| vec![track; 5]);
        let planned = |track| Planned { what: What::Draw(track), minutes: Some(ASSESSMENT), hints: 0 };
        Self {
            title: "Assessment".to_owned(),
            minutes: None,
            seed: None,
            disguise: true,
            plan: tracks.into_iter().map(planned).collect(),
        }
    }

    /// The exercise at `place`, counted from 1.
    ///
    /// # Panics
    /// If there is none.
    pub fn open(&self, place: usize, curriculum: &Curriculum<'_>, seed: Seed) -> Result<Exercise, TrainError> {
        let scenario = match &self.plan[place - 1].what {
            What::Scenario(id) => curriculum.find(id)?.scenario,
            What::Draw(track) => drawn(curriculum, *track, seed, self.draws_before(place))?,
        };
        let own = Seed::new(u32::try_from(seed.draw(&format!("place {place}")) >> 32).expect("32 bits are left"));
        let shown = if self.disguise { disguised(scenario, own)? } else { scenario.clone() };
        Ok(Exercise::new(shown, format!("exercise-{place}"), own))
    }

    /// How many exercises before this place are drawn from its track.
    fn draws_before(&self, place: usize) -> usize {
        let what = &self.plan[place - 1].what;
        self.plan[..place - 1].iter().filter(|planned| planned.what == *what).count()
    }
}

/// The next of a track's exercises in an order that follows from the seed: none comes twice while there are others.
fn drawn<'a>(curriculum: &Curriculum<'a>, track: Track, seed: Seed, before: usize) -> Result<&'a Scenario, TrainError> {
    let all = curriculum.entries(Some(track)).map(|entry| entry.scenario).collect();
    let shuffled = seed.shuffled(all, |scenario: &&Scenario| format!("draw {}", scenario.id));
    shuffled.get(before % shuffled.len().max(1)).copied().ok_or(TrainError::Nothing)
}

fn planned(
    source: &SourceText<'_>,
    item: &Spanned<Item>,
    usual: usize,
    library: &Library,
) -> Result<Planned, TrainError> {
    let Item { id, draw, minutes: time, hints: allowed } = item.get_ref();
    let what = match (id, draw) {
        (Some(id), None) => {
            let known: Vec<&str> = library.iter().map(|scenario| scenario.id.as_str()).collect();
            if !known.contains(&id.get_ref().as_str()) {
                return Err(unknown(source, "scenario", id, known));
            }
            What::Scenario(id.get_ref().clone())
        }
        (None, Some(draw)) => What::Draw(
            draw.get_ref()
                .parse()
                .map_err(|_: TrainError| unknown(source, "track", draw, Track::ALL.map(Track::id)))?,
        ),
        _ => {
            let reason = "an exercise has either `id`, a scenario, or `draw`, a track to draw from";
            return Err(source.fault(item.span().start, reason, None).into());
        }
    };
    let allowed = hints(source, allowed.as_ref())?.unwrap_or(usual);
    Ok(Planned { what, minutes: minutes(source, time.as_ref())?, hints: allowed })
}

fn unknown<'a>(
    source: &SourceText<'_>,
    what: &str,
    word: &Spanned<String>,
    known: impl IntoIterator<Item = &'a str>,
) -> TrainError {
    let nearest = edge502_rules::error::nearest(word.get_ref(), known).map(str::to_owned);
    source.fault(word.span().start, format!("unknown {what} `{}`", word.get_ref()), nearest).into()
}

fn minutes(source: &SourceText<'_>, stated: Option<&Spanned<u32>>) -> Result<Option<u32>, TrainError> {
    within(source, stated, "minutes", 1, LONGEST)
}

fn hints(source: &SourceText<'_>, stated: Option<&Spanned<usize>>) -> Result<Option<usize>, TrainError> {
    within(source, stated, "hints", 0, HINTS)
}

fn within<T: Copy + PartialOrd + fmt::Display>(
    source: &SourceText<'_>,
    stated: Option<&Spanned<T>>,
    key: &str,
    least: T,
    most: T,
) -> Result<Option<T>, TrainError> {
    let Some(stated) = stated else { return Ok(None) };
    let number = *stated.get_ref();
    if number < least || number > most {
        let reason = format!("`{key}` is {number}; {least} to {most} are possible");
        return Err(source.fault(stated.span().start, reason, None).into());
    }
    Ok(Some(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library() -> Library {
        Library::built_in().unwrap()
    }

    const WEEK: &str = "title = 'First week'\nminutes = 45\nhints = 2\n[[exercise]]\nid = 'certificate/expired'\n\
                        hints = 0\n[[exercise]]\ndraw = 'chains'\nminutes = 10\n[[exercise]]\ndraw = 'chains'\n";

    #[test]
    fn a_course_is_read_and_opened() {
        let library = library();
        let course = Course::parse("week.toml", WEEK, &library).unwrap();
        assert_eq!(
            (course.minutes, course.plan.len(), course.plan[0].hints, course.plan[1].hints),
            (Some(45), 3, 0, 2)
        );
        let curriculum = Curriculum::new(&library);
        let open = |place, seed| course.open(place, &curriculum, Seed::new(seed)).unwrap().scenario().id.clone();
        assert_eq!(open(1, 1), "certificate/expired");
        assert!(open(2, 1) != open(3, 1) && open(2, 1) == open(2, 1));
        assert!((0..20).any(|seed| open(2, seed) != open(2, 0)));
    }

    #[test]
    fn the_example_is_a_course() {
        let course = Course::parse("first-week.toml", include_str!("../../../courses/first-week.toml"), &library());
        assert_eq!(course.unwrap().plan.len(), 6);
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_place() {
        let library = library();
        for (from, to, said) in [
            ("minutes = 45", "minuts = 45", "week.toml:2: unknown key or word `minuts`; did you mean `minutes`?"),
            ("certificate/expired", "certificate/expird", "week.toml:5: unknown scenario"),
            ("draw = 'chains'\nminutes", "draw = 'chain'\nminutes", "did you mean `chains`?"),
            ("hints = 0", "hints = 4", "week.toml:6: `hints` is 4; 0 to 3 are possible"),
            ("minutes = 10", "minutes = 0", "1 to 1440"),
            ("hints = 0", "draw = 'chains'", "either `id`"),
            ("First week", " ", "title is empty"),
        ] {
            let error = Course::parse("week.toml", &WEEK.replacen(from, to, 1), &library).unwrap_err().to_string();
            assert!(error.contains(said), "{to}: {error}");
        }
        let empty = Course::parse("week.toml", "title = 'x'", &library).unwrap_err().to_string();
        assert!(empty.contains("1 to 500 exercises"), "{empty}");
    }

    #[test]
    fn an_assessment_has_something_of_every_track() {
        let library = library();
        let curriculum = Curriculum::new(&library);
        let course = Course::assessment(None);
        let open = |place| course.open(place, &curriculum, Seed::new(9)).unwrap();
        let tracks: Vec<Track> = (1..=course.plan.len()).map(|place| open(place).track()).collect();
        assert_eq!(tracks, Track::ALL);
        let text = open(1).scenario().text.clone();
        assert!(text.contains("zone = ") && !text.contains("shop.test"), "{text}");
    }
}

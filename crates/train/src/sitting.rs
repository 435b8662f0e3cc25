//! Once through a course: what comes next, in what time, and the sheet in the end. Pure: no lab, no clock.

use std::sync::Arc;

use time::{Duration, OffsetDateTime};

use crate::{Attempt, Course, Curriculum, Exercise, PROGRAM, Planned, Row, Seed, Sheet, Terms, TrainError};

/// One trainee's way through a course. Each exercise is taken once, in the course's order.
#[derive(Debug, Clone)]
pub struct Sitting {
    course: Arc<Course>,
    seed: Seed,
    began: OffsetDateTime,
    rows: Vec<Option<Row>>,
}

impl Sitting {
    /// Begins now. What the course draws follows from `seed`.
    pub fn new(course: Arc<Course>, seed: Seed, now: OffsetDateTime) -> Self {
        let rows = vec![None; course.plan.len()];
        Self { course, seed, began: now, rows }
    }

    /// The course.
    pub const fn course(&self) -> &Arc<Course> {
        &self.course
    }

    /// When the time for the whole course is up, if it ever is.
    pub fn deadline(&self) -> Option<OffsetDateTime> {
        self.course.minutes.map(|minutes| self.began + Duration::minutes(minutes.into()))
    }

    /// The place of the next exercise, from 1; `None` at the end, and when the time is up.
    pub fn next(&self, now: OffsetDateTime) -> Option<usize> {
        let in_time = self.deadline().is_none_or(|deadline| now <= deadline);
        self.rows.iter().position(Option::is_none).filter(|_| in_time).map(|index| index + 1)
    }

    /// What is planned at `place`.
    ///
    /// # Panics
    /// If there is nothing.
    pub fn planned(&self, place: usize) -> &Planned {
        &self.course.plan[place - 1]
    }

    /// The exercise at `place`.
    ///
    /// # Panics
    /// If there is none.
    pub fn open(&self, place: usize, curriculum: &Curriculum<'_>) -> Result<Exercise, TrainError> {
        self.course.open(place, curriculum, self.seed)
    }

    /// What a trainee may do who begins the exercise at `place` now: its own time or the course's, whichever is up first.
    ///
    /// # Panics
    /// If there is none.
    pub fn terms(&self, place: usize, now: OffsetDateTime) -> Terms {
        let planned = self.planned(place);
        let own = planned.minutes.map(|minutes| now + Duration::minutes(minutes.into()));
        Terms { hints: planned.hints, deadline: own.into_iter().chain(self.deadline()).min() }
    }

    /// Takes note of what became of the exercise at `place`. The first time counts.
    ///
    /// # Panics
    /// If there is none.
    pub fn note(&mut self, place: usize, attempt: &Attempt, now: OffsetDateTime) {
        let minutes = self.planned(place).minutes;
        self.rows[place - 1].get_or_insert_with(|| Row::of(attempt, minutes, now));
    }

    /// What became of each exercise; `None` for those that have not been taken.
    pub fn rows(&self) -> &[Option<Row>] {
        &self.rows
    }

    /// The sheet; exercises that have not been taken have no points.
    pub fn sheet(
        &self,
        trainee: String,
        curriculum: &Curriculum<'_>,
        now: OffsetDateTime,
    ) -> Result<Sheet, TrainError> {
        let row =
            |(place, row): (usize, &Option<Row>)| row.clone().map_or_else(|| self.untaken(place, curriculum, now), Ok);
        Ok(Sheet {
            course: self.course.title.clone(),
            trainee,
            seed: self.seed,
            program: PROGRAM.to_owned(),
            began: self.began,
            ended: now,
            minutes: self.course.minutes,
            rows: (1..).zip(&self.rows).map(row).collect::<Result<_, TrainError>>()?,
        })
    }

    fn untaken(&self, place: usize, curriculum: &Curriculum<'_>, now: OffsetDateTime) -> Result<Row, TrainError> {
        let exercise = Arc::new(self.open(place, curriculum)?);
        let attempt = Attempt::new(exercise, self.terms(place, now), now);
        Ok(Row::of(&attempt, self.planned(place).minutes, now))
    }
}

#[cfg(test)]
mod tests {
    use edge502_scenario::Library;
    use time::macros::datetime;

    use super::*;

    const BEGAN: OffsetDateTime = datetime!(2031-03-05 12:00 UTC);

    #[test]
    fn a_course_is_gone_through_once_and_in_time() {
        let library = Library::built_in().unwrap();
        let curriculum = Curriculum::new(&library);
        let text = "title = 'Short'\nminutes = 20\n[[exercise]]\nid = 'certificate/expired'\nminutes = 15\nhints = 0\n\
                    [[exercise]]\nid = 'chain/incomplete'\nminutes = 15\n[[exercise]]\nid = 'chain/incomplete'\n";
        let course = Arc::new(Course::parse("short.toml", text, &library).unwrap());
        let mut sitting = Sitting::new(course, Seed::new(1), BEGAN);
        let after = |minutes| BEGAN + Duration::minutes(minutes);
        assert_eq!(sitting.next(BEGAN), Some(1));
        assert_eq!(sitting.terms(1, BEGAN), Terms { hints: 0, deadline: Some(after(15)) });
        let exercise = Arc::new(sitting.open(1, &curriculum).unwrap());
        let mut attempt = Attempt::new(exercise.clone(), sitting.terms(1, BEGAN), BEGAN);
        attempt.diagnose(exercise.cause(), after(1)).unwrap();
        sitting.note(1, &attempt, after(10));
        let again = Attempt::new(exercise, sitting.terms(1, BEGAN), BEGAN);
        sitting.note(1, &again, after(11));
        assert_eq!((sitting.next(after(10)), sitting.terms(2, after(10)).deadline), (Some(2), Some(after(20))));
        assert_eq!(sitting.next(after(21)), None, "the time is up");
        let sheet = sitting.sheet("A. Kim".to_owned(), &curriculum, after(21)).unwrap();
        let scores: Vec<u32> = sheet.rows.iter().map(|row| row.record.score).collect();
        assert_eq!((scores, sheet.minutes, sheet.ended), (vec![40, 0, 0], Some(20), after(21)));
    }
}

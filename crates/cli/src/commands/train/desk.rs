//! Where a trainee sits: what is typed, what is shown, and the menu.

use std::io::{self, IsTerminal as _};

use edge502_train::{Attempt, Course, Curriculum, Exercise, Seed, Standing, Terms, Track, mystery};

use super::command::Command;
use super::{School, practice, show};
use crate::keyboard::Keyboard;
use crate::signals::Stop;
use crate::terminal;

/// How an exercise was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// It is over, or was put aside.
    Done,
    /// Nobody is there any more.
    Gone,
}

/// One trainee at work.
pub(super) struct Desk<'a> {
    pub(super) school: &'a School,
    pub(super) curriculum: &'a Curriculum<'a>,
    keyboard: Keyboard,
    stop: Stop,
}

impl<'a> Desk<'a> {
    pub(super) fn new(school: &'a School, curriculum: &'a Curriculum<'a>, keyboard: Keyboard, stop: Stop) -> Self {
        Self { school, curriculum, keyboard, stop }
    }

    /// The next command; `None` if nobody is there any more.
    pub(super) async fn command(&mut self) -> anyhow::Result<Option<Command>> {
        if io::stdin().is_terminal() {
            terminal::say("> ".to_owned()).await?;
        }
        let line = tokio::select! {
            line = self.keyboard.line() => line,
            () = self.stop.wanted() => None,
        };
        Ok(line.map(|line| Command::parse(&line)))
    }

    /// Waits for `work`, unless somebody ends the program meanwhile.
    pub(super) async fn unless_stopped<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.stop.wanted() => None,
        }
    }

    /// Lets the trainee choose among all exercises.
    pub(super) async fn menu(&mut self, track: Option<Track>, seed: Seed) -> anyhow::Result<()> {
        let school = self.school;
        let tracks = show::tracks(self.curriculum, &school.progress.load()?, school.texts);
        let texts = &school.texts.terminal;
        terminal::say(format!("{}\n\n{tracks}\n{}", texts.menu, texts.menu_help)).await?;
        while let Some(command) = self.command().await? {
            let exercise = match command {
                Command::Quit => return Ok(()),
                Command::Open(name) => self.curriculum.find(&name).map(|entry| entry.open(seed)),
                Command::Next => self.next(track, seed)?,
                Command::Mystery(drawn) => mystery::draw(self.curriculum, track, drawn.map_or_else(Seed::fresh, Ok)?),
                other => {
                    terminal::say(self.told(other, track)?).await?;
                    continue;
                }
            };
            match exercise {
                Ok(exercise) => {
                    if self.practise(exercise, Terms::default()).await?.1 == Left::Gone {
                        return Ok(());
                    }
                    terminal::say(format!("{}\n", texts.back_in_menu)).await?;
                }
                Err(error) => terminal::say(format!("{error}\n")).await?,
            }
        }
        Ok(())
    }

    /// What the menu says to commands that begin nothing.
    fn told(&self, command: Command, track: Option<Track>) -> anyhow::Result<String> {
        let school = self.school;
        let texts = &school.texts.terminal;
        Ok(match command {
            Command::Nothing | Command::Back => String::new(),
            Command::Help => texts.menu_help.to_owned(),
            Command::List(chosen) => {
                show::list(self.curriculum, chosen.or(track), &school.progress.load()?, school.texts)
            }
            Command::Score => {
                let progress = school.progress.load()?;
                let tracks = show::tracks(self.curriculum, &progress, school.texts);
                format!("{tracks}  {}\n", (texts.total)(progress.total()))
            }
            Command::Unknown(reason) => format!("{reason}\n"),
            _ => format!("{}\n", texts.open_first),
        })
    }

    /// The first exercise that is not solved.
    fn next(&self, track: Option<Track>, seed: Seed) -> anyhow::Result<Result<Exercise, edge502_train::TrainError>> {
        let progress = self.school.progress.load()?;
        let solved = |id: &str| progress.of(id).is_some_and(|known| known.solved);
        let open = self.curriculum.entries(track).find(|entry| !solved(&entry.scenario.id));
        Ok(open.map(|entry| entry.open(seed)).ok_or(edge502_train::TrainError::Nothing))
    }

    /// Goes through the exercises of a course.
    pub(super) async fn follow(&mut self, course: &Course, seed: Seed) -> anyhow::Result<()> {
        let count = course.plan.len();
        for (place, planned) in (1..).zip(&course.plan) {
            let told = (self.school.texts.terminal.place)(place, count, None);
            terminal::say(format!("\n{}: {told}\n\n", terminal::printable(&course.title))).await?;
            let exercise = course.open(place, self.curriculum, seed)?;
            let terms = Terms { hints: planned.hints, deadline: None };
            if self.practise(exercise, terms).await?.1 == Left::Gone {
                return Ok(());
            }
        }
        Ok(())
    }

    /// One exercise, from its story to its score.
    pub(super) async fn practise(&mut self, exercise: Exercise, terms: Terms) -> anyhow::Result<(Attempt, Left)> {
        let (attempt, left) = Box::pin(practice::practise(self, exercise, terms)).await?;
        if attempt.is_touched() {
            let record = attempt.record(self.school.clock.now());
            let progress = self.school.progress.record(&record)?;
            if attempt.standing() != Standing::Open {
                let best = progress.of(&record.exercise).map_or(0, |known| known.best);
                terminal::say(format!("{}\n", (self.school.texts.terminal.kept)(record.score, best))).await?;
            }
        }
        Ok((attempt, left))
    }
}

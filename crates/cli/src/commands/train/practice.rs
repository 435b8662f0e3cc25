//! One exercise at the terminal.

use std::sync::Arc;

use edge502_edge::Exchange;
use edge502_rules::Cause;
use edge502_scenario::serve::Action;
use edge502_scenario::{Answer, DocumentedCheck};
use edge502_train::texts::Terminal;
use edge502_train::{Attempt, Check, Diagnosis, Exercise, Standing, Terms, TrainError, Verdict, Workbench};

use super::command::Command;
use super::desk::{Desk, Left};
use super::{School, show};
use crate::commands::{run_directory, take_down};
use crate::terminal;

/// The exercise that is worked on.
struct Practice<'a> {
    school: &'a School,
    bench: Workbench,
    attempt: Attempt,
    /// The last request from here.
    asked: Option<Arc<Exchange>>,
}

/// Works on `exercise` until it is over or left.
pub(super) async fn practise(desk: &mut Desk<'_>, exercise: Exercise, terms: Terms) -> anyhow::Result<(Attempt, Left)> {
    let school = desk.school;
    let exercise = Arc::new(exercise);
    let mut attempt = Attempt::new(exercise.clone(), terms, school.clock.now());
    let directory = run_directory()?;
    let starting = Workbench::start(exercise, school.options.clone(), directory.path());
    let Some(bench) = desk.unless_stopped(Box::pin(starting)).await else { return Ok((attempt, Left::Gone)) };
    let mut practice = Practice { school, bench: bench?, attempt, asked: None };
    let left = practice.attend(desk).await;
    attempt = practice.attempt;
    Box::pin(take_down(practice.bench.shutdown())).await;
    Ok((attempt, left?))
}

impl Practice<'_> {
    async fn attend(&mut self, desk: &mut Desk<'_>) -> anyhow::Result<Left> {
        terminal::say(self.story().await?).await?;
        while self.attempt.standing() == Standing::Open {
            let command = match desk.command().await? {
                None | Some(Command::Quit) => return Ok(Left::Gone),
                Some(Command::Back) => return Ok(Left::Done),
                Some(command) => command,
            };
            let Some(told) = desk.unless_stopped(Box::pin(self.obey(command))).await else { return Ok(Left::Gone) };
            let failed = |error: TrainError| format!("{}\n", (self.texts().failed)(&error.to_string()));
            terminal::say(told.unwrap_or_else(failed)).await?;
        }
        Ok(Left::Done)
    }

    async fn obey(&mut self, command: Command) -> Result<String, TrainError> {
        Ok(match command {
            Command::Nothing => String::new(),
            Command::Story => self.story().await?,
            Command::Ask => show::answer(&self.ask().await?.0, self.texts()),
            Command::OpenSsl => self.openssl().await?,
            Command::Dig => self.dig().await?,
            Command::Log => self.looked(|exchange, _| show::log(exchange)).await?,
            Command::Chain => self.looked(show::chain).await?,
            Command::Hint => self.hint(),
            Command::Diagnose(None) => show::causes(&self.attempt, self.school.texts),
            Command::Diagnose(Some(named)) => self.diagnose(&named),
            Command::Apply(None) => show::remedies(self.attempt.exercise(), self.texts()),
            Command::Apply(Some(number)) => self.apply(number).await?,
            Command::Check => self.check().await?,
            Command::Reset => {
                self.bench.apply(Action::Reset).await?;
                format!("{}\n", self.texts().reset)
            }
            Command::Score => show::score(&self.attempt, self.texts()),
            Command::GiveUp => {
                self.attempt.give_up(self.school.clock.now());
                show::solution(self.attempt.exercise(), self.texts())
            }
            Command::Unknown(reason) => format!("{reason}\n"),
            _ => self.texts().help.to_owned(),
        })
    }

    fn texts(&self) -> &'static Terminal {
        &self.school.texts.terminal
    }

    async fn story(&self) -> Result<String, TrainError> {
        let brief = self.bench.session().brief().await?;
        Ok(show::exercise(self.attempt.exercise(), &brief, self.school.texts))
    }

    async fn openssl(&self) -> Result<String, TrainError> {
        Ok(match self.bench.session().documented_check().await? {
            DocumentedCheck::Played { text, exit, .. } => {
                format!("{}\n{}\n", text.trim_end(), (self.texts().exit_status)(exit))
            }
            DocumentedCheck::Skipped => format!("{}\n", self.texts().no_openssl),
        })
    }

    async fn dig(&self) -> Result<String, TrainError> {
        let (answers, texts) = (self.bench.session().dig().await, self.texts());
        if answers.is_empty() {
            return Ok(format!("{}\n", texts.no_dig));
        }
        let told = answers.iter().zip(1..).map(|(lines, number)| {
            let lines = if lines.is_empty() { texts.nothing.to_owned() } else { lines.join("\n  ") };
            format!("{}\n  {lines}\n", (texts.name_server)(number))
        });
        Ok(told.collect())
    }

    async fn ask(&mut self) -> Result<(Answer, Arc<Exchange>), TrainError> {
        let (answer, exchange) = self.bench.session().visit().await?;
        self.asked = Some(exchange.clone());
        Ok((answer, exchange))
    }

    /// Shows something of the last request, from here or from elsewhere; asks once if there was none. The session hears
    /// of a request a little later than whoever asked.
    async fn looked(&mut self, show: impl Fn(&Exchange, &Terminal) -> String) -> Result<String, TrainError> {
        let texts = self.texts();
        let known = self.bench.session().last().into_iter().chain(self.asked.clone());
        match known.max_by_key(|exchange| exchange.log.finished) {
            Some(last) => Ok(show(&last, texts)),
            None => Ok(show(&self.ask().await?.1, texts)),
        }
    }

    fn hint(&mut self) -> String {
        let texts = self.school.texts;
        match self.attempt.hint(self.school.clock.now()) {
            Ok(hint) => show::wrapped_lines(&(texts.hint)(hint)),
            Err(refusal) => format!("{}\n", (texts.refusal)(&refusal)),
        }
    }

    /// Takes a number from the list, or a cause's id.
    fn diagnose(&mut self, named: &str) -> String {
        let texts = self.school.texts;
        let listed = named.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let cause: Result<Cause, String> = match listed {
            Some(index) => self
                .attempt
                .exercise()
                .choices()
                .get(index)
                .copied()
                .ok_or_else(|| (texts.terminal.no_such_cause)(named)),
            None => named.parse().map_err(|error: edge502_rules::RulesError| error.to_string()),
        };
        let cause = match cause {
            Ok(cause) => cause,
            Err(reason) => return format!("{reason}\n"),
        };
        match self.attempt.diagnose(cause, self.school.clock.now()) {
            Ok(Diagnosis::Right) => {
                let right =
                    format!("{}\n{}", (texts.right)(self.attempt.is_cured()), show::wrapped(cause.explanation()));
                right + &self.ending()
            }
            Ok(Diagnosis::Wrong { cost }) => show::wrapped(&(texts.wrong)(cause, cost)),
            Err(refusal) => format!("{}\n", (texts.refusal)(&refusal)),
        }
    }

    async fn apply(&mut self, number: usize) -> Result<String, TrainError> {
        let action = match self.attempt.choose(number, self.school.clock.now()) {
            Ok(action) => action,
            Err(refusal) => return Ok(format!("{}\n", (self.school.texts.refusal)(&refusal))),
        };
        self.bench.apply(action).await?;
        let title = self.attempt.exercise().remedy(number).map_or("", |remedy| remedy.title.as_str());
        Ok(show::wrapped(&(self.texts().done)(title)))
    }

    async fn check(&mut self) -> Result<String, TrainError> {
        let check = self.bench.check().await?;
        let texts = self.school.texts;
        if let Err(refusal) = self.attempt.checked(&check, self.school.clock.now()) {
            return Ok(format!("{}\n", (texts.refusal)(&refusal)));
        }
        Ok(self.judged(&check) + &self.ending())
    }

    fn judged(&self, check: &Check) -> String {
        let (texts, style) = (self.school.texts, self.school.style);
        let sign = if check.verdict == Verdict::Cured { style.good("✓") } else { style.bad("✗") };
        let mut text = format!("{sign} {}\n", show::wrapped((texts.verdict)(check.verdict)).trim_end());
        text.push_str(&show::indented(&(texts.seen)(check), "  "));
        if let Some(why) = &check.why {
            text.push_str(&show::indented(why, "  "));
        }
        text
    }

    /// What is told when the exercise is solved; what is missing if only half of it is.
    fn ending(&self) -> String {
        let solved = self.attempt.standing() == Standing::Solved;
        match (solved, self.attempt.is_cured()) {
            (true, _) => {
                let score = (self.school.texts.solved)(self.attempt.score());
                format!("\n{score}\n{}", show::solution(self.attempt.exercise(), self.texts()))
            }
            (false, true) => format!("{}\n", self.texts().which_cause),
            (false, false) => String::new(),
        }
    }
}

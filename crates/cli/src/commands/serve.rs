//! `edge502 serve`: keeps a scenario up for people, or for a program.

mod keys;

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use edge502_edge::AccessLog;
use edge502_scenario::serve::{Action, Applied, Brief, Session};
use edge502_scenario::{LabOptions, Scenario, StepKind};

use super::{end_log, lab_options, run_directory, table, take_down};
use crate::args::{Format, OutputArguments, ServeArguments};
use crate::keyboard::Keyboard;
use crate::signals::Stop;
use crate::terminal;
use crate::traffic::{Detail, Traffic};
use edge502_scenario::report::Paint;

use keys::Key;

pub(crate) async fn serve(arguments: ServeArguments, output: OutputArguments) -> anyhow::Result<ExitCode> {
    let library = arguments.library.library_for(std::slice::from_ref(&arguments.id))?;
    let scenario = library.get(&arguments.id)?.clone();
    let style = output.color.style(&io::stdout());
    let detail = Detail::of(arguments.format, &arguments.log, false, style);
    let mut stop = Stop::listen()?;
    let directory = run_directory()?;
    let log = arguments.log.open(None)?;
    let session = Session::start(scenario, options(&arguments, log.clone())?, directory.path()).await?;
    // Before anybody knows the addresses, so that no request is missed.
    let events = session.events();
    let brief = session.brief().await?;
    match arguments.format {
        Format::Json => terminal::print_json(&brief)?,
        Format::Text => terminal::print(&introduction(session.scenario(), &brief, style))?,
    }
    let traffic = Traffic::print(events, detail)?;
    let served = match arguments.format {
        Format::Json => {
            stop.wanted().await;
            Ok(())
        }
        Format::Text => tokio::select! {
            () = stop.wanted() => Ok(()),
            served = Desk { session: &session, brief, style }.attend() => served,
        },
    };
    Box::pin(take_down(session.shutdown())).await;
    end_log(log).await;
    traffic.finish();
    served.map(|()| ExitCode::SUCCESS)
}

fn options(arguments: &ServeArguments, log: Option<AccessLog>) -> anyhow::Result<LabOptions> {
    let mut options = lab_options(arguments.time)?;
    options.rulebook = arguments.rules.rules;
    options.error_pages = arguments.rules.error_pages;
    options.access_log = log;
    Ok(options)
}

/// Where people apply fixes.
struct Desk<'a> {
    session: &'a Session,
    /// What was last told about addresses and commands.
    brief: Brief,
    style: Paint,
}

impl Desk<'_> {
    /// Obeys keys until one says quit.
    async fn attend(mut self) -> anyhow::Result<()> {
        let mut keyboard = Keyboard::open()?;
        while let Some(line) = keyboard.line().await {
            match keys::key(&line) {
                Key::Quit => return Ok(()),
                Key::Apply(action) => self.apply(action).await?,
                Key::Line => terminal::say(last_line(self.session)).await?,
                Key::Help => terminal::say(help(self.session.scenario(), self.style)).await?,
            }
        }
        // A terminal that is closed ends it too; a pipe that ends has only said all it had to say.
        if !io::stdin().is_terminal() {
            std::future::pending::<()>().await;
        }
        Ok(())
    }

    async fn apply(&mut self, action: Action) -> anyhow::Result<()> {
        let text = match self.session.apply(action).await {
            Ok(applied) => told(&applied, self.style),
            Err(error) => format!("{} {error}\n", self.style.bad("not applied:")),
        };
        terminal::say(text).await?;
        let brief = self.session.brief().await?;
        if brief != self.brief {
            terminal::say(addresses(&brief, self.style)).await?;
            self.brief = brief;
        }
        Ok(())
    }
}

fn introduction(scenario: &Scenario, brief: &Brief, style: Paint) -> String {
    let title = style.strong(&format!("{}: {}", scenario.id, scenario.title));
    let trap = scenario.trap.as_ref().map_or_else(String::new, |trap| format!("\nTrap: {}\n", trap.trim()));
    let (story, addresses) = (scenario.story.trim(), addresses(brief, style));
    format!("{title}\n\n{story}\n{trap}\n{addresses}\n{}\n", help(scenario, style))
}

fn addresses(brief: &Brief, style: Paint) -> String {
    let origin = format!("{} as {}", brief.origin, brief.origin_domain);
    let rows = [
        ("viewer, HTTP", brief.viewer_http.as_str()),
        ("viewer, HTTPS", &brief.viewer_https),
        ("host", &brief.host),
        ("origin", &origin),
        ("CA file", &brief.ca_file),
        ("control", &brief.control),
    ];
    let table = table(&rows, style);
    format!("{table}\nAsk the edge:\n  {}\nCheck the origin:\n  {}\n", brief.curl, brief.openssl)
}

/// Which key does what.
fn help(scenario: &Scenario, style: Paint) -> String {
    let mut text = "Type a key and press Enter:\n".to_owned();
    let mut key = |key: &str, what: &str| {
        let _ = writeln!(text, "  {}  {what}", style.strong(&format!("{key:>2}")));
    };
    for (index, fix) in scenario.of_kind(StepKind::Fix).enumerate() {
        key(&(index + 1).to_string(), &format!("fix: {}", fix.title));
    }
    for (dead_end, letter) in scenario.of_kind(StepKind::DeadEnd).zip(keys::LETTERS.chars()) {
        key(&letter.to_string(), &format!("dead end: {}", dead_end.title));
    }
    key("v", "view the last line of the access log in full");
    key("r", "reset to the broken state");
    key("q", "quit");
    text
}

/// The last request as the standard log has it.
fn last_line(session: &Session) -> String {
    session.last().map_or_else(|| "no request so far\n".to_owned(), |last| format!("{}\n", last.log))
}

fn told(applied: &Applied, style: Paint) -> String {
    let (title, kind) = (style.strong(&applied.title), applied.kind);
    let why = applied.why.as_ref().map_or_else(String::new, |why| format!("  {}\n", why.trim()));
    format!("now up ({kind}): {title}\n{why}")
}

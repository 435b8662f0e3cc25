//! Every path the console answers, as a type: what is not in it does not exist. No path ever names a file.

use edge502_rules::Cause;
use edge502_train::Track;
use http::Method;

use crate::assets::Asset;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// The address the program prints: exchanges the token for a cookie.
    Enter(String),
    /// All scenarios, grouped.
    Home,
    /// The scenarios of one class.
    Class(String),
    /// The scenarios of one cause.
    Cause(Cause),
    /// One scenario, before its lab is started.
    Scenario(String),
    /// All exercises, track by track.
    Exercises,
    /// The exercises of one track.
    Track(Track),
    /// The scores.
    Results,
    /// The result sheet, to keep.
    Sheet,
    /// Start a lab.
    Start,
    /// Start an exercise.
    Begin,
    /// Start one that is drawn.
    Mystery,
    /// Start the next of the course.
    Next,
    /// The browser's exercise.
    Exercise,
    /// Take a hint.
    Hint,
    /// Name a cause.
    Diagnose,
    /// Apply a remedy.
    Remedy,
    /// Have it checked.
    Check,
    /// Give up.
    GiveUp,
    /// The browser's lab.
    Lab,
    /// What happens in it, as it happens.
    LabEvents,
    /// Apply a change.
    LabApply,
    /// Ask once more.
    LabAsk,
    /// End it.
    LabClose,
    /// Choose a language.
    Language,
    /// Style, script and icon.
    Asset(Asset),
}

impl Route {
    /// Reads a path. Every path there is is plain ASCII, so nothing is decoded.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        Some(match parts.as_slice() {
            [""] => Self::Home,
            ["enter", token] if is_word(token) => Self::Enter((*token).to_owned()),
            ["class", class] if is_word(class) => Self::Class((*class).to_owned()),
            ["cause", cause] => Self::Cause(cause.parse().ok()?),
            ["scenario", class, name] if is_word(class) && is_word(name) => Self::Scenario(format!("{class}/{name}")),
            ["exercises"] => Self::Exercises,
            ["track", track] => Self::Track(track.parse().ok()?),
            ["results"] => Self::Results,
            ["results", "sheet"] => Self::Sheet,
            ["start"] => Self::Start,
            ["begin"] => Self::Begin,
            ["mystery"] => Self::Mystery,
            ["next"] => Self::Next,
            ["exercise"] => Self::Exercise,
            ["exercise", "hint"] => Self::Hint,
            ["exercise", "diagnose"] => Self::Diagnose,
            ["exercise", "remedy"] => Self::Remedy,
            ["exercise", "check"] => Self::Check,
            ["exercise", "give-up"] => Self::GiveUp,
            ["lab"] => Self::Lab,
            ["lab", "events"] => Self::LabEvents,
            ["lab", "apply"] => Self::LabApply,
            ["lab", "ask"] => Self::LabAsk,
            ["lab", "close"] => Self::LabClose,
            ["language"] => Self::Language,
            [name] => Self::Asset(Asset::named(name)?),
            _ => return None,
        })
    }

    /// The path.
    pub(crate) fn path(&self) -> String {
        match self {
            Self::Enter(token) => format!("/enter/{token}"),
            Self::Class(class) => format!("/class/{class}"),
            Self::Cause(cause) => format!("/cause/{cause}"),
            Self::Scenario(id) => format!("/scenario/{id}"),
            Self::Track(track) => format!("/track/{track}"),
            Self::Asset(asset) => format!("/{}", asset.name()),
            named => named.name().to_owned(),
        }
    }

    /// The path, where nothing in it varies.
    const fn name(&self) -> &'static str {
        match self {
            Self::Exercises => "/exercises",
            Self::Results => "/results",
            Self::Sheet => "/results/sheet",
            Self::Start => "/start",
            Self::Begin => "/begin",
            Self::Mystery => "/mystery",
            Self::Next => "/next",
            Self::Exercise => "/exercise",
            Self::Hint => "/exercise/hint",
            Self::Diagnose => "/exercise/diagnose",
            Self::Remedy => "/exercise/remedy",
            Self::Check => "/exercise/check",
            Self::GiveUp => "/exercise/give-up",
            Self::Lab => "/lab",
            Self::LabEvents => "/lab/events",
            Self::LabApply => "/lab/apply",
            Self::LabAsk => "/lab/ask",
            Self::LabClose => "/lab/close",
            Self::Language => "/language",
            _ => "/",
        }
    }

    /// The one method it takes; with GET comes HEAD.
    pub(crate) fn method(&self) -> Method {
        let is_page = matches!(
            self,
            Self::Enter(_)
                | Self::Home
                | Self::Class(_)
                | Self::Cause(_)
                | Self::Scenario(_)
                | Self::Exercises
                | Self::Track(_)
                | Self::Results
                | Self::Exercise
                | Self::Lab
                | Self::LabEvents
                | Self::Asset(_)
        );
        if is_page { Method::GET } else { Method::POST }
    }

    /// Whether it offers what a course does not: a choice, and the answers.
    pub(crate) const fn is_free_choice(&self) -> bool {
        matches!(
            self,
            Self::Class(_)
                | Self::Cause(_)
                | Self::Scenario(_)
                | Self::Exercises
                | Self::Track(_)
                | Self::Start
                | Self::Begin
                | Self::Mystery
        )
    }
}

/// A part of a path as ids are made: a file name of a user's own scenario may hold capitals, dots and underscores.
fn is_word(part: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !part.is_empty() && part.len() <= 128 && !part.starts_with('.') && part.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_reads_back() {
        let routes = [
            Route::Enter("t0k-en_".to_owned()),
            Route::Home,
            Route::Class("certificate".to_owned()),
            Route::Cause(Cause::ChainIncomplete),
            Route::Scenario("chain/incomplete".to_owned()),
            Route::Exercises,
            Route::Track(Track::Whose),
            Route::Results,
            Route::Sheet,
            Route::Start,
            Route::Begin,
            Route::Mystery,
            Route::Next,
            Route::Exercise,
            Route::Hint,
            Route::Diagnose,
            Route::Remedy,
            Route::Check,
            Route::GiveUp,
            Route::Lab,
            Route::LabEvents,
            Route::LabApply,
            Route::LabAsk,
            Route::LabClose,
            Route::Language,
            Route::Asset(Asset::Style),
            Route::Asset(Asset::Script),
            Route::Asset(Asset::Icon),
        ];
        for route in routes {
            assert_eq!(Route::parse(&route.path()), Some(route));
        }
    }

    #[test]
    fn nothing_else_is_a_path() {
        for path in [
            "",
            "lab",
            "//",
            "/lab/",
            "/track/",
            "/exercise/",
            "/lab/../lab",
            "/..",
            "/../etc/passwd",
            "/scenario/../../etc/passwd",
            "/scenario/%2e%2e/passwd",
            "/scenario/./x",
            "/scenario/chain",
            "/scenario/chain/<script>",
            "/scenario/chain/a b",
            "/class/",
            "/cause/no-such-cause",
            "/style.css/x",
            "/lab%00",
        ] {
            assert_eq!(Route::parse(path), None, "{path:?}");
        }
    }
}

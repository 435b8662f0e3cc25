//! The training console: scenarios in the browser, one lab for each trainee.
//!
//! An HTTP server on loopback whose pages are made here and need no script. A request is admitted ([`admit`](mod@admit): host, origin,
//! cookie, form token), its path parsed into a [`route`], and answered by the [`app`]. Each browser has at most one lab
//! ([`seat`]): a task that starts it, changes it and looks at it, one thing after the other; pages only show what was
//! last seen ([`sight`]).

mod admit;
mod app;
mod assets;
mod browsers;
mod chain;
mod console;
mod conversation;
mod diff;
mod error;
mod events;
mod exercising;
mod form;
mod lang;
mod options;
mod pages;
mod respond;
mod route;
mod seat;
mod secret;
mod sight;
mod texts;

pub use console::Console;
pub use error::ConsoleError;
pub use options::{ConsoleOptions, Limits};

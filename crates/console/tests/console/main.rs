//! The console over real sockets, without a browser: every page, every refusal, many starts.

#![allow(clippy::unwrap_used, reason = "a step that cannot be taken fails the test")]

mod courses;
mod exercises;
mod labs;
mod limits;
mod pages;
mod refusals;
mod support;

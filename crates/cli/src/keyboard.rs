//! Lines that somebody types, or a pipe.

use std::io;
use std::thread;

use anyhow::Context as _;
use tokio::sync::mpsc;

/// Lines from standard input.
pub(crate) struct Keyboard(mpsc::Receiver<String>);

impl Keyboard {
    /// Starts reading. The thread is left behind at the end of the program: nothing wakes it from its read, and the
    /// runtime, whose threads are waited for, must not do it.
    pub(crate) fn open() -> anyhow::Result<Self> {
        let (sender, receiver) = mpsc::channel(1);
        let read = move || {
            let lines = io::stdin().lines().map_while(Result::ok);
            for line in lines {
                if sender.blocking_send(line).is_err() {
                    return;
                }
            }
        };
        thread::Builder::new().name("keyboard".to_owned()).spawn(read).context("cannot start a thread")?;
        Ok(Self(receiver))
    }

    /// The next line; `None` at the end. Cancelling loses none.
    pub(crate) async fn line(&mut self) -> Option<String> {
        self.0.recv().await
    }
}

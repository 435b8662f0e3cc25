//! How the commands that serve are ended.

use std::fs;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGINT, SIGTERM, and SIGHUP, which says that the terminal has been closed. From the moment this exists they no longer
/// end the process by themselves, so that everything can be taken down and the run directory removed.
pub(crate) struct Stop {
    interrupt: Signal,
    terminate: Signal,
    /// `None` if the process was started to outlive its terminal.
    hangup: Option<Signal>,
}

impl Stop {
    /// Listens from now on. Call it after everything has been read that may keep the program waiting, else no signal
    /// ends that wait; and before anything is started that has to be removed.
    pub(crate) fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        let hangup = if hangup_is_ignored() { None } else { Some(listen(SignalKind::hangup())?) };
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())?, hangup })
    }

    /// Waits for one of them. Cancelling loses none.
    pub(crate) async fn wanted(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            Some(()) = recv(self.hangup.as_mut()) => {}
        }
    }
}

async fn recv(signal: Option<&mut Signal>) -> Option<()> {
    signal?.recv().await
}

/// Whether `nohup` or the like has the process ignore SIGHUP, as far as the system tells; Linux does.
fn hangup_is_ignored() -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores_hangup(&status))
}

/// Reads `SigIgn` of <https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>; SIGHUP is its lowest bit.
fn ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_of_ignored_signals_is_read() {
        for (status, ignored) in [
            ("SigBlk:\t0000000000000001\nSigIgn:\t0000000000001000\n", false),
            ("SigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n", true),
            ("", false),
        ] {
            assert_eq!(ignores_hangup(status), ignored, "{status}");
        }
    }
}

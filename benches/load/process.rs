//! A process under test, as the kernel accounts for it (<https://man7.org/linux/man-pages/man5/proc.5.html>).

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

use rustix::param::clock_ticks_per_second;

/// Ended when dropped.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command.spawn();
        Self {
            child: child
                .unwrap_or_else(|error| panic!("{} cannot be started: {error}", command.get_program().display())),
        }
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    fn file(&self, name: &str) -> PathBuf {
        format!("/proc/{}/{name}", self.child.id()).into()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).expect("the process is running")
    }

    /// User and system time of all its threads, ended ones included.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = self.read("stat");
        // The second field is the name, in parentheses, and may hold anything; utime and stime are fields 14 and 15.
        let (_, fields) = stat.rsplit_once(") ").expect("a name is in parentheses");
        let ticks = fields.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().expect("ticks are a number"));
        Duration::from_secs(ticks.sum()) / u32::try_from(clock_ticks_per_second()).expect("about a hundred")
    }

    /// CPU time of each of its threads by name and number, to the nanosecond.
    pub(crate) fn threads(&self) -> Vec<(String, Duration)> {
        let tasks = fs::read_dir(self.file("task")).expect("the process is running");
        let tasks = tasks.map(|task| task.expect("the process is running").path());
        let mut threads: Vec<_> = tasks
            .filter_map(|task| {
                let name = fs::read_to_string(task.join("comm")).ok()?;
                let run = fs::read_to_string(task.join("schedstat")).ok()?;
                let nanos = run.split(' ').next()?.parse().ok()?;
                Some((format!("{} {}", name.trim(), task.file_name()?.display()), Duration::from_nanos(nanos)))
            })
            .collect();
        threads.sort();
        threads
    }

    /// Resident memory, in KiB.
    pub(crate) fn resident(&self) -> u64 {
        let status = self.read("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a running process has it");
        line.trim().trim_end_matches(" kB").parse().expect("it is a number")
    }

    /// Open descriptors.
    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(self.file("fd")).expect("the process is running").count()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

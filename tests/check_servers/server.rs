//! A program that runs for one test, ended by its id when the test lets go of it.

use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use crate::Case;

/// The longest a program may take to come up.
const PATIENCE: Duration = Duration::from_secs(20);

/// A program with its set-ups.
#[derive(Clone, Copy)]
pub(crate) struct Program {
    /// How it is called, in the names of tests too.
    pub(crate) name: &'static str,
    /// The command that prints its version.
    pub(crate) version: [&'static str; 2],
    /// Starts it for a case, with the files of the directory.
    pub(crate) start: fn(&Case, &Path) -> Server,
    /// Its set-ups.
    pub(crate) cases: &'static [Case],
}

impl Program {
    /// Whether the program is here, or the reason why not.
    pub(crate) fn installed(&self) -> Result<(), String> {
        let [command, argument] = self.version;
        let ran = Command::new(command).arg(argument).stdin(Stdio::null()).output();
        ran.map(drop).map_err(|error| format!("no {command}: {error}"))
    }
}

/// A running program. Ended when dropped.
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    child: Option<Child>,
    output: Receiver<String>,
}

impl Server {
    /// Starts a program that takes a listening socket as its standard input: connections wait there until it is up.
    pub(crate) fn inheriting(command: &mut Command) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (child, output) = spawn(command.stdin(OwnedFd::from(listener)));
        Self { address, child: Some(child), output }
    }

    /// Starts a program that finds an address itself.
    pub(crate) fn listening_on(address: SocketAddr, command: &mut Command) -> Self {
        let (child, output) = spawn(command.stdin(Stdio::piped()));
        Self { address, child: Some(child), output }
    }

    /// Waits for a line with `mark` and returns it.
    pub(crate) fn line_with(&self, mark: &str) -> String {
        let mut told = String::new();
        while let Ok(line) = self.output.recv_timeout(PATIENCE) {
            if line.contains(mark) {
                return line;
            }
            told += &line;
        }
        panic!("it never said {mark:?}, but: {told}");
    }

    /// What it printed and nobody has read yet.
    pub(crate) fn told(&self) -> String {
        self.output.try_iter().collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A port that was free a moment ago.
pub(crate) fn nobody() -> Server {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    Server { address, child: None, output: mpsc::channel().1 }
}

fn spawn(command: &mut Command) -> (Child, Receiver<String>) {
    // A configuration of the machine is none of the test's.
    command.env_remove("OPENSSL_CONF").env_remove("NODE_OPTIONS").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (sender, receiver) = mpsc::channel();
    forward(child.stdout.take().unwrap(), sender.clone());
    forward(child.stderr.take().unwrap(), sender);
    (child, receiver)
}

fn forward(stream: impl Read + Send + 'static, sender: Sender<String>) {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    thread::spawn(move || lines.map(|line| line + "\n").try_for_each(|line| sender.send(line)));
}

pub(crate) fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}

/// A file that only its owner can read.
pub(crate) fn write_secret(path: &Path, text: &str) {
    let file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path);
    file.unwrap().write_all(text.as_bytes()).unwrap();
}

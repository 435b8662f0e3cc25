//! Runs the program with a bound on every wait.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::{NamedTempFile, TempDir};

/// The longest any single wait may take.
const BOUND: Duration = Duration::from_mins(1);

const PROGRAM: &str = env!("CARGO_BIN_EXE_edge502");

/// What a run of the program left.
pub(crate) struct Finished {
    /// The exit status, or 128 and the number of the signal that ended it, as shells have it.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the program to its end, with nothing to read.
pub(crate) fn edge502(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Finished {
    with_input(arguments, "")
}

/// Runs the program to its end with this on standard input.
pub(crate) fn with_input(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>, input: &str) -> Finished {
    Served::start(arguments, input).finish()
}

/// Runs the program with a standard output that nobody reads.
pub(crate) fn without_reader(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Finished {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    Served::spawn(arguments, "", writer.into()).finish()
}

/// The program while it runs. Killed when dropped.
pub(crate) struct Served {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

impl Served {
    /// Standard input holds `input` and then ends.
    pub(crate) fn start(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>, input: &str) -> Self {
        Self::spawn(arguments, input, Stdio::piped())
    }

    /// Started with SIGHUP as `disposition` says, `DEFAULT` or `IGNORE`, whatever the tests were started with.
    pub(crate) fn with_hangup(disposition: &str, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let mut perl = Command::new("perl");
        perl.args(["-e", "$SIG{HUP} = shift; exec @ARGV or die", disposition, PROGRAM]).args(arguments);
        Self::of(perl, "", Stdio::piped())
    }

    /// Waits until the program reads standard input, which ends when what is returned beside it is dropped.
    pub(crate) fn reading(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> (Self, ChildStdin) {
        let mut command = Command::new(PROGRAM);
        command.args(arguments);
        let (served, mut stdin) = Self::open(command, Stdio::piped());
        let (sender, written) = mpsc::channel();
        thread::spawn(move || {
            // More than a pipe holds, so that somebody must be reading.
            let result = stdin.write_all(" ".repeat(256 * 1024).as_bytes());
            sender.send((result, stdin))
        });
        let (result, stdin) = written.recv_timeout(BOUND).expect("the program reads");
        result.unwrap();
        (served, stdin)
    }

    fn spawn(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>, input: &str, stdout: Stdio) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(arguments);
        Self::of(command, input, stdout)
    }

    fn of(command: Command, input: &str, stdout: Stdio) -> Self {
        let (served, mut stdin) = Self::open(command, stdout);
        // A program that does not read is free to leave its input.
        let _ = stdin.write_all(input.as_bytes());
        served
    }

    fn open(mut command: Command, stdout: Stdio) -> (Self, ChildStdin) {
        let mut child =
            command.env_remove("RUST_LOG").stdin(Stdio::piped()).stdout(stdout).stderr(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        let stdout = child.stdout.take().map_or_else(|| mpsc::channel().1, lines);
        let stderr = lines(child.stderr.take().unwrap());
        (Self { child, stdout, stderr }, stdin)
    }

    /// The next line on standard output.
    fn line(&self) -> String {
        self.stdout.recv_timeout(BOUND).unwrap_or_else(|error| {
            let told: String = self.stderr.try_iter().collect();
            panic!("no line on standard output: {error}; {told}")
        })
    }

    /// The next line on standard output that contains `text`.
    pub(crate) fn line_with(&self, text: &str) -> String {
        std::iter::repeat_with(|| self.line()).find(|line| line.contains(text)).unwrap()
    }

    /// The first line, as JSON.
    pub(crate) fn brief(&self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }

    /// Sends a signal and waits for the end; the output is what was not read before.
    pub(crate) fn end(self, signal: &str) -> Finished {
        self.signal(signal);
        self.finish()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits until both outputs are closed, which they are when the program has ended.
    fn finish(mut self) -> Finished {
        let (stdout, stderr) = (rest(&self.stdout), rest(&self.stderr));
        let status = self.child.wait().unwrap();
        let code = status.code().or_else(|| Some(128 + status.signal()?)).unwrap();
        Finished { code, stdout, stderr }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        BufReader::new(stream).lines().map_while(Result::ok).try_for_each(|line| sender.send(line + "\n"))
    });
    receiver
}

fn rest(lines: &Receiver<String>) -> String {
    let mut text = String::new();
    loop {
        match lines.recv_timeout(BOUND) {
            Ok(line) => text.push_str(&line),
            Err(mpsc::RecvTimeoutError::Disconnected) => return text,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("still running; so far: {text}"),
        }
    }
}

/// Sends one HTTP/1.1 request to a URL without a path and reads everything that comes back.
pub(crate) fn ask(url: &Value, host: &str, request: &str, body: &str) -> String {
    let address = url.as_str().unwrap().strip_prefix("http://").unwrap();
    let host = if host.is_empty() { address } else { host };
    let mut tcp = TcpStream::connect(address).unwrap();
    tcp.set_read_timeout(Some(BOUND)).unwrap();
    let length = body.len();
    write!(tcp, "{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
        .unwrap();
    let mut answer = String::new();
    tcp.read_to_string(&mut answer).unwrap();
    answer
}

/// The status of an HTTP response.
pub(crate) fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no response: {answer:?}"))
}

/// A directory with one scenario, `certificate/expired`.
pub(crate) fn scenarios(text: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("certificate")).unwrap();
    std::fs::write(directory.path().join("certificate/expired.toml"), text).unwrap();
    directory
}

/// A scenario that does as it states.
pub(crate) fn expired() -> String {
    r#"title = "The origin's certificate has expired"
cause = "certificate-expired"
story = "The shop went down on Monday."

[origin.certificate]
not_after = "-35d"

[expect]
status = 502
page = "connect"

[[fix]]
title = "Renew the certificate"
origin.certificate.not_after = "+60d"
expect.status = 200
expect.openssl = "Verify return code: 0 (ok)"

[[dead_end]]
title = "Wait"
why = "A certificate does not get younger."
expect.status = 502
"#
    .to_owned()
}

/// A file with a distribution for `www.shop.test` whose origin is `origin.shop.test`, HTTPS only.
pub(crate) fn distribution() -> NamedTempFile {
    let origin = json!({
        "Id": "origin",
        "DomainName": "origin.shop.test",
        "ConnectionAttempts": 1,
        "CustomOriginConfig": {
            "HTTPPort": 80,
            "HTTPSPort": 443,
            "OriginProtocolPolicy": "https-only",
            "OriginSslProtocols": { "Quantity": 1, "Items": ["TLSv1.2"] },
        },
    });
    let distribution = json!({
        "CallerReference": "edge502",
        "Comment": "TEST ONLY",
        "Enabled": true,
        "Aliases": { "Quantity": 1, "Items": ["www.shop.test"] },
        "Origins": { "Quantity": 1, "Items": [origin] },
        "DefaultCacheBehavior": {
            "TargetOriginId": "origin",
            "ViewerProtocolPolicy": "allow-all",
            "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        },
    });
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), distribution.to_string()).unwrap();
    file
}

/// The address of an origin that accepts connections and hangs up; it ends with the test's process.
pub(crate) fn hangs_up() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.incoming().for_each(drop));
    address
}

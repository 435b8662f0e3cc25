//! Programs outside of this one: a shell for lines to paste, and plain requests to the control address.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The longest a pasted line may run.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a pasted line printed, on both its outputs in the order in which it came, and its exit status.
#[derive(Debug)]
pub(crate) struct Printed {
    pub(crate) text: String,
    pub(crate) exit: i32,
}

impl Printed {
    /// The status of the response that `curl -i` printed.
    pub(crate) fn status(&self) -> u16 {
        let line = self.text.lines().next().unwrap_or_default();
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.unwrap_or_else(|| panic!("no status line in {:?}", self.text))
    }

    /// Its headers in order, the names in lower case.
    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        let fields = self.parts().0.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect()
    }

    /// Its body.
    pub(crate) fn body(&self) -> &str {
        self.parts().1
    }

    fn parts(&self) -> (&str, &str) {
        self.text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no end of a head in {:?}", self.text))
    }
}

/// Runs `line` as a shell would after a paste.
pub(crate) fn paste(line: &str) -> Printed {
    let mut child = Command::new("sh")
        // In place of the shell, so that it is the program that is ended if it takes too long.
        .args(["-c", &format!("exec 2>&1; exec {line}")])
        .env("LC_ALL", "C")
        // Settings of the machine that would change what is asked or trusted.
        .env("CURL_HOME", "/nonexistent")
        .env_remove("OPENSSL_CONF")
        .env_remove("SSL_CERT_FILE")
        .env_remove("SSL_CERT_DIR")
        .envs(["http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"].map(|name| (name, "")))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("there is a shell");
    let mut output = child.stdout.take().expect("it is piped");
    let (sender, receiver) = mpsc::channel();
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = output.read_to_end(&mut bytes);
        // Nobody listens any more if the line took too long.
        let _ = sender.send(read.map(|_| bytes));
    });
    let Ok(bytes) = receiver.recv_timeout(PATIENCE) else {
        child.kill().expect("it has not been waited for");
        panic!("this line did not end in {PATIENCE:?}: {line}");
    };
    reader.join().expect("reading does not panic");
    let exit = child.wait().expect("it ended").code().unwrap_or(-1);
    Printed { text: String::from_utf8_lossy(&bytes.expect("its output can be read")).into_owned(), exit }
}

/// Sends one request, which asks to close the connection, and returns status and body.
pub(crate) fn ask(address: SocketAddr, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let response = Printed { text, exit: 0 };
    (response.status(), response.body().to_owned())
}

/// Whether there is a `curl`.
pub(crate) fn curl() -> Result<(), String> {
    version("curl", "--version").map(drop)
}

/// Whether there is an `openssl` of the release whose words are stated.
pub(crate) fn openssl_3() -> Result<(), String> {
    let version = version("openssl", "version")?;
    if version.starts_with("OpenSSL 3.") { Ok(()) } else { Err(format!("openssl is {version}, not OpenSSL 3")) }
}

fn version(program: &str, argument: &str) -> Result<String, String> {
    let output = Command::new(program).arg(argument).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("no {program}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().next().map(str::to_owned).ok_or_else(|| format!("{program} {argument} prints nothing"))
}

//! The proxies under test, each with one thread unless said otherwise, and set to the same work: verify the origin's
//! certificate and name, resume nothing, keep connections to the origin that stay open, write a log.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use edge502_pki::{CertificateSpec, ChainSpec, Identity, IntermediateSpec, Lab, When};
use serde_json::{Value, json};
use tempfile::TempDir;
use time::OffsetDateTime;

use crate::process::Process;
use crate::viewers::HOST;

/// The origin's name.
pub(crate) const ORIGIN: &str = "origin.test";
/// The name of an origin whose certificate has expired.
pub(crate) const EXPIRED: &str = "expired.test";
/// The name of an origin that nobody is at home at.
pub(crate) const REFUSED: &str = "refused.test";

/// AWS's managed cache policies `CachingDisabled` and `CachingOptimized`.
const DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const OPTIMIZED: &str = "658327ea-f89d-4fab-a63d-7e88639e58f6";

/// Certificates, and a directory for configurations and logs that goes when this is dropped.
pub(crate) struct Rig {
    directory: TempDir,
    lab: Lab,
    /// The program under test.
    edge: PathBuf,
}

/// A running proxy.
pub(crate) struct Proxy {
    pub(crate) name: &'static str,
    /// As it tells it itself.
    pub(crate) version: String,
    /// Where viewers connect with HTTP.
    pub(crate) address: SocketAddr,
    pub(crate) process: Process,
}

impl Rig {
    #[allow(clippy::disallowed_methods, reason = "nginx and HAProxy judge dates by the system's clock")]
    pub(crate) fn new(edge: Option<PathBuf>) -> Self {
        let rig = Self {
            edge: edge.unwrap_or_else(binary),
            directory: tempfile::tempdir().expect("a directory can be made"),
            lab: Lab::new(OffsetDateTime::now_utc()).expect("a lab can be made"),
        };
        fs::write(rig.ca(), rig.lab.root_pem()).expect("the directory can be written to");
        rig
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn ca(&self) -> PathBuf {
        self.path("ca.pem")
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).expect("the directory can be written to");
        path
    }

    /// Leaf and intermediate with P-256 keys.
    pub(crate) fn identity(&self) -> Identity {
        self.identity_of(&CertificateSpec::default(), ORIGIN)
    }

    /// The same, expired.
    pub(crate) fn expired_identity(&self) -> Identity {
        let not_after = Some("-35d".parse::<When>().expect("this is a date"));
        self.identity_of(&CertificateSpec { not_after, ..CertificateSpec::default() }, EXPIRED)
    }

    fn identity_of(&self, certificate: &CertificateSpec, name: &str) -> Identity {
        let identity = self.lab.identity(certificate, &IntermediateSpec::default(), &ChainSpec::default(), name);
        identity.expect("the lab can make it")
    }

    /// `edge502 edge` with this many threads, which finds origins at these addresses; its log goes to `log`.
    pub(crate) fn edge(&self, threads: u32, origins: &[(&str, SocketAddr)], log: &Path) -> Proxy {
        let distribution = self.write("distribution.json", &distribution().to_string());
        let mut command = Command::new(&self.edge);
        command.args(["edge", "--format", "json", "--threads", &threads.to_string(), "--distribution"]);
        command.arg(distribution).arg("--cafile").arg(self.ca()).arg("--access-log").arg(log);
        for (name, address) in origins {
            command.arg("--resolve").arg(format!("{name}:443:{address}"));
        }
        let mut process = Process::start(command.stdout(Stdio::piped()));
        let mut line = String::new();
        let output = process.child().stdout.take().expect("it is piped");
        BufReader::new(output).read_line(&mut line).expect("the edge says where it listens");
        let brief: Value = serde_json::from_str(&line).expect("the edge says it in JSON");
        let address = brief["viewer_http"].as_str().and_then(|url| url.strip_prefix("http://")?.parse().ok());
        let address = address.expect("the edge listens for HTTP");
        Proxy { name: "edge502", version: version(&self.edge, "--version"), address, process }
    }

    /// nginx; `None` if it is not installed.
    pub(crate) fn nginx(&self, origin: SocketAddr) -> Option<Proxy> {
        let program = installed("nginx")?;
        let (address, directory, ca) = (free_port(), self.directory.path().display(), self.ca());
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary = temporary.map(|kind| format!("{kind}_temp_path {directory}/{kind};")).join("\n");
        let content = format!(
            "daemon off; master_process off; pid {directory}/nginx.pid; error_log {directory}/nginx.err;
            events {{ worker_connections 4096; }}
            http {{
                access_log {log} combined;
                {temporary}
                keepalive_requests 100000000;
                upstream origin {{ server {origin}; keepalive 64; keepalive_requests 100000000; }}
                server {{
                    listen {address};
                    location / {{
                        proxy_pass https://origin;
                        proxy_http_version 1.1;
                        proxy_set_header Connection '';
                        proxy_set_header Host {ORIGIN};
                        proxy_ssl_server_name on;
                        proxy_ssl_name {ORIGIN};
                        proxy_ssl_verify on;
                        proxy_ssl_verify_depth 2;
                        proxy_ssl_trusted_certificate {ca};
                        proxy_ssl_session_reuse off;
                        proxy_ssl_protocols TLSv1.2 TLSv1.3;
                    }}
                }}
            }}",
            log = self.log("nginx").display(),
            ca = ca.display(),
        );
        let configuration = self.write(&format!("nginx-{}.conf", address.port()), &content);
        let mut command = Command::new(&program);
        command.arg("-p").arg(self.directory.path()).arg("-c").arg(configuration);
        let version = version(&program, "-v");
        Some(Proxy { name: "nginx", version, address, process: started(command.stderr(Stdio::null()), address) })
    }

    /// HAProxy; `None` if it is not installed.
    pub(crate) fn haproxy(&self, origin: SocketAddr) -> Option<Proxy> {
        let program = installed("haproxy")?;
        let (address, ca) = (free_port(), self.ca());
        let content = format!(
            "global
                nbthread 1
                maxconn 4096
            defaults
                mode http
                timeout connect 10s
                timeout client 60s
                timeout server 60s
                log stdout format raw local0
                option httplog
                http-reuse always
            listen proxy
                bind {address}
                http-request set-header Host {ORIGIN}
                server origin {origin} ssl verify required ca-file {ca} sni str({ORIGIN}) verifyhost {ORIGIN} no-ssl-reuse
",
            ca = ca.display()
        );
        let configuration = self.write(&format!("haproxy-{}.conf", address.port()), &content);
        let log = File::create(self.log("haproxy")).expect("the directory can be written to");
        let mut command = Command::new(&program);
        command.arg("-db").arg("-f").arg(configuration).stdout(log).stderr(Stdio::null());
        Some(Proxy {
            name: "HAProxy",
            version: version(&program, "-v"),
            address,
            process: started(&mut command, address),
        })
    }

    /// The log of the proxy of this name.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.path(&format!("{name}.log"))
    }
}

/// The edge's configuration: nothing is cached but `/kept`, and two paths lead to origins that fail.
fn distribution() -> Value {
    let origin = |name: &str| {
        let custom = json!({
            "HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only",
            "OriginSslProtocols": { "Quantity": 1, "Items": ["TLSv1.2"] }
        });
        json!({ "Id": name, "DomainName": name, "CustomOriginConfig": custom })
    };
    let behavior = |path: Option<&str>, origin: &str, policy: &str| {
        let mut behavior =
            json!({ "TargetOriginId": origin, "ViewerProtocolPolicy": "allow-all", "CachePolicyId": policy });
        if let Some(path) = path {
            behavior["PathPattern"] = path.into();
        }
        behavior
    };
    let behaviors = [
        behavior(Some("/kept"), ORIGIN, OPTIMIZED),
        behavior(Some("/expired"), EXPIRED, DISABLED),
        behavior(Some("/refused"), REFUSED, DISABLED),
    ];
    json!({
        "CallerReference": "bench", "Comment": "", "Enabled": true,
        "Aliases": { "Quantity": 1, "Items": [HOST] },
        "Origins": { "Quantity": 3, "Items": [origin(ORIGIN), origin(EXPIRED), origin(REFUSED)] },
        "CacheBehaviors": { "Quantity": behaviors.len(), "Items": behaviors },
        "DefaultCacheBehavior": behavior(None, ORIGIN, DISABLED)
    })
}

/// The binary that was built with the same profile as this bench.
fn binary() -> PathBuf {
    let own = std::env::current_exe().expect("the system knows this program");
    let binary = own.ancestors().nth(2).expect("benches are built below the profile's directory").join("edge502");
    assert!(binary.exists(), "{} is missing; build it with: cargo build --release", binary.display());
    binary
}

/// Where a program is, if it is installed; Debian keeps servers outside an ordinary user's PATH.
fn installed(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    directories.map(|directory| directory.join(name)).find(|program| program.is_file())
}

/// The first line of what it says about itself.
fn version(program: &Path, flag: &str) -> String {
    let output = Command::new(program).arg(flag).output().expect("the program can be run");
    let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    String::from_utf8_lossy(&text).lines().next().unwrap_or_default().to_owned()
}

/// A port that was free a moment ago, for programs that cannot choose one themselves.
pub(crate) fn free_port() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    listener.local_addr().expect("it is bound")
}

/// The process, once it accepts connections.
fn started(command: &mut Command, address: SocketAddr) -> Process {
    let process = Process::start(command);
    for _ in 0..100 {
        if TcpStream::connect(address).is_ok() {
            return process;
        }
        sleep(Duration::from_millis(50));
    }
    panic!("{} does not listen on {address}", command.get_program().display());
}

//! The `pggit` program, as a user would start it.

use super::relay::{Relay, Segments};
use super::{PATIENCE, Postgres, free_port};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A running `pggit serve`; killed when dropped.
pub struct Proxy {
    child: Child,
    port: u16,
    metrics_port: u16,
    server: &'static Postgres,
    log: PathBuf,
    /// Before it and behind it, where this binary cuts what passes into segments.
    relays: Option<[Relay; 2]>,
}

/// The program under test.
pub fn pggit() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pggit"));
    command.stdin(Stdio::null());
    command
}

impl Proxy {
    /// In front of the shared server.
    pub fn start() -> Self {
        Self::start_with(Postgres::shared(), &[])
    }

    /// In front of `server`, with further arguments for `pggit serve`.
    pub fn start_with(server: &'static Postgres, arguments: &[&str]) -> Self {
        let log = tempfile::NamedTempFile::new()
            .and_then(|file| Ok(file.keep()?.1))
            .expect("a log file");
        let behind = Segments::of_this_binary().map(|cut| Relay::start(server.port(), cut));
        let upstream = behind.as_ref().map_or(server.port(), Relay::port);
        for _ in 0..5 {
            let (port, metrics_port) = (free_port(), free_port());
            let mut child = spawn(upstream, port, metrics_port, arguments, &log);
            if wait_until_listening(&mut child, port) {
                server.watch(child.id());
                return Self {
                    child,
                    port,
                    metrics_port,
                    server,
                    log,
                    relays: behind
                        .zip(Segments::of_this_binary())
                        .map(|(behind, cut)| [Relay::start(port, cut), behind]),
                };
            }
        }
        panic!(
            "the proxy does not start: {}",
            std::fs::read_to_string(&log).unwrap_or_default()
        );
    }

    /// Where clients connect.
    pub fn port(&self) -> u16 {
        match &self.relays {
            Some([before, _]) => before.port(),
            None => self.port,
        }
    }

    pub fn metrics_port(&self) -> u16 {
        self.metrics_port
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn server(&self) -> &'static Postgres {
        self.server
    }

    /// `postgres://role@127.0.0.1:port/database`.
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port())
    }

    /// What the proxy has logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// SIGKILL: it gets no chance to tidy up.
    pub fn kill(&mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a killed child ends");
    }

    /// Starts it again, on the same ports, after it was killed.
    pub fn restart(&mut self) {
        self.server.unwatch(self.child.id());
        let upstream = match &self.relays {
            Some([_, behind]) => behind.port(),
            None => self.server.port(),
        };
        self.child = spawn(upstream, self.port, self.metrics_port, &[], &self.log);
        self.server.watch(self.child.id());
        assert!(
            wait_until_listening(&mut self.child, self.port),
            "the proxy does not start again: {}",
            self.log()
        );
    }

    /// Sends a signal that it may handle.
    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        let pid = i32::try_from(self.child.id()).expect("a pid");
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal).expect("it runs");
    }

    /// Waits until it has ended by itself.
    pub fn wait(&mut self) -> ExitStatus {
        wait_for_exit(&mut self.child)
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child's state").is_none()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- the proxy's log ---\n{}", self.log());
        }
        let pid = self.child.id();
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.server.unwatch(pid);
        let _ = std::fs::remove_file(&self.log);
    }
}

/// Waits until `child` has ended by itself.
pub fn wait_for_exit(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().expect("a child's state") {
            return status;
        }
        assert!(Instant::now() < deadline, "the program does not end");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn spawn(upstream: u16, port: u16, metrics_port: u16, arguments: &[&str], log: &PathBuf) -> Child {
    let log = std::fs::OpenOptions::new()
        .append(true)
        .open(log)
        .expect("the log file");
    pggit()
        .arg("serve")
        .arg("--listen")
        .arg(format!("127.0.0.1:{port}"))
        .arg("--upstream")
        .arg(format!("postgres://postgres@127.0.0.1:{upstream}/postgres"))
        .arg("--metrics")
        .arg(format!("127.0.0.1:{metrics_port}"))
        .args(arguments)
        .stdout(log.try_clone().expect("a second handle"))
        .stderr(log)
        .process_group(0)
        .spawn()
        .expect("pggit runs")
}

/// Whether the proxy came up; `false` if it ended instead.
fn wait_until_listening(child: &mut Child, port: u16) -> bool {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait().expect("a child's state").is_none() {
        if TcpStream::connect(address).is_ok() {
            return true;
        }
        assert!(Instant::now() < deadline, "the proxy does not listen");
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

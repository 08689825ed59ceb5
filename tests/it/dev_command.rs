//! `pggit dev`: one command, one connection string, and nothing lost between two runs.

use crate::harness::proxy::{pggit, wait_for_exit};
use crate::harness::{Session, eventually, free_port};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::Permissions;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Stdio};

struct Dev {
    child: Child,
    /// The connection string that it printed.
    url: String,
}

impl Dev {
    fn start(data: &Path, port: u16) -> Self {
        let mut child = pggit()
            .arg("dev")
            .arg("--data")
            .arg(data)
            .args(["--listen", &format!("127.0.0.1:{port}")])
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("pggit runs");
        let output = child.stdout.take().expect("a pipe");
        let url = BufReader::new(output)
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                line.split_whitespace()
                    .find(|word| word.starts_with("postgres"))
                    .map(str::to_owned)
            });
        let Some(url) = url else {
            let status = wait_for_exit(&mut child);
            panic!("pggit dev printed no connection string: {status}");
        };
        Self { child, url }
    }

    fn signal(&mut self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).expect("a pid");
        kill(Pid::from_raw(pid), signal).expect("it runs");
    }

    fn stop(mut self, signal: Signal) {
        self.signal(signal);
        assert!(wait_for_exit(&mut self.child).success());
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        // A second SIGTERM ends a drain at once; the server must not be left behind.
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            self.signal(Signal::SIGTERM);
            self.signal(Signal::SIGINT);
            wait_for_exit(&mut self.child);
        }
    }
}

#[tokio::test]
async fn it_starts_again_on_the_same_data_with_its_history() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).expect("ours");
    let data = directory.path().join("data");

    let dev = Dev::start(&data, free_port());
    let session = Session::connect(&dev.url).await;
    session
        .run("CREATE TABLE users (id bigserial PRIMARY KEY, name text NOT NULL)")
        .await;
    session.run("INSERT INTO users (name) VALUES ('ada')").await;
    session
        .run("PGGIT BRANCH feature; SET pggit.branch = 'feature'")
        .await;
    session.run("ALTER TABLE users ADD COLUMN email text").await;
    let log = session.rows("PGGIT LOG feature").await;
    drop(session);
    dev.stop(Signal::SIGINT);

    let dev = Dev::start(&data, free_port());
    let session = Session::connect(&dev.url).await;
    assert_eq!(session.rows("PGGIT LOG feature").await, log);
    assert_eq!(session.value("SELECT name FROM users").await, "ada");
    session.run("PGGIT MERGE feature").await;
    session.assert_clean().await;
    drop(session);
    dev.stop(Signal::SIGTERM);

    // Killed without warning, it finds its server still running, or stopped: either way it starts.
    let mut dev = Dev::start(&data, free_port());
    dev.signal(Signal::SIGKILL);
    wait_for_exit(&mut dev.child);
    drop(dev);
    let dev = Dev::start(&data, free_port());
    let session = Session::connect(&dev.url).await;
    assert_eq!(session.value("SELECT count(email) FROM users").await, "0");
    session.assert_clean().await;
    drop(session);
    dev.stop(Signal::SIGINT);
    let postmaster = std::fs::read_dir(&data)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .any(|entry| entry.file_name() == "postmaster.pid");
    assert!(!postmaster, "the server was stopped");
}

#[tokio::test]
async fn an_open_transaction_does_not_hold_it_up_for_ever() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).expect("ours");
    let mut dev = Dev::start(&directory.path().join("data"), free_port());
    let session = Session::connect(&dev.url).await;
    session.run("BEGIN; CREATE TABLE unfinished (id int)").await;
    // Two of one kind that come at once may be delivered as one.
    dev.signal(Signal::SIGINT);
    dev.signal(Signal::SIGTERM);
    assert!(wait_for_exit(&mut dev.child).code().is_some());
    eventually("the client to notice", async || !session.is_usable().await).await;
}

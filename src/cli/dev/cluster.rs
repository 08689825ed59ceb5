//! A private PostgreSQL: created once, started and stopped with the proxy, reachable through a socket
//! that only its owner can use.

use super::DevError;
use super::account::Account;
use super::binaries::Binaries;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

pub(super) const SUPERUSER: &str = "postgres";
pub(super) const MAINTENANCE_DATABASE: &str = "postgres";

/// Only the name of the socket: the server does not listen on TCP.
pub(super) const PORT: u16 = 5432;

/// `sun_path` of Linux has 108 bytes, with the terminator.
const MAX_SOCKET_PATH: usize = 107;

/// How long a fast shutdown may take, and an immediate one after it.
const STOP_TIMEOUT: Duration = Duration::from_mins(1);

/// How much of the log an error shows.
const LOG_TAIL: u64 = 2000;

/// A running server, and the lock on its directory.
pub(super) struct Cluster {
    data: PathBuf,
    server: Child,
    /// Held as long as the proxy runs on this data, so that a second one leaves it alone.
    _lock: File,
}

impl Cluster {
    /// Creates the cluster if there is none yet, and starts its server. Does not wait until it is ready.
    pub(super) async fn start(
        binaries: &Binaries,
        account: Option<&Account>,
        data: &Path,
    ) -> Result<Self, DevError> {
        if socket(data).as_os_str().len() > MAX_SOCKET_PATH {
            return Err(DevError::SocketPath(data.to_owned()));
        }
        for directory in [data.to_owned(), socket_directory(data)] {
            create_directory(&directory)?;
            if let Some(account) = account {
                account.own(&directory)?;
            }
        }
        let lock = lock(data)?;
        let programs = Programs {
            binaries,
            account,
            data,
        };
        if !cluster_directory(data).join("PG_VERSION").exists() {
            programs.initialise().await?;
        }
        programs.stop_orphan().await?;
        Ok(Self {
            data: data.to_owned(),
            server: programs.start()?,
            _lock: lock,
        })
    }

    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    pub(super) fn socket_directory(&self) -> PathBuf {
        socket_directory(&self.data)
    }

    /// Waits until the server ends by itself, which it should not. Cancel safe.
    pub(super) async fn stopped(&mut self) -> DevError {
        let _ = self.server.wait().await;
        let log = log(&self.data);
        DevError::Stopped {
            tail: tail(&log).unwrap_or_default(),
            log,
        }
    }

    /// Stops the server in order: a fast shutdown, which ends its sessions and writes everything out.
    pub(super) async fn stop(mut self) -> Result<(), DevError> {
        for signal in [Signal::SIGINT, Signal::SIGQUIT] {
            // No id: it has ended and was waited for.
            let Some(pid) = self.server.id().and_then(|id| i32::try_from(id).ok()) else {
                return Ok(());
            };
            let _ = kill(Pid::from_raw(pid), signal);
            if tokio::time::timeout(STOP_TIMEOUT, self.server.wait())
                .await
                .is_ok()
            {
                return Ok(());
            }
        }
        Err(DevError::WillNotStop)
    }
}

/// The server's programs, run as the right user on one cluster.
struct Programs<'a> {
    binaries: &'a Binaries,
    account: Option<&'a Account>,
    data: &'a Path,
}

impl Programs<'_> {
    /// Everything runs in the data directory: the working directory may be out of the account's reach.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.program(program));
        command.current_dir(self.data).stdin(Stdio::null());
        if let Some(account) = self.account {
            account.run_as(&mut command);
        }
        command
    }

    /// Makes the cluster beside its place and moves it there, so that an `initdb` that was interrupted
    /// leaves nothing that looks like a cluster.
    async fn initialise(&self) -> Result<(), DevError> {
        let unfinished = self.data.join("unfinished");
        if unfinished.exists() {
            std::fs::remove_dir_all(&unfinished).map_err(io("could not remove", &unfinished))?;
        }
        let mut initdb = self.command("initdb");
        initdb
            .arg("--pgdata")
            .arg(&unfinished)
            .args(["--username", SUPERUSER, "--auth", "trust"])
            .args(["--encoding", "UTF8", "--locale", "C", "--no-instructions"]);
        self.finish("initdb", initdb).await?;
        let place = cluster_directory(self.data);
        std::fs::rename(&unfinished, &place).map_err(io("could not create", &place))
    }

    /// A server may have survived a proxy that was killed. We hold the lock, so it serves nobody.
    async fn stop_orphan(&self) -> Result<(), DevError> {
        let pg_ctl = |action: &str| {
            let mut command = self.command("pg_ctl");
            command
                .arg(action)
                .arg("--pgdata")
                .arg(cluster_directory(self.data));
            command
        };
        let status = pg_ctl("status").output().await;
        let running = status
            .map_err(io("could not run", &self.binaries.program("pg_ctl")))?
            .status
            .success();
        if running {
            tracing::warn!("stopping the PostgreSQL that an earlier pggit dev left behind");
            let mut stop = pg_ctl("stop");
            stop.args(["--mode", "fast", "--wait"]);
            self.finish("pg_ctl stop", stop).await?;
        }
        Ok(())
    }

    fn start(&self) -> Result<Child, DevError> {
        let path = log(self.data);
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(io("could not open", &path))?;
        let second = log.try_clone().map_err(io("could not open", &path))?;
        self.command("postgres")
            .arg("-D")
            .arg(cluster_directory(self.data))
            .arg("-k")
            .arg(socket_directory(self.data))
            .args([
                "-c",
                "listen_addresses=",
                "-c",
                "unix_socket_permissions=0700",
            ])
            .args(["-p", &PORT.to_string()])
            .stdout(log)
            .stderr(second)
            // Ctrl-C in a terminal goes to the whole group, and the proxy must leave first.
            .process_group(0)
            .spawn()
            .map_err(io("could not run", &self.binaries.program("postgres")))
    }

    async fn finish(&self, program: &'static str, mut command: Command) -> Result<(), DevError> {
        let output = command
            .output()
            .await
            .map_err(io("could not run", &self.binaries.program(program)))?;
        if output.status.success() {
            return Ok(());
        }
        Err(DevError::Program {
            program,
            output: String::from_utf8_lossy(&output.stderr)
                .trim_end()
                .to_owned(),
        })
    }
}

fn cluster_directory(data: &Path) -> PathBuf {
    data.join("postgres")
}

fn socket_directory(data: &Path) -> PathBuf {
    data.join("run")
}

fn socket(data: &Path) -> PathBuf {
    // The server also makes a lock file, whose name is longer.
    socket_directory(data).join(format!(".s.PGSQL.{PORT}.lock"))
}

fn log(data: &Path) -> PathBuf {
    data.join("postgres.log")
}

fn create_directory(path: &Path) -> Result<(), DevError> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(io("could not create", parent))?;
    }
    if path.is_dir() {
        return Ok(());
    }
    std::fs::DirBuilder::new()
        .mode(0o700)
        .create(path)
        .map_err(io("could not create", path))
}

fn lock(data: &Path) -> Result<File, DevError> {
    let path = data.join("lock");
    let file = File::create(&path).map_err(io("could not create", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DevError::InUse(data.to_owned())),
        Err(TryLockError::Error(source)) => Err(io("could not lock", &path)(source)),
    }
}

fn tail(log: &Path) -> std::io::Result<String> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL)))?;
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> DevError + use<> {
    let path = path.to_owned();
    move |source| DevError::Io { what, path, source }
}

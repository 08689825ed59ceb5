//! A private PostgreSQL server.

use super::free_port;
use std::fs;
use std::io::Write;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, OnceLock};

/// Who runs the server when the tests run as root, which PostgreSQL refuses to do.
const UNPRIVILEGED_USER: &str = "postgres";

/// Stops what the test process started once that process is gone: its standard input ends then.
/// Lines are `+<pid>` and `-<pid>` of processes to kill; the arguments are the server's program directory
/// and its data directory.
const WATCHDOG: &str = r#"
trap '' INT TERM
while read -r line; do
    case $line in
        +*) pids="$pids ${line#+} " ;;
        -*) pids=$(printf '%s' "$pids" | sed "s/ ${line#-} / /") ;;
    esac
done
[ -z "$pids" ] || kill -9 $pids 2>/dev/null
postmaster=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$postmaster" ]; then
    kill -QUIT "$postmaster" 2>/dev/null
    while kill -0 "$postmaster" 2>/dev/null; do sleep 0.05; done
fi
rm -rf "$1"
"#;

/// How much a server cares for its data.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// No fsync: what most tests want.
    None,
    /// As in production: for tests that crash it.
    Full,
}

/// A running server. Superuser `postgres`, trust authentication.
pub struct Postgres {
    directory: PathBuf,
    port: u16,
    postmaster: Mutex<Child>,
    /// Held open: the watchdog acts when it closes.
    watchdog: Mutex<ChildStdin>,
}

static SHARED: OnceLock<Postgres> = OnceLock::new();

impl Postgres {
    /// The server that the tests of this binary share.
    pub fn shared() -> &'static Self {
        SHARED.get_or_init(|| Self::start(Durability::None))
    }

    /// A server of its own.
    pub fn start(durability: Durability) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("pggit-test-")
            .tempdir()
            .expect("a temporary directory")
            .keep();
        give_to_server(&directory);
        let data = directory.join("data");
        let mut initdb = server_program("initdb");
        initdb.arg("-D").arg(&data).args([
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]);
        let output = initdb.output().expect("initdb runs");
        assert!(
            output.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&output.stderr)
        );

        let watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, "watchdog"])
            .arg(&directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("sh runs")
            .stdin
            .expect("its standard input is a pipe");

        // The port was free when it was asked for; somebody else may take it first.
        for _ in 0..5 {
            let port = free_port();
            let mut postmaster = spawn_postmaster(&directory, port, durability);
            if wait_until_ready(&mut postmaster, port) {
                return Self {
                    directory,
                    port,
                    postmaster: Mutex::new(postmaster),
                    watchdog: Mutex::new(watchdog),
                };
            }
        }
        panic!(
            "the server does not start: {}",
            fs::read_to_string(directory.join("log")).unwrap_or_default()
        );
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where the Unix socket is.
    pub fn socket_directory(&self) -> &Path {
        &self.directory
    }

    /// `postgres://role@127.0.0.1:port/database`.
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }

    /// What the server has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }

    pub fn data_directory(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// The server's own process.
    pub fn postmaster_pid(&self) -> u32 {
        self.postmaster.lock().expect("not poisoned").id()
    }

    /// Has a process killed when the test process ends without having done so.
    pub fn watch(&self, pid: u32) {
        self.tell_watchdog('+', pid);
    }

    pub fn unwatch(&self, pid: u32) {
        self.tell_watchdog('-', pid);
    }

    fn tell_watchdog(&self, sign: char, pid: u32) {
        let mut watchdog = self.watchdog.lock().expect("not poisoned");
        writeln!(watchdog, "{sign}{pid}").expect("the watchdog listens");
    }
}

/// The directory of `initdb`, `postgres`, `pg_dump` …
pub fn program_directory() -> PathBuf {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(find_program_directory).clone()
}

fn find_program_directory() -> PathBuf {
    if let Some(chosen) = std::env::var_os("PGGIT_TEST_PG_BIN") {
        return chosen.into();
    }
    let packaged = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|path| path.join("initdb").exists());
    let newest = packaged.max_by_key(|path| {
        let version = path.parent().and_then(Path::file_name);
        version.and_then(|name| name.to_str()?.parse::<u32>().ok())
    });
    newest
        .or_else(|| {
            std::env::split_paths(&std::env::var_os("PATH")?)
                .find(|path| path.join("initdb").exists() && path.join("postgres").exists())
        })
        .expect("PostgreSQL's server programs: install postgresql, or set PGGIT_TEST_PG_BIN")
}

/// A server program, to be run as a user it accepts.
pub fn server_program(name: &str) -> Command {
    let mut command = Command::new(program_directory().join(name));
    command.current_dir("/").stdin(Stdio::null());
    if let Some((uid, gid)) = unprivileged_ids() {
        command.uid(uid).gid(gid);
    }
    command
}

/// Makes `path` belong to whom the server runs as.
pub fn give_to_server(path: &Path) {
    if let Some((uid, gid)) = unprivileged_ids() {
        chown(path, Some(uid), Some(gid)).expect("root may change owners");
    }
}

/// `None` if this process may run the server itself.
fn unprivileged_ids() -> Option<(u32, u32)> {
    if !nix::unistd::Uid::effective().is_root() {
        return None;
    }
    let user = nix::unistd::User::from_name(UNPRIVILEGED_USER)
        .expect("the user database is readable")
        .expect("a user named postgres");
    Some((user.uid.as_raw(), user.gid.as_raw()))
}

fn spawn_postmaster(directory: &Path, port: u16, durability: Durability) -> Child {
    let log = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(directory.join("log"))
        .expect("a log file");
    let mut command = server_program("postgres");
    command
        .arg("-D")
        .arg(directory.join("data"))
        .arg("-k")
        .arg(directory)
        .arg(format!("-p{port}"))
        .args(["-c", "listen_addresses=127.0.0.1"])
        .args(["-c", "max_connections=300"])
        .args(["-c", "max_prepared_transactions=20"])
        .args(["-c", "log_min_messages=warning"]);
    if durability == Durability::None {
        command
            .args(["-c", "fsync=off"])
            .args(["-c", "full_page_writes=off"]);
    }
    command
        .stdout(log.try_clone().expect("a second handle"))
        .stderr(log)
        .process_group(0)
        .spawn()
        .expect("postgres runs")
}

/// Whether the server came up; `false` if it ended instead.
fn wait_until_ready(postmaster: &mut Child, port: u16) -> bool {
    let mut probe = super::programs::client_program("pg_isready");
    probe
        .args(["-q", "-h", "127.0.0.1", "-U", "postgres"])
        .arg(format!("-p{port}"));
    loop {
        if postmaster.try_wait().expect("a child's state").is_some() {
            return false;
        }
        if probe.status().is_ok_and(|status| status.success()) {
            return true;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

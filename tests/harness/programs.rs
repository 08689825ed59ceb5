//! Programs that people put in front of PostgreSQL.

use super::postgres::program_directory;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// A client program of PostgreSQL (`psql`, `pg_dump` …).
pub fn client_program(name: &str) -> Command {
    let beside_server = program_directory().join(name);
    let mut command = if beside_server.exists() {
        Command::new(beside_server)
    } else {
        Command::new(name)
    };
    command
        .env("PGCONNECT_TIMEOUT", "20")
        .env("PAGER", "cat")
        .env("PGGSSENCMODE", "prefer");
    command
}

/// Feeds a script to psql, without alignment and headers, and gives what it printed.
pub fn psql(url: &str, script: &str) -> String {
    let output = try_psql(url, script);
    assert!(
        output.status.success(),
        "psql failed on\n{script}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The same, whatever the outcome. Standard error follows standard output.
pub fn try_psql(url: &str, script: &str) -> Output {
    let mut command = client_program("psql");
    command
        .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url])
        .args(["-f", "-"]);
    feed(command, script)
}

/// Runs a program with the given standard input.
pub fn feed(mut command: Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program is installed");
    child
        .stdin
        .take()
        .expect("its standard input is a pipe")
        .write_all(input.as_bytes())
        .expect("it reads its input");
    child.wait_with_output().expect("it ends")
}

/// Runs a program that has to succeed, and gives what it printed.
pub fn succeed(command: &mut Command) -> String {
    let output = command.output().expect("the program is installed");
    assert!(
        output.status.success(),
        "{command:?} failed:\n{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The Python of the virtual environment that `make test` prepares.
pub fn python() -> Command {
    let path = repository().join(".venv/bin/python");
    assert!(
        path.exists(),
        "{} is missing: run `make test-tools`",
        path.display()
    );
    let mut command = Command::new(path);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Where the project is.
pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// `pg_dump -s` of one schema, without what differs from run to run. With `rename`, the schema's name is
/// replaced by that: a branch's dump can be compared with `main`'s.
pub fn dump_schema(url: &str, schema: &str, rename: Option<&str>) -> String {
    let mut command = client_program("pg_dump");
    command.args(["--schema-only", "--no-owner", "-n"]);
    command.arg(format!("\"{schema}\"")).args(["-d", url]);
    let dump = succeed(&mut command);
    let lines: Vec<String> = dump
        .lines()
        .filter(|line| !line.starts_with("--") && !line.trim().is_empty())
        .filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"))
        .map(|line| match rename {
            Some(name) => line
                .replace(&format!("\"{schema}\""), name)
                .replace(schema, name),
            None => line.to_owned(),
        })
        .collect();
    lines.join("\n")
}

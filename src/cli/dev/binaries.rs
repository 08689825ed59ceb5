//! Where the server's programs are.

use super::DevError;
use std::path::{Path, PathBuf};

const PROGRAMS: [&str; 3] = ["initdb", "postgres", "pg_ctl"];

/// Where packages put one directory per major version: Debian's, and those of postgresql.org for Red Hat.
const PACKAGES: [(&str, &str, &str); 2] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
];

/// A directory with all the programs.
#[derive(Clone, Debug)]
pub(super) struct Binaries(PathBuf);

impl Binaries {
    /// The directory asked for, else from `PATH`, else as `pg_config` says, else the newest version installed.
    pub(super) fn find(asked: Option<&Path>) -> Result<Self, DevError> {
        if let Some(directory) = asked {
            return complete(directory.to_owned())
                .ok_or_else(|| DevError::NotBinaries(directory.to_owned()));
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path)
            .chain(from_pg_config())
            .chain(from_packages())
            .find_map(complete)
            .ok_or(DevError::NoBinaries)
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

fn complete(directory: PathBuf) -> Option<Binaries> {
    PROGRAMS
        .iter()
        .all(|program| directory.join(program).is_file())
        .then_some(Binaries(directory))
}

fn from_pg_config() -> Option<PathBuf> {
    let output = std::process::Command::new("pg_config")
        .arg("--bindir")
        .output()
        .ok()?;
    let directory = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(directory.trim()))
}

/// Newest version first.
fn from_packages() -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = PACKAGES
        .iter()
        .flat_map(|(root, prefix, bin)| {
            let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
            entries.filter_map(move |entry| {
                let name = entry.file_name().into_string().ok()?;
                let version = name.strip_prefix(prefix)?.parse().ok()?;
                Some((version, entry.path().join(bin)))
            })
        })
        .collect();
    found.sort_by(|one, other| other.cmp(one));
    found.into_iter().map(|(_, directory)| directory).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_counts_only_with_all_programs() {
        let directory = tempfile::tempdir().unwrap();
        for program in PROGRAMS {
            assert!(Binaries::find(Some(directory.path())).is_err());
            std::fs::write(directory.path().join(program), "").unwrap();
        }
        let found = Binaries::find(Some(directory.path())).unwrap();
        assert_eq!(found.program("initdb"), directory.path().join("initdb"));
    }
}

//! A directory that holds an exported branch. Nothing outside of it is ever written or read: no symbolic link
//! in it is followed.

use crate::error::{ErrorReport, SqlState};
use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Path of a file in the directory, by its parts.
pub(super) type Parts = Vec<String>;

#[derive(Debug)]
pub(super) struct Directory {
    root: PathBuf,
}

impl Directory {
    /// One that is there.
    pub fn open(path: &Path) -> Result<Self, ErrorReport> {
        let root = path
            .canonicalize()
            .map_err(|error| failed("open", path, &error))?;
        if !root.is_dir() {
            return Err(failed("open", path, &ErrorKind::NotADirectory.into()));
        }
        Ok(Self { root })
    }

    /// One that is made where it is not.
    pub fn create(path: &Path) -> Result<Self, ErrorReport> {
        fs::create_dir_all(path).map_err(|error| failed("create", path, &error))?;
        Self::open(path)
    }

    /// What a file holds; `None` if there is none.
    pub fn read(&self, parts: &[String]) -> Result<Option<Vec<u8>>, ErrorReport> {
        let Some(path) = self.existing(parts)? else {
            return Ok(None);
        };
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("read", &path, &error)),
        }
    }

    pub fn exists(&self, parts: &[String]) -> Result<bool, ErrorReport> {
        Ok(self.existing(parts)?.is_some())
    }

    /// Writes a file that is there in whole or not at all. `false` if it held these bytes already.
    pub fn write(&self, parts: &[String], bytes: &[u8]) -> Result<bool, ErrorReport> {
        if self.read(parts)?.is_some_and(|held| held == bytes) {
            return Ok(false);
        }
        let mut directory = self.root.clone();
        let (name, parents) = parts
            .split_last()
            .ok_or_else(|| failed("write", &self.root, &ErrorKind::InvalidInput.into()))?;
        for part in parents {
            directory.push(part);
            match fs::create_dir(&directory) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                    return Err(failed("create", &directory, &error));
                }
                _ => {}
            }
        }
        // Links among them have been refused; a new one would take somebody who may write here anyway.
        let path = directory.join(name);
        let unfinished = directory.join(format!(".{name}.{}", std::process::id()));
        let written = write_new(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, &path));
        written.map_err(|error| {
            let _ = fs::remove_file(&unfinished);
            failed("write", &path, &error)
        })?;
        Ok(true)
    }

    pub fn remove(&self, parts: &[String]) -> Result<(), ErrorReport> {
        if let Some(path) = self.existing(parts)? {
            fs::remove_file(&path).map_err(|error| failed("remove", &path, &error))?;
        }
        // Directories that are empty now go, too; the others stay, which is what the error says.
        for end in (1..parts.len()).rev() {
            let directory: PathBuf = parts[..end].iter().collect();
            if fs::remove_dir(self.root.join(directory)).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// All files below a directory.
    pub fn files(&self, below: &str) -> Result<BTreeSet<Parts>, ErrorReport> {
        let mut files = BTreeSet::new();
        let mut open = vec![vec![below.to_owned()]];
        while let Some(parts) = open.pop() {
            let Some(path) = self.existing(&parts)? else {
                continue;
            };
            let entries = fs::read_dir(&path).map_err(|error| failed("read", &path, &error))?;
            for entry in entries {
                let entry = entry.map_err(|error| failed("read", &path, &error))?;
                let name = entry.file_name().into_string().map_err(|name| {
                    let error = io::Error::new(ErrorKind::InvalidData, "its name is no UTF-8");
                    failed("read", &path.join(name), &error)
                })?;
                let mut parts = parts.clone();
                parts.push(name);
                let kind = entry
                    .file_type()
                    .map_err(|error| failed("read", &entry.path(), &error))?;
                if kind.is_symlink() {
                    return Err(linked(&entry.path()));
                } else if kind.is_dir() {
                    open.push(parts);
                } else {
                    files.insert(parts);
                }
            }
        }
        Ok(files)
    }

    /// The path, if something is there; an error if a symbolic link is on the way, or it is neither file nor directory.
    fn existing(&self, parts: &[String]) -> Result<Option<PathBuf>, ErrorReport> {
        let mut path = self.root.clone();
        for part in parts {
            path.push(part);
            match fs::symlink_metadata(&path) {
                Ok(found) if found.is_symlink() => return Err(linked(&path)),
                Ok(found) if found.is_file() || found.is_dir() => {}
                Ok(_) => return Err(failed("read", &path, &ErrorKind::InvalidInput.into())),
                Err(error)
                    if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
                {
                    return Ok(None);
                }
                Err(error) => return Err(failed("read", &path, &error)),
            }
        }
        Ok(Some(path))
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)
}

fn failed(verb: &str, path: &Path, error: &io::Error) -> ErrorReport {
    ErrorReport::new(
        SqlState::IO_ERROR,
        format!("could not {verb} \"{}\": {error}", path.display()),
    )
}

fn linked(path: &Path) -> ErrorReport {
    ErrorReport::new(
        SqlState::IO_ERROR,
        format!("\"{}\" is a symbolic link", path.display()),
    )
    .with_detail(
        "Links are not followed, so that nothing outside of the directory is read or written.",
    )
}

//! PostgreSQL refuses to run as root: then it runs as an account without privileges.

use super::DevError;
use nix::unistd::{Gid, Uid, User, chown, geteuid};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use tokio::process::Command;

/// The account that runs the server where the proxy runs as root.
#[derive(Clone, Debug)]
pub(super) struct Account {
    name: String,
    uid: Uid,
    gid: Gid,
}

impl Account {
    /// `None` where the proxy is not root, so that the server can run as the same user.
    pub(super) fn of_server() -> Result<Option<Self>, DevError> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(|user| Self {
                name: user.name,
                uid: user.uid,
                gid: user.gid,
            })
            .map(Some)
            .ok_or(DevError::NoAccount)
    }

    /// Makes `command` run as this account.
    pub(super) fn run_as(&self, command: &mut Command) {
        command.uid(self.uid.as_raw()).gid(self.gid.as_raw());
    }

    pub(super) fn own(&self, path: &Path) -> Result<(), DevError> {
        chown(path, Some(self.uid), Some(self.gid)).map_err(|error| DevError::Io {
            what: "could not give away",
            path: path.to_owned(),
            source: error.into(),
        })
    }

    /// Whether the account may enter every directory above `path` that exists already.
    pub(super) fn check_reach(&self, path: &Path) -> Result<(), DevError> {
        for directory in path.ancestors().skip(1) {
            let Ok(metadata) = directory.metadata() else {
                continue;
            };
            let bit = if metadata.uid() == self.uid.as_raw() {
                0o100
            } else if metadata.gid() == self.gid.as_raw() {
                0o010
            } else {
                0o001
            };
            if metadata.mode() & bit == 0 {
                return Err(DevError::OutOfReach {
                    user: self.name.clone(),
                    directory: directory.to_owned(),
                });
            }
        }
        Ok(())
    }
}

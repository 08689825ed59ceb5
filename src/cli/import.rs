//! `pggit import`.

use super::error::CliError;
use super::target::Target;
use crate::error::Report;
use crate::repo::{Identity, Repo, Versioning, exchange, verify};
use clap::Args;
use std::path::PathBuf;

const ABOUT: &str = "\
Reads what `pggit export` has written, computes every hash again, stores the commits that the database lacks, and
makes a branch of them, objects and all. If anything is missing or is not what its name says, nothing is stored.

A branch's functions run as their owners once they are used: import what you trust.";

#[derive(Debug, Args)]
#[command(after_help = ABOUT)]
pub(super) struct Import {
    #[command(flatten)]
    target: Target,

    /// The database that gets the branch; it must be under version control
    #[arg(long, value_name = "NAME")]
    database: String,

    /// What to call the branch [default: as it was called where it was exported]
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,

    /// Where from
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

impl Import {
    pub(super) async fn run(self) -> Result<(), CliError> {
        let failed = |report| CliError::Database(self.database.clone(), report);
        let (config, operations) = self.target.connect()?;
        let (_, readers) = self.target.connect()?;
        let repo = Repo::new(operations, readers, Versioning::from(&config));
        let database = repo
            .database(&self.database)
            .await
            .map_err(|error| failed(error.report()))?
            .ok_or_else(|| failed(verify::not_versioned()))?;
        let identity = Identity {
            role: config.upstream.user.clone(),
            application: "pggit".to_owned(),
            address: String::new(),
        };
        let done = exchange::import(
            &database,
            &self.directory,
            self.branch.as_deref(),
            &identity,
        )
        .await
        .map_err(failed)?;
        let branch = done.map.branch();
        println!(
            "branch \"{branch}\" {} {}: {} commits stored, {} were there",
            if done.already { "is at" } else { "starts at" },
            done.head.short(),
            done.new,
            done.known
        );
        database.complete(done.map.id()).await.map_err(failed)
    }
}

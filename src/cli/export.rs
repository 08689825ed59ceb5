//! `pggit export`.

use super::error::CliError;
use super::target::Target;
use crate::error::Report;
use crate::repo::exchange;
use clap::Args;
use std::path::PathBuf;

const ABOUT: &str = "\
Writes DIR/schema, a .sql file for each object of the branch's head, and DIR/history, from which `pggit import`
makes the same commits in another database. What is written depends on the history alone, so a git repository that
holds the directory changes where the branch has changed. Beside those two, nothing in DIR is touched.";

#[derive(Debug, Args)]
#[command(after_help = ABOUT)]
pub(super) struct Export {
    #[command(flatten)]
    target: Target,

    /// The database whose branch to export
    #[arg(long, value_name = "NAME")]
    database: String,

    /// The branch to export
    #[arg(long, value_name = "NAME", default_value = "main")]
    branch: String,

    /// Where to; made if it is not there
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

impl Export {
    pub(super) async fn run(self) -> Result<(), CliError> {
        let failed = |report| CliError::Database(self.database.clone(), report);
        let (_, pools) = self.target.connect()?;
        let mut connection = pools
            .get(&self.database)
            .await
            .map_err(|error| failed(error.report()))?;
        let done = exchange::export(&mut connection, &self.branch, &self.directory)
            .await
            .map_err(failed)?;
        println!(
            "branch \"{}\" at {}: {} commits, {} objects; {} files written, {} removed",
            self.branch,
            done.head.short(),
            done.commits,
            done.objects,
            done.written,
            done.removed
        );
        Ok(())
    }
}

//! `pggit init`.

use super::error::CliError;
use crate::config::{self, Config, Flags, load::find_file};
use crate::error::Report;
use crate::repo;
use crate::server::SetupError;
use crate::upstream::AdminPools;
use clap::Args;
use std::collections::BTreeSet;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Init {
    /// Configuration file [default: pggit.toml, if there is one here]
    #[arg(long, value_name = "FILE", env = "PGGIT_CONFIG")]
    config: Option<PathBuf>,

    /// The server and the proxy's administrative role there: postgres://role:password@host:port
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,

    /// The database to put under version control; may be repeated
    #[arg(long, value_name = "NAME", required = true)]
    database: Vec<String>,
}

impl Init {
    pub(super) async fn run(self) -> Result<(), CliError> {
        let flags = Flags {
            upstream: self.upstream,
            ..Flags::default()
        };
        let file = find_file(self.config);
        let config = config::load(file.as_deref(), super::environment(), &flags)
            .map_err(CliError::Config)?;
        let pools = AdminPools::new(&config.upstream).map_err(SetupError::from)?;
        for database in &self.database {
            println!("{}", initialise(&pools, &config, database).await?);
        }
        Ok(())
    }
}

/// Puts one database under version control and says what became of it.
pub(super) async fn initialise(
    pools: &AdminPools,
    config: &Config,
    database: &str,
) -> Result<String, CliError> {
    let failed = |report| CliError::Database(database.to_owned(), report);
    let excluded: BTreeSet<String> = config.versioning.excluded_schemas.iter().cloned().collect();
    let mut connection = pools
        .get(database)
        .await
        .map_err(|error| failed(error.report()))?;
    let report = repo::init(&mut connection, &excluded)
        .await
        .map_err(failed)?;
    let mut lines = vec![if report.already {
        format!("database \"{database}\" is under version control already")
    } else {
        format!(
            "database \"{database}\" is under version control: {} objects in main's first commit {}",
            report.objects, report.commit
        )
    }];
    let not_versioned = report
        .unsupported
        .iter()
        .map(|found| format!("  not versioned: {} {}", found.kind, found.name));
    lines.extend(not_versioned);
    Ok(lines.join("\n"))
}

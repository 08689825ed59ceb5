//! `pggit init`.

use super::error::CliError;
use super::target::Target;
use crate::config::Config;
use crate::error::Report;
use crate::repo;
use crate::upstream::AdminPools;
use clap::Args;
use std::collections::BTreeSet;

#[derive(Debug, Args)]
pub(super) struct Init {
    #[command(flatten)]
    target: Target,

    /// The database to put under version control; may be repeated
    #[arg(long, value_name = "NAME", required = true)]
    database: Vec<String>,

    /// Note who does DDL past the proxy, by event triggers: a superuser's to install
    #[arg(long, overrides_with = "no_event_trigger")]
    event_trigger: bool,

    /// Take those event triggers away
    #[arg(long)]
    no_event_trigger: bool,
}

impl Init {
    pub(super) async fn run(self) -> Result<(), CliError> {
        let (config, pools) = self.target.connect()?;
        for database in &self.database {
            println!("{}", initialise(&pools, &config, database).await?);
            if self.event_trigger || self.no_event_trigger {
                install(&pools, database, self.event_trigger).await?;
            }
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

async fn install(pools: &AdminPools, database: &str, wanted: bool) -> Result<(), CliError> {
    let failed = |report| CliError::Database(database.to_owned(), report);
    let mut connection = pools
        .get(database)
        .await
        .map_err(|error| failed(error.report()))?;
    repo::event_trigger::install(&mut connection, wanted)
        .await
        .map_err(failed)?;
    println!(
        "  DDL past the proxy is {}",
        if wanted {
            "noted by event triggers"
        } else {
            "no longer noted"
        }
    );
    Ok(())
}

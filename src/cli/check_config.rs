//! `pggit check-config`.

use super::Sources;
use super::error::CliError;
use crate::config::{Config, Problem};
use crate::server::Terminator;
use crate::telemetry::logging;
use crate::upstream::AdminPools;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct CheckConfig {
    #[command(flatten)]
    sources: Sources,
}

impl CheckConfig {
    pub(super) async fn run(self) -> Result<(), CliError> {
        let config = self.sources.load()?;
        let mut problems = config.problems();
        problems.extend(unusable(&config, &problems));
        match AdminPools::new(&config.upstream) {
            Ok(pools) => {
                if let Err(error) = pools.connector().connect().await {
                    eprintln!("warning: {error}");
                }
            }
            Err(error) => add(&mut problems, "upstream", &error),
        }
        if !problems.is_empty() {
            return Err(CliError::Config(problems));
        }
        println!("configuration is valid");
        Ok(())
    }
}

/// What only shows when it is put to use: files that hold the wrong thing, a filter that does not parse.
fn unusable(config: &Config, known: &[Problem]) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !known
        .iter()
        .any(|problem| problem.setting.starts_with("tls."))
        && let Err(error) = Terminator::new(&config.tls)
    {
        add(&mut problems, "tls", &error);
    }
    if let Err(error) = logging::filter(&config.log) {
        add(&mut problems, "log.filter", &error);
    }
    problems
}

/// Adds a problem with one of `section`'s settings, unless that is known already.
fn add(problems: &mut Vec<Problem>, section: &str, error: &dyn std::error::Error) {
    if !problems
        .iter()
        .any(|problem| problem.setting.starts_with(section))
    {
        problems.push(Problem::new(section, error.to_string()));
    }
}

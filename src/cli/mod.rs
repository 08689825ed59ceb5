//! How a person starts it: `serve`, `dev`, `init`, `verify`, `export`, `import`, `check-config`.

mod check_config;
mod dev;
mod error;
mod export;
mod import;
mod init;
mod serve;
mod shutdown;
mod target;
mod verify;

use crate::config::{self, Config, Flags, load::find_file};
use clap::{Args, Parser, Subcommand};
use error::CliError;
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  pggit dev
      starts a private PostgreSQL and the proxy in front of it, and prints a connection string
  pggit init --upstream postgres://postgres@db:5432 --database app
      puts the database app under version control
  pggit serve --listen 0.0.0.0:6432 --upstream postgres://postgres@db:5432
      serves clients in front of the server db
  pggit verify --upstream postgres://postgres@db:5432 --database app
      hashes all of the database's history again
  pggit export --upstream postgres://postgres@db:5432 --database app --branch main ./app
      writes the branch main as files; `pggit import` makes a branch of them
  pggit check-config --config /etc/pggit.toml
      says everything that is wrong with a configuration

Every setting can also come from the environment: PGGIT_UPSTREAM__HOST is upstream.host.";

/// Branches, merges and history for any PostgreSQL database, as a proxy in front of it
#[derive(Debug, Parser)]
#[command(name = "pggit", version, after_help = EXAMPLES, args_override_self = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve clients in front of a PostgreSQL server
    Serve(serve::Serve),
    /// Start a private PostgreSQL, prepare a database and serve it: everything one needs to try pgGit
    Dev(dev::Dev),
    /// Put databases under version control
    Init(init::Init),
    /// Verify that a database's history is what it says
    Verify(verify::Verify),
    /// Write a branch and its history as files
    Export(export::Export),
    /// Make a branch of files that `export` has written
    Import(import::Import),
    /// Say everything that is wrong with a configuration
    CheckConfig(check_config::CheckConfig),
}

/// Where settings come from, for the commands that take them all.
#[derive(Debug, Args)]
struct Sources {
    /// Configuration file [default: pggit.toml, if there is one here]
    #[arg(long, value_name = "FILE", env = "PGGIT_CONFIG")]
    config: Option<PathBuf>,

    /// Where clients connect: host:port, or the path of a Unix socket; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<String>,

    /// The server and the proxy's administrative role there: postgres://role:password@host:port
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,

    /// Where /metrics, /livez and /readyz are served: host:port
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<String>,
}

impl Sources {
    fn load(&self) -> Result<Config, CliError> {
        let flags = Flags {
            listen: self.listen.clone(),
            upstream: self.upstream.clone(),
            metrics: self.metrics.clone(),
        };
        let file = find_file(self.config.clone());
        config::load(file.as_deref(), environment(), &flags).map_err(CliError::Config)
    }
}

/// The environment, as far as it is text.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// The whole program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // Connections have threads of their own; what is left needs one.
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("pggit: could not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(async {
        match cli.command {
            Command::Serve(command) => command.run().await,
            Command::Dev(command) => command.run().await,
            Command::Init(command) => command.run().await,
            Command::Verify(command) => command.run().await,
            Command::Export(command) => command.run().await,
            Command::Import(command) => command.run().await,
            Command::CheckConfig(command) => command.run().await,
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}

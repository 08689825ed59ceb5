//! Which server: for the commands that go to it once and end.

use super::error::CliError;
use crate::config::{self, Config, Flags, load::find_file};
use crate::server::SetupError;
use crate::upstream::AdminPools;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Target {
    /// Configuration file [default: pggit.toml, if there is one here]
    #[arg(long, value_name = "FILE", env = "PGGIT_CONFIG")]
    config: Option<PathBuf>,

    /// The server and the proxy's administrative role there: postgres://role:password@host:port
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,
}

impl Target {
    /// The configuration and connections of the administrative role.
    pub(super) fn connect(&self) -> Result<(Config, AdminPools), CliError> {
        let flags = Flags {
            upstream: self.upstream.clone(),
            ..Flags::default()
        };
        let file = find_file(self.config.clone());
        let config = config::load(file.as_deref(), super::environment(), &flags)
            .map_err(CliError::Config)?;
        let pools = AdminPools::new(&config.upstream).map_err(SetupError::from)?;
        Ok((config, pools))
    }
}

//! `pggit dev`: a private PostgreSQL and the proxy in front of it, until Ctrl-C.

mod account;
mod binaries;
mod cluster;

use super::error::CliError;
use super::serve::Bound;
use super::{init, shutdown};
use crate::config::{self, Config, Flags};
use crate::error::Report;
use crate::schema::quote::quote_identifier;
use crate::server::{Listener, Shutdown};
use crate::telemetry::logging;
use crate::upstream::{AdminPools, Executor};
use account::Account;
use binaries::Binaries;
use clap::Args;
use cluster::Cluster;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Where the data is unless `--data` says otherwise.
const DEFAULT_DATA: &str = ".pggit";

/// Where it is if the account that runs the server cannot enter the working directory.
const DEFAULT_DATA_OF_ROOT: &str = "/var/lib/pggit";

const DATABASE_EXISTS: &str = "SELECT 'yes'::text FROM pg_catalog.pg_database WHERE datname = $1";

/// Time between two looks whether the server is ready: first, and at most.
const POLL: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(5)..=Duration::from_millis(200);

/// Why there is no private server.
#[derive(Debug, thiserror::Error)]
pub(super) enum DevError {
    #[error(
        "no PostgreSQL server programs found (initdb, postgres, pg_ctl)\n\
         Install them (Debian: apt install postgresql), or say where they are with --pg-bin."
    )]
    NoBinaries,
    #[error("{} is without the server programs initdb, postgres and pg_ctl", .0.display())]
    NotBinaries(PathBuf),
    #[error(
        "PostgreSQL does not run as root, and there is neither a user \"postgres\" nor \"nobody\""
    )]
    NoAccount,
    #[error("user \"{user}\" cannot enter {}, choose another place with --data", directory.display())]
    OutOfReach { user: String, directory: PathBuf },
    #[error("the path of the data directory is too long for a Unix socket in it, choose another with --data: {}", .0.display())]
    SocketPath(PathBuf),
    #[error("another pggit dev runs on the data in {}", .0.display())]
    InUse(PathBuf),
    #[error("{what} {}: {source}", path.display())]
    Io {
        what: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{program} failed:\n{output}")]
    Program {
        program: &'static str,
        output: String,
    },
    #[error("PostgreSQL has stopped; the end of {}:\n{tail}", log.display())]
    Stopped { log: PathBuf, tail: String },
    #[error("PostgreSQL does not stop")]
    WillNotStop,
}

#[derive(Debug, Args)]
pub(super) struct Dev {
    /// Where the data is kept; kept data is used again [default: .pggit, or /var/lib/pggit if root starts it where
    /// the server's user cannot go]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Where clients connect: host:port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:6432")]
    listen: String,

    /// The database to create and to put under version control
    #[arg(long, value_name = "NAME", default_value = "app")]
    database: String,

    /// Where /metrics, /livez and /readyz are served: host:port
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<String>,

    /// Directory of the server programs [default: from PATH, pg_config, or the newest installed]
    #[arg(long, value_name = "DIR")]
    pg_bin: Option<PathBuf>,
}

impl Dev {
    pub(super) async fn run(self) -> Result<(), CliError> {
        let mut config = self.config()?;
        logging::init(&config.log)?;
        let shutdown = shutdown::on_signals()?;
        let binaries = Binaries::find(self.pg_bin.as_deref())?;
        let account = Account::of_server()?;
        let data = self.data_directory(account.as_ref())?;

        let mut cluster = Cluster::start(&binaries, account.as_ref(), &data).await?;
        config.upstream.host = cluster.socket_directory().display().to_string();
        config.upstream.port = cluster::PORT;
        cluster::SUPERUSER.clone_into(&mut config.upstream.user);
        let served = self.serve(&config, &shutdown, &mut cluster).await;
        let stopped = cluster.stop().await;
        served?;
        Ok(stopped?)
    }

    /// Settings come from flags and the environment; the server's part of them follows from the data directory.
    fn config(&self) -> Result<Config, CliError> {
        let flags = Flags {
            listen: vec![self.listen.clone()],
            upstream: None,
            metrics: self.metrics.clone(),
        };
        let quiet = ("PGGIT_LOG__FILTER".to_owned(), "warn".to_owned());
        let environment = std::iter::once(quiet).chain(super::environment());
        let unrelated = |(name, _): &(String, String)| !name.starts_with("PGGIT_UPSTREAM__");
        config::load(None, environment.filter(unrelated), &flags).map_err(CliError::Config)
    }

    fn data_directory(&self, account: Option<&Account>) -> Result<PathBuf, DevError> {
        let asked = self
            .data
            .clone()
            .unwrap_or_else(|| PathBuf::from(DEFAULT_DATA));
        let absolute = std::path::absolute(&asked).map_err(|source| DevError::Io {
            what: "could not find",
            path: asked,
            source,
        })?;
        let Some(account) = account else {
            return Ok(absolute);
        };
        match account.check_reach(&absolute) {
            Ok(()) => Ok(absolute),
            Err(_) if self.data.is_none() => Ok(PathBuf::from(DEFAULT_DATA_OF_ROOT)),
            Err(error) => Err(error),
        }
    }

    async fn serve(
        &self,
        config: &Config,
        shutdown: &Shutdown,
        cluster: &mut Cluster,
    ) -> Result<(), CliError> {
        let bound = tokio::select! {
            bound = self.prepare(config, shutdown) => bound?,
            error = cluster.stopped() => return Err(error.into()),
            () = shutdown.drain.cancelled() => return Ok(()),
        };
        if let Some(address) = bound.listeners.iter().find_map(Listener::local_addr) {
            self.greet(address, cluster);
        }
        tokio::select! {
            served = bound.serve() => served,
            error = cluster.stopped() => Err(error.into()),
        }
    }

    /// Waits for the server, creates the database, puts it under version control, takes the addresses.
    async fn prepare(&self, config: &Config, shutdown: &Shutdown) -> Result<Bound, CliError> {
        let pools = AdminPools::new(&config.upstream).map_err(crate::server::SetupError::from)?;
        let mut pause = *POLL.start();
        let mut postgres = loop {
            match pools.get(cluster::MAINTENANCE_DATABASE).await {
                Ok(connection) => break connection,
                // It ends with the server, should that not come up.
                Err(_) => tokio::time::sleep(pause).await,
            }
            pause = (pause * 2).min(*POLL.end());
        };
        let create = async {
            let exists = postgres
                .query(DATABASE_EXISTS, &[Some(&self.database)])
                .await?;
            if exists.is_empty() {
                let create = format!("CREATE DATABASE {}", quote_identifier(&self.database));
                postgres.batch(&create).await?;
            }
            Ok::<_, crate::upstream::DbError>(())
        };
        create
            .await
            .map_err(|error| CliError::Database(self.database.clone(), error.report()))?;
        init::initialise(&pools, config, &self.database).await?;
        Bound::new(config, shutdown).await
    }

    fn greet(&self, mut address: SocketAddr, cluster: &Cluster) {
        if address.ip().is_unspecified() {
            address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
        let database = percent_encoding::utf8_percent_encode(
            &self.database,
            percent_encoding::NON_ALPHANUMERIC,
        );
        println!(
            "pgGit is ready. Its data is in {}; Ctrl-C stops it.\n\n  psql postgres://{}@{address}/{database}\n",
            cluster.data().display(),
            cluster::SUPERUSER,
        );
    }
}

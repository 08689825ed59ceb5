//! How a script says what it sees: one line of JSON for each check.

use serde_json::{Value, json};
use std::env::var;

/// What the runner tells of the server.
pub struct Place {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: String,
    pub database: String,
    pub other_database: String,
    pub certificate: String,
    through_the_proxy: bool,
}

impl Place {
    pub fn from_environment() -> Self {
        let read = |name| var(name).unwrap_or_else(|_| panic!("{name} is set"));
        Self {
            host: read("PGHOST"),
            port: read("PGPORT").parse().expect("a port"),
            user: read("PGUSER"),
            password: read("PGPASSWORD"),
            database: read("PGDATABASE"),
            other_database: read("OTHER_DATABASE"),
            certificate: read("ROOT_CERTIFICATE"),
            through_the_proxy: read("TARGET") == "main",
        }
    }
}

pub type Error = Box<dyn std::error::Error + Send + Sync>;
pub type Seen = Result<Value, Error>;

impl Place {
    /// Runs a check and says what it saw.
    pub async fn check(&self, name: &str, seen: impl Future<Output = Seen>) {
        let (outcome, detail) = match seen.await {
            Ok(seen) => ("ok", seen),
            Err(error) => ("error", json!(format!("{error:?}"))),
        };
        println!(
            "{}",
            json!({"check": name, "outcome": outcome, "detail": detail})
        );
    }

    /// The same for what only the proxy has, which is checked on `main`.
    pub async fn branch_check(&self, name: &str, seen: impl Future<Output = Seen>) {
        if self.through_the_proxy {
            self.check(name, seen).await;
        }
    }

    /// The driver has no such thing.
    pub fn absent(&self, reason: &str, names: &[&str]) {
        for name in names {
            println!(
                "{}",
                json!({"check": name, "outcome": "absent", "detail": reason})
            );
        }
    }

    /// `package` as this program's lock file has it.
    pub fn say_version(&self, package: &str) {
        let lock = include_str!("../Cargo.lock");
        let found = lock.split_once(&format!("name = \"{package}\"\nversion = \""));
        let version = found.and_then(|(_, rest)| rest.split('"').next());
        println!("{}", json!({"version": version.expect("a dependency")}));
    }
}

pub const EVERYTHING: &str = "SELECT * FROM everything ORDER BY id";

pub const BAD: &[&str] = &[
    "SELECT nothing FROM person",
    "SELECT 'é', nothing FROM person",
    "SELEC 1",
    "SELECT * FROM nowhere",
    "SELECT * FROM public.nowhere",
    "INSERT INTO person (name, email) VALUES ('x', 'ada@example.org')",
    "INSERT INTO public.person (name, age) VALUES ('x', -1)",
    "INSERT INTO person (name) VALUES (NULL)",
    "INSERT INTO person (name, boss) VALUES ('x', 99)",
    "INSERT INTO public.person (name, years) VALUES ('x', 0)",
    "SELECT 1/0",
    "SELECT refuse()",
    "SELECT public.nothing(1)",
    "CREATE TABLE person (id int)",
    "DROP TABLE nowhere",
];

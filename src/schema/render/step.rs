//! One statement of a migration, and what to know before running it.

use crate::schema::model::{Acl, Kind, Lineage, ObjectKey};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What one should know of a statement before running it, in the words pg-schema-diff gave them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Hazard {
    DeletesData,
    /// Readers and writers wait while it runs, for a time that grows with the rows.
    AcquiresAccessExclusiveLock,
    /// Writers wait while it runs.
    AcquiresShareLock,
    IndexBuild,
    /// Queries may become slow.
    IndexDropped,
    /// Someone may lose or gain rights.
    AuthzUpdate,
    /// Something may depend on it that no catalog tells of.
    HasUntrackableDependencies,
    /// It may fail, or mean something else than before, depending on the rows.
    Correctness,
}

impl Hazard {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DeletesData => "DELETES_DATA",
            Self::AcquiresAccessExclusiveLock => "ACQUIRES_ACCESS_EXCLUSIVE_LOCK",
            Self::AcquiresShareLock => "ACQUIRES_SHARE_LOCK",
            Self::IndexBuild => "INDEX_BUILD",
            Self::IndexDropped => "INDEX_DROPPED",
            Self::AuthzUpdate => "AUTHZ_UPDATE",
            Self::HasUntrackableDependencies => "HAS_UNTRACKABLE_DEPENDENCIES",
            Self::Correctness => "CORRECTNESS",
        }
    }
}

impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One statement, without a semicolon, every name in it logical and schema-qualified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    pub sql: String,
    /// Sorted, without duplicates.
    pub hazards: Vec<Hazard>,
    /// The object it is about.
    pub object: ObjectKey,
}

/// What the schemas alone do not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RenderOptions {
    /// `USING` expressions of type changes, by the lineage of table and column.
    pub using: BTreeMap<(Lineage, Lineage), String>,
    /// The role that will run the statements: what it creates is its own already. `None` names every
    /// new object's owner.
    pub creator: Option<Creator>,
    /// Where the statements will run, as `server_version_num`. 0 asks for what every version understands.
    pub server_version: u32,
    /// Foreign keys are made with new tables where they can be: quicker to run, harder to read.
    pub foreign_keys_within: bool,
}

impl RenderOptions {
    /// Every `NOT NULL` is to have the name it should, though it keeps its own when a table or column is renamed, and the
    /// default one may be taken. Only since PostgreSQL 18 it has one. Before, only other names than the default are said.
    pub(super) fn names_not_null(&self) -> bool {
        self.server_version >= 180_000
    }

    /// The same of domains, since PostgreSQL 17.
    pub(super) fn names_domains_not_null(&self) -> bool {
        self.server_version >= 170_000
    }

    /// Whether a generated column can be given another expression.
    pub(super) fn sets_expressions(&self) -> bool {
        self.server_version >= 170_000
    }
}

/// A role, and what its new objects are like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Creator {
    pub role: String,
    /// Its default privileges in all schemas, by the type of object (`TABLES` …): they take the place of
    /// PostgreSQL's own.
    pub grants: BTreeMap<String, Acl>,
}

/// The steps as SQL: statements with semicolons, each under its hazards.
pub fn script(steps: &[Step]) -> String {
    steps.iter().map(|step| statement(step) + "\n").collect()
}

/// The steps as a migration one would sign, part by part: first what it is, in the words of `title`, and
/// then a statement each. Runs with `psql`, with or without a transaction around it, as with Flyway or sqitch.
pub fn migration(title: &str, steps: &[Step]) -> Vec<String> {
    if steps.is_empty() {
        return Vec::new();
    }
    let mut header = String::new();
    for line in title.split(['\r', '\n']) {
        header.push_str("-- ");
        header.push_str(line);
        header.push('\n');
    }
    let hazards: BTreeSet<Hazard> = steps
        .iter()
        .flat_map(|step| step.hazards.iter().copied())
        .collect();
    if !hazards.is_empty() {
        let words: Vec<&str> = hazards.into_iter().map(Hazard::as_str).collect();
        header.push_str("-- hazards: ");
        header.push_str(&words.join(", "));
    }
    // A function's body may speak of what comes after it.
    let routines = steps.iter().any(|step| step.object.kind == Kind::Routine);
    let guard = |sql: &str| routines.then(|| sql.to_owned());
    std::iter::once(header.trim_end().to_owned())
        .chain(guard("SET check_function_bodies = off;"))
        .chain(steps.iter().map(statement))
        .chain(guard("RESET check_function_bodies;"))
        .collect()
}

fn statement(step: &Step) -> String {
    let mut text = String::new();
    for hazard in &step.hazards {
        text.push_str("-- HAZARD ");
        text.push_str(hazard.as_str());
        text.push('\n');
    }
    text.push_str(&step.sql);
    text.push(';');
    text
}

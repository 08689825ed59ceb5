//! The typed model: what one versioned object is.
//!
//! A definition speaks in logical names only, never in physical ones and never in OIDs. Texts that
//! the server printed (expressions, view bodies, `pg_get_constraintdef` …) are stored as printed
//! under `PINNED_SETTINGS`, with physical schema names mapped back, so
//! that the same object has the same definition on every branch.

use super::kind::Naming;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

pub use super::kind::Kind;

/// An identity that survives renames and is carried from branch to branch: 128 random bits, given
/// when an object or a column first appears.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lineage(pub [u8; 16]);

impl Lineage {
    pub fn random() -> Self {
        Self(rand::random())
    }

    pub fn parse(hex_digits: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(hex_digits, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

impl fmt::Display for Lineage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Lineage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Lineage {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Lineage {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a lineage id"))
    }
}

/// A schema-qualified logical name. Unquoted: quoting is the renderer's business.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Name {
    pub schema: String,
    pub name: String,
}

impl Name {
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            schema: schema.into(),
            name: name.into(),
        }
    }
}

/// What names an object among its siblings: two live objects of one branch never share a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectKey {
    pub kind: Kind,
    /// Empty for a schema, whose own name is in `name`.
    pub schema: String,
    pub name: String,
    /// What the name alone leaves open: a routine's input argument types, as in `integer, text`; the
    /// relation that a trigger or a policy is on; else empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub qualifier: String,
}

impl ObjectKey {
    /// The key of an object that its name alone tells from others of its kind.
    pub fn of(kind: Kind, name: &Name) -> Self {
        Self {
            kind,
            schema: name.schema.clone(),
            name: name.name.clone(),
            qualifier: String::new(),
        }
    }
}

/// Privileges: grantee (empty = PUBLIC) → privilege keyword (`SELECT`, `USAGE` …) → with grant option.
/// Always explicit: the catalog's NULL is expanded to the kind's default.
pub type Acl = BTreeMap<String, BTreeMap<String, bool>>;

/// Security labels: provider → label.
pub type SecurityLabels = BTreeMap<String, String>;

/// One versioned object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// Empty for an index, a trigger and other parts of a relation, which are its owner's.
    pub owner: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub acl: Acl,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub security_labels: SecurityLabels,
    /// What must exist before this object can be created: sorted, without duplicates, direct
    /// dependencies on other versioned objects only. Orders DDL; not itself compared by a diff.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<ObjectKey>,
    pub body: Body,
}

/// What is particular to each kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    Schema(Schema),
    Enum(Enum),
    Domain(Domain),
    Composite(Composite),
    Sequence(Sequence),
    Table(Table),
    Index(Index),
    View(View),
    MaterializedView(MaterializedView),
    Routine(Routine),
    Trigger(Trigger),
    Declared(Declared),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enum {
    pub name: Name,
    /// In sort order.
    pub labels: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    pub name: Name,
    /// The base type with its modifiers, as `format_type` prints it, schema-qualified outside `pg_catalog`.
    pub base: String,
    pub collation: Option<Name>,
    pub not_null: bool,
    /// What the constraint behind `NOT NULL` is called (PostgreSQL 17), where it is not the [`default_domain_not_null`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_null_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_null_comment: Option<String>,
    pub default: Option<String>,
    /// By constraint name.
    pub checks: BTreeMap<String, Check>,
}

impl Domain {
    /// What the constraint behind `NOT NULL` is called, where there is one.
    pub fn not_null_constraint(&self) -> Option<String> {
        let name = || default_domain_not_null(&self.name.name);
        (self.not_null).then(|| self.not_null_name.clone().unwrap_or_else(name))
    }
}

/// The name that a domain's `NOT NULL` without one is given, as `pg_dump` sees it.
pub fn default_domain_not_null(domain: &str) -> String {
    format!("{domain}_not_null")
}

/// A domain's check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// As `pg_get_constraintdef` prints it: `CHECK (…)`, with `NOT VALID`.
    pub definition: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Composite {
    pub name: Name,
    pub attributes: Vec<Attribute>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    pub id: Lineage,
    pub name: String,
    pub data_type: String,
    pub collation: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A sequence of its own or one owned by a serial column. An identity column's sequence is part of
/// the column ([`Identity`]), not an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    pub name: Name,
    pub options: SequenceOptions,
    pub persistence: Persistence,
    /// `OWNED BY` table and column.
    pub owned_by: Option<OwnedBy>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnedBy {
    pub table: Name,
    pub column: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceOptions {
    /// `smallint`, `integer` or `bigint`.
    pub data_type: String,
    pub start: i64,
    pub increment: i64,
    pub min: i64,
    pub max: i64,
    pub cache: i64,
    pub cycle: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Persistence {
    #[default]
    Permanent,
    Unlogged,
}

/// A table of any shape: ordinary, partitioned, a partition, an inheritance child, typed, foreign.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub name: Name,
    pub persistence: Persistence,
    /// In attribute order, dropped ones left out.
    pub columns: Vec<Column>,
    /// By constraint name. NOT NULL is a column's attribute on every server version.
    pub constraints: BTreeMap<String, Constraint>,
    /// Storage parameters (`fillfactor` …; TOAST's own with the prefix `toast.`).
    pub options: BTreeMap<String, String>,
    pub row_security: bool,
    pub force_row_security: bool,
    pub replica_identity: ReplicaIdentity,
    /// The tables it inherits from, in order; of a partition, the one it is part of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inherits: Vec<Name>,
    /// A partition's bound: `FOR VALUES FROM (1) TO (10)`, `DEFAULT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<String>,
    /// How it is partitioned, if it is: `RANGE (created_at)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition_by: Option<String>,
    /// The composite type that it is a table of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_type: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign: Option<Foreign>,
    /// Where it is not `heap`; of a partitioned table, which its new partitions have, where one is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_method: Option<String>,
    /// Where it is not the database's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<String>,
    /// The index that `CLUSTER` goes by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_on: Option<String>,
    /// A partition's triggers that it has from its parent, where their state is not the parent's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cloned_triggers: BTreeMap<String, TriggerState>,
}

/// What makes a table a foreign one. The server is shared by all branches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreign {
    pub server: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplicaIdentity {
    #[default]
    Default,
    Full,
    Nothing,
    /// By index name.
    Index(String),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub id: Lineage,
    pub name: String,
    /// As `format_type` prints it, schema-qualified outside `pg_catalog`: `numeric(10,2)`, `public.mood[]`.
    pub data_type: String,
    /// Only where it is not the type's own.
    pub collation: Option<Name>,
    pub not_null: bool,
    /// What the constraint behind `NOT NULL` is called (PostgreSQL 18), where it is not the [`default_not_null`] of
    /// the table's and the column's names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_null_name: Option<String>,
    #[serde(default, skip_serializing_if = "NotNullTerms::is_default")]
    pub not_null_terms: NotNullTerms,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_null_comment: Option<String>,
    /// The default's expression; a generated column's is in `generated`.
    pub default: Option<String>,
    pub identity: Option<Identity>,
    pub generated: Option<Generated>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub security_labels: SecurityLabels,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub acl: Acl,
    /// `ALTER COLUMN … SET STORAGE`, where it is not the type's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<String>,
    /// `pglz` or `lz4`, where set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression: Option<String>,
    /// `ALTER COLUMN … SET STATISTICS`, where set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistics: Option<i32>,
    /// `ALTER COLUMN … SET (n_distinct = …)`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// A foreign table's column's `OPTIONS`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub foreign_options: BTreeMap<String, String>,
    /// An inheritance child has it from its parents alone. Follows from how the table came about, and
    /// no `ALTER` sets it, so a diff does not compare it. A partition's columns are all its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inherited: bool,
}

impl Column {
    /// What the constraint behind `NOT NULL` is called, where there is one.
    pub fn not_null_constraint(&self, table: &Name) -> Option<String> {
        let name = || default_not_null(&table.name, &self.name);
        (self.not_null).then(|| self.not_null_name.clone().unwrap_or_else(name))
    }
}

/// What else is said of a `NOT NULL` (PostgreSQL 18).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotNullTerms {
    /// Children may have nulls.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_inherit: bool,
    /// So may rows that are there already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_valid: bool,
}

impl NotNullTerms {
    /// Whether it is a plain `NOT NULL`.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The name that a `NOT NULL` without one is given, as `pg_dump` sees it: neither cut to fit nor numbered.
pub fn default_not_null(table: &str, column: &str) -> String {
    format!("{table}_{column}_not_null")
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// `GENERATED ALWAYS`, else `BY DEFAULT`.
    pub always: bool,
    /// The name of the sequence behind it, in the table's schema.
    pub sequence: String,
    pub options: SequenceOptions,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub security_labels: SecurityLabels,
    /// The sequence's privileges, where they are not those of a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acl: Option<Acl>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generated {
    pub expression: String,
    /// `STORED`, else `VIRTUAL` (PostgreSQL 18).
    pub stored: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConstraintKind {
    Primary,
    Unique,
    Check,
    Exclusion,
    Foreign,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    pub kind: ConstraintKind,
    /// As `pg_get_constraintdef` prints it: `FOREIGN KEY (a) REFERENCES public.t(b) ON DELETE CASCADE`.
    pub definition: String,
    /// The table's own columns that it speaks of, by name, sorted.
    pub columns: Vec<String>,
    /// A foreign key's target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// A check that the table has from its parents alone; see [`Column::inherited`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inherited: bool,
    /// The index behind a primary key, a unique or an exclusion constraint.
    #[serde(default, skip_serializing_if = "IndexAttributes::is_default")]
    pub index: IndexAttributes,
}

/// What can be altered of an index, whether a constraint owns it or not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexAttributes {
    /// Storage parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// Where it is not the database's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<String>,
    /// Statistics targets of expression columns, by their number.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub statistics: BTreeMap<String, i32>,
    /// The index of the partitioned table that this one is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Name>,
    /// Of a constraint's index; another index's is its definition's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl IndexAttributes {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// An index that no constraint owns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// In its table's schema.
    pub name: Name,
    pub table: Name,
    pub unique: bool,
    /// `pg_get_indexdef` from `USING` on, but for storage parameters: `USING btree (lower(name)) INCLUDE (id) WHERE …`.
    pub definition: String,
    /// The table's columns that it speaks of, by name, sorted.
    pub columns: Vec<String>,
    /// The index of a partitioned table, to which those of the partitions are attached.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partitioned: bool,
    #[serde(flatten)]
    pub attributes: IndexAttributes,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    pub name: Name,
    /// Output column names, in order.
    pub columns: Vec<String>,
    /// Their types, as `format_type` prints them. They follow from the query and what it reads, so a
    /// diff does not compare them; they tell whether `CREATE OR REPLACE` can change the query.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub column_types: Vec<String>,
    /// `pg_get_viewdef`, without the closing semicolon.
    pub query: String,
    /// `security_invoker`, `security_barrier`, `check_option`.
    pub options: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub column_comments: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub column_security_labels: BTreeMap<String, SecurityLabels>,
    /// Defaults set with `ALTER VIEW … ALTER COLUMN … SET DEFAULT`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub column_defaults: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub column_acls: BTreeMap<String, Acl>,
}

/// What can be set of a materialized view's column; see [`Column`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnSettings {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistics: Option<i32>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaterializedView {
    pub name: Name,
    pub columns: Vec<String>,
    pub query: String,
    pub options: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub column_comments: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub column_security_labels: BTreeMap<String, SecurityLabels>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub column_acls: BTreeMap<String, Acl>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub column_settings: BTreeMap<String, ColumnSettings>,
    /// Made `WITH NO DATA`, and not refreshed since. Like rows, not compared by a diff.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unpopulated: bool,
    /// Where it is not `heap`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_method: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_on: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routine {
    pub name: Name,
    /// Input argument types, comma-separated: what identifies an overload.
    pub identity_arguments: String,
    pub procedure: bool,
    /// Return type, argument names and modes, `WINDOW`: what `CREATE OR REPLACE` cannot change.
    pub signature: String,
    /// `pg_get_functiondef`, the whole `CREATE OR REPLACE …` with its name and body in logical names.
    pub definition: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// A trigger has no schema of its own.
    pub name: String,
    pub table: Name,
    /// `pg_get_triggerdef`, whole.
    pub definition: String,
    pub enabled: TriggerState,
    /// The columns it speaks of (`UPDATE OF`), by name, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
}

/// `ALTER TABLE … {ENABLE | DISABLE} TRIGGER`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TriggerState {
    Origin,
    Disabled,
    Replica,
    Always,
}

/// An object of a kind that PostgreSQL mostly replaces whole: what creates it, and what can be changed
/// afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// Which kind it is of.
    pub declares: Kind,
    /// A part of a relation has no schema of its own: there it is empty.
    pub name: Name,
    /// What the name leaves open: argument types, an access method.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub qualifier: String,
    /// The relation that it is on, and goes with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Name>,
    /// That relation's columns that it speaks of, by name, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The `CREATE …`, whole but for what `settings` has.
    pub statement: String,
    /// What `ALTER` can change, each by itself: a policy's `using`, a rule's `enabled`. What a name means
    /// and how it is written, `schema::render` knows for each kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
}

impl Definition {
    pub fn kind(&self) -> Kind {
        match &self.body {
            Body::Schema(_) => Kind::Schema,
            Body::Enum(_) => Kind::Enum,
            Body::Domain(_) => Kind::Domain,
            Body::Composite(_) => Kind::Composite,
            Body::Sequence(_) => Kind::Sequence,
            Body::Table(_) => Kind::Table,
            Body::Index(_) => Kind::Index,
            Body::View(_) => Kind::View,
            Body::MaterializedView(_) => Kind::MaterializedView,
            Body::Routine(_) => Kind::Routine,
            Body::Trigger(_) => Kind::Trigger,
            Body::Declared(body) => body.declares,
        }
    }

    /// The table, if it is one.
    pub fn as_table(&self) -> Option<&Table> {
        match &self.body {
            Body::Table(table) => Some(table),
            _ => None,
        }
    }

    pub fn key(&self) -> ObjectKey {
        let kind = self.kind();
        let of = |name: &Name, qualifier: &str| ObjectKey {
            kind,
            schema: name.schema.clone(),
            name: name.name.clone(),
            qualifier: qualifier.to_owned(),
        };
        match &self.body {
            Body::Schema(schema) => of(&Name::new("", schema.name.as_str()), ""),
            Body::Enum(body) => of(&body.name, ""),
            Body::Domain(body) => of(&body.name, ""),
            Body::Composite(body) => of(&body.name, ""),
            Body::Sequence(body) => of(&body.name, ""),
            Body::Table(body) => of(&body.name, ""),
            Body::Index(body) => of(&body.name, ""),
            Body::View(body) => of(&body.name, ""),
            Body::MaterializedView(body) => of(&body.name, ""),
            Body::Routine(body) => of(&body.name, &body.identity_arguments),
            Body::Trigger(body) => of(
                &Name::new(body.table.schema.as_str(), body.name.as_str()),
                &body.table.name,
            ),
            Body::Declared(body) => match &body.table {
                Some(table) if kind.is_on_relation() => of(
                    &Name::new(table.schema.as_str(), body.name.name.as_str()),
                    &table.name,
                ),
                _ => of(&body.name, &body.qualifier),
            },
        }
    }
}

/// As a person reads it: `table public.users`, `trigger audit on public.users`.
impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind.keyword().to_ascii_lowercase())?;
        match self.kind.facts().naming {
            Naming::Schema => f.write_str(&self.name),
            Naming::Types => write!(f, "({})", self.qualifier),
            Naming::RoleInSchema => {
                let on = self.qualifier.to_ascii_lowercase();
                write!(f, "of {} for {on} in {}", self.name, self.schema)
            }
            Naming::OnRelation => write!(f, "{} on {}.{}", self.name, self.schema, self.qualifier),
            Naming::Arguments => write!(f, "{}.{}({})", self.schema, self.name, self.qualifier),
            Naming::Operator => write!(f, "{}.{} ({})", self.schema, self.name, self.qualifier),
            Naming::Method => write!(f, "{}.{} using {}", self.schema, self.name, self.qualifier),
            Naming::Plain => write!(f, "{}.{}", self.schema, self.name),
        }
    }
}

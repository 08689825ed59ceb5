//! The rows of this module's queries, as they come: physical names, catalog OIDs.

use crate::schema::model::{Kind, NotNullTerms};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// What every kind has.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Common {
    pub oid: u32,
    #[serde(default)]
    pub owner: String,
    #[serde(default)]
    pub acl: Option<Vec<Privilege>>,
    pub comment: Option<String>,
    #[serde(default)]
    pub security_labels: Option<Vec<Label>>,
    /// What it depends on: `class oid`.
    #[serde(default)]
    pub references: Option<Vec<Reference>>,
}

/// Grantee (empty = PUBLIC), privilege, with grant option.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Privilege(pub String, pub String, pub bool);

/// A security label: the number of the column that has it (0 = the object), provider, label.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Label(pub i32, pub String, pub String);

/// The catalog and the OID of something depended on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Reference {
    pub class: u32,
    pub oid: u32,
}

impl TryFrom<String> for Reference {
    type Error = String;

    fn try_from(pair: String) -> Result<Self, String> {
        let parsed = pair
            .split_once(' ')
            .and_then(|(class, oid)| Some((class.parse().ok()?, oid.parse().ok()?)));
        match parsed {
            Some((class, oid)) => Ok(Self { class, oid }),
            None => Err(format!("not an object address: {pair}")),
        }
    }
}

/// A schema and a name in it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct PhysicalName(pub String, pub String);

#[derive(Clone, Debug, Deserialize)]
pub(super) struct SchemaRow {
    #[serde(flatten)]
    pub common: Common,
    pub name: String,
}

#[derive(Clone, Debug, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "as the catalog has them")]
pub(super) struct RelationRow {
    #[serde(flatten)]
    pub common: Common,
    /// `r`, `p`, `f`, `v`, `m`, `S`, `i` or `I`.
    pub relkind: char,
    pub schema: String,
    pub name: String,
    pub unlogged: bool,
    pub options: Option<Vec<String>>,
    pub toast_options: Option<Vec<String>>,
    pub tablespace: Option<String>,
    pub access_method: Option<String>,
    pub cluster_on: Option<String>,
    pub populated: bool,
    pub parents: Option<Vec<PhysicalName>>,
    pub bound: Option<String>,
    pub partition_by: Option<String>,
    pub of_type: Option<PhysicalName>,
    pub foreign: Option<ForeignRow>,
    /// Name and `tgenabled`.
    pub cloned_triggers: Option<Vec<(String, char)>>,
    pub row_security: bool,
    pub force_row_security: bool,
    pub replica_identity: char,
    pub replica_index: Option<String>,
    pub columns: Option<Vec<ColumnRow>>,
    pub constraints: Option<Vec<ConstraintRow>>,
    pub query: Option<String>,
    pub sequence: Option<SequenceRow>,
    /// Schema, table, column.
    pub owned_by: Option<(String, String, String)>,
    pub index: Option<IndexRow>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct ColumnRow {
    pub number: i32,
    pub name: String,
    #[serde(rename = "type")]
    pub data_type: String,
    pub collation: Option<PhysicalName>,
    pub not_null: bool,
    pub not_null_constraint: Option<NotNullRow>,
    pub default: Option<String>,
    /// `s`, `v` or empty.
    pub generated: String,
    /// `a`, `d` or empty.
    pub identity: String,
    pub identity_sequence: Option<SequenceRow>,
    pub comment: Option<String>,
    pub acl: Option<Vec<Privilege>>,
    pub storage: Option<char>,
    pub compression: Option<char>,
    pub statistics: Option<i32>,
    pub options: Option<Vec<String>>,
    pub foreign_options: Option<Vec<String>>,
    pub inherited: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct NotNullRow {
    pub name: String,
    #[serde(flatten)]
    pub terms: NotNullTerms,
    pub comment: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct ForeignRow {
    pub server: String,
    pub options: Option<Vec<String>>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct SequenceRow {
    /// Of an identity column's sequence.
    #[serde(default)]
    pub name: String,
    #[serde(rename = "type")]
    pub data_type: String,
    pub start: i64,
    pub increment: i64,
    pub min: i64,
    pub max: i64,
    pub cache: i64,
    pub cycle: bool,
    /// Of an identity column's sequence.
    #[serde(default)]
    pub comment: Option<String>,
    #[serde(default)]
    pub security_labels: Option<Vec<Label>>,
    #[serde(default)]
    pub acl: Option<Vec<Privilege>>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct ConstraintRow {
    pub name: String,
    #[serde(rename = "type")]
    pub contype: char,
    pub definition: String,
    pub columns: Option<Vec<String>>,
    pub references: Option<PhysicalName>,
    pub comment: Option<String>,
    pub inherited: bool,
    pub index: Option<ConstraintIndexRow>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct ConstraintIndexRow {
    pub options: Option<Vec<String>>,
    pub tablespace: Option<String>,
    pub comment: Option<String>,
    pub parent: Option<PhysicalName>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct IndexRow {
    pub table: String,
    pub unique: bool,
    /// `pg_get_indexdef`.
    pub definition: String,
    /// By column number.
    pub statistics: Option<BTreeMap<String, i32>>,
    pub columns: Option<Vec<String>>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct TypeRow {
    #[serde(flatten)]
    pub common: Common,
    pub schema: String,
    pub name: String,
    pub labels: Option<Vec<String>>,
    pub domain: Option<DomainRow>,
    pub attributes: Option<Vec<AttributeRow>>,
    /// `e`, `d` or `c`.
    pub typtype: char,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct DomainRow {
    pub base: String,
    pub collation: Option<PhysicalName>,
    pub not_null: bool,
    pub not_null_constraint: Option<NotNullRow>,
    pub default: Option<String>,
    pub checks: Option<Vec<CheckRow>>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct CheckRow {
    pub name: String,
    pub definition: String,
    pub comment: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct AttributeRow {
    pub number: i32,
    pub name: String,
    #[serde(rename = "type")]
    pub data_type: String,
    pub collation: Option<PhysicalName>,
    pub comment: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct RoutineRow {
    #[serde(flatten)]
    pub common: Common,
    pub schema: String,
    pub name: String,
    pub procedure: bool,
    pub window: bool,
    pub language: String,
    /// Schemas whose names occur in the body, in whatever case.
    pub body_schemas: Option<Vec<String>>,
    pub input_types: Option<String>,
    pub arguments: String,
    pub result: Option<String>,
    pub definition: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct TriggerRow {
    #[serde(flatten)]
    pub common: Common,
    pub schema: String,
    pub table: String,
    pub name: String,
    pub definition: String,
    /// `O`, `D`, `R` or `A`.
    pub enabled: char,
    pub columns: Option<Vec<String>>,
}

/// An object that is kept as its statement, of whatever kind.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct DeclaredRow {
    #[serde(flatten)]
    pub common: Common,
    pub kind: Kind,
    /// Its own; of a part of a relation, the relation's.
    pub schema: String,
    pub name: String,
    #[serde(default)]
    pub qualifier: String,
    pub table: Option<PhysicalName>,
    pub columns: Option<Vec<String>>,
    pub statement: String,
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
}

/// The name of something that others depend on.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct NameRow {
    pub class: u32,
    pub oid: u32,
    /// A `relkind`, `e` or `d` for a type, `f` for a routine.
    #[serde(default)]
    pub kind: Option<char>,
    /// What is kept as its statement.
    pub declared: Option<Kind>,
    pub qualifier: Option<String>,
    pub schema: String,
    pub name: String,
    #[serde(default)]
    pub input_types: Option<String>,
}

/// The role that makes objects.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct CreatorRow {
    pub role: String,
    /// Its default privileges in all schemas, by the type of object.
    pub grants: Option<Vec<(String, Option<Vec<Privilege>>)>>,
}

/// The answer of the query for what was touched.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct TouchedRow {
    pub ids: Option<Vec<Reference>>,
    pub gone: Option<Vec<Reference>>,
    pub transaction_id: String,
    pub backend_pid: i32,
    pub now_micros: i64,
}

/// Reads the one column of each row.
pub(super) fn parse<T: DeserializeOwned>(
    rows: &[crate::upstream::Row],
) -> Result<Vec<T>, serde_json::Error> {
    rows.iter()
        .filter_map(|row| row.first()?.as_deref())
        .map(serde_json::from_str)
        .collect()
}

/// Reads rows of two columns, catalog and OID.
pub(super) fn addresses(
    rows: &[crate::upstream::Row],
) -> Result<Vec<(u32, u32)>, serde_json::Error> {
    rows.iter()
        .filter_map(|row| Some((row.first()?.as_deref()?, row.get(1)?.as_deref()?)))
        .map(|(class, oid)| Ok((serde_json::from_str(class)?, serde_json::from_str(oid)?)))
        .collect()
}

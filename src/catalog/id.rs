//! How the catalogs identify an object.

use crate::schema::model::Kind;

/// An object's address, as `pg_depend` has it.
///
/// A column of a table is (`pg_class`, table, attribute number); an attribute of a composite type is
/// (`pg_type`, type, attribute number).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CatalogId {
    /// The OID of the catalog: one of the constants here.
    pub class: u32,
    pub oid: u32,
    /// An attribute number; 0 is the object itself.
    pub sub: i32,
}

impl CatalogId {
    pub const RELATION: u32 = 1259;
    pub const ROUTINE: u32 = 1255;
    pub const TYPE: u32 = 1247;
    pub const SCHEMA: u32 = 2615;
    pub const TRIGGER: u32 = 2620;
    pub const POLICY: u32 = 3256;
    pub const RULE: u32 = 2618;
    pub const STATISTICS: u32 = 3381;
    pub const DEFAULT_PRIVILEGES: u32 = 826;

    pub fn object(class: u32, oid: u32) -> Self {
        Self { class, oid, sub: 0 }
    }

    #[must_use]
    pub fn with_sub(self, sub: i32) -> Self {
        Self { sub, ..self }
    }
}

/// In which catalog a name is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetClass {
    /// `pg_class`: tables, indexes, views, sequences; a part of one is found through it.
    Relation,
    /// `pg_proc`: all overloads of the name.
    Routine,
    /// `pg_type`.
    Type,
    /// `pg_namespace`; the name is the schema's own.
    Schema,
    /// `pg_statistic_ext`.
    Statistics,
}

impl TargetClass {
    /// Where the name of an object of that kind is looked up, or of the relation that it is on.
    pub fn of(kind: Kind) -> Self {
        match kind {
            // Found through their schema.
            Kind::Schema | Kind::DefaultPrivileges => Self::Schema,
            Kind::Enum | Kind::Domain | Kind::Composite => Self::Type,
            Kind::Routine => Self::Routine,
            Kind::Sequence
            | Kind::Table
            | Kind::Index
            | Kind::View
            | Kind::MaterializedView
            | Kind::Trigger
            | Kind::Policy
            | Kind::Rule => Self::Relation,
            Kind::Statistics => Self::Statistics,
        }
    }
}

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
    pub const OPERATOR: u32 = 2617;
    pub const OPERATOR_CLASS: u32 = 2616;
    pub const OPERATOR_FAMILY: u32 = 2753;
    pub const COLLATION: u32 = 3456;
    pub const CONVERSION: u32 = 2607;
    pub const TEXT_SEARCH_DICTIONARY: u32 = 3600;
    pub const TEXT_SEARCH_PARSER: u32 = 3601;
    pub const TEXT_SEARCH_CONFIGURATION: u32 = 3602;
    pub const TEXT_SEARCH_TEMPLATE: u32 = 3764;
    pub const CAST: u32 = 2605;

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
    /// `pg_class`: all indexes of the table of that name.
    Indexes,
    /// `pg_proc`: all overloads of the name.
    Routine,
    /// `pg_type`.
    Type,
    /// `pg_namespace`; the name is the schema's own.
    Schema,
    /// `pg_statistic_ext`.
    Statistics,
    /// Whatever has the name among operators, their classes and families, collations, conversions and text
    /// search objects.
    Support,
}

impl TargetClass {
    /// Where the name of an object of that kind is looked up, or of the relation that it is on.
    pub fn of(kind: Kind) -> Self {
        match kind {
            // Found through their schema.
            Kind::Schema | Kind::DefaultPrivileges => Self::Schema,
            // A cast is found through its types.
            Kind::Enum
            | Kind::Domain
            | Kind::Composite
            | Kind::Range
            | Kind::BaseType
            | Kind::Cast => Self::Type,
            Kind::Routine | Kind::Aggregate => Self::Routine,
            Kind::Operator
            | Kind::OperatorFamily
            | Kind::OperatorClass
            | Kind::Collation
            | Kind::Conversion
            | Kind::TextSearchParser
            | Kind::TextSearchTemplate
            | Kind::TextSearchDictionary
            | Kind::TextSearchConfiguration => Self::Support,
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

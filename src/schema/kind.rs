//! The kinds of versioned objects, and what is true of all objects of a kind: one table of facts.
//!
//! A kind that is kept as its statement ([`Declared`](super::model::Declared)) takes an entry here, a query
//! in `catalog/sql` that gives its statement and settings (listed in `catalog::read`, with a part in
//! `inventory.sql` and `touched.sql`), and what its settings mean in `render::declared`.

use serde::{Deserialize, Serialize};

/// The kinds of versioned objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Schema,
    Enum,
    Domain,
    Composite,
    Range,
    /// A type with input and output functions of its own, or only the shell of one.
    BaseType,
    Sequence,
    Table,
    Index,
    View,
    MaterializedView,
    /// Functions and procedures.
    Routine,
    Aggregate,
    Operator,
    OperatorFamily,
    OperatorClass,
    Collation,
    Conversion,
    TextSearchParser,
    TextSearchTemplate,
    TextSearchDictionary,
    TextSearchConfiguration,
    Trigger,
    Policy,
    /// Not the rule that makes a view of a relation.
    Rule,
    /// Extended statistics.
    Statistics,
    /// Default privileges of a role in a schema, for one type of object.
    DefaultPrivileges,
    /// A cast from or to a type of a schema, which counts as the cast's.
    Cast,
}

/// How an object is named where SQL speaks of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// `SCHEMA app`
    Schema,
    /// `TABLE public.users`
    Plain,
    /// `AGGREGATE public.total(integer)`
    Arguments,
    /// `OPERATOR public.=== (integer, integer)`: its name is never quoted.
    Operator,
    /// `OPERATOR CLASS public.by_length USING btree`
    Method,
    /// `DEFAULT PRIVILEGES FOR ROLE ada IN SCHEMA app`: it is there as long as it grants anything.
    RoleInSchema,
    /// `CAST (integer AS public.shade)`
    Types,
    /// `POLICY own_rows ON public.users`: it has no schema but its relation's, and goes with that.
    OnRelation,
}

/// What is true of all objects of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The kind as `CREATE`, `DROP` and `COMMENT ON` call it; a routine's is `ROUTINE`.
    pub keyword: &'static str,
    pub naming: Naming,
    /// Within one schema and one of these, no two objects have the same name (and arguments).
    pub spaces: &'static [&'static str],
    /// Whether there is `ALTER … OWNER TO`.
    pub owned: bool,
    /// The type of object as default privileges call it, where there is anything to grant.
    pub grants_on: Option<&'static str>,
    /// What an owner may do by default, in the oldest version that is supported.
    pub privileges: &'static [&'static str],
    /// What everybody may do by default.
    pub public: &'static [&'static str],
    /// Whether `CREATE OR REPLACE` gives a [`Declared`](super::model::Declared) object another
    /// statement; else it is dropped and made again.
    pub replaceable: bool,
    /// Whether printed texts speak of such objects by their qualified name.
    pub in_texts: bool,
}

const RELATION: &[&str] = &[
    "DELETE",
    "INSERT",
    "REFERENCES",
    "SELECT",
    "TRIGGER",
    "TRUNCATE",
    "UPDATE",
];

impl Facts {
    /// An object of a schema, with an owner, nothing to grant, and a name that texts use.
    const fn plain(keyword: &'static str, spaces: &'static [&'static str]) -> Self {
        Self {
            keyword,
            naming: Naming::Plain,
            spaces,
            owned: true,
            grants_on: None,
            privileges: &[],
            public: &[],
            replaceable: false,
            in_texts: true,
        }
    }

    /// A part of a relation that no text speaks of.
    const fn on_relation(keyword: &'static str) -> Self {
        Self {
            naming: Naming::OnRelation,
            owned: false,
            in_texts: false,
            ..Self::plain(keyword, &[])
        }
    }

    /// An object that is named with its access method.
    const fn of_method(keyword: &'static str, spaces: &'static [&'static str]) -> Self {
        Self {
            naming: Naming::Method,
            ..Self::plain(keyword, spaces)
        }
    }

    const fn granting(self, on: &'static str, privileges: &'static [&'static str]) -> Self {
        Self {
            grants_on: Some(on),
            privileges,
            ..self
        }
    }

    /// What the owner may do, everybody may.
    const fn open(self, on: &'static str, privileges: &'static [&'static str]) -> Self {
        Self {
            public: privileges,
            ..self.granting(on, privileges)
        }
    }

    /// Whether it shares its names with relations or types.
    pub fn is_relation_or_type(&self) -> bool {
        self.spaces
            .iter()
            .any(|space| matches!(*space, "relation" | "type"))
    }
}

impl Kind {
    pub const fn facts(self) -> Facts {
        match self {
            Self::Schema => Facts {
                naming: Naming::Schema,
                in_texts: false,
                ..Facts::plain("SCHEMA", &["schema"]).granting("SCHEMAS", &["CREATE", "USAGE"])
            },
            Self::Enum => Facts::plain("TYPE", &["type"]).open("TYPES", &["USAGE"]),
            Self::Domain => Facts::plain("DOMAIN", &["type"]).open("TYPES", &["USAGE"]),
            Self::Composite => {
                Facts::plain("TYPE", &["relation", "type"]).open("TYPES", &["USAGE"])
            }
            Self::Range | Self::BaseType => {
                Facts::plain("TYPE", &["type"]).open("TYPES", &["USAGE"])
            }
            Self::Sequence => Facts::plain("SEQUENCE", &["relation"])
                .granting("SEQUENCES", &["SELECT", "UPDATE", "USAGE"]),
            Self::Table => {
                Facts::plain("TABLE", &["relation", "type"]).granting("TABLES", RELATION)
            }
            Self::Index => Facts {
                owned: false,
                in_texts: false,
                ..Facts::plain("INDEX", &["relation"])
            },
            Self::View => Facts::plain("VIEW", &["relation", "type"]).granting("TABLES", RELATION),
            Self::MaterializedView => Facts::plain("MATERIALIZED VIEW", &["relation", "type"])
                .granting("TABLES", RELATION),
            Self::Routine => Facts {
                naming: Naming::Arguments,
                ..Facts::plain("ROUTINE", &["routine"]).open("FUNCTIONS", &["EXECUTE"])
            },
            Self::Aggregate => Facts {
                naming: Naming::Arguments,
                replaceable: true,
                ..Facts::plain("AGGREGATE", &["routine"]).open("FUNCTIONS", &["EXECUTE"])
            },
            Self::Operator => Facts {
                naming: Naming::Operator,
                ..Facts::plain("OPERATOR", &["operator"])
            },
            // Operator classes name it, as what a name cannot be taken for anything else.
            Self::OperatorFamily => Facts {
                in_texts: false,
                ..Facts::of_method("OPERATOR FAMILY", &["operator family"])
            },
            Self::OperatorClass => Facts::of_method("OPERATOR CLASS", &["operator class"]),
            Self::Collation => Facts::plain("COLLATION", &["collation"]),
            Self::Conversion => Facts::plain("CONVERSION", &["conversion"]),
            Self::TextSearchParser => Facts {
                owned: false,
                ..Facts::plain("TEXT SEARCH PARSER", &["text search parser"])
            },
            Self::TextSearchTemplate => Facts {
                owned: false,
                ..Facts::plain("TEXT SEARCH TEMPLATE", &["text search template"])
            },
            Self::TextSearchDictionary => {
                Facts::plain("TEXT SEARCH DICTIONARY", &["text search dictionary"])
            }
            Self::TextSearchConfiguration => {
                Facts::plain("TEXT SEARCH CONFIGURATION", &["text search configuration"])
            }
            Self::Trigger => Facts::on_relation("TRIGGER"),
            Self::Policy => Facts::on_relation("POLICY"),
            Self::Rule => Facts {
                replaceable: true,
                ..Facts::on_relation("RULE")
            },
            Self::Statistics => Facts {
                in_texts: false,
                ..Facts::plain("STATISTICS", &["statistics"])
            },
            Self::DefaultPrivileges => Facts {
                naming: Naming::RoleInSchema,
                owned: false,
                in_texts: false,
                ..Facts::plain("DEFAULT PRIVILEGES", &[])
            },
            Self::Cast => Facts {
                naming: Naming::Types,
                owned: false,
                in_texts: false,
                ..Facts::plain("CAST", &[])
            },
        }
    }

    /// The kind as SQL names it: `TABLE`, `MATERIALIZED VIEW`; a routine's is `ROUTINE`.
    pub const fn keyword(self) -> &'static str {
        self.facts().keyword
    }

    /// Whether its objects have names that could be changed.
    pub fn is_named(self) -> bool {
        !matches!(self.facts().naming, Naming::RoleInSchema | Naming::Types)
    }

    /// Whether it is a part of a relation: named within it, dropped with it.
    pub fn is_on_relation(self) -> bool {
        self.facts().naming == Naming::OnRelation
    }
}

//! Objects as parse trees name them.

use super::Class;
use crate::branch::map::is_system_schema;
use crate::sql::plan::{Target, TargetClass};
use pg_query::NodeEnum;
use pg_query::protobuf::{Node, ObjectType, RangeVar, TypeName};

/// Which of the three kinds of thing an object type is.
pub(super) fn class(object: ObjectType) -> Class {
    match object {
        ObjectType::ObjectExtension => Class::Shared("extensions"),
        ObjectType::ObjectCast => Class::Shared("casts"),
        ObjectType::ObjectLanguage => Class::Shared("languages"),
        ObjectType::ObjectPublication
        | ObjectType::ObjectPublicationNamespace
        | ObjectType::ObjectPublicationRel => Class::Shared("publications"),
        ObjectType::ObjectSubscription => Class::Shared("subscriptions"),
        ObjectType::ObjectFdw => Class::Shared("foreign-data wrappers"),
        ObjectType::ObjectForeignServer => Class::Shared("foreign servers"),
        ObjectType::ObjectUserMapping => Class::Shared("user mappings"),
        ObjectType::ObjectEventTrigger => Class::Shared("event triggers"),
        ObjectType::ObjectAccessMethod => Class::Shared("access methods"),
        ObjectType::ObjectTransform => Class::Shared("transforms"),
        ObjectType::ObjectRole
        | ObjectType::ObjectDatabase
        | ObjectType::ObjectTablespace
        | ObjectType::ObjectParameterAcl
        | ObjectType::ObjectLargeobject => Class::Other,
        _ => Class::Versioned,
    }
}

/// The two types of a cast, as `DROP` and `COMMENT ON` name it.
pub(super) fn types_of_cast(cast: Option<&Node>) -> [Option<&TypeName>; 2] {
    let Some(NodeEnum::List(list)) = super::node(cast) else {
        return [None, None];
    };
    let type_at = |at: usize| match super::node(list.items.get(at)) {
        Some(NodeEnum::TypeName(name)) => Some(name),
        _ => None,
    };
    [type_at(0), type_at(1)]
}

/// A cast is versioned with its types: there is one of a pair of types. Those between types of the system are
/// shared by all branches.
pub(super) fn cast_class(types: [Option<&TypeName>; 2]) -> Class {
    if cast_targets(types).next().is_some() {
        Class::Versioned
    } else {
        Class::Shared("casts between types of the system")
    }
}

/// The types of a cast that are not the system's.
pub(super) fn cast_targets(types: [Option<&TypeName>; 2]) -> impl Iterator<Item = Target> {
    types
        .into_iter()
        .flatten()
        .filter_map(|name| match strings(&name.names).as_slice() {
            [only] if SYSTEM_TYPES.contains(only) => None,
            parts => from_parts(TargetClass::Type, parts),
        })
}

/// Types of `pg_catalog` that the grammar has no words of its own for.
const SYSTEM_TYPES: &[&str] = &[
    "aclitem",
    "box",
    "bpchar",
    "bytea",
    "cid",
    "cidr",
    "circle",
    "cstring",
    "date",
    "datemultirange",
    "daterange",
    "float4",
    "float8",
    "gtsvector",
    "inet",
    "int2",
    "int2vector",
    "int4",
    "int4multirange",
    "int4range",
    "int8",
    "int8multirange",
    "int8range",
    "json",
    "jsonb",
    "jsonpath",
    "line",
    "lseg",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "nummultirange",
    "numrange",
    "oid",
    "oidvector",
    "path",
    "pg_lsn",
    "pg_node_tree",
    "pg_snapshot",
    "point",
    "polygon",
    "record",
    "refcursor",
    "regclass",
    "regcollation",
    "regconfig",
    "regdictionary",
    "regnamespace",
    "regoper",
    "regoperator",
    "regproc",
    "regprocedure",
    "regrole",
    "regtype",
    "text",
    "tid",
    "timestamptz",
    "timetz",
    "tsmultirange",
    "tsquery",
    "tsrange",
    "tstzmultirange",
    "tstzrange",
    "tsvector",
    "txid_snapshot",
    "uuid",
    "varbit",
    "xid",
    "xid8",
    "xml",
];

/// The target that an object of that type is, where it has one; a column's, a trigger's, a policy's is its table.
pub(super) fn target(object: ObjectType, named: Option<&Node>) -> Option<Target> {
    let node = named?.node.as_ref()?;
    let (class, of_relation) = match object {
        ObjectType::ObjectTable
        | ObjectType::ObjectView
        | ObjectType::ObjectMatview
        | ObjectType::ObjectIndex
        | ObjectType::ObjectSequence
        | ObjectType::ObjectForeignTable => (TargetClass::Relation, false),
        ObjectType::ObjectColumn
        | ObjectType::ObjectTrigger
        | ObjectType::ObjectRule
        | ObjectType::ObjectPolicy
        | ObjectType::ObjectTabconstraint => (TargetClass::Relation, true),
        ObjectType::ObjectFunction
        | ObjectType::ObjectProcedure
        | ObjectType::ObjectRoutine
        | ObjectType::ObjectAggregate => (TargetClass::Routine, false),
        ObjectType::ObjectType
        | ObjectType::ObjectDomain
        | ObjectType::ObjectAttribute
        | ObjectType::ObjectDomconstraint => (TargetClass::Type, false),
        ObjectType::ObjectSchema => (TargetClass::Schema, false),
        ObjectType::ObjectStatisticExt => (TargetClass::Statistics, false),
        ObjectType::ObjectOperator
        | ObjectType::ObjectOpclass
        | ObjectType::ObjectOpfamily
        | ObjectType::ObjectCollation
        | ObjectType::ObjectConversion
        | ObjectType::ObjectTsparser
        | ObjectType::ObjectTstemplate
        | ObjectType::ObjectTsdictionary
        | ObjectType::ObjectTsconfiguration => (TargetClass::Support, false),
        _ => return None,
    };
    match node {
        NodeEnum::RangeVar(relation) => of_class(class, relation),
        NodeEnum::TypeName(name) => from_parts(class, &strings(&name.names)),
        NodeEnum::ObjectWithArgs(routine) => from_parts(class, &strings(&routine.objname)),
        NodeEnum::String(name) => from_parts(class, &[&name.sval]),
        NodeEnum::List(list) => {
            if let Some(NodeEnum::TypeName(name)) = list.items.first()?.node.as_ref() {
                return from_parts(class, &strings(&name.names));
            }
            let parts = strings(&list.items);
            let relation = if matches!(
                object,
                ObjectType::ObjectOpclass | ObjectType::ObjectOpfamily
            ) {
                // The access method comes first.
                parts.split_first()?.1
            } else if of_relation {
                parts.split_last()?.1
            } else {
                &parts
            };
            from_parts(class, relation)
        }
        _ => None,
    }
}

/// The target of a dotted name; none if it is temporary or the system's.
pub(super) fn from_parts(class: TargetClass, parts: &[&str]) -> Option<Target> {
    let (name, qualifiers) = parts.split_last()?;
    let schema = qualifiers.last().map(|schema| (*schema).to_owned());
    if schema.as_deref().is_some_and(is_system_schema) {
        return None;
    }
    Some(Target {
        class,
        schema,
        name: (*name).to_owned(),
    })
}

/// The target of a relation; none if it is temporary.
pub(super) fn relation(relation: Option<&RangeVar>) -> Option<Target> {
    of_class(TargetClass::Relation, relation?)
}

fn of_class(class: TargetClass, relation: &RangeVar) -> Option<Target> {
    if is_temporary(relation) {
        return None;
    }
    if relation.schemaname.is_empty() {
        from_parts(class, &[&relation.relname])
    } else {
        from_parts(class, &[&relation.schemaname, &relation.relname])
    }
}

/// `CREATE TEMP TABLE t`, `pg_temp.t`.
pub(super) fn is_temporary(relation: &RangeVar) -> bool {
    relation.relpersistence == "t" || relation.schemaname == "pg_temp"
}

/// The strings of a list of names.
pub(super) fn strings(nodes: &[Node]) -> Vec<&str> {
    nodes
        .iter()
        .filter_map(|node| match &node.node {
            Some(NodeEnum::String(text)) => Some(text.sval.as_str()),
            _ => None,
        })
        .collect()
}

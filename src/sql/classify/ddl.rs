//! DDL: which statements are it, what they name and how far they reach.

use super::objects::{self, from_parts, strings, target};
use super::{Class, with_targets};
use crate::sql::plan::{Ddl, Scope, Target, TargetClass};
use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterDefaultPrivilegesStmt, AlterTableStmt, AlterTableType, CreateSchemaStmt,
    CreateTableAsStmt, DropStmt, GrantStmt, GrantTargetType, Node, ObjectType, RangeVar,
    ReindexObjectType, ReindexStmt, RenameStmt,
};

/// What kind of thing a statement changes. All of the statement kinds that are not named here change
/// nothing that is versioned.
pub(super) fn class(statement: &NodeEnum) -> Class {
    match statement {
        NodeEnum::AlterDefaultPrivilegesStmt(alter) if in_schemas(alter).is_empty() => {
            Class::Shared("default privileges of all schemas")
        }
        NodeEnum::CreateStmt(_)
        | NodeEnum::AlterDefaultPrivilegesStmt(_)
        | NodeEnum::CreateForeignTableStmt(_)
        | NodeEnum::CreateTableAsStmt(_)
        | NodeEnum::ViewStmt(_)
        | NodeEnum::IndexStmt(_)
        | NodeEnum::CreateSeqStmt(_)
        | NodeEnum::AlterSeqStmt(_)
        | NodeEnum::CreateSchemaStmt(_)
        | NodeEnum::CreateFunctionStmt(_)
        | NodeEnum::AlterFunctionStmt(_)
        | NodeEnum::CreateEnumStmt(_)
        | NodeEnum::AlterEnumStmt(_)
        | NodeEnum::CreateDomainStmt(_)
        | NodeEnum::AlterDomainStmt(_)
        | NodeEnum::CompositeTypeStmt(_)
        | NodeEnum::CreateRangeStmt(_)
        | NodeEnum::AlterTypeStmt(_)
        | NodeEnum::CreateTrigStmt(_)
        | NodeEnum::RuleStmt(_)
        | NodeEnum::CreatePolicyStmt(_)
        | NodeEnum::AlterPolicyStmt(_)
        | NodeEnum::CreateStatsStmt(_)
        | NodeEnum::AlterStatsStmt(_)
        | NodeEnum::AlterOperatorStmt(_)
        | NodeEnum::CreateOpClassStmt(_)
        | NodeEnum::CreateOpFamilyStmt(_)
        | NodeEnum::AlterOpFamilyStmt(_)
        | NodeEnum::AlterCollationStmt(_)
        | NodeEnum::CreateConversionStmt(_)
        | NodeEnum::AlterTsdictionaryStmt(_)
        | NodeEnum::AlterTsconfigurationStmt(_)
        | NodeEnum::AlterTableMoveAllStmt(_)
        | NodeEnum::ImportForeignSchemaStmt(_)
        | NodeEnum::DropOwnedStmt(_)
        | NodeEnum::ReassignOwnedStmt(_) => Class::Versioned,

        // Its indexes are new ones, of the same names.
        NodeEnum::ReindexStmt(reindex) if is_concurrent(reindex) => Class::Versioned,

        // The table remembers the index.
        NodeEnum::ClusterStmt(cluster) if !cluster.indexname.is_empty() => Class::Versioned,

        NodeEnum::AlterTableStmt(alter) => objects::class(alter.objtype()),
        NodeEnum::DefineStmt(define) => objects::class(define.kind()),
        NodeEnum::DropStmt(drop) if drop.remove_type() == ObjectType::ObjectCast => {
            objects::cast_class(objects::types_of_cast(drop.objects.first()))
        }
        NodeEnum::CommentStmt(comment) if comment.objtype() == ObjectType::ObjectCast => {
            objects::cast_class(objects::types_of_cast(comment.object.as_deref()))
        }
        NodeEnum::DropStmt(drop) => objects::class(drop.remove_type()),
        NodeEnum::RenameStmt(rename) => objects::class(rename.rename_type()),
        NodeEnum::AlterOwnerStmt(alter) => objects::class(alter.object_type()),
        NodeEnum::AlterObjectSchemaStmt(alter) => objects::class(alter.object_type()),
        NodeEnum::AlterObjectDependsStmt(alter) => objects::class(alter.object_type()),
        NodeEnum::CommentStmt(comment) => objects::class(comment.objtype()),
        NodeEnum::SecLabelStmt(label) => objects::class(label.objtype()),
        NodeEnum::GrantStmt(grant) => objects::class(grant.objtype()),

        NodeEnum::CreateExtensionStmt(_)
        | NodeEnum::AlterExtensionStmt(_)
        | NodeEnum::AlterExtensionContentsStmt(_) => Class::Shared("extensions"),
        NodeEnum::CreateCastStmt(create) => {
            objects::cast_class([&create.sourcetype, &create.targettype].map(Option::as_ref))
        }
        NodeEnum::CreatePlangStmt(_) => Class::Shared("languages"),
        NodeEnum::CreateTransformStmt(_) => Class::Shared("transforms"),
        NodeEnum::CreateAmStmt(_) => Class::Shared("access methods"),
        NodeEnum::CreatePublicationStmt(_) | NodeEnum::AlterPublicationStmt(_) => {
            Class::Shared("publications")
        }
        NodeEnum::CreateSubscriptionStmt(_)
        | NodeEnum::AlterSubscriptionStmt(_)
        | NodeEnum::DropSubscriptionStmt(_) => Class::Shared("subscriptions"),
        NodeEnum::CreateFdwStmt(_) | NodeEnum::AlterFdwStmt(_) => {
            Class::Shared("foreign-data wrappers")
        }
        NodeEnum::CreateForeignServerStmt(_) | NodeEnum::AlterForeignServerStmt(_) => {
            Class::Shared("foreign servers")
        }
        NodeEnum::CreateUserMappingStmt(_)
        | NodeEnum::AlterUserMappingStmt(_)
        | NodeEnum::DropUserMappingStmt(_) => Class::Shared("user mappings"),
        NodeEnum::CreateEventTrigStmt(_) | NodeEnum::AlterEventTrigStmt(_) => {
            Class::Shared("event triggers")
        }
        _ => Class::Other,
    }
}

/// What a statement of class [`Class::Versioned`] names and how far it reaches; `None` if all of it is
/// temporary.
pub(super) fn describe(statement: &NodeEnum) -> Option<Ddl> {
    let routine = |name: &[Node]| from_parts(TargetClass::Routine, &strings(name));
    let type_of = |name: &[Node]| from_parts(TargetClass::Type, &strings(name));
    let support = |name: &[Node]| from_parts(TargetClass::Support, &strings(name));
    let relation = |relation: &Option<RangeVar>| objects::relation(relation.as_ref());
    let one = |target: Option<Target>| with_targets(target.into_iter().collect());
    Some(match statement {
        NodeEnum::CreateStmt(create) => {
            let mut ddl = creating(create.relation.as_ref())?;
            // Of a new partition and of a new child, the parent changes as well.
            ddl.targets
                .extend(create.inh_relations.iter().filter_map(named_relation));
            ddl
        }
        NodeEnum::CreateForeignTableStmt(create) => {
            creating(create.base_stmt.as_ref()?.relation.as_ref())?
        }
        NodeEnum::CreateTableAsStmt(create) => Ddl {
            executes: executed(create),
            ..creating(create.into.as_ref()?.rel.as_ref())?
        },
        NodeEnum::ViewStmt(create) => creating(create.view.as_ref())?,
        NodeEnum::CreateSeqStmt(create) => creating(create.sequence.as_ref())?,
        NodeEnum::AlterSeqStmt(alter) => one(relation(&alter.sequence)),
        NodeEnum::IndexStmt(create) => {
            let table = objects::relation(create.relation.as_ref());
            let index = table.clone().and_then(|table| {
                if !create.idxname.is_empty() {
                    let name = create.idxname.clone();
                    return Some(Target { name, ..table });
                }
                // Where the transaction is over, its locks do not tell what the server called the index.
                create.concurrent.then_some(Target {
                    class: TargetClass::Indexes,
                    ..table
                })
            });
            Ddl {
                targets: table.into_iter().chain(index).collect(),
                outside_transaction: create.concurrent,
                ..Ddl::default()
            }
        }
        NodeEnum::AlterTableStmt(alter) => alter_table(alter),
        NodeEnum::DropStmt(drop) if drop.remove_type() == ObjectType::ObjectCast => {
            let types = objects::types_of_cast(drop.objects.first());
            Ddl {
                drops: true,
                ..with_targets(objects::cast_targets(types).collect())
            }
        }
        NodeEnum::DropStmt(drop) => dropping(drop),
        NodeEnum::CreateSchemaStmt(create) => new_schema(create),
        NodeEnum::CreateFunctionStmt(create) => {
            // A type that is not there yet comes into being as a shell.
            let result = create.return_type.as_ref();
            let result = result.and_then(|result| type_of(&result.names));
            with_targets(
                routine(&create.funcname)
                    .into_iter()
                    .chain(result)
                    .collect(),
            )
        }
        NodeEnum::AlterFunctionStmt(alter) => one(alter
            .func
            .as_ref()
            .and_then(|function| routine(&function.objname))),
        NodeEnum::CreateEnumStmt(create) => one(type_of(&create.type_name)),
        NodeEnum::AlterEnumStmt(alter) => one(type_of(&alter.type_name)),
        NodeEnum::CreateDomainStmt(create) => one(type_of(&create.domainname)),
        NodeEnum::AlterDomainStmt(alter) => one(type_of(&alter.type_name)),
        NodeEnum::CreateRangeStmt(create) => one(type_of(&create.type_name)),
        NodeEnum::AlterTypeStmt(alter) => one(type_of(&alter.type_name)),
        NodeEnum::CompositeTypeStmt(create) => {
            one(relation(&create.typevar).map(|target| Target {
                class: TargetClass::Type,
                ..target
            }))
        }
        NodeEnum::CreateTrigStmt(create) => one(relation(&create.relation)),
        NodeEnum::CreateStatsStmt(create) => {
            let named = from_parts(TargetClass::Statistics, &strings(&create.defnames));
            let tables = create.relations.iter().filter_map(named_relation);
            with_targets(named.into_iter().chain(tables).collect())
        }
        NodeEnum::AlterStatsStmt(alter) => one(from_parts(
            TargetClass::Statistics,
            &strings(&alter.defnames),
        )),
        NodeEnum::CreateCastStmt(create) => {
            let types = [&create.sourcetype, &create.targettype].map(Option::as_ref);
            let function = create.func.as_ref().and_then(|f| routine(&f.objname));
            with_targets(objects::cast_targets(types).chain(function).collect())
        }
        NodeEnum::CommentStmt(comment) if comment.objtype() == ObjectType::ObjectCast => {
            let types = objects::types_of_cast(comment.object.as_deref());
            with_targets(objects::cast_targets(types).collect())
        }
        NodeEnum::RuleStmt(create) => one(relation(&create.relation)),
        NodeEnum::CreatePolicyStmt(create) => one(relation(&create.table)),
        NodeEnum::AlterPolicyStmt(alter) => one(relation(&alter.table)),
        NodeEnum::DefineStmt(define) => one(match define.kind() {
            ObjectType::ObjectAggregate => routine(&define.defnames),
            ObjectType::ObjectType => type_of(&define.defnames),
            _ => support(&define.defnames),
        }),
        NodeEnum::CreateOpClassStmt(create) => {
            // Without a family of its own name it makes one.
            let family = support(&create.opfamilyname);
            with_targets(
                support(&create.opclassname)
                    .into_iter()
                    .chain(family)
                    .collect(),
            )
        }
        NodeEnum::CreateOpFamilyStmt(create) => one(support(&create.opfamilyname)),
        NodeEnum::AlterOpFamilyStmt(alter) => one(support(&alter.opfamilyname)),
        NodeEnum::AlterOperatorStmt(alter) => one(alter
            .opername
            .as_ref()
            .and_then(|operator| support(&operator.objname))),
        NodeEnum::AlterCollationStmt(alter) => one(support(&alter.collname)),
        NodeEnum::CreateConversionStmt(create) => one(support(&create.conversion_name)),
        NodeEnum::AlterTsdictionaryStmt(alter) => one(support(&alter.dictname)),
        NodeEnum::AlterTsconfigurationStmt(alter) => one(support(&alter.cfgname)),
        NodeEnum::RenameStmt(rename) => renaming(rename),
        NodeEnum::AlterOwnerStmt(alter) => {
            let owned = relation(&alter.relation)
                .or_else(|| target(alter.object_type(), alter.object.as_deref()));
            one(owned)
        }
        NodeEnum::AlterObjectSchemaStmt(alter) => {
            let old = relation(&alter.relation)
                .or_else(|| target(alter.object_type(), alter.object.as_deref()));
            let new = old.clone().map(|old| Target {
                schema: Some(alter.newschema.clone()),
                ..old
            });
            with_targets(old.into_iter().chain(new).collect())
        }
        NodeEnum::CommentStmt(comment) => one(target(comment.objtype(), comment.object.as_deref())),
        NodeEnum::SecLabelStmt(label) => one(target(label.objtype(), label.object.as_deref())),
        NodeEnum::GrantStmt(grant) => granting(grant),
        NodeEnum::AlterDefaultPrivilegesStmt(alter) => Ddl {
            drops: true,
            unlocked: true,
            ..with_targets(in_schemas(alter).into_iter().map(schema).collect())
        },
        NodeEnum::ImportForeignSchemaStmt(import) => within(vec![import.local_schema.clone()]),
        NodeEnum::ReindexStmt(reindex) => reindexing(reindex),
        // That of a partitioned table refuses a transaction block.
        NodeEnum::ClusterStmt(cluster) => Ddl {
            outside_transaction: true,
            ..one(relation(&cluster.relation))
        },
        NodeEnum::DropOwnedStmt(_) => Ddl {
            scope: Scope::Everything,
            drops: true,
            unlocked: true,
            ..Ddl::default()
        },
        NodeEnum::ReassignOwnedStmt(_) | NodeEnum::AlterTableMoveAllStmt(_) => Ddl {
            scope: Scope::Everything,
            ..Ddl::default()
        },
        _ => Ddl::default(),
    })
}

/// The prepared statement of `CREATE TABLE … AS EXECUTE`.
fn executed(create: &CreateTableAsStmt) -> Option<String> {
    match create.query.as_ref()?.node.as_ref()? {
        NodeEnum::ExecuteStmt(execute) => Some(execute.name.clone()),
        _ => None,
    }
}

/// DDL that makes a relation; `None` if it is temporary.
pub(super) fn creating(relation: Option<&RangeVar>) -> Option<Ddl> {
    objects::relation(relation).map(|target| with_targets(vec![target]))
}

fn within(schemas: Vec<String>) -> Ddl {
    Ddl {
        scope: Scope::Schemas(schemas),
        ..Ddl::default()
    }
}

fn named_relation(node: &Node) -> Option<Target> {
    match &node.node {
        Some(NodeEnum::RangeVar(relation)) => objects::relation(Some(relation)),
        _ => None,
    }
}

fn schema(name: &str) -> Target {
    Target {
        class: TargetClass::Schema,
        schema: None,
        name: name.to_owned(),
    }
}

fn alter_table(alter: &AlterTableStmt) -> Ddl {
    let mut ddl = with_targets(
        objects::relation(alter.relation.as_ref())
            .into_iter()
            .collect(),
    );
    if alter.objtype() == ObjectType::ObjectType {
        // A composite type is altered as a relation.
        for target in &mut ddl.targets {
            target.class = TargetClass::Type;
        }
    }
    for command in &alter.cmds {
        let Some(NodeEnum::AlterTableCmd(command)) = &command.node else {
            continue;
        };
        ddl.drops |= command.subtype() == AlterTableType::AtDropColumn;
        match super::node(command.def.as_deref()) {
            Some(NodeEnum::PartitionCmd(partition)) => {
                ddl.outside_transaction |= partition.concurrent;
                ddl.targets
                    .extend(objects::relation(partition.name.as_ref()));
            }
            // INHERIT and NO INHERIT.
            Some(NodeEnum::RangeVar(parent)) => {
                ddl.targets.extend(objects::relation(Some(parent)));
            }
            _ => {}
        }
    }
    ddl
}

fn dropping(drop: &DropStmt) -> Ddl {
    let targets: Vec<Target> = drop
        .objects
        .iter()
        .filter_map(|object| target(drop.remove_type(), Some(object)))
        .collect();
    let scope = if drop.remove_type() == ObjectType::ObjectSchema {
        Scope::Schemas(targets.iter().map(|target| target.name.clone()).collect())
    } else {
        Scope::Targets
    };
    Ddl {
        targets,
        scope,
        outside_transaction: drop.concurrent,
        drops: true,
        drops_tables: drop.remove_type() == ObjectType::ObjectTable,
        ..Ddl::default()
    }
}

fn is_concurrent(reindex: &ReindexStmt) -> bool {
    reindex.params.iter().any(|option| {
        matches!(&option.node, Some(NodeEnum::DefElem(option)) if option.defname == "concurrently")
    })
}

fn reindexing(reindex: &ReindexStmt) -> Ddl {
    let scope = match reindex.kind() {
        ReindexObjectType::ReindexObjectIndex | ReindexObjectType::ReindexObjectTable => {
            Scope::Targets
        }
        ReindexObjectType::ReindexObjectSchema => Scope::Schemas(vec![reindex.name.clone()]),
        _ => Scope::Everything,
    };
    Ddl {
        targets: objects::relation(reindex.relation.as_ref())
            .into_iter()
            .collect(),
        scope,
        outside_transaction: true,
        drops: true,
        ..Ddl::default()
    }
}

/// `CREATE SCHEMA AUTHORIZATION CURRENT_USER`: only the server knows the name.
pub(super) fn is_named_by_server(create: &CreateSchemaStmt) -> bool {
    create.schemaname.is_empty()
        && create
            .authrole
            .as_ref()
            .is_none_or(|role| role.rolename.is_empty())
}

fn new_schema(create: &CreateSchemaStmt) -> Ddl {
    if is_named_by_server(create) {
        return Ddl {
            scope: Scope::Everything,
            ..Ddl::default()
        };
    }
    let name = match &create.authrole {
        Some(role) if create.schemaname.is_empty() => &role.rolename,
        _ => &create.schemaname,
    };
    Ddl {
        targets: vec![schema(name)],
        ..within(vec![name.clone()])
    }
}

fn renaming(rename: &RenameStmt) -> Ddl {
    let kind = rename.rename_type();
    let old = objects::relation(rename.relation.as_ref())
        .or_else(|| target(kind, rename.object.as_deref()))
        .or_else(|| (kind == ObjectType::ObjectSchema).then(|| schema(&rename.subname)));
    // What is renamed may be a part of what is named: a column, a constraint, a trigger.
    let part = matches!(
        kind,
        ObjectType::ObjectColumn
            | ObjectType::ObjectAttribute
            | ObjectType::ObjectTabconstraint
            | ObjectType::ObjectDomconstraint
            | ObjectType::ObjectTrigger
            | ObjectType::ObjectRule
            | ObjectType::ObjectPolicy
    );
    let new = old.clone().filter(|_| !part).map(|old| Target {
        name: rename.newname.clone(),
        ..old
    });
    let scope = if kind == ObjectType::ObjectSchema {
        Scope::Schemas(vec![rename.subname.clone(), rename.newname.clone()])
    } else {
        Scope::Targets
    };
    Ddl {
        targets: old.into_iter().chain(new).collect(),
        scope,
        ..Ddl::default()
    }
}

/// The schemas of `ALTER DEFAULT PRIVILEGES IN SCHEMA`.
fn in_schemas(alter: &AlterDefaultPrivilegesStmt) -> Vec<&str> {
    let options = alter.options.iter();
    let lists = options.filter_map(|option| match &option.node {
        Some(NodeEnum::DefElem(option)) if option.defname == "schemas" => {
            match super::node(option.arg.as_deref()) {
                Some(NodeEnum::List(list)) => Some(strings(&list.items)),
                _ => None,
            }
        }
        _ => None,
    });
    lists.flatten().collect()
}

fn granting(grant: &GrantStmt) -> Ddl {
    if grant.targtype() == GrantTargetType::AclTargetAllInSchema {
        let schemas = strings(&grant.objects).into_iter().map(str::to_owned);
        return within(schemas.collect());
    }
    let targets = grant
        .objects
        .iter()
        .filter_map(|object| target(grant.objtype(), Some(object)))
        .collect();
    with_targets(targets)
}

//! From catalog rows to what is particular to each kind.

use super::definition::{acl, security_labels};
use super::logical::Logical;
use super::row::{
    AttributeRow, ColumnRow, ConstraintRow, DeclaredRow, DomainRow, IndexRow, PhysicalName,
    RelationRow, RoutineRow, SequenceRow, TriggerRow, TypeRow,
};
use super::{CatalogError, CatalogId, LineageBook};
use crate::schema::model::{
    Acl, Attribute, Body, Check, Column, ColumnSettings, Composite, Constraint, ConstraintKind,
    Declared, Domain, Enum, Foreign, Generated, Identity, Index, IndexAttributes, Lineage,
    MaterializedView, Name, OwnedBy, Persistence, ReplicaIdentity, Routine, SecurityLabels,
    Sequence, SequenceOptions, Table, Trigger, TriggerState, View, default_domain_not_null,
    default_not_null,
};
use crate::schema::token::tokens;
use std::collections::BTreeMap;

pub(super) fn type_body(
    row: &TypeRow,
    id: CatalogId,
    logical: Logical<'_>,
    lineage: &mut LineageBook,
) -> Body {
    let name = logical.name(&row.schema, &row.name);
    if let Some(row) = &row.domain {
        return Body::Domain(domain(name, row, logical));
    }
    if row.typtype == 'c' {
        let attributes = (row.attributes.iter().flatten())
            .map(|row| attribute(row, lineage.of(id.with_sub(row.number)), logical))
            .collect();
        return Body::Composite(Composite { name, attributes });
    }
    Body::Enum(Enum {
        name,
        labels: row.labels.clone().unwrap_or_default(),
    })
}

fn domain(name: Name, row: &DomainRow, logical: Logical<'_>) -> Domain {
    let checks = row.checks.iter().flatten().map(|row| {
        let check = Check {
            definition: logical.text(&row.definition),
            comment: row.comment.clone(),
        };
        (row.name.clone(), check)
    });
    let not_null = row.not_null_constraint.as_ref();
    let not_null_name = not_null
        .filter(|constraint| constraint.name != default_domain_not_null(&name.name))
        .map(|constraint| constraint.name.clone());
    Domain {
        name,
        base: logical.text(&row.base),
        collation: collation(row.collation.as_ref(), logical),
        not_null: row.not_null,
        not_null_name,
        not_null_comment: not_null.and_then(|constraint| constraint.comment.clone()),
        default: row.default.as_deref().map(|text| logical.text(text)),
        checks: checks.collect(),
    }
}

fn attribute(row: &AttributeRow, id: Lineage, logical: Logical<'_>) -> Attribute {
    Attribute {
        id,
        name: row.name.clone(),
        data_type: logical.text(&row.data_type),
        collation: collation(row.collation.as_ref(), logical),
        comment: row.comment.clone(),
    }
}

pub(super) fn relation_body(
    row: &RelationRow,
    id: CatalogId,
    logical: Logical<'_>,
    lineage: &mut LineageBook,
) -> Result<Body, CatalogError> {
    let name = logical.name(&row.schema, &row.name);
    let missing = || CatalogError::Text {
        object: format!("{}.{}", row.schema, row.name),
        text: format!("relation of kind \"{}\"", row.relkind),
    };
    Ok(match row.relkind {
        'r' | 'p' | 'f' => Body::Table(table(name, row, id, logical, lineage)),
        'v' => Body::View(View {
            name,
            columns: column_names(row),
            column_types: (row.columns.iter().flatten())
                .map(|column| logical.text(&column.data_type))
                .collect(),
            query: query(row.query.as_deref().ok_or_else(missing)?, logical),
            options: options(row.options.as_deref(), ""),
            column_comments: column_comments(row),
            column_security_labels: column_security_labels(row),
            column_defaults: (row.columns.iter().flatten())
                .filter_map(|column| {
                    let default = logical.text(column.default.as_deref()?);
                    Some((column.name.clone(), default))
                })
                .collect(),
            column_acls: column_acls(row),
        }),
        'm' => Body::MaterializedView(MaterializedView {
            name,
            columns: column_names(row),
            query: query(row.query.as_deref().ok_or_else(missing)?, logical),
            options: options(row.options.as_deref(), ""),
            column_comments: column_comments(row),
            column_security_labels: column_security_labels(row),
            column_acls: column_acls(row),
            column_settings: (row.columns.iter().flatten())
                .map(|column| (column.name.clone(), column_settings(column)))
                .filter(|(_, settings)| *settings != ColumnSettings::default())
                .collect(),
            unpopulated: !row.populated,
            access_method: row.access_method.clone(),
            tablespace: row.tablespace.clone(),
            cluster_on: row.cluster_on.clone(),
        }),
        'S' => Body::Sequence(Sequence {
            name,
            options: sequence_options(row.sequence.as_ref().ok_or_else(missing)?),
            persistence: persistence(row),
            owned_by: row
                .owned_by
                .as_ref()
                .map(|(schema, table, column)| OwnedBy {
                    table: logical.name(schema, table),
                    column: column.clone(),
                }),
        }),
        _ => Body::Index(index(
            name,
            row,
            row.index.as_ref().ok_or_else(missing)?,
            logical,
        )?),
    })
}

fn table(
    name: Name,
    row: &RelationRow,
    id: CatalogId,
    logical: Logical<'_>,
    lineage: &mut LineageBook,
) -> Table {
    let mut table_options = options(row.options.as_deref(), "");
    table_options.extend(options(row.toast_options.as_deref(), "toast."));
    Table {
        name,
        persistence: persistence(row),
        columns: (row.columns.iter().flatten())
            .map(|of| column(of, row, lineage.of(id.with_sub(of.number)), logical))
            .collect(),
        constraints: (row.constraints.iter().flatten())
            .filter_map(|row| Some((row.name.clone(), constraint(row, logical)?)))
            .collect(),
        options: table_options,
        row_security: row.row_security,
        force_row_security: row.force_row_security,
        replica_identity: match (row.replica_identity, &row.replica_index) {
            ('f', _) => ReplicaIdentity::Full,
            ('i', Some(index)) => ReplicaIdentity::Index(index.clone()),
            // With its index dropped, nothing identifies a row.
            ('n', _) | ('i', None) => ReplicaIdentity::Nothing,
            _ => ReplicaIdentity::Default,
        },
        inherits: (row.parents.iter().flatten())
            .map(|PhysicalName(schema, name)| logical.name(schema, name))
            .collect(),
        bound: row.bound.as_deref().map(|text| logical.text(text)),
        partition_by: row.partition_by.as_deref().map(|text| logical.text(text)),
        of_type: (row.of_type.as_ref())
            .map(|PhysicalName(schema, name)| logical.name(schema, name)),
        foreign: row.foreign.as_ref().map(|row| Foreign {
            server: row.server.clone(),
            options: options(row.options.as_deref(), ""),
        }),
        access_method: row.access_method.clone(),
        tablespace: row.tablespace.clone(),
        cluster_on: row.cluster_on.clone(),
        cloned_triggers: (row.cloned_triggers.iter().flatten())
            .map(|(name, enabled)| (name.clone(), trigger_state(*enabled)))
            .collect(),
    }
}

fn column(row: &ColumnRow, relation: &RelationRow, id: Lineage, logical: Logical<'_>) -> Column {
    let expression = row.default.as_deref().map(|text| logical.text(text));
    let (default, generated) = match (row.generated.as_str(), expression) {
        ("", default) => (default, None),
        (how, expression) => {
            let generated = expression.map(|expression| Generated {
                expression,
                stored: how == "s",
            });
            (None, generated)
        }
    };
    let not_null = row.not_null_constraint.as_ref();
    Column {
        id,
        name: row.name.clone(),
        data_type: logical.text(&row.data_type),
        collation: collation(row.collation.as_ref(), logical),
        not_null: row.not_null,
        not_null_name: not_null
            .filter(|constraint| constraint.name != default_not_null(&relation.name, &row.name))
            .map(|constraint| constraint.name.clone()),
        not_null_terms: not_null
            .map(|constraint| constraint.terms)
            .unwrap_or_default(),
        not_null_comment: not_null.and_then(|constraint| constraint.comment.clone()),
        default,
        identity: row.identity_sequence.as_ref().map(|sequence| Identity {
            always: row.identity == "a",
            sequence: sequence.name.clone(),
            options: sequence_options(sequence),
            comment: sequence.comment.clone(),
            security_labels: security_labels(sequence.security_labels.as_deref(), 0),
            acl: (sequence.acl.as_deref()).map(|privileges| acl(Some(privileges))),
        }),
        generated,
        comment: row.comment.clone(),
        security_labels: labels_of(relation, row),
        acl: acl(row.acl.as_deref()),
        storage: row.storage.and_then(storage),
        compression: row.compression.and_then(compression),
        statistics: row.statistics,
        options: options(row.options.as_deref(), ""),
        foreign_options: options(row.foreign_options.as_deref(), ""),
        inherited: row.inherited,
    }
}

fn column_settings(row: &ColumnRow) -> ColumnSettings {
    ColumnSettings {
        storage: row.storage.and_then(storage),
        compression: row.compression.and_then(compression),
        statistics: row.statistics,
        options: options(row.options.as_deref(), ""),
    }
}

/// The keyword of an `attstorage`.
fn storage(code: char) -> Option<String> {
    let keyword = match code {
        'p' => "PLAIN",
        'e' => "EXTERNAL",
        'x' => "EXTENDED",
        'm' => "MAIN",
        _ => return None,
    };
    Some(keyword.to_owned())
}

/// The name of an `attcompression`.
fn compression(code: char) -> Option<String> {
    match code {
        'p' => Some("pglz".to_owned()),
        'l' => Some("lz4".to_owned()),
        _ => None,
    }
}

fn constraint(row: &ConstraintRow, logical: Logical<'_>) -> Option<Constraint> {
    let kind = match row.contype {
        'p' => ConstraintKind::Primary,
        'u' => ConstraintKind::Unique,
        'c' => ConstraintKind::Check,
        'x' => ConstraintKind::Exclusion,
        'f' => ConstraintKind::Foreign,
        _ => return None,
    };
    Some(Constraint {
        kind,
        definition: match kind {
            ConstraintKind::Exclusion => logical.text(&without_options(&row.definition)),
            _ => logical.text(&row.definition),
        },
        columns: sorted(row.columns.as_deref()),
        references: (row.references.as_ref())
            .map(|PhysicalName(schema, name)| logical.name(schema, name)),
        comment: row.comment.clone(),
        inherited: row.inherited,
        index: (row.index.as_ref()).map_or_else(IndexAttributes::default, |index| {
            IndexAttributes {
                options: options(index.options.as_deref(), ""),
                tablespace: index.tablespace.clone(),
                statistics: BTreeMap::new(),
                parent: (index.parent.as_ref())
                    .map(|PhysicalName(schema, name)| logical.name(schema, name)),
                comment: index.comment.clone(),
            }
        }),
    })
}

fn index(
    name: Name,
    relation: &RelationRow,
    row: &IndexRow,
    logical: Logical<'_>,
) -> Result<Index, CatalogError> {
    let using = tokens(&row.definition)
        .iter()
        .find(|token| token.is("USING"))
        .and_then(|token| row.definition.get(token.start..))
        .ok_or_else(|| CatalogError::Text {
            object: format!("index {}.{}", name.schema, name.name),
            text: row.definition.clone(),
        })?;
    Ok(Index {
        table: Name::new(name.schema.as_str(), row.table.as_str()),
        name,
        unique: row.unique,
        definition: logical.text(&without_options(using)),
        columns: sorted(row.columns.as_deref()),
        partitioned: relation.relkind == 'I',
        attributes: IndexAttributes {
            options: options(relation.options.as_deref(), ""),
            tablespace: relation.tablespace.clone(),
            statistics: row.statistics.clone().unwrap_or_default(),
            parent: (relation.parents.iter().flatten().next())
                .map(|PhysicalName(schema, name)| logical.name(schema, name)),
            comment: None,
        },
    })
}

/// A printed index without its storage parameters, `WITH (…)`, which can be altered.
fn without_options(using: &str) -> String {
    let tokens = tokens(using);
    let mut depth = 0_usize;
    let mut start = None;
    for token in &tokens {
        if token.is("(") {
            depth += 1;
        } else if token.is(")") {
            depth = depth.saturating_sub(1);
            if let Some(start) = start.filter(|_| depth == 0) {
                let before = using.get(..start).unwrap_or_default().trim_end();
                return format!("{before}{}", using.get(token.end..).unwrap_or_default());
            }
        } else if depth == 0 && token.is("WITH") {
            start = Some(token.start);
        } else if depth == 0 && token.is("WHERE") {
            break;
        }
    }
    using.to_owned()
}

pub(super) fn routine(row: &RoutineRow, logical: Logical<'_>) -> Routine {
    let arguments = logical.text(&row.arguments);
    Routine {
        name: logical.name(&row.schema, &row.name),
        identity_arguments: input_types(row.input_types.as_deref(), logical),
        procedure: row.procedure,
        signature: match &row.result {
            Some(result) => {
                let window = if row.window { " WINDOW" } else { "" };
                format!("({arguments}) RETURNS {}{window}", logical.text(result))
            }
            None => format!("({arguments})"),
        },
        definition: logical
            .routine(
                &row.definition,
                &row.schema,
                &row.language,
                row.body_schemas.as_deref().unwrap_or_default(),
            )
            .trim_end()
            .to_owned(),
    }
}

pub(super) fn trigger(row: &TriggerRow, logical: Logical<'_>) -> Trigger {
    Trigger {
        name: row.name.clone(),
        table: logical.name(&row.schema, &row.table),
        definition: logical.text(&row.definition),
        enabled: trigger_state(row.enabled),
        columns: sorted(row.columns.as_deref()),
    }
}

pub(super) fn declared(row: &DeclaredRow, logical: Logical<'_>) -> Declared {
    let name = if row.kind.is_on_relation() {
        Name::new("", row.name.as_str())
    } else {
        logical.name(&row.schema, &row.name)
    };
    let setting = |(name, value): (&String, &String)| (logical.text(name), logical.text(value));
    Declared {
        declares: row.kind,
        name,
        qualifier: logical.text(&row.qualifier),
        table: (row.table.as_ref()).map(|PhysicalName(schema, name)| logical.name(schema, name)),
        columns: sorted(row.columns.as_deref()),
        statement: logical.text(&row.statement),
        settings: row.settings.iter().map(setting).collect(),
    }
}

/// What a `tgenabled` says.
fn trigger_state(code: char) -> TriggerState {
    match code {
        'D' => TriggerState::Disabled,
        'R' => TriggerState::Replica,
        'A' => TriggerState::Always,
        _ => TriggerState::Origin,
    }
}

pub(super) fn input_types(printed: Option<&str>, logical: Logical<'_>) -> String {
    printed.map_or_else(String::new, |types| logical.text(types))
}

/// A view's query without the semicolon that the server prints after it.
fn query(printed: &str, logical: Logical<'_>) -> String {
    let query = printed.trim();
    logical.text(query.strip_suffix(';').unwrap_or(query))
}

fn column_names(row: &RelationRow) -> Vec<String> {
    (row.columns.iter().flatten())
        .map(|column| column.name.clone())
        .collect()
}

fn column_comments(row: &RelationRow) -> BTreeMap<String, String> {
    (row.columns.iter().flatten())
        .filter_map(|column| Some((column.name.clone(), column.comment.clone()?)))
        .collect()
}

fn labels_of(relation: &RelationRow, column: &ColumnRow) -> SecurityLabels {
    security_labels(relation.common.security_labels.as_deref(), column.number)
}

fn column_security_labels(row: &RelationRow) -> BTreeMap<String, SecurityLabels> {
    (row.columns.iter().flatten())
        .map(|column| (column.name.clone(), labels_of(row, column)))
        .filter(|(_, labels)| !labels.is_empty())
        .collect()
}

fn column_acls(row: &RelationRow) -> BTreeMap<String, Acl> {
    (row.columns.iter().flatten())
        .filter_map(|column| Some((column.name.clone(), acl(Some(column.acl.as_deref()?)))))
        .collect()
}

fn collation(name: Option<&PhysicalName>, logical: Logical<'_>) -> Option<Name> {
    name.map(|PhysicalName(schema, name)| logical.name(schema, name))
}

fn persistence(row: &RelationRow) -> Persistence {
    if row.unlogged {
        Persistence::Unlogged
    } else {
        Persistence::Permanent
    }
}

fn sequence_options(row: &SequenceRow) -> SequenceOptions {
    SequenceOptions {
        data_type: row.data_type.clone(),
        start: row.start,
        increment: row.increment,
        min: row.min,
        max: row.max,
        cache: row.cache,
        cycle: row.cycle,
    }
}

/// `reloptions`: `name=value`.
fn options(printed: Option<&[String]>, prefix: &str) -> BTreeMap<String, String> {
    (printed.unwrap_or_default().iter())
        .filter_map(|option| option.split_once('='))
        .map(|(name, value)| (format!("{prefix}{name}"), value.to_owned()))
        .collect()
}

fn sorted(names: Option<&[String]>) -> Vec<String> {
    let mut names = names.unwrap_or_default().to_vec();
    names.sort();
    names
}

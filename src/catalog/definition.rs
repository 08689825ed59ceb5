//! From catalog rows to definitions: what all kinds share, and what depends on what.

use super::body;
use super::logical::Logical;
use super::row::{Common, Label, Privilege};
use super::{CatalogError, CatalogId, Found, LineageBook, Raw};
use crate::schema::model::{
    Acl, Body, Definition, Kind, Lineage, ObjectKey, Schema, SecurityLabels,
};
use std::collections::HashMap;

impl Raw {
    /// The objects in schemas for which `names` (physical → logical schema) has an answer, in
    /// logical names. On `main` it answers a versioned schema's own name.
    ///
    /// # Errors
    /// If the server printed something that does not have the form it should.
    pub fn objects(
        &self,
        names: &dyn Fn(&str) -> Option<String>,
        lineage: &mut LineageBook,
    ) -> Result<Vec<Found>, CatalogError> {
        let logical = Logical::new(names);
        let keys = self.keys(logical);
        let mut found = Vec::new();
        let mut add = |class: u32, common: &Common, schema: &str, body: Body, lineage: Lineage| {
            let mut definition = Definition {
                owner: common.owner.clone(),
                acl: acl(common.acl.as_deref()),
                comment: common.comment.clone(),
                security_labels: security_labels(common.security_labels.as_deref(), 0),
                depends_on: Vec::new(),
                body,
            };
            definition.depends_on = depends_on(common, definition.key(), &keys);
            found.push(Found {
                id: CatalogId::object(class, common.oid),
                physical_schema: schema.to_owned(),
                lineage,
                definition,
            });
        };
        for row in &self.schemas {
            if let Some(name) = logical.schema(&row.name) {
                let id = CatalogId::object(CatalogId::SCHEMA, row.common.oid);
                let body = Body::Schema(Schema { name });
                add(id.class, &row.common, &row.name, body, lineage.of(id));
            }
        }
        for row in &self.types {
            if logical.schema(&row.schema).is_some() {
                let id = CatalogId::object(CatalogId::TYPE, row.common.oid);
                let body = body::type_body(row, id, logical, lineage);
                add(id.class, &row.common, &row.schema, body, lineage.of(id));
            }
        }
        for row in &self.routines {
            if logical.schema(&row.schema).is_some() {
                let id = CatalogId::object(CatalogId::ROUTINE, row.common.oid);
                let body = Body::Routine(body::routine(row, logical));
                add(id.class, &row.common, &row.schema, body, lineage.of(id));
            }
        }
        for row in &self.relations {
            if logical.schema(&row.schema).is_some() {
                let id = CatalogId::object(CatalogId::RELATION, row.common.oid);
                let body = body::relation_body(row, id, logical, lineage)?;
                add(id.class, &row.common, &row.schema, body, lineage.of(id));
            }
        }
        for row in &self.triggers {
            if logical.schema(&row.schema).is_some() {
                let id = CatalogId::object(CatalogId::TRIGGER, row.common.oid);
                let body = Body::Trigger(body::trigger(row, logical));
                add(id.class, &row.common, &row.schema, body, lineage.of(id));
            }
        }
        for (class, rows) in &self.declared {
            for row in rows {
                if logical.schema(&row.schema).is_some() {
                    let id = CatalogId::object(*class, row.common.oid);
                    let body = Body::Declared(body::declared(row, logical));
                    add(id.class, &row.common, &row.schema, body, lineage.of(id));
                }
            }
        }
        Ok(found)
    }

    /// What everything is called that may be depended on, as far as it is of this branch.
    fn keys(&self, logical: Logical<'_>) -> HashMap<(u32, u32), ObjectKey> {
        let key = |kind: Kind, schema: &str, name: &str, qualifier: String| {
            Some(ObjectKey {
                kind,
                schema: logical.schema(schema)?,
                name: name.to_owned(),
                qualifier,
            })
        };
        let types = self.types.iter().filter_map(|row| {
            let key = key(
                type_kind(row.typtype)?,
                &row.schema,
                &row.name,
                String::new(),
            )?;
            Some(((CatalogId::TYPE, row.common.oid), key))
        });
        let relations = self.relations.iter().filter_map(|row| {
            let kind = relation_kind(row.relkind)?;
            let key = key(kind, &row.schema, &row.name, String::new())?;
            Some(((CatalogId::RELATION, row.common.oid), key))
        });
        let routines = self.routines.iter().filter_map(|row| {
            let input = body::input_types(row.input_types.as_deref(), logical);
            let key = key(Kind::Routine, &row.schema, &row.name, input)?;
            Some(((CatalogId::ROUTINE, row.common.oid), key))
        });
        let others = self.names.iter().filter_map(|row| {
            if let Some(kind) = row.declared {
                let qualifier = logical.text(row.qualifier.as_deref().unwrap_or_default());
                let key = key(kind, &row.schema, &row.name, qualifier)?;
                return Some(((row.class, row.oid), key));
            }
            let input = body::input_types(row.input_types.as_deref(), logical);
            let kind = match row.class {
                CatalogId::ROUTINE => Kind::Routine,
                CatalogId::TYPE => type_kind(row.kind?).or_else(|| relation_kind(row.kind?))?,
                _ => relation_kind(row.kind?)?,
            };
            let key = key(kind, &row.schema, &row.name, input)?;
            Some(((row.class, row.oid), key))
        });
        let declared = self.declared.iter().flat_map(|(class, rows)| {
            rows.iter().filter_map(|row| {
                let qualifier = logical.text(&row.qualifier);
                let key = key(row.kind, &row.schema, &row.name, qualifier)?;
                (!row.kind.is_on_relation()).then_some(((*class, row.common.oid), key))
            })
        });
        types
            .chain(relations)
            .chain(routines)
            .chain(declared)
            .chain(others)
            .collect()
    }
}

fn relation_kind(relkind: char) -> Option<Kind> {
    match relkind {
        'r' | 'p' | 'f' => Some(Kind::Table),
        'v' => Some(Kind::View),
        'm' => Some(Kind::MaterializedView),
        'S' => Some(Kind::Sequence),
        'i' | 'I' => Some(Kind::Index),
        _ => None,
    }
}

fn type_kind(typtype: char) -> Option<Kind> {
    match typtype {
        'e' => Some(Kind::Enum),
        'd' => Some(Kind::Domain),
        'c' => Some(Kind::Composite),
        _ => None,
    }
}

fn depends_on(
    common: &Common,
    own: ObjectKey,
    keys: &HashMap<(u32, u32), ObjectKey>,
) -> Vec<ObjectKey> {
    let mut depends_on: Vec<ObjectKey> = (common.references.iter().flatten())
        .filter_map(|reference| keys.get(&(reference.class, reference.oid)))
        .filter(|key| **key != own)
        .cloned()
        .collect();
    if !own.schema.is_empty() {
        depends_on.push(ObjectKey {
            kind: Kind::Schema,
            schema: String::new(),
            name: own.schema,
            qualifier: String::new(),
        });
    }
    depends_on.sort();
    depends_on.dedup();
    depends_on
}

pub(super) fn acl(privileges: Option<&[Privilege]>) -> Acl {
    let mut acl = Acl::new();
    for Privilege(grantee, privilege, grantable) in privileges.unwrap_or_default() {
        // Several grantors may have granted the same.
        *acl.entry(grantee.clone())
            .or_default()
            .entry(privilege.clone())
            .or_default() |= *grantable;
    }
    acl
}

/// The labels of an object, or of the column of that number.
pub(super) fn security_labels(labels: Option<&[Label]>, column: i32) -> SecurityLabels {
    (labels.unwrap_or_default().iter())
        .filter(|Label(on, ..)| *on == column)
        .map(|Label(_, provider, label)| (provider.clone(), label.clone()))
        .collect()
}

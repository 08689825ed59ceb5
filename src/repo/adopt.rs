//! Objects that DDL of the proxy's own has made get the lineages they were meant to have.

use crate::catalog::{CatalogError, CatalogId, Found, LineageBook, Raw};
use crate::schema::Snapshot;
use crate::schema::model::{Body, Definition, Lineage};
use std::collections::{HashMap, HashSet};

/// Live objects with the lineages of the schema they were made from.
#[derive(Debug)]
pub struct Adopted {
    pub found: Vec<Found>,
    /// Objects and columns that were not known before.
    pub newcomers: Vec<(CatalogId, Lineage)>,
}

/// Matches what was read with what was `wanted`, objects by key and columns by name. What has a lineage in
/// `known` keeps it; what is neither known nor wanted gets a new one.
pub fn adopt(
    raw: &Raw,
    names: &dyn Fn(&str) -> Option<String>,
    wanted: &Snapshot,
    known: &HashMap<CatalogId, Lineage>,
) -> Result<Adopted, CatalogError> {
    let mut book = LineageBook::new(known.clone());
    let first_look = raw.objects(names, &mut book)?;
    let ids = raw.ids();
    let addresses: HashMap<Lineage, CatalogId> = ids
        .iter()
        .filter_map(|id| Some((book.get(*id)?, *id)))
        .collect();
    let mut lineages: HashMap<CatalogId, Lineage> = addresses
        .iter()
        .map(|(lineage, id)| (*id, *lineage))
        .collect();
    for found in &first_look {
        let meant = wanted
            .by_key(&found.definition.key())
            .and_then(|lineage| Some((lineage, wanted.get(&lineage)?)));
        let Some((lineage, definition)) = meant else {
            continue;
        };
        if !known.contains_key(&found.id) {
            lineages.insert(found.id, lineage);
        }
        let meant_members: HashMap<&str, Lineage> = members(definition).collect();
        for (name, given) in members(&found.definition) {
            if let (Some(address), Some(meant)) = (addresses.get(&given), meant_members.get(name))
                && !known.contains_key(address)
            {
                lineages.insert(*address, *meant);
            }
        }
    }
    let found = raw.objects(names, &mut LineageBook::new(lineages.clone()))?;
    lineages.retain(|id, _| !known.contains_key(id));
    Ok(Adopted {
        newcomers: of_objects(&found, lineages),
        found,
    })
}

/// Those lineages that are of the objects found, or of their columns.
pub fn of_objects(
    found: &[Found],
    lineages: impl IntoIterator<Item = (CatalogId, Lineage)>,
) -> Vec<(CatalogId, Lineage)> {
    let objects: HashSet<(u32, u32)> = found
        .iter()
        .map(|found| (found.id.class, found.id.oid))
        .collect();
    lineages
        .into_iter()
        .filter(|(id, _)| objects.contains(&(id.class, id.oid)))
        .collect()
}

/// The parts of an object that have a lineage of their own, by name.
fn members(definition: &Definition) -> Box<dyn Iterator<Item = (&str, Lineage)> + '_> {
    match &definition.body {
        Body::Table(table) => Box::new(
            table
                .columns
                .iter()
                .map(|column| (column.name.as_str(), column.id)),
        ),
        Body::Composite(composite) => Box::new(
            composite
                .attributes
                .iter()
                .map(|attribute| (attribute.name.as_str(), attribute.id)),
        ),
        _ => Box::new(std::iter::empty()),
    }
}

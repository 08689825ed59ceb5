//! Objects and tree nodes: is each what its hash says, and written as the canonical form is?

use super::findings::{Extent, Finding, Part, Verdict, shown};
use super::page;
use crate::schema::canonical::canonical_bytes;
use crate::schema::model::Definition;
use crate::store::error::StoreError;
use crate::store::hash::{ObjectHash, TreeHash};
use crate::store::rows::FromRow;
use crate::store::tree::Node;
use crate::upstream::Executor;

const OBJECTS: &str = "DECLARE pggit_verify CURSOR FOR
    SELECT encode(hash, 'hex'), definition::text FROM pggit.object";
const NODES: &str = "DECLARE pggit_verify CURSOR FOR
    SELECT encode(hash, 'hex'), content::text FROM pggit.tree_node";

pub(super) async fn objects(
    exec: &mut dyn Executor,
    verdict: &mut Verdict,
    watch: &mut (dyn FnMut(Extent) + Send),
) -> Result<(), StoreError> {
    exec.batch(OBJECTS).await?;
    loop {
        let rows = page(exec).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            let mut row = FromRow::new(row);
            let (name, definition) = (row.text()?, row.text()?);
            let right = ObjectHash::of(definition.as_bytes()).to_string();
            let canonical = || {
                let read: Definition = serde_json::from_str(&definition).ok()?;
                String::from_utf8(canonical_bytes(&read)).ok()
            };
            let finding = content("object", &name, &definition, &right, canonical);
            if let Some(finding) = finding {
                verdict.note(Part::Object, finding);
            }
            verdict.extent.objects += 1;
        }
        watch(verdict.extent);
    }
}

pub(super) async fn nodes(
    exec: &mut dyn Executor,
    verdict: &mut Verdict,
    watch: &mut (dyn FnMut(Extent) + Send),
) -> Result<(), StoreError> {
    exec.batch(NODES).await?;
    loop {
        let rows = page(exec).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            let mut row = FromRow::new(row);
            let (name, stored) = (row.text()?, row.text()?);
            let right = TreeHash::of(stored.as_bytes()).to_string();
            let canonical = || {
                let read: Node = serde_json::from_str(&stored).ok()?;
                Some(read.content())
            };
            if let Some(finding) = content("tree_node", &name, &stored, &right, canonical) {
                verdict.note(Part::Tree, finding);
            }
            verdict.extent.nodes += 1;
        }
        watch(verdict.extent);
    }
}

/// What is wrong with one: its name, or that it is not in canonical form, which `None` says for what cannot be read.
fn content(
    table: &str,
    name: &str,
    stored: &str,
    right: &str,
    canonical: impl FnOnce() -> Option<String>,
) -> Option<Finding> {
    let row = format!("{table} {name}");
    if name != right {
        return Some(Finding {
            row,
            says: format!("content with the hash {right}: {}", shown(stored)),
            expected: format!("content with the hash {name}"),
        });
    }
    let canonical = canonical();
    if canonical.as_deref() == Some(stored) {
        return None;
    }
    Some(Finding {
        row,
        says: shown(stored),
        expected: match canonical {
            Some(canonical) => shown(&canonical),
            None => "something that this version of pggit can read".to_owned(),
        },
    })
}

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

/// What is stored by its hash.
struct Stored {
    part: Part,
    table: &'static str,
    column: &'static str,
    hash: fn(&str) -> String,
    /// `None` for what cannot be read.
    canonical: fn(&str) -> Option<String>,
    counted: fn(&mut Extent) -> &mut u64,
}

const OBJECTS: Stored = Stored {
    part: Part::Object,
    table: "object",
    column: "definition",
    hash: |stored| ObjectHash::of(stored.as_bytes()).to_string(),
    canonical: |stored| {
        let read: Definition = serde_json::from_str(stored).ok()?;
        String::from_utf8(canonical_bytes(&read)).ok()
    },
    counted: |extent| &mut extent.objects,
};

const NODES: Stored = Stored {
    part: Part::Tree,
    table: "tree_node",
    column: "content",
    hash: |stored| TreeHash::of(stored.as_bytes()).to_string(),
    canonical: |stored| Some(serde_json::from_str::<Node>(stored).ok()?.content()),
    counted: |extent| &mut extent.nodes,
};

/// Looks at all of them.
pub(super) async fn verify(
    exec: &mut dyn Executor,
    verdict: &mut Verdict,
    watch: &mut (dyn FnMut(Extent) + Send),
) -> Result<(), StoreError> {
    for stored in [OBJECTS, NODES] {
        let Stored { table, column, .. } = stored;
        exec.batch(&format!(
            "DECLARE pggit_verify CURSOR FOR
             SELECT encode(hash, 'hex'), {column}::text FROM pggit.{table}"
        ))
        .await?;
        loop {
            let rows = page(exec).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                let mut row = FromRow::new(row);
                let (name, text) = (row.text()?, row.text()?);
                if let Some(finding) = stored.check(&name, &text) {
                    verdict.note(stored.part, finding);
                }
                *(stored.counted)(&mut verdict.extent) += 1;
            }
            watch(verdict.extent);
        }
    }
    Ok(())
}

impl Stored {
    /// What is wrong with one: its name, or that it is not in canonical form.
    fn check(&self, name: &str, stored: &str) -> Option<Finding> {
        let row = format!("{} {name}", self.table);
        let right = (self.hash)(stored);
        if name != right {
            return Some(Finding {
                row,
                says: format!("content with the hash {right}: {}", shown(stored)),
                expected: format!("content with the hash {name}"),
            });
        }
        let canonical = (self.canonical)(stored);
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
}

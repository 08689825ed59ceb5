//! Merges one object.

use super::attributes::{AttributeMerge, merge_order};
use super::decide::{Decisions, Pick, Sides, Subject};
use super::names::{Names, column_label};
use super::outcome::{MergeKind, ObjectOutcome};
use super::pair::columns;
use super::references::{Objects, keep_spoken_of};
use super::routine::Parts;
use super::three::Three;
use super::tree::{self, Tree};
use super::{normalise, not_null, primary, routine, union};
use crate::schema::model::{Body, Definition, Lineage, ObjectKey};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What one side dropped although the other needs it.
#[derive(Debug, Default)]
pub struct Contested {
    pub objects: BTreeSet<Lineage>,
    /// Paths of attributes, by object.
    pub attributes: BTreeMap<Lineage, BTreeSet<Vec<String>>>,
}

/// Merges objects, one after the other.
pub struct ObjectMerge<'a, 'd> {
    /// Speaking of everything else by the names of the result.
    pub sides: Three<&'a Objects>,
    pub names: &'a Names,
    pub contested: &'a Contested,
    pub decisions: &'a mut Decisions<'d>,
}

type Versions<'a> = Three<Option<&'a Arc<Definition>>>;

impl ObjectMerge<'_, '_> {
    /// The merged object, `None` where it is gone; and what happened to it.
    pub fn merge(&mut self, lineage: Lineage) -> (Option<Arc<Definition>>, Option<ObjectOutcome>) {
        let of: Versions<'_> = self.sides.map(|side| side.get(&lineage));
        let Some(existing) = of.target.or(of.source).or(of.base) else {
            return (None, None);
        };
        let mut kind = classify(of);
        let dropped_by_one = of.source.is_some() != of.target.is_some();
        if dropped_by_one && self.contested.objects.contains(&lineage) {
            kind = MergeKind::BothModified;
        }
        let contested_within = self.contested.attributes.contains_key(&lineage);
        let merged = match kind {
            _ if self.names.left_out.contains(&lineage) => None,
            MergeKind::BothModified => self.attributes(lineage, existing, of),
            _ if contested_within => self.attributes(lineage, existing, of),
            MergeKind::SourceModified => of.source.cloned(),
            MergeKind::DeletedSource => None,
            MergeKind::NoConflict | MergeKind::TargetModified | MergeKind::DeletedTarget => {
                of.target.cloned()
            }
        };
        let merged = merged
            .map(|definition| normalise::named(self.names, lineage, definition))
            .map(not_null::leave_out);
        let key = merged
            .as_ref()
            .map_or_else(|| existing.key(), |definition| definition.key());
        let outcome = ObjectOutcome { lineage, key, kind };
        (merged, Some(outcome))
    }

    /// Merges attribute by attribute.
    fn attributes(
        &mut self,
        lineage: Lineage,
        existing: &Definition,
        of: Versions<'_>,
    ) -> Option<Arc<Definition>> {
        let key = of
            .target
            .or(of.source)
            .or(of.base)
            .map_or_else(|| existing.key(), |definition| definition.key());
        let named: Three<Option<Arc<Definition>>> = of.map(|definition| {
            definition
                .map(|definition| normalise::named(self.names, lineage, Arc::clone(definition)))
        });
        let whole = statements_clash(&named);
        let mut trees = named.as_ref().map(|definition| {
            definition.as_ref().map(|definition| {
                let mut tree = tree::from_definition(definition);
                if whole {
                    tree::bind_settings(&mut tree);
                }
                tree
            })
        });
        let labels = Labels::new(of);
        let subject = Subject { lineage, key: &key };
        union::part_constraints(subject, &mut trees, self.decisions);
        primary::join(&mut trees);
        if matches!(existing.body, Body::Routine(_)) {
            routine::split(&mut trees);
        }
        let none = BTreeSet::new();
        let mut contested = self
            .contested
            .attributes
            .get(&lineage)
            .unwrap_or(&none)
            .clone();
        if self.contested.objects.contains(&lineage) {
            contested.insert(Vec::new());
        }
        let decisions = &mut *self.decisions;
        let mut merge = AttributeMerge {
            contested: &contested,
            on_conflict: conflict_handler(|path: &[String], of| {
                let attribute = tree::describe(path, |id| labels.of(id));
                pick(decisions, subject, path, &attribute, of)
            }),
        };
        let mut merged = merge.merge(&mut Vec::new(), trees.as_ref().map(|tree| tree.as_ref()))?;
        primary::part(&mut merged);
        routine::join(&mut merged);
        let order = merge_order_of(&named);
        let Some(mut definition) = tree::to_definition(&merged, &existing.body, &order) else {
            // Attributes of two sides that make no sense together.
            let values = trees.map(|tree| tree.map(|tree| tree.value()));
            let sides = Sides {
                base: values.base,
                source: values.source,
                target: values.target,
            };
            return self.decisions.decide(subject, "definition", sides).of(
                named.base,
                named.source,
                named.target,
            );
        };
        definition.depends_on = dependencies(&definition, &named);
        keep_spoken_of(&mut definition);
        Some(Arc::new(definition))
    }
}

/// Helps the compiler see the lifetimes of a handler.
fn conflict_handler<F>(handler: F) -> F
where
    F: for<'t> FnMut(&[String], Three<Option<&'t Tree>>) -> Option<Tree>,
{
    handler
}

fn pick(
    decisions: &mut Decisions<'_>,
    subject: Subject<'_>,
    path: &[String],
    attribute: &str,
    of: Three<Option<&Tree>>,
) -> Option<Tree> {
    let value = |tree: Option<&Tree>| tree.map(Tree::value);
    let sides = Sides {
        base: value(of.base),
        source: value(of.source),
        target: value(of.target),
    };
    if let Some(both) = union::both(path, of)
        && decisions.join(subject, attribute, sides.clone())
    {
        return Some(both);
    }
    match decisions.decide(subject, attribute, sides) {
        Pick::Base => of.base.cloned(),
        Pick::Source => of.source.cloned(),
        Pick::Target => of.target.cloned(),
    }
}

/// Whether both sides made another declared object of it, each its own.
fn statements_clash(of: &Three<Option<Arc<Definition>>>) -> bool {
    let statement = |side: &Option<Arc<Definition>>| match side.as_ref().map(|side| &side.body) {
        Some(Body::Declared(declared)) => Some(declared.statement.clone()),
        _ => None,
    };
    let of = of.as_ref().map(statement);
    of.source.is_some() && of.source != of.target && of.base != of.source && of.base != of.target
}

/// Which of the six kinds an object is of.
fn classify(of: Versions<'_>) -> MergeKind {
    let same = |a: Option<&Arc<Definition>>, b: Option<&Arc<Definition>>| match (a, b) {
        (Some(a), Some(b)) => {
            Arc::ptr_eq(a, b) || a == b || tree::from_definition(a) == tree::from_definition(b)
        }
        (a, b) => a.is_none() && b.is_none(),
    };
    if same(of.source, of.target) {
        MergeKind::NoConflict
    } else if same(of.base, of.source) {
        match (of.base, of.target) {
            (Some(_), None) => MergeKind::DeletedTarget,
            _ => MergeKind::TargetModified,
        }
    } else if same(of.base, of.target) {
        match (of.base, of.source) {
            (Some(_), None) => MergeKind::DeletedSource,
            _ => MergeKind::SourceModified,
        }
    } else {
        MergeKind::BothModified
    }
}

/// What columns are called in the paths of their attributes, by id.
struct Labels(BTreeMap<String, String>);

impl Labels {
    fn new(of: Versions<'_>) -> Self {
        let by_id = of.map(|definition| {
            definition
                .map(|definition| columns(definition))
                .unwrap_or_default()
        });
        let ids: BTreeSet<Lineage> = [&by_id.base, &by_id.source, &by_id.target]
            .into_iter()
            .flat_map(|columns| columns.keys().copied())
            .collect();
        Self(
            ids.into_iter()
                .map(|id| {
                    let names = by_id.as_ref().map(|columns| columns.get(&id).copied());
                    (id.to_string(), column_label(names).to_owned())
                })
                .collect(),
        )
    }

    fn of(&self, id: &str) -> &str {
        self.0.get(id).map_or("", String::as_str)
    }
}

fn merge_order_of(of: &Three<Option<Arc<Definition>>>) -> Vec<Lineage> {
    let order = of.as_ref().map(|definition| match definition {
        Some(definition) => match &definition.body {
            Body::Table(table) => table.columns.iter().map(|column| column.id).collect(),
            Body::Composite(composite) => composite
                .attributes
                .iter()
                .map(|attribute| attribute.id)
                .collect(),
            _ => Vec::new(),
        },
        None => Vec::new(),
    });
    let mut merged = merge_order(&order.base, &order.source, &order.target);
    // A column that both sides dropped, or one of them contested, may come back from the base.
    let from_base: Vec<Lineage> = order
        .base
        .into_iter()
        .filter(|id| !merged.contains(id))
        .collect();
    merged.extend(from_base);
    merged
}

/// What the merged definition depends on: a side's own list where it is that side's, else both.
fn dependencies(merged: &Definition, of: &Three<Option<Arc<Definition>>>) -> Vec<ObjectKey> {
    let text = texts_of(merged);
    let alike: Vec<&Arc<Definition>> = [&of.target, &of.source, &of.base]
        .into_iter()
        .flatten()
        .filter(|side| !text.is_empty() && texts_of(side) == text)
        .take(1)
        .collect();
    let sides = if alike.is_empty() {
        [&of.base, &of.source, &of.target]
            .into_iter()
            .flatten()
            .collect()
    } else {
        alike
    };
    let keys: BTreeSet<ObjectKey> = sides
        .into_iter()
        .flat_map(|side| side.depends_on.iter().cloned())
        .collect();
    keys.into_iter().collect()
}

/// The texts that say what an object depends on, where nothing else does.
fn texts_of(definition: &Definition) -> Vec<&str> {
    match &definition.body {
        Body::View(view) => vec![&view.query],
        Body::MaterializedView(view) => vec![&view.query],
        // Options and settings depend on nothing.
        Body::Routine(routine) => match Parts::of(&routine.definition) {
            Some(parts) => vec![parts.head, parts.body],
            None => vec![&routine.definition],
        },
        Body::Trigger(trigger) => vec![&trigger.definition],
        Body::Index(index) => vec![&index.definition],
        Body::Declared(declared) => declared.texts().collect(),
        _ => Vec::new(),
    }
}

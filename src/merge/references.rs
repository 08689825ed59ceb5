//! What one side dropped and the other still speaks of: found in a merged schema, so that it becomes
//! a conflict, or, once that is decided for the drop, so that what speaks of it is as the dropping side has it.

use super::names::Names;
use super::normalise;
use super::pair::columns;
use super::three::Three;
use crate::schema::model::{Body, Column, Definition, Kind, Lineage, Name, ObjectKey, Table};
use crate::schema::quote::qualified;
use crate::schema::rename::referenced_columns;
use crate::schema::snapshot::Snapshot;
use crate::schema::token::{TokenKind, mentions, tokens};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Objects of a side.
pub type Objects = BTreeMap<Lineage, Arc<Definition>>;

/// Something that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lost {
    Object(Lineage),
    /// Of a table.
    Column(Lineage, Lineage),
}

/// What speaks of something that is gone, and cannot be without it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Referrer {
    Object(Lineage),
    Constraint(Lineage, String),
    Column(Lineage, Lineage),
    Default(Lineage, Lineage),
    Collation(Lineage, Lineage),
    OwnedBy(Lineage),
}

impl Referrer {
    fn lineage(&self) -> Lineage {
        match self {
            Self::Object(lineage)
            | Self::Constraint(lineage, _)
            | Self::Column(lineage, _)
            | Self::Default(lineage, _)
            | Self::Collation(lineage, _)
            | Self::OwnedBy(lineage) => *lineage,
        }
    }
}

/// What one side has dropped and the other kept, by the names of the result.
#[derive(Debug)]
pub struct Dropped<'a> {
    sides: Three<&'a Objects>,
    names: &'a Names,
    objects: BTreeMap<ObjectKey, Lineage>,
    /// Columns by table and name.
    columns: BTreeMap<(Lineage, String), Lineage>,
}

impl<'a> Dropped<'a> {
    /// The sides speak of everything else by the names of the result.
    pub fn new(sides: Three<&'a Objects>, names: &'a Names) -> Self {
        let mut dropped = Self {
            sides,
            names,
            objects: BTreeMap::new(),
            columns: BTreeMap::new(),
        };
        for (lineage, definition) in sides.base {
            match (sides.source.get(lineage), sides.target.get(lineage)) {
                (Some(_), None) | (None, Some(_)) => {
                    dropped
                        .objects
                        .insert(names.key(*lineage, definition), *lineage);
                }
                (Some(source), Some(target)) => {
                    let (ours, theirs) = (columns(source), columns(target));
                    for id in columns(definition).into_keys() {
                        if ours.contains_key(&id) == theirs.contains_key(&id) {
                            continue;
                        }
                        if let Some(name) = names.columns.get(&(*lineage, id)) {
                            dropped.columns.insert((*lineage, name.clone()), id);
                        }
                    }
                }
                (None, None) => {}
            }
        }
        dropped
    }

    /// The side that dropped something.
    fn dropper(&self, lost: Lost) -> &'a Objects {
        let has = |side: &Objects| match lost {
            Lost::Object(lineage) => side.contains_key(&lineage),
            Lost::Column(table, column) => side
                .get(&table)
                .is_some_and(|definition| columns(definition).contains_key(&column)),
        };
        if has(self.sides.source) {
            self.sides.target
        } else {
            self.sides.source
        }
    }

    /// An object as the side has it that dropped something else, by the names of the result.
    fn version_without(&self, lost: Lost, lineage: Lineage) -> Option<Arc<Definition>> {
        let version = self.dropper(lost).get(&lineage)?;
        Some(normalise::named(self.names, lineage, Arc::clone(version)))
    }
}

/// What in `result` speaks of something that it lacks because a side dropped it: looked for among what the
/// merge is about, and what depends on that.
pub fn dangling(
    result: &Snapshot,
    concerned: &BTreeSet<Lineage>,
    dropped: &Dropped<'_>,
) -> BTreeSet<(Referrer, Lost)> {
    let mut found = BTreeSet::new();
    if dropped.objects.is_empty() && dropped.columns.is_empty() {
        return found;
    }
    let search = Search::new(result, concerned, dropped);
    let mut suspects = concerned.clone();
    suspects.extend(
        dropped
            .objects
            .keys()
            .flat_map(|key| dependents(result, key)),
    );
    for table in search.lost_columns.keys() {
        if let Some(definition) = result.get(table) {
            suspects.extend(dependents(result, &definition.key()));
        }
    }
    for lineage in suspects {
        if let Some(definition) = result.get(&lineage) {
            search.object(lineage, definition, &mut found);
        }
    }
    found
}

/// What needs an object, and tables whose foreign keys lead to it.
fn dependents<'a>(
    snapshot: &'a Snapshot,
    key: &ObjectKey,
) -> impl Iterator<Item = Lineage> + use<'a> {
    let name = Name::new(key.schema.as_str(), key.name.as_str());
    snapshot.dependents(key).chain(snapshot.referrers(&name))
}

struct Search<'a> {
    dropped: &'a Dropped<'a>,
    result: &'a Snapshot,
    concerned: &'a BTreeSet<Lineage>,
    /// Columns that a table of the result has lost, by table.
    lost_columns: BTreeMap<Lineage, BTreeMap<&'a str, Lineage>>,
}

impl<'a> Search<'a> {
    fn new(
        result: &'a Snapshot,
        concerned: &'a BTreeSet<Lineage>,
        dropped: &'a Dropped<'a>,
    ) -> Self {
        let mut lost_columns: BTreeMap<Lineage, BTreeMap<&str, Lineage>> = BTreeMap::new();
        for ((table, name), id) in &dropped.columns {
            let Some(definition) = result.get(table) else {
                continue;
            };
            if !columns(definition).values().any(|column| column == name) {
                lost_columns.entry(*table).or_default().insert(name, *id);
            }
        }
        Self {
            dropped,
            result,
            concerned,
            lost_columns,
        }
    }

    fn lost_object(&self, key: &ObjectKey) -> Option<Lost> {
        if self.result.by_key(key).is_some() {
            return None;
        }
        self.dropped.objects.get(key).copied().map(Lost::Object)
    }

    fn lost_table(&self, name: &Name) -> Option<Lost> {
        self.lost_object(&ObjectKey::of(Kind::Table, name))
    }

    /// The table of the result that is called so.
    fn table_named(&self, name: &Name) -> Option<Lineage> {
        self.result.by_key(&ObjectKey::of(Kind::Table, name))
    }

    fn lost_column(&self, table: Lineage, column: &str) -> Option<Lost> {
        let id = self.lost_columns.get(&table)?.get(column)?;
        Some(Lost::Column(table, *id))
    }

    /// The first of a table's lost columns among `columns`.
    fn lost_among(&self, table: &Name, columns: &[String]) -> Option<Lost> {
        let table = self.table_named(table)?;
        columns
            .iter()
            .find_map(|column| self.lost_column(table, column))
    }

    fn object(
        &self,
        lineage: Lineage,
        definition: &'a Definition,
        found: &mut BTreeSet<(Referrer, Lost)>,
    ) {
        let whole = Referrer::Object(lineage);
        match &definition.body {
            Body::Table(table) => {
                self.table(lineage, definition, table, found);
                return;
            }
            Body::Index(index) => {
                let lost = self
                    .lost_table(&index.table)
                    .or_else(|| self.lost_among(&index.table, &index.columns));
                found.extend(lost.map(|lost| (whole.clone(), lost)));
            }
            Body::Trigger(trigger) => {
                let lost = self
                    .lost_table(&trigger.table)
                    .or_else(|| self.lost_among(&trigger.table, &trigger.columns));
                found.extend(lost.map(|lost| (whole.clone(), lost)));
            }
            Body::Sequence(sequence) => {
                if let Some(owned_by) = &sequence.owned_by {
                    let columns = std::slice::from_ref(&owned_by.column);
                    let lost = self
                        .lost_table(&owned_by.table)
                        .or_else(|| self.lost_among(&owned_by.table, columns));
                    found.extend(lost.map(|lost| (Referrer::OwnedBy(lineage), lost)));
                }
            }
            Body::Declared(declared) => {
                if let Some(table) = &declared.table {
                    let lost = self
                        .lost_table(table)
                        .or_else(|| self.lost_among(table, &declared.columns));
                    found.extend(lost.map(|lost| (whole.clone(), lost)));
                }
            }
            _ => {}
        }
        self.queries(lineage, definition, found);
        for key in &definition.depends_on {
            // What a sequence is owned by has been looked at.
            let owner = matches!(definition.body, Body::Sequence(_)) && key.kind == Kind::Table;
            if let Some(lost) = self.lost_object(key).filter(|_| !owner) {
                found.insert((whole.clone(), lost));
            }
        }
    }

    fn table(
        &self,
        lineage: Lineage,
        definition: &'a Definition,
        table: &Table,
        found: &mut BTreeSet<(Referrer, Lost)>,
    ) {
        for (name, constraint) in &table.constraints {
            let referenced = constraint.references.as_ref();
            let lost = self
                .lost_among(&table.name, &constraint.columns)
                .or_else(|| self.lost_table(referenced?))
                .or_else(|| {
                    self.lost_among(referenced?, &referenced_columns(&constraint.definition))
                });
            let referrer = Referrer::Constraint(lineage, name.clone());
            found.extend(lost.map(|lost| (referrer, lost)));
        }
        for column in &table.columns {
            let Some(generated) = &column.generated else {
                continue;
            };
            for (name, id) in self.lost_columns.get(&lineage).into_iter().flatten() {
                if mentions(&generated.expression, name) {
                    found.insert((
                        Referrer::Column(lineage, column.id),
                        Lost::Column(lineage, *id),
                    ));
                }
            }
        }
        for key in &definition.depends_on {
            let Some(lost) = self.lost_object(key) else {
                continue;
            };
            if key.kind == Kind::Schema {
                found.insert((Referrer::Object(lineage), lost));
            }
            for column in &table.columns {
                if is_collation(column.collation.as_ref(), key) {
                    found.insert((Referrer::Collation(lineage, column.id), lost));
                }
                let says = |text: &str| speaks_of(text, key);
                let generated = column
                    .generated
                    .as_ref()
                    .is_some_and(|generated| says(&generated.expression));
                if says(&column.data_type) || generated {
                    found.insert((Referrer::Column(lineage, column.id), lost));
                } else if column.default.as_deref().is_some_and(says) {
                    found.insert((Referrer::Default(lineage, column.id), lost));
                }
            }
            for (name, constraint) in &table.constraints {
                if speaks_of(&constraint.definition, key) {
                    found.insert((Referrer::Constraint(lineage, name.clone()), lost));
                }
            }
        }
    }

    /// A query names columns of many relations: here, a lost column of one that it reads if it names
    /// any so called, unless the side that dropped the column has the same query.
    fn queries(
        &self,
        lineage: Lineage,
        definition: &Definition,
        found: &mut BTreeSet<(Referrer, Lost)>,
    ) {
        // Queries that both sides have stand without what either dropped.
        let queries = queries_of(definition);
        if queries.is_empty() || !self.concerned.contains(&lineage) {
            return;
        }
        for key in &definition.depends_on {
            let name = Name::new(key.schema.as_str(), key.name.as_str());
            let Some(table) = self.table_named(&name) else {
                continue;
            };
            for (column, id) in self.lost_columns.get(&table).into_iter().flatten() {
                let same_without = self
                    .dropped
                    .dropper(Lost::Column(table, *id))
                    .get(&lineage)
                    .is_some_and(|definition| queries_of(definition) == queries);
                if !same_without && queries.iter().any(|query| mentions(query, column)) {
                    found.insert((Referrer::Object(lineage), Lost::Column(table, *id)));
                }
            }
        }
    }
}

/// The texts of an object that may read many relations.
fn queries_of(definition: &Definition) -> Vec<&str> {
    match &definition.body {
        Body::View(view) => vec![&view.query],
        Body::MaterializedView(view) => vec![&view.query],
        Body::Declared(declared) => declared.texts().collect(),
        _ => Vec::new(),
    }
}

/// Queries that only one side has, and that name a column as that side calls it and the result does
/// not: where in a query a column is meant cannot always be told from its text.
pub fn stale_queries(
    result: &Snapshot,
    sides: Three<&Objects>,
    names: &Names,
) -> BTreeSet<Lineage> {
    let (ours, theirs) = (
        renamed_columns(sides.source, names),
        renamed_columns(sides.target, names),
    );
    let mut stale = BTreeSet::new();
    if ours.is_empty() && theirs.is_empty() {
        return stale;
    }
    let of_sides: BTreeSet<&Lineage> = sides.source.keys().chain(sides.target.keys()).collect();
    for lineage in of_sides {
        let Some(definition) = result.get(lineage) else {
            continue;
        };
        let in_source = sides.source.contains_key(lineage);
        let old_names = match (in_source, sides.target.contains_key(lineage)) {
            (true, false) => &ours,
            (false, true) => &theirs,
            _ => continue,
        };
        let queries = queries_of(definition);
        let says_old_name = definition
            .depends_on
            .iter()
            .filter_map(|key| old_names.get(key))
            .flatten()
            .any(|old| queries.iter().any(|query| mentions(query, old)));
        if says_old_name {
            stale.insert(*lineage);
        }
    }
    stale
}

/// The names that a side has for columns and the result has not, by the table's key in the result.
fn renamed_columns<'a>(side: &'a Objects, names: &Names) -> BTreeMap<ObjectKey, Vec<&'a str>> {
    let mut renamed: BTreeMap<ObjectKey, Vec<&str>> = BTreeMap::new();
    for (lineage, definition) in side {
        for (id, old) in columns(definition) {
            let new = names.columns.get(&(*lineage, id));
            if new.is_some_and(|new| new != old) {
                let key = names.key(*lineage, definition);
                renamed.entry(key).or_default().push(old);
            }
        }
    }
    renamed
}

fn is_collation(collation: Option<&Name>, key: &ObjectKey) -> bool {
    collation.is_some_and(|collation| ObjectKey::of(Kind::Collation, collation) == *key)
}

/// Whether a text names an object with its schema, in the open or inside a `regclass` constant.
fn speaks_of(text: &str, key: &ObjectKey) -> bool {
    if !text.contains(key.name.as_str()) {
        return false;
    }
    tokens(text).windows(3).any(|window| match window {
        [schema, dot, name] => {
            let named = name.is_name(&key.name) || name.is(&key.name);
            schema.is_name(&key.schema) && dot.is(".") && named
                || matches!(&schema.kind, TokenKind::Literal(inner) if dot.is("::") && speaks_of(inner, key))
        }
        _ => false,
    })
}

/// Keeps, of what the sides' versions depended on, what the merged definition speaks of.
pub fn keep_spoken_of(definition: &mut Definition) {
    let texts: Vec<String> = match &definition.body {
        Body::Table(table) => table
            .columns
            .iter()
            .flat_map(|column| {
                [
                    Some(column.data_type.clone()),
                    column.collation.as_ref().map(qualified),
                    column.default.clone(),
                    column
                        .generated
                        .as_ref()
                        .map(|generated| generated.expression.clone()),
                ]
            })
            .flatten()
            .chain(
                table
                    .constraints
                    .values()
                    .map(|constraint| constraint.definition.clone()),
            )
            .collect(),
        Body::Domain(domain) => [domain.base.clone()]
            .into_iter()
            .chain(domain.default.clone())
            .chain(domain.collation.as_ref().map(qualified))
            .chain(domain.checks.values().map(|check| check.definition.clone()))
            .collect(),
        Body::Composite(composite) => composite
            .attributes
            .iter()
            .flat_map(|attribute| {
                let collation = attribute.collation.as_ref().map(qualified);
                [Some(attribute.data_type.clone()), collation]
            })
            .flatten()
            .collect(),
        Body::Declared(declared) => {
            let table = declared.table.as_ref().map(qualified);
            declared.texts().map(str::to_owned).chain(table).collect()
        }
        _ => return,
    };
    definition
        .depends_on
        // A default operator class goes without saying.
        .retain(|key| {
            matches!(key.kind, Kind::Schema | Kind::OperatorClass)
                || texts.iter().any(|text| speaks_of(text, key))
        });
}

/// Takes what speaks of lost things back to what the side that dropped them has of it. What that side has not, or what has
/// been taken back already, goes, as `DROP … CASCADE` takes it.
pub fn settle(
    result: &mut Snapshot,
    mut found: BTreeSet<(Referrer, Lost)>,
    concerned: &BTreeSet<Lineage>,
    dropped: &Dropped<'_>,
) {
    let mut taken_back = BTreeSet::new();
    while !found.is_empty() {
        let by_referrer: BTreeMap<Referrer, Lost> = found.into_iter().collect();
        for (referrer, lost) in by_referrer {
            let lineage = referrer.lineage();
            let version = (taken_back.insert(referrer.clone()))
                .then(|| dropped.version_without(lost, lineage))
                .flatten();
            take_back(result, &referrer, version.as_deref());
        }
        found = dangling(result, concerned, dropped);
    }
}

/// Gives what is meant of an object the state of another version of it, or none.
fn take_back(result: &mut Snapshot, referrer: &Referrer, version: Option<&Definition>) {
    let table = match version.map(|version| &version.body) {
        Some(Body::Table(table)) => Some(table),
        _ => None,
    };
    let column_of = |id: Lineage| table?.columns.iter().find(|column| column.id == id);
    let lineage = referrer.lineage();
    let Some(definition) = result.get(&lineage) else {
        return;
    };
    let mut definition = Definition::clone(definition);
    if let Some(version) = version {
        definition
            .depends_on
            .extend(version.depends_on.iter().cloned());
        definition.depends_on.sort();
        definition.depends_on.dedup();
    }
    match (referrer, &mut definition.body) {
        (Referrer::Object(_), body) => {
            let Some(version) = version else {
                result.remove(&lineage);
                return;
            };
            body.clone_from(&version.body);
            definition.depends_on.clone_from(&version.depends_on);
        }
        (Referrer::OwnedBy(_), Body::Sequence(sequence)) => {
            sequence.owned_by = match version.map(|version| &version.body) {
                Some(Body::Sequence(version)) => version.owned_by.clone(),
                _ => None,
            };
        }
        (Referrer::Constraint(_, name), Body::Table(merged)) => {
            match table.and_then(|table| table.constraints.get(name)) {
                Some(constraint) => merged.constraints.insert(name.clone(), constraint.clone()),
                None => merged.constraints.remove(name),
            };
        }
        (Referrer::Column(_, id), Body::Table(merged)) => match column_of(*id) {
            Some(before) => edit_column(merged, *id, |column| column.clone_from(before)),
            None => merged.columns.retain(|column| column.id != *id),
        },
        (Referrer::Default(_, id), Body::Table(merged)) => edit_column(merged, *id, |column| {
            column.default = column_of(*id).and_then(|before| before.default.clone());
        }),
        (Referrer::Collation(_, id), Body::Table(merged)) => edit_column(merged, *id, |column| {
            column.collation = column_of(*id).and_then(|before| before.collation.clone());
        }),
        _ => {}
    }
    keep_spoken_of(&mut definition);
    result.insert(lineage, Arc::new(definition));
}

fn edit_column(table: &mut Table, id: Lineage, change: impl FnOnce(&mut Column)) {
    if let Some(column) = table.columns.iter_mut().find(|column| column.id == id) {
        change(column);
    }
}

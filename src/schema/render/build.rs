//! What comes and what changes, each after what it needs.

use super::drop::owner_follows_table;
use super::scope::Scope;
use super::script::Script;
use super::table::{Altered, Deferred};
use super::{
    base_type, declared, defaults, domain, foreign, index, routine, sequence, table, ties, types,
    view,
};
use crate::schema::change::Alteration;
use crate::schema::model::{
    Body, Constraint, ConstraintKind, Definition, Kind, Lineage, Name, ObjectKey, ReplicaIdentity,
};
use crate::schema::order;
use std::collections::{BTreeMap, BTreeSet};

/// Makes and alters everything, then what had to wait: deferred defaults, stub views' queries, sequences'
/// owners, foreign keys, replica identities.
pub(super) fn render(script: &mut Script<'_>, scope: &Scope<'_>) {
    let plan = Plan::new(scope, script.options.foreign_keys_within);
    let mut shells = BTreeSet::new();
    for key in &plan.sequence {
        for data_type in plan.needed_shells(key) {
            if shells.insert(data_type) {
                script.push(data_type, &[], base_type::shell(data_type));
            }
        }
        if let Some(lineage) = plan.lineages.get(key) {
            plan.object(script, *lineage);
        }
    }
    for key in &plan.sequence {
        if let Some(lineage) = plan.lineages.get(key) {
            plan.completion(script, *lineage);
        }
    }
    for key in &plan.sequence {
        if let Some(lineage) = plan.lineages.get(key) {
            plan.foreign_keys(script, *lineage);
        }
    }
    for lineage in may_lose_index(scope) {
        if let Some(definition) = scope.new_definition(lineage) {
            replica_identity(script, scope, lineage, definition);
            cluster_on(script, scope, lineage, definition);
        }
    }
}

/// Makes new schemas.
pub(super) fn schemas(script: &mut Script<'_>, scope: &Scope<'_>) {
    for lineage in &scope.created {
        if let Some(definition) = scope.new_definition(*lineage)
            && definition.kind() == Kind::Schema
        {
            let sql = format!("CREATE {}", super::script::target(definition));
            script.push(&definition.key(), &[], sql);
            script.properties(definition);
        }
    }
}

/// The partitions that are attached before the table has indexes.
fn new_partitions(scope: &Scope<'_>, table: &Name) -> Vec<ObjectKey> {
    (scope.to.dependents(&ObjectKey::of(Kind::Table, table)))
        .filter(|lineage| scope.created.contains(lineage))
        .filter_map(|lineage| scope.new_table(lineage))
        .filter(|partition| ties::is_attached_at_once(scope, partition))
        .map(|partition| ObjectKey::of(Kind::Table, &partition.name))
        .collect()
}

/// An expression that casts depends on the types and on the cast's function, not on the cast.
fn needs_casts(nodes: &mut BTreeMap<ObjectKey, BTreeSet<ObjectKey>>) {
    let casts: Vec<(ObjectKey, BTreeSet<ObjectKey>)> = nodes
        .iter()
        .filter(|(key, _)| key.kind == Kind::Cast)
        .map(|(key, needs)| (key.clone(), needs.clone()))
        .collect();
    for (cast, bound) in &casts {
        for (key, needs) in &mut *nodes {
            let speaks_of_it = needs
                .iter()
                .any(|need| need.kind != Kind::Schema && bound.contains(need));
            if key.kind != Kind::Cast && speaks_of_it && !bound.contains(key) {
                needs.insert(cast.clone());
            }
        }
    }
}

struct Plan<'a> {
    scope: &'a Scope<'a>,
    sequence: Vec<ObjectKey>,
    lineages: BTreeMap<ObjectKey, Lineage>,
    /// What an object needs, but gets only after it.
    broken: BTreeMap<ObjectKey, BTreeSet<ObjectKey>>,
    /// Foreign keys that are made with their tables.
    within: BTreeSet<(Lineage, String)>,
}

impl<'a> Plan<'a> {
    fn new(scope: &'a Scope<'a>, with_foreign_keys: bool) -> Self {
        let mut nodes = BTreeMap::new();
        let mut lineages = BTreeMap::new();
        let touched: BTreeSet<Lineage> = scope
            .created
            .iter()
            .chain(&scope.rebuilt)
            .chain(&scope.remade)
            .chain(scope.altered.keys())
            .chain(scope.tables.keys())
            .chain(scope.domains.keys())
            .copied()
            .collect();
        for lineage in touched {
            if defaults::is_default(scope, lineage) {
                continue;
            }
            if let Some(new) = scope.new_definition(lineage) {
                let mut needs: BTreeSet<_> = new.depends_on.iter().cloned().collect();
                if let Body::Index(index) = &new.body
                    && index.partitioned
                {
                    needs.extend(new_partitions(scope, &index.table));
                }
                nodes.insert(new.key(), needs);
                lineages.insert(new.key(), lineage);
            }
        }
        needs_casts(&mut nodes);
        let mut wishes = if with_foreign_keys {
            foreign::wishes(scope)
        } else {
            BTreeSet::new()
        };
        // What is needed for another reason, too, is no mere wish.
        wishes.retain(|(table, target)| {
            nodes
                .get_mut(table)
                .is_some_and(|needs| needs.insert(target.clone()))
        });
        let is_new = |key: &ObjectKey| {
            lineages
                .get(key)
                .is_some_and(|lineage| Self::makes(scope, *lineage))
        };
        let is_wish = |node: &ObjectKey, need: &ObjectKey| {
            node.kind == Kind::Table
                && need.kind == Kind::Table
                && wishes.contains(&(node.clone(), need.clone()))
        };
        let mut order = order::sort(&nodes, |node, need| match (node.kind, need.kind) {
            _ if is_wish(node, need) => 0,
            // A table that is there already can be altered later.
            (_, Kind::Table) if !is_new(need) => 0,
            (Kind::Table | Kind::Domain, Kind::Routine)
            | (Kind::Routine, Kind::Range | Kind::BaseType)
            | (_, Kind::Cast) => 1,
            (Kind::View, _) => 2,
            _ => 3,
        });
        for (node, needs) in &mut order.broken {
            needs.retain(|need| !is_wish(node, need));
        }
        order.broken.retain(|_, needs| !needs.is_empty());
        Self {
            within: if with_foreign_keys {
                foreign::within(scope, &order.sequence, &order.broken)
            } else {
                BTreeSet::new()
            },
            scope,
            sequence: order.sequence,
            lineages,
            broken: order.broken,
        }
    }

    fn makes(scope: &Scope<'_>, lineage: Lineage) -> bool {
        scope.created.contains(&lineage)
            || scope.rebuilt.contains(&lineage)
            || scope.remade.contains(&lineage)
    }

    /// What of a table or a domain has to wait.
    fn deferred(&self, definition: &Definition) -> Deferred {
        let names = self
            .broken
            .get(&definition.key())
            .into_iter()
            .flatten()
            .map(|need| need.name.clone())
            .collect();
        Deferred { names }
    }

    fn is_within(&self, lineage: Lineage, name: &str, constraint: &Constraint) -> bool {
        constraint.kind == ConstraintKind::Foreign
            && self.within.contains(&(lineage, name.to_owned()))
    }

    /// Types that a function needs and that need the function: it gets their shells first.
    fn needed_shells(&self, key: &ObjectKey) -> impl Iterator<Item = &ObjectKey> {
        let needs = self.broken.get(key).into_iter().flatten();
        needs.filter(|need| {
            let made =
                (self.lineages.get(need)).is_some_and(|lineage| Self::makes(self.scope, *lineage));
            made && matches!(need.kind, Kind::Range | Kind::BaseType)
        })
    }

    fn is_stub(&self, definition: &Definition) -> bool {
        self.broken.contains_key(&definition.key())
    }

    fn object(&self, script: &mut Script<'_>, lineage: Lineage) {
        let Some(definition) = self.scope.new_definition(lineage) else {
            return;
        };
        if Self::makes(self.scope, lineage) {
            self.create(script, lineage, definition);
            if let Some(old) = self.succeeded(lineage, definition) {
                types::take_over(script, self.scope, old, definition);
            }
        } else {
            self.alter(script, lineage, definition);
        }
    }

    /// The type whose place a type takes: its own old self, or another of its name.
    fn succeeded(&self, lineage: Lineage, definition: &Definition) -> Option<&Definition> {
        let old = |lineage| self.scope.old(lineage).map(AsRef::as_ref);
        if self.scope.remade.contains(&lineage) {
            return old(lineage);
        }
        let key = definition.key();
        let named_alike = |old: &ObjectKey| old.schema == key.schema && old.name == key.name;
        (self.scope.created.contains(&lineage))
            .then(|| {
                (self.scope.succeeded.iter())
                    .find_map(|other| old(*other).filter(|old| named_alike(&old.key())))
            })
            .flatten()
    }

    fn create(&self, script: &mut Script<'_>, lineage: Lineage, definition: &Definition) {
        match &definition.body {
            // Made already.
            Body::Schema(_) => return,
            Body::Enum(body) => types::create_enum(script, definition, body),
            Body::Domain(body) => {
                domain::create(script, definition, body, &self.deferred(definition));
            }
            Body::Composite(body) => types::create_composite(script, definition, body),
            Body::Sequence(body) => sequence::create(script, definition, body),
            // Has its privileges before its columns have theirs.
            Body::Table(body) => {
                let parents: Vec<_> = (body.inherits.iter())
                    .filter_map(|parent| {
                        let key = ObjectKey::of(Kind::Table, parent);
                        self.scope.new_table(self.scope.new_lineage(&key)?)
                    })
                    .collect();
                let deferred = self.deferred(definition);
                let is_within =
                    |name: &str, constraint: &Constraint| self.is_within(lineage, name, constraint);
                table::create(script, definition, body, &parents, &deferred, &is_within);
                if ties::is_attached_at_once(self.scope, body) {
                    ties::attach(script, self.scope, lineage, definition, body);
                }
                return;
            }
            Body::Index(body) => {
                let on_rows = self.scope.is_kept_table(&body.table);
                index::create(script, definition, body, on_rows);
            }
            Body::View(body) => {
                if !(self.is_stub(definition) && view::create_stub(script, definition, body)) {
                    view::create(script, definition, body);
                }
            }
            Body::MaterializedView(body) => view::create_materialized(script, definition, body),
            Body::Routine(body) => routine::define(script, definition, body),
            Body::Trigger(body) => routine::create_trigger(script, definition, body),
            Body::Declared(body) => declared::create(script, definition, body),
        }
        script.properties(definition);
        match &definition.body {
            Body::View(body) => view::column_privileges(script, definition, &body.column_acls),
            Body::MaterializedView(body) => {
                view::column_privileges(script, definition, &body.column_acls);
            }
            _ => {}
        }
    }

    fn alter(&self, script: &mut Script<'_>, lineage: Lineage, definition: &Definition) {
        let alterations = self
            .scope
            .altered
            .get(&lineage)
            .copied()
            .unwrap_or_default();
        if let (Some(old), Some(new), Some(scope)) = (
            self.scope.old_table(lineage),
            self.scope.new_table(lineage),
            self.scope.tables.get(&lineage),
        ) {
            let altered = Altered {
                to: self.scope.to,
                lineage,
                definition,
                old,
                new,
                scope,
                alterations,
            };
            return altered.render(script, &self.deferred(definition));
        }
        if let Some(altered) = domain::Altered::of(self.scope, lineage) {
            return altered.render(script, &self.deferred(definition));
        }
        if let Body::View(_) | Body::MaterializedView(_) = &definition.body {
            return view::alter(script, definition, alterations);
        }
        if let Body::Declared(body) = &definition.body {
            return declared::alter(script, self.scope, lineage, body, alterations);
        }
        for alteration in alterations {
            match (&definition.body, alteration) {
                (Body::Enum(_) | Body::Composite(_), _) => {
                    types::alter(script, definition, alteration);
                }
                (Body::Routine(body), Alteration::SetDefinition { .. }) => {
                    routine::define(script, definition, body);
                }
                (Body::Trigger(body), Alteration::SetTriggerState { .. }) => {
                    routine::set_trigger_state(script, definition, body);
                }
                (
                    Body::Sequence(_),
                    Alteration::SetSequenceOptions { .. } | Alteration::SetPersistence { .. },
                ) => sequence::alter(script, definition, alteration),
                (Body::Index(body), _)
                    if index::alter(script, &definition.key(), &body.name, alteration) => {}
                (_, Alteration::SetOwner { .. })
                    if !definition.kind().facts().owned
                        || owner_follows_table(self.scope, definition) => {}
                _ => {
                    script.shared_alteration(definition, alteration);
                }
            }
        }
    }

    fn completion(&self, script: &mut Script<'_>, lineage: Lineage) {
        let scope = self.scope;
        let Some(definition) = scope.new_definition(lineage) else {
            return;
        };
        let makes = Self::makes(scope, lineage);
        match &definition.body {
            Body::Table(body) => {
                let deferred = self.deferred(definition);
                if !deferred.names.is_empty() {
                    table::complete(script, definition, body, &deferred);
                }
                let undefaulted = scope.tables.get(&lineage).map(|table| &table.undefaulted);
                for column in &body.columns {
                    if let Some(default) = &column.default
                        && undefaulted.is_some_and(|columns| columns.contains(&column.id))
                    {
                        let action = format!("SET DEFAULT {default}");
                        super::column::action(script, definition, &column.name, &[], &action);
                    }
                }
            }
            Body::Domain(body) => {
                let deferred = self.deferred(definition);
                if makes {
                    domain::complete(script, definition, body, &deferred);
                } else if let Some(altered) = domain::Altered::of(scope, lineage) {
                    altered.complete(script, &deferred);
                }
            }
            Body::View(body) if makes && self.is_stub(definition) => {
                view::complete(script, definition, body);
            }
            Body::MaterializedView(body) if makes && !body.unpopulated => {
                view::refresh(script, definition);
            }
            Body::Sequence(body) => {
                let changes = scope.altered.get(&lineage).is_some_and(|alterations| {
                    alterations
                        .iter()
                        .any(|one| matches!(one, Alteration::SetOwnedBy { .. }))
                });
                if let Some(owner) = body.owned_by.as_ref().filter(|_| changes || makes) {
                    sequence::set_owner(script, definition, Some(owner));
                }
            }
            _ => {}
        }
    }

    fn foreign_keys(&self, script: &mut Script<'_>, lineage: Lineage) {
        let (Some(definition), Some(new)) = (
            self.scope.new_definition(lineage),
            self.scope.new_table(lineage),
        ) else {
            return;
        };
        let is_new = Self::makes(self.scope, lineage);
        let scope = self.scope.tables.get(&lineage);
        for (name, constraint) in &new.constraints {
            let added = is_new || scope.is_some_and(|scope| scope.added_constraints.contains(name));
            if constraint.kind == ConstraintKind::Foreign
                && added
                && !self.is_within(lineage, name, constraint)
            {
                let hazards = if is_new {
                    &[]
                } else {
                    table::constraint_hazards(constraint)
                };
                table::add_constraint(script, definition, name, constraint, hazards);
            }
        }
    }
}

/// Relations that are new or changed in part, or whose indexes are made again.
fn may_lose_index(scope: &Scope<'_>) -> BTreeSet<Lineage> {
    let made = scope.created.iter().chain(&scope.rebuilt).copied();
    let of_indexes = made.clone().filter_map(|lineage| {
        let Body::Index(index) = &scope.new_definition(lineage)?.body else {
            return None;
        };
        [Kind::Table, Kind::MaterializedView]
            .into_iter()
            .find_map(|kind| scope.to.by_key(&ObjectKey::of(kind, &index.table)))
    });
    let in_part = scope.altered.keys().chain(scope.tables.keys()).copied();
    made.clone().chain(in_part).chain(of_indexes).collect()
}

/// Whether an index, a constraint's or another, is made or made again.
fn index_is_made(scope: &Scope<'_>, lineage: Lineage, relation: &Name, name: &str) -> bool {
    let constraint = scope
        .tables
        .get(&lineage)
        .is_some_and(|table| table.added_constraints.contains(name));
    constraint
        || scope.created.iter().chain(&scope.rebuilt).any(|made| {
            scope.new_definition(*made).is_some_and(|new| {
                matches!(&new.body, Body::Index(index)
                    if index.table == *relation && index.name.name == *name)
            })
        })
}

/// Once the index that it names is there, or there again.
fn cluster_on(
    script: &mut Script<'_>,
    scope: &Scope<'_>,
    lineage: Lineage,
    definition: &Definition,
) {
    let (name, index) = match &definition.body {
        Body::Table(table) => (&table.name, table.cluster_on.as_ref()),
        Body::MaterializedView(view) => (&view.name, view.cluster_on.as_ref()),
        _ => return,
    };
    let altered = scope.altered.get(&lineage).is_some_and(|alterations| {
        alterations
            .iter()
            .any(|one| matches!(one, Alteration::SetCluster { .. }))
    });
    let made = scope.created.contains(&lineage) || scope.rebuilt.contains(&lineage);
    let again = index.is_some_and(|index| made || index_is_made(scope, lineage, name, index));
    if altered || again {
        table::cluster_on(script, definition, index);
    }
}

/// Once the index that it names is there, or there again.
fn replica_identity(
    script: &mut Script<'_>,
    scope: &Scope<'_>,
    lineage: Lineage,
    definition: &Definition,
) {
    let Body::Table(table) = &definition.body else {
        return;
    };
    let altered = scope.altered.get(&lineage).is_some_and(|alterations| {
        alterations
            .iter()
            .any(|one| matches!(one, Alteration::SetReplicaIdentity { .. }))
    });
    let made =
        scope.created.contains(&lineage) && table.replica_identity != ReplicaIdentity::Default;
    let index_rebuilt = match &table.replica_identity {
        ReplicaIdentity::Index(name) => index_is_made(scope, lineage, &table.name, name),
        _ => false,
    };
    if altered || made || index_rebuilt {
        table::replica_identity(script, definition, table);
    }
}

//! What of a schema needs what: objects in units that are made as a whole, in an order in which they can be made.

use crate::schema::model::{Body, Definition, Kind, Lineage, Name, ObjectKey};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

/// Position of an object in [`Graph::objects`].
pub type ObjectNo = u32;
/// Position of a unit in [`Graph::units`].
pub type UnitNo = u32;

/// A schema as far as the order of its making goes.
#[derive(Debug)]
pub struct Graph {
    pub objects: Vec<Object>,
    /// Each after what it needs; first the foundation, which needs no relation.
    pub units: Vec<Unit>,
    pub foundation: usize,
    /// Objects by names that are words.
    pub(super) words: BTreeMap<String, Vec<ObjectNo>>,
    /// Objects by names that hold something else than the characters of words.
    pub(super) odd: Vec<(String, ObjectNo)>,
    /// Routines that run without being named: those of types, operators, casts …
    pub(super) implicit: Vec<ObjectNo>,
}

#[derive(Debug)]
pub struct Object {
    pub lineage: Lineage,
    pub definition: Arc<Definition>,
    pub unit: UnitNo,
    /// What it needs, directly.
    pub(super) needs: Vec<ObjectNo>,
    /// What a routine's code says, once it has been looked at.
    pub(super) code: OnceLock<Code>,
}

/// What can be seen of a routine's code.
#[derive(Debug)]
pub(super) struct Code {
    /// It may run any statement.
    pub is_opaque: bool,
    /// It may change something.
    pub is_volatile: bool,
    /// Objects whose names it holds.
    pub mentions: Vec<ObjectNo>,
}

/// Objects that cannot be told apart in time: a table with its indexes, triggers and partitions, tables whose
/// foreign keys go round in a circle.
#[derive(Debug, Default)]
pub struct Unit {
    pub objects: Vec<ObjectNo>,
    pub needs: Vec<UnitNo>,
    /// Units that are connected have the same number here, and so have those of the foundation.
    pub island: UnitNo,
    /// Whoever makes something of an island has this lock. It is the same in every process: an island changes only
    /// when all of it is there.
    pub lock: i32,
}

impl Graph {
    pub fn new(objects: impl IntoIterator<Item = (Lineage, Arc<Definition>)>) -> Self {
        let mut objects: Vec<Object> = objects
            .into_iter()
            .map(|(lineage, definition)| Object {
                lineage,
                definition,
                unit: 0,
                needs: Vec::new(),
                code: OnceLock::new(),
            })
            .collect();
        for (object, needs) in objects_needs(&objects).into_iter().enumerate() {
            objects[object].needs = needs;
        }
        let mut graph = Self {
            foundation: 0,
            words: BTreeMap::new(),
            odd: Vec::new(),
            implicit: implicit(&objects),
            units: Vec::new(),
            objects,
        };
        graph.index_names();
        graph.run_what_fills_views();
        graph.units = units(&mut graph.objects);
        graph.lay_foundation();
        graph.find_islands();
        graph
    }

    pub fn object(&self, number: ObjectNo) -> Option<&Object> {
        self.objects.get(number as usize)
    }

    pub fn unit(&self, number: UnitNo) -> Option<&Unit> {
        self.units.get(number as usize)
    }

    /// Sorts units so that the foundation comes first. The order among the others stays.
    fn lay_foundation(&mut self) {
        let mut is_foundation = Vec::with_capacity(self.units.len());
        for unit in &self.units {
            let stands_alone = unit
                .needs
                .iter()
                .all(|need| is_foundation.get(*need as usize) == Some(&true))
                && unit.objects.iter().all(|object| {
                    self.object(*object)
                        .is_some_and(|object| !is_relational(&object.definition))
                });
            is_foundation.push(stands_alone);
        }
        self.foundation = is_foundation.iter().filter(|is| **is).count();
        let mut order: Vec<usize> = (0..self.units.len()).collect();
        order.sort_by_key(|unit| !is_foundation[*unit]);
        let mut places = vec![0; order.len()];
        for (place, unit) in order.iter().enumerate() {
            places[*unit] = number(place);
        }
        let mut units: Vec<Option<Unit>> = std::mem::take(&mut self.units)
            .into_iter()
            .map(Some)
            .collect();
        self.units = order
            .iter()
            .filter_map(|unit| units[*unit].take())
            .map(|unit| Unit {
                needs: unit
                    .needs
                    .iter()
                    .map(|need| places[*need as usize])
                    .collect(),
                ..unit
            })
            .collect();
        for object in &mut self.objects {
            object.unit = places[object.unit as usize];
        }
    }

    /// A materialized view is filled when it is made: that runs functions, which may read anything they mention.
    fn run_what_fills_views(&mut self) {
        for at in 0..self.objects.len() {
            if self.objects[at].definition.kind() != Kind::MaterializedView {
                continue;
            }
            let mut seen = self.objects[at].needs.clone();
            let mut looked = 0;
            while let Some(need) = seen.get(looked) {
                let mentions = self.code(*need).map_or(&[][..], |code| &code.mentions);
                let fresh: Vec<ObjectNo> = mentions
                    .iter()
                    .filter(|mention| !seen.contains(mention) && **mention as usize != at)
                    .copied()
                    .collect();
                seen.extend(fresh);
                looked += 1;
            }
            self.objects[at].needs = seen;
        }
    }

    fn find_islands(&mut self) {
        let mut roots: Vec<usize> = (0..self.units.len()).collect();
        for unit in self.foundation..self.units.len() {
            for need in &self.units[unit].needs {
                let need = *need as usize;
                if need >= self.foundation {
                    let (one, other) = (root(&mut roots, unit), root(&mut roots, need));
                    roots[one.max(other)] = one.min(other);
                }
            }
        }
        let mut first: BTreeMap<UnitNo, Lineage> = BTreeMap::new();
        for unit in self.foundation..self.units.len() {
            let island = number(root(&mut roots, unit));
            self.units[unit].island = island;
            for object in &self.units[unit].objects {
                let lineage = self.objects[*object as usize].lineage;
                let first = first.entry(island).or_insert(lineage);
                *first = lineage.min(*first);
            }
        }
        for unit in &mut self.units[self.foundation..] {
            if let Some(Lineage([a, b, c, d, ..])) = first.get(&unit.island) {
                unit.lock = i32::from_be_bytes([*a, *b, *c, *d]);
            }
        }
    }

    fn index_names(&mut self) {
        for (at, object) in self.objects.iter().enumerate() {
            for name in names(&object.definition) {
                if name.bytes().all(is_word_byte) {
                    self.words.entry(name).or_default().push(number(at));
                } else {
                    self.odd.push((name, number(at)));
                }
            }
        }
    }
}

/// Whether a byte of UTF-8 may stand in an identifier without quotes.
pub(super) fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

/// The names that an object takes: its own, and those of what comes with it.
fn names(definition: &Definition) -> Vec<String> {
    let mut names = vec![definition.key().name];
    if let Body::Table(table) = &definition.body {
        names.extend(table.constraints.keys().cloned());
        names.extend(
            table
                .columns
                .iter()
                .filter_map(|column| Some(column.identity.as_ref()?.sequence.clone())),
        );
    }
    names
}

/// The table that an object is a part of.
fn whole(definition: &Definition) -> Option<&Name> {
    match &definition.body {
        Body::Index(index) => Some(&index.table),
        Body::Trigger(trigger) => Some(&trigger.table),
        Body::Sequence(sequence) => Some(&sequence.owned_by.as_ref()?.table),
        Body::Declared(declared) => declared.table.as_ref(),
        _ => None,
    }
}

/// Whether it is a relation, or hangs on one.
pub(super) fn is_relational(definition: &Definition) -> bool {
    is_relation(definition.kind()) || whole(definition).is_some()
}

/// Whether it is in `pg_class` under its own name.
pub(super) fn is_relation(kind: Kind) -> bool {
    kind != Kind::Composite && kind.facts().spaces.contains(&"relation")
}

fn objects_needs(objects: &[Object]) -> Vec<Vec<ObjectNo>> {
    let keys: HashMap<ObjectKey, usize> = objects
        .iter()
        .enumerate()
        .map(|(at, object)| (object.definition.key(), at))
        .collect();
    let relations: HashMap<(&str, &str), usize> = keys
        .iter()
        .filter(|(key, _)| is_relation(key.kind))
        .map(|(key, at)| ((key.schema.as_str(), key.name.as_str()), *at))
        .collect();
    let relation = |name: &Name| {
        let name = (name.schema.as_str(), name.name.as_str());
        relations.get(&name).copied()
    };
    let mut needs = vec![Vec::new(); objects.len()];
    for (at, object) in objects.iter().enumerate() {
        let definition = &object.definition;
        for key in &definition.depends_on {
            let Some(need) = keys.get(key) else { continue };
            needs[at].push(number(*need));
        }
        if let Some(table) = whole(definition).and_then(relation) {
            needs[at].push(number(table));
            needs[table].push(number(at));
        }
        if let Some(table) = definition.as_table() {
            // Partitions and children are part of their parents.
            for parent in table.inherits.iter().filter_map(relation) {
                needs[at].push(number(parent));
                needs[parent].push(number(at));
            }
            let referenced = table.constraints.values();
            needs[at].extend(
                referenced
                    .filter_map(|constraint| relation(constraint.references.as_ref()?))
                    .map(number),
            );
        }
    }
    for (at, needs) in needs.iter_mut().enumerate() {
        needs.sort_unstable();
        needs.dedup();
        needs.retain(|need| *need as usize != at);
    }
    needs
}

/// Routines that something other than a relation or a routine needs.
fn implicit(objects: &[Object]) -> Vec<ObjectNo> {
    let mut implicit: Vec<ObjectNo> = objects
        .iter()
        .filter(|object| {
            !is_relational(&object.definition) && object.definition.kind() != Kind::Routine
        })
        .flat_map(|object| object.needs.iter().copied())
        .filter(|need| objects[*need as usize].definition.kind() == Kind::Routine)
        .collect();
    implicit.sort_unstable();
    implicit.dedup();
    implicit
}

/// The strongly connected components, each after those it needs (Tarjan's algorithm, without recursion).
fn units(objects: &mut [Object]) -> Vec<Unit> {
    const UNSEEN: usize = usize::MAX;
    let mut index = vec![UNSEEN; objects.len()];
    let mut low = vec![0; objects.len()];
    let mut is_open = vec![false; objects.len()];
    let mut open = Vec::new();
    let mut next = 0;
    let mut units: Vec<Unit> = Vec::new();
    for start in 0..objects.len() {
        if index[start] != UNSEEN {
            continue;
        }
        // Objects on the way, each with how many of its needs have been followed.
        let mut way = vec![(start, 0)];
        while let Some((at, followed)) = way.last_mut() {
            let at = *at;
            if *followed == 0 {
                index[at] = next;
                low[at] = next;
                next += 1;
                open.push(at);
                is_open[at] = true;
            }
            if let Some(need) = objects[at].needs.get(*followed) {
                let need = *need as usize;
                *followed += 1;
                if index[need] == UNSEEN {
                    way.push((need, 0));
                } else if is_open[need] {
                    low[at] = low[at].min(index[need]);
                }
                continue;
            }
            way.pop();
            if let Some((before, _)) = way.last() {
                low[*before] = low[*before].min(low[at]);
            }
            if low[at] == index[at] {
                let mut unit = Unit::default();
                while let Some(member) = open.pop() {
                    is_open[member] = false;
                    objects[member].unit = number(units.len());
                    unit.objects.push(number(member));
                    if member == at {
                        break;
                    }
                }
                units.push(unit);
            }
        }
    }
    for (at, unit) in units.iter_mut().enumerate() {
        let mut needs: Vec<UnitNo> = unit
            .objects
            .iter()
            .flat_map(|object| &objects[*object as usize].needs)
            .map(|need| objects[*need as usize].unit)
            .filter(|need| *need as usize != at)
            .collect();
        needs.sort_unstable();
        needs.dedup();
        unit.needs = needs;
    }
    units
}

fn root(roots: &mut [usize], mut at: usize) -> usize {
    while roots[at] != at {
        roots[at] = roots[roots[at]];
        at = roots[at];
    }
    at
}

/// No schema has four thousand million objects.
fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

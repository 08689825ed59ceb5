//! All branches of one database as they were at one moment.

use super::map::{BranchMap, MAIN, SharedObjects, is_system_schema};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// What a branch is called and where it lives, as `pggit.branch` and `pggit.branch_schema` say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchEntry {
    pub id: i64,
    pub name: String,
    /// Pairs of logical and physical schema names.
    pub schemas: Vec<(String, String)>,
}

/// Immutable: a change makes a new registry with a higher generation.
#[derive(Debug, Default)]
pub struct Registry {
    generation: u64,
    maps: BTreeMap<String, Arc<BranchMap>>,
    /// Physical schema → branch and logical schema, of all branches but `main`.
    owners: HashMap<String, (Arc<BranchMap>, String)>,
    /// Physical schemas of branches that are being dropped: nobody's.
    dropped: HashSet<String>,
    shared: Arc<SharedObjects>,
}

impl Registry {
    /// Maps that are as they were in `previous` keep their version, so that plans made under them stay good.
    pub fn new(
        previous: &Self,
        generation: u64,
        entries: Vec<BranchEntry>,
        shared: SharedObjects,
    ) -> Self {
        let shared = if *previous.shared == shared {
            Arc::clone(&previous.shared)
        } else {
            Arc::new(shared)
        };
        let mut registry = Self {
            generation,
            shared: Arc::clone(&shared),
            ..Self::default()
        };
        let crowded = entries
            .iter()
            .any(|entry| entry.name != MAIN && !entry.schemas.is_empty());
        for entry in entries {
            let same = previous.maps.get(&entry.name).filter(|map| {
                map.id() == entry.id
                    && Arc::ptr_eq(&previous.shared, &shared)
                    && map.schemas().eq(sorted(&entry.schemas))
            });
            // Company changes what `main` shows and not what its names mean: the version stays.
            let map = match same {
                Some(map) if !map.is_main() || map.is_among_others() == crowded => Arc::clone(map),
                _ => Arc::new(
                    BranchMap::new(
                        entry.name.as_str(),
                        entry.id,
                        same.map_or(generation, |map| map.version()),
                        entry.schemas.iter().cloned(),
                        Arc::clone(&shared),
                    )
                    .with_company(crowded),
                ),
            };
            if !map.is_main() {
                for (logical, physical) in &entry.schemas {
                    registry
                        .owners
                        .insert(physical.clone(), (Arc::clone(&map), logical.clone()));
                }
            }
            registry.maps.insert(entry.name, map);
        }
        registry
    }

    /// The registry in which a branch has these schemas as well.
    #[must_use]
    pub fn with_schemas(&self, branch: i64, added: &[(String, String)]) -> Self {
        let mut entries = self.entries();
        for entry in &mut entries {
            if entry.id == branch {
                let mut schemas: BTreeMap<_, _> =
                    std::mem::take(&mut entry.schemas).into_iter().collect();
                schemas.extend(added.iter().cloned());
                entry.schemas = schemas.into_iter().collect();
            }
        }
        self.with_entries(entries)
    }

    /// The registry in which there is this branch as well, and none that has had its name.
    #[must_use]
    pub fn with_branch(&self, branch: BranchEntry) -> Self {
        let mut entries = self.entries();
        entries.retain(|entry| entry.name != branch.name);
        entries.push(branch);
        self.with_entries(entries)
    }

    fn entries(&self) -> Vec<BranchEntry> {
        let owned = |(logical, physical): (&str, &str)| (logical.to_owned(), physical.to_owned());
        self.maps
            .values()
            .map(|map| BranchEntry {
                id: map.id(),
                name: map.branch().to_owned(),
                schemas: map.schemas().map(owned).collect(),
            })
            .collect()
    }

    fn with_entries(&self, entries: Vec<BranchEntry>) -> Self {
        Self::new(
            self,
            self.generation + 1,
            entries,
            SharedObjects::clone(&self.shared),
        )
        .with_dropped(self.dropped.clone())
    }

    /// The registry in which these schemas are nobody's, since their branch is being dropped.
    #[must_use]
    pub fn with_dropped(self, dropped: HashSet<String>) -> Self {
        Self { dropped, ..self }
    }

    pub fn generation(&self) -> u64 {
        self.generation
    }

    pub fn shared(&self) -> &Arc<SharedObjects> {
        &self.shared
    }

    pub fn branch(&self, name: &str) -> Option<&Arc<BranchMap>> {
        self.maps.get(name)
    }

    pub fn branches(&self) -> impl Iterator<Item = &Arc<BranchMap>> {
        self.maps.values()
    }

    /// The branch that a physical schema belongs to, and its logical name there. A schema that no
    /// branch has claimed is `main`'s; system and excluded schemas are nobody's.
    pub fn owner<'a>(&'a self, physical: &'a str) -> Option<(&'a Arc<BranchMap>, &'a str)> {
        if is_system_schema(physical)
            || self.shared.excluded_schemas.contains(physical)
            || self.dropped.contains(physical)
        {
            return None;
        }
        match self.owners.get(physical) {
            Some((map, logical)) => Some((map, logical)),
            None => self.maps.get(MAIN).map(|main| (main, physical)),
        }
    }

    /// The logical name of a physical schema that is that branch's.
    pub fn logical_on(&self, branch: i64, physical: &str) -> Option<String> {
        let (owner, logical) = self.owner(physical)?;
        (owner.id() == branch).then(|| logical.to_owned())
    }

    /// Whether what is in a physical schema is no business of that branch's: another has it, or one that is being dropped.
    pub fn is_elsewhere(&self, branch: i64, physical: &str) -> bool {
        match self.owner(physical) {
            Some((owner, _)) => owner.id() != branch,
            None => self.dropped.contains(physical),
        }
    }

    /// Whether a physical schema has been given to a branch other than `main`, if only to one that is being dropped.
    pub fn is_taken(&self, physical: &str) -> bool {
        self.owners.contains_key(physical) || self.dropped.contains(physical)
    }
}

fn sorted(schemas: &[(String, String)]) -> Vec<(&str, &str)> {
    let mut pairs: Vec<_> = schemas
        .iter()
        .map(|(logical, physical)| (logical.as_str(), physical.as_str()))
        .collect();
    pairs.sort_unstable();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: i64, name: &str, schemas: &[(&str, &str)]) -> BranchEntry {
        BranchEntry {
            id,
            name: name.to_owned(),
            schemas: schemas
                .iter()
                .map(|(logical, physical)| ((*logical).to_owned(), (*physical).to_owned()))
                .collect(),
        }
    }

    #[test]
    fn a_physical_schema_belongs_to_the_branch_that_claimed_it_and_otherwise_to_main() {
        let registry = Registry::new(
            &Registry::default(),
            1,
            vec![
                entry(1, MAIN, &[]),
                entry(2, "feature", &[("public", "public@feature")]),
            ],
            SharedObjects::default(),
        );
        let owner = |schema: &str| {
            registry
                .owner(schema)
                .map(|(map, logical)| (map.branch().to_owned(), logical.to_owned()))
        };
        assert_eq!(
            owner("public@feature"),
            Some(("feature".into(), "public".into()))
        );
        assert_eq!(owner("public"), Some((MAIN.into(), "public".into())));
        assert_eq!(owner("pg_catalog"), None);
    }

    #[test]
    fn a_new_schema_belongs_to_its_branch_at_once() {
        let registry = Registry::new(
            &Registry::default(),
            1,
            vec![
                entry(1, MAIN, &[]),
                entry(2, "a", &[("public", "public@a")]),
            ],
            SharedObjects::default(),
        );
        let registry = registry.with_schemas(2, &[("app".to_owned(), "app@a".to_owned())]);
        let owner = registry
            .owner("app@a")
            .map(|(map, logical)| (map.branch(), logical));
        assert_eq!(owner, Some(("a", "app")));
        assert_eq!(registry.generation(), 2);
    }

    #[test]
    fn a_schema_of_a_dropped_branch_is_nobodys_and_still_taken() {
        let main = vec![entry(1, MAIN, &[])];
        let registry = Registry::new(&Registry::default(), 1, main, SharedObjects::default())
            .with_dropped(["public@old".to_owned()].into());
        let registry = registry.with_schemas(1, &[]);
        assert!(registry.owner("public@old").is_none());
        assert!(registry.is_taken("public@old"));
        assert!(!registry.is_taken("public@new"));
    }

    #[test]
    fn an_unchanged_branch_keeps_its_version_when_another_changes() {
        let first = Registry::new(
            &Registry::default(),
            1,
            vec![
                entry(1, MAIN, &[]),
                entry(2, "a", &[("public", "public@a")]),
            ],
            SharedObjects::default(),
        );
        let second = Registry::new(
            &first,
            2,
            vec![
                entry(1, MAIN, &[]),
                entry(2, "a", &[("public", "public@a")]),
                entry(3, "b", &[("public", "public@b")]),
            ],
            SharedObjects::default(),
        );
        assert_eq!(second.branch("a").map(|map| map.version()), Some(1));
        assert_eq!(second.branch("b").map(|map| map.version()), Some(2));
    }

    #[test]
    fn main_knows_whether_it_is_alone_and_keeps_its_version() {
        let main = || entry(1, MAIN, &[]);
        let alone = Registry::new(
            &Registry::default(),
            1,
            vec![main()],
            SharedObjects::default(),
        );
        let feature = entry(2, "a", &[("public", "public@a")]);
        let crowded = Registry::new(&alone, 2, vec![main(), feature], SharedObjects::default());
        let seen = |registry: &Registry| {
            let map = registry.branch(MAIN).expect("main is always there");
            (map.version(), map.is_among_others())
        };
        assert_eq!((seen(&alone), seen(&crowded)), ((1, false), (1, true)));
        let again = Registry::new(&crowded, 3, vec![main()], SharedObjects::default());
        assert_eq!(seen(&again), (1, false));
    }
}

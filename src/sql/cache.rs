//! Plans by text: shared by all sessions, bounded in bytes.

use super::plan::{Action, Plan};
use super::planner::PlanContext;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, Equivalent, OptionsBuilder, Weighter};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Longer texts are not kept: dumps and bulk inserts do not come back.
const MAX_TEXT_BYTES: usize = 64 * 1024;

/// What an entry takes besides the contents of its text and plan.
const ENTRY_BYTES: usize = 192;

/// A typical entry, for the number of entries that the cache prepares for.
const TYPICAL_BYTES: usize = 1024;

/// How much the cache has been of use, and what it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheUsage {
    pub hits: u64,
    pub misses: u64,
    /// As weighed, not as allocated.
    pub bytes: u64,
}

/// A bounded map from texts, and what else their meaning depends on, to plans.
#[derive(Debug)]
pub struct PlanCache {
    plans: Cache<Key, Arc<Plan>, ByBytes>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    text: Box<[u8]>,
    encoding: Box<str>,
    meaning: Meaning,
}

/// What a plan depends on besides text and encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Meaning {
    branch: i64,
    version: u64,
    standard_strings: bool,
}

/// A key that borrows.
#[derive(Clone, Copy, Debug)]
struct Lookup<'a> {
    text: &'a [u8],
    encoding: &'a str,
    meaning: Meaning,
}

impl<'a> Lookup<'a> {
    fn new(text: &'a [u8], context: &PlanContext<'a>) -> Self {
        Self {
            text,
            encoding: context.client_encoding,
            meaning: Meaning {
                branch: context.map.id(),
                version: context.map.version(),
                standard_strings: context.standard_conforming_strings,
            },
        }
    }
}

impl Hash for Lookup<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
        self.encoding.hash(state);
        self.meaning.hash(state);
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let lookup = Lookup {
            text: &self.text,
            encoding: &self.encoding,
            meaning: self.meaning,
        };
        lookup.hash(state);
    }
}

impl Equivalent<Key> for Lookup<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.meaning == key.meaning && *self.encoding == *key.encoding && *self.text == *key.text
    }
}

impl PlanCache {
    pub fn new(bytes: usize) -> Self {
        let entries = (bytes / TYPICAL_BYTES).max(16);
        let options = OptionsBuilder::new()
            .estimated_items_capacity(entries)
            .weight_capacity(bytes as u64)
            .build();
        let plans = match options {
            Ok(options) => Cache::with_options(
                options,
                ByBytes,
                DefaultHashBuilder::default(),
                DefaultLifecycle::default(),
            ),
            Err(_) => Cache::with_weighter(entries, bytes as u64, ByBytes),
        };
        Self { plans }
    }

    pub fn get(&self, text: &[u8], context: &PlanContext<'_>) -> Option<Arc<Plan>> {
        if text.len() > MAX_TEXT_BYTES {
            return None;
        }
        self.plans.get(&Lookup::new(text, context))
    }

    pub fn usage(&self) -> CacheUsage {
        CacheUsage {
            hits: self.plans.hits(),
            misses: self.plans.misses(),
            bytes: self.plans.weight(),
        }
    }

    pub fn insert(&self, text: &[u8], context: &PlanContext<'_>, plan: &Arc<Plan>) {
        if text.len() > MAX_TEXT_BYTES {
            return;
        }
        let lookup = Lookup::new(text, context);
        let key = Key {
            text: lookup.text.into(),
            encoding: lookup.encoding.into(),
            meaning: lookup.meaning,
        };
        self.plans.insert(key, Arc::clone(plan));
    }
}

/// Entries weigh what they take in memory, roughly.
#[derive(Clone, Debug)]
struct ByBytes;

impl Weighter<Key, Arc<Plan>> for ByBytes {
    fn weight(&self, key: &Key, plan: &Arc<Plan>) -> u64 {
        let statements = match &**plan {
            Plan::Statements(statements) => statements.as_slice(),
            _ => &[],
        };
        let plan: usize = statements
            .iter()
            .map(|statement| {
                let splices: usize = statement
                    .splices
                    .iter()
                    .map(|splice| size_of_val(splice) + splice.with.len())
                    .sum();
                let targets = match &statement.action {
                    Action::Ddl(ddl) => ddl.targets.len() * 96 + ddl.summary.len(),
                    _ => 0,
                };
                size_of_val(statement) + splices + targets
            })
            .sum();
        (ENTRY_BYTES + key.text.len() + plan) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{branch_map, main_map};
    use super::*;
    use crate::branch::BranchMap;

    fn context(map: &BranchMap) -> PlanContext<'_> {
        PlanContext {
            map,
            client_encoding: "UTF8",
            standard_conforming_strings: true,
            watch_transactions: false,
        }
    }

    #[test]
    fn a_plan_is_found_for_the_same_text_on_the_same_branch_only() {
        let cache = PlanCache::new(1 << 20);
        let (main, branch) = (main_map(), branch_map());
        let plan = Arc::new(Plan::Forward);
        cache.insert(b"SELECT 1", &context(&branch), &plan);
        assert!(cache.get(b"SELECT 1", &context(&branch)).is_some());
        assert!(cache.get(b"SELECT 2", &context(&branch)).is_none());
        assert!(cache.get(b"SELECT 1", &context(&main)).is_none());
        let other = PlanContext {
            standard_conforming_strings: false,
            ..context(&branch)
        };
        assert!(cache.get(b"SELECT 1", &other).is_none());
    }

    #[test]
    fn the_cache_stays_within_its_bytes() {
        let cache = PlanCache::new(64 * 1024);
        let map = main_map();
        let plan = Arc::new(Plan::Forward);
        for number in 0..10_000 {
            cache.insert(format!("SELECT {number}").as_bytes(), &context(&map), &plan);
        }
        assert!(cache.plans.weight() <= 64 * 1024);
        assert!(cache.plans.len() > 50);
        let long = vec![b' '; MAX_TEXT_BYTES + 1];
        cache.insert(&long, &context(&map), &plan);
        assert!(cache.get(&long, &context(&map)).is_none());
    }
}

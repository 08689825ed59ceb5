//! Plans by the shape of texts, or by texts: shared by all sessions, bounded in bytes.

use super::plan::{Action, Plan};
use super::planner::PlanContext;
use super::shape::{HOLE, Shape};
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, Equivalent, OptionsBuilder, Weighter};
use std::convert::Infallible;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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

/// What is known of a shape.
#[derive(Clone, Debug)]
pub enum Known {
    /// The plan of every text of the shape. A text is a shape of its own.
    Plan(Arc<Plan>),
    /// The values of its literals matter: its texts are known by themselves.
    ByValues,
}

/// A bounded map from shapes, and what else their meaning depends on, to plans.
#[derive(Debug)]
pub struct PlanCache {
    plans: Cache<Key, Known, ByBytes>,
    made: AtomicU64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    shape: Box<[u8]>,
    encoding: Box<str>,
    meaning: Meaning,
}

/// What a plan depends on besides text and encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Meaning {
    branch: i64,
    version: u64,
    standard_strings: bool,
    among_others: bool,
}

/// A key that borrows.
#[derive(Debug)]
struct Lookup<'a> {
    shape: &'a Shape<'a>,
    encoding: &'a str,
    meaning: Meaning,
}

impl<'a> Lookup<'a> {
    fn new(shape: &'a Shape<'a>, context: &PlanContext<'a>) -> Self {
        Self {
            shape,
            encoding: context.client_encoding,
            meaning: Meaning {
                branch: context.map.id(),
                version: context.map.version(),
                standard_strings: context.standard_conforming_strings,
                among_others: context.map.is_among_others(),
            },
        }
    }

    fn key(&self) -> Key {
        Key {
            shape: self.shape.bytes().into(),
            encoding: self.encoding.into(),
            meaning: self.meaning,
        }
    }
}

impl Key {
    fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.shape.split(|byte| *byte == HOLE)
    }
}

impl Hash for Lookup<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for piece in self.shape.pieces() {
            piece.hash(state);
        }
        self.encoding.hash(state);
        self.meaning.hash(state);
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for piece in self.pieces() {
            piece.hash(state);
        }
        self.encoding.hash(state);
        self.meaning.hash(state);
    }
}

impl Equivalent<Key> for Lookup<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.meaning == key.meaning
            && *self.encoding == *key.encoding
            && self.shape.pieces().eq(key.pieces())
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
        Self {
            plans,
            made: AtomicU64::new(0),
        }
    }

    /// The plan of a shape; `None` if its texts have one each. What is not known is made, by one of those who ask
    /// at once: the others wait for it.
    pub fn get_or_make(
        &self,
        shape: &Shape<'_>,
        context: &PlanContext<'_>,
        make: impl FnOnce() -> Known,
    ) -> Option<Arc<Plan>> {
        let make = || {
            self.made.fetch_add(1, Ordering::Relaxed);
            make()
        };
        let lookup = Lookup::new(shape, context);
        let known = if shape.text_len() > MAX_TEXT_BYTES {
            make()
        } else if let Some(known) = self.plans.get(&lookup) {
            known
        } else {
            let made = self
                .plans
                .get_or_insert_with(&lookup.key(), || Ok::<_, Infallible>(make()));
            match made {
                Ok(known) => known,
                Err(never) => match never {},
            }
        };
        match known {
            Known::Plan(plan) => Some(plan),
            Known::ByValues => None,
        }
    }

    pub fn usage(&self) -> CacheUsage {
        CacheUsage {
            hits: self.plans.hits(),
            misses: self.made.load(Ordering::Relaxed),
            bytes: self.plans.weight(),
        }
    }
}

/// Entries weigh what they take in memory, roughly.
#[derive(Clone, Debug)]
struct ByBytes;

impl Weighter<Key, Known> for ByBytes {
    fn weight(&self, key: &Key, known: &Known) -> u64 {
        let statements = match known {
            Known::Plan(plan) => plan.statements(),
            Known::ByValues => &[],
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
        (ENTRY_BYTES + key.shape.len() + plan) as u64
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

    fn known(cache: &PlanCache, text: &[u8], context: &PlanContext<'_>) -> bool {
        let mut made = false;
        cache.get_or_make(&Shape::verbatim(text), context, || {
            made = true;
            Known::Plan(Arc::new(Plan::Forward))
        });
        !made
    }

    #[test]
    fn a_plan_is_found_for_the_same_text_on_the_same_branch_only() {
        let cache = PlanCache::new(1 << 20);
        let (main, branch) = (main_map(), branch_map());
        assert!(!known(&cache, b"SELECT 1", &context(&branch)));
        assert!(known(&cache, b"SELECT 1", &context(&branch)));
        assert!(!known(&cache, b"SELECT 2", &context(&branch)));
        assert!(!known(&cache, b"SELECT 1", &context(&main)));
        let other = PlanContext {
            standard_conforming_strings: false,
            ..context(&branch)
        };
        assert!(!known(&cache, b"SELECT 1", &other));
    }

    #[test]
    fn a_shape_is_found_by_each_of_its_texts() {
        let cache = PlanCache::new(1 << 20);
        let map = branch_map();
        let mut made = 0;
        for text in [
            "SELECT 1, 'a'",
            "SELECT 22, ''",
            "SELECT 22,''",
            "SELECT 'a', 1",
        ] {
            let shape = Shape::of(text.as_bytes()).unwrap();
            cache.get_or_make(&shape, &context(&map), || {
                made += 1;
                Known::ByValues
            });
        }
        assert_eq!(made, 3);
        assert_eq!(cache.usage().misses, 3);
    }

    #[test]
    fn sessions_that_ask_at_once_have_a_plan_made_once() {
        let cache = PlanCache::new(1 << 20);
        let map = branch_map();
        let start = std::sync::Barrier::new(8);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    start.wait();
                    cache.get_or_make(&Shape::verbatim(b"SELECT 1"), &context(&map), || {
                        std::thread::yield_now();
                        Known::Plan(Arc::new(Plan::Forward))
                    })
                });
            }
        });
        assert_eq!(cache.usage().misses, 1);
    }

    #[test]
    fn the_cache_stays_within_its_bytes() {
        let cache = PlanCache::new(64 * 1024);
        let map = main_map();
        for number in 0..10_000 {
            known(
                &cache,
                format!("SELECT {number}").as_bytes(),
                &context(&map),
            );
        }
        assert!(cache.plans.weight() <= 64 * 1024);
        assert!(cache.plans.len() > 50);
        let long = vec![b' '; MAX_TEXT_BYTES + 1];
        assert!(!known(&cache, &long, &context(&map)));
        assert!(!known(&cache, &long, &context(&map)));
    }
}

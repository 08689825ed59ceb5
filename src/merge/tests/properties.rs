//! What holds for any three schemas.

use super::*;
use proptest::prelude::*;
use proptest::strategy::Strategy;

/// A table that differs from others of its name in a few attributes.
fn arbitrary_table(name: &'static str) -> impl Strategy<Value = Definition> {
    (
        prop::sample::select(vec!["ada", "bob"]),
        prop::option::of(prop::sample::select(vec!["x", "y"])),
        prop::collection::btree_map(
            prop::sample::select(vec!["a", "b", "c", "d"]),
            (
                prop::sample::select(vec!["integer", "text"]),
                any::<bool>(),
                any::<bool>(),
            ),
            0..4,
        ),
        any::<bool>(),
    )
        .prop_map(move |(owner, comment, columns, constrained)| {
            let columns: Vec<Column> = columns
                .into_iter()
                .map(|(name, (data_type, not_null, renamed))| Column {
                    not_null,
                    name: format!("{name}{}", if renamed { "2" } else { "" }),
                    ..column(name, data_type)
                })
                .collect();
            let first = columns.first().map(|column| column.name.clone());
            let mut definition = with(table(name, &columns), |table| {
                if let Some(first) = first.filter(|_| constrained) {
                    let expression = format!("{first} IS NOT NULL");
                    table
                        .constraints
                        .insert("c".to_owned(), check(&[&first], &expression));
                }
            });
            definition.owner = owner.to_owned();
            definition.comment = comment.map(str::to_owned);
            definition
        })
}

fn arbitrary_schema() -> impl Strategy<Value = Snapshot> {
    (
        prop::option::of(arbitrary_table("t")),
        prop::option::of(arbitrary_table("u")),
        prop::option::of(prop::sample::subsequence(vec!["p", "q", "r"], 1..3)),
    )
        .prop_map(|(t, u, labels)| {
            snapshot(
                [
                    t.map(|table| ("t", table)),
                    u.map(|table| ("u", table)),
                    labels.map(|labels| ("m", mood(&labels))),
                ]
                .into_iter()
                .flatten(),
            )
        })
}

/// The same schema under other names and lineages.
fn renamed(snapshot: &Snapshot, suffix: &str) -> Snapshot {
    let rename = |definition: &Arc<Definition>| {
        let mut definition = Definition::clone(definition);
        match &mut definition.body {
            Body::Table(table) => table.name.name.push_str(suffix),
            Body::Enum(body) => body.name.name.push_str(suffix),
            _ => {}
        }
        definition
    };
    snapshot
        .iter()
        .map(|(lineage, definition)| {
            let mut other = *lineage;
            other.0[15] ^= 0x55;
            (other, rename(definition))
        })
        .collect()
}

fn union(one: &Snapshot, other: &Snapshot) -> Snapshot {
    let mut both = one.clone();
    both.extend(
        other
            .iter()
            .map(|(lineage, definition)| (*lineage, Arc::clone(definition))),
    );
    both
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_side_that_did_nothing_yields(base in arbitrary_schema(), changed in arbitrary_schema()) {
        let merged = auto(&base, &changed, &base);
        prop_assert_eq!(&merged.result, &changed);
        prop_assert_eq!(&merged.conflicts, &[]);
        let merged = auto(&base, &base, &changed);
        prop_assert_eq!(&merged.result, &changed);
        prop_assert_eq!(&merged.conflicts, &[]);
    }

    #[test]
    fn sides_that_agree_have_no_conflict(base in arbitrary_schema(), changed in arbitrary_schema()) {
        let merged = auto(&base, &changed, &changed);
        prop_assert_eq!(&merged.result, &changed);
        prop_assert_eq!(&merged.conflicts, &[]);
        prop_assert!(merged.objects.iter().all(|outcome| outcome.kind == MergeKind::NoConflict));
    }

    #[test]
    fn the_sides_conflict_whichever_is_merged_into_the_other(
        base in arbitrary_schema(),
        one in arbitrary_schema(),
        other in arbitrary_schema(),
    ) {
        let there = auto(&base, &one, &other);
        let back = auto(&base, &other, &one);
        prop_assert_eq!(there.conflicts.is_empty(), back.conflicts.is_empty());
    }

    #[test]
    fn changes_with_nothing_in_common_merge(
        old_i in arbitrary_schema(),
        new_i in arbitrary_schema(),
        old_j in arbitrary_schema(),
        new_j in arbitrary_schema(),
    ) {
        let (old_j, new_j) = (renamed(&old_j, "_j"), renamed(&new_j, "_j"));
        let merged = auto(
            &union(&old_i, &old_j),
            &union(&old_i, &new_j),
            &union(&new_i, &old_j),
        );
        prop_assert_eq!(&merged.conflicts, &[]);
        prop_assert_eq!(merged.result, union(&new_i, &new_j));
    }

    #[test]
    fn what_is_the_same_on_all_sides_need_not_be_looked_at(
        base in arbitrary_schema(),
        source in arbitrary_schema(),
        target in arbitrary_schema(),
        unchanged in arbitrary_schema(),
        more_unchanged in arbitrary_schema(),
    ) {
        let unchanged = union(&renamed(&unchanged, "_j"), &more_unchanged);
        let [base, source, target] = [base, source, target].map(|side| union(&unchanged, &side));
        let (base, source) = pair::adopt_lineages(&base, &source, &target, crate::merge::Strategy::Auto, &BTreeSet::new());
        let sides = Three { base: &base, source: &source, target: &target };
        let all: BTreeSet<Lineage> = [&base, &source, &target]
            .into_iter()
            .flat_map(|side| side.lineages().copied())
            .collect();
        for strategy in [super::Strategy::Auto, super::Strategy::SourceWins] {
            let mut slow = merge_concerned(sides, &all, strategy, &[]);
            slow.objects.retain(|outcome| {
                let of = sides.objects(outcome.lineage);
                of.base != of.source || of.base != of.target
            });
            prop_assert_eq!(merge_paired(sides, strategy, &[]), slow);
        }
    }

    #[test]
    fn strategies_leave_nothing_open(
        base in arbitrary_schema(),
        source in arbitrary_schema(),
        target in arbitrary_schema(),
    ) {
        for strategy in [super::Strategy::SourceWins, super::Strategy::TargetWins] {
            let merged = merge(&base, &source, &target, strategy, &[]);
            prop_assert_eq!(merged.open().count(), 0);
        }
    }

    #[test]
    fn ids_and_results_are_the_same_every_time(
        base in arbitrary_schema(),
        source in arbitrary_schema(),
        target in arbitrary_schema(),
    ) {
        let open = auto(&base, &source, &target);
        prop_assert_eq!(&open, &auto(&base, &source, &target));
        let resolutions: Vec<Resolution> = open
            .conflicts
            .iter()
            .map(|conflict| resolution(conflict, Choice::Target))
            .collect();
        let decided = merge(&base, &source, &target, super::Strategy::Auto, &resolutions);
        prop_assert_eq!(decided.open().count(), 0);
        prop_assert_eq!(&decided.result, &open.result);
        let ids = |merged: &Merged| -> Vec<i64> {
            merged.conflicts.iter().map(|conflict| conflict.id).collect()
        };
        prop_assert_eq!(ids(&decided), ids(&open));
    }
}

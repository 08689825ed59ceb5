//! Columns and constraints of one table.

use super::*;

/// Every combination of four states of one column on three sides.
#[test]
fn every_combination_of_a_column_s_states() {
    let version = |data_type: &str| Some(column("x", data_type));
    let states = [None, version("integer"), version("bigint"), version("text")];
    let side =
        |column: &Option<Column>| with(users(), |table| table.columns.extend(column.clone()));
    for base in &states {
        for source in &states {
            for target in &states {
                let merged = auto_one(Some(&side(base)), Some(&side(source)), Some(&side(target)));
                let (result, conflict) = if source == target || base == source {
                    (target, None)
                } else if base == target {
                    (source, None)
                } else if source.is_none() || target.is_none() {
                    (target, Some("column x"))
                } else {
                    (target, Some("column x type"))
                };
                let case = format!("{base:?} {source:?} {target:?}");
                assert_eq!(object(&merged), Some(&side(result)), "{case}");
                assert_eq!(
                    attributes(&merged),
                    conflict.into_iter().collect::<Vec<_>>(),
                    "{case}"
                );
            }
        }
    }
}

/// The base and the target have a column that the source has under another lineage.
#[test]
fn a_column_made_again_is_another_and_one_merged_in_is_the_same() {
    let again = with_column(users(), "name", |column| column.id = id("again"));
    let again = with(again, |table| table.columns.push(column("email", "text")));
    let base = snapshot([("users", users())]);
    let source = snapshot([("users", again)]);
    let doubt = Doubt {
        object: id("users"),
        column: id("name"),
    };
    assert_eq!(doubts(&base, &source, &base), [doubt]);
    let merge =
        |made_again| super::super::merge(&base, &source, &base, &made_again, Strategy::Auto, &[]);
    let ids = |merged: &Merged| -> Vec<Lineage> {
        assert_eq!(merged.conflicts, []);
        let users = merged.result.get(&id("users")).expect("a table");
        let table = users.as_table().expect("a table");
        table.columns.iter().map(|column| column.id).collect()
    };
    let same = merge(BTreeSet::new());
    assert_eq!(ids(&same), [id("id"), id("name"), id("email")]);
    let other = merge(BTreeSet::from([doubt]));
    assert_eq!(ids(&other), [id("id"), id("again"), id("email")]);
    assert_eq!(other.result, source);
}

#[test]
fn a_column_made_again_here_and_changed_there_is_a_conflict() {
    let again = with_column(users(), "name", |column| column.id = id("again"));
    let base = snapshot([("users", users())]);
    let source = snapshot([("users", again)]);
    let commented = with_column(users(), "name", |column| {
        column.comment = Some("full".to_owned());
    });
    let target = snapshot([("users", commented)]);
    let made_again = doubts(&base, &source, &target).into_iter().collect();
    let merge = |strategy| super::super::merge(&base, &source, &target, &made_again, strategy, &[]);
    assert!(merge(Strategy::Auto).open().count() > 0);
    assert_eq!(merge(Strategy::SourceWins).result, source);
    assert_eq!(merge(Strategy::TargetWins).result, target);
}

#[test]
fn different_columns_and_attributes_merge() {
    let ours = with(users(), |table| table.columns.push(column("email", "text")));
    let ours = with_column(ours, "name", |column| column.name = "full_name".to_owned());
    let theirs = with_column(users(), "name", |column| column.not_null = true);
    let theirs = with(theirs, |table| table.columns.push(column("age", "integer")));
    let merged = auto_one(Some(&users()), Some(&ours), Some(&theirs));
    assert_eq!(merged.conflicts, []);
    let Some(Body::Table(table)) = object(&merged).map(|definition| &definition.body) else {
        panic!("no table")
    };
    let columns: Vec<(&str, bool)> = table
        .columns
        .iter()
        .map(|column| (column.name.as_str(), column.not_null))
        .collect();
    assert_eq!(
        columns,
        [
            ("id", false),
            ("full_name", true),
            ("age", false),
            ("email", false)
        ]
    );
}

#[test]
fn what_is_said_of_not_null_goes_with_it() {
    let base = with_column(users(), "name", |column| {
        column.not_null = true;
        column.not_null_name = Some("filled".to_owned());
        column.not_null_terms.not_valid = true;
    });
    let dropped = with_column(base.clone(), "name", |column| {
        column.not_null = false;
        column.not_null_name = None;
        column.not_null_terms.not_valid = false;
    });
    let validated = with_column(base.clone(), "name", |column| {
        column.not_null_terms.not_valid = false;
    });
    let renamed = with_column(base.clone(), "name", |column| {
        column.not_null_name = Some("set".to_owned());
    });
    let merged = auto_one(Some(&base), Some(&validated), Some(&renamed));
    assert_eq!(merged.conflicts, []);
    let wanted = with_column(validated.clone(), "name", |column| {
        column.not_null_name = Some("set".to_owned());
    });
    assert_eq!(object(&merged), Some(&wanted));
    for changed in [validated, renamed] {
        let merged = auto_one(Some(&base), Some(&dropped), Some(&changed));
        assert_eq!(merged.conflicts.len(), 1);
        let merged = auto_one(Some(&base), Some(&dropped), Some(&base));
        assert_eq!(object(&merged), Some(&dropped));
    }
}

#[test]
fn the_name_of_a_not_null_stays_when_its_table_is_renamed() {
    let plain = with_column(users(), "name", |column| column.not_null = true);
    let renamed_to = |name: &str| {
        let mut table = with_column(plain.clone(), "name", |column| {
            column.not_null_name = Some("users_name_not_null".to_owned());
        });
        if let Body::Table(body) = &mut table.body {
            body.name.name = name.to_owned();
        }
        table
    };
    // The first of two renames taken back, where the second one stands.
    let (once, twice) = (renamed_to("people"), renamed_to("persons"));
    let merged = one(
        Some(&once),
        Some(&plain),
        Some(&twice),
        Strategy::TargetWins,
    );
    assert_eq!(object(&merged), Some(&twice));
    let merged = one(
        Some(&once),
        Some(&plain),
        Some(&twice),
        Strategy::SourceWins,
    );
    assert_eq!(object(&merged), Some(&plain));
}

#[test]
fn a_column_added_by_both_sides_is_one_column() {
    let add = |id_of: &str, data_type: &str| {
        with(users(), |table| {
            table.columns.push(Column {
                id: id(id_of),
                ..column("email", data_type)
            });
        })
    };
    let merged = auto_one(
        Some(&users()),
        Some(&add("ours", "text")),
        Some(&add("theirs", "text")),
    );
    assert_eq!(merged.conflicts, []);
    assert_eq!(object(&merged), Some(&add("theirs", "text")));
    let merged = auto_one(
        Some(&users()),
        Some(&add("ours", "varchar")),
        Some(&add("theirs", "text")),
    );
    assert_eq!(attributes(&merged), ["column email type"]);
}

#[test]
fn one_column_renamed_twice_is_a_conflict() {
    let to = |name: &str| with_column(users(), "name", |column| column.name = name.to_owned());
    let merged = auto_one(Some(&users()), Some(&to("first")), Some(&to("last")));
    assert_eq!(attributes(&merged), ["column last name"]);
    assert_eq!(object(&merged), Some(&to("last")));
    let merged = one(
        Some(&users()),
        Some(&to("first")),
        Some(&to("last")),
        Strategy::SourceWins,
    );
    assert_eq!(object(&merged), Some(&to("first")));
}

#[test]
fn two_columns_with_one_name_are_a_conflict() {
    let ours = with_column(users(), "name", |column| column.name = "x".to_owned());
    let theirs = with_column(users(), "id", |column| column.name = "x".to_owned());
    let added = with(users(), |table| table.columns.push(column("x", "text")));
    for target in [&theirs, &added] {
        let merged = auto_one(Some(&users()), Some(&ours), Some(target));
        assert_eq!(attributes(&merged), ["column name name"]);
        assert_eq!(object(&merged), Some(target));
        let merged = one(
            Some(&users()),
            Some(&ours),
            Some(target),
            Strategy::SourceWins,
        );
        assert_eq!(object(&merged), Some(&ours));
    }
}

#[test]
fn a_name_that_the_other_side_gave_up_is_free() {
    let base = with(users(), |table| table.columns.push(column("x", "text")));
    let ours = with_column(base.clone(), "name", |column| column.name = "y".to_owned());
    let theirs = with(users(), |table| table.columns.push(column("name2", "text")));
    let merged = auto_one(Some(&base), Some(&ours), Some(&theirs));
    assert_eq!(merged.conflicts, []);
}

#[test]
fn what_speaks_of_a_column_follows_its_rename() {
    let base = with(users(), |table| {
        table
            .constraints
            .insert("c".to_owned(), check(&["name"], "name <> 'name'::text"));
    });
    let ours = with(base.clone(), |table| {
        table.columns[1].name = "full_name".to_owned();
        table.constraints.insert(
            "c".to_owned(),
            check(&["full_name"], "full_name <> 'name'::text"),
        );
    });
    let theirs = with(base.clone(), |table| {
        table
            .constraints
            .insert("d".to_owned(), check(&["name"], "length(name) > 1"));
    });
    let base = snapshot([("object", base)]);
    let source = snapshot([("object", ours)]);
    let target = snapshot([("object", theirs), ("i", index("i", "users", &["name"]))]);
    let merged = auto(&base, &source, &target);
    assert_eq!(merged.conflicts, []);
    let Some(Body::Table(table)) = object(&merged).map(|definition| &definition.body) else {
        panic!("no table")
    };
    assert_eq!(
        table.constraints["c"],
        check(&["full_name"], "full_name <> 'name'::text")
    );
    assert_eq!(
        table.constraints["d"],
        check(&["full_name"], "length(full_name) > 1")
    );
    assert_eq!(
        **merged.result.get(&id("i")).unwrap(),
        index("i", "users", &["full_name"])
    );
    let kinds: BTreeMap<String, MergeKind> = merged
        .objects
        .iter()
        .map(|outcome| (outcome.key.to_string(), outcome.kind))
        .collect();
    assert_eq!(kinds["index public.i"], MergeKind::TargetModified);
}

#[test]
fn constraints_merge_by_name() {
    let constrained = |expression: &str| {
        with(users(), |table| {
            table
                .constraints
                .insert("c".to_owned(), check(&["id"], expression));
        })
    };
    let merged = auto_one(
        Some(&users()),
        Some(&constrained("id > 0")),
        Some(&constrained("id > 0")),
    );
    assert_eq!(merged.conflicts, []);
    let merged = auto_one(
        Some(&users()),
        Some(&constrained("id > 0")),
        Some(&constrained("id > 1")),
    );
    assert_eq!(attributes(&merged), ["constraint c"]);
    let merged = auto_one(
        Some(&constrained("id > 0")),
        Some(&users()),
        Some(&constrained("id > 1")),
    );
    assert_eq!(attributes(&merged), ["constraint c"]);
    let merged = auto_one(
        Some(&constrained("id > 0")),
        Some(&users()),
        Some(&constrained("id > 0")),
    );
    assert_eq!(object(&merged), Some(&users()));
}

#[test]
fn options_of_an_identity_merge_apart() {
    let identity = |start: i64, cache: i64| {
        with_column(users(), "id", |column| {
            column.identity = Some(Identity {
                always: true,
                sequence: "users_id_seq".to_owned(),
                comment: None,
                security_labels: SecurityLabels::new(),
                acl: None,
                options: SequenceOptions {
                    data_type: "bigint".to_owned(),
                    start,
                    increment: 1,
                    min: 1,
                    max: i64::MAX,
                    cache,
                    cycle: false,
                },
            });
        })
    };
    let merged = auto_one(
        Some(&identity(1, 1)),
        Some(&identity(100, 1)),
        Some(&identity(1, 20)),
    );
    assert_eq!(merged.conflicts, []);
    assert_eq!(object(&merged), Some(&identity(100, 20)));
    let merged = auto_one(
        Some(&identity(1, 1)),
        Some(&users()),
        Some(&identity(1, 20)),
    );
    assert_eq!(attributes(&merged), ["column id identity"]);
}

#[test]
fn order_is_not_a_difference() {
    let turned = with(users(), |table| table.columns.reverse());
    let mut changed = users();
    changed.owner = "bob".to_owned();
    let merged = auto_one(Some(&users()), Some(&turned), Some(&changed));
    assert_eq!(kind(&merged), Some(MergeKind::TargetModified));
    assert_eq!(object(&merged), Some(&changed));
}

//! What one side dropped and the other needs.

use super::*;

fn keys(merged: &Merged) -> Vec<String> {
    merged
        .result
        .definitions()
        .map(|definition| definition.key().to_string())
        .collect()
}

/// `users` without its column `name`.
fn nameless() -> Definition {
    with(users(), |table| table.columns.truncate(1))
}

#[test]
fn a_check_on_a_column_that_the_other_side_dropped() {
    let checked = with(users(), |table| {
        table
            .constraints
            .insert("c".to_owned(), check(&["name"], "name <> ''::text"));
    });
    for (source, target, kept) in [
        (nameless(), checked.clone(), &checked),
        (checked.clone(), nameless(), &nameless()),
    ] {
        let merged = auto_one(Some(&users()), Some(&source), Some(&target));
        assert_eq!(attributes(&merged), ["column name"]);
        assert_eq!(object(&merged), Some(kept));
        let merged = one(
            Some(&users()),
            Some(&source),
            Some(&target),
            Strategy::SourceWins,
        );
        assert_eq!(object(&merged), Some(&source));
        assert_eq!(merged.conflicts[0].state, ConflictState::Source);
    }
}

#[test]
fn an_index_on_a_column_that_the_other_side_dropped() {
    let base = snapshot([("t", users())]);
    let source = snapshot([("t", nameless())]);
    let target = snapshot([("t", users()), ("i", index("i", "users", &["name"]))]);
    let merged = auto(&base, &source, &target);
    assert_eq!(attributes(&merged), ["column name"]);
    assert_eq!(merged.result, target);
    let merged = merge(&base, &source, &target, Strategy::SourceWins, &[]);
    assert_eq!(merged.result, source);
    let merged = merge(&base, &target, &source, Strategy::SourceWins, &[]);
    assert_eq!(merged.result, target);
}

#[test]
fn a_column_dropped_with_its_index_is_no_conflict() {
    let base = snapshot([("t", users()), ("i", index("i", "users", &["name"]))]);
    let source = snapshot([("t", nameless())]);
    let merged = auto(&base, &source, &base);
    assert_eq!(merged.conflicts, []);
    assert_eq!(merged.result, source);
}

#[test]
fn what_came_to_use_a_dropped_column_is_as_on_the_side_that_dropped_it() {
    let query = |column: &str| format!(" SELECT users.{column}\n   FROM public.users");
    let old = view("v", &query("id"), &["users"]);
    let new = {
        let mut new = view("v", &query("name"), &["users"]);
        new.comment = Some("names".to_owned());
        new
    };
    let checked = |column: &str| {
        with(users(), |table| {
            let check = check(&[column], &format!("{column} IS NOT NULL"));
            table.constraints.insert("c".to_owned(), check);
        })
    };
    let base = snapshot([("t", checked("id")), ("v", old.clone())]);
    let user = snapshot([("t", checked("name")), ("v", new)]);
    let without = with(checked("id"), |table| table.columns.truncate(1));
    let dropper = snapshot([("t", without.clone()), ("v", old.clone())]);
    // Its own comment stands.
    let commented = Definition {
        comment: Some("names".to_owned()),
        ..old
    };
    let expected = snapshot([("t", without), ("v", commented)]);
    let merged = merge(&base, &user, &dropper, Strategy::TargetWins, &[]);
    assert_eq!(merged.result, expected);
    let merged = merge(&base, &dropper, &user, Strategy::SourceWins, &[]);
    assert_eq!(merged.result, expected);
}

#[test]
fn a_foreign_key_to_a_table_that_the_other_side_dropped() {
    let orders = table("orders", &[column("user_id", "bigint")]);
    let linked = {
        let mut linked = with(orders.clone(), |table| {
            table
                .constraints
                .insert("fk".to_owned(), foreign_key("user_id", "users", "id"));
        });
        linked.depends_on = vec![key(Kind::Table, "users")];
        linked
    };
    let base = snapshot([("t", users()), ("o", orders.clone())]);
    let source = snapshot([("o", orders.clone())]);
    let target = snapshot([("t", users()), ("o", linked)]);
    let merged = auto(&base, &source, &target);
    assert_eq!(attributes(&merged), ["definition"]);
    assert_eq!(merged.conflicts[0].key, key(Kind::Table, "users"));
    assert_eq!(merged.result, target);
    let merged = merge(&base, &source, &target, Strategy::SourceWins, &[]);
    assert_eq!(merged.result, source);

    // Dropped with the foreign key that was there: nothing is left that speaks of it.
    let merged = auto(&target, &source, &target);
    assert_eq!(merged.conflicts, []);
    assert_eq!(merged.result, source);
}

#[test]
fn a_foreign_key_follows_the_renames_of_both_tables() {
    let orders = |constraint: Option<Constraint>| {
        with(table("orders", &[column("user_id", "bigint")]), |table| {
            table
                .constraints
                .extend(constraint.map(|constraint| ("fk".to_owned(), constraint)));
        })
    };
    let renamed = with(users(), |table| {
        table.name = public("people");
        table.columns[0].name = "uid".to_owned();
    });
    let base = snapshot([("t", users()), ("o", orders(None))]);
    let source = snapshot([
        ("t", users()),
        ("o", orders(Some(foreign_key("user_id", "users", "id")))),
    ]);
    let target = snapshot([("t", renamed.clone()), ("o", orders(None))]);
    let merged = auto(&base, &source, &target);
    assert_eq!(merged.conflicts, []);
    assert_eq!(
        merged.result,
        snapshot([
            ("t", renamed),
            ("o", orders(Some(foreign_key("user_id", "people", "uid")))),
        ])
    );
}

#[test]
fn a_view_of_a_table_that_the_other_side_dropped() {
    let base = snapshot([("t", users())]);
    let source = snapshot([]);
    let target = snapshot([
        ("t", users()),
        (
            "v",
            view("v", " SELECT id\n   FROM public.users", &["users"]),
        ),
    ]);
    let merged = auto(&base, &source, &target);
    assert_eq!(attributes(&merged), ["definition"]);
    assert_eq!(merged.result, target);
    assert_eq!(
        keys(&merge(&base, &source, &target, Strategy::SourceWins, &[])),
        [""; 0]
    );
}

#[test]
fn a_view_of_a_column_that_the_other_side_dropped() {
    let base = snapshot([("t", users())]);
    let source = snapshot([
        ("t", users()),
        (
            "v",
            view(
                "v",
                " SELECT users.id\n   FROM (public.users\n     JOIN public.more USING (name))",
                &["users"],
            ),
        ),
    ]);
    let target = snapshot([("t", nameless())]);
    let merged = auto(&base, &source, &target);
    assert_eq!(attributes(&merged), ["column name"]);
    assert_eq!(merged.result, target);
    let merged = merge(&base, &source, &target, Strategy::SourceWins, &[]);
    assert_eq!(merged.result, source);
}

#[test]
fn a_view_that_both_sides_have_says_nothing_of_a_dropped_namesake() {
    let query = " SELECT o.name AS id\n   FROM public.orders o,\n    public.users";
    let orders = table("orders", &[column("name of order", "text")]);
    let side = |users: Definition| {
        snapshot([
            ("t", users),
            ("o", orders.clone()),
            ("v", view("v", query, &["orders", "users"])),
        ])
    };
    let merged = auto(&side(users()), &side(nameless()), &side(users()));
    assert_eq!(merged.conflicts, []);
    assert_eq!(merged.result, side(nameless()));
}

#[test]
fn a_view_keeps_its_query_when_a_table_is_renamed() {
    let renamed = with(users(), |table| table.name = public("people"));
    let before = view("v", " SELECT id\n   FROM public.users", &["users"]);
    let after = view("v", " SELECT id\n   FROM public.people users", &["people"]);
    let mut commented = before.clone();
    commented.comment = Some("all".to_owned());
    let base = snapshot([("t", users()), ("v", before)]);
    let source = snapshot([("t", users()), ("v", commented)]);
    let target = snapshot([("t", renamed), ("v", after)]);
    let merged = auto(&base, &source, &target);
    assert_eq!(merged.conflicts, []);
    let result = &merged.result.get(&id("v")).unwrap();
    assert_eq!(result.comment.as_deref(), Some("all"));
    let Body::View(view) = &result.body else {
        panic!("no view")
    };
    assert_eq!(view.query, " SELECT id\n   FROM public.people users");
    assert_eq!(result.depends_on, [key(Kind::Table, "people")]);
}

#[test]
fn a_column_of_a_type_that_the_other_side_dropped() {
    let mut moody = table(
        "users",
        &[column("id", "bigint"), column("mood", "public.mood")],
    );
    moody.depends_on = vec![key(Kind::Enum, "mood")];
    let base = snapshot([("m", mood(&["a"]))]);
    let target = snapshot([("m", mood(&["a"])), ("t", moody)]);
    let merged = auto(&base, &snapshot([]), &target);
    assert_eq!(attributes(&merged), ["definition"]);
    assert_eq!(merged.result, target);
    let merged = merge(&base, &snapshot([]), &target, Strategy::SourceWins, &[]);
    assert_eq!(
        merged.result,
        snapshot([("t", table("users", &[column("id", "bigint")]))])
    );
}

#[test]
fn a_generated_column_of_a_column_that_the_other_side_dropped() {
    let generating = with(users(), |table| {
        table.columns.push(Column {
            generated: Some(Generated {
                expression: "lower(name)".to_owned(),
                stored: true,
            }),
            ..column("lower_name", "text")
        });
    });
    let merged = auto_one(Some(&users()), Some(&generating), Some(&nameless()));
    assert_eq!(attributes(&merged), ["column name"]);
    assert_eq!(object(&merged), Some(&nameless()));
}

#[test]
fn a_sequence_outlives_the_column_that_owned_it_only_by_decision() {
    let sequence = |cache: i64| {
        definition(Body::Sequence(Sequence {
            name: public("users_id_seq"),
            options: SequenceOptions {
                data_type: "bigint".to_owned(),
                start: 1,
                increment: 1,
                min: 1,
                max: i64::MAX,
                cache,
                cycle: false,
            },
            persistence: Persistence::Permanent,
            owned_by: Some(OwnedBy {
                table: public("users"),
                column: "id".to_owned(),
            }),
        }))
    };
    let base = snapshot([("t", users()), ("s", sequence(1))]);
    let target = snapshot([("t", users()), ("s", sequence(20))]);
    let merged = auto(&base, &snapshot([]), &target);
    assert_eq!(attributes(&merged), ["definition"; 2]);
    assert_eq!(merged.result, target);
    let merged = auto(&base, &snapshot([]), &base);
    assert_eq!(merged.conflicts, []);
    assert_eq!(keys(&merged), [""; 0]);
}

#[test]
fn a_new_view_that_names_a_column_by_its_old_name() {
    let renamed = with_column(users(), "name", |column| {
        column.name = "full_name".to_owned();
    });
    let base = snapshot([("t", users())]);
    let source = snapshot([
        ("t", users()),
        (
            "v",
            view(
                "v",
                " SELECT users.id\n   FROM (public.users\n     JOIN public.more USING (name))",
                &["users"],
            ),
        ),
        (
            "w",
            view(
                "w",
                " SELECT users.name AS id\n   FROM public.users",
                &["users"],
            ),
        ),
    ]);
    let target = snapshot([("t", renamed)]);
    let merged = auto(&base, &source, &target);
    assert_eq!(attributes(&merged), ["definition"]);
    assert_eq!(merged.conflicts[0].key, key(Kind::View, "v"));
    let Body::View(w) = &merged.result.get(&id("w")).unwrap().body else {
        panic!("not a view");
    };
    assert_eq!(
        w.query,
        " SELECT users.full_name AS id\n   FROM public.users"
    );
}

//! Whole objects: the six kinds, strategies, resolutions, names.

use super::*;

/// The table of the six kinds, for every combination of four states on three sides.
#[test]
fn every_combination_of_three_states_is_of_its_kind() {
    let version = |text: &str| {
        let mut definition = users();
        definition.comment = Some(text.to_owned());
        Some(definition)
    };
    let states = [None, version("one"), version("two"), version("three")];
    for base in &states {
        for source in &states {
            for target in &states {
                let merged = auto_one(base.as_ref(), source.as_ref(), target.as_ref());
                if base == source && base == target {
                    assert!(merged.objects.is_empty());
                    assert_eq!(object(&merged), base.as_ref());
                    continue;
                }
                let (expected, result) = if source == target {
                    (MergeKind::NoConflict, target)
                } else if base == source {
                    let deleted = base.is_some() && target.is_none();
                    let kind = if deleted {
                        MergeKind::DeletedTarget
                    } else {
                        MergeKind::TargetModified
                    };
                    (kind, target)
                } else if base == target {
                    let deleted = base.is_some() && source.is_none();
                    let kind = if deleted {
                        MergeKind::DeletedSource
                    } else {
                        MergeKind::SourceModified
                    };
                    (kind, source)
                } else {
                    (MergeKind::BothModified, target)
                };
                let case = format!("{base:?} {source:?} {target:?}");
                assert_eq!(kind(&merged), Some(expected), "{case}");
                assert_eq!(object(&merged), result.as_ref(), "{case}");
                assert_eq!(
                    merged.open().count(),
                    usize::from(expected == MergeKind::BothModified),
                    "{case}"
                );
            }
        }
    }
}

#[test]
fn strategies_decide_conflicts_and_keep_clean_changes() {
    let mut ours = users();
    ours.comment = Some("ours".to_owned());
    let ours = with_column(ours, "name", |column| column.not_null = true);
    let mut theirs = users();
    theirs.comment = Some("theirs".to_owned());
    theirs.owner = "bob".to_owned();
    let result = |strategy| {
        let merged = one(Some(&users()), Some(&ours), Some(&theirs), strategy);
        assert_eq!(attributes(&merged), ["comment"]);
        let state = merged.conflicts[0].state;
        let result = object(&merged).expect("kept").clone();
        let Body::Table(table) = &result.body else {
            panic!("not a table")
        };
        assert!(table.columns[1].not_null);
        assert_eq!(result.owner, "bob");
        (result.comment.expect("commented"), state)
    };
    assert_eq!(
        result(Strategy::SourceWins),
        ("ours".to_owned(), ConflictState::Source)
    );
    assert_eq!(
        result(Strategy::TargetWins),
        ("theirs".to_owned(), ConflictState::Target)
    );
    assert_eq!(
        result(Strategy::Auto),
        ("theirs".to_owned(), ConflictState::Open)
    );
}

#[test]
fn drop_against_change_is_a_conflict_about_the_whole() {
    let mut changed = users();
    changed.owner = "bob".to_owned();
    let merged = auto_one(Some(&users()), None, Some(&changed));
    assert_eq!(attributes(&merged), ["definition"]);
    assert_eq!(merged.conflicts[0].source, None);
    assert!(object(&merged).is_some());
    let merged = auto_one(Some(&users()), Some(&changed), None);
    assert_eq!(attributes(&merged), ["definition"]);
    assert_eq!(object(&merged), None);
    let merged = one(Some(&users()), Some(&changed), None, Strategy::SourceWins);
    assert_eq!(object(&merged), Some(&changed));
}

#[test]
fn what_both_sides_add_alike_is_one_thing() {
    let add = |name: &str, columns: &[Column]| {
        let columns: Vec<Column> = columns
            .iter()
            .map(|column| Column {
                id: id(&format!("{name} {}", column.name)),
                ..column.clone()
            })
            .collect();
        snapshot([(name, table("users", &columns))])
    };
    let columns = [column("id", "bigint"), column("name", "text")];
    let (ours, theirs) = (add("ours", &columns), add("theirs", &columns));
    let merged = auto(&Snapshot::default(), &ours, &theirs);
    assert_eq!(merged.result, theirs);
    assert_eq!(merged.conflicts, []);
    assert_eq!(kind(&merged), Some(MergeKind::NoConflict));

    let other = [column("id", "bigint"), column("name", "varchar")];
    let merged = auto(&Snapshot::default(), &add("ours", &other), &theirs);
    assert_eq!(attributes(&merged), ["column name type"]);
    assert_eq!(merged.conflicts[0].source, Some(json!("varchar")));
    assert_eq!(merged.result, theirs);
}

/// Two indexes of the same columns are two indexes, whichever side made which.
#[test]
fn indexes_are_told_apart_by_name() {
    let base = snapshot([("t", users())]);
    let one = ("i", index("i", "users", &["name"]));
    let other = ("j", index("j", "users", &["name"]));
    let source = snapshot([("t", users()), one.clone()]);
    let target = snapshot([("t", users()), other.clone()]);
    let merged = auto(&base, &source, &target);
    assert_eq!(merged.conflicts, []);
    assert_eq!(merged.result, snapshot([("t", users()), one, other]));
}

/// Both sides add a table; after their merge each branch knows it, and a column, by another lineage.
#[test]
fn branches_that_added_one_thing_go_on_merging() {
    let line = |name: &str, columns: &[Column]| {
        let columns: Vec<Column> = columns
            .iter()
            .map(|column| Column {
                id: id(&format!("{name} {}", column.name)),
                ..column.clone()
            })
            .collect();
        snapshot([(name, table("users", &columns))])
    };
    let old = [column("id", "bigint"), column("name", "text")];
    let new = [
        column("id", "bigint"),
        column("name", "text"),
        column("email", "text"),
    ];
    for (base, source, target, expected) in [
        // The branch merges again: the base is its own earlier commit.
        (
            line("ours", &old),
            line("ours", &new),
            line("theirs", &old),
            vec!["theirs id", "theirs name", "ours email"],
        ),
        // It takes in what it was merged into.
        (
            line("ours", &old),
            line("theirs", &new),
            line("ours", &old),
            vec!["ours id", "ours name", "theirs email"],
        ),
    ] {
        let merged = auto(&base, &source, &target);
        assert_eq!(merged.conflicts, []);
        assert_eq!(kind(&merged), Some(MergeKind::SourceModified));
        let lineage = target.lineages().next().expect("one object");
        let Body::Table(table) = &merged.result.get(lineage).unwrap().body else {
            panic!("no table")
        };
        let ids: Vec<Lineage> = table.columns.iter().map(|column| column.id).collect();
        let expected: Vec<Lineage> = expected.into_iter().map(id).collect();
        assert_eq!(ids, expected);
    }
}

#[test]
fn a_table_made_again_with_other_columns_is_another_table() {
    let base = snapshot([("old", users())]);
    let source = snapshot([("new", table("users", &[column("key", "uuid")]))]);
    let merged = auto(&base, &source, &base);
    assert_eq!(merged.conflicts, []);
    assert_eq!(merged.result, source);

    // The target has changed the one that was dropped.
    let mut changed = users();
    changed.comment = Some("who".to_owned());
    let target = snapshot([("old", changed)]);
    let result = |strategy| merge(&base, &source, &target, strategy, &[]).result;
    assert!(auto(&base, &source, &target).open().count() > 0);
    assert_eq!(result(Strategy::SourceWins), source);
    assert_eq!(result(Strategy::TargetWins), target);
}

#[test]
fn a_rename_merges_with_any_other_change() {
    let renamed = with(users(), |table| table.name = public("people"));
    let mut changed = users();
    changed.comment = Some("who".to_owned());
    let merged = auto_one(Some(&users()), Some(&renamed), Some(&changed));
    assert_eq!(merged.conflicts, []);
    let result = object(&merged).expect("kept");
    assert_eq!(result.key(), key(Kind::Table, "people"));
    assert_eq!(result.comment.as_deref(), Some("who"));
    assert_eq!(kind(&merged), Some(MergeKind::BothModified));
}

#[test]
fn one_thing_renamed_twice_is_a_conflict() {
    let to = |name: &str| with(users(), |table| table.name = public(name));
    let merged = auto_one(Some(&users()), Some(&to("people")), Some(&to("persons")));
    assert_eq!(attributes(&merged), ["name"]);
    assert_eq!(merged.conflicts[0].source, Some(json!("people")));
    assert_eq!(object(&merged), Some(&to("persons")));
    let merged = auto_one(Some(&users()), Some(&to("people")), Some(&to("people")));
    assert_eq!(merged.conflicts, []);
}

#[test]
fn two_things_with_one_name_are_a_conflict() {
    let named = |name: &str| with(users(), |table| table.name = public(name));
    let base = snapshot([("a", named("a")), ("b", named("b"))]);
    let source = snapshot([("a", named("x")), ("b", named("b"))]);
    let target = snapshot([("a", named("a")), ("b", named("x"))]);
    let merged = auto(&base, &source, &target);
    assert_eq!(attributes(&merged), ["name"]);
    assert_eq!(merged.result, target);
    let merged = merge(&base, &source, &target, Strategy::SourceWins, &[]);
    assert_eq!(merged.result, source);

    // Renamed on one side, added on the other.
    let target = snapshot([("a", named("a")), ("b", named("b")), ("new", named("x"))]);
    let merged = auto(&base, &source, &target);
    assert_eq!(attributes(&merged), ["name"]);
    assert_eq!(merged.result, target);
    let merged = merge(&base, &source, &target, Strategy::SourceWins, &[]);
    assert_eq!(merged.result, source);

    // Two kinds that share a namespace.
    let target = snapshot([
        ("a", named("a")),
        ("b", named("b")),
        ("new", view("x", " SELECT 1", &[])),
    ]);
    assert_eq!(attributes(&auto(&base, &source, &target)), ["name"]);
}

#[test]
fn names_can_move_in_a_circle() {
    let named = |name: &str| with(users(), |table| table.name = public(name));
    let base = snapshot([("a", named("a")), ("b", named("b"))]);
    let swapped = snapshot([("a", named("b")), ("b", named("a"))]);
    let merged = auto(&base, &swapped, &base);
    assert_eq!(merged.conflicts, []);
    assert_eq!(merged.result, swapped);
}

#[test]
fn a_resolution_decides_its_conflict_alone() {
    let mut ours = users();
    ours.comment = Some("ours".to_owned());
    ours.owner = "eve".to_owned();
    let mut theirs = users();
    theirs.comment = Some("theirs".to_owned());
    theirs.owner = "bob".to_owned();
    let side = |definition: &Definition| snapshot([("object", definition.clone())]);
    let sides = (side(&users()), side(&ours), side(&theirs));
    let merged = |resolutions: &[Resolution]| {
        merge(&sides.0, &sides.1, &sides.2, Strategy::Auto, resolutions)
    };
    let open = merged(&[]);
    assert_eq!(attributes(&open), ["comment", "owner"]);
    let ids: Vec<i64> = open.conflicts.iter().map(|conflict| conflict.id).collect();
    assert_eq!(ids, [1, 2]);

    let source = merged(&[resolution(&open.conflicts[0], Choice::Source)]);
    let result = object(&source).expect("kept");
    assert_eq!(result.comment.as_deref(), Some("ours"));
    assert_eq!(result.owner, "bob");
    assert_eq!(source.conflicts[0].state, ConflictState::Source);
    assert_eq!(source.open().count(), 1);

    let base = merged(&[
        resolution(&open.conflicts[0], Choice::Base),
        resolution(&open.conflicts[1], Choice::Target),
    ]);
    let result = object(&base).expect("kept");
    assert_eq!(result.comment, None);
    assert_eq!(result.owner, "bob");
    assert_eq!(base.open().count(), 0);

    let mut custom = users();
    custom.comment = Some("custom".to_owned());
    let decided = merged(&[resolution(
        &open.conflicts[1],
        Choice::Custom(Some(Box::new(custom.clone()))),
    )]);
    assert_eq!(object(&decided), Some(&custom));
    let states: Vec<_> = decided
        .conflicts
        .iter()
        .map(|conflict| conflict.state)
        .collect();
    assert_eq!(states, [ConflictState::Open, ConflictState::Custom]);
    let dropped = merged(&[resolution(&open.conflicts[1], Choice::Custom(None))]);
    assert_eq!(object(&dropped), None);
}

#[test]
fn manual_review_asks_about_every_change_of_the_source() {
    let mut theirs = users();
    theirs.owner = "bob".to_owned();
    let ours = with_column(users(), "name", |column| column.not_null = true);
    let base = snapshot([("object", users()), ("gone", mood(&["a"]))]);
    let source = snapshot([("object", ours), ("new", index("i", "users", &["id"]))]);
    let target = snapshot([("object", theirs), ("gone", mood(&["a"]))]);
    let merged = |resolutions: &[Resolution]| {
        merge(&base, &source, &target, Strategy::ManualReview, resolutions)
    };
    let open = merged(&[]);
    assert_eq!(attributes(&open), ["definition"; 3]);
    assert_eq!(open.result, target);
    let all: Vec<Resolution> = open
        .conflicts
        .iter()
        .map(|conflict| resolution(conflict, Choice::Source))
        .collect();
    let accepted = merged(&all);
    assert_eq!(accepted.open().count(), 0);
    assert_eq!(accepted.result, auto(&base, &source, &target).result);
    let one = merged(&all[..1]);
    assert_eq!(one.open().count(), 2);
    assert_eq!(one.conflicts[0].key, key(Kind::Enum, "mood"));
    assert!(!one.result.contains(&id("gone")));
    assert!(!one.result.contains(&id("new")));
}

#[test]
fn labels_of_both_sides_stand_side_by_side() {
    let labels = |base: &[&str], source: &[&str], target: &[&str]| {
        let merged = auto_one(Some(&mood(base)), Some(&mood(source)), Some(&mood(target)));
        let labels = match object(&merged).map(|definition| &definition.body) {
            Some(Body::Enum(body)) => body.labels.join(" "),
            _ => String::new(),
        };
        (labels, merged.open().count())
    };
    let merges = |text: &str| (text.to_owned(), 0);
    assert_eq!(labels(&["a"], &["a", "x"], &["a", "y"]), merges("a y x"));
    assert_eq!(
        labels(&["a", "b"], &["a", "x", "b"], &["a", "b", "y"]),
        merges("a x b y")
    );
    assert_eq!(labels(&["a", "b"], &["b"], &["a", "b", "c"]), merges("b c"));
    assert_eq!(labels(&["a"], &["a", "x"], &["a", "x"]), merges("a x"));
    assert_eq!(
        labels(&["a", "b"], &["a", "x", "b"], &["a", "b", "x"]),
        ("a b x".to_owned(), 1)
    );
}

#[test]
fn a_view_s_query_merges_as_one_and_its_options_apart() {
    let base = view("v", " SELECT 1 AS id", &[]);
    let change = |query: &str, option: &str| {
        let mut changed = view("v", query, &[]);
        if let Body::View(view) = &mut changed.body {
            view.options.insert(option.to_owned(), "true".to_owned());
        }
        changed
    };
    let merged = auto_one(
        Some(&base),
        Some(&change(" SELECT 2 AS id", "security_barrier")),
        Some(&change(" SELECT 1 AS id", "security_invoker")),
    );
    assert_eq!(merged.conflicts, []);
    let Some(Body::View(view)) = object(&merged).map(|definition| &definition.body) else {
        panic!("no view")
    };
    assert_eq!(view.query, " SELECT 2 AS id");
    assert_eq!(view.options.len(), 2);

    let merged = auto_one(
        Some(&base),
        Some(&change(" SELECT 2 AS id", "security_barrier")),
        Some(&change(" SELECT 3 AS id", "security_barrier")),
    );
    assert_eq!(attributes(&merged), ["query"]);
}

#[test]
fn grants_merge_by_grantee_and_privilege() {
    let granted = |grants: &[(&str, &str, bool)]| {
        let mut definition = users();
        for (grantee, privilege, option) in grants {
            definition
                .acl
                .entry((*grantee).to_owned())
                .or_default()
                .insert((*privilege).to_owned(), *option);
        }
        definition
    };
    let merged = auto_one(
        Some(&granted(&[("bob", "SELECT", false)])),
        Some(&granted(&[
            ("bob", "SELECT", false),
            ("bob", "INSERT", false),
        ])),
        Some(&granted(&[("bob", "SELECT", true), ("", "SELECT", false)])),
    );
    assert_eq!(merged.conflicts, []);
    assert_eq!(
        object(&merged),
        Some(&granted(&[
            ("bob", "SELECT", true),
            ("bob", "INSERT", false),
            ("", "SELECT", false)
        ]))
    );
    let merged = auto_one(
        Some(&users()),
        Some(&granted(&[("bob", "SELECT", false)])),
        Some(&granted(&[("bob", "SELECT", true)])),
    );
    assert_eq!(attributes(&merged), ["grant SELECT to bob"]);
}

#[test]
fn security_labels_merge_by_provider() {
    let labelled = |object: &[(&str, &str)], of_name: &[(&str, &str)]| {
        let labels = |labels: &[(&str, &str)]| -> SecurityLabels {
            (labels.iter())
                .map(|(provider, label)| ((*provider).to_owned(), (*label).to_owned()))
                .collect()
        };
        let mut definition = with_column(users(), "name", |column| {
            column.security_labels = labels(of_name);
        });
        definition.security_labels = labels(object);
        definition
    };
    let merged = auto_one(
        Some(&labelled(&[("a", "1")], &[("a", "1")])),
        Some(&labelled(&[], &[("a", "1"), ("b", "2")])),
        Some(&labelled(&[("a", "1"), ("b", "2")], &[])),
    );
    assert_eq!(merged.conflicts, []);
    assert_eq!(
        object(&merged),
        Some(&labelled(&[("b", "2")], &[("b", "2")]))
    );
    let merged = auto_one(
        Some(&users()),
        Some(&labelled(&[("a", "1")], &[("a", "1")])),
        Some(&labelled(&[("a", "2")], &[("a", "2")])),
    );
    assert_eq!(
        attributes(&merged),
        ["column name security label a", "security label a"]
    );
}

#[test]
fn a_renamed_routine_keeps_the_other_side_s_body() {
    let routine = |name: &str, body: &str| {
        definition(Body::Routine(Routine {
            name: public(name),
            identity_arguments: "integer".to_owned(),
            procedure: false,
            signature: "a integer -> integer".to_owned(),
            definition: format!(
                "CREATE OR REPLACE FUNCTION public.{name}(a integer)\n RETURNS integer\nAS $function${body}$function$"
            ),
        }))
    };
    let merged = auto_one(
        Some(&routine("f", "SELECT 1")),
        Some(&routine("g", "SELECT 1")),
        Some(&routine("f", "SELECT 2")),
    );
    assert_eq!(merged.conflicts, []);
    assert_eq!(object(&merged), Some(&routine("g", "SELECT 2")));
}

#[test]
fn a_renamed_trigger_keeps_the_other_side_s_state() {
    let trigger = |name: &str, when: &str, enabled| {
        definition(Body::Trigger(Trigger {
            name: name.to_owned(),
            table: public("users"),
            definition: format!(
                "CREATE TRIGGER {name} BEFORE UPDATE ON public.users FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION public.f()"
            ),
            enabled,
            columns: Vec::new(),
        }))
    };
    let merged = auto_one(
        Some(&trigger("t", "true", TriggerState::Origin)),
        Some(&trigger("renamed", "true", TriggerState::Origin)),
        Some(&trigger("t", "false", TriggerState::Disabled)),
    );
    assert_eq!(merged.conflicts, []);
    assert_eq!(
        object(&merged),
        Some(&trigger("renamed", "false", TriggerState::Disabled))
    );
}

#[test]
fn a_renamed_schema_takes_along_what_the_other_side_adds() {
    let schema = |name: &str| {
        definition(Body::Schema(Schema {
            name: name.to_owned(),
        }))
    };
    let in_schema =
        |schema: &str, name: &str| with(users(), |table| table.name = Name::new(schema, name));
    let base = snapshot([("schema", schema("app")), ("a", in_schema("app", "a"))]);
    let source = snapshot([("schema", schema("web")), ("a", in_schema("web", "a"))]);
    let target = snapshot([
        ("schema", schema("app")),
        ("a", in_schema("app", "a")),
        ("b", in_schema("app", "b")),
    ]);
    let merged = auto(&base, &source, &target);
    assert_eq!(merged.conflicts, []);
    let keys: Vec<String> = merged
        .result
        .definitions()
        .map(|definition| definition.key().to_string())
        .collect();
    for key in ["schema web", "table web.a", "table web.b"] {
        assert!(keys.iter().any(|found| found == key), "{key}: {keys:?}");
    }
}

//! `union`: what can stand side by side does, kind by kind; the rest stays a conflict.

use super::*;

fn union(base: &Snapshot, source: &Snapshot, target: &Snapshot) -> Merged {
    merge(base, source, target, Strategy::Union, &[])
}

fn union_one(base: Option<&Definition>, source: &Definition, target: &Definition) -> Merged {
    one(base, Some(source), Some(target), Strategy::Union)
}

fn states(merged: &Merged) -> Vec<(&str, ConflictState)> {
    let state = |conflict: &'_ Conflict| conflict.state;
    let conflicts = merged.conflicts.iter();
    conflicts
        .map(|conflict| (conflict.attribute.as_str(), state(conflict)))
        .collect()
}

fn column_names(merged: &Merged) -> Vec<&str> {
    let table = object(merged).and_then(Definition::as_table);
    table
        .map(|table| table.columns.iter().map(|column| column.name.as_str()))
        .into_iter()
        .flatten()
        .collect()
}

fn without_name(definition: Definition) -> Definition {
    with(definition, |table| {
        table.columns.retain(|column| column.name != "name");
    })
}

#[test]
fn a_column_that_one_side_dropped_and_the_other_changed_stays() {
    let changed = with_column(users(), "name", |column| column.not_null = true);
    for (source, target) in [
        (without_name(users()), changed.clone()),
        (changed.clone(), without_name(users())),
    ] {
        let merged = union_one(Some(&users()), &source, &target);
        assert_eq!(states(&merged), [("column name", ConflictState::Union)]);
        assert_eq!(column_names(&merged), ["id", "name"]);
        assert_eq!(object(&merged), Some(&changed));
    }
    let clean = union_one(Some(&users()), &without_name(users()), &users());
    assert_eq!(column_names(&clean), ["id"], "a drop that nobody contests");
}

#[test]
fn an_object_that_one_side_dropped_and_the_other_changed_stays() {
    let mut changed = mood(&["a"]);
    changed.comment = Some("kept".to_owned());
    for (source, target) in [(None, Some(&changed)), (Some(&changed), None)] {
        let merged = one(Some(&mood(&["a"])), source, target, Strategy::Union);
        assert_eq!(states(&merged), [("definition", ConflictState::Union)]);
        assert_eq!(object(&merged), Some(&changed));
    }
}

#[test]
fn labels_whose_orders_clash_are_all_kept() {
    let merged = union_one(
        Some(&mood(&["a", "b"])),
        &mood(&["a", "x", "b", "s"]),
        &mood(&["a", "b", "x"]),
    );
    assert_eq!(merged.open().count(), 0);
    assert_eq!(object(&merged), Some(&mood(&["a", "b", "s", "x"])));
}

#[test]
fn of_two_grants_the_wider_one_counts() {
    let granted = |grants: &[(&str, bool)]| {
        let mut table = users();
        let privileges = grants
            .iter()
            .map(|(what, grantable)| ((*what).to_owned(), *grantable));
        table.acl.insert("bob".to_owned(), privileges.collect());
        table
    };
    let merged = union_one(
        Some(&users()),
        &granted(&[("SELECT", true), ("INSERT", false)]),
        &granted(&[("SELECT", false), ("UPDATE", false)]),
    );
    assert_eq!(merged.open().count(), 0);
    let all = granted(&[("SELECT", true), ("INSERT", false), ("UPDATE", false)]);
    assert_eq!(object(&merged), Some(&all));
    let revoked = union_one(
        Some(&granted(&[("SELECT", false)])),
        &users(),
        &granted(&[("SELECT", true)]),
    );
    assert_eq!(revoked.open().count(), 0);
    assert_eq!(object(&revoked), Some(&granted(&[("SELECT", true)])));
}

#[test]
fn constraints_of_one_name_are_both_kept() {
    let checked = |name: &str, expression: &str| {
        with(users(), |table| {
            table
                .constraints
                .insert(name.to_owned(), check(&["id"], expression));
        })
    };
    let source = checked("users_check", "id > 0");
    let target = checked("users_check", "id < 9");
    let merged = union_one(Some(&users()), &source, &target);
    assert_eq!(
        states(&merged),
        [("constraint users_check", ConflictState::Union)]
    );
    let both = with(target.clone(), |table| {
        table
            .constraints
            .insert("users_check1".to_owned(), check(&["id"], "id > 0"));
    });
    assert_eq!(object(&merged), Some(&both));

    let primary = |column: &str| {
        with(users(), |table| {
            let constraint = Constraint {
                kind: ConstraintKind::Primary,
                definition: format!("PRIMARY KEY ({column})"),
                ..check(&[column], "")
            };
            table
                .constraints
                .insert("users_pkey".to_owned(), constraint);
        })
    };
    let merged = union_one(Some(&users()), &primary("id"), &primary("name"));
    assert_eq!(merged.open().count(), 1, "a table has one primary key");
}

#[test]
fn indexes_of_one_name_are_both_kept() {
    let base = snapshot([("users", users())]);
    let side = |lineage: &'static str, columns: &[&str]| {
        snapshot([("users", users()), (lineage, index("i", "users", columns))])
    };
    let (source, target) = (side("ours", &["id"]), side("theirs", &["name"]));
    let merged = union(&base, &source, &target);
    assert_eq!(states(&merged), [("name", ConflictState::Union)]);
    let mut both = target.clone();
    both.insert(id("ours"), Arc::new(index("i1", "users", &["id"])));
    assert_eq!(merged.result, both);
    assert_eq!(union(&source, &merged.result, &source).result, both);

    let same = union(&base, &source, &side("theirs", &["id"]));
    assert_eq!(same.conflicts, []);
    assert_eq!(same.result, side("theirs", &["id"]));
    let open = auto(&base, &source, &target);
    assert_eq!(attributes(&open), ["definition"]);
}

#[test]
fn triggers_of_one_name_are_both_kept() {
    let trigger = |event: &str| {
        definition(Body::Trigger(Trigger {
            name: "t".to_owned(),
            table: public("users"),
            definition: format!(
                "CREATE TRIGGER t AFTER {event} ON public.users FOR EACH ROW EXECUTE FUNCTION public.f()"
            ),
            enabled: TriggerState::Origin,
            columns: Vec::new(),
        }))
    };
    let side = |lineage: &'static str, event: &str| {
        snapshot([("users", users()), (lineage, trigger(event))])
    };
    let merged = union(
        &snapshot([("users", users())]),
        &side("ours", "INSERT"),
        &side("theirs", "DELETE"),
    );
    assert_eq!(merged.open().count(), 0);
    let Some(Body::Trigger(ours)) = merged.result.get(&id("ours")).map(|ours| &ours.body) else {
        panic!("both are there: {merged:#?}");
    };
    assert_eq!(ours.name, "t1");
    assert!(
        ours.definition
            .starts_with("CREATE TRIGGER t1 AFTER INSERT")
    );
    assert!(merged.result.contains(&id("theirs")));
}

#[test]
fn what_can_be_one_way_only_stays_a_conflict() {
    let typed = |data_type: &str| {
        with_column(users(), "name", |column| {
            column.data_type = data_type.to_owned();
        })
    };
    let merged = union_one(Some(&users()), &typed("citext"), &typed("varchar(9)"));
    assert_eq!(states(&merged), [("column name type", ConflictState::Open)]);
    let decided = merge(
        &snapshot([("object", users())]),
        &snapshot([("object", typed("citext"))]),
        &snapshot([("object", typed("varchar(9)"))]),
        Strategy::Union,
        &[resolution(&merged.conflicts[0], Choice::Source)],
    );
    assert_eq!(object(&decided), Some(&typed("citext")));

    let queries = ["SELECT 1 AS id", "SELECT 2 AS id", "SELECT 3 AS id"];
    let [base, source, target] = queries.map(|query| view("v", query, &[]));
    let merged = union_one(Some(&base), &source, &target);
    assert_eq!(states(&merged), [("query", ConflictState::Open)]);

    let added = |name: &str, data_type: &str| table("t", &[column(name, data_type)]);
    let merged = union_one(None, &added("a", "int"), &added("a", "text"));
    assert_eq!(states(&merged), [("column a type", ConflictState::Open)]);
    let merged = union_one(None, &added("a", "int"), &added("b", "text"));
    assert_eq!(merged.conflicts, []);
}

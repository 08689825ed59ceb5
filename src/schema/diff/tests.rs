use super::*;
use crate::schema::samples::{
    any_snapshot, column, enumeration, lineage, owned, snapshot, table, unique, view,
};
use proptest::prelude::*;

/// What changes between two definitions of one object, in words.
fn sentences(old: Definition, new: Definition) -> Vec<String> {
    let changes = diff(&snapshot([(1, old)]), &snapshot([(1, new)]));
    changes
        .into_iter()
        .flat_map(|change| match change.kind {
            ChangeKind::Create => vec!["create".to_owned()],
            ChangeKind::Drop => vec!["drop".to_owned()],
            ChangeKind::Alter(alterations) => alterations.iter().map(ToString::to_string).collect(),
        })
        .collect()
}

fn labels(old: &[&str], new: &[&str]) -> Vec<String> {
    sentences(enumeration("mood", old), enumeration("mood", new))
}

#[test]
fn columns_are_matched_by_id() {
    let mut email = column(12, "email", "text");
    email.not_null = true;
    email.default = Some("''::text".to_owned());
    let old = table(
        "users",
        vec![column(10, "id", "bigint"), column(11, "name", "text")],
    );
    let new = table(
        "people",
        vec![
            email,
            column(11, "full_name", "text"),
            column(10, "id", "numeric"),
        ],
    );
    assert_eq!(
        sentences(owned(Body::Table(old)), owned(Body::Table(new))),
        [
            "rename users to people",
            "rename column name to full_name",
            "add column email text not null default ''::text",
            "change type of id from bigint to numeric",
        ]
    );
}

#[test]
fn a_rename_carries_the_constraint_with_it() {
    let mut old = table("users", vec![column(10, "name", "text")]);
    old.constraints
        .insert("users_name_key".to_owned(), unique("name"));
    let mut new = table("users", vec![column(10, "title", "text")]);
    new.constraints
        .insert("users_title_key".to_owned(), unique("title"));
    assert_eq!(
        sentences(owned(Body::Table(old)), owned(Body::Table(new))),
        [
            "rename column name to title",
            "rename constraint users_name_key to users_title_key",
        ]
    );
}

#[test]
fn another_object_of_the_same_name_is_another_object() {
    let users = || owned(Body::Table(table("users", Vec::new())));
    let changes = diff(&snapshot([(1, users())]), &snapshot([(2, users())]));
    let kinds: Vec<_> = changes
        .iter()
        .map(|change| (change.lineage, change.kind.clone()))
        .collect();
    assert_eq!(
        kinds,
        [
            (lineage(1), ChangeKind::Drop),
            (lineage(2), ChangeKind::Create)
        ]
    );
}

#[test]
fn labels_are_added_where_they_belong() {
    assert_eq!(
        labels(&["b", "d"], &["a", "b", "c", "d", "e"]),
        [
            "add label a before b",
            "add label c before d",
            "add label e"
        ]
    );
}

#[test]
fn a_label_that_is_gone_was_renamed_where_that_is_certain() {
    assert_eq!(labels(&["a", "b"], &["a", "c"]), ["rename label b to c"]);
    assert_eq!(
        labels(&["a", "b", "c"], &["x", "b", "z", "c"]),
        ["rename label a to x", "add label z before c"]
    );
    assert_eq!(
        labels(&["a", "b"], &["a", "x", "c"]),
        ["set labels to a, x, c"]
    );
    assert_eq!(labels(&["a", "b"], &["a"]), ["set labels to a"]);
    assert_eq!(labels(&["a", "b"], &["b", "a"]), ["set labels to b, a"]);
}

#[test]
fn an_owners_rights_are_no_grants_of_their_own() {
    let users = table("users", Vec::new());
    let old = owned(Body::Table(users));
    let mut new = old.clone();
    new.owner = "bob".to_owned();
    let rights = new.acl.remove("ada").unwrap_or_default();
    new.acl.insert("bob".to_owned(), rights);
    assert_eq!(sentences(old, new), ["set owner to bob"]);
}

#[test]
fn labels_differ_by_provider_and_column() {
    let labelled = |object: &[(&str, &str)], of_name: &[(&str, &str)], of_x: &[(&str, &str)]| {
        let labels = |labels: &[(&str, &str)]| -> SecurityLabels {
            (labels.iter())
                .map(|(provider, label)| ((*provider).to_owned(), (*label).to_owned()))
                .collect()
        };
        let mut name = column(10, "name", "text");
        name.security_labels = labels(of_name);
        let mut users = owned(Body::Table(table("users", vec![name])));
        users.security_labels = labels(object);
        let mut v = view("v", " SELECT 1 AS x", &[]);
        if let Body::View(view) = &mut v.body {
            view.column_security_labels = [("x".to_owned(), labels(of_x))].into();
        }
        (users, v)
    };
    let (users, v) = labelled(&[("a", "1"), ("b", "2")], &[("a", "1")], &[("a", "1")]);
    let (users_after, v_after) = labelled(&[("a", "1"), ("c", "3")], &[("a", "4")], &[("b", "5")]);
    assert_eq!(
        sentences(users, users_after),
        [
            "security label on column name for a: 4",
            "drop security label for b",
            "security label for c: 3",
        ]
    );
    assert_eq!(
        sentences(v, v_after),
        [
            "drop security label on column x for a",
            "security label on column x for b: 5",
        ]
    );
}

#[test]
fn what_only_orders_or_follows_is_no_difference() {
    let old = view("v", " SELECT 1 AS x", &[]);
    let mut new = old.clone();
    new.depends_on = vec![owned(Body::Table(table("t", Vec::new()))).key()];
    if let Body::View(view) = &mut new.body {
        view.column_types = Vec::new();
    }
    assert_eq!(sentences(old, new), Vec::<String>::new());
}

proptest! {
    #[test]
    fn a_snapshot_does_not_differ_from_itself(snapshot in any_snapshot()) {
        prop_assert_eq!(diff(&snapshot, &snapshot.clone()), []);
    }

    #[test]
    fn column_order_is_no_difference(snapshot in any_snapshot()) {
        let reversed: Snapshot = snapshot
            .iter()
            .map(|(lineage, definition)| {
                let mut definition = Definition::clone(definition);
                if let Body::Table(table) = &mut definition.body {
                    table.columns.reverse();
                }
                (*lineage, definition)
            })
            .collect();
        prop_assert_eq!(diff(&snapshot, &reversed), []);
    }

    #[test]
    fn every_change_names_an_object_that_differs(from in any_snapshot(), to in any_snapshot()) {
        for change in diff(&from, &to) {
            let lineage = change.lineage;
            prop_assert_ne!(from.get(&lineage), to.get(&lineage));
        }
    }
}

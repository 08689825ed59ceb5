use super::*;
use crate::schema::model::{
    Body, Constraint, ConstraintKind, Definition, Identity, IndexAttributes, Name, ObjectKey,
    SecurityLabels, SequenceOptions,
};
use crate::schema::samples::{
    any_snapshot, column, enumeration, lineage, owned, schema, snapshot, table, unique, view,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn options() -> RenderOptions {
    RenderOptions {
        creator: Some(Creator {
            role: "ada".to_owned(),
            ..Creator::default()
        }),
        ..RenderOptions::default()
    }
}

fn sql(from: &Snapshot, to: &Snapshot) -> Vec<String> {
    render(&diff(from, to), from, to, &options())
        .into_iter()
        .map(|step| step.sql)
        .collect()
}

fn users(columns: &[(u8, &str, &str)]) -> Definition {
    let columns = columns
        .iter()
        .map(|(id, name, data_type)| column(*id, name, data_type))
        .collect();
    owned(Body::Table(table("users", columns)))
}

fn with_constraint(mut definition: Definition, name: &str, constraint: Constraint) -> Definition {
    if let Body::Table(table) = &mut definition.body {
        table.constraints.insert(name.to_owned(), constraint);
    }
    definition
}

#[test]
fn a_rename_and_a_new_column_are_three_statements() {
    let from = snapshot([(1, users(&[(10, "id", "bigint"), (11, "name", "text")]))]);
    let after = users(&[
        (10, "id", "bigint"),
        (11, "full_name", "text"),
        (12, "email", "text"),
    ]);
    let to = snapshot([(
        1,
        with_constraint(after, "users_email_key", unique("email")),
    )]);
    assert_eq!(
        sql(&from, &to),
        [
            "ALTER TABLE public.users RENAME COLUMN name TO full_name",
            "ALTER TABLE public.users ADD COLUMN email text",
            "ALTER TABLE public.users ADD CONSTRAINT users_email_key UNIQUE (email)",
        ]
    );
}

#[test]
fn a_new_object_is_named_its_owner_unless_that_is_who_makes_it() {
    let to = snapshot([(1, schema("App"))]);
    let steps = create_all(&to, &RenderOptions::default());
    let all: Vec<_> = steps.iter().map(|step| step.sql.as_str()).collect();
    assert_eq!(
        all,
        ["CREATE SCHEMA \"App\"", "ALTER SCHEMA \"App\" OWNER TO ada"]
    );
    assert_eq!(create_all(&to, &options()).len(), 1);
}

#[test]
fn labels_are_set_and_dropped_wherever_they_are() {
    let labels =
        |label: &str| -> SecurityLabels { [("Who's".to_owned(), label.to_owned())].into() };
    let mut name = column(10, "name", "text");
    name.security_labels = labels("it's");
    name.identity = Some(Identity {
        always: true,
        sequence: "users_name_seq".to_owned(),
        options: SequenceOptions {
            data_type: "bigint".to_owned(),
            start: 1,
            increment: 1,
            min: 1,
            max: i64::MAX,
            cache: 1,
            cycle: false,
        },
        comment: None,
        security_labels: labels("counted"),
        acl: None,
    });
    let mut users = owned(Body::Table(table("users", vec![name.clone()])));
    users.security_labels = labels("secret");
    let mut mood = enumeration("mood", &["ok"]);
    mood.security_labels = labels("moody");
    let mut v = view("v", " SELECT 1 AS x", &[]);
    if let Body::View(view) = &mut v.body {
        view.column_security_labels = [("x".to_owned(), labels("one"))].into();
    }
    let to = snapshot([(1, users.clone()), (2, mood), (3, v)]);
    let labelled = |from: &Snapshot, to: &Snapshot| -> Vec<String> {
        (sql(from, to).into_iter())
            .filter(|sql| sql.starts_with("SECURITY LABEL"))
            .collect()
    };
    assert_eq!(
        labelled(&Snapshot::default(), &to),
        [
            "SECURITY LABEL FOR \"Who's\" ON TYPE public.mood IS 'moody'",
            "SECURITY LABEL FOR \"Who's\" ON SEQUENCE public.users_name_seq IS 'counted'",
            "SECURITY LABEL FOR \"Who's\" ON COLUMN public.users.name IS 'it''s'",
            "SECURITY LABEL FOR \"Who's\" ON TABLE public.users IS 'secret'",
            "SECURITY LABEL FOR \"Who's\" ON COLUMN public.v.x IS 'one'",
        ]
    );
    let mut bare = users.clone();
    bare.security_labels.clear();
    if let Body::Table(table) = &mut bare.body {
        table.columns[0].security_labels.clear();
        if let Some(identity) = &mut table.columns[0].identity {
            identity.security_labels.clear();
        }
    }
    assert_eq!(
        sql(&snapshot([(1, users)]), &snapshot([(1, bare)])),
        [
            "SECURITY LABEL FOR \"Who's\" ON SEQUENCE public.users_name_seq IS NULL",
            "SECURITY LABEL FOR \"Who's\" ON COLUMN public.users.name IS NULL",
            "SECURITY LABEL FOR \"Who's\" ON TABLE public.users IS NULL",
        ]
    );
}

#[test]
fn a_type_change_uses_the_expression_it_was_made_with() {
    let from = snapshot([(1, users(&[(10, "age", "text")]))]);
    let to = snapshot([(1, users(&[(10, "age", "integer")]))]);
    let mut options = options();
    options
        .using
        .insert((lineage(1), lineage(10)), "(age)::integer".to_owned());
    let steps = render(&diff(&from, &to), &from, &to, &options);
    assert_eq!(
        script(&steps),
        "-- HAZARD ACQUIRES_ACCESS_EXCLUSIVE_LOCK\n\
         -- HAZARD CORRECTNESS\n\
         ALTER TABLE public.users ALTER COLUMN age TYPE integer USING (age)::integer;\n"
    );
}

#[test]
fn a_migration_says_what_it_is_and_sums_up_its_hazards() {
    let from = snapshot([(1, users(&[(10, "age", "text")]))]);
    let to = snapshot([(1, users(&[(10, "age", "integer")]))]);
    let steps = render(&diff(&from, &to), &from, &to, &options());
    let parts = migration("main to \rDROP TABLE users", &steps);
    assert_eq!(
        parts[0],
        "-- main to \n-- DROP TABLE users\n-- hazards: ACQUIRES_ACCESS_EXCLUSIVE_LOCK, CORRECTNESS"
    );
    assert_eq!(parts[1..].join("\n") + "\n", script(&steps));
    assert!(migration("main to main", &[]).is_empty());
}

#[test]
fn what_holds_rows_is_dropped_last_and_says_so() {
    let from = snapshot([
        (1, users(&[(10, "id", "bigint"), (11, "name", "text")])),
        (
            2,
            view(
                "names",
                " SELECT users.name AS x\n   FROM public.users",
                &[users(&[]).key()],
            ),
        ),
    ]);
    let to = snapshot([
        (1, users(&[(10, "id", "bigint")])),
        (2, view("names", " SELECT 1 AS x", &[])),
    ]);
    let steps = render(&diff(&from, &to), &from, &to, &options());
    let last = steps
        .last()
        .map(|step| (step.sql.as_str(), step.hazards.as_slice()));
    assert_eq!(
        last,
        Some((
            "ALTER TABLE public.users DROP COLUMN name",
            [Hazard::DeletesData].as_slice()
        ))
    );
    assert_eq!(steps.len(), 2);
}

#[test]
fn foreign_keys_come_after_all_tables() {
    let key = |to: &str| Constraint {
        kind: ConstraintKind::Foreign,
        definition: format!("FOREIGN KEY (a) REFERENCES public.{to}(a)"),
        columns: vec!["a".to_owned()],
        references: Some(Name::new("public", to)),
        comment: None,
        inherited: false,
        index: IndexAttributes::default(),
    };
    let of = |name: &str, to: &str| {
        let body = Body::Table(table(name, vec![column(10, "a", "integer")]));
        with_constraint(owned(body), "fk", key(to))
    };
    let to = snapshot([(1, of("a", "b")), (2, of("b", "a"))]);
    let all = sql(&Snapshot::default(), &to);
    let kinds: Vec<_> = all.iter().map(|sql| &sql[..12]).collect();
    assert_eq!(
        kinds,
        [
            "CREATE TABLE",
            "CREATE TABLE",
            "ALTER TABLE ",
            "ALTER TABLE "
        ]
    );
}

#[test]
fn a_removed_label_makes_the_type_anew() {
    let from = snapshot([(1, enumeration("mood", &["sad", "ok"]))]);
    let to = snapshot([(1, enumeration("mood", &["ok"]))]);
    assert_eq!(
        sql(&from, &to),
        [
            "ALTER TYPE public.mood RENAME TO \"mood~old\"",
            "CREATE TYPE public.mood AS ENUM ('ok')",
            "DROP TYPE public.\"mood~old\"",
        ]
    );
}

fn created_at(steps: &[Step]) -> BTreeMap<ObjectKey, usize> {
    let mut at = BTreeMap::new();
    for (index, step) in steps.iter().enumerate() {
        if step.sql.starts_with("CREATE ") {
            at.entry(step.object.clone()).or_insert(index);
        }
    }
    at
}

proptest! {
    #[test]
    fn everything_is_made_after_what_it_needs(snapshot in any_snapshot()) {
        let steps = create_all(&snapshot, &options());
        let at = created_at(&steps);
        for definition in snapshot.definitions() {
            for need in &definition.depends_on {
                prop_assert!(at[need] < at[&definition.key()]);
            }
        }
    }

    #[test]
    fn everything_is_dropped_before_what_it_needs(snapshot in any_snapshot()) {
        let nothing = Snapshot::default();
        let steps = render(&diff(&snapshot, &nothing), &snapshot, &nothing, &options());
        let at: BTreeMap<_, _> = steps
            .iter()
            .enumerate()
            .map(|(index, step)| (step.object.clone(), index))
            .collect();
        prop_assert_eq!(at.len(), snapshot.len());
        for definition in snapshot.definitions() {
            for need in &definition.depends_on {
                prop_assert!(at[need] > at[&definition.key()]);
            }
        }
    }

    #[test]
    fn equal_input_gives_equal_output(from in any_snapshot(), to in any_snapshot()) {
        prop_assert_eq!(sql(&from, &to), sql(&from, &to));
    }

    #[test]
    fn nothing_is_done_where_nothing_differs(snapshot in any_snapshot()) {
        prop_assert!(sql(&snapshot, &snapshot).is_empty());
    }
}

#[test]
fn foreign_keys_stand_in_create_table_where_what_they_lead_to_is_there() {
    let referencing = |name: &str, target: &str| {
        let mut made = table(name, vec![column(1, "id", "integer")]);
        let foreign = Constraint {
            kind: ConstraintKind::Foreign,
            definition: format!("FOREIGN KEY (id) REFERENCES public.{target}(id)"),
            references: Some(Name::new("public", target)),
            ..unique("id")
        };
        made.constraints.insert(format!("{name}_fkey"), foreign);
        made.constraints.insert(format!("{name}_key"), unique("id"));
        owned(Body::Table(made))
    };
    // `b` and `c` go round in a circle; `elsewhere` is there already.
    let to = snapshot([
        (1, referencing("a", "z")),
        (2, referencing("b", "c")),
        (3, referencing("c", "b")),
        (4, referencing("itself", "itself")),
        (5, referencing("z", "elsewhere")),
    ]);
    let options = RenderOptions {
        foreign_keys_within: true,
        ..options()
    };
    let words = |steps: &[Step]| -> Vec<String> {
        let told = steps.iter().map(|step| {
            let foreign = step.sql.matches("FOREIGN KEY").count();
            let words: Vec<&str> = step.sql.split([' ', '(']).take(3).collect();
            format!("{} {foreign}", words.join(" "))
        });
        told.collect()
    };
    assert_eq!(
        words(&create_all(&to, &options)),
        [
            "CREATE TABLE public.itself 1",
            "CREATE TABLE public.z 1",
            "CREATE TABLE public.a 1",
            "CREATE TABLE public.b 0",
            "CREATE TABLE public.c 1",
            "ALTER TABLE public.b 1",
        ]
    );
}

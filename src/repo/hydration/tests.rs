//! What texts need of a schema in the making.

use super::graph::Graph;
use super::needs::Need;
use super::{Failure, Hydration, Next, Plan};
use crate::error::{ErrorReport, SqlState};
use crate::schema::model::{
    Body, Constraint, ConstraintKind, Definition, Index, IndexAttributes, Kind, Lineage, Name,
    ObjectKey, Routine, Trigger, TriggerState,
};
use crate::schema::render::step::Creator;
use crate::schema::samples::{column, enumeration, lineage, owned, schema, table, view};
use std::collections::BTreeSet;
use std::sync::Arc;

fn key(kind: Kind, name: &str) -> ObjectKey {
    ObjectKey {
        kind,
        schema: "public".to_owned(),
        name: name.to_owned(),
        qualifier: String::new(),
    }
}

fn plain(name: &str) -> Definition {
    owned(Body::Table(table(name, vec![column(1, "id", "integer")])))
}

fn referencing(name: &str, targets: &[&str]) -> Definition {
    let mut table = table(name, vec![column(1, "id", "integer")]);
    for target in targets {
        table.constraints.insert(
            format!("{name}_{target}_fkey"),
            Constraint {
                kind: ConstraintKind::Foreign,
                definition: format!("FOREIGN KEY (id) REFERENCES public.{target}(id)"),
                columns: vec!["id".to_owned()],
                references: Some(Name::new("public", *target)),
                comment: None,
                inherited: false,
                index: IndexAttributes::default(),
            },
        );
    }
    owned(Body::Table(table))
}

fn index(name: &str, table: &str) -> Definition {
    let mut definition = owned(Body::Index(Index {
        name: Name::new("public", name),
        table: Name::new("public", table),
        unique: false,
        definition: "USING btree (id)".to_owned(),
        columns: vec!["id".to_owned()],
        partitioned: false,
        attributes: IndexAttributes::default(),
    }));
    definition.depends_on = vec![key(Kind::Table, table)];
    definition
}

fn trigger(name: &str, table: &str, function: &str) -> Definition {
    let mut definition = owned(Body::Trigger(Trigger {
        name: name.to_owned(),
        table: Name::new("public", table),
        definition: String::new(),
        enabled: TriggerState::Origin,
        columns: Vec::new(),
    }));
    definition.depends_on = vec![key(Kind::Table, table), key(Kind::Routine, function)];
    definition
}

fn function(name: &str, code: &str) -> Definition {
    owned(Body::Routine(Routine {
        name: Name::new("public", name),
        identity_arguments: String::new(),
        procedure: false,
        signature: String::new(),
        definition: format!(
            "CREATE OR REPLACE FUNCTION public.{name}()\n RETURNS trigger\n LANGUAGE {code}"
        ),
    }))
}

/// `items` → `orders` → `users` by foreign keys, `a` and `b` in a circle; `audited` has a trigger that writes `log`.
fn graph() -> Graph {
    let objects = [
        schema("public"),
        enumeration("mood", &["sad"]),
        plain("users"),
        referencing("orders", &["users"]),
        referencing("items", &["orders"]),
        index("orders_by_id", "orders"),
        view("order_list", "SELECT 1", &[key(Kind::Table, "orders")]),
        plain("alone"),
        referencing("a", &["b"]),
        referencing("b", &["a"]),
        plain("audited"),
        plain("log"),
        trigger("audit", "audited", "write_log"),
        function(
            "write_log",
            "plpgsql\nAS $$ BEGIN INSERT INTO log VALUES (1); END $$",
        ),
        plain("anything"),
        trigger("builds", "anything", "build"),
        function("build", "plpgsql\nAS $$ BEGIN EXECUTE 'SELECT 1'; END $$"),
        function("peek", "sql\n STABLE\nAS $$ SELECT count(*) FROM alone $$"),
        plain("Odd Name"),
        plain("CamelCase"),
    ];
    Graph::new(
        (1..)
            .zip(objects)
            .map(|(number, definition)| (lineage(number), Arc::new(definition))),
    )
}

/// The relations that a text needs, by name; `None` if it needs everything.
fn needed(graph: &Graph, text: &str) -> Option<BTreeSet<String>> {
    let units = match graph.need(text.as_bytes(), true) {
        Need::Nothing => return Some(["nothing".to_owned()].into()),
        Need::Everything => return None,
        Need::Units(units) => units,
    };
    assert!(
        graph.foundation().all(|unit| units.contains(&unit)),
        "{text}"
    );
    let objects = units
        .iter()
        .filter(|unit| **unit as usize >= graph.foundation)
        .flat_map(|unit| &graph.unit(*unit).expect("a unit").objects);
    Some(
        objects
            .map(|object| {
                graph
                    .object(*object)
                    .expect("an object")
                    .definition
                    .key()
                    .name
            })
            .collect(),
    )
}

#[test]
fn statements_need_what_they_name_with_all_that_it_needs() {
    let graph = graph();
    for (text, relations) in [
        ("BEGIN", "nothing"),
        ("SET pggit.branch = 'users'; COMMIT", "nothing"),
        ("SELECT 1", ""),
        ("SELECT * FROM nowhere", ""),
        ("SELECT * FROM USERS", "users"),
        ("SELECT * FROM \"users\"", "users"),
        ("TABLE orders", "orders orders_by_id users"),
        (
            "SELECT * FROM order_list",
            "order_list orders orders_by_id users",
        ),
        ("SELECT * FROM a", "a b"),
        ("SELECT 'alone'::regclass", "alone"),
        ("SELECT * FROM \"Odd Name\"", "Odd-Name"),
        ("SELECT * FROM \"CamelCase\"", "CamelCase"),
        ("SELECT * FROM audited", "audit audited"),
        ("SELECT peek()", "alone"),
        // Changes need what is connected, so that making the rest needs none of their locks.
        (
            "INSERT INTO users VALUES (1)",
            "items order_list orders orders_by_id users",
        ),
        (
            "SELECT * FROM users FOR UPDATE",
            "items order_list orders orders_by_id users",
        ),
        ("INSERT INTO alone VALUES ('x; y')", "alone"),
        ("INSERT INTO audited VALUES (1)", "audit audited log"),
        ("ALTER TABLE alone ADD COLUMN note text", "alone"),
        ("CREATE TABLE alone (id int)", "alone"),
        ("CREATE TABLE fresh (id int)", ""),
        ("CREATE INDEX ON alone (id)", "alone"),
        // PostgreSQL would choose another name if this one were taken.
        (
            "CREATE TABLE orders_by (id int)",
            "items order_list orders orders_by_id users",
        ),
        ("CREATE TYPE color AS ENUM ('red')", ""),
        ("COPY alone FROM STDIN", "alone"),
        ("SELECT 1; TABLE alone", "alone"),
    ] {
        let expected: BTreeSet<String> = relations
            .split(' ')
            .filter(|name| !name.is_empty())
            .map(|name| name.replace("Odd-Name", "Odd Name"))
            .collect();
        assert_eq!(needed(&graph, text), Some(expected), "{text}");
    }
}

#[test]
fn statements_that_words_do_not_explain_need_everything() {
    let graph = graph();
    for text in [
        "SELECT * FROM pg_class",
        "SELECT * FROM information_schema.tables",
        "SELECT to_regclass('users')",
        "SELECT $1::regclass",
        "SELECT nextval('a' || '_seq')",
        "SELECT * FROM U&\"\\0075sers\"",
        "DO $$ BEGIN NULL; END $$",
        "CALL something()",
        "INSERT INTO anything VALUES (1)",
        "SELECT build()",
        "BEGIN ISOLATION LEVEL REPEATABLE READ",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO ada",
        "REASSIGN OWNED BY ada TO bob",
        "ALTER TYPE mood ADD VALUE 'ok'",
        "DROP FUNCTION peek()",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'x'; END $$",
        "SELECT 1; nonsense",
    ] {
        assert_eq!(needed(&graph, text), None, "{text}");
    }
    assert_eq!(graph.need("SELECT 'é'".as_bytes(), false), Need::Everything);
}

#[test]
fn units_come_after_what_they_need_and_the_foundation_first() {
    let graph = graph();
    for (at, unit) in (0..).zip(&graph.units) {
        assert!(unit.needs.iter().all(|need| *need < at));
    }
    let foundation: BTreeSet<String> = graph
        .foundation()
        .flat_map(|unit| &graph.unit(unit).expect("a unit").objects)
        .map(|object| {
            graph
                .object(*object)
                .expect("an object")
                .definition
                .key()
                .name
        })
        .collect();
    let expected = ["build", "mood", "peek", "public", "write_log"];
    assert_eq!(foundation, expected.map(str::to_owned).into());
    let circle = graph.units.iter().filter(|unit| unit.objects.len() == 2);
    // `a` with `b`, `orders` with its index, each audited table with its trigger.
    assert_eq!(circle.count(), 4);
}

/// A plan for thirty chains of ten tables each, in one schema.
fn chains() -> Plan {
    let tables = (0..300).map(|number| {
        let target = format!("t{}", number - 1);
        let targets = [target.as_str()];
        let targets = if number % 10 == 0 { &[][..] } else { &targets };
        referencing(&format!("t{number}"), targets)
    });
    let numbered = (1_u128..).zip([schema("public")].into_iter().chain(tables));
    let graph = Graph::new(numbered.map(|(number, definition)| {
        let lineage = Lineage((number << 112).to_be_bytes());
        (lineage, Arc::new(definition))
    }));
    Plan::new(graph, Creator::default(), |_| false)
}

#[test]
fn what_is_not_connected_is_made_at_the_same_time_after_the_foundation() {
    let mut plan = chains();
    let next = |plan: &mut Plan| match plan.next() {
        Next::Units(units) => units,
        other => panic!("{other:?}"),
    };
    assert_eq!(next(&mut plan), [0]);
    let nothing = Next::Blocked { is_passing: false };
    assert_eq!(plan.next(), nothing);
    plan.is_done[0] = true;
    plan.taken.clear();
    let (one, other) = (next(&mut plan), next(&mut plan));
    assert_eq!(one.len() + other.len(), 300);
    let locks = |units: &[u32]| plan.locks(units, false);
    assert_eq!((locks(&one).len(), locks(&other).len()), (15, 15));
    assert!(locks(&one).is_disjoint(&locks(&other)));
    assert_eq!(plan.next(), nothing);
}

#[test]
fn the_less_somebody_waits_for_the_sooner_it_is_made() {
    let hydration = Hydration::new(1);
    hydration.begin(chains());
    let ask = |text: Option<&str>| {
        let asked = hydration.ask_for(&|graph| match text {
            Some(text) => graph.need(text.as_bytes(), true),
            None => Need::Everything,
        });
        asked.expect("nothing has failed").expect("a plan").len()
    };
    let next = || match hydration.next() {
        Next::Units(units) => units,
        other => panic!("{other:?}"),
    };
    let make = |units: &[u32]| {
        hydration.made(units);
        hydration.give_back(units);
    };
    // A view of the catalogs, and a text that names the last table of twenty chains.
    assert_eq!(ask(None), 301);
    let many: Vec<String> = (0..20)
        .map(|chain| format!("t{}", 10 * chain + 9))
        .collect();
    assert_eq!(ask(Some(&format!("SELECT FROM {}", many.join(", ")))), 201);
    assert_eq!(ask(Some("TABLE t291")), 3);
    let foundation = next();
    assert_eq!(foundation, [0]);
    make(&foundation);
    let few = next();
    assert_eq!(few, [291, 292]);
    let others = next();
    assert_eq!(others, (1..=150).collect::<Vec<_>>());
    // What comes later does not wait for the rest of the long one, and goes with what fits.
    assert_eq!(ask(Some("TABLE t250")), 1);
    assert_eq!(ask(Some("INSERT INTO t285 VALUES (1)")), 10);
    make(&few);
    let both: Vec<u32> = [251].into_iter().chain(281..=290).collect();
    assert_eq!(next(), both);
    make(&others);
    assert_eq!(next(), (151..=200).collect::<Vec<_>>());
    make(&both);
    // Nobody waits for anything that nobody makes already.
    assert_eq!(next().first(), Some(&201));
}

/// What somebody asked for while it was being made, in vain as it turns out, is made once more before he is told that it cannot be.
#[test]
fn an_attempt_from_before_a_question_is_no_answer_to_it() {
    let hydration = Hydration::new(1);
    hydration.begin(chains());
    let ask = || {
        let asked = hydration.ask_for(&|graph| graph.need(b"TABLE t5", true));
        asked.expect("can be read").expect("a plan")
    };
    let next = || match hydration.next() {
        Next::Units(units) => units,
        other => panic!("{other:?}"),
    };
    let failure = Failure {
        report: ErrorReport::new(SqlState::INTERNAL_ERROR, "cursed"),
        is_passing: false,
    };
    let has_failed = |unit: u32| {
        let state = hydration.state();
        let plan = state.plan.as_ref().expect("a plan");
        plan.failed.contains_key(&unit)
    };
    hydration.made(&[0]);
    let asked = ask();
    let (unit, needs_it) = (*asked.first().unwrap(), *asked.last().unwrap());
    let first = next();
    assert!(hydration.failed(unit, &failure));
    assert!(has_failed(unit) && has_failed(needs_it));

    // The next one asks while others of the same attempt are still to come.
    ask();
    assert!(!has_failed(unit) && !has_failed(needs_it));
    assert!(!hydration.failed(needs_it, &failure));
    assert!(!hydration.failed(unit, &failure));
    assert!(!has_failed(unit) && !has_failed(needs_it));
    hydration.give_back(&first);

    let second = next();
    assert!(second.contains(&unit));
    assert!(hydration.failed(unit, &failure));
    assert!(has_failed(unit) && has_failed(needs_it));
}

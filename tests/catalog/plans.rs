//! What a capture asks costs the same however many objects there are.

use crate::connect;
use pggit::upstream::Executor;

/// The queries that run in every transaction with DDL, and how many parameters they take.
const QUERIES: &[(&str, &str, &str)] = &[
    (
        "touched",
        include_str!("../../src/catalog/sql/touched.sql"),
        "'[]', '[]'",
    ),
    (
        "support",
        include_str!("../../src/catalog/sql/support.sql"),
        "'[]'",
    ),
    (
        "schemas",
        include_str!("../../src/catalog/sql/schemas.sql"),
        "'{1}'",
    ),
    (
        "types",
        include_str!("../../src/catalog/sql/types.sql"),
        "'{1}'",
    ),
    (
        "routines",
        include_str!("../../src/catalog/sql/routines.sql"),
        "'{1}'",
    ),
    (
        "relations",
        include_str!("../../src/catalog/sql/relations.sql"),
        "'{1}'",
    ),
    (
        "triggers",
        include_str!("../../src/catalog/sql/triggers.sql"),
        "'{1}'",
    ),
    (
        "names",
        include_str!("../../src/catalog/sql/names.sql"),
        "'{1}', '{1}', '{1}', '{1}', '{1}', '{1}', '{1}', '{1}', '{1}', '{1}', '{1}'",
    ),
    (
        "ranges",
        include_str!("../../src/catalog/sql/ranges.sql"),
        "'{1}'",
    ),
    (
        "base_types",
        include_str!("../../src/catalog/sql/base_types.sql"),
        "'{1}'",
    ),
    (
        "aggregates",
        include_str!("../../src/catalog/sql/aggregates.sql"),
        "'{1}'",
    ),
    (
        "operators",
        include_str!("../../src/catalog/sql/operators.sql"),
        "'{1}'",
    ),
    (
        "operator_families",
        include_str!("../../src/catalog/sql/operator_families.sql"),
        "'{1}'",
    ),
    (
        "operator_classes",
        include_str!("../../src/catalog/sql/operator_classes.sql"),
        "'{1}'",
    ),
    (
        "collations",
        include_str!("../../src/catalog/sql/collations.sql"),
        "'{1}'",
    ),
    (
        "conversions",
        include_str!("../../src/catalog/sql/conversions.sql"),
        "'{1}'",
    ),
    (
        "text_search_parsers",
        include_str!("../../src/catalog/sql/text_search_parsers.sql"),
        "'{1}'",
    ),
    (
        "text_search_templates",
        include_str!("../../src/catalog/sql/text_search_templates.sql"),
        "'{1}'",
    ),
    (
        "text_search_dictionaries",
        include_str!("../../src/catalog/sql/text_search_dictionaries.sql"),
        "'{1}'",
    ),
    (
        "text_search_configurations",
        include_str!("../../src/catalog/sql/text_search_configurations.sql"),
        "'{1}'",
    ),
];

#[tokio::test]
async fn captures_look_up_by_index_only() {
    let (_database, mut connection) = connect().await;
    for (name, sql, parameters) in QUERIES {
        connection
            .batch(&format!("PREPARE {name} AS {sql}"))
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let plan = connection
            .query(&format!("EXPLAIN EXECUTE {name} ({parameters})"), &[])
            .await
            .expect("a plan");
        let plan: Vec<String> = plan.into_iter().flatten().flatten().collect();
        for slow in ["Seq Scan", "Hash Join", "Merge Join"] {
            let found = plan.iter().any(|line| line.contains(slow));
            assert!(!found, "{name}:\n{}", plan.join("\n"));
        }
    }
}

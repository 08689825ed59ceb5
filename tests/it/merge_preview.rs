//! `DRY RUN` shows what the merge then does.

use crate::harness::Fixture;

#[tokio::test]
async fn a_dry_run_shows_the_statements_of_the_merge() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run(
        "CREATE TABLE users (id int PRIMARY KEY, name text, gone text);
         CREATE VIEW named AS SELECT id, name FROM users;
         CREATE INDEX users_name ON users (name)",
    )
    .await;
    main.run("PGGIT BRANCH feature").await;
    let feature = fixture.connect_on("feature").await;
    feature
        .run(
            "DROP VIEW named; ALTER TABLE users ALTER name TYPE varchar(9), DROP COLUMN gone;
             CREATE TABLE orders (id int PRIMARY KEY, buyer int REFERENCES users);
             CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2'",
        )
        .await;
    main.run("ALTER VIEW named RENAME TO people; COMMENT ON TABLE users IS 'all'")
        .await;
    let merge = "PGGIT MERGE feature STRATEGY target_wins";
    let shown = main.records(&format!("{merge} DRY RUN")).await;
    let answer = main.records(merge).await;
    assert_eq!(answer[0].get("outcome"), "merged");
    let server = fixture.direct().await;
    let recorded =
        "SELECT unnest(statements) FROM (SELECT statements FROM pggit.merges LIMIT 1) AS m";
    let recorded = server.column(recorded).await;
    let sum: usize = recorded.iter().map(String::len).sum();
    let mut seen = 0;
    for row in &shown {
        let sql = row.get("sql");
        let of: Vec<&String> = recorded
            .iter()
            .filter(|statement| sql.contains(statement.as_str()))
            .collect();
        let own: usize = of.iter().map(|statement| statement.len()).sum();
        assert_eq!(own + 2 * of.len().saturating_sub(1), sql.len(), "{row:#?}");
        seen += own;
    }
    assert_eq!(seen, sum, "{shown:#?} {recorded:#?}");
    assert!(!recorded.is_empty());
}

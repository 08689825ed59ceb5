//! Making a branch runs as the administrative role, and nobody's code runs with it.

use crate::harness::Fixture;

/// A function of an ordinary role that makes it a superuser, if whoever runs it may do that. What may be folded
/// into a constant or put into an index has to be immutable, and may call what is not.
fn trap(fixture: &Fixture) -> String {
    let role = &fixture.database.owner;
    format!(
        "CREATE FUNCTION rise() RETURNS int LANGUAGE plpgsql AS $$
           BEGIN
             ALTER ROLE {role} SUPERUSER;
             RETURN 1;
           EXCEPTION WHEN insufficient_privilege THEN RETURN 1;
           END $$;
         CREATE FUNCTION rise(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN public.rise() + $1; END $$;
         CREATE FUNCTION rise_trigger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM public.rise(); RETURN new; END $$"
    )
}

async fn assert_nobody_rose(setup: &str) {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session.run(&trap(&fixture)).await;
    session.run(setup).await;
    session.run("PGGIT BRANCH feature").await;
    session.run("SET pggit.branch = 'feature'").await;
    // Waits for all of the branch.
    session.rows("PGGIT STATUS").await;
    let superuser = fixture.superuser().await;
    let rose = superuser
        .value(&format!(
            "SELECT rolsuper FROM pg_roles WHERE rolname = '{}'",
            fixture.database.owner
        ))
        .await;
    assert_eq!(rose, "f", "after {setup}");
}

#[tokio::test]
async fn a_materialized_view_is_filled_as_its_owner() {
    assert_nobody_rose("CREATE MATERIALIZED VIEW m AS SELECT rise() AS a").await;
}

#[tokio::test]
async fn a_ledger_with_code_on_it_is_not_copied() {
    for code in [
        "CREATE TRIGGER rise BEFORE INSERT ON django_migrations FOR EACH ROW EXECUTE FUNCTION rise_trigger();
         ALTER TABLE django_migrations ENABLE ALWAYS TRIGGER rise",
        "CREATE RULE rise AS ON INSERT TO django_migrations DO ALSO SELECT rise()",
        "ALTER TABLE django_migrations ADD CHECK (rise() > 0)",
        "ALTER TABLE django_migrations ADD COLUMN b int GENERATED ALWAYS AS (rise(id)) STORED",
        "CREATE INDEX ON django_migrations (rise(id))",
        "CREATE DOMAIN risen AS int CHECK (rise() > 0); ALTER TABLE django_migrations ADD COLUMN b risen",
    ] {
        assert_nobody_rose(&format!(
            "CREATE TABLE django_migrations (id int); INSERT INTO django_migrations VALUES (1); {code}"
        ))
        .await;
    }
}

#[tokio::test]
async fn constraints_indexes_and_defaults_run_nothing() {
    for setup in [
        "CREATE TABLE t (a int DEFAULT rise() CHECK (rise() > a), b int GENERATED ALWAYS AS (rise(1)) STORED)",
        "CREATE TABLE t (a int); CREATE INDEX ON t ((rise(1) + a)) WHERE a > rise(2)",
        "CREATE TABLE t (a int, EXCLUDE ((rise(1) + a) WITH =))",
        "CREATE DOMAIN d AS int DEFAULT rise() CHECK (rise() > 0); CREATE TABLE t (a d DEFAULT 1)",
        "CREATE TABLE t (a int CHECK (rise(1) < a)); CREATE VIEW v AS SELECT rise(1) AS b FROM t",
        "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE c (a int CHECK (rise(1) < a)); ALTER TABLE p ATTACH PARTITION c FOR VALUES IN (5)",
        "CREATE DOMAIN d AS int CHECK (rise() > 0); CREATE FUNCTION add(d, int) RETURNS d LANGUAGE sql AS 'SELECT $1';
         CREATE AGGREGATE total(int) (SFUNC = add, STYPE = d, INITCOND = '5')",
    ] {
        assert_nobody_rose(setup).await;
    }
}

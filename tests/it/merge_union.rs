//! `STRATEGY union` on a server: what can stand side by side does.

use crate::harness::Fixture;

#[tokio::test]
async fn union_keeps_what_both_branches_have() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run(
        "CREATE TYPE mood AS ENUM ('a', 'b');
         CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TABLE users (id int PRIMARY KEY, name text, note text, state mood)",
    )
    .await;
    main.run("INSERT INTO users VALUES (1, 'ada', 'kept', 'a')")
        .await;
    main.run("PGGIT BRANCH feature").await;
    let feature = fixture.connect_on("feature").await;
    feature
        .run(
            "ALTER TYPE mood ADD VALUE 'x' BEFORE 'b';
             ALTER TABLE users DROP COLUMN note;
             ALTER TABLE users ADD CONSTRAINT users_check CHECK (id > 0 AND name <> '');
             CREATE INDEX lookup ON users (name);
             CREATE TRIGGER watch BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f();
             CREATE POLICY p ON users FOR SELECT USING (id > 0);
             GRANT SELECT ON users TO postgres WITH GRANT OPTION",
        )
        .await;
    main.run(
        "ALTER TYPE mood ADD VALUE 'x' AFTER 'b';
         ALTER TABLE users ALTER note SET NOT NULL;
         ALTER TABLE users ADD CONSTRAINT users_check CHECK (id < 9 AND name <> 'x');
         CREATE INDEX lookup ON users (lower(name));
         CREATE TRIGGER watch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION f();
         CREATE POLICY p ON users FOR SELECT USING (name <> '');
         GRANT SELECT ON users TO postgres",
    )
    .await;
    let open = main.records("PGGIT MERGE feature").await;
    assert_eq!(open[0].get("outcome"), "conflicts");
    let merged = main.records("PGGIT MERGE feature STRATEGY union").await;
    assert_eq!(merged[0].get("outcome"), "merged", "{merged:#?}");

    let names = |catalog: &str, name: &str, table: &str| {
        format!("SELECT {name} FROM {catalog} WHERE {table} = 'users'::regclass ORDER BY 1")
    };
    let checks = names("pg_constraint", "conname", "contype = 'c' AND conrelid");
    assert_eq!(main.column(&checks).await, ["users_check", "users_check1"]);
    let triggers = names("pg_trigger", "tgname", "tgrelid");
    assert_eq!(main.column(&triggers).await, ["watch", "watch1"]);
    let policies = names("pg_policy", "polname", "polrelid");
    assert_eq!(main.column(&policies).await, ["p", "p1"]);
    let indexes = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname LIKE 'lookup%' ORDER BY indexname";
    assert_eq!(
        main.column(indexes).await,
        [
            "CREATE INDEX lookup ON public.users USING btree (lower(name))",
            "CREATE INDEX lookup1 ON public.users USING btree (name)"
        ]
    );
    let labels = "SELECT unnest(enum_range(NULL::mood))::text";
    assert_eq!(main.column(labels).await, ["a", "b", "x"]);
    assert_eq!(
        main.rows("SELECT * FROM users").await,
        [["1", "ada", "kept", "a"]]
    );
    let grantable = "SELECT bool_or(is_grantable = 'YES') FROM information_schema.role_table_grants
                     WHERE table_name = 'users' AND grantee = 'postgres' AND privilege_type = 'SELECT'";
    assert_eq!(fixture.superuser().await.value(grantable).await, "t");
    main.assert_clean().await;

    let again = main
        .records("PGGIT MERGE main INTO feature STRATEGY union")
        .await;
    // The column that it had dropped comes back as its last one.
    assert_eq!(again[0].get("outcome"), "merged", "{again:#?}");
    feature.assert_clean().await;
    assert_eq!(feature.column(&triggers).await, ["watch", "watch1"]);
}

#[tokio::test]
async fn union_leaves_what_can_be_one_way_only_to_a_person() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("CREATE TABLE users (id int, name text)").await;
    main.run("PGGIT BRANCH feature").await;
    let feature = fixture.connect_on("feature").await;
    feature
        .run("ALTER TABLE users ALTER name TYPE varchar(9); CREATE INDEX i ON users (id)")
        .await;
    main.run("ALTER TABLE users ALTER name TYPE varchar(10); CREATE INDEX i ON users (name)")
        .await;
    let answer = main.records("PGGIT MERGE feature STRATEGY union").await;
    assert_eq!(answer[0].get("outcome"), "conflicts");
    let id = answer[0].get("merge");
    let open = main.records(&format!("PGGIT CONFLICTS {id}")).await;
    assert_eq!(open.len(), 1, "{open:#?}");
    assert_eq!(open[0].get("attribute"), "column name type");
    main.run(&format!("PGGIT RESOLVE {id} 1 WITH TARGET")).await;
    main.run(&format!("PGGIT MERGE CONTINUE {id}")).await;
    let indexes = "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND tablename = 'users' ORDER BY 1";
    assert_eq!(main.column(indexes).await, ["i", "i1"]);
    main.assert_clean().await;
}

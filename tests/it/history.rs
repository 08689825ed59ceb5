//! Reading history: the log and its graph, schemas as they were, versions of objects, who last changed what.

use crate::harness::programs::{dump_schema, psql};
use crate::harness::{Database, Fixture, Session};

/// `main` and a branch `feature`, whose changes `main` has merged; both have gone on since.
async fn merged() -> (Fixture, Session, Session) {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("CREATE TABLE users (id int PRIMARY KEY, name text)")
        .await;
    main.run("PGGIT BRANCH feature").await;
    let feature = fixture.connect_on("feature").await;
    feature.run("ALTER TABLE users ADD COLUMN bio text").await;
    main.run("CREATE TABLE posts (id int)").await;
    feature.run("ALTER TABLE users ADD COLUMN age int").await;
    main.run("PGGIT MERGE feature MESSAGE 'Bring in feature'")
        .await;
    main.run("CREATE TABLE later (id int)").await;
    (fixture, main, feature)
}

async fn messages(session: &Session, command: &str) -> Vec<String> {
    let records = session.records(command).await;
    (records.iter())
        .map(|record| record.get("message").clone())
        .collect()
}

/// What `GRAPH` draws, with the messages behind.
async fn drawn(session: &Session, command: &str) -> String {
    let records = session.records(command).await;
    (records.iter())
        .map(|record| {
            let (graph, message) = (record.get("graph"), record.get("message"));
            match record.get("commit").as_str() {
                "∅" => format!("\n{graph}"),
                _ => format!("\n{graph} {message}"),
            }
        })
        .collect()
}

#[tokio::test]
async fn a_log_is_filtered() {
    let (fixture, main, feature) = merged().await;
    let other = fixture.database.role("other").await;
    (fixture.superuser().await)
        .run(&format!("GRANT CREATE ON SCHEMA public TO {other}"))
        .await;
    let theirs = fixture.connect_as(&other).await;
    theirs.run("CREATE TABLE theirs (id int)").await;
    let all = main.log("main").await;
    assert_eq!(
        all,
        [
            "CREATE TABLE theirs",
            "CREATE TABLE later",
            "Bring in feature",
            "ALTER TABLE users ADD COLUMN age",
            "CREATE TABLE posts",
            "ALTER TABLE users ADD COLUMN bio",
            "CREATE TABLE users",
            all.last().expect("a first commit"),
        ]
    );
    // The first commit was the administrator's, and the grant was made past the proxy.
    let moments = main
        .column("SELECT date::text FROM pggit.log WHERE branch = 'main' ORDER BY date")
        .await;
    let [_, users, bio, posts, age, ..] = moments.as_slice() else {
        panic!("{moments:?}");
    };
    let first_of = |command: String| {
        let main = &main;
        async move { messages(main, &command).await }
    };
    for (clauses, expected) in [
        ("feature".to_owned(), &all[3..4]),
        ("main~2".to_owned(), &all[2..3]),
        ("FOR users".to_owned(), &all[2..4]),
        ("FOR public.later".to_owned(), &all[1..2]),
        (format!("AUTHOR '{other}'"), &all[..1]),
        (format!("AUTHOR {other}"), &all[..1]),
        ("AUTHOR nobody".to_owned(), &[]),
        (format!("SINCE '{age}'"), &all[..4]),
        ("SINCE 'tomorrow'".to_owned(), &[]),
        (format!("UNTIL '{users}'"), &all[6..]),
        (format!("SINCE '{bio}' UNTIL '{posts}'"), &all[4..6]),
        ("LIMIT 2".to_owned(), &all[..2]),
        ("LIMIT 0".to_owned(), &[]),
        (
            format!(
                "feature LIMIT 1 FOR users AUTHOR {} SINCE '{users}' UNTIL '{bio}'",
                fixture.database.owner
            ),
            &all[5..6],
        ),
    ] {
        let found = first_of(format!("PGGIT LOG {clauses}")).await;
        let seen = &found[..expected.len().min(found.len())];
        assert_eq!(seen, expected, "{clauses}");
        if clauses != "feature" && clauses != "main~2" && clauses != "FOR users" {
            assert_eq!(found.len(), expected.len(), "{clauses}: {found:?}");
        }
        let mut graph = messages(&main, &format!("PGGIT LOG {clauses} GRAPH")).await;
        graph.retain(|message| message != "∅");
        graph.sort();
        let mut found = found;
        found.sort();
        assert_eq!(graph, found, "{clauses}");
    }
    assert_eq!(
        messages(&main, "PGGIT LOG FOR users").await,
        [&all[2], &all[3], &all[5], &all[6]].map(String::as_str)
    );
    assert_eq!(main.sqlstate("PGGIT LOG FOR nothing").await, "42704");
    assert_eq!(main.sqlstate("PGGIT LOG SINCE 'whenever'").await, "22007");
    drop(feature);
}

#[tokio::test]
async fn a_log_is_drawn() {
    let (_fixture, main, feature) = merged().await;
    let first = main.log("main").await.pop().expect("a first commit");
    let picture = r"
* CREATE TABLE later
* Bring in feature
|\
| * ALTER TABLE users ADD COLUMN age
| * ALTER TABLE users ADD COLUMN bio
* | CREATE TABLE posts
|/
* CREATE TABLE users
* ";
    assert_eq!(
        drawn(&main, "PGGIT LOG GRAPH").await,
        format!("{picture}{first}")
    );
    let picture = r"
* Bring in feature
|\
| * ALTER TABLE users ADD COLUMN age
| * ALTER TABLE users ADD COLUMN bio
|/
* CREATE TABLE users";
    assert_eq!(drawn(&main, "PGGIT LOG FOR users GRAPH").await, picture);
    assert_eq!(
        drawn(&main, "PGGIT LOG GRAPH LIMIT 1").await,
        "\n* CREATE TABLE later"
    );
    // Each has merged the other meanwhile.
    let before = main.field("PGGIT LOG LIMIT 1", "commit").await;
    main.run("PGGIT MERGE feature").await;
    feature
        .run(&format!("PGGIT MERGE '{before}' MESSAGE 'Catch up'"))
        .await;
    main.run("CREATE TABLE more (id int)").await;
    feature.run("CREATE TABLE extra (id int)").await;
    main.run("PGGIT MERGE feature MESSAGE 'Again'").await;
    let drawn = drawn(&main, "PGGIT LOG GRAPH LIMIT 4").await;
    assert!(
        drawn.starts_with("\n* Again\n|\\\n| * CREATE TABLE extra"),
        "{drawn}"
    );
}

#[tokio::test]
async fn a_schema_is_shown_as_it_was() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    for sql in [
        "CREATE TYPE mood AS ENUM ('sad', 'happy')",
        "CREATE TABLE users (id bigserial PRIMARY KEY, mood mood DEFAULT 'sad')",
        "CREATE INDEX users_mood ON users (mood)",
        "CREATE FUNCTION bang() RETURNS text LANGUAGE sql AS $$SELECT '!'$$",
        "CREATE FUNCTION greet(u users) RETURNS text LANGUAGE sql AS 'SELECT $1.mood::text || public.bang()'",
        "CREATE VIEW greetings AS SELECT greet(u) FROM users u",
        "COMMENT ON TABLE users IS 'who'",
        "GRANT SELECT ON users TO PUBLIC",
    ] {
        main.run(sql).await;
    }
    let database = &fixture.database;
    let dump = |name: &str| {
        let url = database.server.url(&database.owner, name);
        dump_schema(&url, "public", None)
    };
    let before = dump(&database.name);
    let moment = main.value("SELECT clock_timestamp()::text").await;
    main.run("PGGIT BRANCH feature").await;
    main.run("DROP VIEW greetings").await;
    main.run("ALTER TABLE users RENAME TO people").await;

    let copy = Database::create().await;
    let script = main
        .column(&format!("PGGIT SHOW SCHEMA AT main@{{{moment}}}"))
        .await;
    assert!(script[0].starts_with("-- main@{"), "{script:#?}");
    (copy.superuser().await)
        .run(&format!(
            "ALTER DATABASE {} OWNER TO {}",
            copy.name, database.owner
        ))
        .await;
    psql(
        &copy.server.url(&database.owner, &copy.name),
        &script.join("\n"),
    );
    assert_eq!(dump(&copy.name), before);

    let table = main
        .column("PGGIT SHOW SCHEMA AT feature FOR users")
        .await
        .join("\n");
    for part in [
        "CREATE TABLE public.users",
        "CREATE INDEX users_mood",
        "CREATE SEQUENCE public.users_id_seq",
        "PRIMARY KEY (id)",
        "IS 'who'",
        "GRANT SELECT",
    ] {
        assert!(table.contains(part), "{part}: {table}");
    }
    assert!(!table.contains("greet"), "{table}");
    let function = main.column("PGGIT SHOW SCHEMA AT feature FOR bang()").await;
    assert!(function.join("\n").contains("SELECT '!'"), "{function:#?}");
    assert_eq!(main.sqlstate("PGGIT SHOW SCHEMA FOR users").await, "42704");
    assert_eq!(main.sqlstate("PGGIT SHOW SCHEMA AT nope").await, "3D000");
}

#[tokio::test]
async fn a_branch_is_compared_with_what_it_was() {
    let (_fixture, main, feature) = merged().await;
    let moment = main.value("SELECT clock_timestamp()::text").await;
    assert!(
        main.rows(&format!("PGGIT DIFF main@{{{moment}}} main"))
            .await
            .is_empty()
    );
    main.run("ALTER TABLE posts ADD COLUMN title text").await;
    main.run("DROP TABLE later").await;
    let since = main
        .rows(&format!("PGGIT DIFF main@{{{moment}}} main"))
        .await;
    assert_eq!(
        since,
        [
            ["drop", "table", "public.later", "", "DELETES_DATA"],
            [
                "alter",
                "table",
                "public.posts",
                "add column title text",
                ""
            ],
        ]
        .map(|row| row.map(str::to_owned).to_vec())
    );
    let back = main
        .column(&format!("PGGIT DIFF main main@{{{moment}}} AS SQL"))
        .await
        .join("\n");
    assert!(back.contains("CREATE TABLE public.later"), "{back}");
    assert!(back.contains("DROP COLUMN title"), "{back}");
    // A branch has no past before it was made.
    let error = feature
        .sqlstate("PGGIT DIFF feature@{2001-01-01} feature")
        .await;
    assert_eq!(error, "42704");
}

/// `version: change (message)`, newest first.
async fn versions(session: &Session, command: &str) -> Vec<String> {
    let records = session.records(command).await;
    (records.iter())
        .map(|record| {
            let [version, change, message] =
                ["version", "change", "message"].map(|column| record.get(column));
            format!("{version}: {change} ({message})")
        })
        .collect()
}

#[tokio::test]
async fn an_object_has_versions_under_all_its_names() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    for sql in [
        "CREATE TABLE users (id int PRIMARY KEY, name text)",
        "CREATE TABLE other (id int)",
        "ALTER TABLE users ADD COLUMN bio text",
        "COMMENT ON TABLE users IS 'who'",
        "ALTER TABLE users RENAME TO people",
        "DROP TABLE other",
        "ALTER TABLE people ALTER COLUMN name SET NOT NULL",
        "ALTER TABLE people ALTER COLUMN name DROP NOT NULL, DROP COLUMN bio",
    ] {
        main.run(sql).await;
    }
    let comment = "1.1.1: comment: who (COMMENT ON TABLE users)";
    assert_eq!(
        versions(&main, "PGGIT HISTORY people").await,
        [
            "4.0.0: drop column bio; drop not null on name (ALTER TABLE people ALTER COLUMN name DROP NOT NULL, DROP COLUMN bio)",
            "3.0.0: set not null on name (ALTER TABLE people ALTER COLUMN name SET NOT NULL)",
            "2.0.0: rename users to people (ALTER TABLE users RENAME TO people)",
            comment,
            "1.1.0: add column bio text (ALTER TABLE users ADD COLUMN bio)",
            "1.0.0: create (CREATE TABLE users)",
        ]
    );
    assert_eq!(main.sqlstate("PGGIT HISTORY users").await, "42704");
    assert_eq!(
        versions(&main, "PGGIT HISTORY public.users FROM main~4").await[0],
        comment
    );
    let records = main.records("PGGIT HISTORY people").await;
    let author = &fixture.database.owner;
    assert!(records.iter().all(|record| record.get("author") == author));
    let rename = &records[2];
    let (before, after) = (rename.get("before"), rename.get("after"));
    assert!(
        before.starts_with("CREATE TABLE public.users ("),
        "{before}"
    );
    assert!(after.starts_with("CREATE TABLE public.people ("), "{after}");
    assert!(after.contains("bio text"), "{after}");
    assert!(
        after.contains("COMMENT ON TABLE public.people IS 'who';"),
        "{after}"
    );
    assert_eq!(records[5].get("before"), "∅");
    // Each version is what the one before led to.
    for pair in records.windows(2) {
        assert_eq!(pair[0].get("before"), pair[1].get("after"));
    }
}

#[tokio::test]
async fn a_version_is_the_commit_s_that_made_it() {
    let (_fixture, main, feature) = merged().await;
    // `main` only has it from `feature`.
    assert_eq!(
        versions(&main, "PGGIT HISTORY users").await,
        [
            "1.2.0: add column age integer (ALTER TABLE users ADD COLUMN age)",
            "1.1.0: add column bio text (ALTER TABLE users ADD COLUMN bio)",
            "1.0.0: create (CREATE TABLE users)",
        ]
    );
    // Both change it, and each merges the other, in turn.
    main.run("ALTER TABLE users ALTER COLUMN id TYPE bigint")
        .await;
    feature.run("ALTER TABLE users ADD COLUMN tel text").await;
    main.run("PGGIT MERGE feature MESSAGE 'Both'").await;
    feature.run("PGGIT MERGE main").await;
    feature.run("ALTER TABLE users DROP COLUMN tel").await;
    main.run("CREATE TABLE more (id int)").await;
    main.run("PGGIT MERGE feature MESSAGE 'Drop'").await;
    assert_eq!(
        versions(&main, "PGGIT HISTORY users").await[..4],
        [
            "3.0.0: drop column tel (ALTER TABLE users DROP COLUMN tel)",
            "2.1.1: merge the changes of both sides (Both)",
            "2.1.0: add column tel text (ALTER TABLE users ADD COLUMN tel)",
            "2.0.0: change type of id from integer to bigint (ALTER TABLE users ALTER COLUMN id TYPE bigint)",
        ]
    );
    // What the merge commits themselves did is nothing.
    let blame = main.records("PGGIT BLAME users").await;
    assert!(blame.iter().all(|record| record.get("message") != "Drop"));
}

#[tokio::test]
async fn versions_of_what_follows_others_are_its_own() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    for sql in [
        "CREATE TABLE users (id int PRIMARY KEY, name text)",
        "CREATE TABLE posts (id int, author int REFERENCES users)",
        "CREATE VIEW names AS SELECT name FROM users",
        "CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT n * 2'",
        "CREATE FUNCTION twice(n text) RETURNS text LANGUAGE sql AS 'SELECT n || n'",
        "ALTER TABLE users RENAME TO people",
        "CREATE OR REPLACE VIEW names AS SELECT name, id FROM people",
        "CREATE OR REPLACE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT n + n'",
    ] {
        main.run(sql).await;
    }
    let posts = versions(&main, "PGGIT HISTORY posts").await;
    assert_eq!(
        posts,
        [
            "1.0.1: follow a change of another object (ALTER TABLE users RENAME TO people)",
            "1.0.0: create (CREATE TABLE posts)",
        ]
    );
    assert_eq!(
        versions(&main, "PGGIT HISTORY names").await[0],
        "1.1.0: change query (CREATE OR REPLACE VIEW names)"
    );
    let error = main.error("PGGIT HISTORY twice").await;
    assert_eq!(error.code().code(), "42725");
    assert_eq!(
        error.detail(),
        Some("It could be routine public.twice(integer), routine public.twice(text).")
    );
    assert_eq!(
        versions(&main, "PGGIT HISTORY twice(int)").await,
        [
            "1.0.1: change definition (CREATE OR REPLACE FUNCTION twice)",
            "1.0.0: create (CREATE FUNCTION twice)",
        ]
    );
    assert_eq!(
        versions(&main, "PGGIT HISTORY public.twice(text)")
            .await
            .len(),
        1
    );
    // The foreign key speaks of `people`, but nobody changed it.
    let blame = main.records("PGGIT BLAME posts").await;
    assert!(
        (blame.iter()).all(|record| record.get("message") == "CREATE TABLE posts"),
        "{blame:#?}"
    );
}

/// `part name: message (author)`.
async fn blamed(session: &Session, command: &str) -> Vec<String> {
    let records = session.records(command).await;
    (records.iter())
        .map(|record| {
            let [part, name, message] =
                ["part", "name", "message"].map(|column| record.get(column));
            format!("{part} {name}: {message}")
        })
        .collect()
}

#[tokio::test]
async fn each_part_of_a_table_is_blamed_on_who_changed_it() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    let owner = &fixture.database.owner;
    for sql in [
        "CREATE TABLE users (id int PRIMARY KEY, name text, age int CHECK (age > 0))",
        "CREATE INDEX users_name ON users (name)",
        "CREATE FUNCTION tr() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER audit BEFORE UPDATE ON users FOR EACH ROW WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION tr()",
        "PGGIT BRANCH feature",
        "ALTER TABLE users RENAME COLUMN name TO full_name",
        "GRANT SELECT ON users TO PUBLIC",
        "ALTER TABLE users SET (fillfactor = 70)",
    ] {
        main.run(sql).await;
    }
    let feature = fixture.connect_on("feature").await;
    for sql in [
        "ALTER TABLE users ALTER COLUMN age TYPE bigint",
        "ALTER TABLE users ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY own ON users USING (name = current_user)",
        "COMMENT ON TABLE users IS 'who'",
    ] {
        feature.run(sql).await;
    }
    main.run("PGGIT MERGE feature").await;
    let create = "CREATE TABLE users";
    let expected = [
        format!("table public.users: {create}"),
        format!("owner {owner}: {create}"),
        "comment who: COMMENT ON TABLE users".to_owned(),
        "row level security enabled: ALTER TABLE users ENABLE ROW LEVEL SECURITY".to_owned(),
        format!("column id: {create}"),
        "column full_name: ALTER TABLE users RENAME COLUMN name TO full_name".to_owned(),
        "column age: ALTER TABLE users ALTER COLUMN age TYPE bigint".to_owned(),
        format!("constraint users_age_check: {create}"),
        format!("constraint users_pkey: {create}"),
        "option fillfactor: ALTER TABLE users SET (fillfactor = 70)".to_owned(),
        "index users_name: CREATE INDEX users_name ON users".to_owned(),
        "policy own: CREATE POLICY own ON users USING".to_owned(),
        "trigger audit: CREATE TRIGGER audit BEFORE UPDATE ON users FOR EACH ROW WHEN".to_owned(),
        "grant select to public: GRANT SELECT ON users TO PUBLIC".to_owned(),
    ];
    let mut found = blamed(&main, "PGGIT BLAME users").await;
    let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    expected.sort_unstable();
    found.sort();
    assert_eq!(found, expected);

    let before = blamed(&main, "PGGIT BLAME public.users AT main~1").await;
    assert!(
        before.contains(&format!("column age: {create}")),
        "{before:#?}"
    );
    assert_eq!(
        blamed(&main, "PGGIT BLAME users.audit").await[0],
        "trigger audit on public.users: CREATE TRIGGER audit BEFORE UPDATE ON users FOR EACH ROW WHEN"
    );
}

/// `tree (why)`.
async fn impact(session: &Session, command: &str) -> Vec<String> {
    let records = session.records(command).await;
    (records.iter())
        .map(|record| format!("{} ({})", record.get("tree"), record.get("why")))
        .collect()
}

#[tokio::test]
async fn what_would_break_is_shown_as_a_tree() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    for sql in [
        "CREATE TYPE mood AS ENUM ('sad', 'happy')",
        "CREATE TABLE users (id bigserial PRIMARY KEY, name text, mood mood, tag text GENERATED ALWAYS AS (lower(name)) STORED)",
        "CREATE TABLE posts (id int, author bigint REFERENCES users, title text)",
        "CREATE INDEX users_name ON users (name)",
        "CREATE VIEW names AS SELECT u.name, p.title FROM users u JOIN posts p ON p.author = u.id",
        "CREATE VIEW shouted AS SELECT upper(name) AS name FROM names",
        "CREATE FUNCTION count_users() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM public.users); END'",
        "CREATE FUNCTION tr() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER audit BEFORE UPDATE OF name ON users FOR EACH ROW EXECUTE FUNCTION tr()",
        "PGGIT BRANCH feature",
    ] {
        main.run(sql).await;
    }
    assert_eq!(
        impact(&main, "PGGIT IMPACT users").await,
        [
            "table public.users (∅)",
            "├─ constraint public.posts.posts_author_fkey (foreign key to it)",
            "├─ index public.users_name (index on it)",
            "├─ routine public.count_users() (its body speaks of it)",
            "├─ sequence public.users_id_seq (owned by its column id)",
            "│  └─ default of column public.users.id (uses it)",
            "├─ trigger audit on public.users (trigger on it)",
            "└─ view public.names (reads it)",
            "   └─ view public.shouted (reads it)",
        ]
    );
    assert_eq!(
        impact(&main, "PGGIT IMPACT users.name AT feature").await,
        [
            "column public.users.name (∅)",
            "├─ column public.users.tag (is generated from it)",
            "├─ index public.users_name (index on it)",
            "├─ trigger audit on public.users (trigger on it)",
            "└─ view public.names (reads it)",
            "   └─ view public.shouted (reads it)",
        ]
    );
    assert_eq!(
        impact(&main, "PGGIT IMPACT public.users.id").await[1..3],
        [
            "├─ constraint public.posts.posts_author_fkey (foreign key to it)",
            "├─ constraint public.users.users_pkey (primary key of it)",
        ]
    );
    assert_eq!(
        impact(&main, "PGGIT IMPACT mood").await,
        [
            "type public.mood (∅)",
            "└─ column public.users.mood (is of that type)",
        ]
    );
    assert_eq!(
        impact(&main, "PGGIT IMPACT tr()").await,
        [
            "routine public.tr() (∅)",
            "└─ trigger audit on public.users (executes it)",
        ]
    );
    let depths = main.records("PGGIT IMPACT users").await;
    let depths: Vec<&str> = depths
        .iter()
        .map(|record| record.get("depth").as_str())
        .collect();
    assert_eq!(depths, ["0", "1", "1", "1", "1", "2", "1", "1", "2"]);
    assert_eq!(main.sqlstate("PGGIT IMPACT users.nothing").await, "42704");
    assert_eq!(main.sqlstate("PGGIT IMPACT a.b.c.d").await, "42601");

    // What was said breaks: dropped, all of it is gone.
    main.run("DROP TABLE users CASCADE").await;
    assert_eq!(main.sqlstate("PGGIT IMPACT shouted").await, "42704");
}

#[tokio::test]
async fn history_can_be_queried() {
    let (fixture, main, _feature) = merged().await;
    main.run("CREATE INDEX posts_id ON posts (id)").await;
    main.run("CREATE FUNCTION tr() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
        .await;
    main.run("CREATE TRIGGER audit BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION tr()")
        .await;
    main.run("ALTER TABLE posts RENAME TO articles").await;
    main.run("DROP TABLE articles").await;
    let reader = fixture.database.role("reader").await;
    let anybody = fixture.connect_as(&reader).await;
    let rows = anybody
        .rows(
            "SELECT change, kind, schema, name, message FROM pggit.history
             WHERE object IN (SELECT object FROM pggit.history WHERE name IN ('posts', 'posts_id', 'audit'))
             ORDER BY date, kind",
        )
        .await;
    let row = |row: [&str; 5]| row.map(str::to_owned).to_vec();
    let rename = "ALTER TABLE posts RENAME TO articles";
    assert_eq!(
        rows,
        [
            row(["create", "table", "public", "posts", "CREATE TABLE posts"]),
            row([
                "create",
                "index",
                "public",
                "posts_id",
                "CREATE INDEX posts_id ON posts"
            ]),
            row([
                "create",
                "trigger",
                "public",
                "audit",
                "CREATE TRIGGER audit BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTIO…"
            ]),
            row(["alter", "index", "public", "posts_id", rename]),
            row(["alter", "table", "public", "articles", rename]),
            row(["drop", "index", "public", "posts_id", "DROP TABLE articles"]),
            row(["drop", "table", "public", "articles", "DROP TABLE articles"]),
        ]
    );
}

//! What sqlx sees. It prepares each statement once for a connection, and asks for binary values.

use futures_util::{FutureExt, TryStreamExt};
use pggit_driver_tests::{BAD, EVERYTHING, Error, Place, Seen};
use serde_json::{Value, json};
use sqlx::postgres::{
    PgConnectOptions, PgConnection, PgDatabaseError, PgListener, PgPoolOptions, PgRow, PgSslMode,
};
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, Connection, Executor, Row, Statement, TypeInfo,
    ValueRef, query, raw_sql,
};
use std::time::Duration;

fn options(place: &Place) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .host(&place.host)
        .port(place.port)
        .username(&place.user)
        .password(&place.password)
        .database(&place.database)
        .ssl_mode(PgSslMode::Disable)
}

async fn connect(place: &Place) -> Result<PgConnection, Error> {
    Ok(options(place).connect().await?)
}

/// Values as the server has sent them.
fn raw(rows: &[PgRow]) -> Value {
    rows.iter()
        .map(|row| {
            let values = (0..row.len()).map(|index| {
                let value = row.try_get_raw(index).expect("a column");
                let bytes = (!value.is_null()).then(|| value.as_bytes().expect("not null"));
                json!(bytes.map(|bytes| {
                    bytes
                        .iter()
                        .map(|byte| format!("{byte:02x}"))
                        .collect::<String>()
                }))
            });
            values.collect::<Value>()
        })
        .collect()
}

fn refusal<T>(result: Result<T, sqlx::Error>) -> Value {
    let Err(error) = result else {
        return json!("no error");
    };
    let Some(found) = error.as_database_error() else {
        return json!(error.to_string());
    };
    let kind = format!("{:?}", found.kind());
    let found = found.downcast_ref::<PgDatabaseError>();
    json!([
        kind,
        format!("{:?}", found.severity()),
        found.code(),
        found.message(),
        found.detail(),
        found.hint(),
        format!("{:?}", found.position()),
        found.r#where(),
        found.schema(),
        found.table(),
        found.column(),
        found.data_type(),
        found.constraint()
    ])
}

async fn rows(connection: &mut PgConnection, text: &str) -> Seen {
    Ok(raw(&query(AssertSqlSafe(text))
        .fetch_all(connection)
        .await?))
}

async fn run(connection: &mut PgConnection, text: &str) -> Result<(), sqlx::Error> {
    raw_sql(AssertSqlSafe(text))
        .execute(connection)
        .await
        .map(|_| ())
}

async fn tls(place: &Place) -> Seen {
    let mut seen = Vec::new();
    for mode in [PgSslMode::VerifyFull, PgSslMode::Require, PgSslMode::Prefer] {
        let mut options = options(place).ssl_mode(mode);
        if matches!(mode, PgSslMode::VerifyFull) {
            options = options.ssl_root_cert(&place.certificate);
        }
        seen.push(rows(&mut options.connect().await?, "SELECT current_user::text").await?);
    }
    Ok(json!(seen))
}

async fn refused(place: &Place) -> Seen {
    Ok(json!([
        refusal(options(place).password("wrong").connect().await),
        refusal(options(place).database("nowhere").connect().await),
        refusal(options(place).options([("nonsense", "1")]).connect().await),
    ]))
}

async fn types_text(mut c: PgConnection) -> Seen {
    Ok(raw(&raw_sql(EVERYTHING).fetch_all(&mut c).await?))
}

async fn types_binary(mut c: PgConnection) -> Seen {
    let found = query(EVERYTHING).fetch_all(&mut c).await?;
    let described: Vec<_> = found[0]
        .columns()
        .iter()
        .map(|column| json!([column.name(), column.type_info().name()]))
        .collect();
    Ok(json!([described, raw(&found)]))
}

async fn parameters(mut c: PgConnection) -> Seen {
    let found = query("SELECT $1, $2, $3, $4, $5, $6, $7::text")
        .bind(1_i32)
        .bind(-1_099_511_627_776_i64)
        .bind(1.5_f64)
        .bind("Grüße ' \\")
        .bind(vec![0_u8, 255])
        .bind(vec![Some("a"), None])
        .bind(None::<&str>)
        .fetch_all(&mut c)
        .await?;
    let made = query("INSERT INTO public.sink VALUES ($1, $2)")
        .bind(1)
        .bind("é".repeat(10000))
        .execute(&mut c)
        .await?;
    let unknown = refusal(query("SELECT $1 / 0").bind(1).fetch_all(&mut c).await);
    let unprepared = query("SELECT $1::int")
        .bind(7)
        .persistent(false)
        .fetch_all(&mut c)
        .await?;
    Ok(json!([
        raw(&found),
        made.rows_affected(),
        unknown,
        raw(&unprepared)
    ]))
}

async fn prepared(mut c: PgConnection) -> Seen {
    let star = "SELECT * FROM growing";
    let mut seen = vec![rows(&mut c, star).await?, rows(&mut c, star).await?];
    run(
        &mut c,
        "ALTER TABLE growing ADD COLUMN more text DEFAULT 'x'",
    )
    .await?;
    seen.push(refusal(query(star).fetch_all(&mut c).await));
    seen.push(json!(c.cached_statements_size()));
    c.clear_cached_statements().await?;
    seen.push(rows(&mut c, star).await?);
    Ok(json!(seen))
}

async fn cursor(mut c: PgConnection) -> Seen {
    // Given up half-way: the connection reads on to the end.
    let mut total = 0;
    {
        let mut stream = query("SELECT n FROM number ORDER BY n").fetch(&mut c);
        while let Some(row) = stream.try_next().await? {
            total += row.get::<i32, _>(0);
            if total > 1000 {
                break;
            }
        }
    }
    let one = query("SELECT n FROM number ORDER BY n")
        .fetch_one(&mut c)
        .await?;
    let mut transaction = c.begin().await?;
    let mut seen = vec![json!(total), raw(&[one])];
    for text in [
        "DECLARE c CURSOR FOR SELECT n FROM number ORDER BY n",
        "FETCH 3 FROM c",
        "FETCH 2 FROM c",
        "CLOSE c",
    ] {
        seen.push(rows(&mut transaction, text).await?);
    }
    transaction.commit().await?;
    Ok(json!(seen))
}

async fn several(mut c: PgConnection) -> Seen {
    let text = "SELECT 1; INSERT INTO sink VALUES (200, 'x'); SELECT name FROM place";
    let found = raw_sql(text).fetch_all(&mut c).await?;
    let failed = refusal(run(&mut c, "INSERT INTO sink VALUES (201, 'gone'); SELECT 1/0").await);
    let refused = refusal(query("SELECT 1; SELECT 2").fetch_all(&mut c).await);
    Ok(json!([
        raw(&found),
        failed,
        refused,
        rows(&mut c, "SELECT count(*) FROM sink WHERE id > 200").await?
    ]))
}

async fn copy_in(mut c: PgConnection) -> Seen {
    let mut copy = c.copy_in_raw("COPY sink FROM STDIN").await?;
    for n in 1000..1300 {
        copy.send(format!("{n}\t{}\n", "x".repeat(1000)).into_bytes())
            .await?;
    }
    let copied = copy.finish().await?;
    Ok(json!([
        copied,
        rows(
            &mut c,
            "SELECT count(*), sum(length(note)) FROM sink WHERE id >= 1000"
        )
        .await?
    ]))
}

async fn copy_out(mut c: PgConnection) -> Seen {
    let mut seen = Vec::new();
    for text in [
        "COPY person TO STDOUT",
        "COPY (SELECT repeat('x', 1000) FROM generate_series(1, 5000)) TO STDOUT",
    ] {
        let blocks: Vec<_> = c.copy_out_raw(text).await?.try_collect().await?;
        seen.push(json!(blocks.concat().len()));
    }
    seen.push(rows(&mut c, "SELECT 'after'").await?);
    Ok(json!(seen))
}

async fn copy_error(mut c: PgConnection) -> Seen {
    let mut bad = c.copy_in_raw("COPY sink FROM STDIN").await?;
    bad.send(&b"1500\tgood\nbad\tbad\n"[..]).await?;
    let bad = refusal(bad.finish().await);
    let mut given_up = c.copy_in_raw("COPY sink FROM STDIN").await?;
    given_up.send(&b"1501\tnever\n"[..]).await?;
    let given_up = refusal(given_up.abort("given up").await);
    let nowhere = refusal(c.copy_in_raw("COPY nowhere FROM STDIN").await.map(|_| ()));
    Ok(json!([
        bad,
        given_up,
        nowhere,
        rows(&mut c, "SELECT count(*) FROM sink WHERE id >= 1500").await?
    ]))
}

async fn notify(place: &Place) -> Seen {
    let pool = PgPoolOptions::new()
        .max_connections(2)
        .connect_with(options(place))
        .await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen("chatter").await?;
    let mut heard = Vec::new();
    for payload in ["from another".to_owned(), "é".repeat(3000)] {
        query("SELECT pg_notify('chatter', $1)")
            .bind(payload)
            .execute(&pool)
            .await?;
        heard.push(listener.recv().await?.payload().to_owned());
    }
    listener.unlisten_all().await?;
    Ok(json!(heard))
}

async fn errors(mut c: PgConnection) -> Seen {
    let mut seen = Vec::new();
    for text in BAD {
        seen.push(refusal(run(&mut c, text).await));
        seen.push(refusal(query(*text).fetch_all(&mut c).await));
    }
    let text = "SELECT id FROM public.person WHERE name = $1 AND nothing = 1";
    seen.push(refusal(query(text).bind("x").fetch_all(&mut c).await));
    Ok(json!(seen))
}

async fn large_object(mut c: PgConnection) -> Seen {
    let made = query("SELECT lo_from_bytea(0, $1) AS oid")
        .bind(b"0123456789abcdef".repeat(20000))
        .fetch_one(&mut c)
        .await?;
    let oid: sqlx::postgres::types::Oid = made.get(0);
    let found = query("SELECT length(lo_get($1)), lo_get($1, 1000, 16), lo_unlink($1)")
        .bind(oid)
        .fetch_all(&mut c)
        .await?;
    Ok(raw(&found))
}

async fn transaction(mut c: PgConnection) -> Seen {
    let mut seen = Vec::new();
    let mut one = c.begin().await?;
    run(&mut one, "INSERT INTO sink VALUES (2000, 'committed')").await?;
    one.commit().await?;
    let mut one = c.begin().await?;
    run(&mut one, "INSERT INTO sink VALUES (2001, 'rolled back')").await?;
    // Rolled back when it is dropped.
    drop(one);
    let mut one = c.begin().await?;
    seen.push(refusal(query("SELECT 1/0").fetch_all(&mut *one).await));
    seen.push(refusal(query("SELECT 1").fetch_all(&mut *one).await));
    one.rollback().await?;
    let mut one = c.begin().await?;
    run(
        &mut one,
        "CREATE TABLE undone (id int); INSERT INTO undone VALUES (1)",
    )
    .await?;
    one.rollback().await?;
    seen.push(refusal(
        query("SELECT * FROM undone").fetch_all(&mut c).await,
    ));
    seen.push(rows(&mut c, "SELECT id FROM sink WHERE id BETWEEN 2000 AND 2099").await?);
    Ok(json!(seen))
}

async fn savepoint(mut c: PgConnection) -> Seen {
    let mut outer = c.begin().await?;
    run(&mut outer, "INSERT INTO sink VALUES (2100, 'outer')").await?;
    let mut inner = outer.begin().await?;
    run(&mut inner, "INSERT INTO sink VALUES (2101, 'inner')").await?;
    let failed = refusal(query("SELECT nothing").fetch_all(&mut *inner).await);
    inner.rollback().await?;
    let mut inner = outer.begin().await?;
    run(&mut inner, "INSERT INTO sink VALUES (2102, 'inner')").await?;
    inner.commit().await?;
    outer.commit().await?;
    Ok(json!([
        failed,
        rows(
            &mut c,
            "SELECT id FROM sink WHERE id BETWEEN 2100 AND 2199 ORDER BY id"
        )
        .await?
    ]))
}

async fn isolation(place: &Place) -> Seen {
    let (mut one, mut two) = (connect(place).await?, connect(place).await?);
    let mut first = one.begin_with("BEGIN ISOLATION LEVEL SERIALIZABLE").await?;
    let mut second = two.begin_with("BEGIN ISOLATION LEVEL SERIALIZABLE").await?;
    for each in [&mut first, &mut second] {
        rows(each, "SELECT sum(n) FROM number").await?;
    }
    run(&mut first, "INSERT INTO number VALUES (5001)").await?;
    run(&mut second, "INSERT INTO number VALUES (5002)").await?;
    first.commit().await?;
    let conflict = refusal(second.commit().await);
    run(&mut one, "DELETE FROM number WHERE n > 1000").await?;
    let mut reading = one.begin_with("BEGIN READ ONLY").await?;
    Ok(json!([
        conflict,
        refusal(run(&mut reading, "INSERT INTO number VALUES (5003)").await)
    ]))
}

/// It asks the catalogs about types that it does not know.
async fn introspection(mut c: PgConnection) -> Seen {
    let text = "SELECT p.id, p.name, e.a_mood, e.a_pair, e.a_positive, ARRAY[e.a_mood] AS moods FROM person AS p, public.everything AS e";
    let statement = c.prepare(sqlx::SqlStr::from_static(text)).await?;
    let columns = statement.columns().iter();
    Ok(columns
        .map(|column| json!([column.name(), column.type_info().name()]))
        .collect())
}

async fn place_of(c: &mut PgConnection) -> Result<String, Error> {
    Ok(query("SELECT name FROM place").fetch_one(c).await?.get(0))
}

async fn whereabouts(options: PgConnectOptions) -> Seen {
    let mut c = options.connect().await?;
    let branch: String = query("SHOW pggit.branch").fetch_one(&mut c).await?.get(0);
    Ok(json!([branch, place_of(&mut c).await?]))
}

async fn branch_switch(mut c: PgConnection) -> Seen {
    let mut seen = vec![place_of(&mut c).await?];
    for text in ["SET pggit.branch = 'other'", "RESET pggit.branch"] {
        query(text).execute(&mut c).await?;
        seen.push(place_of(&mut c).await?);
    }
    let mut transaction = c.begin().await?;
    query("SET LOCAL pggit.branch = 'other'")
        .execute(&mut *transaction)
        .await?;
    seen.push(place_of(&mut transaction).await?);
    transaction.commit().await?;
    seen.push(place_of(&mut c).await?);
    Ok(json!(seen))
}

async fn prepared_across_switch(mut c: PgConnection) -> Seen {
    let mut seen = Vec::new();
    for branch in ["main", "other", "main"] {
        run(&mut c, &format!("SET pggit.branch = '{branch}'")).await?;
        // From the second time on, a statement that is prepared already.
        seen.push(place_of(&mut c).await?);
    }
    Ok(json!(seen))
}

fn listed(rows: &[PgRow]) -> Value {
    let mut listed: Vec<(String, bool)> = rows
        .iter()
        .map(|row| (row.get("branch"), row.get("current")))
        .collect();
    listed.sort();
    json!(listed)
}

async fn pggit_error(mut c: PgConnection) -> Seen {
    let mut codes = Vec::new();
    for text in ["PGGIT CHECKOUT nowhere", "PGGIT CHECKOUT"] {
        codes.push(refusal(query(text).execute(&mut c).await)[2].clone());
    }
    let mut transaction = c.begin().await?;
    codes.push(
        refusal(
            query("PGGIT BRANCH inside")
                .execute(&mut *transaction)
                .await,
        )[2]
        .clone(),
    );
    Ok(json!(codes))
}

async fn ddl_commit(mut c: PgConnection) -> Seen {
    query("CREATE TABLE made (id int)").execute(&mut c).await?;
    let logged = query("PGGIT LOG LIMIT 1").fetch_all(&mut c).await?;
    Ok(logged
        .iter()
        .map(|row| row.get::<String, _>("message"))
        .collect())
}

async fn ddl_transaction(mut c: PgConnection) -> Seen {
    let log = "PGGIT LOG LIMIT 1000";
    let before = query(log).fetch_all(&mut c).await?.len();
    let mut transaction = c.begin().await?;
    query("CREATE TABLE in_one (id int)")
        .execute(&mut *transaction)
        .await?;
    run(&mut transaction, "ALTER TABLE in_one ADD COLUMN more text").await?;
    transaction.commit().await?;
    let between = query(log).fetch_all(&mut c).await?.len();
    let mut transaction = c.begin().await?;
    query("DROP TABLE in_one")
        .execute(&mut *transaction)
        .await?;
    transaction.rollback().await?;
    Ok(json!([
        between - before,
        query(log).fetch_all(&mut c).await?.len() - between
    ]))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let place = &Place::from_environment();
    place.say_version("sqlx");
    macro_rules! with_connection {
        ($method:ident, $name:expr, $look:expr) => {
            let look = async { $look(connect(place).await?).await };
            // What waits for ever is an error, too.
            let in_time = tokio::time::timeout(Duration::from_secs(20), look).map(|seen| seen?);
            place.$method($name, in_time).await;
        };
    }
    with_connection!(check, "connect", |mut c: PgConnection| async move {
        let version = json!(c.server_version_num());
        Ok(json!([
            version,
            rows(&mut c, "SELECT current_user::text").await?
        ]))
    });
    place.check("tls", tls(place)).await;
    place.check("refused", refused(place)).await;
    with_connection!(check, "types_text", types_text);
    with_connection!(check, "types_binary", types_binary);
    with_connection!(check, "parameters", parameters);
    with_connection!(check, "prepared", prepared);
    place.absent("one statement at a time", &["pipeline"]);
    with_connection!(check, "cursor", cursor);
    with_connection!(check, "several", several);
    with_connection!(check, "copy_in", copy_in);
    with_connection!(check, "copy_out", copy_out);
    with_connection!(check, "copy_error", copy_error);
    place.check("notify", notify(place)).await;
    place.absent("notices are logged", &["notice"]);
    place.absent("no cancel requests", &["cancel"]);
    with_connection!(check, "errors", errors);
    with_connection!(check, "large_object", large_object);
    with_connection!(check, "transaction", transaction);
    with_connection!(check, "savepoint", savepoint);
    place.check("isolation", isolation(place)).await;
    with_connection!(check, "introspection", introspection);
    let other = options(place).database(&place.other_database);
    place
        .branch_check("branch_in_database", whereabouts(other))
        .await;
    let optional = options(place).options([("pggit.branch", "other")]);
    place
        .branch_check("branch_in_options", whereabouts(optional))
        .await;
    with_connection!(branch_check, "branch_switch", branch_switch);
    with_connection!(
        branch_check,
        "prepared_across_switch",
        prepared_across_switch
    );
    with_connection!(
        branch_check,
        "pggit_simple",
        |mut c: PgConnection| async move {
            let mut found = raw_sql("PGGIT BRANCH").fetch_all(&mut c).await?;
            found.sort_by_key(|row| row.get::<String, _>("branch"));
            Ok(listed(&found))
        }
    );
    with_connection!(
        branch_check,
        "pggit_extended",
        |mut c: PgConnection| async move {
            Ok(listed(
                &query("PGGIT BRANCH")
                    .persistent(false)
                    .fetch_all(&mut c)
                    .await?,
            ))
        }
    );
    with_connection!(
        branch_check,
        "pggit_prepared",
        |mut c: PgConnection| async move {
            let first = listed(&query("PGGIT BRANCH").fetch_all(&mut c).await?);
            Ok(json!([
                first,
                listed(&query("PGGIT BRANCH").fetch_all(&mut c).await?)
            ]))
        }
    );
    with_connection!(branch_check, "pggit_error", pggit_error);
    with_connection!(branch_check, "ddl_commit", ddl_commit);
    with_connection!(branch_check, "ddl_transaction", ddl_transaction);
    Ok(())
}

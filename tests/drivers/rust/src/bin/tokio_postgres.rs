//! What tokio-postgres sees. It speaks the extended protocol with binary values, and pipelines what is polled at once.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, TryStreamExt, future, pin_mut, stream};
use pggit_driver_tests::{BAD, EVERYTHING, Error, Place, Seen};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_postgres::binary_copy::{BinaryCopyInWriter, BinaryCopyOutStream};
use tokio_postgres::types::{FromSql, Json, Kind, ToSql, Type};
use tokio_postgres::{
    AsyncMessage, Client, Config, IsolationLevel, NoTls, Row, SimpleQueryMessage, config::SslMode,
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// A value's bytes, whatever it is.
struct Raw(Option<String>);

impl<'a> FromSql<'a> for Raw {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Error> {
        Ok(Self(Some(
            raw.iter().map(|byte| format!("{byte:02x}")).collect(),
        )))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Error> {
        Ok(Self(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn raw(rows: &[Row]) -> Value {
    rows.iter()
        .map(|row| {
            (0..row.len())
                .map(|index| json!(row.get::<_, Raw>(index).0))
                .collect::<Value>()
        })
        .collect()
}

fn config(place: &Place) -> Config {
    let mut config = Config::new();
    config
        .host(&place.host)
        .port(place.port)
        .user(&place.user)
        .password(&place.password);
    config.dbname(&place.database).ssl_mode(SslMode::Disable);
    config
}

async fn connect_with(
    config: &Config,
) -> Result<(Client, mpsc::UnboundedReceiver<AsyncMessage>), tokio_postgres::Error> {
    let (client, mut connection) = config.connect(NoTls).await?;
    let (sender, messages) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut incoming = stream::poll_fn(move |context| connection.poll_message(context));
        while let Some(Ok(message)) = incoming.next().await {
            // Nobody may be listening.
            let _ = sender.send(message);
        }
    });
    Ok((client, messages))
}

async fn connect(place: &Place) -> Result<Client, Error> {
    Ok(connect_with(&config(place)).await?.0)
}

fn secure(place: &Place) -> Result<MakeRustlsConnect, Error> {
    let pem = std::fs::read(&place.certificate)?;
    let mut roots = rustls::RootCertStore::empty();
    for certificate in rustls::pki_types::pem::PemObject::pem_slice_iter(&pem) {
        let certificate: rustls::pki_types::CertificateDer = certificate?;
        roots.add(certificate)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn refusal<T>(result: Result<T, tokio_postgres::Error>) -> Value {
    let Err(error) = result else {
        return json!("no error");
    };
    let Some(error) = error.as_db_error() else {
        return json!(error.to_string());
    };
    json!([
        error.severity(),
        error.code().code(),
        error.message(),
        error.detail(),
        error.hint(),
        format!("{:?}", error.position()),
        error.where_(),
        error.schema(),
        error.table(),
        error.column(),
        error.datatype(),
        error.constraint()
    ])
}

fn simple(messages: &[SimpleQueryMessage]) -> Value {
    messages
        .iter()
        .map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                (0..row.len()).map(|index| json!(row.get(index))).collect()
            }
            SimpleQueryMessage::CommandComplete(rows) => json!(rows),
            _ => Value::Null,
        })
        .collect()
}

async fn tls(place: &Place) -> Seen {
    let mut seen = Vec::new();
    for mode in [SslMode::Require, SslMode::Prefer] {
        let mut config = Config::new();
        config
            .host("localhost")
            .port(place.port)
            .user(&place.user)
            .password(&place.password);
        config.dbname(&place.database).ssl_mode(mode);
        let (client, connection) = config.connect(secure(place)?).await?;
        tokio::spawn(connection);
        seen.push(raw(&client.query("SELECT current_user::text", &[]).await?));
    }
    Ok(json!(seen))
}

async fn refused(place: &Place) -> Seen {
    Ok(json!([
        refusal(connect_with(config(place).password("wrong")).await),
        refusal(connect_with(config(place).dbname("nowhere")).await),
        refusal(connect_with(config(place).options("-c nonsense=1")).await),
    ]))
}

async fn types_binary(client: Client) -> Seen {
    let statement = client.prepare(EVERYTHING).await?;
    let described: Vec<_> = statement
        .columns()
        .iter()
        .map(|column| json!([column.name(), column.type_().name()]))
        .collect();
    Ok(json!([
        described,
        raw(&client.query(&statement, &[]).await?)
    ]))
}

async fn types_text(client: Client) -> Seen {
    Ok(simple(&client.simple_query(EVERYTHING).await?))
}

async fn parameters(client: Client) -> Seen {
    let texts = vec![Some("a"), None, Some("b\"c")];
    let json_value = Json(json!({"a": [1]}));
    let values: [(&str, &(dyn ToSql + Sync)); 8] = [
        ("int", &1_i32),
        ("bigint", &-1_099_511_627_776_i64),
        ("float8", &1.5_f64),
        ("text", &"Grüße ' \\"),
        ("bytea", &&[0_u8, 255][..]),
        ("text[]", &texts),
        ("jsonb", &json_value),
        ("text", &None::<&str>),
    ];
    let mut seen = Vec::new();
    for (name, value) in values {
        seen.push(raw(&client
            .query(&format!("SELECT $1::{name}"), &[value])
            .await?));
        seen.push(raw(&client
            .query_typed(&format!("SELECT $1::{name}"), &[(value, type_of(name))])
            .await?));
    }
    seen.push(json!(
        client
            .execute(
                "INSERT INTO public.sink VALUES ($1, $2)",
                &[&1, &"é".repeat(10000)]
            )
            .await?
    ));
    seen.push(refusal(client.query("SELECT $1::int / 0", &[&1]).await));
    seen.push(json!(
        client
            .prepare("SELECT $1::mood, $2::pair")
            .await?
            .params()
            .iter()
            .map(Type::name)
            .collect::<Vec<_>>()
    ));
    Ok(json!(seen))
}

fn type_of(name: &str) -> Type {
    match name {
        "int" => Type::INT4,
        "bigint" => Type::INT8,
        "float8" => Type::FLOAT8,
        "bytea" => Type::BYTEA,
        "text[]" => Type::TEXT_ARRAY,
        "jsonb" => Type::JSONB,
        _ => Type::TEXT,
    }
}

async fn prepared(client: Client) -> Seen {
    let statement = client.prepare("SELECT id, $1::int FROM growing").await?;
    let star = client.prepare("SELECT * FROM growing").await?;
    let mut seen = vec![
        raw(&client.query(&statement, &[&1]).await?),
        raw(&client.query(&star, &[]).await?),
    ];
    client
        .batch_execute("ALTER TABLE growing ADD COLUMN more text DEFAULT 'x'")
        .await?;
    seen.push(refusal(client.query(&star, &[]).await));
    seen.push(raw(&client.query(&statement, &[&2]).await?));
    seen.push(raw(&client
        .query(&client.prepare("SELECT * FROM growing").await?, &[])
        .await?));
    Ok(json!(seen))
}

async fn pipeline(client: Client) -> Seen {
    let statement = client.prepare("SELECT $1::int").await?;
    let (client, statement) = (&client, &statement);
    let sent = (0..50).map(|n| async move { client.query(statement, &[&n]).await });
    let (answered, failed, after) = future::join3(
        future::try_join_all(sent),
        client.query("SELECT nothing FROM person", &[]),
        client.query("INSERT INTO sink VALUES (100, 'after') RETURNING id", &[]),
    )
    .await;
    let numbers: Vec<i32> = answered?.iter().map(|rows| rows[0].get(0)).collect();
    Ok(json!([numbers, refusal(failed), raw(&after?)]))
}

async fn cursor(mut client: Client) -> Seen {
    let transaction = client.transaction().await?;
    let portal = transaction
        .bind("SELECT n FROM number WHERE n > $1 ORDER BY n", &[&10])
        .await?;
    let mut seen = vec![
        raw(&transaction.query_portal(&portal, 3).await?),
        raw(&transaction.query_portal(&portal, 2).await?),
    ];
    let other = transaction
        .bind("SELECT n FROM number ORDER BY n DESC", &[])
        .await?;
    seen.push(raw(&transaction.query_portal(&other, 1).await?));
    seen.push(json!(transaction.query_portal(&portal, 0).await?.len()));
    transaction.commit().await?;
    let rows = client
        .query_raw("SELECT n FROM number ORDER BY n", Vec::<i32>::new())
        .await?;
    pin_mut!(rows);
    let mut total = 0;
    while let Some(row) = rows.try_next().await? {
        total += row.get::<_, i32>(0);
    }
    seen.push(json!(total));
    Ok(json!(seen))
}

async fn several(client: Client) -> Seen {
    let text = "SELECT 1; INSERT INTO sink VALUES (200, 'x'); SELECT name FROM place";
    let seen = simple(&client.simple_query(text).await?);
    let failed = client
        .batch_execute("INSERT INTO sink VALUES (201, 'gone'); SELECT 1/0")
        .await;
    let count = client
        .query("SELECT count(*) FROM sink WHERE id > 200", &[])
        .await?;
    Ok(json!([
        seen,
        refusal(failed),
        raw(&count),
        refusal(client.query("SELECT 1; SELECT 2", &[]).await)
    ]))
}

async fn copy_in(client: Client) -> Seen {
    let sink = client
        .copy_in("COPY sink FROM STDIN (FORMAT binary)")
        .await?;
    let writer = BinaryCopyInWriter::new(sink, &[Type::INT4, Type::TEXT]);
    pin_mut!(writer);
    for n in 1000..1300 {
        writer.as_mut().write(&[&n, &"binary"]).await?;
    }
    let binary = writer.finish().await?;
    let sink = client.copy_in("COPY public.sink FROM STDIN").await?;
    pin_mut!(sink);
    let mut lines =
        stream::iter((1300..1500).map(|n| Ok(Bytes::from(format!("{n}\t{}\n", "x".repeat(1000))))));
    sink.send_all(&mut lines).await?;
    let text = sink.finish().await?;
    let counted = client
        .query(
            "SELECT count(*), sum(length(note)) FROM sink WHERE id >= 1000",
            &[],
        )
        .await?;
    Ok(json!([binary, text, raw(&counted)]))
}

async fn copy_out(client: Client) -> Seen {
    let text: Vec<Bytes> = client
        .copy_out("COPY person TO STDOUT")
        .await?
        .try_collect()
        .await?;
    let rows = client
        .copy_out("COPY number TO STDOUT (FORMAT binary)")
        .await?;
    let rows: Vec<_> = BinaryCopyOutStream::new(rows, &[Type::INT4])
        .try_collect()
        .await?;
    let total: i32 = rows.iter().map(|row| row.get::<i32>(0)).sum();
    Ok(json!([
        String::from_utf8(text.concat())?,
        total,
        raw(&client.query("SELECT 'after'", &[]).await?)
    ]))
}

/// What follows on the same connections is not checked: the driver mistakes the answers.
async fn copy_error(place: &Place) -> Seen {
    let client = connect(place).await?;
    let sink = client.copy_in("COPY sink FROM STDIN").await?;
    pin_mut!(sink);
    sink.send(Bytes::from("1500\tgood\nbad\tbad\n")).await?;
    let bad = refusal(sink.finish().await);
    let nowhere = connect(place).await?;
    let nowhere = nowhere.copy_in::<_, Bytes>("COPY nowhere FROM STDIN").await;
    let count = connect(place)
        .await?
        .query("SELECT count(*) FROM sink WHERE id >= 1500", &[])
        .await?;
    Ok(json!([bad, refusal(nowhere.map(|_| ())), raw(&count)]))
}

async fn notify(place: &Place) -> Seen {
    let (client, mut messages) = connect_with(&config(place)).await?;
    client.batch_execute("LISTEN chatter").await?;
    let other = connect(place).await?;
    other
        .batch_execute("NOTIFY chatter, 'from another'")
        .await?;
    other
        .execute("SELECT pg_notify('chatter', $1)", &[&"é".repeat(3000)])
        .await?;
    client
        .batch_execute("NOTIFY chatter, 'from myself'")
        .await?;
    let mut heard = Vec::new();
    while heard.len() < 3 {
        if let Some(AsyncMessage::Notification(note)) = messages.recv().await {
            heard.push((note.channel().to_owned(), note.payload().to_owned()));
        }
    }
    heard.sort();
    Ok(json!(heard))
}

async fn notice(place: &Place) -> Seen {
    let (client, mut messages) = connect_with(&config(place)).await?;
    client.batch_execute("SELECT tell('simple')").await?;
    client.query("SELECT tell($1)", &[&"extended"]).await?;
    client.batch_execute("DROP TABLE IF EXISTS nowhere").await?;
    let mut seen = Vec::new();
    while seen.len() < 5 {
        if let Some(AsyncMessage::Notice(note)) = messages.recv().await {
            seen.push(json!([
                note.severity(),
                note.code().code(),
                note.message(),
                note.detail(),
                note.hint()
            ]));
        }
    }
    Ok(json!(seen))
}

async fn cancel(place: &Place) -> Seen {
    let client = connect(place).await?;
    let other = connect(place).await?;
    let token = client.cancel_token();
    let cancelling = async {
        let asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
        while other.query_one(asleep, &[]).await?.get::<_, i64>(0) == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        token.cancel_query(NoTls).await
    };
    let (slept, cancelled) =
        future::join(client.query("SELECT pg_sleep(60)", &[]), cancelling).await;
    cancelled?;
    Ok(json!([
        refusal(slept),
        raw(&client.query("SELECT 'goes on'", &[]).await?)
    ]))
}

async fn errors(client: Client) -> Seen {
    let mut seen = Vec::new();
    for text in BAD {
        seen.push(refusal(client.batch_execute(text).await));
        seen.push(refusal(client.query(*text, &[]).await));
    }
    let text = "SELECT id FROM public.person WHERE name = $1 AND nothing = 1";
    seen.push(refusal(client.query(text, &[&"x"]).await));
    Ok(json!(seen))
}

async fn large_object(mut client: Client) -> Seen {
    let data = b"0123456789abcdef".repeat(20000);
    let transaction = client.transaction().await?;
    let oid: u32 = transaction
        .query_one("SELECT lo_from_bytea(0, $1)", &[&data])
        .await?
        .get(0);
    let handle: i32 = transaction
        .query_one("SELECT lo_open($1, 393216)", &[&oid])
        .await?
        .get(0);
    transaction
        .query("SELECT lo_lseek64($1, 1000, 0)", &[&handle])
        .await?;
    let read = raw(&transaction
        .query("SELECT loread($1, 16)", &[&handle])
        .await?);
    transaction
        .query("SELECT lowrite($1, $2)", &[&handle, &&b"\0written"[..]])
        .await?;
    transaction.commit().await?;
    let seen = client
        .query(
            "SELECT length(lo_get($1)), lo_get($1, 1016, 8), lo_unlink($1)",
            &[&oid],
        )
        .await?;
    Ok(json!([read, raw(&seen)]))
}

async fn transaction(mut client: Client) -> Seen {
    let mut seen = Vec::new();
    let one = client.transaction().await?;
    one.execute("INSERT INTO sink VALUES (2000, 'committed')", &[])
        .await?;
    one.commit().await?;
    let one = client.transaction().await?;
    one.execute("INSERT INTO sink VALUES (2001, 'rolled back')", &[])
        .await?;
    // Rolled back when it is dropped.
    drop(one);
    let one = client.transaction().await?;
    seen.push(refusal(one.query("SELECT 1/0", &[]).await));
    seen.push(refusal(one.query("SELECT 1", &[]).await));
    one.commit().await?;
    let one = client.transaction().await?;
    one.batch_execute("CREATE TABLE undone (id int); INSERT INTO undone VALUES (1)")
        .await?;
    one.rollback().await?;
    seen.push(refusal(client.query("SELECT * FROM undone", &[]).await));
    seen.push(raw(&client
        .query("SELECT id FROM sink WHERE id BETWEEN 2000 AND 2099", &[])
        .await?));
    Ok(json!(seen))
}

async fn savepoint(mut client: Client) -> Seen {
    let mut outer = client.transaction().await?;
    outer
        .execute("INSERT INTO sink VALUES (2100, 'outer')", &[])
        .await?;
    let inner = outer.transaction().await?;
    inner
        .execute("INSERT INTO sink VALUES (2101, 'inner')", &[])
        .await?;
    let failed = refusal(inner.query("SELECT nothing", &[]).await);
    drop(inner);
    let inner = outer.savepoint("named").await?;
    inner
        .execute("INSERT INTO sink VALUES (2102, 'inner')", &[])
        .await?;
    inner.commit().await?;
    outer.commit().await?;
    let kept = client
        .query(
            "SELECT id FROM sink WHERE id BETWEEN 2100 AND 2199 ORDER BY id",
            &[],
        )
        .await?;
    Ok(json!([failed, raw(&kept)]))
}

async fn isolation(place: &Place) -> Seen {
    let (mut one, mut two) = (connect(place).await?, connect(place).await?);
    let first = one
        .build_transaction()
        .isolation_level(IsolationLevel::Serializable)
        .start()
        .await?;
    let second = two
        .build_transaction()
        .isolation_level(IsolationLevel::Serializable)
        .start()
        .await?;
    for each in [&first, &second] {
        each.query("SELECT sum(n) FROM number", &[]).await?;
    }
    first
        .execute("INSERT INTO number VALUES (5001)", &[])
        .await?;
    second
        .execute("INSERT INTO number VALUES (5002)", &[])
        .await?;
    first.commit().await?;
    let conflict = refusal(second.commit().await);
    one.batch_execute("DELETE FROM number WHERE n > 1000")
        .await?;
    let reading = one
        .build_transaction()
        .read_only(true)
        .deferrable(true)
        .start()
        .await?;
    Ok(json!([
        conflict,
        refusal(
            reading
                .execute("INSERT INTO number VALUES (5003)", &[])
                .await
        )
    ]))
}

/// It asks the catalogs about types that it does not know.
async fn introspection(client: Client) -> Seen {
    let statement = client
        .prepare("SELECT a_mood, a_pair, ARRAY[a_mood], a_positive FROM everything")
        .await?;
    let described: Vec<_> = statement
        .columns()
        .iter()
        .map(|column| {
            let kind = match column.type_().kind() {
                Kind::Enum(labels) => json!(labels),
                Kind::Composite(fields) => fields
                    .iter()
                    .map(|field| json!([field.name(), field.type_().name()]))
                    .collect(),
                Kind::Array(element) => json!(element.name()),
                other => json!(format!("{other:?}")),
            };
            json!([
                column.name(),
                column.type_().name(),
                column.type_().schema(),
                kind
            ])
        })
        .collect();
    Ok(json!(described))
}

async fn place_of(client: &Client) -> Result<String, Error> {
    Ok(client
        .query_one("SELECT name FROM place", &[])
        .await?
        .get(0))
}

async fn whereabouts(config: &Config) -> Seen {
    let (client, _messages) = connect_with(config).await?;
    let branch: String = client.query_one("SHOW pggit.branch", &[]).await?.get(0);
    Ok(json!([branch, place_of(&client).await?]))
}

async fn branch_switch(mut client: Client) -> Seen {
    let mut seen = vec![place_of(&client).await?];
    for text in ["SET pggit.branch = 'other'", "RESET pggit.branch"] {
        client.execute(text, &[]).await?;
        seen.push(place_of(&client).await?);
    }
    let transaction = client.transaction().await?;
    transaction
        .execute("SET LOCAL pggit.branch = 'other'", &[])
        .await?;
    seen.push(
        transaction
            .query_one("SELECT name FROM place", &[])
            .await?
            .get(0),
    );
    transaction.commit().await?;
    seen.push(place_of(&client).await?);
    Ok(json!(seen))
}

async fn prepared_across_switch(client: Client) -> Seen {
    let statement = client.prepare("SELECT name FROM place").await?;
    let mut seen = Vec::new();
    for branch in ["main", "other", "main"] {
        client
            .batch_execute(&format!("SET pggit.branch = '{branch}'"))
            .await?;
        seen.push(client.query_one(&statement, &[]).await?.get::<_, String>(0));
    }
    Ok(json!(seen))
}

fn listed(rows: &[Row]) -> Value {
    let mut listed: Vec<(String, bool)> = rows
        .iter()
        .map(|row| (row.get("branch"), row.get("current")))
        .collect();
    listed.sort();
    json!(listed)
}

async fn pggit_simple(client: Client) -> Seen {
    let mut listed: Vec<_> = client
        .simple_query("PGGIT BRANCH")
        .await?
        .iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                Some((row.get("branch")?.to_owned(), row.get("current")? == "t"))
            }
            _ => None,
        })
        .collect();
    listed.sort();
    Ok(json!(listed))
}

async fn pggit_prepared(client: Client) -> Seen {
    let statement = client.prepare("PGGIT BRANCH").await?;
    Ok(json!([
        listed(&client.query(&statement, &[]).await?),
        listed(&client.query(&statement, &[]).await?)
    ]))
}

async fn pggit_error(mut client: Client) -> Seen {
    let mut codes = Vec::new();
    for text in ["PGGIT CHECKOUT nowhere", "PGGIT CHECKOUT"] {
        codes.push(refusal(client.query(text, &[]).await)[1].clone());
    }
    let transaction = client.transaction().await?;
    codes.push(refusal(transaction.query("PGGIT BRANCH inside", &[]).await)[1].clone());
    Ok(json!(codes))
}

async fn ddl_commit(client: Client) -> Seen {
    client.execute("CREATE TABLE made (id int)", &[]).await?;
    let logged = client.query("PGGIT LOG LIMIT 1", &[]).await?;
    Ok(logged
        .iter()
        .map(|row| row.get::<_, String>("message"))
        .collect())
}

async fn ddl_transaction(mut client: Client) -> Seen {
    let log = "PGGIT LOG LIMIT 1000";
    let before = client.query(log, &[]).await?.len();
    let transaction = client.transaction().await?;
    transaction
        .execute("CREATE TABLE in_one (id int)", &[])
        .await?;
    transaction
        .batch_execute("ALTER TABLE in_one ADD COLUMN more text")
        .await?;
    transaction.commit().await?;
    let between = client.query(log, &[]).await?.len();
    let transaction = client.transaction().await?;
    transaction.execute("DROP TABLE in_one", &[]).await?;
    transaction.rollback().await?;
    Ok(json!([
        between - before,
        client.query(log, &[]).await?.len() - between
    ]))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let place = &Place::from_environment();
    place.say_version("tokio-postgres");
    macro_rules! with_client {
        ($method:ident, $name:expr, $look:expr) => {
            place
                .$method($name, async {
                    let client = connect(place).await?;
                    $look(client).await
                })
                .await
        };
    }
    with_client!(check, "connect", |client: Client| async move {
        Ok(raw(&client.query("SELECT current_user::text", &[]).await?))
    });
    place.check("tls", tls(place)).await;
    place.check("refused", refused(place)).await;
    with_client!(check, "types_text", types_text);
    with_client!(check, "types_binary", types_binary);
    with_client!(check, "parameters", parameters);
    with_client!(check, "prepared", prepared);
    with_client!(check, "pipeline", pipeline);
    with_client!(check, "cursor", cursor);
    with_client!(check, "several", several);
    with_client!(check, "copy_in", copy_in);
    with_client!(check, "copy_out", copy_out);
    place.check("copy_error", copy_error(place)).await;
    place.check("notify", notify(place)).await;
    place.check("notice", notice(place)).await;
    place.check("cancel", cancel(place)).await;
    with_client!(check, "errors", errors);
    with_client!(check, "large_object", large_object);
    with_client!(check, "transaction", transaction);
    with_client!(check, "savepoint", savepoint);
    place.check("isolation", isolation(place)).await;
    with_client!(check, "introspection", introspection);
    let mut other = config(place);
    other.dbname(&place.other_database);
    place
        .branch_check("branch_in_database", whereabouts(&other))
        .await;
    let mut optional = config(place);
    optional.options("-c pggit.branch=other");
    place
        .branch_check("branch_in_options", whereabouts(&optional))
        .await;
    with_client!(branch_check, "branch_switch", branch_switch);
    with_client!(
        branch_check,
        "prepared_across_switch",
        prepared_across_switch
    );
    with_client!(branch_check, "pggit_simple", pggit_simple);
    with_client!(
        branch_check,
        "pggit_extended",
        |client: Client| async move { Ok(listed(&client.query_typed("PGGIT BRANCH", &[]).await?)) }
    );
    with_client!(branch_check, "pggit_prepared", pggit_prepared);
    with_client!(branch_check, "pggit_error", pggit_error);
    with_client!(branch_check, "ddl_commit", ddl_commit);
    with_client!(branch_check, "ddl_transaction", ddl_transaction);
    Ok(())
}

//! The administrative role's connections: pinned, and clean for whoever gets them next.

use super::secure::{ROLES, server};
use crate::harness::{Postgres, eventually};
use pggit::config::{SslMode, Upstream};
use pggit::upstream::{AdminPools, Executor};
use secrecy::SecretString;

/// Pools of one connection, so that the next user gets the same if it can be used again.
fn pools(server: &Postgres) -> AdminPools {
    AdminPools::new(&Upstream {
        port: server.port(),
        pool_size: 1,
        ..Upstream::default()
    })
    .expect("a valid configuration")
}

async fn value(pools: &AdminPools, sql: &str) -> Option<String> {
    let mut connection = pools.get("postgres").await.expect("a connection");
    let mut rows = connection.query(sql, &[]).await.expect("an answer");
    rows.remove(0).remove(0)
}

const BACKEND: &str = "SELECT pg_backend_pid()::text";

#[tokio::test]
async fn a_connection_is_used_again() {
    let pools = pools(Postgres::shared());
    let first = value(&pools, BACKEND).await;
    assert_eq!(value(&pools, BACKEND).await, first);
    pools
        .get("postgres")
        .await
        .unwrap()
        .batch("SELECT 1")
        .await
        .unwrap();
    assert_eq!(value(&pools, BACKEND).await, first);
}

#[tokio::test]
async fn a_transaction_that_was_left_open_is_rolled_back_at_once() {
    let server = Postgres::shared();
    let pools = pools(server);
    let mut connection = pools.get("postgres").await.unwrap();
    connection.batch("BEGIN").await.unwrap();
    connection
        .batch("CREATE TABLE public.left_open ()")
        .await
        .unwrap();
    let rows = connection.query(BACKEND, &[]).await.unwrap();
    let backend = rows[0][0].clone().unwrap();
    drop(connection);

    let witness = crate::harness::Session::connect(&server.url("postgres", "postgres")).await;
    eventually("the end of its backend", || async {
        let count = "SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE pid =";
        witness.value(&format!("{count} {backend}")).await == "0"
    })
    .await;
    let table = "SELECT to_regclass('public.left_open')::text";
    assert_eq!(value(&pools, table).await, None);
}

#[tokio::test]
async fn settings_are_pinned_and_what_a_user_set_is_forgotten() {
    let pools = pools(Postgres::shared());
    let mut connection = pools.get("postgres").await.unwrap();
    connection
        .batch("SET search_path = public; SET work_mem = '7MB'; RESET ALL; SET work_mem = '7MB'")
        .await
        .unwrap();
    drop(connection);
    let path = value(&pools, "SELECT current_setting('search_path')").await;
    assert_eq!(path.as_deref(), Some("pg_catalog, pg_temp"));
    let memory = value(&pools, "SELECT current_setting('work_mem')").await;
    assert_ne!(memory.as_deref(), Some("7MB"));
}

#[tokio::test]
async fn parameters_are_text_and_an_error_keeps_the_servers_words() {
    let pools = pools(Postgres::shared());
    let mut connection = pools.get("postgres").await.unwrap();
    let sql = "SELECT ($1::text::int + 1)::text, $2";
    let rows = connection.query(sql, &[Some("41"), None]).await.unwrap();
    assert_eq!(rows, [[Some("42".to_owned()), None]]);
    let error = connection.query(sql, &[Some("x"), None]).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid input syntax for type integer: \"x\""
    );
}

#[tokio::test]
async fn a_password_is_used_over_tls() {
    let server = server().await;
    let (role, password) = ROLES[0];
    let pools = AdminPools::new(&Upstream {
        port: server.port(),
        user: role.to_owned(),
        password: Some(SecretString::from(password)),
        sslmode: SslMode::Require,
        ..Upstream::default()
    })
    .unwrap();
    let user = value(&pools, "SELECT current_user::text").await;
    assert_eq!(user.as_deref(), Some(role));
}

#[tokio::test]
async fn a_database_can_be_dropped_soon_after_it_was_looked_at() {
    let server = Postgres::shared();
    let pools = pools(server);
    let admin = crate::harness::Session::connect(&server.url("postgres", "postgres")).await;
    admin.run("CREATE DATABASE looked_at").await;
    drop(pools.get("looked_at").await.unwrap());
    admin.run("DROP DATABASE looked_at").await;
}

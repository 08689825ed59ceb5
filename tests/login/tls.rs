//! TLS between client and proxy, between proxy and server, and on both.

use crate::harness::programs::{client_program, feed};
use crate::harness::raw::{self, RawClient};
use crate::harness::{Postgres, Proxy, Session, eventually};
use crate::secure::{Certificate, ConfigFile, server, server_certificate};
use nix::sys::signal::Signal;
use std::path::Path;

const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// What psql says when it logs in with these words in its connection string.
fn connect(proxy: &Proxy, words: &str, script: &str) -> Result<String, String> {
    let mut psql = client_program("psql");
    psql.env("PGPASSWORD", "s c'r@m")
        .args(["-X", "-q", "-A", "-t", "-d"])
        .arg(format!(
            "host=127.0.0.1 port={} dbname=postgres {words}",
            proxy.port()
        ))
        .args(["-f", "-"]);
    let output = feed(psql, script);
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

fn verifying(root: &Path) -> String {
    format!(
        "user=postgres sslmode=verify-full sslrootcert={}",
        root.display()
    )
}

/// In front of the server with these words in the upstream's URL.
async fn proxy_with_upstream(parameters: &str, arguments: &[&str]) -> (Proxy, &'static Postgres) {
    let server = server().await;
    let url = format!("{}?{parameters}", server.url("postgres", "postgres"));
    let mut all = vec!["--upstream", &url];
    all.extend(arguments);
    (Proxy::start_with(server, &all), server)
}

#[tokio::test]
async fn clients_may_use_tls_and_verify_the_certificate() {
    let directory = tempfile::tempdir().unwrap();
    let certificate = Certificate::write(directory.path());
    let config = ConfigFile::with_tls("allow", &certificate);
    let proxy = Proxy::start_with(server().await, &config.arguments());
    let verified = connect(
        &proxy,
        &verifying(&certificate.cert),
        "\\conninfo\nSELECT 1",
    );
    assert!(
        verified.as_ref().is_ok_and(|said| said.contains("SSL")),
        "{verified:?}"
    );
    connect(&proxy, "user=postgres sslmode=disable", "SELECT 1").unwrap();

    let other = tempfile::tempdir().unwrap();
    let stranger = Certificate::write(other.path());
    connect(&proxy, &verifying(&stranger.cert), "SELECT 1").unwrap_err();
}

#[tokio::test]
async fn a_client_without_tls_is_refused_where_it_is_required() {
    let directory = tempfile::tempdir().unwrap();
    let config = ConfigFile::with_tls("require", &Certificate::write(directory.path()));
    let proxy = Proxy::start_with(server().await, &config.arguments());
    let error = connect(&proxy, "user=postgres sslmode=disable", "SELECT 1").unwrap_err();
    assert!(error.contains("only connections with SSL"), "{error}");
    connect(&proxy, "user=postgres sslmode=require", "SELECT 1").unwrap();
}

#[tokio::test]
async fn a_certificate_is_replaced_without_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let certificate = Certificate::write(directory.path());
    let config = ConfigFile::with_tls("require", &certificate);
    let proxy = Proxy::start_with(server().await, &config.arguments());
    connect(&proxy, &verifying(&certificate.cert), "SELECT 1").unwrap();

    let renewed = Certificate::write(directory.path());
    connect(&proxy, &verifying(&renewed.cert), "SELECT 1").unwrap_err();
    proxy.signal(Signal::SIGHUP);
    eventually("the new certificate", || async {
        connect(&proxy, &verifying(&renewed.cert), "SELECT 1").is_ok()
    })
    .await;

    std::fs::write(&renewed.key, "no key").unwrap();
    proxy.signal(Signal::SIGHUP);
    eventually("a complaint", || async {
        proxy.log().contains("certificate not reloaded")
    })
    .await;
    connect(&proxy, &verifying(&renewed.cert), "SELECT 1").unwrap();
}

#[tokio::test]
async fn plaintext_behind_an_ssl_request_is_never_taken_for_the_clients() {
    let directory = tempfile::tempdir().unwrap();
    let config = ConfigFile::with_tls("allow", &Certificate::write(directory.path()));
    let proxy = Proxy::start_with(server().await, &config.arguments());
    let mut client = RawClient::open(proxy.port()).await;
    let injected = raw::startup(&[("user", "postgres"), ("database", "postgres")]);
    client.send(&[&SSL_REQUEST[..], &injected].concat()).await;
    // `S` and what follows it is no message; a login would hold an `R`.
    assert!(
        client
            .try_read()
            .await
            .is_none_or(|message| message.tag != b'R')
    );
    assert!(
        Session::connect(&proxy.url("postgres", "postgres"))
            .await
            .is_usable()
            .await
    );
}

#[tokio::test]
async fn the_servers_hop_is_encrypted_as_sslmode_says() {
    const ENCRYPTED: &str =
        "SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()";
    let root = server_certificate(server().await).cert;
    for (parameters, expected) in [
        ("sslmode=disable".to_owned(), "f"),
        ("sslmode=prefer".to_owned(), "t"),
        ("sslmode=require".to_owned(), "t"),
        (
            format!("sslmode=verify-ca&sslrootcert={}", root.display()),
            "t",
        ),
        (
            format!("sslmode=verify-full&sslrootcert={}", root.display()),
            "t",
        ),
    ] {
        let (proxy, _) = proxy_with_upstream(&parameters, &[]).await;
        let session = Session::connect(&proxy.url("postgres", "postgres")).await;
        assert_eq!(session.value(ENCRYPTED).await, expected, "{parameters}");
    }
}

#[tokio::test]
async fn a_server_whose_certificate_is_not_trusted_is_not_talked_to() {
    let directory = tempfile::tempdir().unwrap();
    let stranger = Certificate::write(directory.path());
    let parameters = format!(
        "sslmode=verify-full&sslrootcert={}",
        stranger.cert.display()
    );
    let (proxy, _) = proxy_with_upstream(&parameters, &[]).await;
    let refused = RawClient::try_connect(proxy.port(), &[("user", "postgres")]).await;
    assert_eq!(
        refused.err().map(|error| error.sqlstate()).as_deref(),
        Some("08006")
    );
}

#[tokio::test]
async fn scram_over_two_encrypted_hops_fails_with_a_way_out() {
    let directory = tempfile::tempdir().unwrap();
    let config = ConfigFile::with_tls("allow", &Certificate::write(directory.path()));
    let (proxy, _) = proxy_with_upstream("sslmode=require", &config.arguments()).await;
    let error = connect(&proxy, "user=scram sslmode=require", "SELECT 1").unwrap_err();
    assert!(
        error.contains("Connect with channel_binding=disable."),
        "{error}"
    );
    connect(
        &proxy,
        "user=scram sslmode=require channel_binding=disable",
        "SELECT 1",
    )
    .unwrap();
    connect(&proxy, "user=scram sslmode=disable", "SELECT 1").unwrap();
}

#[tokio::test]
async fn channel_binding_holds_end_to_end_where_both_hops_share_a_certificate() {
    let server = server().await;
    let config = ConfigFile::with_tls("allow", &server_certificate(server));
    let (proxy, _) = proxy_with_upstream("sslmode=require", &config.arguments()).await;
    let words = "user=scram sslmode=require channel_binding=require";
    connect(&proxy, words, "SELECT 1").unwrap();
}

#[tokio::test]
async fn scram_works_where_only_the_clients_hop_is_encrypted() {
    let directory = tempfile::tempdir().unwrap();
    let config = ConfigFile::with_tls("allow", &Certificate::write(directory.path()));
    let (proxy, _) = proxy_with_upstream("sslmode=disable", &config.arguments()).await;
    connect(&proxy, "user=scram sslmode=require", "SELECT 1").unwrap();
}

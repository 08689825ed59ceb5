//! TLS between client and proxy, between proxy and server, and on both.

use super::secure::{
    Certificate, ConfigFile, Negotiation, connect, over_tls, proxy_with_upstream, server,
    server_certificate,
};
use crate::harness::raw::{self, RawClient};
use crate::harness::{Proxy, Session, eventually};
use nix::sys::signal::Signal;
use std::path::Path;

fn verifying(root: &Path) -> String {
    format!(
        "user=postgres sslmode=verify-full sslrootcert={}",
        root.display()
    )
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
    client
        .send(&[&raw::SSL_REQUEST[..], &injected].concat())
        .await;
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
        let proxy = proxy_with_upstream(&parameters, &[]).await;
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
    let proxy = proxy_with_upstream(&parameters, &[]).await;
    let refused = RawClient::try_connect(proxy.port(), &[("user", "postgres")]).await;
    assert_eq!(
        refused.err().map(|error| error.sqlstate()).as_deref(),
        Some("08006")
    );
}

#[tokio::test]
async fn channel_binding_holds_end_to_end_where_both_hops_share_a_certificate() {
    let server = server().await;
    let config = ConfigFile::with_tls("allow", &server_certificate(server));
    let proxy = proxy_with_upstream("sslmode=require", &config.arguments()).await;
    let words = "user=scram sslmode=require channel_binding=require";
    connect(&proxy, words, "SELECT 1").unwrap();
}

#[tokio::test]
async fn scram_works_where_only_the_clients_hop_is_encrypted() {
    let directory = tempfile::tempdir().unwrap();
    let config = ConfigFile::with_tls("allow", &Certificate::write(directory.path()));
    let proxy = proxy_with_upstream("sslmode=disable", &config.arguments()).await;
    connect(&proxy, "user=scram sslmode=require", "SELECT 1").unwrap();
}

const LOGIN: [(&str, &str); 2] = [("user", "postgres"), ("database", "postgres")];

#[tokio::test]
async fn gss_encryption_is_declined_before_tls_and_within() {
    const GSS_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30];
    let directory = tempfile::tempdir().unwrap();
    let certificate = Certificate::write(directory.path());
    let config = ConfigFile::with_tls("require", &certificate);
    let proxy = Proxy::start_with(server().await, &config.arguments());
    let mut before = RawClient::open(proxy.port()).await;
    before.send(&GSS_REQUEST).await;
    assert_eq!(before.read_bytes(1).await, b"N");
    before.send(&raw::SSL_REQUEST).await;
    assert_eq!(before.read_bytes(1).await, b"S");

    let mut within = over_tls(proxy.port(), &certificate.cert, Negotiation::Asked, None)
        .await
        .unwrap();
    within.send(&GSS_REQUEST).await;
    assert_eq!(within.read_bytes(1).await, b"N");
    within.login(&LOGIN).await.unwrap();
    assert_eq!(raw::tags(&within.query("SELECT 1").await), "TDCZ");
}

#[tokio::test]
async fn direct_tls_is_taken_from_clients_that_name_the_protocol() {
    let directory = tempfile::tempdir().unwrap();
    let certificate = Certificate::write(directory.path());
    let config = ConfigFile::with_tls("require", &certificate);
    let proxy = Proxy::start_with(server().await, &config.arguments());
    let direct = |protocol| {
        over_tls(
            proxy.port(),
            &certificate.cert,
            Negotiation::Direct(protocol),
            None,
        )
    };
    let mut client = direct(Some(b"postgresql")).await.unwrap();
    client.login(&LOGIN).await.unwrap();
    assert_eq!(raw::tags(&client.query("SELECT 1").await), "TDCZ");

    // Another protocol is refused in the handshake, none right after it.
    assert!(direct(Some(b"http/1.1")).await.is_err());
    if let Ok(mut nameless) = direct(None).await {
        nameless.try_send(&raw::startup(&LOGIN)).await;
        assert!(nameless.try_read().await.is_none());
    }
    // Encryption is asked for once, and it is there already.
    let mut twice = direct(Some(b"postgresql")).await.unwrap();
    twice.send(&raw::SSL_REQUEST).await;
    assert_eq!(twice.read().await.sqlstate(), "08P01");
}

#[tokio::test]
async fn direct_tls_is_spoken_to_a_server_that_has_it() {
    // A proxy is a server that has it, whatever the version of the one behind it.
    let directory = tempfile::tempdir().unwrap();
    let certificate = Certificate::write(directory.path());
    let config = ConfigFile::with_tls("require", &certificate);
    let behind = Proxy::start_with(server().await, &config.arguments());
    let url = format!(
        "{}?sslmode=verify-full&sslnegotiation=direct&sslrootcert={}",
        behind.url("postgres", "postgres"),
        certificate.cert.display()
    );
    let proxy = Proxy::start_with(server().await, &["--upstream", &url]);
    let session = Session::connect(&proxy.url("postgres", "postgres")).await;
    assert!(session.is_usable().await);
}

#[tokio::test]
async fn a_cancel_request_is_taken_and_sent_on_over_tls() {
    let directory = tempfile::tempdir().unwrap();
    let certificate = Certificate::write(directory.path());
    let config = ConfigFile::with_tls("require", &certificate);
    let proxy = proxy_with_upstream("sslmode=require", &config.arguments()).await;
    let open = || over_tls(proxy.port(), &certificate.cert, Negotiation::Asked, None);
    let mut client = open().await.unwrap();
    client.login(&LOGIN).await.unwrap();
    client
        .send(&raw::query("SELECT pg_catalog.pg_sleep(600)"))
        .await;
    let key = client.key.clone();
    // The query may not have begun when the first request comes.
    let cancel = async {
        loop {
            let mut canceller = open().await.unwrap();
            canceller.send(&raw::cancel(&key)).await;
            assert!(canceller.try_read().await.is_none());
        }
    };
    let messages = tokio::select! {
        messages = client.read_until_ready() => messages,
        () = cancel => unreachable!("it never ends"),
    };
    let error = messages.iter().find(|message| message.tag == b'E');
    assert_eq!(error.expect("an error").sqlstate(), "57014");
}

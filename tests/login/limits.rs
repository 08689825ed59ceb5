//! Limits: how many, and how long.

use super::secure::{Certificate, ConfigFile, server};
use crate::harness::raw::{self, RawClient};
use crate::harness::{Postgres, Proxy};

fn limited(limits: &str) -> (Proxy, ConfigFile) {
    let config = ConfigFile::new(|_| format!("[limits]\n{limits}\n"));
    let proxy = Proxy::start_with(Postgres::shared(), &config.arguments());
    (proxy, config)
}

#[tokio::test]
async fn one_client_too_many_is_told_so_and_a_cancel_request_is_still_served() {
    let (proxy, _config) = limited("max_connections = 1");
    let mut first = RawClient::connect(proxy.port(), "postgres", "postgres").await;
    let refused = RawClient::try_connect(proxy.port(), &[("user", "postgres")]).await;
    let error = refused.err().expect("no place for a second");
    assert_eq!(error.sqlstate(), "53300");
    assert_eq!(
        error.field(b'M').as_deref(),
        Some("sorry, too many clients already")
    );
    assert_eq!(error.field(b'S').as_deref(), Some("FATAL"));

    first
        .send(&raw::query("SELECT pg_catalog.pg_sleep(600)"))
        .await;
    let key = first.key.clone();
    // The query may not have begun when the first request comes.
    let cancel = async {
        loop {
            let mut canceller = RawClient::open(proxy.port()).await;
            canceller.send(&raw::cancel(&key)).await;
            assert!(
                canceller.try_read().await.is_none(),
                "a cancel is not answered"
            );
        }
    };
    let messages = tokio::select! {
        messages = first.read_until_ready() => messages,
        () = cancel => unreachable!("it never ends"),
    };
    let error = messages.iter().find(|message| message.tag == b'E');
    assert_eq!(error.expect("an error").sqlstate(), "57014");
}

#[tokio::test]
async fn a_place_is_free_again_when_its_client_has_left() {
    let (proxy, _config) = limited("max_connections = 1");
    for _ in 0..3 {
        let mut client = RawClient::connect(proxy.port(), "postgres", "postgres").await;
        client.send(&raw::frame(b'X', &[])).await;
        assert!(client.try_read().await.is_none());
        crate::harness::eventually("a free place", || async {
            RawClient::try_connect(proxy.port(), &[("user", "postgres")])
                .await
                .is_ok()
        })
        .await;
        // The one just made leaves, too.
        crate::harness::eventually("nobody", || async {
            super::operator::get(&proxy, "/metrics")
                .await
                .1
                .contains("pggit_connections 0\n")
        })
        .await;
    }
}

#[tokio::test]
async fn a_client_that_never_logs_in_is_hung_up_on() {
    let (proxy, _config) = limited("login_timeout = '100ms'");
    let mut silent = RawClient::open(proxy.port()).await;
    let mut slow = RawClient::open(proxy.port()).await;
    slow.send(&[0, 0, 0]).await;
    assert!(silent.try_read().await.is_none());
    assert!(slow.try_read().await.is_none());
    crate::harness::eventually("both are counted", || async {
        super::operator::get(&proxy, "/metrics")
            .await
            .1
            .contains("pggit_connections_rejected_total{reason=\"login_timeout\"} 2\n")
    })
    .await;
}

#[tokio::test]
async fn tls_and_passwords_have_to_be_done_with_in_time_as_well() {
    let config = ConfigFile::new(|directory| {
        let certificate = Certificate::write(directory);
        format!(
            "[limits]\nlogin_timeout = '300ms'\n[tls]\nmode = 'allow'\ncert = '{}'\nkey = '{}'\n",
            certificate.cert.display(),
            certificate.key.display()
        )
    });
    let proxy = Proxy::start_with(server().await, &config.arguments());
    let mut half_a_hello = RawClient::open(proxy.port()).await;
    half_a_hello.send(&raw::SSL_REQUEST).await;
    assert_eq!(half_a_hello.read_bytes(1).await, b"S");
    half_a_hello.send(&[0x16, 3, 1, 2]).await;
    assert!(half_a_hello.try_read().await.is_none());

    let mut thinking = RawClient::open(proxy.port()).await;
    let parameters = [("user", "scram"), ("database", "postgres")];
    thinking.send(&raw::startup(&parameters)).await;
    assert_eq!(thinking.read().await.tag(), 'R');
    assert!(thinking.try_read().await.is_none());
}

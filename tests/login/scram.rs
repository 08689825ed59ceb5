//! SCRAM that ends in the proxy: TLS on the clients' hop, with a certificate other than the server's.

use super::secure::{
    Certificate, ConfigFile, Negotiation, connect, over_tls, proxy_with_upstream, server,
};
use crate::harness::raw::{self, Message, RawClient};
use crate::harness::{Database, Proxy, Session};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// A proxy whose two hops have certificates of their own.
struct TwoHops {
    proxy: Proxy,
    certificate: Certificate,
    _files: (TempDir, ConfigFile),
}

impl TwoHops {
    async fn with_upstream(parameters: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let certificate = Certificate::write(directory.path());
        let config = ConfigFile::with_tls("allow", &certificate);
        Self {
            proxy: proxy_with_upstream(parameters, &config.arguments()).await,
            certificate,
            _files: (directory, config),
        }
    }

    /// Up to the list of mechanisms.
    async fn begin(&self, role: &str) -> (RawClient, Message) {
        let port = self.proxy.port();
        let mut client = over_tls(port, &self.certificate.cert, Negotiation::Asked, None)
            .await
            .unwrap();
        let parameters = [("user", role), ("database", "postgres")];
        client.send(&raw::startup(&parameters)).await;
        let offer = client.read().await;
        (client, offer)
    }

    /// A login with no idea of the password: what is said to it in turn.
    async fn try_blindly(&self, role: &str) -> [Message; 3] {
        let (mut client, offer) = self.begin(role).await;
        client
            .send(&initial("SCRAM-SHA-256", "n,,n=,r=clientnonce"))
            .await;
        let challenge = client.read().await;
        let text = String::from_utf8_lossy(&challenge.body[4..]).into_owned();
        let nonce = text.split(',').next().unwrap().to_owned();
        let proof = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        client
            .send(&raw::frame(
                b'p',
                format!("c=biws,{nonce},p={proof}").as_bytes(),
            ))
            .await;
        let refusal = client.read().await;
        assert!(client.try_read().await.is_none(), "nothing after it");
        [offer, challenge, refusal]
    }
}

/// SASLInitialResponse.
fn initial(mechanism: &str, message: &str) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let body = [mechanism.as_bytes(), &[0], &length, message.as_bytes()].concat();
    raw::frame(b'p', &body)
}

/// The parts of a challenge: salt and iterations.
fn salt_and_iterations(challenge: &Message) -> (String, String) {
    let text = String::from_utf8_lossy(&challenge.body[4..]).into_owned();
    let mut parts = text.split(',').skip(1).map(str::to_owned);
    (parts.next().unwrap(), parts.next().unwrap())
}

#[tokio::test]
async fn a_client_binds_to_the_proxys_certificate_whatever_the_servers_hop_is() {
    for upstream in ["sslmode=require", "sslmode=disable"] {
        let hops = TwoHops::with_upstream(upstream).await;
        for words in [
            "channel_binding=require",
            "channel_binding=prefer",
            "channel_binding=disable",
        ] {
            let words = format!("user=scram sslmode=require {words}");
            let said = connect(&hops.proxy, &words, "SELECT current_user");
            assert_eq!(said.as_deref(), Ok("scram"), "{upstream} {words}");
        }
        let plain = connect(&hops.proxy, "user=scram sslmode=disable", "SELECT 1");
        assert_eq!(plain.as_deref(), Ok("1"));
    }
}

#[tokio::test]
async fn the_binding_is_to_the_certificate_of_that_very_connection() {
    let hops = TwoHops::with_upstream("sslmode=require").await;
    let (mut before, _) = hops.begin("scram").await;
    let directory = hops.certificate.cert.parent().unwrap();
    let old = std::fs::read(&hops.certificate.cert).unwrap();
    Certificate::write(directory);
    assert_ne!(std::fs::read(&hops.certificate.cert).unwrap(), old);
    hops.proxy.signal(nix::sys::signal::Signal::SIGHUP);
    let words = format!(
        "user=scram sslmode=verify-full channel_binding=require sslrootcert={}",
        hops.certificate.cert.display()
    );
    crate::harness::eventually("the new certificate", || async {
        connect(&hops.proxy, &words, "SELECT 1").is_ok()
    })
    .await;
    // The one from before is still in its login, and bound to what it was shown: the new hash is wrong for it.
    let new = CertificateDer::from_pem_file(&hops.certificate.cert).unwrap();
    before
        .send(&initial(
            "SCRAM-SHA-256-PLUS",
            "p=tls-server-end-point,,n=,r=nonce",
        ))
        .await;
    let challenge = before.read().await;
    let text = String::from_utf8_lossy(&challenge.body[4..]).into_owned();
    let nonce = text.split(',').next().unwrap();
    let mut bound = b"p=tls-server-end-point,,".to_vec();
    bound.extend(Sha256::digest(&new));
    let last = format!(
        "c={},{nonce},p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        BASE64.encode(&bound)
    );
    before.send(&raw::frame(b'p', last.as_bytes())).await;
    let error = before.read().await;
    assert_eq!(
        error.field(b'M').as_deref(),
        Some("SCRAM channel binding check failed")
    );
    assert_eq!(error.sqlstate(), "28000");
}

#[tokio::test]
async fn who_has_no_password_to_log_in_with_looks_like_anybody_else() {
    let hops = TwoHops::with_upstream("sslmode=require").await;
    let known = hops.try_blindly("scram").await;
    let (salt, iterations) = salt_and_iterations(&known[1]);
    for role in ["nobody", "expired", "hashless"] {
        let [offer, challenge, refusal] = hops.try_blindly(role).await;
        assert_eq!(offer, known[0], "{role}");
        let made_up = salt_and_iterations(&challenge);
        assert_eq!(made_up.0.len(), salt.len(), "{role}");
        assert_eq!(made_up.1, iterations, "{role}");
        let again = hops.try_blindly(role).await;
        assert_eq!(
            salt_and_iterations(&again[1]),
            made_up,
            "a salt that changes would tell"
        );
        for field in [b'S', b'C'] {
            assert_eq!(refusal.field(field), known[2].field(field), "{role}");
        }
        let said = format!("password authentication failed for user \"{role}\"");
        assert_eq!(refusal.field(b'M'), Some(said));
    }
    // The server has seen every one of them fail.
    let log = server().await.log();
    assert!(log.contains("password authentication failed for user \"nobody\""));
}

#[tokio::test]
async fn what_the_server_says_of_a_role_holds_though_the_password_is_right() {
    let hops = TwoHops::with_upstream("sslmode=require").await;
    for (role, said) in [
        (
            "expired",
            "password authentication failed for user \"expired\"",
        ),
        ("locked", "role \"locked\" is not permitted to log in"),
    ] {
        let words = format!("user={role} password=right sslmode=require");
        let error = connect(&hops.proxy, &words, "SELECT 1").unwrap_err();
        assert!(error.contains(said), "{error}");
        assert_eq!(error.matches("FATAL").count(), 1, "{error}");
    }
    let words = "user=scram password=wrong sslmode=require";
    let error = connect(&hops.proxy, words, "SELECT 1").unwrap_err();
    let said = "password authentication failed for user \"scram\"";
    assert!(error.contains(said), "{error}");
    assert_eq!(error.matches("FATAL").count(), 1, "{error}");
}

#[tokio::test]
async fn a_client_that_was_offered_binding_cannot_say_that_it_was_not() {
    let hops = TwoHops::with_upstream("sslmode=require").await;
    let (mut client, offer) = hops.begin("scram").await;
    assert!(offer.body[4..].starts_with(b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0"));
    client
        .send(&initial("SCRAM-SHA-256", "y,,n=,r=nonce"))
        .await;
    let error = client.read().await;
    assert_eq!(error.sqlstate(), "28000");
    assert_eq!(
        error.field(b'M').as_deref(),
        Some("SCRAM channel binding negotiation error")
    );

    let (mut client, _) = hops.begin("scram").await;
    client.send(&initial("PLAIN", "n,,n=,r=nonce")).await;
    assert_eq!(client.read().await.sqlstate(), "08P01");
}

#[tokio::test]
async fn no_search_path_decides_how_passwords_are_looked_up() {
    let database = Database::create_on(server().await).await;
    let superuser = database.superuser().await;
    superuser
        .run(
            "CREATE SCHEMA evil;
             CREATE TABLE evil.pg_authid (rolname name, rolpassword text, rolvaliduntil timestamptz);
             CREATE FUNCTION evil.same(name, name) RETURNS boolean LANGUAGE sql AS 'SELECT true';
             CREATE OPERATOR evil.= (LEFTARG = name, RIGHTARG = name, FUNCTION = evil.same);
             GRANT USAGE ON SCHEMA evil TO PUBLIC",
        )
        .await;
    let path = format!(
        "ALTER DATABASE {} SET search_path = evil, pg_catalog",
        database.name
    );
    superuser.run(&path).await;
    let hops = TwoHops::with_upstream("sslmode=require").await;
    let words = format!("user=scram sslmode=require dbname={}", database.name);
    let said = connect(&hops.proxy, &words, "SELECT current_user");
    assert_eq!(said.as_deref(), Ok("scram"));
    let wrong = format!("{words} password=wrong");
    connect(&hops.proxy, &wrong, "SELECT 1").unwrap_err();
}

#[tokio::test]
async fn scram_is_relayed_where_the_administrative_role_may_not_read_passwords() {
    let server = server().await;
    let directory = tempfile::tempdir().unwrap();
    let config = ConfigFile::with_tls("allow", &Certificate::write(directory.path()));
    let url = format!("{}?sslmode=require", server.url("limited", "postgres"));
    let arguments = [&["--upstream", &url][..], &config.arguments()].concat();
    let proxy = Proxy::start_with(server, &arguments);
    let error = connect(&proxy, "user=scram sslmode=require", "SELECT 1").unwrap_err();
    assert!(
        error.contains("Connect with channel_binding=disable."),
        "{error}"
    );
    let words = "user=scram sslmode=require channel_binding=disable";
    assert_eq!(connect(&proxy, words, "SELECT 1").as_deref(), Ok("1"));
    assert_eq!(proxy.log().matches("may not read pg_authid").count(), 1);
}

#[tokio::test]
async fn a_password_that_changes_counts_from_the_next_login_on() {
    let hops = TwoHops::with_upstream("sslmode=require").await;
    let admin = Session::connect(&server().await.url("postgres", "postgres")).await;
    for password in ["one", "another"] {
        admin
            .run(&format!("ALTER ROLE changing PASSWORD '{password}'"))
            .await;
        let words = format!("user=changing password={password} sslmode=require");
        assert_eq!(
            connect(&hops.proxy, &words, "SELECT current_user").as_deref(),
            Ok("changing")
        );
    }
    let words = "user=changing password=one sslmode=require";
    connect(&hops.proxy, words, "SELECT 1").unwrap_err();
}

//! What is secret stays so, however much is logged.

use super::secure::{
    Certificate, ConfigFile, ROLES, connect, proxy_with_upstream, server, server_certificate,
};
use crate::harness::Session;

#[tokio::test]
async fn no_secret_is_in_the_log_at_its_most_talkative() {
    const ADMIN_PASSWORD: &str = "administrative-secret";
    let server = server().await;
    let admin = Session::connect(&server.url("postgres", "postgres")).await;
    let directory = tempfile::tempdir().unwrap();
    let certificate = Certificate::write(directory.path());
    let config = ConfigFile::new(|_| {
        format!(
            "[log]\nfilter = 'trace'\n[upstream]\npassword = '{ADMIN_PASSWORD}'\n\
             [tls]\nmode = 'allow'\ncert = '{}'\nkey = '{}'\n",
            certificate.cert.display(),
            certificate.key.display()
        )
    });
    let proxy = proxy_with_upstream("sslmode=require", &config.arguments()).await;
    for (role, password) in ROLES {
        for words in [
            "sslmode=require",
            "sslmode=disable",
            "sslmode=require channel_binding=disable",
        ] {
            let password = password.replace('\'', "\\'");
            let words = format!("user={role} password='{password}' {words}");
            assert_eq!(
                connect(&proxy, &words, "SELECT current_user").as_deref(),
                Ok(role)
            );
        }
        connect(
            &proxy,
            &format!("user={role} password=wrong-guess"),
            "SELECT 1",
        )
        .unwrap_err();
    }
    let log = proxy.log();
    assert!(log.contains("TRACE") && log.contains("session begins"));

    let mut secrets: Vec<String> = ROLES.map(|(_, password)| password.to_owned()).to_vec();
    // "five" and "text" are words that a log may have for other reasons.
    secrets.retain(|secret| secret.len() > 5);
    secrets.extend([ADMIN_PASSWORD.to_owned(), "wrong-guess".to_owned()]);
    for stored in admin
        .column("SELECT rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL")
        .await
    {
        secrets.extend(
            stored
                .split(['$', ':'])
                .filter(|part| part.len() > 20)
                .map(str::to_owned),
        );
    }
    for key in [&certificate.key, &server_certificate(server).key] {
        let text = std::fs::read_to_string(key).unwrap();
        secrets.push(text.lines().nth(1).expect("a key").to_owned());
    }
    assert!(secrets.len() > 8);
    for secret in secrets {
        assert!(!log.contains(&secret), "the log has {secret}");
        let bytes: Vec<String> = secret.bytes().map(|byte| byte.to_string()).collect();
        assert!(
            !log.contains(&bytes.join(", ")),
            "the log has the bytes of {secret}"
        );
    }
}

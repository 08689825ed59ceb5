//! The proxy relays authentication of every kind and takes no decision of its own.

use super::secure::{ROLES, server};
use crate::harness::Proxy;
use crate::harness::programs::{client_program, feed};

fn login(proxy: &Proxy, role: &str, password: &str) -> std::process::Output {
    let mut psql = client_program("psql");
    psql.env("PGPASSWORD", password)
        .args(["-X", "-q", "-A", "-t", "-d"])
        .arg(proxy.url(role, "postgres"))
        .args(["-f", "-"]);
    feed(psql, "SELECT current_user")
}

#[tokio::test]
async fn scram_md5_and_plain_passwords_are_relayed() {
    let proxy = Proxy::start_with(server().await, &[]);
    for (role, password) in ROLES {
        let output = login(&proxy, role, password);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            String::from_utf8_lossy(&output.stdout).trim(),
            role,
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_wrong_password_is_refused_in_the_servers_words_and_only_once() {
    let proxy = Proxy::start_with(server().await, &[]);
    for (role, _) in ROLES {
        let output = login(&proxy, role, "wrong");
        let error = String::from_utf8_lossy(&output.stderr);
        let said = format!("FATAL:  password authentication failed for user \"{role}\"");
        assert_eq!(error.matches("FATAL").count(), 1, "{error}");
        assert!(error.contains(&said), "{error}");
    }
}

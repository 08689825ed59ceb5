//! Clients that log in with a certificate.
//!
//! The server asks for one of `certified`, and believes the proxy's for it.

use super::secure::{Certificate, ConfigFile, connect, proxy_with_upstream, write_authority};
use crate::harness::Proxy;
use crate::harness::raw::RawClient;
use std::fmt::Write;
use std::path::Path;
use tempfile::TempDir;

struct Certified {
    proxy: Proxy,
    directory: TempDir,
    _config: ConfigFile,
}

impl Certified {
    /// With further lines in the section `[tls]`.
    async fn with(tls: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let certificate = Certificate::write(path);
        let own = Certificate::issue(path, "pggit");
        let config = ConfigFile::new(|_| {
            let mut text = String::from("[tls]\nmode = 'allow'\n");
            for (setting, file) in [
                ("cert", &certificate.cert),
                ("key", &certificate.key),
                ("client_ca", &write_authority(path)),
            ] {
                writeln!(text, "{setting} = '{}'", file.display()).unwrap();
            }
            text + &tls.replace("DIR", &path.display().to_string())
        });
        let upstream = format!(
            "sslmode=require&sslcert={}&sslkey={}",
            own.cert.display(),
            own.key.display()
        );
        Self {
            proxy: proxy_with_upstream(&upstream, &config.arguments()).await,
            directory,
            _config: config,
        }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    /// As `role`, with a certificate for that name if there is one.
    fn login(&self, role: &str, name: Option<&str>) -> Result<String, String> {
        let own = match name {
            Some(name) => {
                let files = Certificate::issue(self.path(), name);
                format!(
                    "sslcert={} sslkey={}",
                    files.cert.display(),
                    files.key.display()
                )
            }
            None => "sslcert=/nonexistent".to_owned(),
        };
        let words = format!("user={role} sslmode=require {own}");
        connect(&self.proxy, &words, "SELECT current_user")
    }
}

#[tokio::test]
async fn the_proxys_certificate_is_lent_to_clients_with_one_for_their_role() {
    let certified = Certified::with("").await;
    assert_eq!(
        certified.login("certified", Some("certified")).as_deref(),
        Ok("certified")
    );
    // Without one, or with one for somebody else, the server sees none and refuses in its own words.
    for name in [None, Some("postgres"), Some("Certified")] {
        let error = certified.login("certified", name).unwrap_err();
        assert!(
            error.contains("connection requires a valid client certificate"),
            "{error}"
        );
    }
    // Others log in as ever, whatever certificate they have.
    for name in [None, Some("certified")] {
        assert_eq!(certified.login("scram", name).as_deref(), Ok("scram"));
    }
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused_in_the_handshake() {
    let certified = Certified::with("").await;
    let elsewhere = tempfile::tempdir().unwrap();
    let stranger = Certificate::write(elsewhere.path());
    let words = format!(
        "user=certified sslmode=require sslcert={} sslkey={}",
        stranger.cert.display(),
        stranger.key.display()
    );
    let error = connect(&certified.proxy, &words, "SELECT 1").unwrap_err();
    assert!(!error.contains("FATAL"), "{error}");
}

#[tokio::test]
async fn a_map_gives_names_their_roles_and_is_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let map = directory.path().join("roles");
    std::fs::write(&map, "ada certified\n").unwrap();
    let certified = Certified::with(&format!("client_map = '{}'\n", map.display())).await;
    assert_eq!(
        certified.login("certified", Some("ada")).as_deref(),
        Ok("certified")
    );
    certified.login("certified", Some("certified")).unwrap_err();

    std::fs::write(&map, "eve certified\n").unwrap();
    certified.proxy.signal(nix::sys::signal::Signal::SIGHUP);
    crate::harness::eventually("the new map", || async {
        certified.login("certified", Some("eve")).is_ok()
    })
    .await;
    certified.login("certified", Some("ada")).unwrap_err();
}

#[tokio::test]
async fn where_certificates_are_required_nobody_gets_in_without() {
    let certified = Certified::with("client_auth = 'require'\n").await;
    assert_eq!(
        certified.login("certified", Some("certified")).as_deref(),
        Ok("certified")
    );
    for (role, name) in [
        ("certified", None),
        ("certified", Some("postgres")),
        ("postgres", None),
        ("postgres", Some("certified")),
    ] {
        let error = certified.login(role, name).unwrap_err();
        let said = format!("certificate authentication failed for user \"{role}\"");
        assert!(error.contains(&said), "{error}");
    }
    let port = certified.proxy.port();
    for parameters in [
        &[("user", "postgres")][..],
        &[("user", "postgres"), ("replication", "true")],
    ] {
        let plain = RawClient::try_connect(port, parameters).await;
        assert_eq!(plain.err().expect("no certificate").sqlstate(), "28000");
    }
    assert_eq!(
        certified.login("postgres", Some("postgres")).as_deref(),
        Ok("postgres")
    );
}

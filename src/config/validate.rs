//! What the types of the settings do not say: values that can be read and still make no sense.

use super::load::Problem;
use super::{ClientAuth, Config, SslMode, SslNegotiation, TlsMode};
use std::path::Path;

impl Config {
    /// Everything that is wrong with the settings as such, and with the files that they name.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut say =
            |setting: &str, message: String| problems.push(Problem::new(setting, message));

        if self.listen.is_empty() {
            say("listen", "names no address".to_owned());
        }
        for address in &self.listen {
            if !address.starts_with('/') && !is_host_and_port(address) {
                say(
                    "listen",
                    format!("\"{address}\" is neither host:port nor the path of a Unix socket"),
                );
            }
        }
        if let Some(address) = &self.metrics.listen
            && !is_host_and_port(address)
        {
            say("metrics.listen", format!("\"{address}\" is not host:port"));
        }
        for (setting, path) in [
            ("tls.cert", &self.tls.cert),
            ("tls.key", &self.tls.key),
            ("tls.client_ca", &self.tls.client_ca),
            ("tls.client_map", &self.tls.client_map),
            ("upstream.root_cert", &self.upstream.root_cert),
            ("upstream.client_cert", &self.upstream.client_cert),
            ("upstream.client_key", &self.upstream.client_key),
            ("upstream.password_file", &self.upstream.password_file),
        ] {
            match path.as_deref().map(readable) {
                Some(Err(error)) => {
                    let path = path.as_deref().unwrap_or(Path::new(""));
                    say(
                        setting,
                        format!("could not read {}: {error}", path.display()),
                    );
                }
                None if ["tls.cert", "tls.key"].contains(&setting)
                    && self.tls.mode != TlsMode::Disable =>
                {
                    say(setting, "is not set, but tls.mode asks for TLS".to_owned());
                }
                _ => {}
            }
        }
        for (setting, value) in [
            ("upstream.pool_size", self.upstream.pool_size),
            ("limits.max_connections", self.limits.max_connections),
            (
                "limits.max_statement_bytes",
                self.limits.max_statement_bytes.0,
            ),
        ] {
            if value == 0 {
                say(setting, "must be greater than zero".to_owned());
            }
        }
        for (setting, value) in [
            ("upstream.connect_timeout", self.upstream.connect_timeout),
            ("limits.login_timeout", self.limits.login_timeout),
        ] {
            if value.0.is_zero() {
                say(setting, "must be greater than zero".to_owned());
            }
        }
        let needs_authorities =
            self.tls.client_map.is_some() || self.tls.client_auth == ClientAuth::Require;
        if self.tls.client_ca.is_none() && needs_authorities {
            say(
                "tls.client_ca",
                "is not set, but clients' certificates are to be looked at".to_owned(),
            );
        }
        if self.tls.client_ca.is_some() && self.tls.mode == TlsMode::Disable {
            say(
                "tls.client_ca",
                "is set, but tls.mode disables TLS".to_owned(),
            );
        }
        for (setting, missing) in [
            ("upstream.client_key", self.upstream.client_key.is_none()),
            ("upstream.client_cert", self.upstream.client_cert.is_none()),
        ] {
            let other = self.upstream.client_cert.is_some() || self.upstream.client_key.is_some();
            if missing && other {
                say(
                    setting,
                    "is not set: a certificate needs its key, and a key its certificate".to_owned(),
                );
            }
        }
        // As in libpq: without TLS for certain there is nothing to begin at once.
        if self.upstream.sslnegotiation == SslNegotiation::Direct
            && matches!(self.upstream.sslmode, SslMode::Disable | SslMode::Prefer)
        {
            say(
                "upstream.sslnegotiation",
                "is direct, for which upstream.sslmode has to be require, verify-ca or verify-full"
                    .to_owned(),
            );
        }
        if self.undrop.keep.is_some_and(|keep| keep.0.is_zero()) {
            say("undrop.keep", "must be greater than zero".to_owned());
        }
        if self.upstream.password.is_some() && self.upstream.password_file.is_some() {
            say(
                "upstream.password_file",
                "is set as well as upstream.password; one of them is enough".to_owned(),
            );
        }
        problems
    }
}

fn is_host_and_port(address: &str) -> bool {
    address
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

fn readable(path: &Path) -> std::io::Result<()> {
    std::fs::File::open(path).and_then(|file| {
        if file.metadata()?.is_dir() {
            return Err(std::io::ErrorKind::IsADirectory.into());
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn the_defaults_are_fine() {
        assert_eq!(Config::default().problems(), []);
    }

    #[test]
    fn every_problem_is_found_at_once() {
        let mut config = Config {
            listen: vec!["nowhere".to_owned(), "[::1]:6432".to_owned()],
            ..Config::default()
        };
        config.tls.mode = TlsMode::Require;
        config.tls.cert = Some(PathBuf::from("/does/not/exist"));
        config.metrics.listen = Some("localhost".to_owned());
        config.limits.max_connections = 0;
        let settings: Vec<String> = config
            .problems()
            .into_iter()
            .map(|problem| problem.setting)
            .collect();
        assert_eq!(
            settings,
            [
                "listen",
                "metrics.listen",
                "tls.cert",
                "tls.key",
                "limits.max_connections"
            ]
        );
    }

    #[test]
    fn settings_that_need_each_other_are_found_apart() {
        let mut config = Config::default();
        config.tls.client_auth = ClientAuth::Require;
        config.upstream.client_key = Some(PathBuf::from("/dev/null"));
        config.upstream.sslnegotiation = SslNegotiation::Direct;
        let settings: Vec<String> = config
            .problems()
            .into_iter()
            .map(|problem| problem.setting)
            .collect();
        assert_eq!(
            settings,
            [
                "tls.client_ca",
                "upstream.client_cert",
                "upstream.sslnegotiation"
            ]
        );
    }
}

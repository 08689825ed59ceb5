//! What the types of the settings do not say: values that can be read and still make no sense.

use super::load::Problem;
use super::{Config, TlsMode};
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
            ("upstream.root_cert", &self.upstream.root_cert),
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
                None if setting.starts_with("tls.") && self.tls.mode != TlsMode::Disable => {
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
}

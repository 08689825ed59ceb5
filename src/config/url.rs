//! `upstream.url`: everything about the server in one line, as libpq writes it.

use super::load::Problem;
use super::{SslMode, SslNegotiation, Upstream};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use std::path::PathBuf;
use url::Url;

impl Upstream {
    /// Takes what the URL says into the settings of their own, which it overrides.
    pub(super) fn apply_url(&mut self) -> Result<(), Problem> {
        let Some(url) = self.url.take() else {
            return Ok(());
        };
        self.take_url(url.expose_secret())
            .map_err(|message| Problem::new("upstream.url", message))
    }

    /// Says what is wrong without repeating what may be a password.
    fn take_url(&mut self, text: &str) -> Result<(), String> {
        let url = Url::parse(text).map_err(|error| error.to_string())?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err("does not begin with postgres://".to_owned());
        }
        if let Some(host) = url.host_str().filter(|host| !host.is_empty()) {
            self.host = decode(host)?;
        }
        if let Some(port) = url.port() {
            self.port = port;
        }
        if !url.username().is_empty() {
            self.user = decode(url.username())?;
        }
        if let Some(password) = url.password() {
            self.password = Some(SecretString::from(decode(password)?));
        }
        for (name, value) in url.query_pairs() {
            match name.as_ref() {
                "sslmode" => self.sslmode = sslmode(&value)?,
                "sslnegotiation" => self.sslnegotiation = sslnegotiation(&value)?,
                "sslcert" => self.client_cert = Some(PathBuf::from(value.as_ref())),
                "sslkey" => self.client_key = Some(PathBuf::from(value.as_ref())),
                "sslrootcert" => self.root_cert = Some(PathBuf::from(value.as_ref())),
                "host" => self.host = value.into_owned(),
                "port" => {
                    self.port = value
                        .parse()
                        .map_err(|_| "port is not a number".to_owned())?;
                }
                other => {
                    return Err(format!(
                        "\"{other}\" is not known; sslmode, sslnegotiation, sslrootcert, sslcert, sslkey, host and port are"
                    ));
                }
            }
        }
        Ok(())
    }
}

fn decode(text: &str) -> Result<String, String> {
    percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| "is not UTF-8".to_owned())
}

fn sslmode(text: &str) -> Result<SslMode, String> {
    match text {
        "disable" => Ok(SslMode::Disable),
        "allow" | "prefer" => Ok(SslMode::Prefer),
        "require" => Ok(SslMode::Require),
        "verify-ca" => Ok(SslMode::VerifyCa),
        "verify-full" => Ok(SslMode::VerifyFull),
        _ => {
            Err("sslmode is none of disable, prefer, require, verify-ca and verify-full".to_owned())
        }
    }
}

fn sslnegotiation(text: &str) -> Result<SslNegotiation, String> {
    match text {
        "postgres" => Ok(SslNegotiation::Postgres),
        "direct" => Ok(SslNegotiation::Direct),
        _ => Err("sslnegotiation is neither postgres nor direct".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_url(url: &str) -> Result<Upstream, Problem> {
        let mut upstream = Upstream {
            url: Some(SecretString::from(url)),
            ..Upstream::default()
        };
        upstream.apply_url().map(|()| upstream)
    }

    #[test]
    fn a_url_overrides_what_it_names_and_leaves_the_rest() {
        let upstream =
            from_url("postgres://ada:s%40crt@db.example:6000/app?sslmode=verify-full").unwrap();
        assert_eq!(upstream.host, "db.example");
        assert_eq!(upstream.port, 6000);
        assert_eq!(upstream.user, "ada");
        assert_eq!(upstream.password.unwrap().expose_secret(), "s@crt");
        assert_eq!(upstream.sslmode, SslMode::VerifyFull);

        let upstream = from_url("postgresql://other").unwrap();
        assert_eq!((upstream.host.as_str(), upstream.port), ("other", 5432));
        assert_eq!(upstream.user, "postgres");
    }

    #[test]
    fn a_socket_directory_is_a_host_in_both_spellings() {
        for url in [
            "postgres://postgres@%2Fvar%2Frun%2Fpostgresql",
            "postgres:///app?host=/var/run/postgresql",
        ] {
            assert_eq!(from_url(url).unwrap().host, "/var/run/postgresql");
        }
    }

    #[test]
    fn a_bad_url_is_named_without_being_shown() {
        for url in [
            "secret",
            "mysql://ada:secret@host",
            "postgres://ada:secret@host?sslmode=maybe",
            "postgres://ada:secret@host:99999",
            "postgres://host?secret=1&x=2",
        ] {
            let problem = from_url(url).unwrap_err();
            assert_eq!(problem.setting, "upstream.url");
            assert!(!problem.message.contains("ada"), "{problem}");
        }
    }
}

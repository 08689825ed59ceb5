//! Where settings come from: defaults, a TOML file, the environment, flags, each overriding those before.
//!
//! Every value is also tried on its own, so that one mistake does not hide the next.

use super::Config;
use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Value};
use figment::{Figment, Profile, Provider};
use std::fmt;
use std::path::{Path, PathBuf};

/// The prefix of environment variables; sections are set off with two underscores:
/// `PGGIT_UPSTREAM__HOST` is `upstream.host`.
pub const ENVIRONMENT_PREFIX: &str = "PGGIT_";

/// What the command line says of settings.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub listen: Vec<String>,
    pub upstream: Option<String>,
    pub metrics: Option<String>,
}

/// Something wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it was said: a file, an environment variable, a flag; empty if nowhere.
    pub source: String,
    /// `section.key`; empty where it is not about one setting.
    pub setting: String,
    pub message: String,
}

impl Problem {
    pub fn new(setting: &str, message: impl Into<String>) -> Self {
        Self {
            source: String::new(),
            setting: setting.to_owned(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [&self.source, &self.setting] {
            if !part.is_empty() {
                write!(f, "{part}: ")?;
            }
        }
        f.write_str(&self.message)
    }
}

/// Reads all sources.
///
/// # Errors
/// Everything that is wrong, not just the first of it.
pub fn load(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
    flags: &Flags,
) -> Result<Config, Vec<Problem>> {
    let mut layers = Vec::new();
    if let Some(path) = file {
        layers.push(from_file(path).map_err(|problem| vec![problem])?);
    }
    layers.extend(from_environment(environment));
    layers.extend(from_flags(flags));

    let problems: Vec<Problem> = layers.iter().flat_map(Layer::problems).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut all = defaults();
    for layer in layers {
        all = all.merge(Serialized::globals(layer.values));
    }
    let mut config: Config = all
        .extract()
        .map_err(|error| vec![Problem::new("", error.kind.to_string())])?;
    config
        .upstream
        .apply_url()
        .map_err(|problem| vec![problem])?;
    Ok(config)
}

fn defaults() -> Figment {
    Figment::from(Serialized::defaults(Config::default()))
}

/// The values of one source.
struct Layer {
    source: String,
    values: Dict,
}

impl Layer {
    /// Tries each value with everything else at its default.
    fn problems(&self) -> Vec<Problem> {
        let mut leaves = Vec::new();
        collect_leaves("", &self.values, &mut leaves);
        leaves
            .into_iter()
            .filter_map(|(setting, value)| {
                let alone = defaults().merge((setting.as_str(), value));
                let error = alone.extract::<Config>().err()?;
                let secret = ["password", "url"]
                    .iter()
                    .any(|name| setting.ends_with(name));
                Some(Problem {
                    source: self.source.clone(),
                    message: if secret {
                        "is not a text".to_owned()
                    } else {
                        error.kind.to_string()
                    },
                    setting,
                })
            })
            .collect()
    }
}

fn collect_leaves<'a>(prefix: &str, values: &'a Dict, leaves: &mut Vec<(String, &'a Value)>) {
    for (key, value) in values {
        let path = if prefix.is_empty() {
            key.clone()
        } else {
            format!("{prefix}.{key}")
        };
        match value {
            Value::Dict(_, inner) => collect_leaves(&path, inner, leaves),
            leaf => leaves.push((path, leaf)),
        }
    }
}

fn from_file(path: &Path) -> Result<Layer, Problem> {
    let source = path.display().to_string();
    let problem = |message: String| Problem {
        source: source.clone(),
        setting: String::new(),
        message,
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| problem(format!("could not read the configuration: {error}")))?;
    let values = Toml::string(&text)
        .data()
        .map_err(|error| problem(error.to_string()))?
        .remove(&Profile::Default)
        .unwrap_or_default();
    Ok(Layer { source, values })
}

/// One layer per variable. A variable is read as what the setting's default is: a number, a comma-separated list, a
/// text. Variables that name no section are not the proxy's: Kubernetes, for one, makes `PGGIT_PORT` and
/// `PGGIT_SERVICE_HOST` for a service named `pggit`.
fn from_environment(environment: impl IntoIterator<Item = (String, String)>) -> Vec<Layer> {
    let known = defaults();
    let mut layers: Vec<Layer> = environment
        .into_iter()
        .filter_map(|(name, text)| {
            let setting = name
                .strip_prefix(ENVIRONMENT_PREFIX)?
                .to_ascii_lowercase()
                .replace("__", ".");
            let section = setting.split('.').next().unwrap_or_default();
            let is_section = matches!(known.find_value(section), Ok(Value::Dict(..)));
            let value = match known.find_value(&setting) {
                Ok(Value::Array(..)) => text.split(',').map(str::trim).collect::<Vec<_>>().into(),
                Ok(Value::Num(..)) => text
                    .parse::<u64>()
                    .map_or_else(|_| Value::from(text), Value::from),
                Ok(Value::Dict(..)) => return None,
                Err(_) if !is_section || !setting.contains('.') => return None,
                _ => Value::from(text),
            };
            Some(layer(
                format!("environment variable {name}"),
                &setting,
                value,
            ))
        })
        .collect();
    layers.sort_by(|one, other| one.source.cmp(&other.source));
    layers
}

fn from_flags(flags: &Flags) -> Vec<Layer> {
    let mut layers = Vec::new();
    if !flags.listen.is_empty() {
        layers.push(layer(
            "--listen".to_owned(),
            "listen",
            flags.listen.clone().into(),
        ));
    }
    for (flag, setting, value) in [
        ("--upstream", "upstream.url", &flags.upstream),
        ("--metrics", "metrics.listen", &flags.metrics),
    ] {
        if let Some(value) = value {
            layers.push(layer(flag.to_owned(), setting, value.clone().into()));
        }
    }
    layers
}

fn layer(source: String, setting: &str, value: Value) -> Layer {
    let values = match figment::util::nest(setting, value) {
        Value::Dict(_, values) => values,
        _ => Dict::new(),
    };
    Layer { source, values }
}

/// The file that `--config` names, or the one in the working directory if there is one.
pub fn find_file(asked: Option<PathBuf>) -> Option<PathBuf> {
    asked.or_else(|| {
        let usual = PathBuf::from("pggit.toml");
        usual.is_file().then_some(usual)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{LogFormat, SslMode};
    use secrecy::ExposeSecret;

    const EXAMPLE: &str = include_str!("../../config/pggit.toml");
    const REFERENCE: &str = include_str!("../../docs/configuration.md");

    fn from_text(text: &str) -> Result<Config, Vec<Problem>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        load(Some(file.path()), [], &Flags::default())
    }

    fn from_variables(variables: &[(&str, &str)]) -> Result<Config, Vec<Problem>> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        load(None, variables.iter().map(owned), &Flags::default())
    }

    fn all_settings() -> Vec<String> {
        let values = defaults().extract::<Dict>().unwrap();
        let mut leaves = Vec::new();
        collect_leaves("", &values, &mut leaves);
        leaves.into_iter().map(|(setting, _)| setting).collect()
    }

    #[test]
    fn the_example_is_the_defaults() {
        let config = from_text(EXAMPLE).unwrap();
        assert_eq!(format!("{config:?}"), format!("{:?}", Config::default()));
    }

    #[test]
    fn the_example_with_its_comments_removed_is_valid_too() {
        let is_setting = |line: &&str| {
            line.split_once(" = ")
                .is_some_and(|(key, _)| !key.contains(' '))
        };
        let text: Vec<&str> = EXAMPLE
            .lines()
            .map(|line| line.strip_prefix("# ").filter(is_setting).unwrap_or(line))
            .collect();
        let config = from_text(&text.join("\n")).unwrap();
        assert!(config.tls.cert.is_some() && config.metrics.listen.is_some());
    }

    #[test]
    fn every_setting_is_in_the_example_and_in_the_reference() {
        let settings = all_settings();
        assert!(settings.contains(&"upstream.password_file".to_owned()));
        for setting in settings {
            let key = setting.rsplit('.').next().unwrap();
            let in_example = EXAMPLE.lines().any(|line| {
                line.trim_start_matches("# ")
                    .starts_with(&format!("{key} = "))
            });
            assert!(in_example, "config/pggit.toml lacks {setting}");
            assert!(
                REFERENCE.contains(&format!("| `{setting}` |")),
                "docs/configuration.md lacks {setting}"
            );
        }
    }

    #[test]
    fn the_environment_overrides_the_file_and_flags_override_both() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "[upstream]\nhost = 'file'\nport = 1\nuser = 'file'",
        )
        .unwrap();
        let environment = [
            ("PGGIT_UPSTREAM__PORT", "2"),
            ("PGGIT_UPSTREAM__HOST", "environment"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let flags = Flags {
            upstream: Some("postgres://flag".to_owned()),
            ..Flags::default()
        };
        let config = load(Some(file.path()), environment, &flags).unwrap();
        assert_eq!(config.upstream.host, "flag");
        assert_eq!(config.upstream.port, 2);
        assert_eq!(config.upstream.user, "file");
    }

    #[test]
    fn variables_are_read_as_what_the_setting_is() {
        let config = from_variables(&[
            ("PGGIT_LISTEN", "127.0.0.1:1, /tmp/socket"),
            ("PGGIT_UPSTREAM__PASSWORD", "007"),
            ("PGGIT_UPSTREAM__SSLMODE", "verify-full"),
            ("PGGIT_LIMITS__MAX_CONNECTIONS", "5"),
            ("PGGIT_LOG__FORMAT", "json"),
        ])
        .unwrap();
        assert_eq!(config.listen, ["127.0.0.1:1", "/tmp/socket"]);
        assert_eq!(config.upstream.password.unwrap().expose_secret(), "007");
        assert_eq!(config.upstream.sslmode, SslMode::VerifyFull);
        assert_eq!(config.limits.max_connections, 5);
        assert_eq!(config.log.format, LogFormat::Json);
    }

    #[test]
    fn variables_of_others_are_left_alone_and_misspelt_ones_are_not() {
        let others = [
            ("PGGIT_PORT", "tcp://10.0.0.1:6432"),
            ("PGGIT_SERVICE_HOST", "10.0.0.1"),
            ("PGGIT_CONFIG", "x.toml"),
            ("HOME", "/"),
        ];
        assert!(from_variables(&others).is_ok());
        let problems = from_variables(&[("PGGIT_UPSTREAM__HOTS", "x")]).unwrap_err();
        assert_eq!(problems[0].setting, "upstream.hots");
        assert!(problems[0].message.contains("host"), "{}", problems[0]);
    }

    #[test]
    fn every_mistake_is_reported_and_no_secret_is() {
        let problems = from_text(
            "lisen = ['x']\n[limits]\nlogin_timeout = '30'\n[upstream]\nport = 'five'\npassword = 4711\n[tls]\nmode = 'on'",
        )
        .unwrap_err();
        let settings: Vec<&str> = problems
            .iter()
            .map(|found| found.setting.as_str())
            .collect();
        assert_eq!(
            settings,
            [
                "limits.login_timeout",
                "lisen",
                "tls.mode",
                "upstream.password",
                "upstream.port"
            ]
        );
        let text = problems
            .iter()
            .map(Problem::to_string)
            .collect::<Vec<_>>()
            .join("\n");
        assert!(!text.contains("4711"), "{text}");
        assert!(text.contains("\"30\" is not a time such as"), "{text}");
    }

    #[test]
    fn a_file_that_is_missing_or_not_toml_is_named() {
        let missing = load(
            Some(Path::new("/does/not/exist.toml")),
            [],
            &Flags::default(),
        );
        assert!(
            missing.unwrap_err()[0]
                .to_string()
                .contains("/does/not/exist.toml")
        );
        assert_eq!(from_text("listen = [").unwrap_err().len(), 1);
    }
}

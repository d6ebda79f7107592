//! Where settings come from, and in which order.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde_json::Value;

use super::{Problem, Profile, Settings};

const DEFAULT: &str = include_str!("../../config/default.toml");
const DEVELOPMENT: &str = include_str!("../../config/development.toml");
const PREFIX: &str = "LECTERN_";
/// Settings that `lectern config show` hides.
const SECRETS: [(&str, &str); 6] = [
    ("server", "secret"),
    ("database", "url"),
    ("mail", "password"),
    ("mail", "dkim_key"),
    ("gateway", "secret_key"),
    ("gateway", "webhook_secrets"),
];

/// What the command line says, above all other sources.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    pub profile: Option<Profile>,
    pub file: Option<PathBuf>,
    pub listen: Option<SocketAddr>,
    pub data: Option<PathBuf>,
}

/// Why there are no settings to run with.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("settings: {0}")]
    Source(#[from] ::config::ConfigError),
    #[error("{variable}: cannot read {path}: {source}")]
    SecretFile { variable: String, path: String, source: std::io::Error },
    #[error("refusing to start with unsafe settings:\n{}", .0.iter().map(|problem| format!("  - {problem}\n")).collect::<String>())]
    Unsafe(Vec<Problem>),
}

/// Reads every source (`environment` is the process's, or a test's own) and checks the whole.
///
/// # Errors
/// [`LoadError`], naming each setting that is wrong and what to do.
pub fn load(overrides: &Overrides, environment: HashMap<String, String>) -> Result<Settings, LoadError> {
    let settings = load_unchecked(overrides, environment)?;
    let problems = settings.problems();
    if problems.is_empty() { Ok(settings) } else { Err(LoadError::Unsafe(problems)) }
}

/// Reads every source, for a command that serves nobody: what would be unsafe for a server does not matter to it.
///
/// # Errors
/// [`LoadError`], but never for an unsafe setting.
pub fn load_unchecked(overrides: &Overrides, environment: HashMap<String, String>) -> Result<Settings, LoadError> {
    Ok(merged(overrides, environment)?.try_deserialize()?)
}

/// The settings in force as readable text, secrets hidden.
///
/// # Errors
/// [`LoadError`] where a source cannot be read; unsafe settings are shown all the same.
pub fn shown(overrides: &Overrides, environment: HashMap<String, String>) -> Result<String, LoadError> {
    let mut tree: Value = merged(overrides, environment)?.try_deserialize()?;
    for (section, key) in SECRETS {
        if let Some(value) = tree.get_mut(section).and_then(|section| section.get_mut(key)) {
            let empty = value.as_str().is_some_and(str::is_empty) || value.as_array().is_some_and(Vec::is_empty);
            *value = Value::from(if empty { "(not set)" } else { "(hidden)" });
        }
    }
    let mut text = String::new();
    let Value::Object(sections) = tree else { return Ok(text) };
    let (tables, plain): (Vec<_>, Vec<_>) = sections.into_iter().partition(|(_, value)| value.is_object());
    for (key, value) in plain {
        text.push_str(&format!("{key} = {value}\n"));
    }
    for (section, values) in tables {
        text.push_str(&format!("\n[{section}]\n"));
        for (key, value) in values.as_object().into_iter().flatten() {
            text.push_str(&format!("{key} = {value}\n"));
        }
    }
    Ok(text)
}

fn merged(overrides: &Overrides, environment: HashMap<String, String>) -> Result<::config::Config, LoadError> {
    use ::config::{Config, Environment, File, FileFormat};
    let environment = resolve_files(environment)?;
    let profile = chosen_profile(overrides, &environment)?;
    let mut builder = Config::builder().add_source(File::from_str(DEFAULT, FileFormat::Toml));
    if profile == Profile::Development {
        builder = builder.add_source(File::from_str(DEVELOPMENT, FileFormat::Toml));
        if let Some(listen) = overrides.listen {
            builder = builder.add_source(File::from_str(&beside(listen), FileFormat::Toml));
        }
    }
    if let Some(path) = &overrides.file {
        builder = builder.add_source(File::from(path.clone()).format(FileFormat::Toml));
    }
    let lists = ["gateway.webhook_secrets", "server.trusted_proxies", "metrics.allow"];
    let source =
        Environment::with_prefix("LECTERN").prefix_separator("_").separator("__").source(Some(environment)).try_parsing(true);
    let source = lists.into_iter().fold(source.list_separator("\n"), |source, key| source.with_list_parse_key(key));
    builder = builder.add_source(source);
    if let Some(profile) = overrides.profile {
        builder = builder.set_override("profile", word(profile))?;
    }
    if let Some(listen) = overrides.listen {
        builder = builder.set_override("server.listen", listen.to_string())?;
    }
    if let Some(data) = &overrides.data {
        builder = builder.set_override("database.data", data.to_string_lossy().into_owned())?;
    }
    Ok(builder.build()?)
}

/// What goes with an address that a development server is told to listen at, unless file or environment say otherwise: the practice
/// gateway on the next port and under another host name, so that it is another origin. Where the system chooses the port (0), the
/// server names its choice.
fn beside(listen: SocketAddr) -> String {
    let gateway = format!("http://localhost:{}", listen.port().wrapping_add(1));
    format!("server.public_url = 'http://{listen}'\ngateway.base_url = '{gateway}/'\ngateway.hosted_origin = '{gateway}'\n")
}

/// The profile decides which file lies underneath, so it is read before the rest: flag, environment, file, in this order.
fn chosen_profile(overrides: &Overrides, environment: &HashMap<String, String>) -> Result<Profile, LoadError> {
    use ::config::{Config, File, FileFormat};
    if let Some(profile) = overrides.profile {
        return Ok(profile);
    }
    let mut builder = Config::builder().add_source(File::from_str(DEFAULT, FileFormat::Toml));
    if let Some(path) = &overrides.file {
        builder = builder.add_source(File::from(path.clone()).format(FileFormat::Toml));
    }
    if let Some(word) = environment.get("LECTERN_PROFILE") {
        builder = builder.set_override("profile", word.clone())?;
    }
    Ok(builder.build()?.get("profile")?)
}

/// Replaces `LECTERN_X_FILE=path` by `LECTERN_X=` that file's text, so that a secret need not stand in the environment.
fn resolve_files(environment: HashMap<String, String>) -> Result<HashMap<String, String>, LoadError> {
    let mut resolved = HashMap::new();
    for (variable, value) in environment.into_iter().filter(|(variable, _)| variable.starts_with(PREFIX)) {
        let Some(name) = variable.strip_suffix("_FILE") else {
            resolved.entry(variable).or_insert(value);
            continue;
        };
        let text = std::fs::read_to_string(&value).map_err(|source| LoadError::SecretFile {
            variable: variable.clone(),
            path: value.clone(),
            source,
        })?;
        resolved.insert(name.to_owned(), text.trim_end().to_owned());
    }
    // LECTERN_DATA is the short form of the one setting that is asked for most.
    if let Some(data) = resolved.remove("LECTERN_DATA") {
        resolved.entry("LECTERN_DATABASE__DATA".to_owned()).or_insert(data);
    }
    Ok(resolved)
}

fn word(profile: Profile) -> &'static str {
    match profile {
        Profile::Development => "development",
        Profile::Production => "production",
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn development() -> Overrides {
        Overrides { profile: Some(Profile::Development), ..Overrides::default() }
    }

    fn environment(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn development_needs_nothing_else() {
        let settings = load(&development(), HashMap::new()).unwrap();
        assert_eq!(settings.server.public_url.origin(), "http://127.0.0.1:8000");
        assert!(!settings.gateway.live);
    }

    #[test]
    fn the_environment_beats_the_file_and_flags_beat_both() {
        let overrides = Overrides { listen: Some("127.0.0.1:9001".parse().unwrap()), ..development() };
        let settings =
            load(&overrides, environment(&[("LECTERN_SERVER__LISTEN", "127.0.0.1:9000"), ("LECTERN_LIMITS__BURST", "7")]))
                .unwrap();
        assert_eq!((settings.server.listen.port(), settings.limits.burst), (9001, 7));
    }

    #[test]
    fn what_goes_with_a_given_address_gives_way_to_what_was_set() {
        let overrides = Overrides { listen: Some("127.0.0.1:9001".parse().unwrap()), ..development() };
        let urls = |pairs| {
            let Settings { server, gateway, .. } = load(&overrides, environment(pairs)).unwrap();
            (server.public_url.origin(), gateway.base_url.to_string(), gateway.hosted_origin.origin())
        };
        let of = |public: &str, gateway: &str| (public.to_owned(), format!("{gateway}/"), gateway.to_owned());
        assert_eq!(urls(&[]), of("http://127.0.0.1:9001", "http://localhost:9002"));
        let apart = [
            ("LECTERN_SERVER__PUBLIC_URL", "http://127.0.0.1:9100"),
            ("LECTERN_GATEWAY__BASE_URL", "http://localhost:9200/"),
            ("LECTERN_GATEWAY__HOSTED_ORIGIN", "http://localhost:9200"),
        ];
        assert_eq!(urls(&apart), of("http://127.0.0.1:9100", "http://localhost:9200"));
        let file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        std::fs::write(file.path(), "server.public_url = 'http://127.0.0.1:9300'").unwrap();
        let with_file = Overrides { file: Some(file.path().to_owned()), ..overrides.clone() };
        assert_eq!(load(&with_file, HashMap::new()).unwrap().server.public_url.origin(), "http://127.0.0.1:9300");
    }

    #[test]
    fn a_secret_comes_from_a_file_and_is_never_shown() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "whsec_one\nwhsec_two\n").unwrap();
        let variables = environment(&[("LECTERN_GATEWAY__WEBHOOK_SECRETS_FILE", file.path().to_str().unwrap())]);
        let settings = load(&development(), variables.clone()).unwrap();
        let secrets: Vec<&str> = settings.gateway.webhook_secrets.iter().map(|secret| secret.expose_secret()).collect();
        assert_eq!(secrets, ["whsec_one", "whsec_two"]);
        let shown = shown(&development(), variables).unwrap();
        assert!(!shown.contains("whsec_") && !shown.contains("development-only-secret") && shown.contains("(hidden)"), "{shown}");
    }

    #[test]
    fn an_unknown_setting_is_refused_by_name() {
        let error = load(&development(), environment(&[("LECTERN_SERVER__LISTENN", "x")])).unwrap_err();
        assert!(error.to_string().contains("listenn"), "{error}");
    }

    #[test]
    fn who_takes_no_cards_needs_no_key_and_says_so() {
        let of = |pairs| load(&Overrides::default(), environment(pairs)).unwrap_err().to_string();
        let without = of(&[("LECTERN_GATEWAY__KIND", "none")]);
        assert!(!without.contains("gateway.") && without.contains("mail.host"), "{without}");
        let lost = of(&[]);
        assert!(lost.contains("gateway.secret_key") && lost.contains("gateway.kind = \"none\""), "{lost}");
    }

    #[test]
    fn production_refuses_every_unsafe_setting_and_names_its_remedy() {
        let error = load(&Overrides::default(), HashMap::new()).unwrap_err().to_string();
        for setting in ["server.public_url", "server.secret", "mail.host", "gateway.secret_key", "gateway.webhook_secrets"] {
            assert!(error.contains(setting), "{setting} is not named in: {error}");
        }
    }
}

//! Settings: read once at start from the compiled-in default, the profile, a file, the environment and flags (later wins),
//! parsed into types, and refused when a production server would be unsafe with them.

mod check;
mod load;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use url::Url;

use crate::kernel::EmailAddress;

pub use check::Problem;
pub use load::{LoadError, Overrides, load, load_unchecked, shown};

/// What the program is run for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// On one's own machine: loopback only, demonstration, development pages, practice gateway.
    Development,
    /// For real students and real money.
    Production,
}

/// Every setting; `config/default.toml` says what each means.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub profile: Profile,
    pub server: Server,
    pub security: Security,
    pub database: Database,
    pub mail: Mail,
    pub gateway: Gateway,
    pub limits: Limits,
    pub work: Work,
    pub log: Log,
    pub metrics: Metrics,
    pub api: Api,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub listen: SocketAddr,
    pub public_url: PublicUrl,
    pub trusted_proxies: Vec<Proxy>,
    pub secret: SecretString,
}

/// Whether instructors and admins must have a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StaffSecondFactor {
    Required,
    Optional,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Security {
    pub staff_second_factor: StaffSecondFactor,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub data: PathBuf,
    /// A secret: a URL may hold a password.
    pub url: SecretString,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTransport {
    Smtp,
    Mailbox,
}

/// How a connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    Tls,
    StartTls,
    /// Loopback only.
    Plain,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    pub transport: MailTransport,
    pub host: String,
    pub port: u16,
    pub security: MailSecurity,
    pub username: String,
    pub password: SecretString,
    pub from_address: EmailAddress,
    pub dkim_domain: String,
    pub dkim_selector: String,
    pub dkim_key: SecretString,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GatewayKind {
    Stripe,
    /// Inside this process.
    Practice,
    /// No cards are taken: transfers, cash and cheque only.
    None,
    /// `lectern gateway`, a process of its own.
    #[serde(rename = "practice-apart")]
    PracticeApart,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    pub kind: GatewayKind,
    pub base_url: Url,
    pub hosted_origin: PublicUrl,
    pub secret_key: SecretString,
    pub webhook_secrets: Vec<SecretString>,
    pub live: bool,
    pub timeout_seconds: u64,
}

impl Gateway {
    /// How long one request to the gateway may take.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub burst: u32,
    pub per_minute: u32,
    pub sign_in_burst: u32,
    pub sign_in_per_minute: u32,
    pub codes_per_hour: u32,
    pub codes_per_hour_of_address: u32,
    pub holds_per_person: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    pub jobs: usize,
    pub letters: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub filter: String,
    pub format: LogFormat,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Who may read `/metrics`; nobody where it is empty.
    pub allow: Vec<Proxy>,
}

/// Who may read the documentation of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApiDocs {
    Staff,
    Public,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    pub docs: ApiDocs,
    /// Requests a minute of one token.
    pub per_minute: u32,
}

/// An origin such as `https://courses.example.org`: scheme, host, port, and nothing after. Empty where it was not set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(Option<Url>);

impl PublicUrl {
    /// A plain-http origin on this machine.
    pub fn loopback(host: &str, port: u16) -> Self {
        Self(Url::parse(&format!("http://{host}:{port}/")).ok())
    }

    /// The origin as browsers write it, without a trailing slash; empty if not set.
    pub fn origin(&self) -> String {
        self.0.as_ref().map(|url| url.origin().ascii_serialization()).unwrap_or_default()
    }

    /// The absolute URL of a path of ours (which begins with a slash).
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// Whether it is reached by TLS, so that cookies may be `Secure`.
    pub fn is_https(&self) -> bool {
        self.0.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// Host and port as a browser's Host header has them; the default port is left out.
    pub fn authority(&self) -> String {
        let Some(url) = &self.0 else { return String::new() };
        let host = url.host_str().unwrap_or_default();
        url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Whether there is one.
    pub fn is_set(&self) -> bool {
        self.0.is_some()
    }
}

impl<'de> Deserialize<'de> for PublicUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Self(None));
        }
        let url = Url::parse(&text).map_err(serde::de::Error::custom)?;
        let plain = matches!(url.scheme(), "http" | "https") && url.host_str().is_some() && url.path() == "/";
        if !plain || url.query().is_some() || !url.username().is_empty() || url.fragment().is_some() {
            return Err(serde::de::Error::custom(
                "expected an origin such as https://courses.example.org, with nothing after the host",
            ));
        }
        Ok(Self(Some(url)))
    }
}

/// One address or a CIDR block (RFC 4632): of trusted reverse proxies, or of whoever may read the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proxy {
    address: IpAddr,
    prefix: u8,
}

impl Proxy {
    /// Whether `peer` is this address, or in this block.
    pub fn covers(&self, peer: IpAddr) -> bool {
        let (ours, theirs, width) = match (self.address, peer.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits()), u128::from(b.to_bits()), 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
            _ => return false,
        };
        let dropped = u32::from(width - self.prefix);
        ours.checked_shr(dropped).unwrap_or(0) == theirs.checked_shr(dropped).unwrap_or(0)
    }
}

impl<'de> Deserialize<'de> for Proxy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let refused = || serde::de::Error::custom(format!("expected an address or a block such as 10.0.0.0/8, not {text:?}"));
        let (address, prefix) = text.split_once('/').map_or((text.as_str(), None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| refused())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(width), str::parse).map_err(|_| refused())?;
        if prefix > width { Err(refused()) } else { Ok(Self { address, prefix }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_block_covers_its_addresses_alone() {
        let proxy: Proxy = serde_json::from_str("\"10.1.0.0/16\"").unwrap();
        assert!(proxy.covers("10.1.255.3".parse().unwrap()) && proxy.covers("::ffff:10.1.0.9".parse().unwrap()));
        assert!(!proxy.covers("10.2.0.1".parse().unwrap()) && !proxy.covers("::1".parse().unwrap()));
        assert!(serde_json::from_str::<Proxy>("\"10.0.0.0/33\"").is_err());
        let all: Proxy = serde_json::from_str("\"0.0.0.0/0\"").unwrap();
        assert!(all.covers("192.0.2.1".parse().unwrap()));
    }

    #[test]
    fn a_public_url_is_an_origin_and_nothing_more() {
        let read = |text: &str| serde_json::from_value::<PublicUrl>(text.into());
        let url = read("https://courses.example.org").unwrap();
        assert_eq!(
            (url.join("/learn").as_str(), url.authority().as_str()),
            ("https://courses.example.org/learn", "courses.example.org")
        );
        for wrong in
            ["https://example.org/app", "ftp://example.org", "example.org", "https://user@example.org", "https://example.org/?a"]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}

//! What the client needs to know, checked once.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// How to reach Stripe.
#[derive(Debug, Clone)]
pub struct GatewaySettings {
    /// Where `v1/…` is found: `https://api.stripe.com/`, or the practice gateway's origin. A missing last slash is added.
    pub base_url: String,
    /// `sk_live_…` or `sk_test_…`, or a restricted key (`rk_…`).
    pub secret_key: SecretString,
    /// The webhook endpoint's signing secrets: one, or two while one replaces the other.
    pub webhook_secrets: Vec<SecretString>,
    /// Whether real money is expected.
    pub live: bool,
    /// The time limit of one request, its answer included.
    pub timeout: Duration,
}

/// A setting that the client cannot work with. No setting's value is in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    #[error("the gateway's base URL must be an http or https URL without a query")]
    BaseUrl,
    #[error("the gateway's secret key must be visible ASCII characters, and not empty")]
    SecretKey,
    #[error("the gateway's secret key is of the other mode (test or live) than expected")]
    KeyOfOtherMode,
    #[error("the gateway needs one or two webhook secrets, none of them empty")]
    WebhookSecrets,
    #[error("the gateway's time limit must be longer than nothing")]
    Timeout,
}

impl GatewaySettings {
    /// The base URL as the client wants it, once all settings are found usable.
    pub(super) fn checked(&self) -> Result<String, SettingsError> {
        let url = Url::parse(&self.base_url).map_err(|_| SettingsError::BaseUrl)?;
        let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
        if !matches!(url.scheme(), "http" | "https") || !plain {
            return Err(SettingsError::BaseUrl);
        }
        let key = self.secret_key.expose_secret();
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SettingsError::SecretKey);
        }
        let other_mode = if self.live { "_test_" } else { "_live_" };
        if key.get(2..8) == Some(other_mode) {
            return Err(SettingsError::KeyOfOtherMode);
        }
        let secrets = &self.webhook_secrets;
        if !(1..=2).contains(&secrets.len()) || secrets.iter().any(|secret| secret.expose_secret().is_empty()) {
            return Err(SettingsError::WebhookSecrets);
        }
        if self.timeout.is_zero() {
            return Err(SettingsError::Timeout);
        }
        let url = String::from(url);
        Ok(if url.ends_with('/') { url } else { format!("{url}/") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> GatewaySettings {
        GatewaySettings {
            base_url: "http://localhost:8001".to_owned(),
            secret_key: "sk_test_1".into(),
            webhook_secrets: vec!["whsec_1".into()],
            live: false,
            timeout: Duration::from_secs(5),
        }
    }

    #[test]
    fn the_base_url_ends_with_a_slash() {
        assert_eq!(settings().checked().as_deref(), Ok("http://localhost:8001/"));
        assert_eq!(
            GatewaySettings { base_url: "https://example.org/stripe".to_owned(), ..settings() }.checked().as_deref(),
            Ok("https://example.org/stripe/")
        );
    }

    #[test]
    fn settings_that_cannot_work_are_named() {
        let cases = [
            (GatewaySettings { base_url: "ftp://localhost/".to_owned(), ..settings() }, SettingsError::BaseUrl),
            (GatewaySettings { base_url: "https://u:p@example.org/".to_owned(), ..settings() }, SettingsError::BaseUrl),
            (GatewaySettings { base_url: "https://example.org/?a".to_owned(), ..settings() }, SettingsError::BaseUrl),
            (GatewaySettings { secret_key: "".into(), ..settings() }, SettingsError::SecretKey),
            (GatewaySettings { secret_key: "sk_test_\n".into(), ..settings() }, SettingsError::SecretKey),
            (GatewaySettings { secret_key: "sk_live_1".into(), ..settings() }, SettingsError::KeyOfOtherMode),
            (GatewaySettings { live: true, ..settings() }, SettingsError::KeyOfOtherMode),
            (GatewaySettings { webhook_secrets: vec![], ..settings() }, SettingsError::WebhookSecrets),
            (GatewaySettings { webhook_secrets: vec!["".into()], ..settings() }, SettingsError::WebhookSecrets),
            (GatewaySettings { timeout: Duration::ZERO, ..settings() }, SettingsError::Timeout),
        ];
        for (settings, error) in cases {
            assert_eq!(settings.checked(), Err(error));
        }
    }
}

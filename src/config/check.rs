//! What a server must not be started with.

use std::fmt;

use secrecy::ExposeSecret;

use super::{GatewayKind, MailSecurity, MailTransport, Profile, Settings};

/// One setting that is unsafe, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub setting: &'static str,
    pub wrong: &'static str,
    pub remedy: &'static str,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}. {}", self.setting, self.wrong, self.remedy)
    }
}

const WEAK_SECRET: usize = 32;

impl Settings {
    /// Everything that forbids a start, all at once.
    pub fn problems(&self) -> Vec<Problem> {
        let rules: Vec<(bool, Problem)> = match self.profile {
            Profile::Development => self.development_rules(),
            Profile::Production => self.server_rules().into_iter().chain(self.mail_rules()).chain(self.gateway_rules()).collect(),
        };
        rules.into_iter().filter_map(|(broken, problem)| broken.then_some(problem)).collect()
    }

    fn development_rules(&self) -> Vec<(bool, Problem)> {
        vec![
            rule(
                !self.server.listen.ip().is_loopback(),
                "server.listen",
                "is not a loopback address, and development pages sign anybody in",
                "Use 127.0.0.1:PORT, or --profile production",
            ),
            rule(
                matches!(self.gateway.kind, GatewayKind::Practice | GatewayKind::PracticeApart)
                    && !self.gateway.base_url.path().ends_with('/'),
                "gateway.base_url",
                "lacks its trailing slash",
                "Write it as http://localhost:8001/",
            ),
        ]
    }

    fn server_rules(&self) -> Vec<(bool, Problem)> {
        let secret = self.server.secret.expose_secret();
        vec![
            rule(
                !self.server.public_url.is_set() || !self.server.public_url.is_https(),
                "server.public_url",
                "is not an https origin",
                "Set LECTERN_SERVER__PUBLIC_URL to the address people use, such as https://courses.example.org",
            ),
            rule(
                secret.len() < WEAK_SECRET || secret.starts_with("development-only"),
                "server.secret",
                "is missing, short or the development one",
                "Set LECTERN_SERVER__SECRET_FILE to a file made by: openssl rand -base64 48",
            ),
        ]
    }

    fn mail_rules(&self) -> Vec<(bool, Problem)> {
        let mail = &self.mail;
        let loopback = matches!(mail.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        vec![
            rule(
                mail.transport == MailTransport::Mailbox,
                "mail.transport",
                "is the development mailbox, which sends nothing",
                "Set it to \"smtp\"",
            ),
            rule(
                mail.host.is_empty(),
                "mail.host",
                "is not set: no mail would go out",
                "Set LECTERN_MAIL__HOST to your mail server",
            ),
            rule(
                mail.security == MailSecurity::Plain && !loopback,
                "mail.security",
                "is \"plain\" to another machine",
                "Use \"starttls\" or \"tls\"",
            ),
            rule(
                mail.from_address.as_str().ends_with("example.org"),
                "mail.from_address",
                "is the example's",
                "Set it to an address of your own domain",
            ),
        ]
    }

    fn gateway_rules(&self) -> Vec<(bool, Problem)> {
        let gateway = &self.gateway;
        // Said in so many words: a key that was lost must not look like the wish to take no cards.
        if gateway.kind == GatewayKind::None {
            return Vec::new();
        }
        let key = gateway.secret_key.expose_secret();
        vec![
            rule(
                gateway.kind != GatewayKind::Stripe,
                "gateway.kind",
                "is the practice gateway, which takes no money",
                "Set it to \"stripe\", or to \"none\" if you take no cards",
            ),
            rule(
                key.is_empty(),
                "gateway.secret_key",
                "is not set",
                "Set LECTERN_GATEWAY__SECRET_KEY_FILE to a file with Stripe's secret or restricted key; or, if you take no cards, \
                 gateway.kind = \"none\"",
            ),
            rule(
                gateway.live && key.contains("_test_"),
                "gateway.secret_key",
                "is a test key while gateway.live is true",
                "Use the live key, or set gateway.live = false for a rehearsal",
            ),
            rule(
                gateway.webhook_secrets.iter().all(|secret| secret.expose_secret().is_empty()),
                "gateway.webhook_secrets",
                "is empty: notifications could not be verified",
                "Set LECTERN_GATEWAY__WEBHOOK_SECRETS_FILE to a file with the endpoint's signing secret, one a line",
            ),
            rule(gateway.base_url.scheme() != "https", "gateway.base_url", "is not https", "Leave it at https://api.stripe.com/"),
        ]
    }
}

fn rule(broken: bool, setting: &'static str, wrong: &'static str, remedy: &'static str) -> (bool, Problem) {
    (broken, Problem { setting, wrong, remedy })
}

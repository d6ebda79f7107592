//! What the program reaches the world by, put together once at start and handed down.

use std::sync::Arc;

use secrecy::ExposeSecret;

use crate::config::{self, Settings};
use crate::db::{ConnectError, Db, Location};
use crate::gateway::{self, Gateway, GatewaySettings};
use crate::kernel::Clocks;
use crate::kernel::random::Randomness;
use crate::mail::dkim::DkimError;
use crate::mail::smtp::{Security, SettingsError, Timeouts};
use crate::mail::{DkimSettings, DkimSigner, Mailbox, Sender, SmtpSettings, Transport};

/// Everything a verb that is more than rows may need. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Services {
    pub db: Db,
    pub clocks: Clocks,
    pub random: Randomness,
    pub settings: Arc<Settings>,
    pub mail: Arc<Transport>,
    /// Signs mail, where a domain is configured.
    pub dkim: Option<Arc<DkimSigner>>,
    pub gateway: Gateway,
}

/// What cannot be reached, by the setting to change.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Database(#[from] ConnectError),
    #[error("cannot open the development mailbox: {0}; choose another folder with --data or LECTERN_DATABASE__DATA")]
    Mailbox(std::io::Error),
    #[error("mail: {0}; check the settings under [mail]")]
    Mail(#[from] SettingsError),
    #[error("{0}; check mail.dkim_domain, mail.dkim_selector and mail.dkim_key")]
    Dkim(#[from] DkimError),
    #[error("{0}; check the settings under [gateway]")]
    Gateway(#[from] gateway::SettingsError),
}

impl Services {
    /// Opens everything that `settings` name. The database is neither migrated nor read: see
    /// [`restore`](crate::jobs::clock::restore) for the offset of service time.
    ///
    /// # Errors
    /// [`StartError`], which names the setting to change.
    pub async fn start(settings: Settings, clocks: Clocks, random: Randomness) -> Result<Self, StartError> {
        let db = Db::connect(&location(&settings.database), clocks.clone(), random.clone()).await?;
        let mail = Arc::new(transport(&settings, &random)?);
        let dkim = signer(&settings.mail)?.map(Arc::new);
        let gateway = gateway(&settings.gateway)?.telling(db.steps().clone());
        Ok(Self { db, clocks, random, settings: Arc::new(settings), mail, dkim, gateway })
    }
}

/// A server where its URL is set, else a file in the data folder.
pub fn location(database: &config::Database) -> Location {
    if database.url.expose_secret().is_empty() {
        Location::File(database.data.join("lectern.sqlite"))
    } else {
        Location::Server { url: database.url.clone(), schema: None }
    }
}

/// Where mail goes.
pub(crate) fn transport(settings: &Settings, random: &Randomness) -> Result<Transport, StartError> {
    let mail = &settings.mail;
    if mail.transport == config::MailTransport::Mailbox {
        let folder = settings.database.data.join("mailbox");
        return Ok(Transport::Mailbox(Mailbox::open(folder, random.clone()).map_err(StartError::Mailbox)?));
    }
    let sender = Sender::new(SmtpSettings {
        host: mail.host.clone(),
        port: mail.port,
        security: match mail.security {
            config::MailSecurity::Tls => Security::Tls,
            config::MailSecurity::StartTls => Security::StartTls,
            config::MailSecurity::Plain => Security::PlainLoopbackOnly,
        },
        credentials: (!mail.username.is_empty()).then(|| (mail.username.clone(), mail.password.clone())),
        hello_name: hello_name(mail),
        ca_pem: None,
        max_bytes: MAX_MAIL,
        timeouts: Timeouts::default(),
    })?;
    Ok(Transport::Smtp(Box::new(sender)))
}

/// Larger than any mail of ours: a guard against a mistake.
const MAX_MAIL: usize = 10 * 1024 * 1024;

/// We call ourselves by the domain that our mail is from (RFC 5321 section 4.1.1.1).
fn hello_name(mail: &config::Mail) -> String {
    let address = mail.from_address.as_str();
    address.rsplit_once('@').map_or(address, |(_, domain)| domain).to_owned()
}

/// What signs mail, where a domain is configured.
pub(crate) fn signer(mail: &config::Mail) -> Result<Option<DkimSigner>, DkimError> {
    if mail.dkim_domain.is_empty() {
        return Ok(None);
    }
    DkimSigner::from_settings(&DkimSettings {
        domain: mail.dkim_domain.clone(),
        selector: mail.dkim_selector.clone(),
        private_key_pem: mail.dkim_key.clone(),
    })
    .map(Some)
}

/// The payment gateway's client.
pub(crate) fn gateway(gateway: &config::Gateway) -> Result<Gateway, gateway::SettingsError> {
    if gateway.kind == config::GatewayKind::None {
        return Ok(Gateway::absent(gateway.live));
    }
    Gateway::new(GatewaySettings {
        base_url: gateway.base_url.to_string(),
        secret_key: gateway.secret_key.clone(),
        webhook_secrets: gateway.webhook_secrets.clone(),
        live: gateway.live,
        timeout: gateway.timeout(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MailTransport;
    use crate::testing;

    #[tokio::test]
    async fn services_are_opened_from_the_settings_or_the_wrong_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let settings = || {
            let mut settings = testing::settings();
            settings.database.data = folder.path().join("data");
            settings
        };
        let start = async |settings| Services::start(settings, Clocks::manual(testing::START), Randomness::from_seed(1)).await;
        let services = start(settings()).await.unwrap();
        assert!(matches!(*services.mail, Transport::Mailbox(_)) && services.dkim.is_none());
        assert!(folder.path().join("data/lectern.sqlite").exists() && folder.path().join("data/mailbox").is_dir());

        let mut smtp = settings();
        smtp.mail.transport = MailTransport::Smtp;
        smtp.mail.host = "mail.example.org".to_owned();
        assert!(matches!(*start(smtp.clone()).await.unwrap().mail, Transport::Smtp(_)));
        smtp.mail.host = "not a host".to_owned();
        assert!(matches!(start(smtp).await.unwrap_err(), StartError::Mail(SettingsError::Host)));

        let mut unsigned = settings();
        (unsigned.mail.dkim_domain, unsigned.mail.dkim_selector) = ("example.org".to_owned(), "lectern".to_owned());
        assert!(matches!(start(unsigned).await.unwrap_err(), StartError::Dkim(DkimError::Key)));
    }
}

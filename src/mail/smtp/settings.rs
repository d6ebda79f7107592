//! What a sender must know of its server, checked once.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::mail::transport::Phase;

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314 section 3.3), usually port 465.
    Tls,
    /// `STARTTLS`, without which nothing is sent (RFC 3207), usually port 587.
    StartTls,
    /// None: only addresses of this machine are connected to.
    PlainLoopbackOnly,
}

/// The longest that each phase may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Resolving the name and connecting.
    pub connect: Duration,
    /// The greeting, each EHLO, STARTTLS and the TLS handshake, one by one.
    pub handshake: Duration,
    /// Each line of AUTH; MAIL; RCPT; DATA.
    pub command: Duration,
    /// Writing the body.
    pub body: Duration,
    /// The answer to the body's end. Giving up here leaves a mail in doubt, hence RFC 5321 section 4.5.3.2.6's ten minutes.
    pub answer: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            handshake: Duration::from_secs(60),
            command: Duration::from_secs(60),
            body: Duration::from_secs(180),
            answer: Duration::from_secs(600),
        }
    }
}

impl Timeouts {
    pub(super) fn of(&self, phase: Phase) -> Duration {
        match phase {
            Phase::Check | Phase::Connect => self.connect,
            Phase::Greeting | Phase::Hello | Phase::Tls => self.handshake,
            Phase::Auth | Phase::MailFrom | Phase::RcptTo | Phase::Data => self.command,
            Phase::Body => self.body,
            Phase::Answer => self.answer,
        }
    }

    /// Longer than any sending can take, apart from its `before_body`: a lease on a mail must outlast it.
    pub fn longest_send(&self) -> Duration {
        // Greeting, two EHLO, STARTTLS, TLS; three lines of AUTH, MAIL, RCPT, DATA; an early answer and QUIT.
        self.connect + 5 * self.handshake + 6 * self.command + self.body + self.answer + Duration::from_secs(5)
    }
}

/// A mail server and our standing with it.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// A host name or an IP address; with TLS, the name that its certificate must bear.
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// User name and password, sent by AUTH PLAIN or LOGIN.
    pub credentials: Option<(String, SecretString)>,
    /// What we call ourselves in EHLO: a domain name, or an address in brackets (RFC 5321 section 4.1.3).
    pub hello_name: String,
    /// Certificates in PEM of authorities to trust instead of the public ones.
    pub ca_pem: Option<String>,
    /// The largest message in bytes.
    pub max_bytes: usize,
    pub timeouts: Timeouts,
}

/// Why a setting cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    #[error("the mail server's host is not a host name or IP address")]
    Host,
    #[error("the EHLO name is not a domain name or an address in brackets")]
    HelloName,
    #[error("the mail user name or password is empty or holds a control character")]
    Credentials,
    #[error("the mail server's certificate authorities are not certificates in PEM")]
    CertificateAuthorities,
    #[error("TLS is not available: {0}")]
    Tls(String),
}

impl SmtpSettings {
    /// The server's name as TLS knows it, and how to speak TLS with it.
    pub(super) fn check(&self) -> Result<(ServerName<'static>, Arc<ClientConfig>), SettingsError> {
        let server_name = ServerName::try_from(self.host.clone()).map_err(|_| SettingsError::Host)?;
        let known = |b: u8| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b);
        if self.hello_name.is_empty() || self.hello_name.len() > 255 || !self.hello_name.bytes().all(known) {
            return Err(SettingsError::HelloName);
        }
        if let Some((user, password)) = &self.credentials {
            let unusable = |text: &str| text.is_empty() || text.chars().any(char::is_control);
            if unusable(user) || unusable(password.expose_secret()) {
                return Err(SettingsError::Credentials);
            }
        }
        // Named here rather than taken from the process: there is one provider, whatever else is linked in.
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| SettingsError::Tls(error.to_string()))?
            .with_root_certificates(self.roots()?)
            .with_no_client_auth();
        Ok((server_name, Arc::new(tls)))
    }

    fn roots(&self) -> Result<RootCertStore, SettingsError> {
        let Some(pem) = &self.ca_pem else {
            return Ok(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
        };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let certificate = certificate.map_err(|_| SettingsError::CertificateAuthorities)?;
            roots.add(certificate).map_err(|_| SettingsError::CertificateAuthorities)?;
        }
        if roots.is_empty() { Err(SettingsError::CertificateAuthorities) } else { Ok(roots) }
    }
}

//! Sending by SMTP (RFC 5321), one mail a connection, phase by phase with a time limit on each. A connection that timed out
//! or spoke wrongly is dropped, never used again: a late answer to one mail cannot be read as another's.

mod body;
mod session;
mod settings;
mod wire;

#[cfg(test)]
pub(super) mod tests;

use std::convert::Infallible;
use std::sync::Arc;

use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use self::body::Body;
use self::session::Session;
pub use self::settings::{Security, SettingsError, SmtpSettings, Timeouts};
use super::transport::{Accepted, Envelope, Phase, SendFailure};

/// Sends mail through one server.
#[derive(Debug)]
pub struct Sender {
    settings: Box<SmtpSettings>,
    server_name: ServerName<'static>,
    tls: Arc<ClientConfig>,
}

impl Sender {
    /// # Errors
    /// The setting that cannot be used.
    pub fn new(settings: SmtpSettings) -> Result<Self, SettingsError> {
        let (server_name, tls) = settings.check()?;
        Ok(Self { settings: Box::new(settings), server_name, tls })
    }

    /// Connects, protects the connection and signs in as for a mail, and leaves: nothing is sent.
    ///
    /// # Errors
    /// [`SendFailure`], whose phase says how far it came.
    pub async fn probe(&self) -> Result<(), SendFailure<Infallible>> {
        Session::open(self).await?.quit().await;
        Ok(())
    }

    /// Sends `bytes` (as [`compose`](crate::mail::compose()) and the signer leave them) to one recipient.
    ///
    /// `before_body` runs after the server said 354 and before the body's first byte; unless it returns `Ok`, the body is
    /// not begun. It has no time limit of ours, but the server may lose patience.
    ///
    /// # Errors
    /// See [`SendFailure`]. Only [`SendFailure::InDoubt`] leaves open whether the mail arrived.
    pub async fn send<E>(
        &self,
        envelope: &Envelope,
        bytes: &[u8],
        before_body: impl AsyncFnOnce() -> Result<(), E>,
    ) -> Result<Accepted, SendFailure<E>> {
        let body = Body::new(bytes, self.settings.max_bytes).map_err(|reason| SendFailure::Permanent {
            phase: Phase::Check,
            code: None,
            reply: reason.to_string(),
        })?;
        let mut session = Session::open(self).await?;
        let outcome = session.deliver(envelope, &body, before_body).await;
        let in_step = match &outcome {
            Ok(_) => true,
            Err(SendFailure::Temporary { code, .. } | SendFailure::Permanent { code, .. }) => code.is_some(),
            Err(SendFailure::InDoubt { .. } | SendFailure::NotBegun(_)) => false,
        };
        if in_step {
            session.quit().await;
        }
        outcome
    }
}

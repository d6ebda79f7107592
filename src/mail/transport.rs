//! Where mail goes, and how a sending can end.

use std::fmt;

use super::mailbox::Mailbox;
use super::smtp::Sender;
use crate::kernel::{EmailAddress, Timestamp};

/// Who the servers are told the mail is from and to. Its addresses cannot hold a line break or an angle bracket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Where bounces go.
    pub from: EmailAddress,
    pub to: EmailAddress,
}

/// The mail is somebody else's responsibility now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// What the server said, printable and at most 500 characters: it usually names its queue's id.
    pub reply: String,
}

/// How far a sending came, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Looking at the bytes, before any connection.
    Check,
    Connect,
    Greeting,
    Hello,
    Tls,
    Auth,
    MailFrom,
    RcptTo,
    Data,
    /// The body was begun and its end was not sent: a server that keeps RFC 5321 section 4.1.1.4 has nothing to deliver.
    Body,
    /// The end of the body may have reached the server.
    Answer,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Check => "check",
            Self::Connect => "connect",
            Self::Greeting => "greeting",
            Self::Hello => "EHLO",
            Self::Tls => "TLS",
            Self::Auth => "AUTH",
            Self::MailFrom => "MAIL",
            Self::RcptTo => "RCPT",
            Self::Data => "DATA",
            Self::Body => "body",
            Self::Answer => "answer",
        })
    }
}

/// How a sending failed. Replies are printable and at most 500 characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendFailure<E> {
    /// Nothing was sent; a later attempt may succeed. `code` is the server's 4xx, or none where it gave no answer.
    #[error("not sent at {phase}, try later: {reply}")]
    Temporary { phase: Phase, code: Option<u16>, reply: String },
    /// Nothing was sent, and the same attempt would fail again. `code` is the server's 5xx, or none where we refuse.
    #[error("not sent at {phase}: {reply}")]
    Permanent { phase: Phase, code: Option<u16>, reply: String },
    /// The body was begun and no answer came: it may or may not have arrived.
    #[error("in doubt at {phase}: {reply}")]
    InDoubt { phase: Phase, reply: String },
    /// `before_body` refused: not a byte of the body was sent.
    #[error("not sent: what had to be noted first was not")]
    NotBegun(E),
}

impl<E> SendFailure<E> {
    /// Whether a refusal is about this mail, not about our standing with the server (its TLS, our password): only then
    /// does a [`SendFailure::Permanent`] mean that the mail is undeliverable.
    pub fn is_about_the_mail(&self) -> bool {
        match self {
            Self::Temporary { phase, .. } | Self::Permanent { phase, .. } | Self::InDoubt { phase, .. } => {
                *phase == Phase::Check || *phase >= Phase::MailFrom
            }
            Self::NotBegun(_) => false,
        }
    }
}

/// Where mail goes.
#[derive(Debug)]
pub enum Transport {
    /// A mail server.
    Smtp(Box<Sender>),
    /// A folder, for development.
    Mailbox(Mailbox),
}

impl Transport {
    /// Sends one message. `before_body` runs once everything before the body has succeeded, and the body is not begun
    /// unless it returns `Ok`: it notes that from here on the mail may have been sent. `now` dates the mailbox's entry.
    ///
    /// # Errors
    /// See [`SendFailure`].
    pub async fn send<E>(
        &self,
        envelope: &Envelope,
        bytes: &[u8],
        now: Timestamp,
        before_body: impl AsyncFnOnce() -> Result<(), E>,
    ) -> Result<Accepted, SendFailure<E>> {
        match self {
            Self::Smtp(sender) => sender.send(envelope, bytes, before_body).await,
            Self::Mailbox(mailbox) => {
                before_body().await.map_err(SendFailure::NotBegun)?;
                match mailbox.deliver(envelope, bytes, now).await {
                    Ok(id) => Ok(Accepted { reply: format!("kept as {id}") }),
                    // A mail shown twice in development does no harm, so nothing is ever in doubt.
                    Err(error) => {
                        Err(SendFailure::Temporary { phase: Phase::Body, code: None, reply: format!("mailbox: {error}") })
                    }
                }
            }
        }
    }
}

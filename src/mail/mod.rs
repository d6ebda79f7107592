//! Floor 1: composing, signing and sending mail. What is to be sent, and when, is the outbox's business.

pub mod compose;
pub mod dkim;
pub mod mailbox;
pub mod smtp;
pub mod transport;

pub use compose::{ComposeError, Mail, Party, Unsubscribe, compose};
pub use dkim::{DkimSettings, DkimSigner};
pub use mailbox::{Mailbox, Received, ReceivedId};
pub use smtp::{Sender, SmtpSettings};
pub use transport::{Accepted, Envelope, Phase, SendFailure, Transport};

//! Mail: the outbox, and the way from there to a server or the development mailbox: composing, signing, sending.

pub mod compose;
pub mod dkim;
pub mod mailbox;
mod outbox;
pub mod smtp;
pub mod transport;

pub use compose::{ComposeError, Mail, Party, Unsubscribe, compose};
pub use dkim::{DkimSettings, DkimSigner};
pub use mailbox::{Mailbox, Received, ReceivedId};
pub use outbox::{
    Class, ComposeFailure, Composed, Composer, Composers, Content, Letter, Planned, Post, Postman, Replan, Stage, cancel, held,
    hold_due, left, planned, post, readdress, release_held, replan, revive, send_due, suppress_due, upcoming,
};
pub use smtp::{Sender, SmtpSettings};
pub use transport::{Accepted, Envelope, Phase, SendFailure, Transport};

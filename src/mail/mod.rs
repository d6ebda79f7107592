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
    BOUND, Class, ComposeFailure, Composed, Composer, Composers, Content, Letter, LetterAct, LetterCounts, LetterFilter,
    LetterRefusal, LetterRow, LetterSheet, LetterState, Planned, Post, Postman, Readdressing, Stage, Written, acts_for, cancel,
    count_troubled, drop_letter, held, hold_due, left, letter, letter_counts, letters, planned, post, post_held, post_many,
    readdress, release, release_held, replan, retry, revive, send_due, state_of_word, state_word, suppress, suppress_due,
    troubled_letters, upcoming,
};
pub use smtp::{Sender, SmtpSettings};
pub use transport::{Accepted, Envelope, Phase, SendFailure, Transport};

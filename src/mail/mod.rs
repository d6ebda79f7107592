//! Mail: the outbox, and the way from there to a server.

mod outbox;

pub use outbox::{Class, Post, post};

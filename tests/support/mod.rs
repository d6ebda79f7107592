//! What the tests share.

pub mod app;
pub mod books;
pub mod browser;
pub mod database;
pub mod engine;
pub mod process;
pub mod raw;
pub mod runs;
pub mod school;
#[allow(dead_code, reason = "the sender's own tests use the rest of it")]
pub mod smtp_server;
pub mod source;
pub mod stuck;

//! What the tests share.

pub mod app;
pub mod browser;
pub mod database;
pub mod raw;
pub mod school;
pub mod source;

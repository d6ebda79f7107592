//! Rows of the domain `readings`.

#![allow(clippy::module_inception, reason = "the domain has one table, of the same name")]

pub mod readings;

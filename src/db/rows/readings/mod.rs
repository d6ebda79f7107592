//! Rows of the domain `readings`.

pub mod readings;

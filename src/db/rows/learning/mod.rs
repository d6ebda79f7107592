//! Rows of the domain `learning`.

pub mod progress;

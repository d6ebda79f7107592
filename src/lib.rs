//! Lectern: a paid cohort course on the web. `ARCHITECTURE.md` is the map.

pub mod kernel;
pub mod mail;

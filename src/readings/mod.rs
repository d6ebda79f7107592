//! The library of articles. It knows no course: modules key to readings, never the reverse.

pub mod import;
pub mod model;

pub use model::{Body, Language, Reading, Rights, WebAddress};

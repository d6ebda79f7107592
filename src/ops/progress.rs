//! How far a long command is, told on standard error.

use std::io::Write;
use std::time::Duration;

/// How often a line is told.
const EVERY: Duration = Duration::from_secs(2);

/// Tells now and then how far it is; or nobody, for a caller that has no operator.
#[derive(Debug)]
pub struct Progress {
    what: &'static str,
    told: Option<tokio::time::Instant>,
}

impl Progress {
    /// Tells on standard error what the command `what` does.
    pub fn told(what: &'static str) -> Self {
        Self { what, told: Some(tokio::time::Instant::now()) }
    }

    /// Tells nobody.
    pub fn silent() -> Self {
        Self { what: "", told: None }
    }

    /// It has come to the row `at` of `of` in this table.
    pub fn at(&mut self, table: &str, at: u64, of: u64) {
        if self.told.is_some_and(|told| told.elapsed() >= EVERY) {
            let _ = writeln!(std::io::stderr(), "{}: {table}, {at} of {of} rows", self.what);
            self.told = Some(tokio::time::Instant::now());
        }
    }
}

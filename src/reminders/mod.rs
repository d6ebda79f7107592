//! Mail caused by time passing: what should be sent to whom and when, and what must change in the outbox for it.

pub mod model;

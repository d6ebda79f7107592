//! Rows of the domain `enrolment`.

pub mod enrolments;
pub mod waitlist_entries;

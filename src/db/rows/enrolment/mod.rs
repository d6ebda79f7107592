//! Rows of the domain `enrolment`.

pub mod enrolments;

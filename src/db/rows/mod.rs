//! The SeaORM entities: what a row is, and nothing more. A domain's store turns rows into the domain's types.

#![allow(missing_debug_implementations, reason = "the entity macros' own types")]
#![allow(
    clippy::disallowed_methods,
    reason = "the entity macros write a nested save that begins a transaction; nothing calls it"
)]

pub mod audit;
pub mod catalogue;
pub mod certificates;
pub mod clock;
pub mod enrolment;
pub mod identity;
pub mod jobs;
pub mod learning;
pub mod mail;
pub mod payment;
pub mod readings;
pub mod schedule;

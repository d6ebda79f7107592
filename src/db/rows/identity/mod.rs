//! Rows of the domain `identity`.

pub mod offered_factors;
pub mod pending_sign_ins;
pub mod recovery_codes;
pub mod second_factors;
pub mod sessions;
pub mod sign_in_challenges;
pub mod users;

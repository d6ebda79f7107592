//! Rows of the domain `identity`.

pub mod sessions;
pub mod sign_in_challenges;
pub mod users;

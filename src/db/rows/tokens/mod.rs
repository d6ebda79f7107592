//! Rows of the domain `tokens`.

pub mod api_tokens;
pub mod idempotency_keys;

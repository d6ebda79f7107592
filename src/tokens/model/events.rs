//! What the audit log hears of tokens.

use serde_json::{Value, json};

use super::Token;
use crate::kernel::{Event, Subject};

/// A token was made, or taken back. Its uses stand in the log as the acts that they are.
#[derive(Debug, Clone, Copy)]
pub enum TokenEvent<'a> {
    Created(&'a Token),
    Revoked(&'a Token),
}

impl Event for TokenEvent<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Created(_) => "api.token_created",
            Self::Revoked(_) => "api.token_revoked",
        }
    }

    fn subject(&self) -> Subject {
        match self {
            Self::Created(token) | Self::Revoked(token) => Subject::Token(token.id),
        }
    }

    fn after(&self) -> Value {
        match self {
            Self::Created(token) => json!({
                "name": token.name,
                "scopes": token.scopes,
                "for": token.created_by,
                "expires_at": token.expires_at,
            }),
            Self::Revoked(token) => json!({ "name": token.name }),
        }
    }
}

//! Tokens and what they open: pure types and rules.

mod events;
mod scope;
mod secret;
mod token;

pub use events::TokenEvent;
pub use scope::{Scope, Scopes, UnknownScope};
pub use secret::{Secret, SecretError};
pub use token::{Life, LifeError, Token, TokenName, TokenState};

//! Who makes a change.

use std::fmt;

use super::ids::{TokenId, UserId};

/// Who makes a change, as the audit log names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Somebody not signed in, on the web.
    Visitor,
    /// A signed-in person, of whatever role.
    User(UserId),
    /// A program, by a token that this person made and answers for.
    Token { token: TokenId, user: UserId },
    /// Somebody with a shell on the machine: `lectern admin create`, `lectern readings import`.
    Operator,
    /// The program itself.
    System(Component),
}

/// The part of the program that acts on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Component {
    /// A background job or the outbox.
    Worker,
    /// A notification from the payment gateway.
    Webhook,
    /// The demonstration's seeding.
    Demonstration,
    /// A movement of service time in development.
    Clock,
}

impl Actor {
    /// The person, where the actor is one, or acts for one.
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::User(id) | Self::Token { user: id, .. } => Some(*id),
            _ => None,
        }
    }

    /// The token, where a program acts by one.
    pub fn token(&self) -> Option<TokenId> {
        match self {
            Self::Token { token, .. } => Some(*token),
            _ => None,
        }
    }

    /// The stable word under which the audit log stores this kind of actor.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::User(_) => "user",
            Self::Token { .. } => "token",
            Self::Operator => "operator",
            Self::System(Component::Worker) => "worker",
            Self::System(Component::Webhook) => "webhook",
            Self::System(Component::Demonstration) => "demonstration",
            Self::System(Component::Clock) => "clock",
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "{id}"),
            Self::Token { token, user } => write!(f, "{user} by {token}"),
            other => f.write_str(other.kind()),
        }
    }
}

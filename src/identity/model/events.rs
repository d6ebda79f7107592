//! What the audit log hears of people.

use serde_json::{Value, json};

use super::{Person, Role};
use crate::kernel::ids::{SessionId, UserId};
use crate::kernel::{EmailAddress, Event, Subject, Touch};

/// A change of a person, of their proofs or sessions; or an act that was refused to staff.
#[derive(Debug, Clone)]
pub enum IdentityEvent<'a> {
    Registered(&'a Person),
    /// Asked to join the staff by mail, also once more.
    Invited(&'a Person),
    DetailsChanged {
        before: &'a Person,
        after: &'a Person,
    },
    EmailCorrected {
        before: &'a Person,
        after: &'a EmailAddress,
    },
    RoleChanged {
        person: UserId,
        before: Role,
        after: Role,
    },
    Disabled {
        person: UserId,
    },
    Enabled {
        person: UserId,
    },
    SignedIn {
        person: UserId,
        session: SessionId,
    },
    /// Gave their strongest proof again.
    Confirmed {
        person: UserId,
        session: SessionId,
    },
    SignedOut {
        person: UserId,
        session: SessionId,
    },
    SessionsEnded {
        person: UserId,
        ended: u64,
    },
    FactorAdded {
        person: UserId,
    },
    FactorRemoved {
        person: UserId,
    },
    /// A wrong code, the so-manieth in a row; or one that had been used.
    FactorRefused {
        person: UserId,
        failures: i32,
        replayed: bool,
    },
    RecoveryCodeUsed {
        person: UserId,
        left: u64,
    },
    RecoveryCodesRenewed {
        person: UserId,
    },
    /// A member of the staff asked for what is not theirs.
    Refused {
        person: UserId,
        method: &'a str,
        route: &'a str,
        path: &'a str,
        status: u16,
    },
}

impl IdentityEvent<'_> {
    fn person(&self) -> UserId {
        match self {
            Self::Registered(person) | Self::Invited(person) => person.id,
            Self::DetailsChanged { before, .. } | Self::EmailCorrected { before, .. } => before.id,
            Self::RoleChanged { person, .. }
            | Self::Disabled { person }
            | Self::Enabled { person }
            | Self::SignedIn { person, .. }
            | Self::Confirmed { person, .. }
            | Self::SignedOut { person, .. }
            | Self::SessionsEnded { person, .. }
            | Self::FactorAdded { person }
            | Self::FactorRemoved { person }
            | Self::FactorRefused { person, .. }
            | Self::RecoveryCodeUsed { person, .. }
            | Self::RecoveryCodesRenewed { person }
            | Self::Refused { person, .. } => *person,
        }
    }
}

impl Event for IdentityEvent<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Registered(_) => "user.registered",
            Self::Invited(_) => "user.invited",
            Self::DetailsChanged { .. } => "user.details_changed",
            Self::EmailCorrected { .. } => "user.email_corrected",
            Self::RoleChanged { .. } => "user.role_changed",
            Self::Disabled { .. } => "user.disabled",
            Self::Enabled { .. } => "user.enabled",
            Self::SignedIn { .. } => "user.signed_in",
            Self::Confirmed { .. } => "user.confirmed",
            Self::SignedOut { .. } => "user.signed_out",
            Self::SessionsEnded { .. } => "user.sessions_ended",
            Self::FactorAdded { .. } => "user.second_factor_added",
            Self::FactorRemoved { .. } => "user.second_factor_removed",
            Self::FactorRefused { .. } => "user.second_factor_refused",
            Self::RecoveryCodeUsed { .. } => "user.recovery_code_used",
            Self::RecoveryCodesRenewed { .. } => "user.recovery_codes_renewed",
            Self::Refused { .. } => "staff.refused",
        }
    }

    fn subject(&self) -> Subject {
        Subject::User(self.person())
    }

    /// What is planned for a person is planned by their own clock, and not at all for an account that is closed.
    fn touches(&self) -> Vec<Touch> {
        match self {
            Self::DetailsChanged { before, after } if before.zone != after.zone => vec![Touch::Person(before.id)],
            Self::Disabled { person } | Self::Enabled { person } => vec![Touch::Person(*person)],
            _ => Vec::new(),
        }
    }

    fn before(&self) -> Value {
        match self {
            Self::DetailsChanged { before, .. } => details(before),
            Self::RoleChanged { before, .. } => json!({ "role": before.word() }),
            _ => Value::Null,
        }
    }

    fn after(&self) -> Value {
        match self {
            Self::Registered(person) => details(person),
            Self::Invited(person) => json!({ "role": person.role.word() }),
            Self::DetailsChanged { after, .. } => details(after),
            Self::RoleChanged { after, .. } => json!({ "role": after.word() }),
            Self::SignedIn { session, .. } | Self::Confirmed { session, .. } | Self::SignedOut { session, .. } => {
                json!({ "session": session })
            }
            Self::SessionsEnded { ended, .. } => json!({ "ended": ended }),
            Self::FactorRefused { failures, replayed, .. } => json!({ "failures": failures, "replayed": replayed }),
            Self::RecoveryCodeUsed { left, .. } => json!({ "left": left }),
            Self::Refused { method, route, path, status, .. } => {
                json!({ "method": method, "route": route, "path": path, "status": status })
            }
            Self::EmailCorrected { .. }
            | Self::Disabled { .. }
            | Self::Enabled { .. }
            | Self::FactorAdded { .. }
            | Self::FactorRemoved { .. }
            | Self::RecoveryCodesRenewed { .. } => Value::Null,
        }
    }

    fn personal(&self) -> Option<Value> {
        match self {
            Self::Registered(person) => Some(json!({ "name": person.name, "email": person.email })),
            Self::DetailsChanged { before, after } if before.name != after.name => {
                Some(json!({ "before": { "name": before.name }, "after": { "name": after.name } }))
            }
            Self::EmailCorrected { before, after } => {
                Some(json!({ "before": { "email": before.email }, "after": { "email": after } }))
            }
            _ => None,
        }
    }
}

fn details(person: &Person) -> Value {
    json!({ "role": person.role.word(), "zone": person.zone, "country": person.country.map(|country| country.code().to_owned()) })
}

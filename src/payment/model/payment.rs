//! Attempts to move money against an order: by card through the gateway, or received some other way.

use std::fmt;
use std::str::FromStr;

use crate::kernel::ids::{OrderId, PaymentId, UserId};
use crate::kernel::text::{TextError, single_line};
use crate::kernel::time::Date;
use crate::kernel::{Money, Timestamp};

/// One attempt to move money. Never deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    pub id: PaymentId,
    pub order: OrderId,
    pub amount: Money,
    pub means: Means,
    pub created_at: Timestamp,
}

/// How the money comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Means {
    Card(CardAttempt),
    Offline(Received),
}

/// One use of the gateway's hosted page. All times are service time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardAttempt {
    /// Stored before the gateway is called; a repeated call bears it again.
    pub key: String,
    /// When the page stops taking money.
    pub expires_at: Timestamp,
    /// As whom the gateway knows the buyer, where it does.
    pub customer: Option<String>,
    /// The gateway's session, known once it has answered.
    pub session: Option<String>,
    /// The gateway's payment intent, known once somebody tried to pay.
    pub intent: Option<String>,
    pub state: CardState,
}

/// Where a card attempt stands. Later in this list outranks earlier: what is known is not unlearnt when older news comes late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardState {
    /// Whether the gateway has a session for it is not known yet.
    Preparing,
    /// The page at `url` takes money.
    Open { url: String },
    /// Done by the visitor; their bank is deciding.
    Processing,
    /// The page was left unpaid.
    Expired,
    /// The gateway or the bank refused, or what is on its way is not what we asked for.
    Failed { reason: String },
    /// Money came that is not what we asked for, as told: it enrols nobody. No amount where its currency is not one of ours.
    Mismatched { at: Timestamp, received: Option<Money>, reason: String },
    /// The money is there.
    Captured { at: Timestamp },
}

impl CardState {
    /// A stable word for the audit log.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Preparing => "preparing",
            Self::Open { .. } => "open",
            Self::Processing => "processing",
            Self::Expired => "expired",
            Self::Failed { .. } => "failed",
            Self::Mismatched { .. } => "mismatched",
            Self::Captured { .. } => "captured",
        }
    }

    pub(super) const fn rank(&self) -> u8 {
        match self {
            Self::Preparing => 0,
            Self::Open { .. } => 1,
            Self::Processing => 2,
            Self::Expired => 3,
            Self::Failed { .. } => 4,
            Self::Mismatched { .. } => 5,
            Self::Captured { .. } => 6,
        }
    }

    /// Whether money may still come of it.
    pub const fn is_unfinished(&self) -> bool {
        matches!(self, Self::Preparing | Self::Open { .. } | Self::Processing)
    }
}

/// The ways to pay that the gateway does not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    BankTransfer,
    Upi,
    Cash,
    Cheque,
}

impl Method {
    /// A stable word for forms and the audit log.
    pub const fn word(self) -> &'static str {
        match self {
            Self::BankTransfer => "bank_transfer",
            Self::Upi => "upi",
            Self::Cash => "cash",
            Self::Cheque => "cheque",
        }
    }
}

/// The text names no way to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Choose how the money came")]
pub struct UnknownMethod;

impl FromStr for Method {
    type Err = UnknownMethod;

    fn from_str(text: &str) -> Result<Self, UnknownMethod> {
        [Self::BankTransfer, Self::Upi, Self::Cash, Self::Cheque].into_iter().find(|m| m.word() == text).ok_or(UnknownMethod)
    }
}

/// What the bank, or the receipt book, knows a payment by: a transfer's UTR, a cheque's number. Kept in capitals without spaces,
/// so that one reference has one form. Up to 64 characters.
#[derive(Clone, PartialEq, Eq)]
pub struct Reference(String);

impl Reference {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reference {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let line = single_line(text, 64)?;
        // Capitals may be longer than what they are capitals of (ß).
        single_line(&line.to_uppercase().replace(' ', ""), 64).map(Self)
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An offline payment as an admin records it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offline {
    pub method: Method,
    pub reference: Reference,
    pub amount: Money,
    /// The day on which the money arrived.
    pub received_on: Date,
}

/// An offline payment on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub method: Method,
    pub reference: Reference,
    pub received_on: Date,
    /// Nobody only where the program itself recorded it (the demonstration).
    pub recorded_by: Option<UserId>,
    /// Service time at which it was recorded.
    pub at: Timestamp,
}

impl Payment {
    /// The card attempt, where it is one.
    pub fn card(&self) -> Option<&CardAttempt> {
        match &self.means {
            Means::Card(attempt) => Some(attempt),
            Means::Offline(_) => None,
        }
    }

    /// Whether the money is there.
    pub fn is_captured(&self) -> bool {
        self.card().is_none_or(|attempt| matches!(attempt.state, CardState::Captured { .. }))
    }

    /// The money that came by it, be it what was asked for or not.
    pub fn received(&self) -> Option<Money> {
        match self.card().map(|attempt| &attempt.state) {
            None | Some(CardState::Captured { .. }) => Some(self.amount),
            Some(CardState::Mismatched { received, .. }) => *received,
            Some(_) => None,
        }
    }

    /// When its money came, as far as we know (service time).
    pub fn captured_at(&self) -> Option<Timestamp> {
        match &self.means {
            Means::Offline(received) => Some(received.at),
            Means::Card(attempt) => match attempt.state {
                CardState::Captured { at } | CardState::Mismatched { at, .. } => Some(at),
                _ => None,
            },
        }
    }

    /// Whether a bank is deciding about it: it cannot be told to stop.
    pub fn is_with_bank(&self) -> bool {
        self.card().is_some_and(|attempt| attempt.state == CardState::Processing)
    }

    /// Whether it has, or may have, a page that takes money and can be closed.
    pub fn can_be_closed(&self) -> bool {
        self.is_unfinished() && !self.is_with_bank()
    }

    /// Whether money may still come of it.
    pub fn is_unfinished(&self) -> bool {
        self.card().is_some_and(|attempt| attempt.state.is_unfinished())
    }

    /// A stable word for where it stands.
    pub fn state_word(&self) -> &'static str {
        self.card().map_or("captured", |attempt| attempt.state.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reference_has_one_form() {
        let read = |text: &str| text.parse::<Reference>().map(|reference| reference.as_str().to_owned());
        assert_eq!(read(" utr 0012 ab "), Ok("UTR0012AB".to_owned()));
        assert_eq!(read("UTR0012AB"), read("utr0012ab"));
        assert_eq!(read("  "), Err(TextError::Empty));
        assert_eq!(read("a\nb"), Err(TextError::ControlCharacter));
        assert_eq!(read(&"x".repeat(65)), Err(TextError::TooLong(64)));
        assert_eq!(read(&"ß".repeat(64)), Err(TextError::TooLong(64)));
    }
}

//! Money that goes back: what is known of it, how far it has come, and how much of a payment can still go back. Pure.

use std::str::FromStr;

use super::{Dispute, Method, Payment, Reason, Reference};
use crate::kernel::ids::{OrderId, PaymentId, RefundId, UserId};
use crate::kernel::time::{SignedDuration, shifted};
use crate::kernel::{Money, Timestamp};

/// How long the gateway can send a payment back the way it came whatever that way was: UPI takes no refund after 60 days.
pub const BY_GATEWAY: SignedDuration = SignedDuration::from_hours(24 * 60);

/// One attempt to send money of a payment back. Never deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    pub id: RefundId,
    pub order: OrderId,
    pub payment: PaymentId,
    pub amount: Money,
    pub way: Way,
    pub origin: Origin,
    pub cause: Cause,
    /// Why, in the words of the admin who asked for it. Personal.
    pub note: Option<String>,
    /// Stored before the gateway is asked; a repeated call bears it again.
    pub key: String,
    pub state: RefundState,
    /// The admin who asked for it; nobody where a rule or the student did.
    pub requested_by: Option<UserId>,
    /// The second admin, who agreed.
    pub approved_by: Option<UserId>,
    pub created_at: Timestamp,
}

/// How the money goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// As it came. The id is the gateway's, known once it has answered.
    Gateway { id: Option<String> },
    /// An admin sends it from the bank.
    ByHand { sent: Option<Sent> },
}

/// What an admin says of money sent by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub method: Method,
    pub reference: Reference,
}

/// Who began it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Ours,
    /// Somebody at the gateway's own pages.
    Dashboard,
}

impl Origin {
    /// A stable word for the audit log.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Dashboard => "dashboard",
        }
    }
}

/// Why the money goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The money could not do what it came for: [`Reason::answer`] says so.
    Rule(Reason),
    /// The enrolment was cancelled.
    Cancelled,
    /// An admin decided so; the seat is not touched by it.
    Asked,
    /// Decided at the gateway's own pages.
    Dashboard,
}

impl Cause {
    /// A stable word, as stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rule(reason) => reason.word(),
            Self::Cancelled => "cancelled",
            Self::Asked => "asked",
            Self::Dashboard => "dashboard",
        }
    }
}

impl FromStr for Cause {
    type Err = super::exception::UnknownReason;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "cancelled" => Self::Cancelled,
            "asked" => Self::Asked,
            "dashboard" => Self::Dashboard,
            other => Self::Rule(other.parse()?),
        })
    }
}

/// Where a refund stands. Later in this list outranks earlier: what is known is not unlearnt when older news comes late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundState {
    /// A second admin must agree first.
    AwaitingApproval,
    /// The gateway is about to be asked, or its answer was lost.
    Preparing,
    /// On its way; by hand: an admin is to send it.
    Pending,
    Succeeded {
        at: Timestamp,
    },
    /// Nothing went back: a second admin said no, or somebody at the gateway took it back.
    Cancelled {
        at: Timestamp,
    },
    /// Nothing went back, or it came back to us: the bank may say so days after it succeeded.
    Failed {
        at: Timestamp,
        reason: String,
    },
}

impl RefundState {
    /// A stable word for the audit log.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::AwaitingApproval => "awaiting_approval",
            Self::Preparing => "preparing",
            Self::Pending => "pending",
            Self::Succeeded { .. } => "succeeded",
            Self::Cancelled { .. } => "cancelled",
            Self::Failed { .. } => "failed",
        }
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::AwaitingApproval => 0,
            Self::Preparing => 1,
            Self::Pending => 2,
            Self::Succeeded { .. } => 3,
            Self::Cancelled { .. } => 4,
            Self::Failed { .. } => 5,
        }
    }

    /// Whether more is to be heard of it.
    pub const fn is_unfinished(&self) -> bool {
        matches!(self, Self::AwaitingApproval | Self::Preparing | Self::Pending)
    }

    /// Whether its money has gone, or may go: it cannot go a second time.
    pub const fn takes_money(&self) -> bool {
        !matches!(self, Self::Cancelled { .. } | Self::Failed { .. })
    }
}

/// The refund's state does not allow the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotNow {
    #[error("the refund waits for nobody's word")]
    NotAwaiting,
    /// Two pairs of eyes: who asked does not agree with themselves.
    #[error("the admin who asked for a refund does not approve it")]
    SameAdmin,
    #[error("the refund is not to be sent by hand")]
    NotByHand,
}

impl Refund {
    /// The refund once the gateway has said `told` of it. Older news changes nothing.
    #[must_use]
    pub fn hear(mut self, id: &str, told: RefundState) -> Self {
        if let Way::Gateway { id: known } = &mut self.way {
            known.get_or_insert_with(|| id.to_owned());
        }
        if told.rank() > self.state.rank() {
            self.state = told;
        }
        self
    }

    /// A second admin agrees.
    ///
    /// # Errors
    /// [`NotNow::NotAwaiting`], [`NotNow::SameAdmin`].
    pub fn approve(mut self, by: UserId) -> Result<Self, NotNow> {
        match self.state {
            RefundState::AwaitingApproval if self.requested_by == Some(by) => Err(NotNow::SameAdmin),
            RefundState::AwaitingApproval => {
                self.approved_by = Some(by);
                self.state = self.way.begins();
                Ok(self)
            }
            _ => Err(NotNow::NotAwaiting),
        }
    }

    /// A refund that waits for a second admin is given up; whoever asked for it may do so too.
    ///
    /// # Errors
    /// [`NotNow::NotAwaiting`].
    pub fn decline(mut self, at: Timestamp) -> Result<Self, NotNow> {
        let RefundState::AwaitingApproval = self.state else { return Err(NotNow::NotAwaiting) };
        self.state = RefundState::Cancelled { at };
        Ok(self)
    }

    /// An admin has sent it from the bank.
    ///
    /// # Errors
    /// [`NotNow::NotByHand`].
    pub fn sent(mut self, how: Sent, at: Timestamp) -> Result<Self, NotNow> {
        match (&self.way, &self.state) {
            (Way::ByHand { .. }, RefundState::Pending) => {
                self.way = Way::ByHand { sent: Some(how) };
                self.state = RefundState::Succeeded { at };
                Ok(self)
            }
            _ => Err(NotNow::NotByHand),
        }
    }

    /// The gateway will never do it.
    #[must_use]
    pub fn fail(mut self, reason: String, at: Timestamp) -> Self {
        self.state = RefundState::Failed { at, reason };
        self
    }

    /// Whether its money has left us, as far as is known: what waits for an admin or for the gateway has not.
    pub fn has_left(&self) -> bool {
        matches!((&self.way, &self.state), (_, RefundState::Succeeded { .. }) | (Way::Gateway { .. }, RefundState::Pending))
    }

    /// The gateway's id, once it is known.
    pub fn gateway_id(&self) -> Option<&str> {
        match &self.way {
            Way::Gateway { id } => id.as_deref(),
            Way::ByHand { .. } => None,
        }
    }
}

impl Way {
    /// A stable word for the audit log.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Gateway { .. } => "gateway",
            Self::ByHand { .. } => "by_hand",
        }
    }

    /// Where a refund begins that nobody must agree to.
    pub const fn begins(&self) -> RefundState {
        match self {
            Self::Gateway { .. } => RefundState::Preparing,
            Self::ByHand { .. } => RefundState::Pending,
        }
    }

    /// The way back of a payment: as it came, where it came through the gateway and lately enough for every bank.
    pub fn of(payment: &Payment, now: Timestamp) -> Self {
        let lately = payment.captured_at().is_some_and(|at| now < shifted(at, BY_GATEWAY));
        match payment.card() {
            Some(attempt) if attempt.intent.is_some() && lately => Self::Gateway { id: None },
            _ => Self::ByHand { sent: None },
        }
    }
}

/// What of a payment has not gone back, is not about to, and was not taken by a bank; `None` where no money came by it.
pub fn refundable(payment: &Payment, refunds: &[Refund], disputes: &[Dispute]) -> Option<Money> {
    let received = payment.received()?;
    let of_it = refunds.iter().filter(|refund| refund.payment == payment.id && refund.state.takes_money());
    let gone: i64 = of_it.map(|refund| refund.amount.minor).fold(0, i64::saturating_add);
    let disputed = disputes.iter().filter(|dispute| dispute.payment == Some(payment.id));
    let taken: i64 = disputed.map(|dispute| dispute.told.away()).fold(0, i64::saturating_add);
    Some(Money::new(received.minor.saturating_sub(gone).saturating_sub(taken).max(0), received.currency))
}

/// What of all payments in the currency of `of` can still go back.
pub fn refundable_in_all(payments: &[Payment], refunds: &[Refund], disputes: &[Dispute], of: Money) -> Money {
    let each = payments.iter().filter_map(|payment| refundable(payment, refunds, disputes));
    let minor = each.filter(|left| left.currency == of.currency).fold(0, |sum: i64, left| sum.saturating_add(left.minor));
    Money::new(minor, of.currency)
}

/// Of which payments an amount goes back, the oldest first; `None` where it is more than they hold.
pub fn shares(payments: &[Payment], refunds: &[Refund], disputes: &[Dispute], amount: Money) -> Option<Vec<(PaymentId, Money)>> {
    let (mut wanted, mut shares) = (amount.minor, Vec::new());
    for payment in payments {
        let Some(left) = refundable(payment, refunds, disputes).filter(|left| left.currency == amount.currency) else { continue };
        let share = left.minor.min(wanted);
        if share > 0 {
            shares.push((payment.id, Money::new(share, amount.currency)));
            wanted -= share;
        }
    }
    (wanted == 0).then_some(shares)
}

#[cfg(test)]
#[path = "refund_tests.rs"]
mod tests;

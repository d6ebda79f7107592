//! Disputes at Stripe: a buyer who asks their bank for the money back.

use futures_util::StreamExt;
use stripe_core::dispute::{ListDispute, RetrieveDispute};
use stripe_shared::DisputeStatus as Stripes;

use super::{Balance, Effect, Gateway, GatewayError, money, plain};
use crate::kernel::{Money, Timestamp};

/// Where a dispute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisputeStatus {
    /// The bank only asks, and no money was taken.
    Inquiry,
    /// The bank asked, and is content.
    InquiryClosed,
    /// Evidence is wanted, by the due date.
    NeedsResponse,
    /// Evidence was handed in.
    UnderReview,
    /// The money came back.
    Won,
    /// The money is gone.
    Lost,
    /// It was settled before it became one.
    Prevented,
}

/// A dispute as Stripe told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayDispute {
    pub id: String,
    pub intent: Option<String>,
    pub charge: String,
    /// What is disputed, in the currency that was paid; `None` where prices cannot be in it.
    pub amount: Option<Money>,
    pub status: DisputeStatus,
    /// Stripe's word, such as `fraudulent` or `product_not_received`.
    pub reason: String,
    /// Evidence that comes later is not looked at; `None` where none is wanted any more.
    pub evidence_due_by: Option<Timestamp>,
    /// Whether its money is out of the balance now.
    pub withdrawn: bool,
    /// What Stripe took for it so far, in the settlement currency; `None` while it did nothing to the balance.
    pub fee: Option<Money>,
    /// All that it did to the balance, in Stripe's order: the withdrawal, and what was given back.
    pub balance: Vec<Balance>,
}

impl Gateway {
    /// Fetches a dispute.
    ///
    /// # Errors
    /// [`GatewayError::NotFound`] also where `id` cannot be a dispute's id.
    pub async fn dispute(&self, id: &str) -> Result<GatewayDispute, GatewayError> {
        let answer = RetrieveDispute::new(plain(id)?).send(self.client()?).await;
        read(answer.map_err(|error| self.explain(error, Effect::Read))?)
    }

    /// All disputes of a payment intent, oldest first.
    ///
    /// # Errors
    /// If one page fails, all fails: a gap would go unnoticed.
    pub async fn disputes_of(&self, intent: &str) -> Result<Vec<GatewayDispute>, GatewayError> {
        let list = ListDispute::new().payment_intent(plain(intent)?).limit(100);
        let mut disputes = list.paginate().stream(self.client()?);
        let mut found = Vec::new();
        while let Some(dispute) = disputes.next().await {
            found.push(read(dispute.map_err(|error| self.explain(error, Effect::Read))?)?);
        }
        found.reverse();
        Ok(found)
    }
}

fn read(dispute: stripe_shared::Dispute) -> Result<GatewayDispute, GatewayError> {
    let status = match dispute.status {
        Stripes::WarningNeedsResponse | Stripes::WarningUnderReview => DisputeStatus::Inquiry,
        Stripes::WarningClosed => DisputeStatus::InquiryClosed,
        Stripes::NeedsResponse => DisputeStatus::NeedsResponse,
        Stripes::UnderReview => DisputeStatus::UnderReview,
        Stripes::Won => DisputeStatus::Won,
        Stripes::Lost => DisputeStatus::Lost,
        Stripes::Prevented => DisputeStatus::Prevented,
        _ => return Err(Effect::Read.unanswered("a dispute in a state that is not known".to_owned())),
    };
    let balance: Vec<Balance> = dispute.balance_transactions.into_iter().map(Balance::read).collect::<Result<_, _>>()?;
    let fee = balance.first().map(|first| Money::new(balance.iter().map(|part| part.fee.minor).sum(), first.fee.currency));
    Ok(GatewayDispute {
        id: dispute.id.to_string(),
        intent: dispute.payment_intent.map(|intent| intent.into_id().to_string()),
        charge: dispute.charge.into_id().to_string(),
        amount: money(dispute.amount, &dispute.currency),
        status,
        reason: dispute.reason,
        evidence_due_by: dispute.evidence_details.due_by.map(|due| Effect::Read.instant(due)).transpose()?,
        withdrawn: balance.iter().map(|part| part.amount.minor).sum::<i64>() < 0,
        fee,
        balance,
    })
}

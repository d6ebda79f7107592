//! Payouts of Stripe: the balance, or a part of it, sent to the merchant's bank.

use futures_util::StreamExt;
use stripe_core::balance_transaction::ListBalanceTransaction;
use stripe_core::payout::RetrievePayout;

use super::{Balance, Effect, Gateway, GatewayError, money, plain};
use crate::kernel::{Money, Timestamp};

/// Where a payout stands. It may fail after it was paid: the bank sends the money back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayoutStatus {
    Pending,
    InTransit,
    Paid,
    /// The money is back in the balance. `reason` is Stripe's word, such as `account_closed`.
    Failed {
        reason: String,
    },
    Canceled,
}

/// A payout as Stripe told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayPayout {
    pub id: String,
    /// In the settlement currency; `None` where prices cannot be in it.
    pub amount: Option<Money>,
    pub status: PayoutStatus,
    /// When it should be, or was, in the bank.
    pub arrival: Timestamp,
    /// Whether Stripe's schedule made it. Only of these Stripe says what they consist of.
    pub automatic: bool,
}

/// A part of a payout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayTransaction {
    /// Stripe's word: `charge`, `payment`, `refund`, `refund_failure`, `adjustment` (a dispute's), `payout` (the payout itself).
    pub kind: String,
    /// The id of the charge, refund, dispute or payout that moved the balance.
    pub source: Option<String>,
    pub balance: Balance,
}

impl Gateway {
    /// Fetches a payout.
    ///
    /// # Errors
    /// [`GatewayError::NotFound`] also where `id` cannot be a payout's id.
    pub async fn payout(&self, id: &str) -> Result<GatewayPayout, GatewayError> {
        let answer = RetrievePayout::new(plain(id)?).send(self.client()?).await;
        read(answer.map_err(|error| self.explain(error, Effect::Read))?)
    }

    /// What an automatic payout consists of, oldest first; the payout's own movement, below nothing, is among it.
    ///
    /// # Errors
    /// If one page fails, all fails: a gap would go unnoticed.
    pub async fn transactions_of(&self, payout: &str) -> Result<Vec<GatewayTransaction>, GatewayError> {
        let list = ListBalanceTransaction::new().payout(plain(payout)?).limit(100);
        let mut transactions = list.paginate().stream(self.client()?);
        let mut found = Vec::new();
        while let Some(transaction) = transactions.next().await {
            let mut transaction = transaction.map_err(|error| self.explain(error, Effect::Read))?;
            found.push(GatewayTransaction {
                kind: transaction.type_.to_string(),
                source: transaction.source.take().map(|source| source.into_id().to_string()),
                balance: Balance::read(transaction)?,
            });
        }
        found.reverse();
        Ok(found)
    }
}

fn read(payout: stripe_shared::Payout) -> Result<GatewayPayout, GatewayError> {
    let status = match payout.status.as_str() {
        "pending" => PayoutStatus::Pending,
        "in_transit" => PayoutStatus::InTransit,
        "paid" => PayoutStatus::Paid,
        "failed" => PayoutStatus::Failed { reason: payout.failure_code.unwrap_or_else(|| "unknown".to_owned()) },
        "canceled" => PayoutStatus::Canceled,
        _ => return Err(Effect::Read.unanswered("a payout in a state that is not known".to_owned())),
    };
    Ok(GatewayPayout {
        id: payout.id.to_string(),
        amount: money(payout.amount, &payout.currency),
        status,
        arrival: Effect::Read.instant(payout.arrival_date)?,
        automatic: payout.automatic,
    })
}

//! Refunds at Stripe: ours, and those that somebody made on its dashboard.

use std::collections::HashMap;

use futures_util::StreamExt;
use stripe::StripeRequest;
use stripe_core::refund::{CreateRefund, ListRefund, RetrieveRefund};
use stripe_shared::BalanceTransaction;
use stripe_types::Expandable;

use super::{Balance, Effect, Gateway, GatewayError, ORDER_NUMBER, REFUND, money, once, plain};
use crate::kernel::ids::RefundId;
use crate::kernel::{Money, Timestamp};

/// What is asked of a refund besides.
const BALANCES: [&str; 2] = ["balance_transaction", "failure_balance_transaction"];

/// A refund to create. Whoever repeats it with the same key repeats every field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRequest {
    /// 1 to 255 visible ASCII characters, stored before Stripe is called.
    pub idempotency_key: String,
    /// The payment intent whose money goes back.
    pub intent: String,
    /// All of what was paid, or a part of it, in the currency that it was paid in.
    pub amount: Money,
    /// Metadata: by it a refund of ours is known among those of the intent.
    pub refund: RefundId,
    /// Metadata, at most 500 characters.
    pub order_number: String,
}

/// Where a refund stands. It may fail after it succeeded: the bank sends the money back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundStatus {
    /// Asked for, and the bank has not answered.
    Pending,
    /// The visitor must do something for it. Cards never need that.
    RequiresAction,
    Succeeded,
    /// The money is back in the balance. `reason` is Stripe's word, such as `lost_or_stolen_card` or `unknown`.
    Failed {
        reason: String,
    },
    Canceled,
}

/// A refund as Stripe told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayRefund {
    pub id: String,
    pub intent: Option<String>,
    pub charge: Option<String>,
    /// In the currency that was paid; `None` where prices cannot be in it.
    pub amount: Option<Money>,
    pub status: RefundStatus,
    /// Our refund's id, if we made it.
    pub refund: Option<String>,
    /// What it took out of the balance; known once it was sent.
    pub balance: Option<Balance>,
    /// What came back into it, if it failed.
    pub failure_balance: Option<Balance>,
    pub created: Timestamp,
}

impl Gateway {
    /// Sends money back, or answers again with the refund that the same key created.
    ///
    /// # Errors
    /// After [`GatewayError::OutcomeUnknown`] and [`GatewayError::Unavailable`] repeat the same request with the same key: Stripe
    /// keeps a key's answer for at least 24 hours, so that at most one refund comes of it. Whoever repeats it later than that
    /// looks among [`refunds_of`](Self::refunds_of) for their own refund first.
    pub async fn refund(&self, request: &RefundRequest) -> Result<GatewayRefund, GatewayError> {
        let once = once(&request.idempotency_key)?;
        let metadata = HashMap::from([
            (REFUND.to_owned(), request.refund.to_string()),
            (ORDER_NUMBER.to_owned(), request.order_number.clone()),
        ]);
        let creation = CreateRefund::new()
            .payment_intent(plain(&request.intent)?)
            .amount(request.amount.minor)
            .metadata(metadata)
            .expand(BALANCES.map(str::to_owned));
        let answer = creation.customize().request_strategy(once).send(self.client()?).await;
        read(answer.map_err(|error| self.explain(error, Effect::Write))?, Effect::Write)
    }

    /// Fetches a refund.
    ///
    /// # Errors
    /// [`GatewayError::NotFound`] also where `id` cannot be a refund's id.
    pub async fn refund_by_id(&self, id: &str) -> Result<GatewayRefund, GatewayError> {
        let answer = RetrieveRefund::new(plain(id)?).expand(BALANCES.map(str::to_owned)).send(self.client()?).await;
        read(answer.map_err(|error| self.explain(error, Effect::Read))?, Effect::Read)
    }

    /// All refunds of a payment intent, whoever made them, oldest first.
    ///
    /// # Errors
    /// If one page fails, all fails: a gap would go unnoticed.
    pub async fn refunds_of(&self, intent: &str) -> Result<Vec<GatewayRefund>, GatewayError> {
        let expand = BALANCES.map(|name| format!("data.{name}"));
        let list = ListRefund::new().payment_intent(plain(intent)?).limit(100).expand(expand);
        let mut refunds = list.paginate().stream(self.client()?);
        let mut found = Vec::new();
        while let Some(refund) = refunds.next().await {
            found.push(read(refund.map_err(|error| self.explain(error, Effect::Read))?, Effect::Read)?);
        }
        // Stripe lists the newest first.
        found.reverse();
        Ok(found)
    }
}

/// What a refund did to the balance. One that is not known, or kept in a currency that is not, keeps nobody's refund waiting.
fn balance(transaction: Option<Expandable<BalanceTransaction>>) -> Option<Balance> {
    transaction.and_then(Expandable::into_object).and_then(|transaction| Balance::read(transaction).ok())
}

/// A state that this program does not know is no answer: to guess at money would be worse.
fn read(refund: stripe_shared::Refund, effect: Effect) -> Result<GatewayRefund, GatewayError> {
    let status = match refund.status.as_deref() {
        Some("pending") => RefundStatus::Pending,
        Some("requires_action") => RefundStatus::RequiresAction,
        Some("succeeded") => RefundStatus::Succeeded,
        Some("failed") => RefundStatus::Failed { reason: refund.failure_reason.unwrap_or_else(|| "unknown".to_owned()) },
        Some("canceled") => RefundStatus::Canceled,
        _ => return Err(effect.unanswered("a refund in a state that is not known".to_owned())),
    };
    Ok(GatewayRefund {
        id: refund.id.to_string(),
        intent: refund.payment_intent.map(|intent| intent.into_id().to_string()),
        charge: refund.charge.map(|charge| charge.into_id().to_string()),
        amount: money(refund.amount, &refund.currency),
        balance: balance(refund.balance_transaction),
        failure_balance: balance(refund.failure_balance_transaction),
        status,
        refund: refund.metadata.unwrap_or_default().remove(REFUND),
        created: effect.instant(refund.created)?,
    })
}

//! Charges at Stripe: what a payment did to the merchant's balance, its fee included.

use stripe_core::payment_intent::RetrievePaymentIntent;
use stripe_shared::ChargeStatus;

use super::{Effect, Gateway, GatewayError, money, plain};
use crate::kernel::{Money, Timestamp};

/// A charge that succeeded: the money of a payment intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayCharge {
    pub id: String,
    /// What was paid; `None` in a currency that prices cannot be in.
    pub amount: Option<Money>,
    /// What it did to the balance: comes some time after the charge, and then a notification `charge.updated`.
    pub balance: Option<Balance>,
}

/// A movement of the merchant's balance, in the currency that the balance is kept in (the settlement currency).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// The balance transaction's id.
    pub id: String,
    /// Before the fee; below nothing where money left.
    pub amount: Money,
    /// What Stripe took for it.
    pub fee: Money,
    /// `amount` less `fee`.
    pub net: Money,
    /// By what the paid amount was multiplied, where it was in another currency; Stripe's number.
    pub exchange_rate: Option<String>,
    /// From when on it can be paid out.
    pub available_on: Timestamp,
}

impl Gateway {
    /// The charge that brought a payment intent's money; `None` while none succeeded.
    ///
    /// # Errors
    /// [`GatewayError::NotFound`] also where `intent` cannot be an intent's id.
    pub async fn charge_of(&self, intent: &str) -> Result<Option<GatewayCharge>, GatewayError> {
        let request = RetrievePaymentIntent::new(plain(intent)?).expand(["latest_charge.balance_transaction".to_owned()]);
        let intent = request.send(self.client()?).await.map_err(|error| self.explain(error, Effect::Read))?;
        let Some(charge) = intent.latest_charge else { return Ok(None) };
        let charge = charge.into_object().ok_or_else(|| Effect::Read.unanswered("a charge without its facts".to_owned()))?;
        if charge.status != ChargeStatus::Succeeded {
            return Ok(None);
        }
        let balance = charge.balance_transaction.and_then(stripe_types::Expandable::into_object);
        Ok(Some(GatewayCharge {
            id: charge.id.to_string(),
            amount: money(charge.amount, &charge.currency),
            balance: balance.map(Balance::read).transpose()?,
        }))
    }
}

impl Balance {
    /// Its parts are of no use without their currency: one that is not known is no answer.
    pub(super) fn read(transaction: stripe_shared::BalanceTransaction) -> Result<Self, GatewayError> {
        let in_balance = |minor| {
            let unknown =
                || Effect::Read.unanswered(format!("the balance is kept in {}, which is not known", transaction.currency));
            money(minor, &transaction.currency).ok_or_else(unknown)
        };
        Ok(Self {
            id: transaction.id.to_string(),
            amount: in_balance(transaction.amount)?,
            fee: in_balance(transaction.fee)?,
            net: in_balance(transaction.net)?,
            exchange_rate: transaction.exchange_rate.map(|rate| rate.to_string()),
            available_on: Effect::Read.instant(transaction.available_on)?,
        })
    }
}

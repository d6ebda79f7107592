//! What there is of money once it is paid: charges, refunds, disputes, payouts, and the balance that they move.
//!
//! The practice account keeps its balance in rupees, whatever is paid, at rates that never change.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::Change;
use super::state::State;
use crate::kernel::time::shifted;
use crate::kernel::{Currency, EmailAddress, Money, Timestamp};

/// What the balance is kept in.
const SETTLEMENT: Currency = Currency::INR;
/// From when on money can be paid out.
const AVAILABLE: SignedDuration = SignedDuration::from_hours(48);
/// The fee, in hundredths of a per cent: of rupees, and of all else.
const FEE: (i64, i64) = (200, 300);
/// What a dispute costs, won or lost, in paise.
pub(super) const DISPUTE_FEE: i64 = 100_000;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Customer {
    pub(super) id: String,
    pub(super) created: Timestamp,
    pub(super) name: Option<String>,
    pub(super) email: Option<EmailAddress>,
    /// By Stripe's names: `line1`, `postal_code` and so on.
    pub(super) address: BTreeMap<String, String>,
    pub(super) metadata: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Charge {
    pub(super) id: String,
    pub(super) created: Timestamp,
    pub(super) intent: String,
    pub(super) amount: Money,
    /// Minor units of `amount` that went back, or are on their way.
    pub(super) refunded: i64,
    /// Whether it was disputed at any time.
    pub(super) disputed: bool,
    /// Paid by bank and not by card: then its refunds take a while, too.
    pub(super) by_bank: bool,
    pub(super) transaction: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Refund {
    pub(super) id: String,
    pub(super) created: Timestamp,
    pub(super) charge: String,
    pub(super) intent: String,
    pub(super) amount: Money,
    pub(super) reason: Option<String>,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) status: RefundStatus,
    pub(super) transaction: String,
    pub(super) failure_transaction: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RefundStatus {
    Pending,
    Succeeded,
    Failed,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Dispute {
    pub(super) id: String,
    pub(super) created: Timestamp,
    pub(super) charge: String,
    pub(super) intent: String,
    pub(super) amount: Money,
    pub(super) status: DisputeStatus,
    pub(super) evidence_due_by: Timestamp,
    /// Its movements of the balance, oldest first.
    pub(super) transactions: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DisputeStatus {
    NeedsResponse,
    UnderReview,
    Won,
    Lost,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Payout {
    pub(super) id: String,
    pub(super) created: Timestamp,
    pub(super) amount: Money,
    pub(super) arrival: Timestamp,
    pub(super) status: PayoutStatus,
    pub(super) transaction: String,
    pub(super) failure_transaction: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PayoutStatus {
    InTransit,
    Paid,
    Failed,
}

/// A movement of the balance.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Transaction {
    pub(super) id: String,
    pub(super) created: Timestamp,
    pub(super) available_on: Timestamp,
    /// Stripe's word: `charge`, `refund` and so on.
    pub(super) kind: String,
    /// The id of what moved it.
    pub(super) source: String,
    pub(super) amount: Money,
    /// In minor units of `amount`'s currency.
    pub(super) fee: i64,
    /// In ten-thousandths, where the money was of another currency.
    pub(super) rate: Option<i64>,
    /// The payout that it is part of.
    pub(super) payout: Option<String>,
}

impl Transaction {
    pub(super) fn net(&self) -> i64 {
        self.amount.minor - self.fee
    }
}

/// How many rupees the unit of a currency is worth, in ten-thousandths; `None` for rupees.
fn rate(currency: Currency) -> Option<i64> {
    match currency {
        Currency::INR => None,
        Currency::EUR => Some(905_000),
        Currency::GBP => Some(1_062_500),
        Currency::USD => Some(835_000),
        Currency::JPY => Some(5_725),
        Currency::KWD => Some(2_721_000),
    }
}

/// An amount in the currency of the balance, half a paisa up.
pub(super) fn settled(amount: Money) -> Money {
    let Some(rate) = rate(amount.currency) else { return amount };
    let scale = 10_i128.pow(SETTLEMENT.decimals());
    let unit = 10_i128.pow(amount.currency.decimals()) * 10_000;
    let minor = (i128::from(amount.minor) * i128::from(rate) * scale + unit / 2).div_euclid(unit);
    Money::new(i64::try_from(minor).unwrap_or(i64::MAX), SETTLEMENT)
}

/// What is taken for a charge, in paise, a part of one for all.
fn fee(paid: Money, settled: Money) -> i64 {
    let hundredths = if paid.currency == SETTLEMENT { FEE.0 } else { FEE.1 };
    (settled.minor * hundredths + 9_999) / 10_000
}

impl State {
    /// The money of an intent has come.
    pub(super) fn charge(&mut self, intent: &str, amount: Money, by_bank: bool, change: &Change<'_>) {
        let id = change.id(if by_bank { "py" } else { "ch" });
        let kind = if by_bank { "payment" } else { "charge" };
        let in_balance = settled(amount);
        let transaction = self.transact(kind, &id, in_balance, fee(amount, in_balance), rate(amount.currency), change);
        let charge = Charge {
            id,
            created: change.now,
            intent: intent.to_owned(),
            amount,
            refunded: 0,
            disputed: false,
            by_bank,
            transaction,
        };
        self.charges.push(charge);
    }

    /// Moves the balance, and tells the movement's id.
    pub(super) fn transact(
        &mut self,
        kind: &str,
        source: &str,
        amount: Money,
        fee: i64,
        rate: Option<i64>,
        change: &Change<'_>,
    ) -> String {
        let transaction = Transaction {
            id: change.id("txn"),
            created: change.now,
            available_on: shifted(change.now, AVAILABLE),
            kind: kind.to_owned(),
            source: source.to_owned(),
            amount,
            fee,
            rate,
            payout: None,
        };
        let id = transaction.id.clone();
        self.transactions.push(transaction);
        id
    }

    /// Moves the balance by `amount` of what was paid, taken out where `sign` is below nothing.
    pub(super) fn transact_paid(
        &mut self,
        kind: &str,
        source: &str,
        amount: Money,
        sign: i64,
        fee: i64,
        change: &Change<'_>,
    ) -> String {
        let in_balance = settled(amount);
        let moved = Money::new(sign * in_balance.minor, in_balance.currency);
        self.transact(kind, source, moved, fee, rate(amount.currency), change)
    }

    pub(super) fn charge_of(&self, intent: &str) -> Option<&Charge> {
        self.charges.iter().find(|charge| charge.intent == intent)
    }

    pub(super) fn transaction(&self, id: &str) -> Option<&Transaction> {
        self.transactions.iter().find(|transaction| transaction.id == id)
    }

    /// What is not paid out yet.
    pub(super) fn balance(&self) -> Money {
        let waiting = self.transactions.iter().filter(|transaction| transaction.payout.is_none());
        Money::new(waiting.map(Transaction::net).sum(), SETTLEMENT)
    }

    /// What was taken in all.
    pub(super) fn fees(&self) -> Money {
        Money::new(self.transactions.iter().map(|transaction| transaction.fee).sum(), SETTLEMENT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_currency_is_worth_some_rupees() {
        let rupees = |minor, currency| settled(Money::new(minor, currency)).minor;
        assert_eq!(rupees(650_000, Currency::INR), 650_000);
        assert_eq!(rupees(1_000, Currency::EUR), 90_500, "10.00 at 90.5");
        assert_eq!(rupees(1_000, Currency::JPY), 57_250, "1000 at 0.5725");
        assert_eq!(rupees(1_010, Currency::KWD), 27_482, "1.010 at 272.1 is 274.821");
        assert_eq!(rupees(1, Currency::JPY), 57);
    }

    #[test]
    fn a_part_of_a_paisa_is_a_fee_of_one() {
        let fee_of = |minor, currency| fee(Money::new(minor, currency), settled(Money::new(minor, currency)));
        assert_eq!(fee_of(650_000, Currency::INR), 13_000);
        assert_eq!(fee_of(1, Currency::INR), 1);
        assert_eq!(fee_of(1_000, Currency::EUR), 2_715);
    }
}

//! What is done with money after it was paid: by the merchant, on the API or the dashboard, by the buyer's bank and by the merchant's.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::Value;

use super::Change;
use super::money::{Charge, DISPUTE_FEE, Dispute, DisputeStatus, Payout, PayoutStatus, Refund, RefundStatus};
use super::shapes::{self, ApiError};
use super::state::{NotNow, State};
use crate::kernel::Money;
use crate::kernel::time::shifted;

/// How long there is to answer a dispute.
const EVIDENCE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a payout takes.
const ARRIVAL: SignedDuration = SignedDuration::from_hours(24);

/// What may become of a refund, a dispute or a payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// The bank took a refund that was pending.
    RefundSucceeds,
    /// The bank sends a refund back, also one that had succeeded.
    RefundFails,
    /// Evidence was handed in.
    DisputeAnswered,
    DisputeWon,
    DisputeLost,
    /// The payout is in the merchant's bank.
    PayoutArrives,
    /// The merchant's bank sends it back, also one that had arrived.
    PayoutFails,
}

/// A refund to be.
pub(super) struct Wanted {
    /// In minor units of what was paid; all that is left where it is not said.
    pub(super) minor: Option<i64>,
    pub(super) reason: Option<String>,
    pub(super) metadata: BTreeMap<String, String>,
}

impl State {
    /// Sends money of an intent back and tells the refund's id: cards take it at once, banks later.
    ///
    /// # Errors
    /// Stripe's refusals: there is no such money, or not so much, or a bank decides about it.
    pub(super) fn refund(&mut self, intent: &str, wanted: Wanted, change: &Change<'_>) -> Result<String, ApiError> {
        let charge = self.charge_of(intent).ok_or_else(|| self.nothing_to_refund(intent))?.clone();
        let amount = refundable(&charge, self.is_disputed(&charge.id), wanted.minor)?;
        let id = change.id(if charge.by_bank { "pyr" } else { "re" });
        let kind = if charge.by_bank { "payment_refund" } else { "refund" };
        let transaction = self.transact_paid(kind, &id, amount, -1, 0, change);
        self.refunds.push(Refund {
            id: id.clone(),
            created: change.now,
            charge: charge.id.clone(),
            intent: charge.intent,
            amount,
            reason: wanted.reason,
            metadata: wanted.metadata,
            status: if charge.by_bank { RefundStatus::Pending } else { RefundStatus::Succeeded },
            transaction,
            failure_transaction: None,
        });
        self.move_refunded(&charge.id, amount.minor);
        self.tell_refund(&id, &["refund.created"], change);
        self.tell_charge(&charge.id, "charge.refunded", change);
        Ok(id)
    }

    /// The buyer asks their bank for all of an intent's money: it is taken out of the balance at once. Tells the dispute's id.
    ///
    /// # Errors
    /// [`NotNow`]: there is no money, or it is disputed, or was.
    pub(super) fn dispute(&mut self, intent: &str, change: &Change<'_>) -> Result<String, NotNow> {
        let charge = self.charges.iter_mut().find(|charge| charge.intent == intent && !charge.disputed).ok_or(NotNow)?;
        charge.disputed = true;
        let charge = charge.clone();
        let id = change.id("dp");
        self.disputes.push(Dispute {
            id: id.clone(),
            created: change.now,
            charge: charge.id,
            intent: charge.intent,
            amount: charge.amount,
            status: DisputeStatus::NeedsResponse,
            evidence_due_by: shifted(change.now, EVIDENCE),
            transactions: Vec::new(),
        });
        self.tell_dispute(&id, &["charge.dispute.created"], change);
        let transaction = self.transact_paid("adjustment", &id, charge.amount, -1, DISPUTE_FEE, change);
        self.set_dispute(&id, DisputeStatus::NeedsResponse, Some(transaction));
        self.tell_dispute(&id, &["charge.dispute.funds_withdrawn"], change);
        Ok(id)
    }

    /// Pays out all that the balance holds, due already or not, and tells the payout's id.
    ///
    /// # Errors
    /// [`NotNow`]: there is nothing.
    pub(super) fn pay_out(&mut self, change: &Change<'_>) -> Result<String, NotNow> {
        let amount = self.balance();
        if amount.minor <= 0 {
            return Err(NotNow);
        }
        let id = change.id("po");
        let out = Money::new(-amount.minor, amount.currency);
        let transaction = self.transact("payout", &id, out, 0, None, change);
        for part in self.transactions.iter_mut().filter(|part| part.payout.is_none()) {
            part.payout = Some(id.clone());
        }
        self.payouts.push(Payout {
            id: id.clone(),
            created: change.now,
            amount,
            arrival: shifted(change.now, ARRIVAL),
            status: PayoutStatus::InTransit,
            transaction,
            failure_transaction: None,
        });
        self.tell_payout(&id, &["payout.created"], change);
        Ok(id)
    }

    /// Does `deed` to the refund, dispute or payout `id` and records the events that Stripe would.
    ///
    /// # Errors
    /// [`NotNow`], also for what does not exist.
    pub(super) fn deed(&mut self, id: &str, deed: Deed, change: &Change<'_>) -> Result<(), NotNow> {
        match deed {
            Deed::RefundSucceeds | Deed::RefundFails => self.decide_refund(id, deed == Deed::RefundSucceeds, change),
            Deed::PayoutArrives | Deed::PayoutFails => self.decide_payout(id, deed == Deed::PayoutArrives, change),
            Deed::DisputeAnswered => {
                self.open_dispute(id, &[DisputeStatus::NeedsResponse])?;
                self.set_dispute(id, DisputeStatus::UnderReview, None);
                self.tell_dispute(id, &["charge.dispute.updated"], change);
                Ok(())
            }
            Deed::DisputeWon | Deed::DisputeLost => self.decide_dispute(id, deed == Deed::DisputeWon, change),
        }
    }

    fn decide_refund(&mut self, id: &str, succeeds: bool, change: &Change<'_>) -> Result<(), NotNow> {
        let refund = self.refunds.iter().find(|refund| refund.id == id).ok_or(NotNow)?.clone();
        let status = match (refund.status, succeeds) {
            (RefundStatus::Pending, true) => RefundStatus::Succeeded,
            (RefundStatus::Pending | RefundStatus::Succeeded, false) => RefundStatus::Failed,
            _ => return Err(NotNow),
        };
        let failure = (!succeeds).then(|| {
            self.move_refunded(&refund.charge, -refund.amount.minor);
            self.transact_paid("refund_failure", id, refund.amount, 1, 0, change)
        });
        if let Some(refund) = self.refunds.iter_mut().find(|refund| refund.id == id) {
            refund.status = status;
            refund.failure_transaction = failure;
        }
        let kinds: &[&str] = if succeeds { &["refund.updated"] } else { &["refund.updated", "refund.failed"] };
        self.tell_refund(id, kinds, change);
        Ok(())
    }

    fn decide_dispute(&mut self, id: &str, won: bool, change: &Change<'_>) -> Result<(), NotNow> {
        let dispute = self.open_dispute(id, &[DisputeStatus::NeedsResponse, DisputeStatus::UnderReview])?;
        if won {
            // The money comes back, the fee does not.
            let transaction = self.transact_paid("adjustment", id, dispute.amount, 1, 0, change);
            self.set_dispute(id, DisputeStatus::Won, Some(transaction));
            self.tell_dispute(id, &["charge.dispute.funds_reinstated", "charge.dispute.closed"], change);
        } else {
            self.set_dispute(id, DisputeStatus::Lost, None);
            self.tell_dispute(id, &["charge.dispute.closed"], change);
        }
        Ok(())
    }

    fn decide_payout(&mut self, id: &str, arrives: bool, change: &Change<'_>) -> Result<(), NotNow> {
        let payout = self.payouts.iter().find(|payout| payout.id == id).ok_or(NotNow)?.clone();
        let status = match (payout.status, arrives) {
            (PayoutStatus::InTransit, true) => PayoutStatus::Paid,
            (PayoutStatus::InTransit | PayoutStatus::Paid, false) => PayoutStatus::Failed,
            _ => return Err(NotNow),
        };
        // What came back belongs to no payout: the next one takes it.
        let failure = (!arrives).then(|| self.transact("payout_failure", id, payout.amount, 0, None, change));
        if let Some(payout) = self.payouts.iter_mut().find(|payout| payout.id == id) {
            payout.status = status;
            payout.failure_transaction = failure;
        }
        let kinds: &[&str] = if arrives { &["payout.updated", "payout.paid"] } else { &["payout.updated", "payout.failed"] };
        self.tell_payout(id, kinds, change);
        Ok(())
    }

    fn nothing_to_refund(&self, intent: &str) -> ApiError {
        if self.intents.contains_key(intent) {
            ApiError::invalid("payment_intent", None, "This PaymentIntent does not have a successful charge to refund.")
        } else {
            ApiError::invalid("payment_intent", "resource_missing", "No such payment_intent.")
        }
    }

    /// Whether the bank decides about a charge, or took its money for good.
    fn is_disputed(&self, charge: &str) -> bool {
        self.disputes.iter().any(|dispute| dispute.charge == charge && dispute.status != DisputeStatus::Won)
    }

    fn move_refunded(&mut self, charge: &str, minor: i64) {
        if let Some(charge) = self.charges.iter_mut().find(|known| known.id == charge) {
            charge.refunded += minor;
        }
    }

    fn open_dispute(&self, id: &str, states: &[DisputeStatus]) -> Result<Dispute, NotNow> {
        self.disputes.iter().find(|dispute| dispute.id == id && states.contains(&dispute.status)).cloned().ok_or(NotNow)
    }

    fn set_dispute(&mut self, id: &str, status: DisputeStatus, transaction: Option<String>) {
        if let Some(dispute) = self.disputes.iter_mut().find(|dispute| dispute.id == id) {
            dispute.status = status;
            dispute.transactions.extend(transaction);
        }
    }

    fn tell_refund(&mut self, id: &str, kinds: &[&str], change: &Change<'_>) {
        let object = self.refunds.iter().find(|refund| refund.id == id).map(shapes::refund);
        self.tell(object, kinds, change);
    }

    fn tell_dispute(&mut self, id: &str, kinds: &[&str], change: &Change<'_>) {
        let object = self.disputes.iter().find(|dispute| dispute.id == id).map(|dispute| shapes::dispute(self, dispute));
        self.tell(object, kinds, change);
    }

    fn tell_payout(&mut self, id: &str, kinds: &[&str], change: &Change<'_>) {
        let object = self.payouts.iter().find(|payout| payout.id == id).map(shapes::payout);
        self.tell(object, kinds, change);
    }

    fn tell_charge(&mut self, id: &str, kind: &str, change: &Change<'_>) {
        let charge = self.charges.iter().find(|charge| charge.id == id);
        let object = charge.map(|charge| shapes::charge(self, charge, Value::from(charge.transaction.as_str())));
        self.tell(object, &[kind], change);
    }

    fn tell(&mut self, object: Option<Value>, kinds: &[&str], change: &Change<'_>) {
        for kind in kinds {
            if let Some(object) = &object {
                self.tell_of(kind, object.clone(), change);
            }
        }
    }
}

/// What may go back of a charge, where Stripe allows it.
fn refundable(charge: &Charge, disputed: bool, wanted: Option<i64>) -> Result<Money, ApiError> {
    if disputed {
        let message = "The charge has been charged back; it cannot be refunded.";
        return Err(ApiError::invalid("", "charge_disputed", message));
    }
    let left = charge.amount.minor - charge.refunded;
    if left == 0 {
        return Err(ApiError::invalid("", "charge_already_refunded", "The charge has already been refunded."));
    }
    let minor = wanted.unwrap_or(left);
    if minor < 1 || (charge.amount.currency.decimals() == 3 && minor % 10 != 0) {
        return Err(ApiError::invalid("amount", "parameter_invalid_integer", "Invalid amount for this currency."));
    }
    if minor > left {
        return Err(ApiError::invalid("amount", None, "The refund is greater than what is left of the charge."));
    }
    Ok(Money::new(minor, charge.amount.currency))
}

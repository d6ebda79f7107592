//! The JSON of what there is of money once it is paid.

use serde_json::{Value, json};

use super::code;
use crate::gateway::practice::money::{
    Charge, Customer, Dispute, DisputeStatus, Payout, PayoutStatus, Refund, RefundStatus, Transaction,
};
use crate::gateway::practice::state::State;

pub(in crate::gateway::practice) fn customer(customer: &Customer) -> Value {
    json!({
        "id": customer.id,
        "object": "customer",
        "livemode": false,
        "created": customer.created.as_second(),
        "name": customer.name,
        "email": customer.email,
        "address": address(customer),
        "metadata": customer.metadata,
        "balance": 0,
        "delinquent": false,
        "default_source": null,
        "invoice_settings": { "custom_fields": null, "default_payment_method": null, "footer": null, "rendering_options": null },
        "shipping": null,
    })
}

/// All its parts, and null where nothing is known: Stripe's way.
fn address(customer: &Customer) -> Option<Value> {
    let part = |name: &str| customer.address.get(name);
    (!customer.address.is_empty()).then(|| {
        json!({
            "line1": part("line1"), "line2": part("line2"), "city": part("city"), "state": part("state"),
            "postal_code": part("postal_code"), "country": part("country"),
        })
    })
}

/// `transaction` is its balance transaction: the id, the whole or, where that is not known yet, nothing.
pub(in crate::gateway::practice) fn charge(state: &State, charge: &Charge, transaction: Value) -> Value {
    let purchase = state.intents.get(&charge.intent).and_then(|intent| Some(&state.sessions.get(&intent.session)?.purchase));
    let customer = purchase.and_then(|purchase| state.customers.get(purchase.customer.as_ref()?));
    let email = purchase.and_then(|purchase| purchase.email.as_ref().or_else(|| customer?.email.as_ref()));
    json!({
        "id": charge.id,
        "object": "charge",
        "livemode": false,
        "created": charge.created.as_second(),
        "status": "succeeded",
        "amount": charge.amount.minor,
        "amount_captured": charge.amount.minor,
        "amount_refunded": charge.refunded,
        "currency": code(charge.amount.currency),
        "balance_transaction": transaction,
        "billing_details": {
            "address": customer.and_then(address),
            "email": email,
            "name": customer.and_then(|customer| customer.name.as_ref()),
            "phone": null,
            "tax_id": null,
        },
        "captured": true,
        "paid": true,
        "disputed": charge.disputed,
        "refunded": charge.refunded == charge.amount.minor,
        "payment_intent": charge.intent,
        "customer": customer.map(|customer| &customer.id),
        "description": purchase.and_then(|purchase| purchase.intent_description.as_ref()),
        "metadata": purchase.map(|purchase| &purchase.intent_metadata),
    })
}

pub(in crate::gateway::practice) fn refund(refund: &Refund) -> Value {
    let status = match refund.status {
        RefundStatus::Pending => "pending",
        RefundStatus::Succeeded => "succeeded",
        RefundStatus::Failed => "failed",
    };
    json!({
        "id": refund.id,
        "object": "refund",
        "created": refund.created.as_second(),
        "amount": refund.amount.minor,
        "currency": code(refund.amount.currency),
        "status": status,
        "charge": refund.charge,
        "payment_intent": refund.intent,
        "metadata": refund.metadata,
        "reason": refund.reason,
        "balance_transaction": refund.transaction,
        "failure_balance_transaction": refund.failure_transaction,
        "failure_reason": (refund.status == RefundStatus::Failed).then_some("lost_or_stolen_card"),
        "receipt_number": null,
        "source_transfer_reversal": null,
        "transfer_reversal": null,
    })
}

pub(in crate::gateway::practice) fn dispute(state: &State, dispute: &Dispute) -> Value {
    let status = match dispute.status {
        DisputeStatus::NeedsResponse => "needs_response",
        DisputeStatus::UnderReview => "under_review",
        DisputeStatus::Won => "won",
        DisputeStatus::Lost => "lost",
    };
    let moved: Vec<Value> = dispute.transactions.iter().filter_map(|id| state.transaction(id)).map(transaction).collect();
    let open = dispute.status == DisputeStatus::NeedsResponse;
    json!({
        "id": dispute.id,
        "object": "dispute",
        "livemode": false,
        "created": dispute.created.as_second(),
        "amount": dispute.amount.minor,
        "currency": code(dispute.amount.currency),
        "status": status,
        "reason": "product_not_received",
        "charge": dispute.charge,
        "payment_intent": dispute.intent,
        "balance_transactions": moved,
        "enhanced_eligibility_types": [],
        "evidence": { "enhanced_evidence": {} },
        "evidence_details": {
            "due_by": open.then(|| dispute.evidence_due_by.as_second()),
            "enhanced_eligibility": {},
            "has_evidence": !open,
            "past_due": false,
            "submission_count": i32::from(!open),
        },
        "is_charge_refundable": false,
        "metadata": {},
    })
}

pub(in crate::gateway::practice) fn payout(payout: &Payout) -> Value {
    let status = match payout.status {
        PayoutStatus::InTransit => "in_transit",
        PayoutStatus::Paid => "paid",
        PayoutStatus::Failed => "failed",
    };
    let failed = payout.status == PayoutStatus::Failed;
    json!({
        "id": payout.id,
        "object": "payout",
        "livemode": false,
        "created": payout.created.as_second(),
        "amount": payout.amount.minor,
        "currency": code(payout.amount.currency),
        "status": status,
        "arrival_date": payout.arrival.as_second(),
        "automatic": true,
        "balance_transaction": payout.transaction,
        "failure_balance_transaction": payout.failure_transaction,
        "failure_code": failed.then_some("account_closed"),
        "failure_message": failed.then_some("The bank account has been closed."),
        "description": "STRIPE PAYOUT",
        "destination": null,
        "metadata": {},
        "method": "standard",
        "reconciliation_status": "completed",
        "source_type": "card",
        "type": "bank_account",
    })
}

pub(in crate::gateway::practice) fn transaction(transaction: &Transaction) -> Value {
    let currency = code(transaction.amount.currency);
    let fee = json!({
        "amount": transaction.fee, "currency": currency, "type": "stripe_fee", "description": "Processing fees", "application": null,
    });
    json!({
        "id": transaction.id,
        "object": "balance_transaction",
        "created": transaction.created.as_second(),
        "available_on": transaction.available_on.as_second(),
        "type": transaction.kind,
        "reporting_category": transaction.kind,
        "balance_type": "payments",
        "status": "available",
        "source": transaction.source,
        "amount": transaction.amount.minor,
        "fee": transaction.fee,
        "net": transaction.net(),
        "currency": currency,
        "exchange_rate": transaction.rate.map(|ten_thousandths| ten_thousandths as f64 / 10_000.0),
        "fee_details": if transaction.fee == 0 { vec![] } else { vec![fee] },
        "description": null,
    })
}

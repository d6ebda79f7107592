//! Stripe's JSON: the fields that its objects always have, so that a strict client can read them.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::params::Purchase;
use super::state::{EventRecord, Intent, IntentStatus, Progress, Sending, Session, State};
use crate::kernel::Currency;

mod money;

pub(super) use money::{charge, customer, dispute, payout, refund, transaction};

/// As Stripe writes it.
fn code(currency: Currency) -> String {
    currency.code().to_ascii_lowercase()
}

pub(super) fn session(state: &State, session: &Session) -> Value {
    let (status, payment_status) = match session.progress {
        Progress::Open { .. } => ("open", "unpaid"),
        Progress::Processing { .. } | Progress::Refused { .. } => ("complete", "unpaid"),
        Progress::Paid { .. } => ("complete", "paid"),
        Progress::Expired { .. } => ("expired", "unpaid"),
    };
    let purchase = &session.purchase;
    let customer = purchase.customer.as_ref().and_then(|id| state.customers.get(id));
    let email = purchase.email.as_ref().or_else(|| customer?.email.as_ref());
    json!({
        "id": session.id,
        "object": "checkout.session",
        "livemode": false,
        "created": session.created.as_second(),
        "expires_at": purchase.expires_at.as_second(),
        "mode": "payment",
        "status": status,
        "payment_status": payment_status,
        "payment_intent": session.progress.intent(),
        "amount_subtotal": purchase.amount.minor,
        "amount_total": purchase.amount.minor,
        "currency": code(purchase.amount.currency),
        "client_reference_id": purchase.reference,
        "metadata": purchase.metadata,
        "customer": purchase.customer,
        "customer_email": purchase.email,
        "customer_details": email.map(|email| json!({ "email": email, "tax_exempt": "none", "tax_ids": [] })),
        "billing_address_collection": purchase.billing_address,
        "success_url": purchase.success_url,
        "cancel_url": purchase.cancel_url,
        "url": (status == "open").then_some(&session.page),
        "ui_mode": "hosted_page",
        "automatic_tax": { "enabled": false, "liability": null, "provider": null, "status": null },
        "custom_fields": [],
        "custom_text": { "after_submit": null, "shipping_address": null, "submit": null, "terms_of_service_acceptance": null },
        "payment_method_types": ["card"],
        "shipping_options": [],
        "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 },
    })
}

pub(super) fn intent(state: &State, intent: &Intent, purchase: &Purchase) -> Value {
    let status = match intent.status {
        IntentStatus::Declined => "requires_payment_method",
        IntentStatus::Processing => "processing",
        IntentStatus::Succeeded => "succeeded",
        IntentStatus::Canceled => "canceled",
    };
    let declined = json!({
        "type": "card_error",
        "code": "card_declined",
        "decline_code": "generic_decline",
        "message": "Your card was declined.",
    });
    let received = if intent.status == IntentStatus::Succeeded { purchase.amount.minor } else { 0 };
    json!({
        "id": intent.id,
        "object": "payment_intent",
        "livemode": false,
        "created": intent.created.as_second(),
        "amount": purchase.amount.minor,
        "amount_capturable": 0,
        "amount_received": received,
        "currency": code(purchase.amount.currency),
        "status": status,
        "description": purchase.intent_description,
        "metadata": purchase.intent_metadata,
        "capture_method": "automatic_async",
        "confirmation_method": "automatic",
        "payment_method_types": ["card"],
        "last_payment_error": (intent.status == IntentStatus::Declined).then_some(declined),
        "latest_charge": state.charge_of(&intent.id).map(|charge| &charge.id),
        "customer": purchase.customer,
    })
}

pub(super) fn event(event: &EventRecord) -> Value {
    json!({
        "id": event.id,
        "object": "event",
        "api_version": stripe_shared::version::VERSION.as_str(),
        "created": event.created.as_second(),
        "livemode": false,
        "pending_webhooks": i32::from(matches!(event.sending, Sending::Due { .. })),
        "request": { "id": null, "idempotency_key": null },
        "type": event.kind,
        "data": { "object": event.object },
    })
}

pub(super) fn list(url: &str, data: Vec<Value>, has_more: bool) -> Value {
    json!({ "object": "list", "url": url, "has_more": has_more, "data": data })
}

/// A refusal in Stripe's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    status: StatusCode,
    kind: &'static str,
    code: Option<&'static str>,
    param: Option<String>,
    message: String,
}

impl ApiError {
    pub(super) fn invalid(param: &str, code: impl Into<Option<&'static str>>, message: &str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            kind: "invalid_request_error",
            code: code.into(),
            param: (!param.is_empty()).then(|| param.to_owned()),
            message: message.to_owned(),
        }
    }

    pub(super) fn unauthorised() -> Self {
        let message = "Invalid API Key provided.".to_owned();
        Self { status: StatusCode::UNAUTHORIZED, kind: "invalid_request_error", code: None, param: None, message }
    }

    pub(super) fn missing(message: String) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            kind: "invalid_request_error",
            code: Some("resource_missing"),
            param: None,
            message,
        }
    }

    pub(super) fn other_request() -> Self {
        let message = "Keys for idempotent requests can only be used with the same parameters they were first used with.";
        Self { status: StatusCode::BAD_REQUEST, kind: "idempotency_error", code: None, param: None, message: message.to_owned() }
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn broken() -> Self {
        let message = "The practice gateway could not keep its state.".to_owned();
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, kind: "api_error", code: None, param: None, message }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let error = json!({ "type": self.kind, "code": self.code, "param": self.param, "message": self.message });
        (self.status, Json(json!({ "error": error }))).into_response()
    }
}

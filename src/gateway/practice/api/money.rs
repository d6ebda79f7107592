//! The API's part about money once it is paid, and the customers whose it was.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::Value;

use super::{Page, keyed, no_such};
use crate::gateway::practice::deeds::Wanted;
use crate::gateway::practice::money::{Customer, Dispute, Refund, Transaction};
use crate::gateway::practice::params::Params;
use crate::gateway::practice::shapes::{self, ApiError};
use crate::gateway::practice::state::State as PracticeState;
use crate::gateway::practice::{Change, PracticeGateway};

const CUSTOMERS: &str = "/v1/customers";
const REFUNDS: &str = "/v1/refunds";
const DISPUTES: &str = "/v1/disputes";
const TRANSACTIONS: &str = "/v1/balance_transactions";

type Asked = State<PracticeGateway>;

pub(super) fn routes() -> Router<PracticeGateway> {
    Router::new()
        .route(CUSTOMERS, post(create_customer))
        .route("/v1/payment_intents/{id}", get(show_intent))
        .route(REFUNDS, get(list_refunds).post(create_refund))
        .route("/v1/refunds/{id}", get(show_refund))
        .route(DISPUTES, get(list_disputes))
        .route("/v1/disputes/{id}", get(show_dispute))
        .route("/v1/payouts/{id}", get(show_payout))
        .route(TRANSACTIONS, get(list_transactions))
}

async fn create_customer(State(practice): Asked, headers: HeaderMap, body: Bytes) -> Result<Response, ApiError> {
    keyed(&practice, CUSTOMERS, &headers, &body, |params, state, change| {
        let customer = customer(params, change)?;
        let shape = shapes::customer(&customer);
        state.customers.insert(customer.id.clone(), customer);
        Ok(shape)
    })
}

fn customer(mut params: Params, change: &Change<'_>) -> Result<Customer, ApiError> {
    let mut address = BTreeMap::new();
    for part in ["line1", "line2", "city", "state", "postal_code", "country"] {
        if let Some(text) = params.take_text(&format!("address[{part}]"), 5000)? {
            address.insert(part.to_owned(), text);
        }
    }
    let customer = Customer {
        id: change.id("cus"),
        created: change.now,
        name: params.take_text("name", 256)?,
        email: params.take_email("email")?,
        address,
        metadata: params.take_metadata("metadata")?,
    };
    params.finish()?;
    Ok(customer)
}

async fn show_intent(State(practice): Asked, Path(id): Path<String>, RawQuery(query): RawQuery) -> Result<Json<Value>, ApiError> {
    let expand = only_expand(query)?;
    if let Some(unknown) =
        expand.iter().find(|path| !["latest_charge", "latest_charge.balance_transaction"].contains(&path.as_str()))
    {
        return Err(ApiError::invalid("expand", None, &format!("This property cannot be expanded ({unknown}).")));
    }
    let found = practice.read(|state, _| {
        let intent = state.intents.get(&id)?;
        let mut shape = shapes::intent(state, intent, &state.sessions.get(&intent.session)?.purchase);
        if let (Some(charge), false) = (state.charge_of(&id), expand.is_empty()) {
            let whole = expand.iter().any(|path| path.ends_with("balance_transaction"));
            let transaction = state.transaction(&charge.transaction).filter(|_| whole).map(shapes::transaction);
            let transaction = transaction.unwrap_or_else(|| charge.transaction.as_str().into());
            shape["latest_charge"] = shapes::charge(state, charge, transaction);
        }
        Some(shape)
    })?;
    found.map(Json).ok_or_else(|| no_such("payment_intent", &id))
}

/// The query of a request for one object: nothing but what to expand.
fn only_expand(query: Option<String>) -> Result<Vec<String>, ApiError> {
    let mut params = Params::parse(query.unwrap_or_default().as_bytes())?;
    let expand = params.take_list("expand");
    params.finish()?;
    Ok(expand)
}

async fn create_refund(State(practice): Asked, headers: HeaderMap, body: Bytes) -> Result<Response, ApiError> {
    keyed(&practice, REFUNDS, &headers, &body, |mut params, state, change| {
        let intent = params.require("payment_intent")?;
        let minor = if params.has("amount") { Some(params.take_whole("amount")?) } else { None };
        let reason = params.take("reason");
        let words = ["duplicate", "fraudulent", "requested_by_customer"];
        if reason.as_ref().is_some_and(|reason| !words.contains(&reason.as_str())) {
            return Err(ApiError::invalid("reason", None, "Invalid reason."));
        }
        let wanted = Wanted { minor, reason, metadata: params.take_metadata("metadata")? };
        let expand = of_refund(params.take_list("expand"), "")?;
        params.finish()?;
        let id = state.refund(&intent, wanted, change)?;
        let made = state.refunds.iter().find(|refund| refund.id == id);
        made.map(|refund| expanded(state, refund, &expand)).ok_or_else(ApiError::broken)
    })
}

/// What of a refund may be asked for in whole, by its name.
fn of_refund(expand: Vec<String>, before: &str) -> Result<Vec<String>, ApiError> {
    let name = |path: String| {
        let name = path.strip_prefix(before).filter(|name| ["balance_transaction", "failure_balance_transaction"].contains(name));
        let unknown = || ApiError::invalid("expand", None, &format!("This property cannot be expanded ({path})."));
        name.map(str::to_owned).ok_or_else(unknown)
    };
    expand.into_iter().map(name).collect()
}

fn expanded(state: &PracticeState, refund: &Refund, expand: &[String]) -> Value {
    let mut shape = shapes::refund(refund);
    for name in expand {
        let whole = shape[name].as_str().and_then(|id| state.transaction(id)).map(shapes::transaction);
        if let Some(whole) = whole {
            shape[name] = whole;
        }
    }
    shape
}

async fn show_refund(State(practice): Asked, Path(id): Path<String>, RawQuery(query): RawQuery) -> Result<Json<Value>, ApiError> {
    let expand = of_refund(only_expand(query)?, "")?;
    let found = practice
        .read(|state, _| state.refunds.iter().find(|refund| refund.id == id).map(|refund| expanded(state, refund, &expand)))?;
    found.map(Json).ok_or_else(|| no_such("refund", &id))
}

async fn list_refunds(State(practice): Asked, RawQuery(query): RawQuery) -> Result<Json<Value>, ApiError> {
    let (page, mut params) = Page::of(query)?;
    let intent = params.take("payment_intent");
    let expand = of_refund(params.take_list("expand"), "data.")?;
    params.finish()?;
    practice.read(|state, _| {
        let wanted = |refund: &&Refund| intent.as_ref().is_none_or(|intent| refund.intent == *intent);
        let shape = |refund: &Refund| expanded(state, refund, &expand);
        page.cut(REFUNDS, state.refunds.iter().rev().collect(), |refund| &refund.id, wanted, shape)
    })?
}

async fn show_dispute(State(practice): Asked, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    let found = practice.read(|state, _| {
        let dispute = state.disputes.iter().find(|dispute| dispute.id == id)?;
        Some(shapes::dispute(state, dispute))
    })?;
    found.map(Json).ok_or_else(|| no_such("dispute", &id))
}

async fn list_disputes(State(practice): Asked, RawQuery(query): RawQuery) -> Result<Json<Value>, ApiError> {
    let (page, mut params) = Page::of(query)?;
    let intent = params.take("payment_intent");
    params.finish()?;
    practice.read(|state, _| {
        let wanted = |dispute: &&Dispute| intent.as_ref().is_none_or(|intent| dispute.intent == *intent);
        let disputes = state.disputes.iter().rev().collect();
        page.cut(DISPUTES, disputes, |dispute| &dispute.id, wanted, |dispute| shapes::dispute(state, dispute))
    })?
}

async fn show_payout(State(practice): Asked, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    let found = practice.read(|state, _| state.payouts.iter().find(|payout| payout.id == id).map(shapes::payout))?;
    found.map(Json).ok_or_else(|| no_such("payout", &id))
}

async fn list_transactions(State(practice): Asked, RawQuery(query): RawQuery) -> Result<Json<Value>, ApiError> {
    let (page, mut params) = Page::of(query)?;
    let payout = params.take("payout");
    params.finish()?;
    practice.read(|state, _| {
        let wanted = |part: &&Transaction| payout.is_none() || part.payout == payout;
        page.cut(TRANSACTIONS, state.transactions.iter().rev().collect(), |part| &part.id, wanted, shapes::transaction)
    })?
}

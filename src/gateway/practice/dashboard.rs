//! The merchant's side: what Stripe's dashboard does to a payment once it is made, as a page for developers and as methods for tests.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::deeds::{Deed, Wanted};
use super::money::{Charge, Dispute, DisputeStatus, Payout, PayoutStatus, Refund, RefundStatus};
use super::pages::{Trouble, guarded};
use super::shapes::ApiError;
use super::state::{NotNow, State};
use super::{PracticeError, PracticeGateway};
use crate::kernel::Money;

/// How many payments the page shows, the newest first.
const SHOWN: usize = 50;

/// What was asked for did not happen.
#[derive(Debug, thiserror::Error)]
pub enum DeedRefusal {
    /// As things are it cannot; the text says why.
    #[error("{0}")]
    NotNow(String),
    #[error(transparent)]
    State(#[from] PracticeError),
}

impl From<NotNow> for DeedRefusal {
    fn from(NotNow: NotNow) -> Self {
        Self::NotNow("That cannot be done now: look how things are.".to_owned())
    }
}

impl From<ApiError> for DeedRefusal {
    fn from(error: ApiError) -> Self {
        Self::NotNow(error.message().to_owned())
    }
}

impl PracticeGateway {
    /// Refunds a payment intent from the dashboard: all that is left, or `minor` minor units. Tells the refund's id.
    ///
    /// # Errors
    /// [`DeedRefusal`].
    pub fn refund(&self, intent: &str, minor: Option<i64>) -> Result<String, DeedRefusal> {
        let wanted = Wanted { minor, reason: None, metadata: Default::default() };
        Ok(self.change(|state, change| state.refund(intent, wanted, change))??)
    }

    /// Has the buyer dispute a payment intent, and tells the dispute's id. The money is taken out of the balance at once.
    ///
    /// # Errors
    /// [`DeedRefusal`].
    pub fn dispute(&self, intent: &str) -> Result<String, DeedRefusal> {
        Ok(self.change(|state, change| state.dispute(intent, change))??)
    }

    /// Pays the whole balance out, and tells the payout's id.
    ///
    /// # Errors
    /// [`DeedRefusal`].
    pub fn pay_out(&self) -> Result<String, DeedRefusal> {
        Ok(self.change(|state, change| state.pay_out(change))??)
    }

    /// Lets `deed` happen to a refund, a dispute or a payout.
    ///
    /// # Errors
    /// [`DeedRefusal`].
    pub fn deed(&self, id: &str, deed: Deed) -> Result<(), DeedRefusal> {
        Ok(self.change(|state, change| state.deed(id, deed, change))??)
    }

    /// How many refunds there ever were: what a test of idempotency counts.
    pub fn refund_count(&self) -> usize {
        self.state().refunds.len()
    }

    /// What the balance holds that no payout has taken.
    pub fn balance(&self) -> Money {
        self.state().balance()
    }

    /// All that it ever took for charges and disputes, in the currency of the balance.
    pub fn fees(&self) -> Money {
        self.state().fees()
    }

    /// How many customers there ever were.
    pub fn customer_count(&self) -> usize {
        self.state().customers.len()
    }
}

pub(super) fn routes(practice: PracticeGateway) -> Router {
    Router::new()
        .route("/dashboard", get(show))
        .route("/dashboard/payments/{intent}/refund", post(refund))
        .route("/dashboard/payments/{intent}/dispute", post(dispute))
        .route("/dashboard/payouts", post(pay_out))
        .route("/dashboard/deeds/{id}/{deed}", post(deed))
        .with_state(practice)
}

#[derive(Template)]
#[template(path = "gateway/practice/dashboard.html")]
struct DashboardPage<'a> {
    /// Why the last thing asked for did not happen.
    refusal: Option<&'a str>,
    balance: Money,
    payments: Vec<Paid<'a>>,
    payouts: Vec<&'a Payout>,
}

/// A payment, and what became of it.
struct Paid<'a> {
    charge: &'a Charge,
    description: &'a str,
    /// What can still be refunded.
    left: Money,
    refunds: Vec<&'a Refund>,
    dispute: Option<&'a Dispute>,
}

#[derive(Deserialize)]
struct RefundForm {
    #[serde(default)]
    amount: String,
}

async fn show(Shared(practice): Shared<PracticeGateway>) -> Result<Response, Trouble> {
    page(&practice, None)
}

async fn refund(
    Shared(practice): Shared<PracticeGateway>,
    Path(intent): Path<String>,
    Form(form): Form<RefundForm>,
) -> Result<Response, Trouble> {
    let charge = practice.read(|state, _| state.charge_of(&intent).cloned())?.ok_or(Trouble::Missing)?;
    let done = match Money::parse(&form.amount, charge.amount.currency) {
        Ok(amount) => practice.refund(&intent, Some(amount.minor)).map(drop),
        Err(_) => Err(DeedRefusal::NotNow(format!("Write an amount in {}.", charge.amount.currency))),
    };
    answer(&practice, done)
}

async fn dispute(Shared(practice): Shared<PracticeGateway>, Path(intent): Path<String>) -> Result<Response, Trouble> {
    answer(&practice, practice.dispute(&intent).map(drop))
}

async fn pay_out(Shared(practice): Shared<PracticeGateway>) -> Result<Response, Trouble> {
    answer(&practice, practice.pay_out().map(drop))
}

async fn deed(Shared(practice): Shared<PracticeGateway>, Path((id, word)): Path<(String, String)>) -> Result<Response, Trouble> {
    let deed = match word.as_str() {
        "refund-succeeds" => Deed::RefundSucceeds,
        "refund-fails" => Deed::RefundFails,
        "dispute-answered" => Deed::DisputeAnswered,
        "dispute-won" => Deed::DisputeWon,
        "dispute-lost" => Deed::DisputeLost,
        "payout-arrives" => Deed::PayoutArrives,
        "payout-fails" => Deed::PayoutFails,
        _ => return Err(Trouble::Missing),
    };
    answer(&practice, practice.deed(&id, deed))
}

fn answer(practice: &PracticeGateway, done: Result<(), DeedRefusal>) -> Result<Response, Trouble> {
    match done {
        Ok(()) => Ok(Redirect::to("/dashboard").into_response()),
        Err(DeedRefusal::NotNow(why)) => page(practice, Some(&why)),
        Err(DeedRefusal::State(error)) => Err(error.into()),
    }
}

fn page(practice: &PracticeGateway, refusal: Option<&str>) -> Result<Response, Trouble> {
    let html = practice.read(|state, _| {
        let payments = state.charges.iter().rev().take(SHOWN).map(|charge| paid(state, charge)).collect();
        let payouts = state.payouts.iter().rev().take(SHOWN).collect();
        DashboardPage { refusal, balance: state.balance(), payments, payouts }.render()
    })??;
    let status = if refusal.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, guarded(&[]), Html(html)).into_response())
}

fn paid<'a>(state: &'a State, charge: &'a Charge) -> Paid<'a> {
    let session = state.intents.get(&charge.intent).and_then(|intent| state.sessions.get(&intent.session));
    let description = session.and_then(|session| session.purchase.intent_description.as_deref());
    Paid {
        charge,
        description: description.unwrap_or_default(),
        left: Money::new(charge.amount.minor - charge.refunded, charge.amount.currency),
        refunds: state.refunds.iter().filter(|refund| refund.charge == charge.id).collect(),
        dispute: state.disputes.iter().find(|dispute| dispute.charge == charge.id),
    }
}

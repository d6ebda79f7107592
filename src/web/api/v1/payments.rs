//! Payments: the attempts to pay an order, and money that came another way, which the same verb records as on the page.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::shapes::{Day, Instant, Money};
use crate::kernel::Currency;
use crate::kernel::ids::OrderId;
use crate::kernel::time::Date;
use crate::payment::{self, Means, Method, Offline, RecordRefusal, Reference};
use crate::tokens::Scope;
use crate::web::App;
use crate::web::api::input::{Asked, Command, Made, Named, once};
use crate::web::api::paging::Paging;
use crate::web::api::problem::FieldProblem;
use crate::web::api::routes::{ApiRoutes, Says};
use crate::web::api::{ApiProblem, Caller};
use crate::web::session::PageSnapshot;

pub(super) fn routes() -> ApiRoutes {
    let list = Says::new("listPayments", "Payments", "The attempts to pay an order").pages::<Payment>();
    let record = Says::new("recordPayment", "Payments", "Record money that came another way than by card")
        .more("It settles the order in full and enrols its student, who is told by mail. One reference pays one order, once.")
        .takes::<NewPayment>()
        .gives::<Payment>(201, "The payment is recorded.")
        .conflicts();
    ApiRoutes::default().get("/api/v1/orders/{order}/payments", Scope::PaymentsRead, list, list_payments).post(
        "/api/v1/orders/{order}/payments",
        Scope::PaymentsWrite,
        record,
        record_payment,
    )
}

/// One attempt to move money against an order. Never deleted.
#[derive(Debug, Serialize, ToSchema)]
pub struct Payment {
    id: String,
    /// The order's id.
    order: String,
    amount: Money,
    /// `card`, `bank_transfer`, `upi`, `cash` or `cheque`.
    #[schema(examples("bank_transfer"))]
    method: &'static str,
    /// Of a card: `preparing`, `open`, `processing`, `expired`, `failed`, `mismatched` or `captured`; otherwise `received`.
    #[schema(examples("received"))]
    state: &'static str,
    created_at: Instant,
    /// What the bank or the receipt book knows it by.
    reference: Option<String>,
    received_on: Option<Day>,
    /// The id of the admin who recorded it.
    recorded_by: Option<String>,
    /// Of a card: the gateway's session.
    gateway_session: Option<String>,
}

impl From<payment::Payment> for Payment {
    fn from(payment: payment::Payment) -> Self {
        let (method, state) = match &payment.means {
            Means::Card(attempt) => ("card", attempt.state.word()),
            Means::Offline(received) => (received.method.word(), "received"),
        };
        let base = Self {
            id: payment.id.to_string(),
            order: payment.order.to_string(),
            amount: payment.amount.into(),
            method,
            state,
            created_at: payment.created_at.into(),
            reference: None,
            received_on: None,
            recorded_by: None,
            gateway_session: None,
        };
        match payment.means {
            Means::Card(attempt) => Self { gateway_session: attempt.session, ..base },
            Means::Offline(received) => Self {
                reference: Some(received.reference.as_str().to_owned()),
                received_on: Some(received.received_on.into()),
                recorded_by: received.recorded_by.map(|id| id.to_string()),
                ..base
            },
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    cursor: Option<String>,
    limit: Option<String>,
}

async fn list_payments(
    uri: Uri,
    PageSnapshot(conn): PageSnapshot,
    Named(id): Named<OrderId>,
    Asked(query): Asked<Query>,
) -> Result<Response, ApiProblem> {
    let paging = Paging::parse("payments", query.cursor.as_deref(), query.limit.as_deref())?;
    let order = payment::order(&conn, id).await?.ok_or_else(ApiProblem::not_found)?;
    let (payments, next) = paging.cut(payment::payments_of_order(&conn, order.id).await?, |payment| payment.id.0);
    paging.answer(&uri, &payments.into_iter().map(Payment::from).collect::<Vec<_>>(), next)
}

/// Money that came another way than by card.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayment {
    method: NewMethod,
    /// What the bank or the receipt book knows it by. Capitals and spaces do not tell two apart.
    #[schema(min_length = 1, max_length = 64, examples("UTR 000123"))]
    reference: String,
    /// The order's total.
    amount: Money,
    /// The day it arrived: RFC 3339 full-date, not in the future.
    #[schema(format = Date, examples("2026-11-23"))]
    received_on: String,
}

/// How it came.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum NewMethod {
    BankTransfer,
    Upi,
    Cash,
    Cheque,
}

impl NewPayment {
    /// # Errors
    /// Every field that cannot be used.
    fn offline(&self) -> Result<Offline, ApiProblem> {
        let mut errors = Vec::new();
        let mut wrong = |field: &str, message: String| errors.push(FieldProblem { field: field.to_owned(), message });
        let reference = self.reference.parse::<Reference>().map_err(|error| wrong("reference", error.to_string()));
        let currency = self.amount.currency.parse::<Currency>().map_err(|error| wrong("amount.currency", error.to_string()));
        let shape = self.received_on.len() == 10 && self.received_on.is_ascii();
        let received_on = self.received_on.parse::<Date>().ok().filter(|_| shape);
        if received_on.is_none() {
            wrong("received_on", "Give a day, like 2026-11-23".to_owned());
        }
        let (Ok(reference), Ok(currency), Some(received_on)) = (reference, currency, received_on) else {
            return Err(ApiProblem::invalid(errors));
        };
        let method = match self.method {
            NewMethod::BankTransfer => Method::BankTransfer,
            NewMethod::Upi => Method::Upi,
            NewMethod::Cash => Method::Cash,
            NewMethod::Cheque => Method::Cheque,
        };
        Ok(Offline { method, reference, amount: crate::kernel::Money::new(self.amount.amount, currency), received_on })
    }
}

impl From<RecordRefusal> for ApiProblem {
    fn from(refusal: RecordRefusal) -> Self {
        let conflict = |code, title, detail: &str| Self::conflict(code, title, detail);
        match refusal {
            RecordRefusal::NoSuchOrder => Self::not_found(),
            RecordRefusal::Db(error) => error.into(),
            RecordRefusal::AmountDiffers { owed } => {
                Self::field("amount", format!("The amount must be the order’s total, {owed}"))
            }
            RecordRefusal::FutureDate => Self::field("received_on", "Give a day that has come"),
            RecordRefusal::ReferenceUsed { order_number } => {
                let detail = format!("The reference is already recorded, on order {order_number}.");
                Self::conflict("reference-used", "The reference is recorded already", detail)
            }
            RecordRefusal::PageOpen => conflict(
                "page-open",
                "A payment page is open",
                "The payment gateway does not answer, and somebody may be paying. Nothing was recorded: try again in a minute.",
            ),
            RecordRefusal::AlreadyPaid => conflict("already-paid", "The order is paid", "Look whether the money is another’s."),
            RecordRefusal::OrderClosed => conflict("order-closed", "The order was cancelled", "Send the money back."),
            RecordRefusal::Full => conflict(
                "cohort-full",
                "All seats are taken",
                "The seat had lapsed and the cohort is full now: send the money back or offer another cohort.",
            ),
            RecordRefusal::SeatedElsewhere => conflict(
                "seated-elsewhere",
                "The student has another seat in this cohort",
                "Record the payment on the order of that seat.",
            ),
        }
    }
}

async fn record_payment(
    State(app): State<App>,
    caller: Caller,
    Named(order): Named<OrderId>,
    Command { input, keyed }: Command<NewPayment>,
) -> Result<Response, ApiProblem> {
    let offline = input.offline()?;
    payment::close_pages_before(&app.services, caller.actor(), order, &offline).await?;
    once(&app, &caller, &keyed, async |txn| {
        let payment = payment::record_offline(txn, order, offline).await?;
        Ok::<_, RecordRefusal>(Made::new(Payment::from(payment), format!("/api/v1/orders/{order}/payments")))
    })
    .await
}

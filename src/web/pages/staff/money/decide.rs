//! What admins do about a refund: agree, give it up, record that they sent it.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::show::{again, find};
use crate::db::Txn;
use crate::identity::Person;
use crate::kernel::Actor;
use crate::kernel::ids::RefundId;
use crate::kernel::text::single_line;
use crate::payment::model::NotNow;
use crate::payment::{self, Method, Reference, RefundRefusal, Sent};
use crate::web::form::{FieldErrors, Fields, NoFields};
use crate::web::session::AdminNow;
use crate::web::view::View;
use crate::web::{App, Problem};

/// The longest reason, in characters.
const REASON: usize = 300;

/// Why nothing is sent, as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Declined {
    pub reason: String,
}

/// How it was sent, as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SentBy {
    pub method: String,
    pub reference: String,
}

/// A second admin agrees.
pub async fn approve(
    State(app): State<App>,
    AdminNow(admin): AdminNow,
    Path(id): Path<String>,
    _: Fields<NoFields>,
) -> Result<Response, Problem> {
    let id: RefundId = id.parse().map_err(|_| Problem::NotFound)?;
    let work = async |txn: &Txn| payment::approve_refund(txn, id).await;
    match app.services.db.write(Actor::User(admin.id), work).await {
        Ok(_) => Ok(back(id)),
        Err(refusal) => Err(problem(refusal)),
    }
}

/// Nothing is sent.
pub async fn decline(
    State(app): State<App>,
    view: View,
    AdminNow(admin): AdminNow,
    Path(id): Path<String>,
    Fields(input): Fields<Declined>,
) -> Result<Response, Problem> {
    let known = find(&app, &id).await?;
    let mut errors = FieldErrors::default();
    let reason = single_line(&input.reason, REASON).map_err(|error| error.told("Say why: it is kept in the audit log"));
    let Some(reason) = errors.parse("reason", reason) else {
        return again(&view, &admin, &known, &errors, (&input, &SentBy::default()));
    };
    let id = known.0.id;
    let work = async |txn: &Txn| payment::decline_refund(txn, id, &reason).await;
    match app.services.db.write(Actor::User(admin.id), work).await {
        Ok(_) => Ok(back(id)),
        Err(refusal) => Err(problem(refusal)),
    }
}

/// It was sent by hand.
pub async fn sent(
    State(app): State<App>,
    view: View,
    AdminNow(admin): AdminNow,
    Path(id): Path<String>,
    Fields(input): Fields<SentBy>,
) -> Result<Response, Problem> {
    let known = find(&app, &id).await?;
    let wrong = |errors: &FieldErrors| again(&view, &admin, &known, errors, (&Declined::default(), &input));
    let how = match input.read() {
        Ok(how) => how,
        Err(errors) => return wrong(&errors),
    };
    match record(&app, &admin, known.0.id, how).await {
        Ok(()) => Ok(back(known.0.id)),
        Err(RefundRefusal::ReferenceUsed { .. }) => {
            wrong(&FieldErrors::one("reference", "This reference is recorded already, on another refund"))
        }
        Err(refusal) => Err(problem(refusal)),
    }
}

async fn record(app: &App, admin: &Person, id: RefundId, how: Sent) -> Result<(), RefundRefusal> {
    let work = async |txn: &Txn| payment::record_sent(txn, id, how.clone()).await;
    app.services.db.write(Actor::User(admin.id), work).await.map(drop)
}

impl SentBy {
    /// # Errors
    /// Every field that cannot be used, in the form's order.
    fn read(&self) -> Result<Sent, FieldErrors> {
        let mut errors = FieldErrors::default();
        let method = errors.parse("method", self.method.parse::<Method>().map_err(|_| "Choose how you sent it"));
        let reference = self.reference.parse::<Reference>();
        let reference = reference.map_err(|error| error.told("Enter the reference that the bank gave"));
        let reference = errors.parse("reference", reference);
        method.zip(reference).map(|(method, reference)| Sent { method, reference }).ok_or(errors)
    }
}

fn back(id: RefundId) -> Response {
    Redirect::to(&format!("/staff/refunds/{id}")).into_response()
}

fn problem(refusal: RefundRefusal) -> Problem {
    match refusal {
        RefundRefusal::NoSuchRefund | RefundRefusal::NoSuchOrder => Problem::NotFound,
        RefundRefusal::Db(error) => error.into(),
        RefundRefusal::NotNow(NotNow::SameAdmin) => Problem::Conflict {
            title: "Another admin must agree",
            detail: "You asked for this refund yourself. Nothing was sent.".to_owned(),
        },
        RefundRefusal::NotNow(_) => Problem::Conflict {
            title: "The refund has gone on meanwhile",
            detail: "Somebody else acted on it first. Its page says how it stands; nothing was changed by you.".to_owned(),
        },
        other => Problem::internal(other),
    }
}

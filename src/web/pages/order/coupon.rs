//! The code of a coupon, used for an order that nobody is paying yet.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::show::{own, payable_again};
use crate::kernel::ids::OrderId;
use crate::payment::{self, CodeOutcome, CodeRefusal};
use crate::web::form::{FieldErrors, Fields};
use crate::web::view::{Moment, View};
use crate::web::{App, Problem};

/// The field as sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    code: String,
}

/// Uses the code, or shows the order again with the one answer to every code that cannot be used.
pub async fn redeem(
    State(app): State<App>,
    view: View,
    moment: Moment,
    Path(id): Path<String>,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let order: OrderId = id.parse().map_err(|_| Problem::NotFound)?;
    let errors = match payment::use_code(&app.services, moment.subject.id, order, &input.code).await {
        Ok(CodeOutcome::Used | CodeOutcome::Enrolled) | Err(CodeRefusal::NotNow) => {
            return Ok(Redirect::to(&format!("/orders/{order}")).into_response());
        }
        Ok(CodeOutcome::Unusable) => {
            FieldErrors::one("code", "This code cannot be used for this order. Look for a mistyped letter, or pay without it")
        }
        Ok(CodeOutcome::TooMany { until }) => {
            let seconds = until.duration_since(moment.now).as_secs();
            return Err(Problem::TooManyTries { retry_after: u64::try_from(seconds).unwrap_or_default().max(1) });
        }
        Err(CodeRefusal::NoSuchOrder) => return Err(Problem::NotFound),
        Err(CodeRefusal::PageOpen(error)) => {
            tracing::warn!(order = %order, error = %error, "a payment page could not be closed for a coupon");
            return Err(Problem::Busy);
        }
        Err(CodeRefusal::Db(error)) => return Err(error.into()),
    };
    let conn = app.services.db.snapshot().await?;
    payable_again(&view, &moment, &own(&conn, &moment, &id).await?, &input.code, &errors)
}

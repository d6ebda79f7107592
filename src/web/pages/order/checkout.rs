//! To the payment page.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::show::own;
use super::{Countdown, Shown};
use crate::kernel::ids::OrderId;
use crate::payment::{self, CheckoutRefusal};
use crate::web::form::{Fields, NoFields};
use crate::web::view::{Moment, View, page_to_retry};
use crate::web::{App, Problem};

/// How long a browser or a program may wait before it tries again, in seconds.
const RETRY_AFTER: u64 = 60;

#[derive(Template)]
#[template(path = "web/pages/order/trouble.html")]
struct Trouble<'a> {
    view: &'a View,
    order: Shown<'a>,
    what: &'static str,
    countdown: Option<Countdown>,
}

/// Leads to the payment page, or says why it cannot.
pub async fn begin(
    State(app): State<App>,
    view: View,
    moment: Moment,
    Path(id): Path<String>,
    _: Fields<NoFields>,
) -> Result<Response, Problem> {
    let order: OrderId = id.parse().map_err(|_| Problem::NotFound)?;
    let what = match payment::begin_checkout(&app.services, moment.subject.id, order).await {
        Ok(url) => return Ok(Redirect::to(&url).into_response()),
        Err(CheckoutRefusal::NoSuchOrder) => return Err(Problem::NotFound),
        // The order's page says how it stands.
        Err(
            CheckoutRefusal::AlreadyPaid
            | CheckoutRefusal::OrderClosed
            | CheckoutRefusal::HoldOver
            | CheckoutRefusal::BankDeciding
            | CheckoutRefusal::TransferTold
            | CheckoutRefusal::Queued
            | CheckoutRefusal::NoCards,
        ) => return Ok(Redirect::to(&format!("/orders/{order}")).into_response()),
        Err(CheckoutRefusal::NoMoreTime { held_until }) => {
            let until = moment.shown(held_until);
            return Err(Problem::Conflict {
                title: "There is no time left for another try",
                detail: format!(
                    "The seat was kept longer as often as we may. It is free again from {} ({}); enrol again then.",
                    until.short(),
                    until.offset
                ),
            });
        }
        Err(CheckoutRefusal::GatewayTrouble { .. }) => "It did not answer.",
        Err(CheckoutRefusal::GatewayRefused { .. }) => "It did not accept the request, which has been noted.",
        Err(CheckoutRefusal::Db(error)) => return Err(error.into()),
    };
    let conn = app.services.db.snapshot().await?;
    let sheet = own(&conn, &moment, &id).await?;
    let countdown = sheet.held_until().map(|until| Countdown::new(until, &moment));
    page_to_retry(&Trouble { view: &view, order: Shown::from(&sheet), what, countdown }, RETRY_AFTER)
}

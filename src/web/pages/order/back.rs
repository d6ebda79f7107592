//! Coming back from the payment page: the gateway is asked, then the truth is told. To load the page again is harmless.

use axum::extract::{Path, State};
use axum::response::Response;

use super::show::{own, told};
use crate::kernel::Actor;
use crate::payment::{self, SettleError};
use crate::views::order::Standing;
use crate::web::view::{Moment, View};
use crate::web::{App, Problem};

/// Settles what can be settled, and says how the order stands.
pub async fn back(State(app): State<App>, view: View, moment: Moment, Path(id): Path<String>) -> Result<Response, Problem> {
    // The snapshot is let go before the gateway is asked: it may take its time.
    let conn = app.services.db.snapshot().await?;
    let order = own(&conn, &moment, &id).await?.order.id;
    drop(conn);
    let unheard = match payment::settle_order(&app.services, Actor::User(moment.subject.id), order).await {
        Ok(()) => false,
        Err(SettleError::Gateway(error)) => {
            tracing::warn!(%order, %error, "the payment gateway does not answer a return page");
            true
        }
        Err(SettleError::Db(error)) => return Err(error.into()),
    };
    if let Err(SettleError::Db(error)) =
        payment::settle_refunds_of_order(&app.services, Actor::User(moment.subject.id), order).await
    {
        return Err(error.into());
    }
    let conn = app.services.db.snapshot().await?;
    let sheet = own(&conn, &moment, &id).await?;
    let standing = match sheet.standing(moment.now) {
        // Who comes back may have paid. That nothing is known is no reason to ask for the money again.
        Standing::Payable { until } | Standing::Declined { until } | Standing::Transfer { until } if unheard => {
            Standing::Waiting { until: Some(until) }
        }
        standing => standing,
    };
    told(&view, &moment, &sheet, standing)
}

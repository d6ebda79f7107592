//! An odd notification of the gateway that was looked at.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::kernel::Actor;
use crate::payment;
use crate::web::form::Fields;
use crate::web::session::AdminNow;
use crate::web::{App, Problem};

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    event: String,
}

/// Takes it off the list; one that is off it already stays so.
pub async fn seen(State(app): State<App>, AdminNow(admin): AdminNow, Fields(input): Fields<Input>) -> Result<Response, Problem> {
    let actor = Actor::User(admin.id);
    app.services.db.write(actor, async |txn| payment::see_notification(txn, &input.event).await).await?;
    Ok(Redirect::to("/staff/today?done=seen").into_response())
}

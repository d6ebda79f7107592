//! For whoever watches the process: is it alive, and can it serve.

use axum::extract::State;
use axum::http::StatusCode;
use sea_orm::ConnectionTrait;

use super::{App, Problem};

/// The process answers.
pub async fn live() -> &'static str {
    "ok\n"
}

/// The database answers too.
///
/// # Errors
/// [`Problem::Busy`] where it does not.
pub async fn ready(State(app): State<App>) -> Result<(StatusCode, &'static str), Problem> {
    let snapshot = app.services.db.snapshot().await.map_err(|_| Problem::Busy)?;
    snapshot.execute_unprepared("SELECT 1").await.map_err(|_| Problem::Busy)?;
    Ok((StatusCode::OK, "ready\n"))
}

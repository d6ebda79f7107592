//! Ending a coupon, after a question.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::kernel::Actor;
use crate::kernel::ids::CouponId;
use crate::pricing;
use crate::pricing::model::Coupon;
use crate::web::form::{Fields, NoFields};
use crate::web::session::{AdminNow, PageSnapshot};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/coupons/stop.html")]
struct Page<'a> {
    view: &'a View,
    coupon: &'a Coupon,
}

fn named(id: &str) -> Result<CouponId, Problem> {
    id.parse().map_err(|_| Problem::NotFound)
}

/// What it means.
pub async fn ask(view: View, _: AdminNow, PageSnapshot(conn): PageSnapshot, Path(id): Path<String>) -> Result<Response, Problem> {
    let coupon = pricing::coupon(&conn, named(&id)?).await?.ok_or(Problem::NotFound)?;
    page(&Page { view: &view, coupon: &coupon })
}

/// Ends it.
pub async fn stop(
    State(app): State<App>,
    AdminNow(admin): AdminNow,
    Path(id): Path<String>,
    _: Fields<NoFields>,
) -> Result<Response, Problem> {
    let id = named(&id)?;
    let stopped = app.services.db.write(Actor::User(admin.id), async |txn| pricing::stop_coupon(txn, id).await).await?;
    stopped.ok_or(Problem::NotFound)?;
    Ok(Redirect::to("/staff/coupons?done=coupon-stopped").into_response())
}

//! Every coupon there was.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;

use crate::catalogue;
use crate::kernel::ids::CohortId;
use crate::kernel::{ShownTime, Timestamp, Zone};
use crate::pricing;
use crate::pricing::model::Coupon;
use crate::web::pages::{Done, DoneQuery};
use crate::web::session::{AdminNow, PageSnapshot};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/coupons/list.html")]
struct Page<'a> {
    view: &'a View,
    done: Option<Done>,
    zone: &'a str,
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    of: &'a Coupon,
    /// The cohort, or that it is for all.
    cohort: String,
    /// The only currency that it is for, where its discount does not say it.
    currency: &'static str,
    used: String,
    per_person: String,
    opens: Option<ShownTime>,
    closes: Option<ShownTime>,
    state: (&'static str, &'static str),
    works: bool,
}

/// All of them, newest first.
pub async fn show(
    State(app): State<App>,
    view: View,
    AdminNow(admin): AdminNow,
    PageSnapshot(conn): PageSnapshot,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Problem> {
    let (coupons, used) = (pricing::coupons(&conn).await?, pricing::uses(&conn).await?);
    let cohorts: BTreeMap<CohortId, String> =
        catalogue::all_cohorts(&conn).await?.into_iter().map(|cohort| (cohort.id, cohort.name)).collect();
    let now = app.services.clocks.service();
    let row = |of| row(of, used.get(&of.id).copied().unwrap_or_default(), &cohorts, &admin.zone, now);
    let rows = coupons.iter().map(row).collect();
    page(&Page { view: &view, done: done.word(), zone: admin.zone.name(), rows })
}

fn row<'a>(of: &'a Coupon, uses: u64, cohorts: &BTreeMap<CohortId, String>, zone: &Zone, now: Timestamp) -> Row<'a> {
    let shown = |at: Timestamp| ShownTime::new(at, zone);
    Row {
        cohort: of.cohort.map_or_else(|| "All".to_owned(), |id| cohorts.get(&id).cloned().unwrap_or_default()),
        currency: match of.discount {
            pricing::Discount::Percent(_, Some(currency)) => currency.code(),
            _ => "",
        },
        used: of.limits.total.map_or_else(|| uses.to_string(), |limit| format!("{uses} of {limit}")),
        per_person: of.limits.per_person.map_or_else(|| "No limit".to_owned(), |limit| limit.to_string()),
        opens: of.opens.map(shown),
        closes: of.closes.map(shown),
        state: state(of, uses, now),
        works: of.stopped_at.is_none(),
        of,
    }
}

fn state(coupon: &Coupon, uses: u64, now: Timestamp) -> (&'static str, &'static str) {
    if coupon.stopped_at.is_some() {
        ("bad", "Stopped")
    } else if coupon.closes.is_some_and(|closes| closes <= now) {
        ("", "Over")
    } else if coupon.limits.total.is_some_and(|limit| u64::from(limit) <= uses) {
        ("wait", "Used up")
    } else if coupon.opens.is_some_and(|opens| now < opens) {
        ("wait", "Not yet")
    } else {
        ("done", "Works")
    }
}

//! The books, month by month, for admins.

mod ledger;
mod list;
mod month;
mod payouts;
mod taxes;
mod words;

use crate::db::Conn;
use crate::kernel::Timestamp;
use crate::views::month::{Report, report};
use crate::web::Problem;
use crate::web::routes::{Access, Routes};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/admin/reports", Access::Admin, list::show)
        .get("/admin/reports/{month}", Access::Admin, month::show)
        .get("/admin/reports/{month}/ledger.csv", Access::Admin, ledger::csv)
        .get("/admin/reports/{month}/payouts.csv", Access::Admin, payouts::csv)
        .get("/admin/reports/{month}/taxes.csv", Access::Admin, taxes::csv)
        .get("/admin/payouts/{payout}", Access::Admin, payouts::show)
}

/// The report of a month as an address names it; one before the first entry, or still to come, is not found.
async fn find(conn: &Conn, month: &str, now: Timestamp) -> Result<Report, Problem> {
    let month = month.parse().map_err(|_| Problem::NotFound)?;
    report(conn, month, now).await?.ok_or(Problem::NotFound)
}

//! Conveniences of the development profile: the mail that was sent, and the clock. Not mounted elsewhere.

mod clock;
mod mailbox;

use crate::web::routes::{Access, Routes};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/dev/mailbox", Access::Development, mailbox::list)
        .get("/dev/mailbox.json", Access::Development, mailbox::list_json)
        .get("/dev/mailbox/{mail}", Access::Development, mailbox::show)
        .get("/dev/mailbox/{mail}/html", Access::Development, mailbox::html)
        .get("/dev/clock", Access::Development, clock::show)
        .post("/dev/clock", Access::Development, clock::advance)
}

/// `Tue 24 Nov 2026, 09:10:48 UTC`: to the second, for whoever moves clocks.
fn exact(at: crate::kernel::Timestamp) -> String {
    let civil = crate::kernel::Zone::UTC.civil(at);
    let date = crate::kernel::shown::short_date(civil.date());
    format!("{date}, {:02}:{:02}:{:02} UTC", civil.hour(), civil.minute(), civil.second())
}

//! What staff see and do: the course and its library, cohorts and their rosters, enrolments, one order, the log.

mod certificates;
mod cohorts;
mod course;
mod document;
mod enrolments;
mod export;
mod extend;
mod history;
mod issue;
mod library;
mod log;
pub(super) mod money;
mod order;
mod picker;
mod record;
mod resend;
mod roster;
mod transfer;
mod waitlist;

use crate::web::routes::{Access, Routes};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/staff/cohorts", Access::Staff, cohorts::list)
        .get("/staff/cohorts/{slug}/roster", Access::Staff, roster::show)
        .get("/staff/cohorts/{slug}/waitlist", Access::Admin, waitlist::list)
        .get("/staff/waitlist/{wait}/remove", Access::Admin, waitlist::ask)
        .post("/staff/waitlist/{wait}/remove", Access::Admin, waitlist::remove)
        .get("/staff/enrolments", Access::Admin, enrolments::list)
        .get("/staff/enrolments.csv", Access::Admin, export::csv)
        .get("/staff/enrolments/{enrolment}", Access::Staff, history::show)
        .post("/staff/enrolments/{enrolment}/confirmation", Access::Staff, resend::resend)
        .get("/staff/enrolments/{enrolment}/extend", Access::Staff, extend::ask)
        .post("/staff/enrolments/{enrolment}/extend", Access::Staff, extend::extend)
        .get("/staff/log", Access::Admin, log::show)
        .get("/staff/orders/{order}", Access::Admin, order::show)
        .post("/staff/orders/{order}/payments", Access::AdminNow, record::record)
        .get("/staff/orders/{order}/transfer/decline", Access::AdminNow, transfer::ask)
        .post("/staff/orders/{order}/transfer/decline", Access::AdminNow, transfer::decline)
        .get("/staff/orders/{order}/issue", Access::AdminNow, issue::ask)
        .post("/staff/orders/{order}/issue", Access::AdminNow, issue::issue)
        .get("/staff/orders/{order}/documents/{document}", Access::Admin, document::save)
        .get("/staff/orders/{order}/documents/{document}/spelling", Access::AdminNow, document::ask)
        .post("/staff/orders/{order}/documents/{document}/spelling", Access::AdminNow, document::spell)
        .merge(certificates::routes())
        .merge(course::routes())
        .merge(library::routes())
        .merge(money::routes())
}

/// A path with a query of those pairs that say something.
fn address(path: &str, pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<_> = pairs.iter().filter(|(_, value)| !value.is_empty()).collect();
    let query = serde_urlencoded::to_string(&pairs).unwrap_or_default();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// One choice of a filter.
#[derive(Debug, Clone)]
struct Choice {
    value: String,
    words: String,
    chosen: bool,
}

/// The choices of a filter, each a word of the address and its words on the page.
fn choices<'a>(all: impl IntoIterator<Item = (&'a str, &'a str)>, asked: &str) -> Vec<Choice> {
    let choice =
        |(value, words): (&str, &str)| Choice { value: value.to_owned(), words: words.to_owned(), chosen: value == asked };
    all.into_iter().map(choice).collect()
}

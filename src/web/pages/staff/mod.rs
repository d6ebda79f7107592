//! What staff see and do: the course and its library, cohorts and their rosters, one order, and the money that waits for a person.

mod cohorts;
mod course;
mod done;
mod library;
mod order;
mod picker;
mod queue;
mod record;
mod roster;

use crate::web::routes::{Access, Routes};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/staff/cohorts", Access::Staff, cohorts::list)
        .get("/staff/cohorts/{slug}/roster", Access::Staff, roster::show)
        .get("/staff/orders/{order}", Access::Admin, order::show)
        .post("/staff/orders/{order}/payments", Access::Admin, record::record)
        .get("/staff/queue", Access::Admin, queue::show)
        .merge(course::routes())
        .merge(library::routes())
}

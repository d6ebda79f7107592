//! The daily queue of an admin: what waits for a person, and the acts that end it. Empty means done.

mod disputes;
mod events;
mod jobs;
mod reasons;
mod resolve;
mod seen;
mod show;

use crate::web::routes::{Access, Routes};

pub(super) use disputes::DisputeLine;
pub(super) use reasons::{next, why};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/staff/today", Access::Admin, show::show)
        .get("/staff/today/{exception}/resolve", Access::AdminNow, resolve::ask)
        .post("/staff/today/{exception}/resolve", Access::AdminNow, resolve::resolve)
        .post("/staff/today/jobs/{job}/retry", Access::AdminNow, jobs::retry)
        .get("/staff/today/jobs/{job}/drop", Access::AdminNow, jobs::ask)
        .post("/staff/today/jobs/{job}/drop", Access::AdminNow, jobs::drop_job)
        .get("/staff/today/events/{event}", Access::Admin, events::show)
        .post("/staff/today/events/{event}/replay", Access::AdminNow, events::replay)
        .post("/staff/today/events/{event}/aside", Access::AdminNow, events::put_aside)
        .post("/staff/today/disputes/decided", Access::AdminNow, disputes::decided)
        .post("/staff/today/seen", Access::AdminNow, seen::seen)
}

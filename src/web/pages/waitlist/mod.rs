//! The waitlist of a full cohort: joining it, one's place on it, and the seat that it offers.

mod input;
mod join;
mod own;

pub(super) use input::Joining;
pub(super) use join::join;
pub(super) use own::{WaitShown, WaitShownState};

use crate::web::routes::{Access, Routes};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/cohorts/{slug}/waitlist", Access::Public, join::show)
        .post_guarded("/cohorts/{slug}/waitlist", Access::Public, join::send)
        .get("/waitlist/{wait}", Access::SignedIn, own::show)
        .post("/waitlist/{wait}/leave", Access::SignedIn, own::leave)
}

//! A person's own account: details, the browsers they are signed in with, and for staff the second factor.

mod details;
mod factor;
mod index;
mod sessions;

use crate::web::routes::{Access, Routes};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/account", Access::SignedIn, index::show)
        .get("/account/details", Access::SignedIn, details::show)
        .post("/account/details", Access::SignedIn, details::save)
        .get("/account/sessions", Access::SignedIn, sessions::show)
        .post("/account/sessions/{session}/end", Access::SignedIn, sessions::end)
        .post("/account/sessions/end-others", Access::SignedIn, sessions::end_others)
        .get("/account/second-factor", Access::Staff, factor::show)
        .post("/account/second-factor", Access::StaffNow, factor::offer)
        .get("/account/second-factor/new", Access::StaffNow, factor::offered)
        .post_guarded("/account/second-factor/new", Access::StaffNow, factor::accept)
        .post("/account/second-factor/codes", Access::StaffNow, factor::renew)
        .get("/account/second-factor/remove", Access::StaffNow, factor::ask_to_remove)
        .post("/account/second-factor/remove", Access::StaffNow, factor::remove)
}

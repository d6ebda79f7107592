//! API tokens, as an admin looks after them: the list, a new one (its secret is shown once), and an end.

mod list;
mod new;
mod revoke;

use crate::web::routes::{Access, Routes};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/staff/tokens", Access::Admin, list::show)
        .get("/staff/tokens/new", Access::AdminNow, new::show)
        .post("/staff/tokens/new", Access::AdminNow, new::make)
        .get("/staff/tokens/{token}/revoke", Access::AdminNow, revoke::ask)
        .post("/staff/tokens/{token}/revoke", Access::AdminNow, revoke::revoke)
}

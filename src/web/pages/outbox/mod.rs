//! The outbox for admins: every mail with its state, and what can be done about one.

mod acts;
mod letter;
mod list;
pub(super) mod words;

use crate::web::routes::{Access, Routes};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/staff/outbox", Access::Admin, list::show)
        .get("/staff/outbox/{letter}", Access::Admin, letter::show)
        .post("/staff/outbox/{letter}/retry", Access::AdminNow, acts::retry)
        .post("/staff/outbox/{letter}/release", Access::AdminNow, acts::release)
        .get("/staff/outbox/{letter}/drop", Access::AdminNow, acts::ask_to_drop)
        .post("/staff/outbox/{letter}/drop", Access::AdminNow, acts::drop_letter)
}

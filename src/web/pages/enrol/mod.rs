//! Enrolling: one form, and then a seat that is held while its student pays.

mod form;
mod input;
mod refused;
mod send;

pub(super) use form::{find, seat, to_order};
pub(super) use input::Zones;
pub(super) use refused::{Refused, page as refused_page};
pub(super) use send::enrol;

use crate::web::routes::{Access, Routes};

pub(super) fn routes() -> Routes {
    Routes::default().get("/cohorts/{slug}/enrol", Access::Public, form::show).post_guarded(
        "/cohorts/{slug}/enrol",
        Access::Public,
        send::send,
    )
}

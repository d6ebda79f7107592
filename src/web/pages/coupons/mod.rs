//! Coupons, as an admin looks after them: the list, a new one, and an end.

mod list;
mod new;
mod stop;

use crate::web::routes::{Access, Routes};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/staff/coupons", Access::AdminNow, list::show)
        .get("/staff/coupons/new", Access::AdminNow, new::show)
        .post("/staff/coupons/new", Access::AdminNow, new::make)
        .get("/staff/coupons/{coupon}/stop", Access::AdminNow, stop::ask)
        .post("/staff/coupons/{coupon}/stop", Access::AdminNow, stop::stop)
}

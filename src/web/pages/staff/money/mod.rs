//! Money that goes back, as admins see and decide it: asked for on an order, agreed to by a second one, sent by hand, and the
//! cancelling of an enrolment.

mod cancel;
mod decide;
mod refund;
mod show;
pub(in crate::web::pages) mod words;

use crate::web::routes::{Access, Routes};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/staff/orders/{order}/refund", Access::AdminNow, refund::ask)
        .post("/staff/orders/{order}/refund", Access::AdminNow, refund::request)
        .get("/staff/refunds/{refund}", Access::Admin, show::show)
        .post("/staff/refunds/{refund}/approve", Access::AdminNow, decide::approve)
        .post("/staff/refunds/{refund}/decline", Access::AdminNow, decide::decline)
        .post("/staff/refunds/{refund}/sent", Access::AdminNow, decide::sent)
        .get("/staff/enrolments/{enrolment}/cancel", Access::AdminNow, cancel::ask)
        .post("/staff/enrolments/{enrolment}/cancel", Access::AdminNow, cancel::cancel)
}

//! What anybody may read of the organisation: who it is, what it promises, and its logo.

mod contact;
mod logo;
mod policy;

use crate::web::routes::{Access, Routes};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/contact", Access::Public, contact::show)
        .get("/terms", Access::Public, policy::terms)
        .get("/privacy", Access::Public, policy::privacy)
        .get("/refunds", Access::Public, policy::refunds)
        .get("/logo.png", Access::Public, logo::show)
}

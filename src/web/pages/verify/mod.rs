//! Checking a certificate: for anybody, without an account.

mod form;
mod show;

use crate::web::routes::{Access, Routes};

pub(super) fn routes() -> Routes {
    Routes::default().get("/verify", Access::Public, form::show).post_guarded("/verify", Access::Public, form::look).get(
        "/verify/{code}",
        Access::Public,
        show::show,
    )
}

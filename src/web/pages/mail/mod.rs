//! Which mails a person gets: the page for it, and the link in a mail that needs no signing in.

mod preferences;
mod unsubscribe;

use crate::web::routes::{Access, Routes};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/account/mail", Access::SignedIn, preferences::show)
        .post("/account/mail", Access::SignedIn, preferences::save)
        .get("/unsubscribe/{token}", Access::Public, unsubscribe::ask)
        .post("/unsubscribe/{token}", Access::Public, unsubscribe::stop)
}

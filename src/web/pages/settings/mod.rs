//! The organisation's settings: an index that says what is missing, and a form for each section.

mod approval;
mod bank;
mod form;
mod identity;
mod index;
mod logo;
mod mail;
mod officer;
mod policies;
mod rates;
mod signers;
mod tax;
mod waitlist;

use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;

use crate::web::routes::{Access, Routes};
use form::Section;

pub(super) fn routes() -> Routes {
    let routes = Routes::default()
        .get("/staff/settings", Access::Admin, index::show)
        .get("/staff/settings/logo", Access::AdminNow, logo::show)
        .post("/staff/settings/logo", Access::AdminNow, logo::save.layer(DefaultBodyLimit::max(logo::BODY_LIMIT)))
        .get("/staff/settings/rates", Access::AdminNow, rates::show)
        .post("/staff/settings/rates", Access::AdminNow, rates::save)
        .post("/staff/settings/logo/remove", Access::AdminNow, logo::remove);
    let routes = section::<identity::Input>(section::<officer::Input>(routes));
    let routes = section::<tax::Input>(section::<bank::Input>(routes));
    let routes = section::<signers::Input>(section::<mail::Input>(section::<waitlist::Input>(routes)));
    let routes = section::<policies::Terms>(section::<policies::Privacy>(section::<policies::Refunds>(routes)));
    section::<approval::Input>(routes)
}

fn section<S: Section>(routes: Routes) -> Routes {
    routes.get(S::PATH, Access::AdminNow, form::show::<S>).post(S::PATH, Access::AdminNow, form::save::<S>)
}

//! The pages, by area; each verb is a file with its template beside it.

mod dev;
mod enrol;
mod order;
pub mod sign_in;
mod staff;

use super::routes::Routes;

/// Every page that exists in every profile.
pub(super) fn routes() -> Routes {
    sign_in::routes().merge(enrol::routes()).merge(order::routes()).merge(staff::routes())
}

/// Pages of the development profile alone.
pub(super) fn development_routes() -> Routes {
    dev::routes()
}

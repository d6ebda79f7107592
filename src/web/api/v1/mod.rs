//! Version 1: a file for each group of routes, with the shapes that they answer.

mod certificates;
mod cohorts;
mod courses;
mod orders;
mod payments;
mod roster;
mod schedule;
mod shapes;

use super::routes::ApiRoutes;

/// Every route.
pub(super) fn routes() -> ApiRoutes {
    courses::routes()
        .merge(cohorts::routes())
        .merge(schedule::routes())
        .merge(roster::routes())
        .merge(orders::routes())
        .merge(payments::routes())
        .merge(certificates::routes())
}

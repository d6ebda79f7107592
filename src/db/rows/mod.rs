//! The SeaORM entities: what a row is, and nothing more. A domain's store turns rows into the domain's types.

#![allow(missing_debug_implementations, reason = "the entity macros' own types")]
#![allow(
    clippy::disallowed_methods,
    reason = "the entity macros write a nested save that begins a transaction; nothing calls it"
)]

pub mod audit;
pub mod catalogue;
pub mod certificates;
pub mod clock;
pub mod enrolment;
pub mod identity;
pub mod jobs;
pub mod learning;
pub mod mail;
pub mod organisation;
pub mod payment;
pub mod readings;
pub mod reminders;
pub mod schedule;
pub mod search;
pub mod tokens;

use super::tables::Table;

/// Every table of ours, in an order in which none refers to a later one. This is the one list of them: a table that it lacks would
/// be in no backup, so a test compares it with the migrated schema.
pub fn tables() -> Vec<Table> {
    macro_rules! tables {
        ($($entity:path),* $(,)?) => { vec![$(Table::of($entity)),*] };
    }
    tables![
        organisation::settings::Entity,
        organisation::logo::Entity,
        identity::users::Entity,
        identity::sign_in_challenges::Entity,
        identity::sessions::Entity,
        identity::second_factors::Entity,
        identity::offered_factors::Entity,
        identity::recovery_codes::Entity,
        identity::pending_sign_ins::Entity,
        tokens::api_tokens::Entity,
        tokens::idempotency_keys::Entity,
        readings::readings::Entity,
        catalogue::courses::Entity,
        catalogue::course_modules::Entity,
        catalogue::course_module_readings::Entity,
        catalogue::cohorts::Entity,
        catalogue::cohort_modules::Entity,
        catalogue::cohort_module_readings::Entity,
        catalogue::cohort_instructors::Entity,
        enrolment::enrolments::Entity,
        payment::orders::Entity,
        payment::order_lines::Entity,
        payment::payments::Entity,
        payment::refunds::Entity,
        payment::payment_exceptions::Entity,
        payment::gateway_cursor::Entity,
        payment::gateway_events::Entity,
        schedule::schedule_items::Entity,
        schedule::overrides::Entity,
        schedule::openings::Entity,
        learning::progress::Entity,
        certificates::certificates::Entity,
        certificates::certificate_pdfs::Entity,
        audit::audit_events::Entity,
        audit::touches::Entity,
        jobs::Entity,
        mail::Entity,
        reminders::mail_preferences::Entity,
        clock::Entity,
        search::Entity,
    ]
}

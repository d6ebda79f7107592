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
pub mod documents;
pub mod enrolment;
pub mod identity;
pub mod jobs;
pub mod learning;
pub mod ledger;
pub mod mail;
pub mod organisation;
pub mod payment;
pub mod pricing;
pub mod readings;
pub mod reminders;
pub mod schedule;
pub mod search;
pub mod tokens;

use super::tables::Table;

macro_rules! tables {
    ($($entity:path),* $(,)?) => { vec![$(Table::of($entity)),*] };
}

/// Every table of ours, in an order in which none refers to a later one. This is the one list of them: a table that it lacks would
/// be in no backup, so a test compares it with the migrated schema.
pub fn tables() -> Vec<Table> {
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
        enrolment::waitlist_entries::Entity,
        pricing::coupons::Entity,
        payment::orders::Entity,
        pricing::coupon_uses::Entity,
        payment::order_lines::Entity,
        payment::transfers::Entity,
        documents::exchange_rates::Entity,
        documents::awaited_invoices::Entity,
        documents::document_series::Entity,
        documents::documents::Entity,
        documents::document_pdfs::Entity,
        payment::payments::Entity,
        payment::refunds::Entity,
        payment::payment_exceptions::Entity,
        payment::gateway_charges::Entity,
        payment::gateway_customers::Entity,
        payment::disputes::Entity,
        payment::payouts::Entity,
        payment::payout_lines::Entity,
        payment::gateway_cursor::Entity,
        payment::gateway_events::Entity,
        ledger::ledger_entries::Entity,
        ledger::ledger_postings::Entity,
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

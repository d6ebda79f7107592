//! The database schema, one change per file, for SQLite and PostgreSQL alike.

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

mod m20261123_000001_identity;
mod m20261123_000002_readings;
mod m20261123_000003_catalogue;
mod m20261123_000004_enrolment;
mod m20261123_000005_payment;
mod m20261123_000006_schedule;
mod m20261123_000007_learning;
mod m20261123_000008_audit;
mod m20261123_000009_jobs;
mod m20261123_000010_mail;
mod m20261123_000011_clock;
mod m20261123_000014_editing;
mod m20261124_000012_organisation;
mod m20261124_000013_second_factor;
mod m20261124_000015_published;
mod m20261124_000016_search;
mod m20261124_000017_certificates;
mod m20261124_000018_mail_preferences;
mod m20261124_000019_today;
mod m20261124_000020_api_tokens;
mod m20261124_000021_outbox_lookup;
mod m20261128_000022_ledger;
mod m20261128_000023_prices;
mod m20261128_000024_coupons;
mod m20261128_000025_documents;
mod m20261128_000026_waitlist;
mod m20261128_000027_refunds;
mod m20261128_000028_transfers;
mod m20261128_000029_disputes;
mod m20261128_000030_exchange_rates;
mod m20261128_000031_staff_lists;
mod m20261128_000032_roster_by_name;
mod table;

/// Every migration, in the order in which they are applied, which is that of their merging and not of their numbers. Never reorder
/// them, and never edit a released one: a change is a new file, appended at the end.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_identity::Migration),
            Box::new(m20261123_000002_readings::Migration),
            Box::new(m20261123_000003_catalogue::Migration),
            Box::new(m20261123_000004_enrolment::Migration),
            Box::new(m20261123_000005_payment::Migration),
            Box::new(m20261123_000006_schedule::Migration),
            Box::new(m20261123_000007_learning::Migration),
            Box::new(m20261123_000008_audit::Migration),
            Box::new(m20261123_000009_jobs::Migration),
            Box::new(m20261123_000010_mail::Migration),
            Box::new(m20261123_000011_clock::Migration),
            Box::new(m20261123_000014_editing::Migration),
            Box::new(m20261124_000013_second_factor::Migration),
            Box::new(m20261124_000015_published::Migration),
            Box::new(m20261124_000017_certificates::Migration),
            Box::new(m20261124_000012_organisation::Migration),
            Box::new(m20261124_000016_search::Migration),
            Box::new(m20261124_000018_mail_preferences::Migration),
            Box::new(m20261124_000019_today::Migration),
            Box::new(m20261124_000020_api_tokens::Migration),
            Box::new(m20261124_000021_outbox_lookup::Migration),
            Box::new(m20261128_000022_ledger::Migration),
            Box::new(m20261128_000023_prices::Migration),
            Box::new(m20261128_000024_coupons::Migration),
            Box::new(m20261128_000025_documents::Migration),
            Box::new(m20261128_000026_waitlist::Migration),
            Box::new(m20261128_000029_disputes::Migration),
            Box::new(m20261128_000028_transfers::Migration),
            Box::new(m20261128_000027_refunds::Migration),
            Box::new(m20261128_000030_exchange_rates::Migration),
            Box::new(m20261128_000031_staff_lists::Migration),
            Box::new(m20261128_000032_roster_by_name::Migration),
        ]
    }
}

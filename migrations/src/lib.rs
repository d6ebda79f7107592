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
mod m20261128_000027_refunds;
mod table;

/// Every migration, oldest first. A released one is never edited: a change is a new file.
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
            Box::new(m20261128_000027_refunds::Migration),
        ]
    }
}

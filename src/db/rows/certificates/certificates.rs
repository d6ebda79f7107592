//! Table `certificates`.

use sea_orm::entity::prelude::*;

use crate::db::columns::{CivilDate, UtcTime};
use crate::kernel::ids::{CertificateId, EnrolmentId, UserId};

/// Where a certificate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum State {
    Issued,
    Revoked,
    Superseded,
}

/// An award. The database refuses to change any column above `state`, and to delete the row.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "certificates")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CertificateId,
    /// Its digits without groups.
    #[sea_orm(unique)]
    pub code: String,
    pub enrolment_id: EnrolmentId,
    /// From 1; with the enrolment it is unique.
    pub edition: i32,
    pub name: String,
    pub course: String,
    pub cohort: String,
    pub starts_on: CivilDate,
    pub ends_on: CivilDate,
    #[sea_orm(column_type = "JsonBinary")]
    pub modules: Json,
    pub completed_at: UtcTime,
    pub issuer: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub signers: Json,
    pub issued_on: CivilDate,
    pub issued_at: UtcTime,
    pub issued_by: Option<UserId>,
    pub pdf_sha256: String,
    pub state: State,
    pub revoked_at: Option<UtcTime>,
    pub revoked_by: Option<UserId>,
    pub reason: Option<String>,
    pub superseded_at: Option<UtcTime>,
    /// The successor's code.
    pub superseded_by: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}

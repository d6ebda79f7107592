//! Table `enrolments`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::{CohortId, EnrolmentId, UserId};

/// Where an enrolment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum State {
    Held,
    Enrolled,
    Lapsed,
    Cancelled,
}

/// What the seat was given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Funding {
    /// Nothing yet, or nothing any more.
    Unpaid,
    /// By card, through the gateway.
    Paid,
    /// Recorded by an admin.
    Offline,
    Free,
}

/// One student in one cohort. Only a held or enrolled row takes a seat, and a student has one such row in a cohort.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "enrolments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EnrolmentId,
    pub cohort_id: CohortId,
    pub user_id: UserId,
    pub state: State,
    pub certificate_name: String,
    /// Service time until which a held seat is kept.
    pub hold_until: Option<UtcTime>,
    /// How often the hold was extended.
    pub extensions: i32,
    pub created_at: UtcTime,
    pub enrolled_at: Option<UtcTime>,
    pub ended_at: Option<UtcTime>,
    pub funding: Funding,
    /// How many required readings of the cohort's plan are read as their weeks ask: kept, so that a roster can be sorted by it.
    pub required_read: i32,
    /// The revision of the plan by which they were last counted anew.
    pub counted_at: i32,
    #[sea_orm(belongs_to, from = "cohort_id", to = "id")]
    pub cohort: BelongsTo<crate::db::rows::catalogue::cohorts::Entity>,
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<crate::db::rows::identity::users::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

//! Table `waitlist_entries`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::{CohortId, EnrolmentId, UserId, WaitId};

/// Where somebody who waits stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum State {
    Waiting,
    Offered,
    Accepted,
    Lapsed,
    Left,
    Closed,
}

/// One person's wait for a seat in a cohort. A person has one row in a cohort that is waiting or offered; only an offered row
/// takes a seat.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "waitlist_entries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WaitId,
    pub cohort_id: CohortId,
    pub user_id: UserId,
    /// From 1, in the order of joining; each of a cohort once.
    pub place: i32,
    pub state: State,
    pub joined_at: UtcTime,
    pub offered_at: Option<UtcTime>,
    /// Service time until which an offer is good.
    pub offer_until: Option<UtcTime>,
    pub ended_at: Option<UtcTime>,
    /// The seat that came of it.
    pub enrolment_id: Option<EnrolmentId>,
    #[sea_orm(belongs_to, from = "cohort_id", to = "id")]
    pub cohort: BelongsTo<crate::db::rows::catalogue::cohorts::Entity>,
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<crate::db::rows::identity::users::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

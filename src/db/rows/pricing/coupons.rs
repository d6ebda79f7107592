//! Table `coupons`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::{CohortId, CouponId};

/// A code that makes a seat cheaper.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "coupons")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CouponId,
    /// In capitals, without hyphens.
    #[sea_orm(unique)]
    pub code: String,
    /// Hundredths of a per cent; absent where an amount is taken off.
    pub percent_points: Option<i32>,
    /// In minor units of `currency`; absent where a part is taken off.
    pub amount_minor: Option<i64>,
    /// ISO 4217, that a price must be in; absent for a part of any.
    pub currency: Option<String>,
    /// The only cohort that it is for.
    pub cohort_id: Option<CohortId>,
    pub opens_at: Option<UtcTime>,
    pub closes_at: Option<UtcTime>,
    pub limit_total: Option<i32>,
    pub limit_per_person: Option<i32>,
    pub created_at: UtcTime,
    pub stopped_at: Option<UtcTime>,
}

impl ActiveModelBehavior for ActiveModel {}

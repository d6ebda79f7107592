//! Table `coupon_uses`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::{CouponId, OrderId, UserId};

/// A coupon's use for an order, which has at most one.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "coupon_uses")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: OrderId,
    pub coupon_id: CouponId,
    pub user_id: UserId,
    pub used_at: UtcTime,
    /// Since when it does not count, because the order was not paid.
    pub given_back_at: Option<UtcTime>,
}

impl ActiveModelBehavior for ActiveModel {}

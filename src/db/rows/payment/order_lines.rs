//! Table `order_lines`.

use sea_orm::entity::prelude::*;

use crate::kernel::ids::{EnrolmentId, OrderId};

/// One line of an order. The line, not the order, names the enrolment it pays for.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_lines")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub order_id: OrderId,
    pub position: i32,
    pub enrolment_id: Option<EnrolmentId>,
    pub description: String,
    pub quantity: i32,
    /// In minor units of the order's currency.
    pub unit_minor: i64,
    /// In minor units of the order's currency.
    pub total_minor: i64,
    #[sea_orm(belongs_to, from = "order_id", to = "id")]
    pub order: BelongsTo<super::orders::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

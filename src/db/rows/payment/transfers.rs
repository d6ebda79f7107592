//! Table `transfers`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::OrderId;

/// How an order is to be paid without a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Way {
    BankTransfer,
    Upi,
}

/// An order whose student chose to pay by bank transfer or UPI.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "transfers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: OrderId,
    pub way: Way,
    pub chosen_at: UtcTime,
    /// Until when the seat was kept when it was chosen.
    pub chosen_until: UtcTime,
    /// Until when the seat is kept for it.
    pub held_until: UtcTime,
    /// By which the student says that the bank knows it.
    pub reference: Option<String>,
    pub told_at: Option<UtcTime>,
    /// The last that no money was found under.
    pub declined_reference: Option<String>,
    pub declined_at: Option<UtcTime>,
    #[sea_orm(belongs_to, from = "order_id", to = "id")]
    pub order: BelongsTo<super::orders::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

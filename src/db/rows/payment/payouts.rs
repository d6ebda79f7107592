//! Table `payouts`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;

/// Money that the gateway sent to the bank.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payouts")]
pub struct Model {
    /// The gateway's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// In minor units of `currency`.
    pub amount_minor: i64,
    /// ISO 4217: in which the balance is kept.
    pub currency: String,
    pub status: String,
    /// The gateway's word for why the bank sent it back.
    pub failure: Option<String>,
    /// When it should be in the bank.
    pub arrival: UtcTime,
    /// Only of automatic ones is known what they consist of.
    pub automatic: bool,
    /// Service time, as the two below: when they were booked.
    pub heard_at: UtcTime,
    pub paid_at: Option<UtcTime>,
    pub failed_at: Option<UtcTime>,
}

impl ActiveModelBehavior for ActiveModel {}

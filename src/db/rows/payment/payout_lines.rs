//! Table `payout_lines`.

use sea_orm::entity::prelude::*;

/// A movement of the balance that is part of a payout.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payout_lines")]
pub struct Model {
    /// The gateway's id of the balance transaction.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub payout_id: String,
    /// From 1, oldest first.
    pub position: i32,
    /// The gateway's word, such as `charge` or `refund`.
    pub kind: String,
    /// The gateway's id of what moved the balance.
    pub source: Option<String>,
    /// ISO 4217.
    pub currency: String,
    /// In minor units of `currency`, below nothing where money left; `net` is `amount` less `fee`.
    pub amount_minor: i64,
    pub fee_minor: i64,
    pub net_minor: i64,
}

impl ActiveModelBehavior for ActiveModel {}

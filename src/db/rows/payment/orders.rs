//! Table `orders`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::{OrderId, UserId};

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum State {
    Open,
    Paid,
    Lapsed,
    Cancelled,
}

/// What a person owes.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "orders")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderId,
    /// The number people read and quote.
    #[sea_orm(unique)]
    pub number: String,
    pub user_id: UserId,
    pub state: State,
    /// ISO 4217, of the three amounts.
    pub currency: String,
    /// In minor units, before tax.
    pub subtotal_minor: i64,
    /// In minor units.
    pub tax_minor: i64,
    /// In minor units, subtotal and tax.
    pub total_minor: i64,
    /// Who the invoice names. Personal.
    #[sea_orm(column_type = "JsonBinary")]
    pub buyer: Json,
    pub created_at: UtcTime,
    pub settled_at: Option<UtcTime>,
}

impl ActiveModelBehavior for ActiveModel {}

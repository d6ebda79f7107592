//! Table `orders`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::{CouponId, OrderId, UserId};

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
    /// ISO 4217, of all amounts.
    pub currency: String,
    /// In minor units: the value that the taxes are on.
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
    /// In minor units, as it was listed: before tax or with it.
    pub list_minor: i64,
    /// In minor units, taken off the listed price.
    pub discount_minor: i64,
    /// A word of [`TaxBasis`](crate::catalogue::model::TaxBasis).
    pub tax_basis: String,
    /// The kind of supply; absent where no tax is collected, from before there was any.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub supply: Option<Json>,
    /// Each tax with its rate and amount.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub taxes: Option<Json>,
    /// When the hold was to end that the quote was made with.
    pub quoted_until: Option<UtcTime>,
    /// The coupon that was used.
    pub coupon_id: Option<CouponId>,
    /// How many codes were tried that could not be used.
    pub code_tries: i32,
}

impl ActiveModelBehavior for ActiveModel {}

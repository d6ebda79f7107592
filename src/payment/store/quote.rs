//! An order's quote in its columns.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, Set};
use serde_json::Value;

use crate::catalogue::model::TaxBasis;
use crate::db::rows::payment::orders;
use crate::db::{Txn, corrupt};
use crate::kernel::ids::OrderId;
use crate::kernel::{Currency, Money};
use crate::payment::model::Order;
use crate::pricing::{Quote, Supply};

/// The quote that a row holds. One from before there were taxes has none, and nothing taken off.
pub(super) fn of_row(row: &orders::Model, currency: Currency) -> Result<Quote, DbErr> {
    let money = |minor: i64| Money::new(minor, currency);
    let parsed = |value: &Value, what| serde_json::from_value::<Supply>(value.clone()).map_err(|_| corrupt(what));
    let taxes = row.taxes.clone().filter(|taxes| !taxes.is_null()).map(serde_json::from_value);
    let supply = row.supply.as_ref().filter(|supply| !supply.is_null()).map(|supply| parsed(supply, "supply"));
    Ok(Quote {
        list: money(row.list_minor),
        discount: money(row.discount_minor),
        basis: TaxBasis::from_word(&row.tax_basis).ok_or_else(|| corrupt("tax basis"))?,
        taxable: money(row.subtotal_minor),
        supply: supply.transpose()?.unwrap_or(Supply::Untaxed),
        taxes: taxes.transpose().map_err(|_| corrupt("list of taxes"))?.unwrap_or_default(),
        total: money(row.total_minor),
        coupon: row.coupon_id,
        valid_until: row.quoted_until.map(Into::into),
    })
}

/// The columns of a quote; the others are not set.
pub(super) fn columns(quote: &Quote) -> Result<orders::ActiveModel, DbErr> {
    let json = |value: Result<Value, serde_json::Error>| value.map(Some).map_err(|error| DbErr::Json(error.to_string()));
    Ok(orders::ActiveModel {
        currency: Set(quote.total.currency.code().to_owned()),
        list_minor: Set(quote.list.minor),
        discount_minor: Set(quote.discount.minor),
        tax_basis: Set(quote.basis.word().to_owned()),
        subtotal_minor: Set(quote.taxable.minor),
        supply: Set(json(serde_json::to_value(&quote.supply))?),
        taxes: Set(json(serde_json::to_value(&quote.taxes))?),
        tax_minor: Set(quote.tax().minor),
        total_minor: Set(quote.total.minor),
        coupon_id: Set(quote.coupon),
        quoted_until: Set(quote.valid_until.map(Into::into)),
        ..Default::default()
    })
}

/// Writes the quote of an order that is open.
pub(in crate::payment) async fn save_quote(txn: &Txn, order: &Order) -> Result<(), DbErr> {
    orders::ActiveModel { id: Set(order.id), ..columns(&order.quote)? }.update(&**txn).await.map(drop)
}

/// How many codes were tried on an order that could not be used.
pub(in crate::payment) async fn code_tries(txn: &Txn, order: OrderId) -> Result<u32, DbErr> {
    let found = orders::Entity::find_by_id(order).select_only().column(orders::Column::CodeTries);
    let tries = found.into_tuple::<i32>().one(&**txn).await?.unwrap_or_default();
    u32::try_from(tries).map_err(|_| corrupt("number of tries"))
}

/// Counts one more.
pub(in crate::payment) async fn count_code_try(txn: &Txn, order: OrderId) -> Result<(), DbErr> {
    orders::Entity::update_many()
        .col_expr(orders::Column::CodeTries, Expr::col(orders::Column::CodeTries).add(1))
        .filter(orders::COLUMN.id.eq(order))
        .exec(&**txn)
        .await
        .map(drop)
}

//! The receipt or invoice that a paid order is owed and does not have: why, and issued after all.

use sea_orm::DbErr;

use super::model::{Order, OrderState};
use super::{crediting, invoicing, store};
use crate::db::{Conn, Txn};
use crate::documents::model::Awaited;
use crate::documents::{self, Kind};
use crate::kernel::ids::OrderId;
use crate::organisation;

/// Why a paid order has neither receipt nor invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lacking {
    /// It is an export, and nobody has entered the rate of its day.
    Rate(Awaited),
    /// The organisation has no legal name. Once it has, the document is issued within a day.
    Seller,
    /// Nothing stands in its way: the order was paid before documents were issued, or the job that was to do it was dropped.
    Nothing,
}

/// Why a paid order has neither receipt nor invoice; `None` where it has one, or is owed none.
///
/// # Errors
/// The database's own.
pub async fn lacking_document(conn: &Conn, order: &Order) -> Result<Option<Lacking>, DbErr> {
    let known = documents::of_order(conn, order.id).await?;
    let has_one = known.iter().any(|known| matches!(known.kind, Kind::Receipt | Kind::TaxInvoice));
    if has_one || !was_paid(conn, order).await? {
        return Ok(None);
    }
    if let Some(awaited) = documents::awaited_of(conn, order.id).await? {
        return Ok(Some(Lacking::Rate(awaited)));
    }
    let named = organisation::current(conn).await?.identity.is_some();
    Ok(Some(if named { Lacking::Nothing } else { Lacking::Seller }))
}

/// Issues what a paid order is owed, dated today, and the credit note for what has gone back of it since. What was issued is not
/// issued again; what lacks a seller or a rate waits on.
///
/// # Errors
/// The database's own.
pub async fn issue_document(txn: &Txn, order: OrderId) -> Result<(), DbErr> {
    match store::order_for_update(txn, order).await? {
        Some(order) if was_paid(txn, &order).await? => {
            invoicing::issue_paid(txn, &order).await?;
            crediting::credit(txn, &order).await
        }
        _ => Ok(()),
    }
}

/// Whether an order was paid, also if it was cancelled since.
async fn was_paid(conn: &Conn, order: &Order) -> Result<bool, DbErr> {
    match order.state {
        OrderState::Paid { .. } => Ok(true),
        OrderState::Cancelled { .. } => Ok(!invoicing::settled_by(conn, order.id).await?.is_empty()),
        OrderState::Open | OrderState::Lapsed { .. } => Ok(false),
    }
}

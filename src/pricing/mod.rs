//! What a seat costs whom: prices, taxes by the buyer's place, and coupons.

pub mod model;
mod store;

use sea_orm::DbErr;

use crate::audit;
use crate::catalogue::model::Prices;
use crate::db::{Conn, Txn};
use crate::kernel::Timestamp;
use crate::kernel::ids::{CouponId, OrderId};
use crate::organisation;
use model::{Code, Coupon, CouponError, NewCoupon, PricingEvent};

pub use model::{Discount, Limits, Place, Purchase, Quote, Seller, Supply, Tag, TaxLine, Uses};
pub use store::{coupon, coupons, uses};

/// The quote of a seat at these prices for a buyer at this place, as the seller is registered now.
///
/// # Errors
/// The database's own.
pub async fn quote(conn: &Conn, prices: &Prices, buyer: &Place, now: Timestamp, until: Timestamp) -> Result<Quote, DbErr> {
    let seller = Seller::from(&organisation::current(conn).await?.tax);
    let price = model::asked_of(prices, if buyer.is_in_india() { "IN" } else { buyer.country.code() });
    let supply = model::supply(&seller, buyer, price.currency(), now);
    Ok(Quote::new(prices.at(price, now), prices.tax(), supply, Some(until)))
}

/// Why no coupon is made.
#[derive(Debug, thiserror::Error)]
pub enum CouponRefusal {
    #[error(transparent)]
    Senseless(#[from] CouponError),
    #[error("another coupon has this code")]
    CodeTaken,
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// How many codes of ours are tried: one alone is free but for odds of one in 2⁶⁰.
const TRIES: usize = 4;

/// Makes a coupon.
///
/// # Errors
/// [`CouponRefusal`].
pub async fn make_coupon(txn: &Txn, new: NewCoupon) -> Result<Coupon, CouponRefusal> {
    new.check()?;
    let tries = if new.code.is_some() { 1 } else { TRIES };
    for _ in 0..tries {
        let coupon = Coupon {
            id: txn.new_id(),
            code: new.code.clone().unwrap_or_else(|| Code::new(txn.random())),
            discount: new.discount,
            cohort: new.cohort,
            opens: new.opens,
            closes: new.closes,
            limits: new.limits,
            created_at: txn.now(),
            stopped_at: None,
        };
        if store::insert_coupon(txn, &coupon).await? {
            audit::record(txn, &PricingEvent::Made(&coupon)).await?;
            return Ok(coupon);
        }
    }
    Err(CouponRefusal::CodeTaken)
}

/// Ends a coupon: nobody can use it from now on. Orders that used it keep their quote. `None` if there is no such coupon.
///
/// # Errors
/// The database's own.
pub async fn stop_coupon(txn: &Txn, id: CouponId) -> Result<Option<Coupon>, DbErr> {
    let Some(before) = store::coupon_for_update(txn, id).await? else { return Ok(None) };
    if before.stopped_at.is_some() {
        return Ok(Some(before));
    }
    let after = Coupon { stopped_at: Some(txn.now()), ..before.clone() };
    store::save_stop(txn, &after).await?;
    audit::record(txn, &PricingEvent::Stopped { before: &before, after: &after }).await?;
    Ok(Some(after))
}

/// The coupon of this code, if it can be used for this purchase now; its row is locked, so that the answer holds until the
/// transaction ends: of many who use the last use at once, one gets it.
///
/// # Errors
/// The database's own.
pub async fn find_coupon(txn: &Txn, code: &str, purchase: &Purchase) -> Result<Option<Coupon>, DbErr> {
    let Ok(code) = code.parse::<Code>() else { return Ok(None) };
    let Some(coupon) = store::coupon_by_code_for_update(txn, &code).await? else { return Ok(None) };
    let uses = store::uses_of(txn, coupon.id, purchase.user).await?;
    Ok(Some(coupon).filter(|coupon| coupon.covers(purchase, uses, txn.now())))
}

/// Uses a coupon, which [`find_coupon`] gave, for a purchase.
///
/// # Errors
/// The database's own; an order has one coupon.
pub async fn use_coupon(txn: &Txn, coupon: &Coupon, purchase: &Purchase) -> Result<(), DbErr> {
    store::insert_use(txn, coupon.id, purchase).await
}

/// Gives back the use of a coupon, where an order has one: it was not paid.
///
/// # Errors
/// The database's own.
pub async fn give_back_use(txn: &Txn, order: OrderId) -> Result<(), DbErr> {
    store::set_given_back(txn, order, Some(txn.now())).await
}

/// Takes the use of a coupon again that was given back, whatever the limits say by now: the order was paid late, at the quote
/// that it was given.
///
/// # Errors
/// The database's own.
pub async fn keep_use(txn: &Txn, order: OrderId) -> Result<(), DbErr> {
    store::set_given_back(txn, order, None).await
}

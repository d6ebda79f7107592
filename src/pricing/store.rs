//! Coupons and their uses, by row.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, LockType, OnConflict};
use sea_orm::{ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use super::model::{Code, Coupon, Discount, Limits, Percentage, Purchase, Uses};
use crate::db::columns::UtcTime;
use crate::db::rows::pricing::{coupon_uses, coupons};
use crate::db::{Conn, Txn, corrupt};
use crate::kernel::ids::{CouponId, OrderId, UserId};
use crate::kernel::{Currency, Money, Timestamp};

fn to_coupon(row: coupons::Model) -> Result<Coupon, DbErr> {
    let currency = row.currency.map(|code| code.parse::<Currency>().map_err(|_| corrupt("currency"))).transpose()?;
    let percent = |points: i32| u16::try_from(points).ok().and_then(|points| Percentage::new(points).ok());
    let discount = match (row.percent_points, row.amount_minor, currency) {
        (Some(points), None, currency) => Discount::Percent(percent(points).ok_or_else(|| corrupt("percentage"))?, currency),
        (None, Some(minor), Some(currency)) => Discount::Amount(Money::new(minor, currency)),
        _ => return Err(corrupt("discount")),
    };
    let limit = |limit: Option<i32>| limit.map(|limit| u32::try_from(limit).map_err(|_| corrupt("limit"))).transpose();
    Ok(Coupon {
        id: row.id,
        code: row.code.parse::<Code>().map_err(|_| corrupt("code"))?,
        discount,
        cohort: row.cohort_id,
        opens: row.opens_at.map(Into::into),
        closes: row.closes_at.map(Into::into),
        limits: Limits { total: limit(row.limit_total)?, per_person: limit(row.limit_per_person)? },
        created_at: row.created_at.into(),
        stopped_at: row.stopped_at.map(Into::into),
    })
}

/// Stores a coupon; false, and nothing stored, if its code is taken.
pub(super) async fn insert_coupon(txn: &Txn, coupon: &Coupon) -> Result<bool, DbErr> {
    let (percent_points, amount_minor) = match coupon.discount {
        Discount::Percent(part, _) => (Some(i32::from(part.basis_points())), None),
        Discount::Amount(amount) => (None, Some(amount.minor)),
    };
    let limit = |limit: Option<u32>| limit.map(|limit| i32::try_from(limit).map_err(|_| corrupt("limit"))).transpose();
    let row = coupons::ActiveModel {
        id: Set(coupon.id),
        code: Set(coupon.code.as_str().to_owned()),
        percent_points: Set(percent_points),
        amount_minor: Set(amount_minor),
        currency: Set(coupon.discount.currency().map(|currency| currency.code().to_owned())),
        cohort_id: Set(coupon.cohort),
        opens_at: Set(coupon.opens.map(Into::into)),
        closes_at: Set(coupon.closes.map(Into::into)),
        limit_total: Set(limit(coupon.limits.total)?),
        limit_per_person: Set(limit(coupon.limits.per_person)?),
        created_at: Set(coupon.created_at.into()),
        stopped_at: Set(None),
    };
    let taken = OnConflict::column(coupons::Column::Code).do_nothing().to_owned();
    Ok(coupons::Entity::insert(row).on_conflict(taken).exec_without_returning(&**txn).await? > 0)
}

/// A coupon.
///
/// # Errors
/// The database's own.
pub async fn coupon(conn: &Conn, id: CouponId) -> Result<Option<Coupon>, DbErr> {
    coupons::Entity::find_by_id(id).one(conn).await?.map(to_coupon).transpose()
}

/// All coupons, newest first.
///
/// # Errors
/// The database's own.
pub async fn coupons(conn: &Conn) -> Result<Vec<Coupon>, DbErr> {
    coupons::Entity::find().order_by_desc(coupons::Column::Id).all(conn).await?.into_iter().map(to_coupon).collect()
}

/// How often each coupon is used: in orders that are paid, or open.
///
/// # Errors
/// The database's own.
pub async fn uses(conn: &Conn) -> Result<BTreeMap<CouponId, u64>, DbErr> {
    let rows: Vec<(CouponId, i64)> = coupon_uses::Entity::find()
        .select_only()
        .column(coupon_uses::Column::CouponId)
        .column_as(coupon_uses::Column::OrderId.count(), "uses")
        .filter(coupon_uses::COLUMN.given_back_at.is_null())
        .group_by(coupon_uses::Column::CouponId)
        .into_tuple()
        .all(conn)
        .await?;
    rows.into_iter().map(|(coupon, uses)| Ok((coupon, u64::try_from(uses).map_err(|_| corrupt("number of uses"))?))).collect()
}

pub(super) async fn coupon_for_update(txn: &Txn, id: CouponId) -> Result<Option<Coupon>, DbErr> {
    let row = coupons::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(&**txn).await?;
    row.map(to_coupon).transpose()
}

pub(super) async fn coupon_by_code_for_update(txn: &Txn, code: &Code) -> Result<Option<Coupon>, DbErr> {
    let found = coupons::Entity::find().filter(coupons::COLUMN.code.eq(code.as_str()));
    found.lock(LockType::NoKeyUpdate).one(&**txn).await?.map(to_coupon).transpose()
}

pub(super) async fn save_stop(txn: &Txn, coupon: &Coupon) -> Result<(), DbErr> {
    let stopped_at = Set(coupon.stopped_at.map(Into::into));
    coupons::ActiveModel { id: Set(coupon.id), stopped_at, ..Default::default() }.update(&**txn).await.map(drop)
}

/// How often a coupon is used, and by this person.
pub(super) async fn uses_of(txn: &Txn, coupon: CouponId, user: UserId) -> Result<Uses, DbErr> {
    let used = || {
        let of_coupon = coupon_uses::Entity::find().filter(coupon_uses::COLUMN.coupon_id.eq(coupon));
        of_coupon.filter(coupon_uses::COLUMN.given_back_at.is_null())
    };
    let total = used().count(&**txn).await?;
    let of_person = used().filter(coupon_uses::COLUMN.user_id.eq(user)).count(&**txn).await?;
    let natural = |count: u64| u32::try_from(count).map_err(|_| corrupt("number of uses"));
    Ok(Uses { total: natural(total)?, of_person: natural(of_person)? })
}

pub(super) async fn insert_use(txn: &Txn, coupon: CouponId, purchase: &Purchase) -> Result<(), DbErr> {
    let row = coupon_uses::ActiveModel {
        order_id: Set(purchase.order),
        coupon_id: Set(coupon),
        user_id: Set(purchase.user),
        used_at: Set(txn.now().into()),
        given_back_at: Set(None),
    };
    coupon_uses::Entity::insert(row).exec_without_returning(&**txn).await.map(drop)
}

pub(super) async fn set_given_back(txn: &Txn, order: OrderId, at: Option<Timestamp>) -> Result<(), DbErr> {
    coupon_uses::Entity::update_many()
        .col_expr(coupon_uses::Column::GivenBackAt, Expr::value(at.map(UtcTime::from)))
        .filter(coupon_uses::COLUMN.order_id.eq(order))
        .exec(&**txn)
        .await
        .map(drop)
}

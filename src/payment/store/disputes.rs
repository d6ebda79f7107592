//! Disputes.

use sea_orm::sea_query::{Expr, ExprTrait, LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};

use crate::db::columns::UtcTime;
use crate::db::corrupt;
use crate::db::rows::payment::disputes as row;
use crate::db::{Conn, Txn};
use crate::kernel::ids::OrderId;
use crate::kernel::{Money, Timestamp};
use crate::payment::model::{Dispute, DisputeFacts, Standing};

fn to_dispute(row: row::Model) -> Result<Dispute, DbErr> {
    let amount = match (row.amount_minor, row.currency) {
        (Some(minor), Some(currency)) => Some(Money::new(minor, currency.parse().map_err(|_| corrupt("currency"))?)),
        _ => None,
    };
    Ok(Dispute {
        id: row.id,
        intent: row.intent,
        charge: row.charge_id,
        payment: row.payment_id,
        order: row.order_id,
        told: DisputeFacts {
            standing: row.status.parse().map_err(|_| corrupt("state of a dispute"))?,
            amount,
            reason: row.reason,
            evidence_due_by: row.evidence_due_by.map(Into::into),
            movements: serde_json::from_value(row.movements).map_err(|_| corrupt("movements of a dispute"))?,
        },
        heard_at: row.heard_at.into(),
        decided_at: row.decided_at.map(Into::into),
    })
}

async fn list(conn: &Conn, which: Condition, most: u64) -> Result<Vec<Dispute>, DbErr> {
    let rows = row::Entity::find().filter(which).order_by_asc(row::Column::HeardAt).order_by_asc(row::Column::Id);
    rows.limit(most).all(conn).await?.into_iter().map(to_dispute).collect()
}

/// What waits for an admin: a bank that wants an answer, and a seat that nobody has decided about after a dispute was lost.
fn waiting() -> Condition {
    let asked = row::COLUMN.status.eq(Standing::NeedsResponse.word());
    let inquired = row::COLUMN.status.eq(Standing::Inquiry.word()).and(row::COLUMN.evidence_due_by.is_not_null());
    let lost = row::COLUMN.status.eq(Standing::Lost.word()).and(row::COLUMN.decided_at.is_null());
    Condition::any().add(asked).add(inquired).add(lost)
}

/// The disputes that wait for an admin, oldest first, at most `most`.
///
/// # Errors
/// The database's own.
pub async fn waiting_disputes(conn: &Conn, most: u64) -> Result<Vec<Dispute>, DbErr> {
    list(conn, waiting(), most).await
}

/// How many there are of [`waiting_disputes`].
///
/// # Errors
/// The database's own.
pub async fn count_waiting_disputes(conn: &Conn) -> Result<u64, DbErr> {
    row::Entity::find().filter(waiting()).count(conn).await
}

/// The disputes about an order's payments, oldest first.
///
/// # Errors
/// The database's own.
pub async fn disputes_of_order(conn: &Conn, order: OrderId) -> Result<Vec<Dispute>, DbErr> {
    list(conn, Condition::all().add(row::COLUMN.order_id.eq(order)), u64::from(u32::MAX)).await
}

/// A dispute, locked.
pub(in crate::payment) async fn dispute_for_update(txn: &Txn, id: &str) -> Result<Option<Dispute>, DbErr> {
    let found = row::Entity::find_by_id(id.to_owned()).lock(LockType::NoKeyUpdate).one(&**txn).await?;
    found.map(to_dispute).transpose()
}

/// Writes a dispute, new or known, as asked about now.
pub(in crate::payment) async fn save_dispute(txn: &Txn, dispute: &Dispute) -> Result<(), DbErr> {
    let told = &dispute.told;
    let movements = serde_json::to_value(&told.movements).map_err(|error| DbErr::Json(error.to_string()))?;
    let minor = |money: Option<Money>| money.map_or(0, |money| money.minor);
    let row = row::ActiveModel {
        id: Set(dispute.id.clone()),
        payment_id: Set(dispute.payment),
        order_id: Set(dispute.order),
        intent: Set(dispute.intent.clone()),
        charge_id: Set(dispute.charge.clone()),
        amount_minor: Set(told.amount.map(|amount| amount.minor)),
        currency: Set(told.amount.map(|amount| amount.currency.code().to_owned())),
        status: Set(told.standing.word().to_owned()),
        reason: Set(told.reason.clone()),
        evidence_due_by: Set(told.evidence_due_by.map(UtcTime::from)),
        movements: Set(movements),
        taken_minor: Set(minor(told.taken())),
        returned_minor: Set(minor(told.returned())),
        heard_at: Set(dispute.heard_at.into()),
        asked_at: Set(txn.now().into()),
        ..Default::default()
    };
    use row::Column as C;
    let changed = [
        C::PaymentId,
        C::OrderId,
        C::AmountMinor,
        C::Currency,
        C::Status,
        C::Reason,
        C::EvidenceDueBy,
        C::Movements,
        C::TakenMinor,
        C::ReturnedMinor,
        C::AskedAt,
    ];
    let known = OnConflict::column(C::Id).update_columns(changed).to_owned();
    row::Entity::insert(row).on_conflict(known).exec_without_returning(&**txn).await.map(drop)
}

/// Disputes that no money of ours is known for and that were not asked about since `limit` (service time): their ids.
pub(in crate::payment) async fn unmatched_disputes(conn: &Conn, limit: Timestamp, most: u64) -> Result<Vec<String>, DbErr> {
    row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::COLUMN.payment_id.is_null())
        .filter(row::COLUMN.asked_at.lt(UtcTime::from(limit)))
        .order_by_asc(row::Column::AskedAt)
        .limit(most)
        .into_tuple()
        .all(conn)
        .await
}

/// Notes that a dispute was asked about and nothing was new.
pub(in crate::payment) async fn dispute_asked(txn: &Txn, id: &str) -> Result<(), DbErr> {
    row::Entity::update_many()
        .col_expr(row::Column::AskedAt, Expr::value(UtcTime::from(txn.now())))
        .filter(row::COLUMN.id.eq(id))
        .exec(&**txn)
        .await
        .map(drop)
}

/// Notes that an admin has said what becomes of the seat.
pub(in crate::payment) async fn save_decision(txn: &Txn, id: &str) -> Result<(), DbErr> {
    let row = row::ActiveModel {
        id: Set(id.to_owned()),
        decided_at: Set(Some(txn.now().into())),
        decided_by: Set(txn.actor().user()),
        ..Default::default()
    };
    row.update(&**txn).await.map(drop)
}

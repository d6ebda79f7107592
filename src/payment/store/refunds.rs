//! Refunds.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};

use super::payments::{method_row, to_method};
use crate::db::corrupt;
use crate::db::rows::payment::refunds::{self, State};
use crate::db::{Conn, Txn};
use crate::kernel::Money;
use crate::kernel::ids::{OrderId, RefundId};
use crate::payment::model::{Origin, Refund, RefundState, Sent, Way};

fn to_refund(row: refunds::Model) -> Result<Refund, DbErr> {
    let currency = row.currency.parse().map_err(|_| corrupt("currency"))?;
    let settled = || row.settled_at.map(Into::into).ok_or_else(|| corrupt("end of a refund"));
    let state = match row.state {
        State::AwaitingApproval => RefundState::AwaitingApproval,
        State::Preparing => RefundState::Preparing,
        State::Pending => RefundState::Pending,
        State::Succeeded => RefundState::Succeeded { at: settled()? },
        State::Cancelled => RefundState::Cancelled { at: settled()? },
        State::Failed => RefundState::Failed { at: settled()?, reason: row.failure.unwrap_or_default() },
    };
    let way = match (row.way, row.method.and_then(to_method), row.reference) {
        (refunds::Way::Gateway, ..) => Way::Gateway { id: row.gateway_refund_id },
        (refunds::Way::ByHand, Some(method), Some(reference)) => {
            let reference = reference.parse().map_err(|_| corrupt("reference"))?;
            Way::ByHand { sent: Some(Sent { method, reference }) }
        }
        (refunds::Way::ByHand, ..) => Way::ByHand { sent: None },
    };
    Ok(Refund {
        id: row.id,
        order: row.order_id,
        payment: row.payment_id,
        amount: Money::new(row.amount_minor, currency),
        way,
        origin: match row.origin {
            refunds::Origin::Ours => Origin::Ours,
            refunds::Origin::Dashboard => Origin::Dashboard,
        },
        cause: row.cause.parse().map_err(|_| corrupt("cause of a refund"))?,
        note: row.note,
        key: row.idempotency_key,
        state,
        requested_by: row.requested_by,
        approved_by: row.approved_by,
        created_at: row.created_at.into(),
    })
}

async fn list(conn: &Conn, which: Condition) -> Result<Vec<Refund>, DbErr> {
    let rows = refunds::Entity::find().filter(which).order_by_asc(refunds::Column::Id).all(conn).await?;
    rows.into_iter().map(to_refund).collect()
}

/// A refund.
///
/// # Errors
/// The database's own.
pub async fn refund(conn: &Conn, id: RefundId) -> Result<Option<Refund>, DbErr> {
    refunds::Entity::find_by_id(id).one(conn).await?.map(to_refund).transpose()
}

/// Every refund of an order, oldest first.
///
/// # Errors
/// The database's own.
pub async fn refunds_of_order(conn: &Conn, order: OrderId) -> Result<Vec<Refund>, DbErr> {
    list(conn, Condition::all().add(refunds::COLUMN.order_id.eq(order))).await
}

/// Those that wait for an admin: for a second one's word, or to be sent by hand.
fn for_admins() -> Condition {
    let by_hand =
        Condition::all().add(refunds::COLUMN.state.eq(State::Pending)).add(refunds::COLUMN.way.eq(refunds::Way::ByHand));
    Condition::any().add(refunds::COLUMN.state.eq(State::AwaitingApproval)).add(by_hand)
}

/// The refunds that wait for an admin, oldest first, at most `most`: for a second one's word, or to be sent by hand.
///
/// # Errors
/// The database's own.
pub async fn refunds_for_admins(conn: &Conn, most: u64) -> Result<Vec<Refund>, DbErr> {
    let found = refunds::Entity::find().filter(for_admins()).order_by_asc(refunds::Column::Id).limit(most);
    found.all(conn).await?.into_iter().map(to_refund).collect()
}

/// How many there are of [`refunds_for_admins`].
///
/// # Errors
/// The database's own.
pub async fn count_refunds_for_admins(conn: &Conn) -> Result<u64, DbErr> {
    refunds::Entity::find().filter(for_admins()).count(conn).await
}

/// The refunds of which the gateway has more to say.
pub(in crate::payment) async fn unfinished_refunds(conn: &Conn) -> Result<Vec<Refund>, DbErr> {
    let open = refunds::Column::State.is_in([State::Preparing, State::Pending]);
    list(conn, Condition::all().add(open).add(refunds::COLUMN.way.eq(refunds::Way::Gateway))).await
}

/// The order of the refund that a bank's reference was recorded for.
pub(in crate::payment) async fn refund_by_reference(conn: &Conn, sent: &Sent) -> Result<Option<OrderId>, DbErr> {
    let found = refunds::Entity::find()
        .filter(refunds::COLUMN.method.eq(method_row(sent.method)))
        .filter(refunds::COLUMN.reference.eq(sent.reference.as_str()));
    Ok(found.one(conn).await?.map(|row| row.order_id))
}

/// Stores a new refund; false, and nothing stored, if the gateway's id is on record already.
pub(in crate::payment) async fn insert_refund(txn: &Txn, refund: &Refund) -> Result<bool, DbErr> {
    let row = refunds::ActiveModel {
        order_id: Set(refund.order),
        payment_id: Set(refund.payment),
        amount_minor: Set(refund.amount.minor),
        currency: Set(refund.amount.currency.code().to_owned()),
        way: Set(match refund.way {
            Way::Gateway { .. } => refunds::Way::Gateway,
            Way::ByHand { .. } => refunds::Way::ByHand,
        }),
        origin: Set(match refund.origin {
            Origin::Ours => refunds::Origin::Ours,
            Origin::Dashboard => refunds::Origin::Dashboard,
        }),
        cause: Set(refund.cause.word().to_owned()),
        note: Set(refund.note.clone()),
        idempotency_key: Set(refund.key.clone()),
        requested_by: Set(refund.requested_by),
        created_at: Set(refund.created_at.into()),
        ..changed(txn, refund)
    };
    let known = OnConflict::new().do_nothing().to_owned();
    Ok(refunds::Entity::insert(row).on_conflict(known).exec_without_returning(&**txn).await? == 1)
}

/// Writes what can change of a refund.
pub(in crate::payment) async fn save_refund(txn: &Txn, refund: &Refund) -> Result<(), DbErr> {
    changed(txn, refund).update(&**txn).await?;
    Ok(())
}

fn changed(txn: &Txn, refund: &Refund) -> refunds::ActiveModel {
    let (state, settled_at, failure) = match &refund.state {
        RefundState::AwaitingApproval => (State::AwaitingApproval, None, None),
        RefundState::Preparing => (State::Preparing, None, None),
        RefundState::Pending => (State::Pending, None, None),
        RefundState::Succeeded { at } => (State::Succeeded, Some(*at), None),
        RefundState::Cancelled { at } => (State::Cancelled, Some(*at), None),
        RefundState::Failed { at, reason } => (State::Failed, Some(*at), Some(reason.clone())),
    };
    let sent = match &refund.way {
        Way::ByHand { sent } => sent.as_ref(),
        Way::Gateway { .. } => None,
    };
    refunds::ActiveModel {
        id: Set(refund.id),
        state: Set(state),
        gateway_refund_id: Set(refund.gateway_id().map(str::to_owned)),
        method: Set(sent.map(|sent| method_row(sent.method))),
        reference: Set(sent.map(|sent| sent.reference.as_str().to_owned())),
        approved_by: Set(refund.approved_by),
        failure: Set(failure),
        updated_at: Set(txn.now().into()),
        settled_at: Set(settled_at.map(Into::into)),
        ..Default::default()
    }
}

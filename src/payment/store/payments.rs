//! Payments of every kind.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};

use crate::db::columns::UtcTime;
use crate::db::corrupt;
use crate::db::rows::payment::orders;
use crate::db::rows::payment::payments::{self, State};
use crate::db::{Conn, Txn};
use crate::kernel::ids::{OrderId, PaymentId};
use crate::kernel::{Money, Timestamp};
use crate::payment::model::{CardAttempt, CardState, Means, Method, OrderNumber, Payment, Received, Reference};

pub(super) fn to_payment(row: payments::Model) -> Result<Payment, DbErr> {
    let currency = row.currency.parse().map_err(|_| corrupt("currency"))?;
    let method = to_method(row.method);
    let (id, order, created_at) = (row.id, row.order_id, row.created_at.into());
    let amount = Money::new(row.amount_minor, currency);
    let means = match method {
        Some(method) => Means::Offline(to_received(row, method)?),
        None => Means::Card(to_attempt(row)?),
    };
    Ok(Payment { id, order, amount, means, created_at })
}

/// `None` for a card.
pub(super) fn to_method(row: payments::Method) -> Option<Method> {
    match row {
        payments::Method::Card => None,
        payments::Method::BankTransfer => Some(Method::BankTransfer),
        payments::Method::Upi => Some(Method::Upi),
        payments::Method::Cash => Some(Method::Cash),
        payments::Method::Cheque => Some(Method::Cheque),
    }
}

fn to_received(row: payments::Model, method: Method) -> Result<Received, DbErr> {
    Ok(Received {
        method,
        reference: row.reference.ok_or_else(|| corrupt("reference"))?.parse().map_err(|_| corrupt("reference"))?,
        received_on: row.received_on.ok_or_else(|| corrupt("day of receipt"))?.into(),
        recorded_by: row.recorded_by,
        at: row.captured_at.ok_or_else(|| corrupt("moment of payment"))?.into(),
    })
}

fn to_attempt(row: payments::Model) -> Result<CardAttempt, DbErr> {
    let state = match row.state {
        State::Preparing => CardState::Preparing,
        State::Open => CardState::Open { url: row.gateway_url.ok_or_else(|| corrupt("payment page"))? },
        State::Processing => CardState::Processing,
        State::Captured => CardState::Captured { at: row.captured_at.ok_or_else(|| corrupt("moment of payment"))?.into() },
        State::Failed => CardState::Failed { reason: row.failure.unwrap_or_default() },
        State::Expired => CardState::Expired,
        State::Mismatched => CardState::Mismatched {
            at: row.captured_at.ok_or_else(|| corrupt("moment of payment"))?.into(),
            received: received(row.received_minor, row.received_currency.as_deref())?,
            reason: row.failure.unwrap_or_default(),
        },
    };
    Ok(CardAttempt {
        key: row.idempotency_key.ok_or_else(|| corrupt("idempotency key"))?,
        expires_at: row.gateway_expires_at.ok_or_else(|| corrupt("end of a payment page"))?.into(),
        customer: row.gateway_customer_id,
        session: row.gateway_session_id,
        intent: row.gateway_intent_id,
        state,
    })
}

fn received(minor: Option<i64>, currency: Option<&str>) -> Result<Option<Money>, DbErr> {
    let Some((minor, currency)) = minor.zip(currency) else { return Ok(None) };
    currency.parse().map(|currency| Some(Money::new(minor, currency))).map_err(|_| corrupt("currency"))
}

/// Every payment of an order, oldest first.
///
/// # Errors
/// The database's own.
pub async fn payments_of_order(conn: &Conn, order: OrderId) -> Result<Vec<Payment>, DbErr> {
    list(conn, Condition::all().add(payments::COLUMN.order_id.eq(order))).await
}

async fn list(conn: &Conn, which: Condition) -> Result<Vec<Payment>, DbErr> {
    let rows = payments::Entity::find().filter(which).order_by_asc(payments::Column::Id).all(conn).await?;
    rows.into_iter().map(to_payment).collect()
}

fn unfinished() -> Condition {
    Condition::all().add(payments::Column::State.is_in([State::Preparing, State::Open, State::Processing]))
}

/// The attempts of an order of which money may still come.
pub(in crate::payment) async fn unfinished_of_order(conn: &Conn, order: OrderId) -> Result<Vec<Payment>, DbErr> {
    list(conn, unfinished().add(payments::COLUMN.order_id.eq(order))).await
}

/// The attempts begun before `limit` of which money may still come.
pub(in crate::payment) async fn unfinished_before(conn: &Conn, limit: Timestamp) -> Result<Vec<Payment>, DbErr> {
    list(conn, unfinished().add(payments::COLUMN.created_at.lt(UtcTime::from(limit)))).await
}

/// Attempts that the bank has not decided, begun before `limit` (service time).
fn with_bank_since(limit: Timestamp) -> Condition {
    Condition::all().add(payments::COLUMN.state.eq(State::Processing)).add(payments::COLUMN.created_at.lt(UtcTime::from(limit)))
}

/// The attempts begun before `limit` (service time) that the bank has not decided, oldest first, at most `most`.
///
/// # Errors
/// The database's own.
pub async fn long_with_bank(conn: &Conn, limit: Timestamp, most: u64) -> Result<Vec<Payment>, DbErr> {
    let found = payments::Entity::find().filter(with_bank_since(limit)).order_by_asc(payments::Column::Id).limit(most);
    found.all(conn).await?.into_iter().map(to_payment).collect()
}

/// How many there are of [`long_with_bank`].
///
/// # Errors
/// The database's own.
pub async fn count_long_with_bank(conn: &Conn, limit: Timestamp) -> Result<u64, DbErr> {
    payments::Entity::find().filter(with_bank_since(limit)).count(conn).await
}

pub(in crate::payment) async fn payment(conn: &Conn, id: PaymentId) -> Result<Option<Payment>, DbErr> {
    payments::Entity::find_by_id(id).one(conn).await?.map(to_payment).transpose()
}

/// The attempt that a gateway's session belongs to.
pub(in crate::payment) async fn payment_by_session(conn: &Conn, session: &str) -> Result<Option<Payment>, DbErr> {
    let row = payments::Entity::find().filter(payments::COLUMN.gateway_session_id.eq(session)).one(conn).await?;
    row.map(to_payment).transpose()
}

/// Stores a new card attempt, before the gateway hears of it.
pub(in crate::payment) async fn insert_card(txn: &Txn, payment: &Payment, attempt: &CardAttempt) -> Result<(), DbErr> {
    let row = payments::ActiveModel {
        id: Set(payment.id),
        order_id: Set(payment.order),
        method: Set(payments::Method::Card),
        amount_minor: Set(payment.amount.minor),
        currency: Set(payment.amount.currency.code().to_owned()),
        idempotency_key: Set(Some(attempt.key.clone())),
        gateway_expires_at: Set(Some(attempt.expires_at.into())),
        gateway_customer_id: Set(attempt.customer.clone()),
        created_at: Set(payment.created_at.into()),
        ..changed(txn, attempt)
    };
    payments::Entity::insert(row).exec_without_returning(&**txn).await?;
    Ok(())
}

/// Writes an attempt that is made anew in the place of one that the gateway refused for its age. When it was begun stays.
pub(in crate::payment) async fn renew_card(txn: &Txn, id: PaymentId, attempt: &CardAttempt) -> Result<(), DbErr> {
    let row = payments::ActiveModel {
        id: Set(id),
        idempotency_key: Set(Some(attempt.key.clone())),
        gateway_expires_at: Set(Some(attempt.expires_at.into())),
        gateway_customer_id: Set(attempt.customer.clone()),
        ..changed(txn, attempt)
    };
    row.update(&**txn).await?;
    Ok(())
}

/// Writes what can change of a card attempt.
pub(in crate::payment) async fn save_card(txn: &Txn, id: PaymentId, attempt: &CardAttempt) -> Result<(), DbErr> {
    payments::ActiveModel { id: Set(id), ..changed(txn, attempt) }.update(&**txn).await?;
    Ok(())
}

fn changed(txn: &Txn, attempt: &CardAttempt) -> payments::ActiveModel {
    let mut row = payments::ActiveModel {
        gateway_session_id: Set(attempt.session.clone()),
        gateway_intent_id: Set(attempt.intent.clone()),
        updated_at: Set(txn.now().into()),
        ..Default::default()
    };
    row.state = Set(match &attempt.state {
        CardState::Preparing => State::Preparing,
        CardState::Open { url } => {
            row.gateway_url = Set(Some(url.clone()));
            State::Open
        }
        CardState::Processing => State::Processing,
        CardState::Expired => State::Expired,
        CardState::Failed { reason } => {
            row.failure = Set(Some(reason.clone()));
            State::Failed
        }
        CardState::Captured { at } => {
            row.captured_at = Set(Some((*at).into()));
            State::Captured
        }
        CardState::Mismatched { at, received, reason } => {
            row.captured_at = Set(Some((*at).into()));
            row.received_minor = Set(received.map(|money| money.minor));
            row.received_currency = Set(received.map(|money| money.currency.code().to_owned()));
            row.failure = Set(Some(reason.clone()));
            State::Mismatched
        }
    });
    row
}

/// Stores an offline payment; false, and nothing stored, if its reference is on record already.
pub(in crate::payment) async fn insert_offline(txn: &Txn, payment: &Payment, received: &Received) -> Result<bool, DbErr> {
    let row = payments::ActiveModel {
        id: Set(payment.id),
        order_id: Set(payment.order),
        method: Set(method_row(received.method)),
        state: Set(State::Captured),
        amount_minor: Set(payment.amount.minor),
        currency: Set(payment.amount.currency.code().to_owned()),
        reference: Set(Some(received.reference.as_str().to_owned())),
        received_on: Set(Some(received.received_on.into())),
        recorded_by: Set(received.recorded_by),
        created_at: Set(payment.created_at.into()),
        updated_at: Set(txn.now().into()),
        captured_at: Set(Some(received.at.into())),
        ..Default::default()
    };
    // Another transaction may be recording the same reference: the index decides, and waits for it.
    let used = OnConflict::new().do_nothing().to_owned();
    Ok(payments::Entity::insert(row).on_conflict(used).exec_without_returning(&**txn).await? == 1)
}

pub(super) fn method_row(method: Method) -> payments::Method {
    match method {
        Method::BankTransfer => payments::Method::BankTransfer,
        Method::Upi => payments::Method::Upi,
        Method::Cash => payments::Method::Cash,
        Method::Cheque => payments::Method::Cheque,
    }
}

/// The number of the order that a reference was recorded for.
pub(in crate::payment) async fn order_by_reference(
    conn: &Conn,
    method: Method,
    reference: &Reference,
) -> Result<Option<OrderNumber>, DbErr> {
    let found = payments::Entity::find()
        .filter(payments::Column::Method.eq(method_row(method)))
        .filter(payments::COLUMN.reference.eq(reference.as_str()))
        .find_also_related(orders::Entity)
        .one(conn)
        .await?;
    let Some((_, Some(order))) = found else { return Ok(None) };
    order.number.parse().map(Some).map_err(|_| corrupt("order number"))
}

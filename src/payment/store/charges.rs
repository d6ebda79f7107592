//! What the gateway kept of each card payment: expected from the capture on, known once it has told.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set, Statement};

use crate::db::columns::UtcTime;
use crate::db::rows::ledger::ledger_entries;
use crate::db::rows::payment::{gateway_charges as row, payments};
use crate::db::{Conn, Txn};
use crate::gateway::{Balance, GatewayCharge};
use crate::kernel::Timestamp;
use crate::kernel::ids::PaymentId;
use crate::payment::books::CAPTURED;
use crate::payment::model::Payment;

/// Notes that the gateway will say what it kept of a payment.
pub(in crate::payment) async fn expect_charge(txn: &Txn, payment: PaymentId) -> Result<(), DbErr> {
    let now = UtcTime::from(txn.now());
    let row = row::ActiveModel {
        payment_id: Set(payment),
        charge_id: Set(None),
        transaction_id: Set(None),
        currency: Set(None),
        amount_minor: Set(None),
        fee_minor: Set(None),
        exchange_rate: Set(None),
        available_on: Set(None),
        expected_at: Set(now),
        asked_at: Set(now),
        known_at: Set(None),
    };
    let known = OnConflict::column(row::Column::PaymentId).do_nothing().to_owned();
    row::Entity::insert(row).on_conflict(known).exec_without_returning(&**txn).await.map(drop)
}

/// Whether it is still to be said.
pub(in crate::payment) async fn is_expected(conn: &Conn, payment: PaymentId) -> Result<bool, DbErr> {
    let found = row::Entity::find_by_id(payment).filter(row::COLUMN.known_at.is_null()).one(conn).await?;
    Ok(found.is_some())
}

/// The payments of which it is to be said and was not asked since `limit` (service time), the longest not asked first.
pub(in crate::payment) async fn expected_charges(conn: &Conn, limit: Timestamp, most: u64) -> Result<Vec<PaymentId>, DbErr> {
    row::Entity::find()
        .select_only()
        .column(row::Column::PaymentId)
        .filter(row::COLUMN.known_at.is_null())
        .filter(row::COLUMN.asked_at.lt(UtcTime::from(limit)))
        .order_by_asc(row::Column::AskedAt)
        .limit(most)
        .into_tuple()
        .all(conn)
        .await
}

/// Notes that it was asked in vain.
pub(in crate::payment) async fn charge_asked(txn: &Txn, payment: PaymentId) -> Result<(), DbErr> {
    row::Entity::update_many()
        .col_expr(row::Column::AskedAt, Expr::value(UtcTime::from(txn.now())))
        .filter(row::COLUMN.payment_id.eq(payment))
        .filter(row::COLUMN.known_at.is_null())
        .exec(&**txn)
        .await
        .map(drop)
}

/// Writes what the gateway said; false if it was known.
pub(in crate::payment) async fn charge_known(
    txn: &Txn,
    payment: PaymentId,
    charge: &GatewayCharge,
    balance: &Balance,
) -> Result<bool, DbErr> {
    let now = UtcTime::from(txn.now());
    let done = row::Entity::update_many()
        .col_expr(row::Column::ChargeId, Expr::value(charge.id.clone()))
        .col_expr(row::Column::TransactionId, Expr::value(balance.id.clone()))
        .col_expr(row::Column::Currency, Expr::value(balance.amount.currency.code()))
        .col_expr(row::Column::AmountMinor, Expr::value(balance.amount.minor))
        .col_expr(row::Column::FeeMinor, Expr::value(balance.fee.minor))
        .col_expr(row::Column::ExchangeRate, Expr::value(balance.exchange_rate.clone()))
        .col_expr(row::Column::AvailableOn, Expr::value(UtcTime::from(balance.available_on)))
        .col_expr(row::Column::AskedAt, Expr::value(now))
        .col_expr(row::Column::KnownAt, Expr::value(now))
        .filter(row::COLUMN.payment_id.eq(payment))
        .filter(row::COLUMN.known_at.is_null())
        .exec(&**txn)
        .await?;
    Ok(done.rows_affected == 1)
}

/// The sessions whose money is no payment of ours, and of which it is not known what the gateway kept; the newest first.
const STRAYS: &str = "SELECT x.gateway_reference AS session FROM payment_exceptions x \
     WHERE x.payment_id IS NULL AND EXISTS (SELECT 1 FROM ledger_entries e WHERE e.key = 'captured:session:' || x.gateway_reference) \
     AND NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.key = 'fee:session:' || x.gateway_reference) \
     ORDER BY x.created_at DESC, x.id LIMIT $1";

/// At most `most` sessions whose money is no payment of ours, and of which it is not known what the gateway kept.
pub(in crate::payment) async fn strays_without_fee(conn: &Conn, most: u32) -> Result<Vec<String>, DbErr> {
    let ask = Statement::from_sql_and_values(conn.get_database_backend(), STRAYS, [i64::from(most).into()]);
    conn.query_all_raw(ask).await?.iter().map(|row| row.try_get("", "session")).collect()
}

/// The payment of a gateway's intent, once its money is booked. Until then nothing that became of the money can be.
pub(in crate::payment) async fn booked_of_intent(conn: &Conn, intent: &str) -> Result<Option<Payment>, DbErr> {
    let found = payments::Entity::find()
        .filter(payments::COLUMN.gateway_intent_id.eq(intent))
        .order_by_asc(payments::Column::Id)
        .all(conn)
        .await?;
    for row in found {
        let booked = ledger_entries::Entity::find()
            .filter(ledger_entries::COLUMN.payment_id.eq(row.id))
            .filter(ledger_entries::COLUMN.kind.eq(CAPTURED));
        if booked.one(conn).await?.is_some() {
            return super::payments::to_payment(row).map(Some);
        }
    }
    Ok(None)
}

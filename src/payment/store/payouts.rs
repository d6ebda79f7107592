//! Payouts, their lines, and what of ours these are.

use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QueryResult, QuerySelect, Set,
    Statement,
};

use crate::db::columns::UtcTime;
use crate::db::corrupt;
use crate::db::rows::payment::{gateway_charges, payout_lines, payouts as row};
use crate::db::{Conn, Txn};
use crate::kernel::ids::PaymentId;
use crate::kernel::{Currency, Money, Timestamp};
use crate::payment::model::{MatchedLine, Payout, PayoutLine, PayoutStanding, Source};

fn currency(code: &str) -> Result<Currency, DbErr> {
    code.parse().map_err(|_| corrupt("currency"))
}

fn to_payout(row: row::Model) -> Result<Payout, DbErr> {
    Ok(Payout {
        id: row.id,
        amount: Money::new(row.amount_minor, currency(&row.currency)?),
        standing: row.status.parse().map_err(|_| corrupt("state of a payout"))?,
        failure: row.failure,
        arrival: row.arrival.into(),
        automatic: row.automatic,
        heard_at: row.heard_at.into(),
        paid_at: row.paid_at.map(Into::into),
        failed_at: row.failed_at.map(Into::into),
    })
}

/// A payout.
///
/// # Errors
/// The database's own.
pub async fn payout(conn: &Conn, id: &str) -> Result<Option<Payout>, DbErr> {
    row::Entity::find_by_id(id.to_owned()).one(conn).await?.map(to_payout).transpose()
}

/// The payouts that were paid or failed in this time, and those that were on their way at its end (service time, `until` not in it),
/// oldest first.
///
/// # Errors
/// The database's own.
pub async fn payouts_between(conn: &Conn, from: Timestamp, until: Timestamp) -> Result<Vec<Payout>, DbErr> {
    let (start, end) = (UtcTime::from(from), UtcTime::from(until));
    let within = |column: row::Column| Condition::all().add(column.gte(start)).add(column.lt(end));
    let under_way = [PayoutStanding::Pending, PayoutStanding::InTransit].map(PayoutStanding::word);
    let which = Condition::any()
        .add(within(row::Column::PaidAt))
        .add(within(row::Column::FailedAt))
        .add(row::Column::Status.is_in(under_way))
        .add(row::Column::PaidAt.gte(end))
        .add(row::Column::FailedAt.gte(end));
    let rows = row::Entity::find().filter(which).order_by_asc(row::Column::HeardAt).order_by_asc(row::Column::Id);
    let found: Vec<Payout> = rows.all(conn).await?.into_iter().map(to_payout).collect::<Result<_, _>>()?;
    let ended = |at: Option<Timestamp>| at.is_some_and(|at| from <= at && at < until);
    let is_of_it = |payout: &Payout| ended(payout.paid_at) || ended(payout.failed_at) || payout.is_on_its_way(until);
    Ok(found.into_iter().filter(is_of_it).collect())
}

/// A payout, locked.
pub(in crate::payment) async fn payout_for_update(txn: &Txn, id: &str) -> Result<Option<Payout>, DbErr> {
    let found = row::Entity::find_by_id(id.to_owned()).lock(LockType::NoKeyUpdate).one(&**txn).await?;
    found.map(to_payout).transpose()
}

/// Writes a payout, new or known.
pub(in crate::payment) async fn save_payout(txn: &Txn, payout: &Payout) -> Result<(), DbErr> {
    let row = row::ActiveModel {
        id: Set(payout.id.clone()),
        amount_minor: Set(payout.amount.minor),
        currency: Set(payout.amount.currency.code().to_owned()),
        status: Set(payout.standing.word().to_owned()),
        failure: Set(payout.failure.clone()),
        arrival: Set(payout.arrival.into()),
        automatic: Set(payout.automatic),
        heard_at: Set(payout.heard_at.into()),
        paid_at: Set(payout.paid_at.map(UtcTime::from)),
        failed_at: Set(payout.failed_at.map(UtcTime::from)),
    };
    use row::Column as C;
    let known = OnConflict::column(C::Id).update_columns([C::Status, C::Failure, C::Arrival, C::PaidAt, C::FailedAt]).to_owned();
    row::Entity::insert(row).on_conflict(known).exec_without_returning(&**txn).await.map(drop)
}

/// Writes the lines of a payout; those that are known stay.
pub(in crate::payment) async fn insert_lines(txn: &Txn, payout: &str, lines: &[PayoutLine]) -> Result<(), DbErr> {
    let row = |(position, line): (i32, &PayoutLine)| payout_lines::ActiveModel {
        id: Set(line.id.clone()),
        payout_id: Set(payout.to_owned()),
        position: Set(position),
        kind: Set(line.kind.clone()),
        source: Set(line.source.clone()),
        currency: Set(line.net.currency.code().to_owned()),
        amount_minor: Set(line.amount.minor),
        fee_minor: Set(line.fee.minor),
        net_minor: Set(line.net.minor),
    };
    let rows: Vec<_> = (1..).zip(lines).map(row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let known = OnConflict::column(payout_lines::Column::Id).do_nothing().to_owned();
    payout_lines::Entity::insert_many(rows).on_conflict(known).exec_without_returning(&**txn).await.map(drop)
}

/// What the known lines of a payout come to, in minor units; none while no line is known.
pub(in crate::payment) async fn sum_of_lines(conn: &Conn, payout: &str) -> Result<Option<i64>, DbErr> {
    let nets: Vec<i64> = payout_lines::Entity::find()
        .select_only()
        .column(payout_lines::Column::NetMinor)
        .filter(payout_lines::COLUMN.payout_id.eq(payout))
        .filter(payout_lines::COLUMN.kind.ne("payout"))
        .into_tuple()
        .all(conn)
        .await?;
    Ok((!nets.is_empty()).then(|| nets.into_iter().fold(0, i64::saturating_add)))
}

/// What the entries that `which` chooses moved on the account of the gateway, in the currency of the line `l`.
macro_rules! cleared {
    ($which:literal) => {
        concat!(
            "(SELECT CAST(COALESCE(SUM(b.amount_minor), 0) AS BIGINT) FROM ledger_entries e \
             JOIN ledger_postings b ON b.entry_id = e.id \
             WHERE b.account = 'gateway_clearing' AND b.currency = l.currency AND ",
            $which,
            ")"
        )
    };
}

/// The lines of payouts with what of ours may have moved the balance, and what the books say of that. A dispute books each movement
/// under its id, which is the line's.
const LINES: &str = concat!(
    "SELECT l.id, l.kind, l.source, l.currency, l.amount_minor, l.fee_minor, l.net_minor, \
     c.payment_id AS paid, p.order_id AS paid_order, d.payment_id AS disputed, d.order_id AS disputed_order, \
     r.id AS returned, r.amount_minor AS returned_minor, f.payment_id AS refunded, f.order_id AS refunded_order, ",
    cleared!("e.payment_id = c.payment_id AND e.kind IN ('captured', 'converted', 'fee')"),
    " AS booked_payment, ",
    cleared!(
        "e.key IN ('dispute_withdrawn:' || l.id, 'dispute_reinstated:' || l.id, 'dispute_converted:' || l.id, \
         'dispute_fee:' || l.id)"
    ),
    " AS booked_movement, ",
    cleared!(
        "e.refund_id = f.id AND ((l.kind IN ('refund', 'payment_refund')) = (e.kind IN ('refunded', 'refund_converted', 'refund_fee'))) \
         AND e.kind IN ('refunded', 'refund_converted', 'refund_fee', 'refund_failed', 'refund_failed_converted', 'refund_failed_fee')"
    ),
    " AS booked_refund FROM payout_lines l \
     LEFT JOIN gateway_charges c ON c.charge_id = l.source LEFT JOIN payments p ON p.id = c.payment_id \
     LEFT JOIN refunds f ON f.gateway_refund_id = l.source \
     LEFT JOIN disputes d ON d.id = l.source LEFT JOIN payouts r ON r.id = l.source AND l.kind <> 'payout' \
     WHERE l.payout_id = $1 AND l.kind <> 'payout' ORDER BY l.position"
);

/// What a line is of ours: the one place that says what the source of a balance transaction is.
fn source(row: &QueryResult) -> Result<Source, DbErr> {
    let (paid, disputed): (Option<PaymentId>, Option<PaymentId>) = (row.try_get("", "paid")?, row.try_get("", "disputed")?);
    let (refunded, returned): (Option<PaymentId>, Option<String>) = (row.try_get("", "refunded")?, row.try_get("", "returned")?);
    let of_payment = paid.map(Source::Payment).or(disputed.map(Source::Dispute)).or(refunded.map(Source::Refund));
    Ok(of_payment.or(returned.map(|payout| Source::Returned { payout })).unwrap_or(Source::Unknown))
}

fn matched(row: &QueryResult) -> Result<MatchedLine, DbErr> {
    let code: String = row.try_get("", "currency")?;
    let currency = currency(&code)?;
    let money = |name: &str| row.try_get::<i64>("", name).map(|minor| Money::new(minor, currency));
    let source = source(row)?;
    let nothing = Money::new(0, currency);
    let (order, booked) = match &source {
        Source::Payment(_) => (row.try_get("", "paid_order")?, money("booked_payment")?),
        Source::Dispute(_) => (row.try_get("", "disputed_order")?, money("booked_movement")?),
        Source::Refund(_) => (row.try_get("", "refunded_order")?, money("booked_refund")?),
        // The books have it back by the end of the earlier payout itself.
        Source::Returned { .. } => (None, money("returned_minor")?),
        Source::Unknown => (None, nothing),
    };
    let line = PayoutLine {
        id: row.try_get("", "id")?,
        kind: row.try_get("", "kind")?,
        source: row.try_get("", "source")?,
        amount: money("amount_minor")?,
        fee: money("fee_minor")?,
        net: money("net_minor")?,
    };
    Ok(MatchedLine { line, source, order, booked })
}

/// What a payout consists of, oldest first, and what of ours that is; the payout itself is left out.
///
/// # Errors
/// The database's own.
pub async fn lines_of_payout(conn: &Conn, payout: &str) -> Result<Vec<MatchedLine>, DbErr> {
    let ask = Statement::from_sql_and_values(conn.get_database_backend(), LINES, [payout.into()]);
    conn.query_all_raw(ask).await?.iter().map(matched).collect()
}

/// How many payments that came before `until` (service time) are there whose fee was not known by then.
///
/// # Errors
/// The database's own.
pub async fn count_unknown_fees(conn: &Conn, until: Timestamp) -> Result<u64, DbErr> {
    use sea_orm::PaginatorTrait;
    let end = UtcTime::from(until);
    let unknown = Condition::any().add(gateway_charges::COLUMN.known_at.is_null()).add(gateway_charges::COLUMN.known_at.gte(end));
    gateway_charges::Entity::find().filter(gateway_charges::COLUMN.expected_at.lt(end)).filter(unknown).count(conn).await
}

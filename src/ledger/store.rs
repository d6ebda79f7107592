//! Queries of the ledger.

use std::fmt;

use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, Func, OnConflict, Query, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use super::model::{Account, Balance, Entry, Posting};
use crate::db::columns::UtcTime;
use crate::db::rows::ledger::{ledger_entries as entries, ledger_postings as postings};
use crate::db::{Conn, Txn, corrupt};
use crate::kernel::ids::{EntryId, OrderId, PaymentId};
use crate::kernel::{Currency, Money, Timestamp};

/// Books an entry; false, and nothing done, if its key is known.
///
/// # Errors
/// The database's own.
pub async fn post(txn: &Txn, entry: Entry) -> Result<bool, DbErr> {
    let (id, refs): (EntryId, _) = (txn.new_id(), entry.refs());
    let row = entries::ActiveModel {
        id: Set(id),
        key: Set(entry.key().to_owned()),
        kind: Set(entry.kind().to_owned()),
        at: Set(txn.now().into()),
        order_id: Set(refs.order),
        payment_id: Set(refs.payment),
        refund_id: Set(refs.refund),
    };
    let known = OnConflict::column(entries::Column::Key).do_nothing().to_owned();
    if entries::Entity::insert(row).on_conflict(known).exec_without_returning(&**txn).await? == 0 {
        return Ok(false);
    }
    txn.says(entry.kind());
    let row = |(position, posting): (i32, &Posting)| postings::ActiveModel {
        entry_id: Set(id),
        position: Set(position),
        account: Set(posting.account.word().to_owned()),
        currency: Set(posting.amount.currency.code().to_owned()),
        amount_minor: Set(posting.amount.minor),
    };
    let rows: Vec<_> = (1..).zip(entry.postings()).map(row).collect();
    if !rows.is_empty() {
        postings::Entity::insert_many(rows).exec_without_returning(&**txn).await?;
    }
    Ok(true)
}

/// Whether an entry of this key is booked.
///
/// # Errors
/// The database's own.
pub async fn is_booked(conn: &Conn, key: &str) -> Result<bool, DbErr> {
    Ok(entries::Entity::find().filter(entries::COLUMN.key.eq(key)).count(conn).await? > 0)
}

/// The payments of an order whose coming is booked on this account: on `Receivable`, those that settled it.
///
/// # Errors
/// The database's own.
pub async fn payments_on(conn: &Conn, order: OrderId, account: Account) -> Result<Vec<PaymentId>, DbErr> {
    let found = postings::Entity::find()
        .filter(postings::Column::Account.eq(account.word()))
        .find_also_related(entries::Entity)
        .filter(entries::Column::OrderId.eq(order))
        .filter(entries::Column::RefundId.is_null());
    Ok(found.all(conn).await?.into_iter().filter_map(|(_, entry)| entry?.payment_id).collect())
}

/// How many entries there are.
///
/// # Errors
/// The database's own.
pub async fn count(conn: &Conn) -> Result<u64, DbErr> {
    entries::Entity::find().count(conn).await
}

/// When the oldest entry was booked (service time).
///
/// # Errors
/// The database's own.
pub async fn first_at(conn: &Conn) -> Result<Option<Timestamp>, DbErr> {
    let oldest = entries::Entity::find().order_by_asc(entries::Column::At).limit(1).one(conn).await?;
    Ok(oldest.map(|row| row.at.into()))
}

/// What entries of these kinds about a payment moved on an account, in minor units of whatever currency; a debit is positive.
///
/// # Errors
/// The database's own.
pub async fn moved_by(conn: &Conn, payment: PaymentId, kinds: &[&str], account: Account) -> Result<i64, DbErr> {
    let found: Vec<i64> = postings::Entity::find()
        .select_only()
        .column(postings::Column::AmountMinor)
        .inner_join(entries::Entity)
        .filter(entries::COLUMN.payment_id.eq(payment))
        .filter(entries::Column::Kind.is_in(kinds.iter().copied()))
        .filter(postings::COLUMN.account.eq(account.word()))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(found.into_iter().fold(0, i64::saturating_add))
}

const AMOUNT: (postings::Entity, postings::Column) = (postings::Entity, postings::Column::AmountMinor);

fn at() -> Expr {
    Expr::col((entries::Entity, entries::Column::At))
}

/// The sum of the amounts where `which` holds; a sum of big integers is a decimal on PostgreSQL until it is cast back.
fn sum(which: SimpleExpr) -> SimpleExpr {
    let amount = CaseStatement::new().case(which, Expr::col(AMOUNT)).finally(0);
    Func::sum(amount).cast_as("bigint")
}

/// Every account in every currency that was ever moved before `until`, from `from` on: service time, `until` not in it. In the
/// order of currencies' codes, then of accounts.
///
/// # Errors
/// The database's own; and for an account or a currency that is none of ours.
pub async fn balances(conn: &Conn, from: Timestamp, until: Timestamp) -> Result<Vec<Balance>, DbErr> {
    let (from, until) = (UtcTime::from(from), UtcTime::from(until));
    let within = |sign: SimpleExpr| sum(at().gte(from).and(sign));
    let query = Query::select()
        .column((postings::Entity, postings::Column::Account))
        .column((postings::Entity, postings::Column::Currency))
        .expr_as(sum(at().lt(from)), "opening")
        .expr_as(within(Expr::col(AMOUNT).gt(0)), "debits")
        .expr_as(within(Expr::col(AMOUNT).lt(0)), "credits")
        .from(postings::Entity)
        .inner_join(
            entries::Entity,
            Expr::col((entries::Entity, entries::Column::Id)).equals((postings::Entity, postings::Column::EntryId)),
        )
        .and_where(at().lt(until))
        .group_by_columns([(postings::Entity, postings::Column::Account), (postings::Entity, postings::Column::Currency)])
        .to_owned();
    let mut found = Vec::new();
    for row in conn.query_all(&query).await? {
        let text = |name: &str| row.try_get::<String>("", name);
        let account: Account = text("account")?.parse().map_err(|_| corrupt("account"))?;
        let currency: Currency = text("currency")?.parse().map_err(|_| corrupt("currency"))?;
        let money = |name: &str| row.try_get::<i64>("", name).map(|minor| Money::new(minor, currency));
        let credits = Money::new(money("credits")?.minor.saturating_neg(), currency);
        found.push(Balance { account, opening: money("opening")?, debits: money("debits")?, credits });
    }
    found.sort_by_key(|balance| (balance.opening.currency.code(), balance.account));
    Ok(found)
}

/// What is wrong with the ledger by itself. No change of ours can make one: somebody changed rows by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// An entry's debits and credits differ by so many minor units.
    Unbalanced {
        key: String,
        currency: String,
        minor: i64,
    },
    UnknownAccount {
        key: String,
        account: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unbalanced { key, currency, minor } => {
                write!(f, "{key} is out of balance by {minor} minor units of {currency}")
            }
            Self::UnknownAccount { key, account } => write!(f, "{key} names the account {account:?}"),
        }
    }
}

/// Looks for entries that do not balance or name no account of ours.
///
/// # Errors
/// The database's own.
pub async fn check(conn: &Conn) -> Result<Vec<Fault>, DbErr> {
    let of_entry = || {
        Query::select()
            .column((entries::Entity, entries::Column::Key))
            .from(postings::Entity)
            .inner_join(
                entries::Entity,
                Expr::col((entries::Entity, entries::Column::Id)).equals((postings::Entity, postings::Column::EntryId)),
            )
            .order_by((entries::Entity, entries::Column::Key), sea_orm::Order::Asc)
            .to_owned()
    };
    let total = || Func::sum(Expr::col(AMOUNT));
    let currency = (postings::Entity, postings::Column::Currency);
    let unbalanced = of_entry()
        .column(currency)
        .expr_as(total().cast_as("bigint"), "minor")
        .group_by_columns([(entries::Entity, entries::Column::Key)])
        .group_by_col(currency)
        .and_having(Expr::expr(total()).ne(0))
        .to_owned();
    let account = (postings::Entity, postings::Column::Account);
    let unknown =
        of_entry().column(account).and_where(Expr::col(account).is_not_in(Account::all().map(Account::word))).to_owned();
    let mut faults = Vec::new();
    for row in conn.query_all(&unbalanced).await? {
        let (key, currency) = (row.try_get("", "key")?, row.try_get("", "currency")?);
        faults.push(Fault::Unbalanced { key, currency, minor: row.try_get("", "minor")? });
    }
    for row in conn.query_all(&unknown).await? {
        faults.push(Fault::UnknownAccount { key: row.try_get("", "key")?, account: row.try_get("", "account")? });
    }
    Ok(faults)
}

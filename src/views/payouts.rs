//! The payouts of a month, matched to what of ours they consist of, and what of the gateway's account is on its way to the bank.

use sea_orm::DbErr;

use crate::db::Conn;
use crate::kernel::ids::OrderId;
use crate::kernel::{Currency, Money, Timestamp};
use crate::ledger::Account;
use crate::payment::{self, MatchedLine, Order, Payout};

use super::month::Accounts;

/// A line of a payout, with the order whose money it is.
#[derive(Debug, Clone)]
pub struct Line {
    pub of: MatchedLine,
    pub order: Option<Order>,
}

/// A payout with what it consists of; of one that the gateway's schedule did not make there are no lines.
#[derive(Debug, Clone)]
pub struct Paid {
    pub payout: Payout,
    /// Oldest first.
    pub lines: Vec<Line>,
}

impl Paid {
    /// The lines that the books do not have as the gateway has them.
    pub fn unmatched(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| !line.of.is_matched())
    }

    /// What the lines come to in the books.
    pub fn booked(&self) -> Money {
        let minor = self.lines.iter().map(|line| line.of.booked.minor).fold(0, i64::saturating_add);
        Money::new(minor, self.payout.amount.currency)
    }

    /// Whether the books say of each line, and so of the whole, what the gateway says, to the smallest unit.
    pub fn is_matched(&self) -> bool {
        !self.lines.is_empty() && self.unmatched().next().is_none() && self.booked() == self.payout.amount
    }
}

/// What the gateway's account holds at a moment, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub balance: Money,
    /// Sent to the bank, and not there yet.
    pub on_its_way: Money,
}

impl Held {
    /// Not sent to the bank yet.
    pub const fn at_the_gateway(&self) -> Money {
        Money::new(self.balance.minor.saturating_sub(self.on_its_way.minor), self.balance.currency)
    }
}

/// A payout, by the gateway's id.
///
/// # Errors
/// The database's own.
pub async fn of(conn: &Conn, id: &str) -> Result<Option<Paid>, DbErr> {
    match payment::payout(conn, id).await? {
        Some(payout) => with_lines(conn, payout).await.map(Some),
        None => Ok(None),
    }
}

/// The payouts that were paid or failed in this time, or were on their way at its end.
///
/// # Errors
/// The database's own.
pub async fn between(conn: &Conn, from: Timestamp, until: Timestamp) -> Result<Vec<Paid>, DbErr> {
    let mut found = Vec::new();
    for payout in payment::payouts_between(conn, from, until).await? {
        found.push(with_lines(conn, payout).await?);
    }
    Ok(found)
}

async fn with_lines(conn: &Conn, payout: Payout) -> Result<Paid, DbErr> {
    let lines = payment::lines_of_payout(conn, &payout.id).await?;
    let ids: Vec<OrderId> = lines.iter().filter_map(|line| line.order).collect();
    let orders = payment::orders(conn, &ids).await?;
    let line = |of: MatchedLine| Line { order: of.order.and_then(|id| orders.get(&id).cloned()), of };
    Ok(Paid { payout, lines: lines.into_iter().map(line).collect() })
}

/// What the gateway held at `until`, by currency: as the accounts say, and how much of it was on its way.
pub fn held(accounts: &[Accounts], payouts: &[Paid], until: Timestamp) -> Vec<Held> {
    let clearing = accounts.iter().flat_map(|accounts| &accounts.rows).filter(|row| row.account == Account::GatewayClearing);
    let on_its_way = |currency: Currency| {
        let sent = payouts.iter().map(|paid| &paid.payout).filter(|payout| payout.amount.currency == currency);
        let minor = sent.filter(|payout| payout.is_on_its_way(until)).map(|payout| payout.amount.minor).sum();
        Money::new(minor, currency)
    };
    clearing
        .map(|row| Held { balance: row.closing(), on_its_way: on_its_way(row.opening.currency) })
        .filter(|held| held.balance.minor != 0 || held.on_its_way.minor != 0)
        .collect()
}

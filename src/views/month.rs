//! A month of the books: what each account held, and what moved on it.

use std::fmt;
use std::str::FromStr;

use sea_orm::DbErr;

use super::payouts::{self, Held, Paid};
use super::taxes::{self, Taxed};
use crate::db::Conn;
use crate::kernel::time::Date;
use crate::kernel::{Currency, Money, ShownTime, Timestamp, Zone};
use crate::ledger::{self, Balance};
use crate::payment;
use crate::payment::checking::{self, Verdict};

/// By whose clocks a month begins and ends: India's, whose returns the books are for (CGST Act s.39).
pub const ZONE: &str = "Asia/Kolkata";

/// The zone of [`ZONE`].
pub fn zone() -> Zone {
    ZONE.parse().unwrap_or(Zone::UTC)
}

/// A calendar month: `2027-01` in an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    /// Its first day.
    first: Date,
}

/// The text is no month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAMonth;

impl Month {
    /// The month of a moment, by the clocks of `zone`.
    pub fn of(at: Timestamp, zone: &Zone) -> Self {
        Self { first: zone.civil(at).date().first_of_month() }
    }

    /// The month after.
    #[must_use]
    pub fn next(self) -> Self {
        Self { first: self.first.last_of_month().tomorrow().unwrap_or(self.first) }
    }

    /// The month before.
    #[must_use]
    pub fn previous(self) -> Self {
        Self { first: self.first.yesterday().unwrap_or(self.first).first_of_month() }
    }

    /// When it begins, by the clocks of `zone`.
    pub fn begins(self, zone: &Zone) -> Timestamp {
        zone.instant(self.first.at(0, 0, 0, 0))
    }

    /// `January 2027`.
    pub fn words(self) -> String {
        let day = crate::kernel::shown::plain_date(self.first);
        day.split_once(' ').map_or_else(String::new, |(_, month)| month.to_owned())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year(), self.first.month())
    }
}

impl FromStr for Month {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Self, NotAMonth> {
        let is_written_so = text.len() == 7 && text.bytes().enumerate().all(|(at, byte)| (at == 4) == (byte == b'-'));
        let first = is_written_so.then(|| format!("{text}-01").parse().ok()).flatten().ok_or(NotAMonth)?;
        Ok(Self { first })
    }
}

/// The accounts of one currency over a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accounts {
    pub currency: Currency,
    /// In the order of [`ledger::Account::all`]; accounts that were never moved are left out.
    pub rows: Vec<Balance>,
    /// What was debited, and so credited, in all.
    pub moved: Money,
}

/// A month of the books.
#[derive(Debug, Clone)]
pub struct Report {
    pub month: Month,
    pub begins: ShownTime,
    /// Whether it is over: until then more may be booked in it.
    pub is_over: bool,
    /// Of the books as a whole, at the moment of the report.
    pub verdict: Verdict,
    /// By currency.
    pub accounts: Vec<Accounts>,
    /// What the gateway held at its end (or holds now), by currency.
    pub held: Vec<Held>,
    /// Payments whose fee the gateway had not told by then.
    pub unknown_fees: u64,
    pub payouts: Vec<Paid>,
    pub taxes: Vec<Taxed>,
}

/// The months that there are, newest first: from that of the first entry to the present one.
///
/// # Errors
/// The database's own.
pub async fn months(conn: &Conn, now: Timestamp) -> Result<Vec<Month>, DbErr> {
    let zone = zone();
    let newest = Month::of(now, &zone);
    let oldest = ledger::first_at(conn).await?.map_or(newest, |at| Month::of(at, &zone)).min(newest);
    Ok(std::iter::successors(Some(newest), |month| Some(month.previous())).take_while(|month| *month >= oldest).collect())
}

/// The report of one of the [`months`]; of another there is none.
///
/// # Errors
/// The database's own.
pub async fn report(conn: &Conn, month: Month, now: Timestamp) -> Result<Option<Report>, DbErr> {
    if !months(conn, now).await?.contains(&month) {
        return Ok(None);
    }
    let zone = zone();
    let (from, until) = (month.begins(&zone), month.next().begins(&zone));
    let accounts = by_currency(ledger::balances(conn, from, until).await?);
    let payouts = payouts::between(conn, from, until).await?;
    Ok(Some(Report {
        month,
        begins: ShownTime::new(from, &zone),
        is_over: until <= now,
        verdict: checking::check(conn).await?,
        held: payouts::held(&accounts, &payouts, until),
        unknown_fees: payment::count_unknown_fees(conn, until).await?,
        accounts,
        payouts,
        taxes: taxes::between(conn, month.first, month.first.last_of_month()).await?,
    }))
}

/// Balances, which are sorted by currency, as one list for each.
fn by_currency(balances: Vec<Balance>) -> Vec<Accounts> {
    let groups = balances.chunk_by(|one, other| one.opening.currency == other.opening.currency);
    let accounts = |rows: &[Balance]| {
        let currency = rows.first()?.opening.currency;
        let moved = rows.iter().fold(0_i64, |sum, row| sum.saturating_add(row.debits.minor));
        Some(Accounts { currency, rows: rows.to_vec(), moved: Money::new(moved, currency) })
    };
    groups.filter_map(accounts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_is_written_in_one_way() {
        let month: Month = "2027-01".parse().unwrap();
        assert_eq!((month.to_string(), month.words()), ("2027-01".to_owned(), "January 2027".to_owned()));
        assert_eq!((month.previous().to_string(), month.next().to_string()), ("2026-12".to_owned(), "2027-02".to_owned()));
        for wrong in ["", "2027", "2027-13", "2027-00", "2027-1", "+027-01", "2027-01-01", "20270-1", "२०२७-०१"] {
            assert_eq!(wrong.parse::<Month>(), Err(NotAMonth), "{wrong}");
        }
    }

    #[test]
    fn a_month_begins_by_indian_clocks() {
        let january: Month = "2027-01".parse().unwrap();
        assert_eq!(january.begins(&zone()), at("2026-12-31T18:30:00Z"));
        assert_eq!(Month::of(at("2026-12-31T18:30:00Z"), &zone()), january);
        assert_eq!(Month::of(at("2026-12-31T18:29:59Z"), &zone()), january.previous());
    }
}

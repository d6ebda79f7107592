//! The books against the facts: whatever moved money is booked as it happened, and nothing else is.

use std::fmt;

use sea_orm::{ConnectionTrait, DbErr, Statement};

use super::gateway_checks;
use crate::db::Conn;
use crate::kernel::ids::PaymentId;
use crate::ledger;

/// What the books have wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// An entry that is none.
    Ledger(ledger::Fault),
    /// A captured payment that is not booked with its amount.
    Payment(PaymentId),
    /// Money is booked for a payment that was neither captured nor is in the queue.
    NoSuchMoney { key: String },
    /// A paid order that is not booked with its total and its tax: its number.
    Order(String),
    /// A payment whose fee, or what it was changed into, is not booked as the gateway told.
    Fee(PaymentId),
    /// A payment whose disputes are not booked as the gateway told.
    Dispute(PaymentId),
    /// A payout that is not booked as the gateway told, or does not consist of its lines: its id.
    Payout(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ledger(fault) => fmt::Display::fmt(fault, f),
            Self::Payment(id) => write!(f, "the payment {id} is not booked as it was captured"),
            Self::NoSuchMoney { key } => write!(f, "{key} is booked, and no such money came"),
            Self::Fee(id) => write!(f, "what the gateway kept of the payment {id} is not booked as it told"),
            Self::Dispute(id) => write!(f, "the disputes of the payment {id} are not booked as the gateway told"),
            Self::Payout(id) => write!(f, "the payout {id} is not booked as the gateway told"),
            Self::Order(number) => write!(f, "the order {number} is paid and not booked as it was invoiced"),
        }
    }
}

/// What came of looking.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// How many entries there are.
    pub entries: u64,
    pub faults: Vec<Fault>,
}

impl Verdict {
    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.faults.is_empty()
    }
}

/// What an entry of a payment or an order moved on some accounts; as a decimal on PostgreSQL, which compares as well.
macro_rules! booked {
    ($of:literal, $kind:literal, $which:literal) => {
        concat!(
            "(SELECT COALESCE(SUM(l.amount_minor), 0) FROM ledger_entries e JOIN ledger_postings l ON l.entry_id = e.id WHERE e.",
            $of,
            " AND e.kind = '",
            $kind,
            "' AND ",
            $which,
            ")"
        )
    };
}

const PAYMENTS: &str = concat!(
    "SELECT p.id AS id FROM payments p WHERE p.state = 'captured' AND p.amount_minor <> ",
    booked!("payment_id = p.id", "captured", "l.amount_minor > 0 AND l.currency = p.currency"),
    " ORDER BY p.id"
);

const NO_SUCH_MONEY: &str = "SELECT e.key AS key FROM ledger_entries e JOIN payments p ON p.id = e.payment_id \
     WHERE e.kind = 'captured' AND p.state <> 'captured' \
     AND NOT EXISTS (SELECT 1 FROM payment_exceptions x WHERE x.payment_id = p.id) ORDER BY e.key";

const ORDERS: &str = concat!(
    "SELECT o.number AS number FROM orders o WHERE o.state = 'paid' AND (o.total_minor <> ",
    booked!("order_id = o.id", "invoiced", "l.account = 'receivable' AND l.currency = o.currency"),
    " OR o.tax_minor <> -",
    booked!("order_id = o.id", "invoiced", "l.account = 'tax_payable' AND l.currency = o.currency"),
    ") ORDER BY o.number"
);

/// Compares the books with the facts.
///
/// # Errors
/// The database's own.
pub async fn check(conn: &Conn) -> Result<Verdict, DbErr> {
    let ask = |query| Statement::from_string(conn.get_database_backend(), query);
    let mut faults: Vec<Fault> = ledger::check(conn).await?.into_iter().map(Fault::Ledger).collect();
    for row in conn.query_all_raw(ask(PAYMENTS)).await? {
        faults.push(Fault::Payment(row.try_get("", "id")?));
    }
    for row in conn.query_all_raw(ask(NO_SUCH_MONEY)).await? {
        faults.push(Fault::NoSuchMoney { key: row.try_get("", "key")? });
    }
    for row in conn.query_all_raw(ask(ORDERS)).await? {
        faults.push(Fault::Order(row.try_get("", "number")?));
    }
    faults.extend(gateway_checks::faults(conn).await?);
    Ok(Verdict { entries: ledger::count(conn).await?, faults })
}

//! The books against the facts: whatever moved money is booked as it happened, and nothing else is.

use std::fmt;

use sea_orm::{ConnectionTrait, DbErr, Statement};

use super::gateway_checks;
use crate::db::Conn;
use crate::kernel::ids::{PaymentId, RefundId};
use crate::ledger;

/// What the books have wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// An entry that is none.
    Ledger(ledger::Fault),
    /// A payment whose money came, and that is not booked with its amount.
    Payment(PaymentId),
    /// Money is booked for a payment that was neither captured nor is in the queue.
    NoSuchMoney { key: String },
    /// An order that was paid, and that is not booked with its total and its tax: its number.
    Order(String),
    /// A payment whose fee, or what it was changed into, is not booked as the gateway told.
    Fee(PaymentId),
    /// A payment whose disputes are not booked as the gateway told.
    Dispute(PaymentId),
    /// A payout that is not booked as the gateway told, or does not consist of its lines: its id.
    Payout(String),
    /// A refund that is not booked as its money left, or came back.
    Refund(RefundId),
    /// A credit note that is not booked: its number.
    CreditNote(String),
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
            Self::Refund(id) => write!(f, "the refund {id} is not booked as its money went"),
            Self::CreditNote(number) => write!(f, "the credit note {number} is not booked"),
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
    "SELECT p.id AS id FROM payments p WHERE (p.state = 'captured' AND p.amount_minor <> ",
    booked!("payment_id = p.id", "captured", "l.amount_minor > 0 AND l.currency = p.currency"),
    ") OR (p.state = 'mismatched' AND p.received_minor <> ",
    booked!("payment_id = p.id", "captured", "l.amount_minor > 0 AND l.currency = p.received_currency"),
    ") ORDER BY p.id"
);

const NO_SUCH_MONEY: &str = "SELECT e.key AS key FROM ledger_entries e JOIN payments p ON p.id = e.payment_id \
     WHERE e.kind = 'captured' AND p.state NOT IN ('captured', 'mismatched') \
     AND NOT EXISTS (SELECT 1 FROM payment_exceptions x WHERE x.payment_id = p.id) ORDER BY e.key";

const ORDERS: &str = concat!(
    "SELECT o.number AS number FROM orders o WHERE (o.state = 'paid' OR (o.state = 'cancelled' AND EXISTS (SELECT 1 FROM ",
    "ledger_entries e JOIN ledger_postings l ON l.entry_id = e.id WHERE e.order_id = o.id AND e.kind = 'captured' ",
    "AND l.account = 'receivable'))) AND (o.total_minor <> ",
    booked!("order_id = o.id", "invoiced", "l.account = 'receivable' AND l.currency = o.currency"),
    " OR o.tax_minor <> -",
    booked!("order_id = o.id", "invoiced", "l.account = 'tax_payable' AND l.currency = o.currency"),
    ") ORDER BY o.number"
);

/// What of a refund's money is gone by the books: what left, without what came back.
const REFUNDS: &str = concat!(
    "SELECT r.id AS id FROM refunds r WHERE (CASE WHEN r.state = 'succeeded' OR (r.state = 'pending' AND r.way = 'gateway') ",
    "THEN r.amount_minor ELSE 0 END) <> ",
    booked!("refund_id = r.id", "refunded", "l.amount_minor > 0 AND l.currency = r.currency"),
    " - ",
    booked!("refund_id = r.id", "refund_failed", "l.amount_minor > 0 AND l.currency = r.currency"),
    " ORDER BY r.id"
);

const CREDIT_NOTES: &str = "SELECT d.number AS number FROM documents d WHERE d.kind = 'credit_note' \
     AND NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.key = 'credited:' || d.number AND e.order_id = d.order_id) \
     ORDER BY d.number";

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
    for row in conn.query_all_raw(ask(REFUNDS)).await? {
        faults.push(Fault::Refund(row.try_get("", "id")?));
    }
    for row in conn.query_all_raw(ask(CREDIT_NOTES)).await? {
        faults.push(Fault::CreditNote(row.try_get("", "number")?));
    }
    Ok(Verdict { entries: ledger::count(conn).await?, faults })
}

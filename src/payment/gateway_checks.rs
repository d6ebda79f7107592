//! The books against what the gateway told: fees, disputes, payouts, and the lines of payouts.

use sea_orm::{ConnectionTrait, DbErr, Statement};

use super::checking::Fault;
use crate::db::Conn;

/// What entries moved on some accounts; as a decimal on PostgreSQL, which compares as well.
macro_rules! booked {
    ($which:literal) => {
        concat!(
            "(SELECT COALESCE(SUM(b.amount_minor), 0) FROM ledger_entries e JOIN ledger_postings b ON b.entry_id = e.id WHERE ",
            $which,
            ")"
        )
    };
}

/// Whose fee is known and not booked so, or whose charge is not in the account of the gateway as it is in the balance there.
const FEES: &str = concat!(
    "SELECT c.payment_id AS id FROM gateway_charges c WHERE c.known_at IS NOT NULL AND (c.fee_minor <> ",
    booked!("e.payment_id = c.payment_id AND e.kind = 'fee' AND b.account = 'fees' AND b.currency = c.currency"),
    " OR c.amount_minor - c.fee_minor <> ",
    booked!(
        "e.payment_id = c.payment_id AND e.kind IN ('captured', 'converted', 'fee') AND b.account = 'gateway_clearing' \
         AND b.currency = c.currency"
    ),
    ") ORDER BY c.payment_id"
);

/// The payments whose disputes hold other money than was taken and not given back; what is lost is held no more.
const DISPUTES: &str = concat!(
    "SELECT d.payment_id AS id FROM disputes d WHERE d.payment_id IS NOT NULL AND d.currency IS NOT NULL \
     GROUP BY d.payment_id, d.currency \
     HAVING SUM(CASE d.status WHEN 'lost' THEN 0 ELSE d.taken_minor - d.returned_minor END) <> ",
    booked!("e.payment_id = d.payment_id AND b.account = 'disputes' AND b.currency = d.currency"),
    " ORDER BY d.payment_id"
);

/// What reached the bank and stayed there.
const PAYOUTS: &str = concat!(
    "SELECT y.id AS id FROM payouts y WHERE CASE WHEN y.paid_at IS NULL OR y.failed_at IS NOT NULL THEN 0 ELSE y.amount_minor END <> ",
    booked!("e.key IN ('payout:' || y.id, 'payout_failed:' || y.id) AND b.account = 'bank' AND b.currency = y.currency"),
    " OR y.paid_at IS NOT NULL AND EXISTS (SELECT 1 FROM payout_lines l WHERE l.payout_id = y.id) AND y.amount_minor <> \
     (SELECT COALESCE(SUM(l.net_minor), 0) FROM payout_lines l WHERE l.payout_id = y.id AND l.kind <> 'payout') ORDER BY y.id"
);

/// Looks at all that the gateway told of and that is booked.
///
/// # Errors
/// The database's own.
pub(super) async fn faults(conn: &Conn) -> Result<Vec<Fault>, DbErr> {
    let ask = |query| Statement::from_string(conn.get_database_backend(), query);
    let mut faults = Vec::new();
    for row in conn.query_all_raw(ask(FEES)).await? {
        faults.push(Fault::Fee(row.try_get("", "id")?));
    }
    for row in conn.query_all_raw(ask(DISPUTES)).await? {
        faults.push(Fault::Dispute(row.try_get("", "id")?));
    }
    for row in conn.query_all_raw(ask(PAYOUTS)).await? {
        faults.push(Fault::Payout(row.try_get("", "id")?));
    }
    Ok(faults)
}

//! What must add up, whatever happened: seats against capacity, money against enrolments.

use sea_orm::{ConnectionTrait, DbErr, Statement};

use crate::db::Conn;
use crate::kernel::ids::PaymentId;

/// What does not add up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    /// Cohorts with more seats taken than they have: slug, taken, capacity.
    pub oversold: Vec<(String, i64, i32)>,
    /// Payments whose money came, and that enrolled nobody, do not go back and are in no queue.
    pub stranded: Vec<PaymentId>,
    /// Paid orders of which a line has no enrolment that was ever enrolled, and no payment of theirs is in the queue: their numbers.
    pub unserved: Vec<String>,
}

const OVERSOLD: &str = "SELECT c.slug AS slug, COUNT(*) AS taken, c.capacity AS capacity FROM cohorts c \
     JOIN enrolments e ON e.cohort_id = c.id WHERE e.state IN ('held', 'enrolled') \
     GROUP BY c.id, c.slug, c.capacity HAVING COUNT(*) > c.capacity ORDER BY c.slug";

const STRANDED: &str = "SELECT p.id AS id FROM payments p WHERE p.state IN ('captured', 'mismatched') AND NOT EXISTS ( \
       SELECT 1 FROM order_lines l JOIN enrolments e ON e.id = l.enrolment_id \
       WHERE l.order_id = p.order_id AND e.enrolled_at IS NOT NULL) \
     AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.payment_id = p.id) \
     AND NOT EXISTS (SELECT 1 FROM payment_exceptions x WHERE x.payment_id = p.id OR x.order_id = p.order_id) ORDER BY p.id";

const UNSERVED: &str = "SELECT o.number AS number FROM orders o WHERE o.state = 'paid' AND EXISTS ( \
       SELECT 1 FROM order_lines l JOIN enrolments e ON e.id = l.enrolment_id \
       WHERE l.order_id = o.id AND e.enrolled_at IS NULL) \
     AND NOT EXISTS (SELECT 1 FROM payment_exceptions x WHERE x.order_id = o.id) ORDER BY o.number";

/// Looks for what does not add up.
///
/// # Errors
/// The database's own.
pub async fn sums(conn: &Conn) -> Result<Sums, DbErr> {
    let ask = |query| Statement::from_string(conn.get_database_backend(), query);
    let mut sums = Sums::default();
    for row in conn.query_all_raw(ask(OVERSOLD)).await? {
        sums.oversold.push((row.try_get("", "slug")?, row.try_get("", "taken")?, row.try_get("", "capacity")?));
    }
    for row in conn.query_all_raw(ask(STRANDED)).await? {
        sums.stranded.push(row.try_get("", "id")?);
    }
    for row in conn.query_all_raw(ask(UNSERVED)).await? {
        sums.unserved.push(row.try_get("", "number")?);
    }
    Ok(sums)
}

//! Leases: how several workers, in one process or many, take rows that are due without taking one twice.
//!
//! Jobs and letters have the same columns for this (`state`, `due_at`, `retry_at`, `attempts`, `lease_token`, `lease_until`).
//! A row is claimed in one statement. Every later write names the claim's token, so that a worker that was thought dead and
//! comes back late changes nothing.

use std::time::Duration;

use sea_orm::sea_query::{
    CommonTableExpression, Condition, Expr, ExprTrait, LockBehavior, LockType, Order, Query, UnionType, UpdateStatement,
    WithClause,
};
use sea_orm::{DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryTrait, UpdateMany};
use uuid::Uuid;

use crate::db::columns::UtcTime;
use crate::db::{Conn, Db, Txn};
use crate::kernel::actor::Component;
use crate::kernel::ids::LeaseToken;
use crate::kernel::random::Randomness;
use crate::kernel::time::{SignedDuration, shifted};
use crate::kernel::{Actor, Timestamp};

/// How long a claim holds unless it is extended (machine time): how late a crashed worker's row is taken over.
pub const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// How often a running claim is extended: two may fail before it is lost.
const EXTEND: Duration = Duration::from_secs(20);
const FIRST_RETRY: SignedDuration = SignedDuration::from_secs(5);
const LAST_RETRY: SignedDuration = SignedDuration::from_mins(15);
/// How much of an error is kept, in characters.
const ERROR: usize = 1000;

/// Who a worker is, as the audit log names it.
pub const WORKER: Actor = Actor::System(Component::Worker);

/// A claim on one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    pub id: Uuid,
    pub token: LeaseToken,
}

/// Takes up to `limit` rows that are due, or whose lease ran out, in one statement, under one new token. `order` are the
/// columns to take them by; the answer is in no order. `also` adds what else the claim sets.
///
/// The two kinds of rows are looked for apart, each by its partial index: with OR, SQLite would read the whole outbox.
///
/// # Errors
/// The database's own.
pub async fn claim<E: EntityTrait>(
    txn: &Txn,
    order: &[&'static str],
    limit: u64,
    also: impl FnOnce(&mut UpdateStatement),
) -> Result<Vec<E::Model>, DbErr> {
    let (now, machine_now) = (txn.now(), txn.machine_now());
    let token: LeaseToken = txn.new_id();
    let lost = Condition::all().add(is_leased()).add(Expr::col("lease_until").lte(UtcTime::from(machine_now)));
    let candidates = WithClause::new()
        .cte(candidates::<E>("lost", lost, &["lease_until"], limit))
        .cte(candidates::<E>("due", is_due(now, machine_now), order, limit))
        .to_owned();
    let due = Query::select().column("id").from("due").to_owned();
    let chosen = Query::select().column("id").from("lost").union(UnionType::All, due).limit(limit).to_owned();
    let mut update = E::update_many();
    let statement = QueryTrait::query(&mut update);
    statement
        .with_cte(candidates)
        .value("state", "leased")
        .value("attempts", Expr::col("attempts").add(1))
        .value("lease_token", Uuid::from(token))
        .value("lease_until", UtcTime::from(shifted(machine_now, LEASE)))
        .and_where(Expr::col("id").in_subquery(chosen));
    also(statement);
    update.exec_with_returning(&**txn).await
}

/// Rows that may be taken. On PostgreSQL they are locked, and those that another claim has locked are passed over; materialized,
/// because a subquery that is run again would lock more than its limit. SQLite has one writer, and no such clause is written.
fn candidates<E: EntityTrait>(name: &'static str, which: Condition, order: &[&'static str], limit: u64) -> CommonTableExpression {
    let mut select = Query::select();
    select.column("id").from(E::default().table_ref()).cond_where(which);
    for &column in order {
        select.order_by(column, Order::Asc);
    }
    select.limit(limit).lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    CommonTableExpression::new().table_name(name).materialized(true).query(select).to_owned()
}

// The states stand in the text: a bound value would hide the partial indexes from the planner.

fn is_leased() -> Expr {
    Expr::cust("state = 'leased'")
}

fn is_due(now: Timestamp, machine_now: Timestamp) -> Condition {
    let rested = Expr::col("retry_at").is_null().or(Expr::col("retry_at").lte(UtcTime::from(machine_now)));
    Condition::all().add(Expr::cust("state = 'pending'")).add(Expr::col("due_at").lte(UtcTime::from(now))).add(rested)
}

/// How many rows could be claimed, or are in some worker's hand.
///
/// # Errors
/// The database's own.
pub async fn unfinished<E>(conn: &Conn, now: Timestamp, machine_now: Timestamp) -> Result<u64, DbErr>
where
    E: EntityTrait,
    E::Model: Send + Sync,
{
    E::find().filter(Condition::any().add(is_due(now, machine_now)).add(is_leased())).count(conn).await
}

/// An update of the claimed row that does nothing once the claim is lost.
pub fn fenced<E: EntityTrait>(lease: Lease) -> UpdateMany<E> {
    let mut update = E::update_many();
    QueryTrait::query(&mut update)
        .and_where(Expr::col("id").eq(lease.id))
        .and_where(Expr::col("lease_token").eq(Uuid::from(lease.token)))
        .and_where(Expr::col("state").eq("leased"));
    update
}

/// Runs `work` and keeps extending its claim meanwhile; `None` if the claim was lost, with `work` dropped where it stood.
pub async fn held<E: EntityTrait, T>(db: &Db, lease: Lease, work: impl Future<Output = T>) -> Option<T> {
    held_every::<E, T>(db, lease, EXTEND, work).await
}

async fn held_every<E: EntityTrait, T>(db: &Db, lease: Lease, every: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        done = work => Some(done),
        // Beside the work, not between its steps: on SQLite the work may hold the one writing connection.
        () = extending::<E>(db, lease, every) => None,
    }
}

/// Returns once the claim is lost.
async fn extending<E: EntityTrait>(db: &Db, lease: Lease, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        match extend::<E>(db, lease).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(id = %lease.id, %error, "a lease could not be extended"),
        }
    }
}

/// Extends the claim from now; false if it was lost.
///
/// # Errors
/// The database's own.
pub async fn extend<E: EntityTrait>(db: &Db, lease: Lease) -> Result<bool, DbErr> {
    db.write(WORKER, async |txn| {
        let mut update = fenced::<E>(lease);
        QueryTrait::query(&mut update).value("lease_until", UtcTime::from(shifted(txn.machine_now(), LEASE)));
        Ok(update.exec(&**txn).await?.rows_affected == 1)
    })
    .await
}

/// How long to wait after the `attempts`th failure: 5 seconds, doubled each time up to 15 minutes, less a random part of up to
/// half, so that what failed together does not come back together.
pub fn backoff(attempts: i32, random: &Randomness) -> SignedDuration {
    let doublings = attempts.saturating_sub(1).clamp(0, 16);
    let full = std::cmp::min(FIRST_RETRY.saturating_mul(1 << doublings), LAST_RETRY);
    let half = full.as_millis() / 2;
    let part = i128::from(u16::from_be_bytes(random.bytes()));
    let millis = half + half * part / i128::from(u16::MAX);
    SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

/// An error as a row keeps it.
pub fn brief(error: &str) -> String {
    error.chars().take(ERROR).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::rows::jobs as row;
    use crate::jobs::{enqueue_kind, store};
    use crate::testing::Bench;

    async fn take(db: &Db, limit: u64) -> Vec<store::Leased> {
        db.write(WORKER, async |txn| store::claim(txn, limit).await).await.unwrap()
    }

    async fn until(db: &Db) -> Timestamp {
        let job = row::Entity::find().one(&*db.snapshot().await.unwrap()).await.unwrap().unwrap();
        job.lease_until.unwrap().into()
    }

    #[tokio::test]
    async fn work_longer_than_a_lease_keeps_it_and_work_without_one_is_dropped() {
        let bench = Bench::sqlite().await;
        let db = &bench.services.db;
        db.write(WORKER, async |txn| enqueue_kind(txn, "a", None, serde_json::Value::Null, txn.now()).await).await.unwrap();
        let lease = take(db, 1).await[0].lease;
        let every = Duration::from_millis(20);
        let long = async {
            for _ in 0..4 {
                bench.pass(LEASE - SignedDuration::from_secs(1));
                while until(db).await != shifted(bench.services.clocks.machine(), LEASE) {
                    tokio::time::sleep(every).await;
                }
                assert!(take(db, 1).await.is_empty());
            }
            "done"
        };
        let held = tokio::time::timeout(Duration::from_secs(30), held_every::<row::Entity, _>(db, lease, every, long));
        assert_eq!(held.await.unwrap(), Some("done"));
        bench.pass(LEASE);
        assert_eq!(take(db, 1).await.len(), 1);
        let endless = std::future::pending::<()>();
        let lost = tokio::time::timeout(Duration::from_secs(10), held_every::<row::Entity, _>(db, lease, every, endless));
        assert_eq!(lost.await.unwrap(), None);
        bench.finish().await;
    }

    #[tokio::test]
    async fn a_claim_takes_no_more_than_its_limit_and_lost_leases_first() {
        for bench in Bench::each().await {
            let db = &bench.services.db;
            let put = async || {
                let null = serde_json::Value::Null;
                db.write(WORKER, async |txn| enqueue_kind(txn, "a", None, null, txn.now()).await).await.unwrap();
            };
            put().await;
            let lost = take(db, 5).await.remove(0);
            bench.pass(LEASE);
            for _ in 0..4 {
                put().await;
            }
            let first = take(db, 1).await;
            assert_eq!((first.len(), first[0].id, first[0].attempts), (1, lost.id, 2));
            assert_eq!((take(db, 3).await.len(), take(db, 3).await.len()), (3, 1));
            bench.finish().await;
        }
    }

    #[test]
    fn waiting_grows_to_a_quarter_of_an_hour_and_no_further() {
        let random = Randomness::from_seed(3);
        for (attempts, full) in [(1, 5), (2, 10), (5, 80), (8, 640), (9, 900), (400, 900)] {
            for _ in 0..50 {
                let wait = backoff(attempts, &random).as_millis();
                assert!((full * 500..=full * 1000).contains(&wait), "{attempts}: {wait}");
            }
        }
        let waits: std::collections::BTreeSet<_> = (0..50).map(|_| backoff(9, &random)).collect();
        assert!(waits.len() > 25, "failures come back together");
    }
}

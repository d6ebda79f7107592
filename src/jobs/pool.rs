//! The loop that both workers run, and its single-file form for tests and the clock.

use std::time::Duration;

use sea_orm::DbErr;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::db::{Db, Wake};

/// How often a worker looks by itself: due moments and retries come without a commit that would call it.
const TICK: Duration = Duration::from_secs(1);

/// Something to take work from.
pub trait Line: Clone + Send + Sync + 'static {
    /// What calls it.
    const WAKE: Wake;
    /// One piece of claimed work.
    type Item: Send + 'static;

    /// Takes up to `limit` pieces that are due.
    fn claim(&self, limit: u64) -> impl Future<Output = Result<Vec<Self::Item>, DbErr>> + Send;

    /// Does one piece and notes how it ended.
    fn run(&self, item: Self::Item) -> impl Future<Output = Result<(), DbErr>> + Send;
}

/// Works until `stop`, with at most `limit` pieces at once; then finishes what it has taken.
pub async fn serve<L: Line>(line: L, db: Db, limit: usize, stop: CancellationToken) {
    let mut running = JoinSet::new();
    while !stop.is_cancelled() {
        let free = limit.max(1) - running.len();
        if free > 0 {
            match line.claim(free as u64).await {
                Ok(items) => {
                    for item in items {
                        let line = line.clone();
                        running.spawn(async move { note(line.run(item).await) });
                    }
                }
                Err(error) => tracing::warn!(%error, wake = ?L::WAKE, "work could not be claimed"),
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = db.woken(L::WAKE) => {}
            Some(_) = running.join_next() => {}
            () = tokio::time::sleep(TICK) => {}
        }
        while running.try_join_next().is_some() {}
    }
    while running.join_next().await.is_some() {}
}

fn note(outcome: Result<(), DbErr>) {
    // The row stays leased: it is taken over once the lease runs out.
    if let Err(error) = outcome {
        tracing::warn!(%error, "the end of a piece of work could not be noted");
    }
}

/// Does what is due, one after the other in the order due, until nothing is left or `limit` pieces are done; how many.
///
/// # Errors
/// The database's own.
pub async fn drain<L: Line>(line: &L, limit: usize) -> Result<usize, DbErr> {
    for done in 0..limit {
        let Some(item) = line.claim(1).await?.into_iter().next() else { return Ok(done) };
        line.run(item).await?;
    }
    Ok(limit)
}

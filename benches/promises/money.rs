//! How fast a payment is settled, beside bare durable transactions on the same file; and the course page while a thousand
//! notifications wait.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lectern::jobs::{Registry, run_due};
use lectern::kernel::Actor;
use lectern::kernel::actor::Component;
use lectern::payment;
use lectern::work::Registries;
use sea_orm::sqlx::{self, SqliteConnection};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::client::{self, Target};
use crate::measure::{Bound, Line, Ratio, compare, median};
use crate::till::Till;
use crate::{Effort, Outcome, marks};

/// What settling one payment commits: the notification is kept, its job claimed, the order settled and the student enrolled, the
/// notification marked as processed, the job done.
const COMMITS: usize = 5;
/// Paid in one turn.
const TURN: usize = 60;
const QUEUED: usize = 1_000;
/// A drain that takes longer than this is no drain.
const PATIENCE: Duration = Duration::from_secs(600);

/// A till with a seat for everybody who pays here.
pub async fn open(folder: &Path, effort: Effort) -> Outcome<Till> {
    Till::open(folder, u32::try_from(1 + TURN * (effort.rounds + 1) + QUEUED)?).await
}

/// How fast payments are settled, beside bare transactions: as many for each payment as its settling commits, with as many statements
/// between them as it runs, less those that do not divide.
pub async fn settling(till: &Till, effort: Effort) -> Outcome<Line> {
    let mut bare = marks::bare(&till.file).await?;
    let mut undo = marks::connection(&till.file).await?;
    let registry = Registries::all().jobs;
    till.pay(1).await?;
    let (_, statements) = settle(till, &registry, &mut undo, 1).await?;
    let each = statements / COMMITS;
    let mut number = 1;
    let control = async || Ok(marks::controls(&mut bare, each, effort.turn).await? / COMMITS as f64);
    let subject = async || {
        let mut timed = Duration::ZERO;
        for _ in 0..TURN {
            number += 1;
            till.pay(number).await?;
            timed += settle(till, &registry, &mut undo, number).await?.0;
        }
        Ok(TURN as f64 / timed.as_secs_f64())
    };
    let Ratio { median, control, subject } = compare(effort.rounds, control, subject).await?;
    let detail = format!("{subject:.0} payments/s to {control:.0}/s of {COMMITS} bare commits with {each} statements each");
    Ok(Line::new("settle, to as many bare transactions", median, Bound::AtLeast(0.4), detail))
}

/// From the notification's arrival until the student is enrolled and the job done, and how many statements that took. What it asked for
/// beside, mail and receipt, is not waited for.
async fn settle(till: &Till, registry: &Arc<Registry>, undo: &mut SqliteConnection, number: usize) -> Outcome<(Duration, usize)> {
    sqlx::query("DELETE FROM jobs").execute(undo).await?;
    let told = till.newest().await?;
    let services = &till.services;
    let (before, began) = (services.db.statements(), Instant::now());
    let notification = services.gateway.verify_notification(&told.raw, &told.signature, services.clocks.machine())?;
    let webhook = Actor::System(Component::Webhook);
    let keep = async |txn: &lectern::db::Txn| payment::receive_notification(txn, &notification, &told.raw).await;
    services.db.write(webhook, keep).await?;
    run_due(services, registry, 1).await?;
    let (took, statements) = (began.elapsed(), services.db.statements() - before);
    if till.enrolled().await? as usize != number {
        return Err(format!("{} enrolled nobody", told.id).into());
    }
    Ok((took, usize::try_from(statements)?))
}

/// The median of the course page's times while a thousand notifications are worked off, to that of a quiet hour.
pub async fn drained(till: &Till, folder: &Path, effort: Effort) -> Outcome<Line> {
    let before = till.enrolled().await? as usize;
    for number in before + 1..=before + QUEUED {
        till.pay(number).await?;
    }
    let subject = till.start(folder)?;
    let front = [Target::get(&subject.authority, "/", None)];
    client::once(&front[0]).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut quiet = client::times(&front, effort.turn).await?;
    let (stop, began) = (CancellationToken::new(), Instant::now());
    till.deliver(&stop);
    let mut busy = Vec::new();
    while till.enrolled().await? as usize != before + QUEUED {
        if began.elapsed() > PATIENCE {
            return Err("the notifications were not worked off".into());
        }
        busy.extend(client::times(&front, Duration::from_millis(500)).await?);
    }
    let took = began.elapsed().as_secs_f64();
    stop.cancel();
    subject.stop()?;
    let (quiet, busy) = (median(&mut quiet), median(&mut busy));
    let detail = format!("{busy:.1} ms to {quiet:.1} ms; worked off in {took:.0} s, {:.0}/s", QUEUED as f64 / took);
    Ok(Line::new("course page while 1,000 webhooks drain", busy / quiet, Bound::AtMost(2.0), detail))
}

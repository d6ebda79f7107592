//! What happened is booked in the transaction in which it happened, once, and so is what happened before there were books.

use std::collections::BTreeMap;

use migrations::{Migrator, MigratorTrait};
use sea_orm::{EntityTrait, QueryOrder};

use super::*;
use crate::db::rows::ledger::{ledger_entries, ledger_postings};
use crate::kernel::Money;
use crate::kernel::time::shifted;
use crate::ledger::{Account, balances};
use crate::payment::checking::{Fault, check};
use crate::testing::START;

pub(super) const PRICE: i64 = crate::enrolment::testing::PRICE;
/// What the practice gateway keeps of it: two per cent.
const FEE: i64 = PRICE / 50;

/// What each account holds, in minor units; those that hold nothing are left out.
async fn held(stage: &Stage) -> BTreeMap<Account, i64> {
    let snapshot = stage.services.db.snapshot().await.unwrap();
    let all = balances(&snapshot, START, shifted(stage.services.clocks.service(), SignedDuration::from_secs(1))).await.unwrap();
    all.iter().map(|of| (of.account, of.closing().minor)).filter(|(_, minor)| *minor != 0).collect()
}

pub(super) async fn faults(stage: &Stage) -> Vec<Fault> {
    check(&stage.services.db.snapshot().await.unwrap()).await.unwrap().faults
}

pub(super) async fn transferred(stage: &Stage, order: &Order, reference: &str, method: Method) {
    let offline = Offline {
        method,
        reference: reference.parse().unwrap(),
        amount: order.quote.total,
        received_on: "2027-01-03".parse().unwrap(),
    };
    let id = order.id;
    stage.services.db.write(SYSTEM, async |txn| record_offline(txn, id, offline).await).await.unwrap();
}

/// A card beside a transfer, which goes back.
pub(super) async fn paid_twice(stage: &Stage) -> Order {
    let (user, order) = stage.ordered(4).await;
    let url = stage.page(user, order.id).await.unwrap();
    stage.press(&url, "pay").await;
    transferred(stage, &order, "UTR 4", Method::Upi).await;
    stage.work().await;
    order
}

/// A card, a transfer, cash, and money that is wrong; each told more than once.
pub(super) async fn everything(stage: &Stage) {
    let (user, order) = stage.ordered(1).await;
    let url = stage.page(user, order.id).await.unwrap();
    stage.press(&url, "pay").await;
    let session = stage.sessions(order.id).await.remove(0);
    for decision in [Decision::Enrol, Decision::Nothing, Decision::Nothing] {
        assert_eq!(stage.settle(&session).await, decision);
    }
    transferred(stage, &stage.ordered(2).await.1, "UTR 2", Method::BankTransfer).await;
    transferred(stage, &stage.ordered(3).await.1, "BOOK 3", Method::Cash).await;
    let (user, order) = stage.ordered(5).await;
    let url = stage.page(user, order.id).await.unwrap();
    stage.press(&url, "pay").await;
    stage.tamper(order.id, PRICE + 1).await;
    let session = stage.sessions(order.id).await.remove(0);
    for _ in 0..2 {
        assert_eq!(stage.settle(&session).await, Decision::Queue(Reason::AmountDiffers));
    }
    stage.work().await;
}

#[tokio::test]
async fn each_fact_is_booked_once_however_often_it_is_told() {
    for bench in Bench::each().await {
        let stage = Stage::on(bench, 5).await;
        everything(&stage).await;
        paid_twice(&stage).await;
        let expected = [
            (Account::GatewayClearing, 2 * PRICE - 3 * FEE),
            (Account::Bank, 2 * PRICE),
            (Account::Cash, PRICE),
            (Account::Fees, 3 * FEE),
            (Account::Revenue, -4 * PRICE),
            (Account::Suspense, -PRICE),
        ];
        assert_eq!(held(&stage).await, BTreeMap::from(expected));
        assert_eq!(faults(&stage).await, []);
        stage.bench.finish().await;
    }
}

#[tokio::test]
async fn money_of_an_order_that_nobody_knows_waits_in_suspense_and_money_of_the_other_mode_is_not_ours() {
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    let url = stage.page(user, order.id).await.unwrap();
    stage.press(&url, "pay").await;
    let session = stage.sessions(order.id).await.remove(0);
    let other = Stage::new(1).await;
    let services = Services { gateway: stage.services.gateway.clone(), ..other.services.clone() };
    for _ in 0..2 {
        assert_eq!(settle_session(&services, SYSTEM, &session, Bank::Silent).await.unwrap(), Settled::NotOurs);
    }
    let expected = [(Account::GatewayClearing, PRICE), (Account::Suspense, -PRICE)];
    assert_eq!(held(&other).await, BTreeMap::from(expected));
    assert_eq!(faults(&other).await, []);
    assert_eq!(held(&stage).await, BTreeMap::new(), "nothing was settled here");

    let mut events = stage.services.gateway.events_since(START).await.unwrap();
    events.retain(|event| event.kind == "checkout.session.completed");
    let mut completed = events.pop().unwrap();
    completed.live = true;
    stage.services.db.write(SYSTEM, async |txn| receive_notification(txn, &completed, &completed.gist()).await).await.unwrap();
    stage.work().await;
    assert_eq!(stage.reasons().await, [Reason::WrongMode]);
    assert_eq!(held(&stage).await, BTreeMap::new());
}

/// Key, kind, order, payment, and postings of every entry.
async fn entries(stage: &Stage) -> Vec<(String, String, Option<OrderId>, bool, Vec<(String, Money)>)> {
    let snapshot = stage.services.db.snapshot().await.unwrap();
    let rows = ledger_entries::Entity::find().order_by_asc(ledger_entries::Column::Key).all(&*snapshot).await.unwrap();
    let mut postings: BTreeMap<_, Vec<(String, Money)>> = BTreeMap::new();
    let all = ledger_postings::Entity::find().order_by_asc(ledger_postings::Column::Position).all(&*snapshot).await.unwrap();
    for row in all {
        let amount = Money::new(row.amount_minor, row.currency.parse().unwrap());
        postings.entry(row.entry_id).or_default().push((row.account, amount));
    }
    let told = |row: ledger_entries::Model| {
        let postings = postings.remove(&row.id).unwrap_or_default();
        (row.key, row.kind, row.order_id, row.payment_id.is_some(), postings)
    };
    rows.into_iter().map(told).collect()
}

#[tokio::test]
async fn the_migration_books_the_past_as_the_program_did() {
    for bench in Bench::each().await {
        let stage = Stage::on(bench, 5).await;
        everything(&stage).await;
        // Money of a session that is none of ours.
        let elsewhere = Stage::new(2).await;
        elsewhere.pass(7);
        // One seed makes both: without this its session would have the name of one of ours.
        elsewhere.ordered(2).await;
        let (user, order) = elsewhere.ordered(1).await;
        let url = elsewhere.page(user, order.id).await.unwrap();
        elsewhere.press(&url, "pay").await;
        let services = Services { gateway: elsewhere.services.gateway.clone(), ..stage.services.clone() };
        let session = elsewhere.sessions(order.id).await.remove(0);
        settle_session(&services, SYSTEM, &session, Bank::Silent).await.unwrap();

        let (booked, holds) = (entries(&stage).await, held(&stage).await);
        assert_eq!(booked.len(), 3 + 3 + 1 + 1 + 2);
        let steps = Migrator::migrations().iter().rev().position(|step| step.name().ends_with("_ledger")).unwrap() + 1;
        let conn = stage.services.db.for_migrations();
        Migrator::down(conn, Some(u32::try_from(steps).unwrap())).await.unwrap();
        Migrator::up(conn, None).await.unwrap();
        // What the gateway kept is asked for anew.
        let later = shifted(stage.services.clocks.service(), SignedDuration::from_secs(1));
        crate::payment::fees::ask_again(&stage.services, later).await.unwrap();
        assert_eq!(entries(&stage).await, booked);
        assert_eq!((held(&stage).await, faults(&stage).await), (holds, vec![]));
        // What is told again after the upgrade is known.
        settle_session(&services, SYSTEM, &session, Bank::Silent).await.unwrap();
        assert_eq!(entries(&stage).await, booked);
        stage.bench.finish().await;
    }
}

//! Money that an admin records.

use super::*;
use crate::enrolment::testing::PRICE;
use crate::kernel::time::Date;
use crate::kernel::{Currency, Money};
use crate::payment::model::Cause;

fn transfer(reference: &str) -> Offline {
    Offline {
        method: Method::BankTransfer,
        reference: reference.parse().unwrap(),
        amount: Money::new(PRICE, Currency::INR),
        received_on: "2027-01-03".parse::<Date>().unwrap(),
    }
}

async fn record(stage: &Stage, order: OrderId, offline: Offline) -> Result<Payment, RecordRefusal> {
    stage.services.db.write(SYSTEM, async |txn| record_offline(txn, order, offline).await).await
}

#[tokio::test]
async fn a_transfer_enrols_and_closes_the_open_page() {
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    let url = stage.page(user, order.id).await.unwrap();
    stage.pass(1);
    let recorded = record(&stage, order.id, transfer("utr 0001")).await.unwrap();
    stage.work().await;
    assert_eq!(stage.stands(order.id).await, ("paid", "enrolled", vec!["expired", "captured"], 0));
    stage.press(&url, "pay").await;
    assert_eq!(stage.settle(&stage.sessions(order.id).await[0]).await, Decision::Nothing, "nobody can pay it twice");
    assert_eq!(stage.letters().await, 1);
    let snapshot = stage.services.db.snapshot().await.unwrap();
    assert!(payments_of_order(&snapshot, order.id).await.unwrap().contains(&recorded));
}

#[tokio::test]
async fn a_card_payment_beside_a_transfer_goes_back() {
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    let url = stage.page(user, order.id).await.unwrap();
    stage.press(&url, "pay").await;
    record(&stage, order.id, transfer("UTR1")).await.unwrap();
    stage.work().await;
    assert_eq!(stage.stands(order.id).await, ("paid", "enrolled", vec!["captured", "captured"], 0));
    assert_eq!(stage.refunds(order.id).await, [("succeeded", PRICE, Cause::Rule(Reason::PaidTwice))]);
    assert_eq!(stage.letters().await, 2, "the confirmation, and why the other goes back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_reference_recorded_for_two_orders_at_once_pays_one() {
    for bench in Bench::each().await {
        let stage = Arc::new(Stage::on(bench, 2).await);
        let orders = [stage.ordered(1).await.1, stage.ordered(2).await.1];
        let tasks: Vec<_> = orders
            .iter()
            .map(|order| {
                let (stage, id) = (Arc::clone(&stage), order.id);
                tokio::spawn(async move { record(&stage, id, transfer("UTR 77")).await })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        let paid = answers.iter().position(Result::is_ok).unwrap();
        let refused = answers.remove(1 - paid);
        let Err(RecordRefusal::ReferenceUsed { order_number }) = refused else { panic!("{refused:?}") };
        assert_eq!(order_number, orders[paid].number);
        assert_eq!(stage.stands(orders[1 - paid].id).await, ("open", "held", vec![], 0));
        Arc::into_inner(stage).unwrap().bench.finish().await;
    }
}

#[tokio::test]
async fn every_refusal_records_nothing() {
    let stage = Stage::new(1).await;
    let (_, order) = stage.ordered(1).await;
    let short = Offline { amount: Money::new(PRICE - 1, Currency::INR), ..transfer("A") };
    let refused = record(&stage, order.id, short).await;
    assert!(matches!(refused, Err(RecordRefusal::AmountDiffers { owed }) if owed == order.quote.total), "{refused:?}");
    let tomorrow = Offline { received_on: "2027-01-05".parse().unwrap(), ..transfer("A") };
    assert!(matches!(record(&stage, order.id, tomorrow).await, Err(RecordRefusal::FutureDate)));
    let nowhere = OrderId(order.enrolment().unwrap().0);
    assert!(matches!(record(&stage, nowhere, transfer("A")).await, Err(RecordRefusal::NoSuchOrder)));
    assert_eq!(stage.stands(order.id).await, ("open", "held", vec![], 0));
    record(&stage, order.id, transfer("A")).await.unwrap();
    assert!(matches!(record(&stage, order.id, transfer("B")).await, Err(RecordRefusal::AlreadyPaid)));
    assert!(matches!(record(&stage, order.id, transfer("a")).await, Err(RecordRefusal::ReferenceUsed { .. })));
}

#[tokio::test]
async fn a_lapsed_order_is_paid_if_a_seat_is_free_and_refused_if_not() {
    let stage = Stage::new(1).await;
    let (_, first) = stage.ordered(1).await;
    stage.pass(33);
    stage.work().await;
    let (_, second) = stage.ordered(2).await;
    assert!(matches!(record(&stage, first.id, transfer("A")).await, Err(RecordRefusal::Full)));
    assert_eq!(stage.stands(first.id).await, ("lapsed", "lapsed", vec![], 0));
    stage.pass(33);
    stage.work().await;
    record(&stage, first.id, transfer("A")).await.unwrap();
    assert_eq!(stage.stands(first.id).await, ("paid", "enrolled", vec!["captured"], 0));
    assert!(matches!(record(&stage, second.id, transfer("B")).await, Err(RecordRefusal::Full)));
}

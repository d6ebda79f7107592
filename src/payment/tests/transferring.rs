//! An order that is to be paid by bank transfer or UPI.

use super::documents::{change, name_seller};
use super::*;
use crate::documents::{self, Kind};
use crate::enrolment::testing::PRICE;
use crate::gateway::practice::Fault;
use crate::kernel::{Currency, Money, Timestamp};
use crate::organisation::model::{Change, TransferHold};
use crate::payment::model::NotAUtr;

const UTR: &str = "412345678901";

/// A seller who takes UPI, and an open order.
async fn selling(bench: Bench, students: u32) -> (Stage, Vec<(UserId, Order)>) {
    let stage = Stage::on(bench, 3).await;
    name_seller(&stage, "Example Journal (demonstration)").await;
    let upi = Some("example.journal@exbank".parse().unwrap());
    change(&stage, Change::Payee { bank: None, upi, hold: TransferHold::default() }).await;
    let mut orders = Vec::new();
    for number in 1..=students {
        orders.push(stage.ordered(number).await);
    }
    (stage, orders)
}

async fn one(students: u32) -> (Stage, Vec<(UserId, Order)>) {
    selling(Bench::sqlite().await, students).await
}

async fn choose(stage: &Stage, user: UserId, order: &Order) -> Result<(), ChooseRefusal> {
    choose_transfer(&stage.services, user, order.id, TransferWay::Upi).await
}

async fn tell(stage: &Stage, user: UserId, order: &Order, text: &str) -> Result<(), TellRefusal> {
    stage.services.db.write(Actor::User(user), async |txn| tell_reference(txn, user, order.id, text).await).await
}

async fn decline(stage: &Stage, order: &Order) -> Result<(), DeclineRefusal> {
    stage.services.db.write(SYSTEM, async |txn| decline_transfer(txn, order.id).await).await
}

async fn known(stage: &Stage, order: &Order) -> Transfer {
    transfer(&stage.services.db.snapshot().await.unwrap(), order.id).await.unwrap().unwrap()
}

fn received(reference: &str) -> Offline {
    Offline {
        method: Method::Upi,
        reference: reference.parse().unwrap(),
        amount: Money::new(PRICE, Currency::INR),
        received_on: "2027-01-04".parse().unwrap(),
    }
}

async fn record(stage: &Stage, order: OrderId, offline: Offline) -> Result<Payment, RecordRefusal> {
    record_payment(&stage.services, SYSTEM, order, offline).await
}

#[tokio::test]
async fn a_choice_closes_the_open_page_keeps_the_seat_and_is_made_once() {
    let (stage, orders) = one(1).await;
    let (user, order) = &orders[0];
    let url = stage.page(*user, order.id).await.unwrap();
    choose(&stage, *user, order).await.unwrap();
    assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["expired"], 0));
    let until = known(&stage, order).await.chosen_until;
    assert_eq!(stage.held_until(order).await, until);
    assert!(until > crate::kernel::time::shifted(crate::testing::START, SignedDuration::from_hours(23)), "{until}");
    stage.press(&url, "pay").await;
    stage.work().await;
    assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["expired"], 0), "a closed page takes no money");

    stage.pass(60);
    let letters = stage.letters().await;
    choose(&stage, *user, order).await.unwrap();
    assert_eq!((known(&stage, order).await.chosen_until, stage.letters().await), (until, letters), "chosen twice");
    let papers = documents::of_order(&stage.services.db.snapshot().await.unwrap(), order.id).await.unwrap();
    assert_eq!(papers.iter().map(|paper| paper.kind).collect::<Vec<_>>(), [Kind::Proforma]);
}

#[tokio::test]
async fn a_page_that_is_left_shortens_no_hold_of_a_transfer_and_its_end_lapses() {
    let (stage, orders) = one(1).await;
    let (user, order) = &orders[0];
    choose(&stage, *user, order).await.unwrap();
    let until = stage.held_until(order).await;
    // The card again: the hold is long enough for it.
    stage.page(*user, order.id).await.unwrap();
    assert_eq!(stage.held_until(order).await, until);
    stage.pass(33);
    sweep(&stage.services).await.unwrap();
    stage.work().await;
    assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["expired"], 0));
    assert_eq!(stage.held_until(order).await, until);
    stage.pass(15 * 24 * 60);
    stage.work().await;
    assert_eq!(stage.stands(order.id).await, ("lapsed", "lapsed", vec!["expired"], 0));
}

#[tokio::test]
async fn a_card_that_is_paid_after_the_choice_settles_the_order() {
    let (stage, orders) = one(1).await;
    let (user, order) = &orders[0];
    choose(&stage, *user, order).await.unwrap();
    let url = stage.page(*user, order.id).await.unwrap();
    stage.press(&url, "pay").await;
    // The page cannot be closed any more: what was paid counts.
    assert!(matches!(choose(&stage, *user, order).await, Err(ChooseRefusal::NotNow)));
    assert_eq!(stage.stands(order.id).await, ("paid", "enrolled", vec!["captured"], 0));
}

#[tokio::test]
async fn a_told_reference_keeps_the_seat_and_the_card_out_until_an_admin_has_looked() {
    let (stage, orders) = one(1).await;
    let (user, order) = &orders[0];
    assert!(matches!(tell(&stage, *user, order, UTR).await, Err(TellRefusal::NotNow)), "no transfer was chosen");
    choose(&stage, *user, order).await.unwrap();
    let until = stage.held_until(order).await;
    assert!(matches!(tell(&stage, *user, order, "4123").await, Err(TellRefusal::NotAUtr(NotAUtr::Upi))));
    tell(&stage, *user, order, "4123 4567 8901").await.unwrap();
    let kept = stage.held_until(order).await;
    assert!(kept > until && kept == known(&stage, order).await.held_until);
    assert!(matches!(stage.page(*user, order.id).await, Err(CheckoutRefusal::TransferTold)));
    let code = use_code(&stage.services, *user, order.id, "NONE").await;
    assert!(matches!(code, Err(CodeRefusal::NotNow)), "{code:?}");

    // Past the end that the choice had: no seat is freed under money that is on its way.
    let passed = until.duration_until(stage.services.clocks.service()).as_mins();
    stage.pass(1 - passed);
    stage.work().await;
    assert_eq!(stage.stands(order.id).await, ("open", "held", vec![], 0));

    decline(&stage, order).await.unwrap();
    assert!(matches!(decline(&stage, order).await, Err(DeclineRefusal::NothingTold)), "declined twice");
    let now: Timestamp = stage.services.clocks.service();
    assert_eq!(stage.held_until(order).await, crate::kernel::time::shifted(now, SignedDuration::from_hours(24)));
    stage.pass(24 * 60 + 1);
    stage.work().await;
    assert_eq!(stage.stands(order.id).await, ("lapsed", "lapsed", vec![], 0));
}

#[tokio::test]
async fn one_reference_is_told_for_one_open_order_and_recorded_once() {
    let (stage, orders) = one(3).await;
    for (user, order) in &orders {
        choose(&stage, *user, order).await.unwrap();
    }
    let [(first, paid), (second, other), (third, last)] = &orders[..] else { panic!("{orders:?}") };
    tell(&stage, *first, paid, UTR).await.unwrap();
    assert!(matches!(tell(&stage, *second, other, UTR).await, Err(TellRefusal::Used)));
    assert!(matches!(tell(&stage, *second, paid, UTR).await, Err(TellRefusal::NoSuchOrder)), "another's order");
    record(&stage, paid.id, received(UTR)).await.unwrap();
    assert_eq!(stage.stands(paid.id).await, ("paid", "enrolled", vec!["captured"], 0));
    assert!(matches!(tell(&stage, *third, last, UTR).await, Err(TellRefusal::Used)), "it is recorded");
    let again = record(&stage, other.id, received(UTR)).await;
    assert!(matches!(&again, Err(RecordRefusal::ReferenceUsed { order_number }) if *order_number == paid.number), "{again:?}");
    let snapshot = stage.services.db.snapshot().await.unwrap();
    assert_eq!(count_told_transfers(&snapshot).await.unwrap(), 0);
}

#[tokio::test]
async fn recording_closes_the_open_page_first_or_records_nothing() {
    let (stage, orders) = one(2).await;
    let (user, order) = &orders[0];
    let url = stage.page(*user, order.id).await.unwrap();
    let short = Offline { amount: Money::new(PRICE - 1, Currency::INR), ..received("A1") };
    assert!(matches!(record(&stage, order.id, short).await, Err(RecordRefusal::AmountDiffers { .. })));
    assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["open"], 0), "a mistake closes no page");
    stage.practice.faults(Fault::Hang, 1);
    assert!(matches!(record(&stage, order.id, received("A1")).await, Err(RecordRefusal::PageOpen)));
    assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["open"], 0));
    record(&stage, order.id, received("A1")).await.unwrap();
    assert_eq!(stage.stands(order.id).await, ("paid", "enrolled", vec!["expired", "captured"], 0), "before any job");
    stage.press(&url, "pay").await;
    stage.work().await;
    assert_eq!(stage.stands(order.id).await, ("paid", "enrolled", vec!["expired", "captured"], 0));

    let (quick, second) = &orders[1];
    let url = stage.page(*quick, second.id).await.unwrap();
    stage.press(&url, "pay").await;
    assert!(matches!(record(&stage, second.id, received("A2")).await, Err(RecordRefusal::AlreadyPaid)));
    assert_eq!(stage.stands(second.id).await, ("paid", "enrolled", vec!["captured"], 0), "the card was quicker");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_card_and_a_record_at_once_take_the_money_once() {
    for bench in Bench::each().await {
        let (stage, orders) = selling(bench, 1).await;
        let stage = Arc::new(stage);
        let (user, order) = orders[0].clone();
        choose(&stage, user, &order).await.unwrap();
        let url = stage.page(user, order.id).await.unwrap();
        let pays = tokio::spawn({
            let (stage, order) = (Arc::clone(&stage), order.id);
            async move {
                stage.press(&url, "pay").await;
                settle_order(&stage.services, SYSTEM, order).await
            }
        });
        let records = tokio::spawn({
            let (stage, order) = (Arc::clone(&stage), order.id);
            async move { record(&stage, order, received(UTR)).await }
        });
        pays.await.unwrap().unwrap();
        let recorded = records.await.unwrap();
        stage.work().await;
        assert!(matches!(recorded, Ok(_) | Err(RecordRefusal::AlreadyPaid)), "{recorded:?}");
        let (state, seat, payments, queued) = stage.stands(order.id).await;
        let captured = payments.iter().filter(|state| **state == "captured").count();
        assert_eq!((state, seat, captured, queued), ("paid", "enrolled", 1, 0), "{payments:?}");
        Arc::into_inner(stage).unwrap().bench.finish().await;
    }
}

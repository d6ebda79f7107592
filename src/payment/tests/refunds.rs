//! Money goes back once, whoever began it and whatever becomes of the gateway's answers.

use super::*;
use crate::documents as papers;
use crate::enrolment::testing::PRICE;
use crate::gateway::practice::{Deed, Fault};
use crate::identity::{self, Role};
use crate::kernel::{Currency, Money, Zone};
use crate::ledger::{Account, balances};
use crate::organisation::{self, model::Approval, model::Change};
use crate::payment::checking::{Fault as Wrong, check};
use crate::payment::model::{Cause, NotNow, Origin};

/// What the practice gateway keeps of a payment.
const FEE: i64 = PRICE / 50;

fn rupees(minor: i64) -> Money {
    Money::new(minor, Currency::INR)
}

/// A paid order on this database, with its intent.
async fn paid_on(bench: Bench) -> (Stage, Order, String) {
    let stage = Stage::on(bench, 2).await;
    let (user, order) = stage.ordered(1).await;
    let url = stage.page(user, order.id).await.unwrap();
    stage.press(&url, "pay").await;
    stage.settle(&stage.sessions(order.id).await[0]).await;
    let intent = payment_of(&stage, &order).await.card().unwrap().intent.clone().unwrap();
    (stage, order, intent)
}

async fn paid() -> (Stage, Order, String) {
    paid_on(Bench::sqlite().await).await
}

async fn payment_of(stage: &Stage, order: &Order) -> Payment {
    let snapshot = stage.services.db.snapshot().await.unwrap();
    payments_of_order(&snapshot, order.id).await.unwrap().remove(0)
}

pub(super) async fn admin(stage: &Stage, number: u32) -> UserId {
    let make = async |txn: &Txn| {
        let email = format!("demo.admin.{number}@example.org").parse().unwrap();
        identity::create_person(txn, &email, name(number), Zone::UTC, Role::Admin).await.map(|person| person.id)
    };
    stage.services.db.write(SYSTEM, make).await.unwrap()
}

async fn ask(stage: &Stage, order: &Order, by: UserId, minor: i64, back: Back) -> Result<Refund, RefundRefusal> {
    let payment = payment_of(stage, order).await.id;
    let wanted = Wanted { payment, amount: rupees(minor), back, note: "Kindness".to_owned() };
    stage.services.db.write(Actor::User(by), async |txn| request_refund(txn, order.id, wanted.clone()).await).await
}

async fn only(stage: &Stage, order: &Order) -> Refund {
    let snapshot = stage.services.db.snapshot().await.unwrap();
    let mut refunds = refunds_of_order(&snapshot, order.id).await.unwrap();
    assert_eq!(refunds.len(), 1, "{refunds:?}");
    refunds.remove(0)
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_and_sends_the_money_once() {
    for fault in [Fault::HtmlAfterWork, Fault::DropAfterWork, Fault::HangAfterWork, Fault::HtmlInstead, Fault::KeyRefused] {
        let (stage, order, _) = paid().await;
        ask(&stage, &order, admin(&stage, 8).await, 100, Back::AsItCame).await.unwrap();
        stage.practice.faults(fault, 1);
        stage.work().await;
        assert_eq!(stage.refunds(order.id).await, [("preparing", 100, Cause::Asked)], "{fault:?}");
        sweep(&stage.services).await.unwrap();
        assert_eq!(stage.refunds(order.id).await, [("succeeded", 100, Cause::Asked)], "{fault:?}");
        assert_eq!((stage.practice.refund_count(), stage.stands(order.id).await.1), (1, "enrolled"), "{fault:?}");
    }
}

#[tokio::test]
async fn an_answer_that_was_lost_for_longer_than_a_key_lives_is_looked_for() {
    let (stage, order, _) = paid().await;
    ask(&stage, &order, admin(&stage, 8).await, 100, Back::AsItCame).await.unwrap();
    stage.practice.faults(Fault::DropAfterWork, 1);
    stage.work().await;
    stage.bench.pass(SignedDuration::from_hours(30));
    sweep(&stage.services).await.unwrap();
    assert_eq!(stage.refunds(order.id).await, [("succeeded", 100, Cause::Asked)]);
    assert_eq!(stage.practice.refund_count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_admins_who_send_all_back_at_once_send_it_once() {
    for bench in Bench::each().await {
        let (stage, order, _) = paid_on(bench).await;
        let stage = Arc::new(stage);
        let mut tasks = Vec::new();
        for number in [8, 9] {
            let (stage, order, by) = (Arc::clone(&stage), order.clone(), admin(&stage, number).await);
            tasks.push(tokio::spawn(async move { ask(&stage, &order, by, PRICE, Back::AsItCame).await }));
        }
        let mut refused = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => {}
                Err(RefundRefusal::TooMuch { left }) if left.minor == 0 => refused += 1,
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(refused, 1);
        stage.work().await;
        assert_eq!(stage.refunds(order.id).await, [("succeeded", PRICE, Cause::Asked)]);
        assert_eq!(stage.stands(order.id).await, ("cancelled", "cancelled", vec!["captured"], 0), "nothing is left of it");
        Arc::into_inner(stage).unwrap().bench.finish().await;
    }
}

#[tokio::test]
async fn no_more_goes_back_than_came_and_nothing_for_nothing() {
    let (stage, order, _) = paid().await;
    let by = admin(&stage, 8).await;
    assert!(matches!(ask(&stage, &order, by, PRICE + 1, Back::AsItCame).await, Err(RefundRefusal::TooMuch { .. })));
    assert!(matches!(ask(&stage, &order, by, 0, Back::AsItCame).await, Err(RefundRefusal::Nothing)));
    ask(&stage, &order, by, 400_000, Back::AsItCame).await.unwrap();
    let refused = ask(&stage, &order, by, 400_000, Back::ByHand).await;
    assert!(matches!(refused, Err(RefundRefusal::TooMuch { left }) if left.minor == 250_000), "{refused:?}");
    assert_eq!(stage.refunds(order.id).await.len(), 1);
}

#[tokio::test]
async fn refunds_of_the_dashboard_are_heard_by_the_sweep_in_parts_and_end_the_seat_with_the_last() {
    let (stage, order, intent) = paid().await;
    stage.practice.refund(&intent, Some(250_000)).unwrap();
    for _ in 0..2 {
        sweep(&stage.services).await.unwrap();
        stage.work().await;
        assert_eq!(stage.refunds(order.id).await, [("succeeded", 250_000, Cause::Dashboard)]);
        assert_eq!(stage.stands(order.id).await, ("paid", "enrolled", vec!["captured"], 0));
    }
    assert_eq!(only(&stage, &order).await.origin, Origin::Dashboard);
    stage.practice.refund(&intent, None).unwrap();
    sweep(&stage.services).await.unwrap();
    stage.work().await;
    assert_eq!(stage.stands(order.id).await, ("cancelled", "cancelled", vec!["captured"], 0));
    assert_eq!(stage.letters().await, 4, "the confirmation, a word of each part, and the end");
}

#[tokio::test]
async fn a_refund_that_fails_after_it_succeeded_is_queued_and_can_be_sent_again() {
    let (stage, order, _) = paid().await;
    let by = admin(&stage, 8).await;
    ask(&stage, &order, by, PRICE, Back::AsItCame).await.unwrap();
    stage.work().await;
    let refund = only(&stage, &order).await;
    assert_eq!(refund.state.word(), "succeeded");
    stage.practice.deed(refund.gateway_id().unwrap(), Deed::RefundFails).unwrap();
    for _ in 0..2 {
        sweep(&stage.services).await.unwrap();
        stage.work().await;
        assert_eq!(stage.reasons().await, [Reason::RefundFailed]);
        assert_eq!(only(&stage, &order).await.state.word(), "failed");
    }
    let again = ask(&stage, &order, by, PRICE, Back::ByHand).await.unwrap();
    let sent = Sent { method: Method::BankTransfer, reference: "UTR 1".parse().unwrap() };
    stage.services.db.write(Actor::User(by), async |txn| record_sent(txn, again.id, sent.clone()).await).await.unwrap();
    assert_eq!(stage.refunds(order.id).await[1], ("succeeded", PRICE, Cause::Asked));
}

#[tokio::test]
async fn what_the_gateway_refuses_is_queued() {
    let (stage, order, intent) = paid().await;
    // Somebody was quicker on the dashboard, and nobody has told us yet.
    ask(&stage, &order, admin(&stage, 8).await, PRICE, Back::AsItCame).await.unwrap();
    stage.practice.refund(&intent, Some(PRICE)).unwrap();
    stage.work().await;
    assert_eq!(only(&stage, &order).await.state.word(), "failed");
    assert_eq!(stage.reasons().await, [Reason::RefundFailed]);
    sweep(&stage.services).await.unwrap();
    stage.work().await;
    let told: Vec<_> = stage.refunds(order.id).await.into_iter().map(|(state, ..)| state).collect();
    assert_eq!(told, ["failed", "succeeded"]);
    assert_eq!(stage.stands(order.id).await.1, "cancelled");
}

#[tokio::test]
async fn above_the_limit_another_admin_agrees_first() {
    let (stage, order, _) = paid().await;
    let limit = Change::Approval(Approval { above: Some(rupees(100_000)) });
    stage.services.db.write(SYSTEM, async |txn| organisation::change(txn, limit).await).await.unwrap();
    let (asker, other) = (admin(&stage, 8).await, admin(&stage, 9).await);
    ask(&stage, &order, asker, 100_000, Back::AsItCame).await.unwrap();
    let waiting = ask(&stage, &order, asker, 100_001, Back::AsItCame).await.unwrap();
    stage.work().await;
    let states = async || stage.refunds(order.id).await.into_iter().map(|(state, ..)| state).collect::<Vec<_>>();
    assert_eq!(states().await, ["awaiting_approval", "succeeded"]);
    let approve = async |by| stage.services.db.write(Actor::User(by), async |txn| approve_refund(txn, waiting.id).await).await;
    assert!(matches!(approve(asker).await, Err(RefundRefusal::NotNow(NotNow::SameAdmin))));
    assert_eq!(approve(other).await.unwrap().approved_by, Some(other));
    assert!(matches!(approve(other).await, Err(RefundRefusal::NotNow(NotNow::NotAwaiting))));
    stage.work().await;
    assert_eq!(states().await, ["succeeded", "succeeded"]);
    let given_up = ask(&stage, &order, asker, 200_000, Back::AsItCame).await.unwrap();
    let decline = async |txn: &Txn| decline_refund(txn, given_up.id, "Not agreed").await;
    stage.services.db.write(Actor::User(other), decline).await.unwrap();
    stage.work().await;
    assert_eq!(states().await, ["cancelled", "succeeded", "succeeded"]);
    assert_eq!(stage.reasons().await, [], "what an admin gave up needs no other");
}

#[tokio::test]
async fn a_transfer_goes_back_by_hand_under_a_reference_of_its_own() {
    let stage = Stage::new(2).await;
    let by = admin(&stage, 8).await;
    let mut refunds = Vec::new();
    for number in [1, 2] {
        let (_, order) = stage.ordered(number).await;
        let offline = Offline {
            method: Method::BankTransfer,
            reference: format!("UTR {number}").parse().unwrap(),
            amount: rupees(PRICE),
            received_on: "2027-01-03".parse().unwrap(),
        };
        stage.services.db.write(Actor::User(by), async |txn| record_offline(txn, order.id, offline).await).await.unwrap();
        assert!(matches!(ask(&stage, &order, by, 100, Back::AsItCame).await, Err(RefundRefusal::NotByGateway)));
        refunds.push(ask(&stage, &order, by, 100, Back::ByHand).await.unwrap());
    }
    stage.work().await;
    let snapshot = stage.services.db.snapshot().await.unwrap();
    assert_eq!(count_refunds_for_admins(&snapshot).await.unwrap(), 2);
    drop(snapshot);
    let sent = Sent { method: Method::BankTransfer, reference: "utr 77".parse().unwrap() };
    let record = async |refund: &Refund| {
        stage.services.db.write(Actor::User(by), async |txn| record_sent(txn, refund.id, sent.clone()).await).await
    };
    let [first, second] = &refunds[..] else { panic!("{refunds:?}") };
    assert_eq!(record(first).await.unwrap().state.word(), "succeeded");
    assert!(matches!(record(first).await, Err(RefundRefusal::NotNow(NotNow::NotByHand))));
    assert!(matches!(record(second).await, Err(RefundRefusal::ReferenceUsed { order }) if order == first.order));
    assert_eq!(stage.practice.refund_count(), 0);
}

#[tokio::test]
async fn money_older_than_a_bank_takes_back_goes_by_hand() {
    let (stage, order, _) = paid().await;
    let by = admin(&stage, 8).await;
    stage.bench.pass(SignedDuration::from_hours(24 * 60));
    assert!(matches!(ask(&stage, &order, by, 100, Back::AsItCame).await, Err(RefundRefusal::NotByGateway)));
    assert_eq!(ask(&stage, &order, by, 100, Back::ByHand).await.unwrap().state.word(), "pending");
}

#[tokio::test]
async fn a_refund_of_another_programs_payment_takes_its_money_out_of_suspense_again() {
    let (stage, _, intent) = paid().await;
    stage.practice.refund(&intent, None).unwrap();
    let mut events = stage.services.gateway.events_since(crate::testing::START).await.unwrap();
    // The refund is told of first.
    events.reverse();
    let mut other = Stage::new(1).await;
    other.services.gateway = stage.services.gateway.clone();
    let receive = async |txn: &Txn| {
        for event in &events {
            receive_notification(txn, event, &event.gist()).await?;
        }
        Ok::<_, DbErr>(())
    };
    other.services.db.write(SYSTEM, receive).await.unwrap();
    other.work().await;
    assert_eq!(other.reasons().await, [Reason::UnknownOrder], "an admin looks at it");
    assert_eq!((held(&other, Account::Suspense).await, held(&other, Account::GatewayClearing).await), (0, -FEE));
    let snapshot = other.services.db.snapshot().await.unwrap();
    let odd = odd_notifications(&snapshot, 50).await.unwrap();
    assert!(odd.iter().all(|odd| odd.oddity == "about a session that is not ours"), "{odd:?}");
}

/// What an account holds, in minor units.
async fn held(stage: &Stage, account: Account) -> i64 {
    let snapshot = stage.services.db.snapshot().await.unwrap();
    let end = crate::kernel::time::shifted(stage.services.clocks.service(), SignedDuration::from_secs(1));
    let all = balances(&snapshot, crate::testing::START, end).await.unwrap();
    all.iter().filter(|of| of.account == account).map(|of| of.closing().minor).sum()
}

async fn faults(stage: &Stage) -> Vec<Wrong> {
    check(&stage.services.db.snapshot().await.unwrap()).await.unwrap().faults
}

#[tokio::test]
async fn a_refund_that_is_not_booked_is_found() {
    for bench in Bench::each().await {
        let (stage, order, _) = paid_on(bench).await;
        let refund = ask(&stage, &order, admin(&stage, 8).await, 100, Back::ByHand).await.unwrap();
        assert_eq!(faults(&stage).await, [], "nothing has left");
        let conn = stage.services.db.for_migrations();
        let run = async |sql: &str| sea_orm::ConnectionTrait::execute_unprepared(conn, sql).await.unwrap();
        run("UPDATE refunds SET state = 'succeeded'").await;
        assert_eq!(faults(&stage).await, [Wrong::Refund(refund.id)]);
        stage.bench.finish().await;
    }
}

#[tokio::test]
async fn a_refund_is_booked_as_it_goes_and_comes_back_and_credited_once() {
    for bench in Bench::each().await {
        let stage = Stage::on(bench, 2).await;
        super::documents::name_seller(&stage, "Example Journal").await;
        let (user, order) = stage.ordered(1).await;
        let url = stage.page(user, order.id).await.unwrap();
        stage.press(&url, "pay").await;
        stage.settle(&stage.sessions(order.id).await[0]).await;
        let by = admin(&stage, 8).await;
        ask(&stage, &order, by, 100, Back::AsItCame).await.unwrap();
        stage.work().await;
        let books = async || {
            let at = async |account| held(&stage, account).await;
            let books = [at(Account::GatewayClearing).await, at(Account::Bank).await, at(Account::Refunds).await];
            (books, at(Account::Receivable).await, notes(&stage, order.id).await)
        };
        assert_eq!(books().await, ([PRICE - FEE - 100, 0, 100], 0, 1));
        stage.practice.deed(only(&stage, &order).await.gateway_id().unwrap(), Deed::RefundFails).unwrap();
        stage.work().await;
        sweep(&stage.services).await.unwrap();
        stage.work().await;
        assert_eq!(books().await, ([PRICE - FEE, 0, 100], -100, 1), "it is still owed, and credited");
        let again = ask(&stage, &order, by, 100, Back::ByHand).await.unwrap();
        let sent = Sent { method: Method::BankTransfer, reference: "UTR 1".parse().unwrap() };
        stage.services.db.write(Actor::User(by), async |txn| record_sent(txn, again.id, sent.clone()).await).await.unwrap();
        assert_eq!(books().await, ([PRICE - FEE, -100, 100], 0, 1), "no second credit note");
        assert_eq!(faults(&stage).await, []);
        stage.bench.finish().await;
    }
}

async fn notes(stage: &Stage, order: OrderId) -> usize {
    let known = papers::of_order(&stage.services.db.snapshot().await.unwrap(), order).await.unwrap();
    known.iter().filter(|known| known.kind == papers::Kind::CreditNote).count()
}

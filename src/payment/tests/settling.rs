//! However the news comes, and however often, the end is the same.

use super::*;
use crate::enrolment::testing::PRICE;
use crate::kernel::time::shifted;
use crate::mail;
use crate::payment::model::Cause;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_at_once_enrol_once_and_mail_once() {
    for bench in Bench::each().await {
        let stage = Arc::new(Stage::on(bench, 1).await);
        let (user, order) = stage.ordered(1).await;
        let url = stage.page(user, order.id).await.unwrap();
        assert_eq!(stage.press(&url, "pay").await, 303);
        let session = stage.sessions(order.id).await.remove(0);
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (stage, session) = (Arc::clone(&stage), session.clone());
                tokio::spawn(async move { stage.settle(&session).await })
            })
            .collect();
        let mut enrolled = 0;
        for task in tasks {
            match task.await.unwrap() {
                Decision::Enrol => enrolled += 1,
                other => assert_eq!(other, Decision::Nothing),
            }
        }
        assert_eq!((enrolled, stage.letters().await), (1, 1));
        assert_eq!(stage.stands(order.id).await, ("paid", "enrolled", vec!["captured"], 0));
        Arc::into_inner(stage).unwrap().bench.finish().await;
    }
}

#[tokio::test]
async fn a_tab_closed_after_paying_and_no_notification_is_settled_by_the_sweep() {
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    let url = stage.page(user, order.id).await.unwrap();
    stage.press(&url, "pay").await;
    stage.pass(5);
    let report = sweep(&stage.services).await.unwrap();
    assert_eq!((report.settled, report.failed), (1, 0));
    assert_eq!(stage.stands(order.id).await, ("paid", "enrolled", vec!["captured"], 0));
    stage.work().await;
    assert_eq!(sweep(&stage.services).await.unwrap(), SweepReport::default());
    assert_eq!(stage.letters().await, 1);
}

/// What a restore leaves in the log.
struct Restored;

impl crate::kernel::Event for Restored {
    fn kind(&self) -> &'static str {
        audit::RESTORED
    }

    fn subject(&self) -> crate::kernel::Subject {
        crate::kernel::Subject::Program
    }

    fn after(&self) -> serde_json::Value {
        serde_json::json!({})
    }
}

#[tokio::test]
async fn a_payment_begun_before_a_restore_is_confirmed_when_an_admin_says_so() {
    for bench in Bench::each().await {
        let stage = Stage::on(bench, 2).await;
        let (user, before) = stage.ordered(1).await;
        let url = stage.page(user, before.id).await.unwrap();
        stage.services.db.write(Actor::Operator, async |txn| audit::record(txn, &Restored).await).await.unwrap();
        assert_eq!(stage.press(&url, "pay").await, 303);
        stage.pass(1);
        let (user, after) = stage.ordered(2).await;
        let url = stage.page(user, after.id).await.unwrap();
        assert_eq!(stage.press(&url, "pay").await, 303);
        for order in [&before, &after] {
            assert_eq!(stage.settle(&stage.sessions(order.id).await[0]).await, Decision::Enrol);
        }
        let snapshot = stage.services.db.snapshot().await.unwrap();
        let letters = mail::letters(&snapshot, &mail::LetterFilter::default(), None, 10).await.unwrap();
        let state = |order: &Order| letters.iter().find(|letter| letter.recipient == order.buyer.email.as_str()).unwrap().state;
        assert_eq!((state(&before), state(&after)), (mail::LetterState::Held, mail::LetterState::Pending));
        drop(snapshot);
        stage.bench.finish().await;
    }
}

#[tokio::test]
async fn a_notification_settles_once_however_often_it_comes() {
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    let url = stage.page(user, order.id).await.unwrap();
    stage.press(&url, "pay").await;
    let events = stage.services.gateway.events_since(crate::testing::START).await.unwrap();
    for round in 0..2 {
        for event in &events {
            let receipt =
                stage.services.db.write(SYSTEM, async |txn| receive_notification(txn, event, &event.gist()).await).await.unwrap();
            assert_eq!(receipt, if round == 0 { Receipt::New } else { Receipt::Known });
        }
        stage.work().await;
        assert_eq!(stage.stands(order.id).await, ("paid", "enrolled", vec!["captured"], 0));
    }
}

#[tokio::test]
async fn money_that_is_not_what_was_asked_for_enrols_nobody() {
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    let url = stage.page(user, order.id).await.unwrap();
    stage.press(&url, "pay").await;
    stage.tamper(order.id, 650_001).await;
    let session = stage.sessions(order.id).await.remove(0);
    for _ in 0..2 {
        assert_eq!(stage.settle(&session).await, Decision::Queue(Reason::AmountDiffers));
        assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["mismatched"], 1));
    }
    assert!(matches!(stage.page(user, order.id).await, Err(CheckoutRefusal::Queued)));
    assert_eq!(stage.practice.session_count(), 1, "more money was asked for");
    stage.pass(33);
    stage.work().await;
    assert_eq!(stage.stands(order.id).await, ("lapsed", "lapsed", vec!["mismatched"], 1));
    let snapshot = stage.services.db.snapshot().await.unwrap();
    let payment = payments_of_order(&snapshot, order.id).await.unwrap().remove(0);
    assert_eq!(payment.received(), Some(order.quote.total), "as it came, whatever we asked for");
}

#[tokio::test]
async fn a_live_key_believes_no_test_money() {
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    let url = stage.page(user, order.id).await.unwrap();
    stage.press(&url, "pay").await;
    let events = stage.services.gateway.events_since(crate::testing::START).await.unwrap();
    let mut completed = events.into_iter().find(|event| event.session().is_some()).unwrap();
    completed.live = true;
    stage.services.db.write(SYSTEM, async |txn| receive_notification(txn, &completed, &completed.gist()).await).await.unwrap();
    stage.work().await;
    assert_eq!(stage.reasons().await, [Reason::WrongMode]);
    assert_eq!(stage.stands(order.id).await.0, "open");
}

#[tokio::test]
async fn a_session_of_an_unknown_order_is_queued_once() {
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    let url = stage.page(user, order.id).await.unwrap();
    stage.press(&url, "pay").await;
    let session = stage.sessions(order.id).await.remove(0);
    // Another program's database: it never made this session.
    let other = Stage::new(1).await;
    let services = Services { gateway: stage.services.gateway.clone(), ..other.services.clone() };
    for _ in 0..3 {
        assert_eq!(settle_session(&services, SYSTEM, &session, Bank::Silent).await.unwrap(), Settled::NotOurs);
        assert_eq!(other.reasons().await, [Reason::UnknownOrder]);
    }
}

#[tokio::test]
async fn an_unpaid_hold_ends_with_its_page_and_frees_the_seat() {
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    let url = stage.page(user, order.id).await.unwrap();
    let other = student_of(&stage.services.db, 2).await;
    stage.pass(31);
    stage.work().await;
    assert!(matches!(stage.order_for(other, 2).await, Err(enrolment::HoldRefusal::Full)));
    stage.pass(1);
    stage.work().await;
    assert_eq!(stage.stands(order.id).await, ("lapsed", "lapsed", vec!["expired"], 0));
    stage.press(&url, "pay").await;
    assert_eq!(stage.settle(&stage.sessions(order.id).await[0]).await, Decision::Nothing, "nobody can pay it any more");
    stage.order_for(other, 2).await.unwrap();
}

#[tokio::test]
async fn money_paid_in_the_last_moment_enrols_when_the_hold_ends() {
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    let url = stage.page(user, order.id).await.unwrap();
    stage.pass(30);
    assert_eq!(stage.press(&url, "pay").await, 303);
    stage.pass(3);
    stage.work().await;
    assert_eq!(stage.stands(order.id).await, ("paid", "enrolled", vec!["captured"], 0));
}

#[tokio::test]
async fn a_seat_is_not_freed_while_the_gateway_does_not_answer() {
    use crate::gateway::practice::Fault;
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    let url = stage.page(user, order.id).await.unwrap();
    stage.press(&url, "pay").await;
    stage.pass(33);
    stage.practice.faults(Fault::HtmlInstead, 1);
    stage.work().await;
    assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["open"], 0));
    stage.pass(30);
    stage.work().await;
    assert_eq!(stage.stands(order.id).await, ("paid", "enrolled", vec!["captured"], 0));
}

#[tokio::test]
async fn a_bank_that_decides_later_keeps_the_seat_and_its_answer_counts() {
    let stage = Stage::new(2).await;
    let (user, order) = stage.ordered(1).await;
    let (other, refused) = stage.ordered(2).await;
    let (first, second) = (stage.page(user, order.id).await.unwrap(), stage.page(other, refused.id).await.unwrap());
    for (url, order) in [(&first, &order), (&second, &refused)] {
        assert_eq!(stage.press(url, "late").await, 303);
        stage.settle(&stage.sessions(order.id).await[0]).await;
        assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["processing"], 0));
    }
    assert!(matches!(stage.page(user, order.id).await, Err(CheckoutRefusal::BankDeciding)));
    stage.pass(120);
    stage.work().await;
    assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["processing"], 0));
    assert!(stage.press(&first, "confirm").await < 400);
    assert!(stage.press(&second, "refuse").await < 400);
    sweep(&stage.services).await.unwrap();
    stage.work().await;
    assert_eq!(stage.stands(order.id).await, ("paid", "enrolled", vec!["captured"], 0));
    assert_eq!(stage.stands(refused.id).await, ("lapsed", "lapsed", vec!["failed"], 0));
}

#[tokio::test]
async fn money_after_the_lapse_takes_a_free_seat_or_goes_back() {
    for (capacity, end) in [(2, ("paid", "enrolled", vec!["captured"], 0)), (1, ("lapsed", "lapsed", vec!["captured"], 0))] {
        let stage = Stage::new(capacity).await;
        let (user, order) = stage.ordered(1).await;
        let url = stage.page(user, order.id).await.unwrap();
        stage.press(&url, "late").await;
        let session = stage.sessions(order.id).await.remove(0);
        let decision = stage.settle(&session).await;
        let Decision::KeepForBank { until } = decision else { panic!("{decision:?}") };
        assert_eq!(until, shifted(order.created_at, model::BANK_LIMIT));
        // The cohort has closed by then: the other student's hold is from before, on the seat that is free.
        stage.bench.services.clocks.set_machine(shifted(order.created_at, SignedDuration::from_hours(8 * 24)));
        stage.work().await;
        assert_eq!(stage.stands(order.id).await.1, "lapsed");
        let db = &stage.services.db;
        stage.services.clocks.set_machine(order.created_at);
        let other = student_of(db, 2).await;
        stage.order_for(other, 2).await.unwrap();
        assert!(stage.press(&url, "confirm").await < 400);
        stage.settle(&session).await;
        assert_eq!(stage.stands(order.id).await, end);
        stage.work().await;
        let returned = stage.refunds(order.id).await;
        match capacity {
            // A bank takes its time with a refund, too.
            1 => assert_eq!(returned, [("pending", PRICE, Cause::Rule(Reason::SeatGone))]),
            _ => assert_eq!(returned, []),
        }
    }
}

#[tokio::test]
async fn a_key_that_is_not_accepted_says_nothing_about_a_payment() {
    use crate::gateway::practice::Fault;
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    let url = stage.page(user, order.id).await.unwrap();
    stage.press(&url, "pay").await;
    stage.pass(5);
    // Once for the attempt, once for the list of events.
    stage.practice.faults(Fault::KeyRefused, 2);
    assert!(matches!(sweep(&stage.services).await, Err(SettleError::Gateway(_))));
    stage.pass(28);
    stage.practice.faults(Fault::KeyRefused, 1);
    stage.work().await;
    assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["open"], 0));
    stage.pass(30);
    stage.work().await;
    assert_eq!(stage.stands(order.id).await, ("paid", "enrolled", vec!["captured"], 0));
}

#[tokio::test]
async fn a_notification_whose_job_was_given_up_is_processed_after_the_next_sweep() {
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    let url = stage.page(user, order.id).await.unwrap();
    stage.press(&url, "pay").await;
    stage.pass(5);
    sweep(&stage.services).await.unwrap();
    let events = stage.services.gateway.events_since(crate::testing::START).await.unwrap();
    assert!(!events.is_empty());
    assert!(stage.services.db.write(SYSTEM, async |txn| crate::jobs::lose_all(txn).await).await.unwrap() > 0);
    let processed = async || {
        let snapshot = stage.services.db.snapshot().await.unwrap();
        store::event(&snapshot, &events[0].id).await.unwrap().unwrap().processed
    };
    stage.work().await;
    assert!(!processed().await);
    stage.pass(5);
    assert_eq!(sweep(&stage.services).await.unwrap().events, 0);
    stage.work().await;
    assert!(processed().await);
}

#[tokio::test]
async fn news_of_money_that_is_not_settled_here_is_kept_and_is_not_odd() {
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    let url = stage.page(user, order.id).await.unwrap();
    stage.press(&url, "pay").await;
    let session = stage.sessions(order.id).await.remove(0);
    let intent = stage.services.gateway.session(&session).await.unwrap().intent.unwrap();
    stage.practice.refund(&intent, Some(100)).unwrap();
    stage.practice.dispute(&intent).unwrap();
    stage.pass(5);
    let events = stage.services.gateway.events_since(crate::testing::START).await.unwrap();
    assert_eq!(sweep(&stage.services).await.unwrap().events, events.len());
    stage.work().await;
    let snapshot = stage.services.db.snapshot().await.unwrap();
    for event in &events {
        assert!(store::event(&snapshot, &event.id).await.unwrap().unwrap().processed, "{}", event.kind);
    }
    assert_eq!(store::odd_notifications(&snapshot, 10).await.unwrap(), []);
}

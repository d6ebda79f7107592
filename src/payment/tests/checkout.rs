//! One page per order, whatever happens to the gateway's answers.

use super::*;
use crate::enrolment::HOLD;
use crate::gateway::practice::Fault;
use crate::kernel::time::shifted;
use crate::payment::checkout::PAGE;
use crate::testing::START;

#[tokio::test]
async fn a_page_is_used_again_while_it_is_worth_it() {
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    let url = stage.page(user, order.id).await.unwrap();
    stage.pass(20);
    assert_eq!(stage.page(user, order.id).await.unwrap(), url);
    assert_eq!((stage.practice.session_count(), stage.held_until(&order).await), (1, shifted(START, HOLD)));
    stage.pass(7);
    let next = stage.page(user, order.id).await.unwrap();
    assert_ne!(next, url);
    stage.press(&url, "pay").await;
    assert_eq!(stage.settle(&stage.sessions(order.id).await[0]).await, Decision::Wait, "only one page takes money");
    assert_eq!(stage.held_until(&order).await, shifted(START, HOLD + SignedDuration::from_mins(27)));
    assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["expired", "open"], 0));
}

#[tokio::test]
async fn a_hold_is_extended_for_two_more_pages_and_no_further() {
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    for _ in 0..3 {
        stage.page(user, order.id).await.unwrap();
        stage.pass(27);
    }
    assert!(matches!(stage.page(user, order.id).await, Err(CheckoutRefusal::NoMoreTime { .. })));
    stage.pass(6);
    assert!(matches!(stage.page(user, order.id).await, Err(CheckoutRefusal::HoldOver)));
    stage.work().await;
    assert!(matches!(stage.page(user, order.id).await, Err(CheckoutRefusal::OrderClosed)));
}

#[tokio::test]
async fn an_answer_that_was_lost_leads_to_the_same_page() {
    for fault in [Fault::HtmlAfterWork, Fault::DropAfterWork, Fault::HangAfterWork, Fault::HtmlInstead, Fault::Hang] {
        let stage = Stage::new(1).await;
        let (user, order) = stage.ordered(1).await;
        stage.practice.faults(fault, 1);
        let refused = stage.page(user, order.id).await;
        let Err(CheckoutRefusal::GatewayTrouble { held_until }) = refused else { panic!("{fault:?}: {refused:?}") };
        assert_eq!(held_until, shifted(START, HOLD));
        assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["preparing"], 0), "{fault:?}");
        stage.page(user, order.id).await.unwrap();
        assert_eq!(stage.practice.session_count(), 1, "{fault:?}");
        assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["open"], 0), "{fault:?}");
    }
}

#[tokio::test]
async fn a_page_whose_address_was_lost_and_that_was_paid_is_settled() {
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    stage.practice.faults(Fault::HtmlAfterWork, 1);
    assert!(stage.page(user, order.id).await.is_err());
    stage.pass(3);
    // The sweep learns the page's address, and a sweep after the payment learns of that.
    sweep(&stage.services).await.unwrap();
    let url = stage.page(user, order.id).await.unwrap();
    stage.press(&url, "pay").await;
    sweep(&stage.services).await.unwrap();
    assert_eq!(stage.stands(order.id).await, ("paid", "enrolled", vec!["captured"], 0));
}

#[tokio::test]
async fn an_attempt_that_never_arrived_fails_for_its_age_and_the_hold_ends() {
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    stage.practice.faults(Fault::HtmlInstead, 1);
    assert!(stage.page(user, order.id).await.is_err());
    stage.pass(33);
    stage.work().await;
    assert_eq!(stage.stands(order.id).await, ("lapsed", "lapsed", vec!["failed"], 0));
    assert_eq!(stage.practice.session_count(), 0);
}

/// An order with an attempt that never arrived at the gateway, ten minutes ago.
async fn never_arrived(stage: &Stage) -> (UserId, Order) {
    let (user, order) = stage.ordered(1).await;
    stage.practice.faults(Fault::HtmlInstead, 1);
    assert!(stage.page(user, order.id).await.is_err());
    stage.pass(10);
    (user, order)
}

/// The button pressed ten times at once makes one page.
async fn pressed_ten_times_at_once_it_is_one_page(stage: &Arc<Stage>, user: UserId, order: OrderId) {
    let press = || {
        let stage = Arc::clone(stage);
        tokio::spawn(async move { stage.page(user, order).await })
    };
    for task in (0..10).map(|_| press()).collect::<Vec<_>>() {
        let page = task.await.unwrap();
        assert!(matches!(page, Ok(_) | Err(CheckoutRefusal::GatewayTrouble { .. })), "{page:?}");
    }
    assert_eq!(stage.practice.session_count(), 1);
    assert_eq!(stage.stands(order).await, ("open", "held", vec!["open"], 0));
}

#[tokio::test]
async fn an_old_attempt_that_never_arrived_is_made_anew_in_its_own_place() {
    let stage = Stage::new(1).await;
    let (user, order) = never_arrived(&stage).await;
    // The sweep, and a return page, leave it as it is.
    sweep(&stage.services).await.unwrap();
    settle_order(&stage.services, SYSTEM, order.id).await.unwrap();
    assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["preparing"], 0));
    let url = stage.page(user, order.id).await.unwrap();
    assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["open"], 0));
    assert_eq!(stage.page(user, order.id).await.unwrap(), url);
    // It was the first page, of which no extension is counted.
    for _ in 0..2 {
        stage.pass(27);
        stage.page(user, order.id).await.unwrap();
    }
    assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["expired", "expired", "open"], 0));
}

#[tokio::test]
async fn made_anew_again_and_again_it_keeps_no_seat_for_ever() {
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    stage.practice.faults(Fault::HtmlInstead, 1);
    let mut refused = stage.page(user, order.id).await;
    for _ in 0..60 {
        assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["preparing"], 0), "{refused:?}");
        let Err(CheckoutRefusal::GatewayTrouble { .. }) = refused else { break };
        stage.pass(2);
        // Refused for its age, made anew, and lost again.
        stage.practice.faults(Fault::Spared, 1);
        stage.practice.faults(Fault::HtmlInstead, 1);
        refused = stage.page(user, order.id).await;
    }
    let Err(CheckoutRefusal::NoMoreTime { held_until }) = refused else { panic!("{refused:?}") };
    assert!(held_until <= shifted(START, PAGE * 3), "{held_until}");
}

#[tokio::test]
async fn a_key_that_was_used_for_another_request_is_nothing_to_make_anew() {
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    // The page was made, the answer lost; then the program was given another address.
    stage.practice.faults(Fault::HtmlAfterWork, 1);
    assert!(stage.page(user, order.id).await.is_err());
    stage.pass(5);
    let mut settings = (*stage.services.settings).clone();
    settings.server.public_url = crate::config::PublicUrl::loopback("elsewhere.localhost", 8000);
    let services = Services { settings: Arc::new(settings), ..stage.services.clone() };
    let refused = begin_checkout(&services, user, order.id).await;
    assert!(matches!(refused, Err(CheckoutRefusal::GatewayRefused { .. })), "{refused:?}");
    assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["preparing"], 0), "what was made may be paid");
    assert_eq!(stage.practice.session_count(), 1);
    stage.page(user, order.id).await.unwrap();
    assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["open"], 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pressed_ten_times_at_once_it_is_made_anew_once() {
    let stage = Arc::new(Stage::new(1).await);
    let (user, order) = never_arrived(&stage).await;
    pressed_ten_times_at_once_it_is_one_page(&stage, user, order.id).await;
}

#[tokio::test]
async fn an_old_attempt_that_never_arrived_fails_where_it_must_be_closed() {
    let stage = Stage::new(1).await;
    let (user, order) = never_arrived(&stage).await;
    let close = async |txn: &Txn| crate::payment::settling::close_pages(txn, order.id).await;
    stage.services.db.write(SYSTEM, close).await.unwrap();
    stage.work().await;
    assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["failed"], 0));
    stage.page(user, order.id).await.unwrap();
    assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["failed", "open"], 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_button_pressed_ten_times_at_once_makes_one_page() {
    let stage = Arc::new(Stage::new(1).await);
    let (user, order) = stage.ordered(1).await;
    pressed_ten_times_at_once_it_is_one_page(&stage, user, order.id).await;
}

#[tokio::test]
async fn anothers_order_is_not_found() {
    let stage = Stage::new(1).await;
    let (_, order) = stage.ordered(1).await;
    let stranger = student_of(&stage.services.db, 2).await;
    assert!(matches!(stage.page(stranger, order.id).await, Err(CheckoutRefusal::NoSuchOrder)));
    let snapshot = stage.services.db.snapshot().await.unwrap();
    assert_eq!(order_of_user(&snapshot, stranger, order.id).await.unwrap(), None);
    assert_eq!(order_of_user(&snapshot, order.user, order.id).await.unwrap(), Some(order));
}

#[tokio::test]
async fn a_key_that_is_not_accepted_is_trouble_and_keeps_the_seat() {
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    stage.practice.faults(Fault::KeyRefused, 1);
    assert!(matches!(stage.page(user, order.id).await, Err(CheckoutRefusal::GatewayTrouble { .. })));
    assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["preparing"], 0));
    stage.page(user, order.id).await.unwrap();
    assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["open"], 0));
}

#[tokio::test]
async fn a_kept_error_ends_the_attempt_with_its_page_and_not_before() {
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    stage.practice.faults(Fault::Broken, 3);
    for _ in 0..2 {
        assert!(matches!(stage.page(user, order.id).await, Err(CheckoutRefusal::GatewayTrouble { .. })));
        assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["preparing"], 0));
        stage.pass(10);
    }
    stage.pass(13);
    stage.work().await;
    assert_eq!(stage.stands(order.id).await, ("lapsed", "lapsed", vec!["failed"], 0));
}

#[tokio::test]
async fn a_hold_outlasts_by_a_minute_a_page_opened_soon_after_it_began() {
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    stage.bench.pass(SignedDuration::from_secs(30));
    stage.page(user, order.id).await.unwrap();
    let page_ends = shifted(START, SignedDuration::from_secs(30) + PAGE);
    assert_eq!(stage.held_until(&order).await, shifted(page_ends, model::GRACE));
}

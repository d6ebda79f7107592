//! As whom the gateway knows buyers: one customer each, whatever happens to the answers.

use super::*;
use crate::gateway::practice::Fault;

/// A seat held and an order placed, by somebody whom the gateway does not know.
async fn unknown(stage: &Stage) -> (UserId, Order) {
    let user = student_of(&stage.services.db, 1).await;
    (user, stage.order_for(user, 1).await.unwrap())
}

fn count(stage: &Stage) -> (usize, usize) {
    (stage.practice.customer_count(), stage.practice.session_count())
}

#[tokio::test]
async fn a_buyer_is_one_customer_whatever_happens_to_the_answer() {
    for fault in [Fault::HtmlAfterWork, Fault::DropAfterWork, Fault::HangAfterWork, Fault::HtmlInstead, Fault::KeyRefused] {
        for bench in Bench::each().await {
            let stage = Stage::on(bench, 1).await;
            let (user, order) = unknown(&stage).await;
            stage.practice.faults(fault, 1);
            assert!(matches!(stage.page(user, order.id).await, Err(CheckoutRefusal::GatewayTrouble { .. })), "{fault:?}");
            assert_eq!(stage.stands(order.id).await, ("open", "held", vec![], 0), "{fault:?}");
            stage.page(user, order.id).await.unwrap();
            assert_eq!(count(&stage), (1, 1), "{fault:?}");
            // A page that is nearly over leads to another attempt, of the same customer.
            stage.pass(28);
            stage.page(user, order.id).await.unwrap();
            let snapshot = stage.services.db.snapshot().await.unwrap();
            let payments = payments_of_order(&snapshot, order.id).await.unwrap();
            let customers: Vec<_> = payments.iter().filter_map(|payment| payment.card()?.customer.clone()).collect();
            assert_eq!((customers.len(), count(&stage)), (2, (1, 2)), "{fault:?}");
            assert_eq!(customers[0], customers[1]);
            drop(snapshot);
            stage.bench.finish().await;
        }
    }
}

#[tokio::test]
async fn an_error_that_the_gateway_keeps_under_the_key_keeps_nobody_from_paying_for_long() {
    let stage = Stage::new(1).await;
    let (user, order) = unknown(&stage).await;
    let key = async || {
        let asked = store::customers_of(&stage.services.db.snapshot().await.unwrap(), user, false).await.unwrap();
        asked.into_iter().map(|asked| asked.key).collect::<Vec<_>>()
    };
    stage.practice.faults(Fault::Broken, 2);
    let mut keys = Vec::new();
    for _ in 0..2 {
        assert!(matches!(stage.page(user, order.id).await, Err(CheckoutRefusal::GatewayTrouble { .. })));
        keys.extend(key().await);
    }
    assert_eq!(keys[0], keys[1]);
    stage.pass(6);
    stage.page(user, order.id).await.unwrap();
    assert_ne!(key().await, keys[..1], "an error that is kept under the key is left behind with it");
    assert_eq!(count(&stage), (1, 1));
}

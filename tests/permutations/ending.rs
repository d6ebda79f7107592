//! How a story ended: a line for each fact, without times and ids.

use lectern::db::rows::documents::documents;
use lectern::db::rows::payment::{disputes, gateway_charges, gateway_events, orders, payment_exceptions, payments, refunds};
use lectern::db::rows::{enrolment::enrolments, mail, pricing::coupon_uses};
use lectern::kernel::time::{SignedDuration, shifted};
use lectern::ledger::{Account, balances};
use lectern::payment::checking::check;
use lectern::work;
use sea_orm::{ActiveEnum, EntityTrait};

use super::world::World;

/// The facts, with amounts in paise; sorted.
pub async fn lines(world: &World) -> Vec<String> {
    let conn = world.services.db.snapshot().await.unwrap();
    let mut lines = Vec::new();
    for order in orders::Entity::find().all(&*conn).await.unwrap() {
        let mut line = format!("order {}", order.state.to_value());
        if let Some(settled) = lectern::payment::order(&conn, order.id).await.unwrap().and_then(|order| order.enrolment()) {
            let seat = enrolments::Entity::find_by_id(settled).one(&*conn).await.unwrap().expect("a seat");
            line = format!("{line}, seat {} {}", seat.state.to_value(), seat.funding.to_value());
        }
        lines.push(line);
    }
    for payment in payments::Entity::find().all(&*conn).await.unwrap() {
        lines.push(format!("payment {} {} {}", payment.method.to_value(), payment.state.to_value(), payment.amount_minor));
    }
    for refund in refunds::Entity::find().all(&*conn).await.unwrap() {
        lines.push(format!("refund {} {} {}", refund.cause, refund.state.to_value(), refund.amount_minor));
    }
    for dispute in disputes::Entity::find().all(&*conn).await.unwrap() {
        let whose = if dispute.payment_id.is_some() { "known" } else { "of unknown money" };
        lines.push(format!("dispute {} {whose} {}", dispute.status, dispute.taken_minor - dispute.returned_minor));
    }
    for document in documents::Entity::find().all(&*conn).await.unwrap() {
        let total = document.facts["sums"]["total"]["minor"].clone();
        // Which of two has which number is decided by which was heard of first.
        lines.extend([format!("document {} {total}", document.kind.to_value()), format!("number {}", document.number)]);
    }
    for used in coupon_uses::Entity::find().all(&*conn).await.unwrap() {
        lines.push(if used.given_back_at.is_some() { "coupon given back" } else { "coupon used" }.to_owned());
    }
    for waiting in payment_exceptions::Entity::find().all(&*conn).await.unwrap() {
        lines.push(format!("queue {}", waiting.reason));
    }
    for event in gateway_events::Entity::find().all(&*conn).await.unwrap() {
        if let Some(odd) = &event.error {
            lines.push(format!("odd {}: {odd}", event.kind));
        }
    }
    for mail in mail::Entity::find().all(&*conn).await.unwrap() {
        lines.push(format!("mail {} to {} {}", mail.kind, mail.recipient, mail.state.to_value()));
    }
    let until = shifted(world.now(), SignedDuration::from_secs(1));
    for of in balances(&conn, until, until).await.unwrap() {
        if of.closing().minor != 0 {
            lines.push(format!("books {} {}", of.account.word(), of.closing().minor));
        }
    }
    lines.sort();
    lines
}

/// What must hold at every end, whatever the story: the books are what happened, the account of the gateway is what the gateway holds,
/// and nothing is left to be done or asked. What does not.
pub async fn wrong(world: &World) -> Vec<String> {
    let conn = world.services.db.snapshot().await.unwrap();
    let mut wrong: Vec<String> = check(&conn).await.unwrap().faults.iter().map(ToString::to_string).collect();
    let until = shifted(world.now(), SignedDuration::from_secs(1));
    let held = balances(&conn, until, until).await.unwrap();
    let held: i64 = held.iter().filter(|of| of.account == Account::GatewayClearing).map(|of| of.closing().minor).sum();
    let there = world.practice.balance().minor;
    if held != there {
        wrong.push(format!("the books have {held} at the gateway, which holds {there}"));
    }
    for charge in gateway_charges::Entity::find().all(&*conn).await.unwrap() {
        if charge.known_at.is_none() {
            wrong.push(format!("the fee of {} was never asked", charge.payment_id));
        }
    }
    for event in gateway_events::Entity::find().all(&*conn).await.unwrap() {
        if event.processed_at.is_none() {
            wrong.push(format!("a notification is left: {}", event.kind));
        }
    }
    drop(conn);
    let left = work::outstanding(&world.services).await.unwrap();
    wrong.extend(left.into_iter().filter(|left| left.what == "job").map(|left| format!("a job is left: {left:?}")));
    wrong
}

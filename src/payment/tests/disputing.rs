//! Disputes: told in any order and any number of times, they end in the same books.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use sea_orm::EntityTrait;
use uuid::Uuid;

use super::*;
use crate::gateway::GatewayDispute;
use crate::gateway::practice::Deed;
use crate::kernel::ids::PaymentId;
use crate::kernel::time::shifted;
use crate::kernel::{Currency, Money};
use crate::ledger::{Account, Refs, balances};
use crate::payment::books::Against;
use crate::payment::checking::check;
use crate::payment::disputing::{entries, note};
use crate::payment::model::{DisputeFacts, Movement};
use crate::payment::whose::Whose;
use crate::testing::START;

const PRICE: i64 = crate::enrolment::testing::PRICE;
const FEE: i64 = PRICE / 50;
/// What the practice gateway takes for a dispute.
const DISPUTE_FEE: i64 = 100_000;

/// How a dispute may go on: each step adds to what the one before had.
pub(super) fn history() -> impl Strategy<Value = Vec<DisputeFacts>> {
    let step = (0_usize..7, prop::option::of((1_i64..=100, 0_i64..2_000)));
    (1_i64..1_000_000, any::<bool>(), prop::collection::vec(step, 1..8)).prop_map(|(minor, abroad, steps)| {
        let (paid, kept) = if abroad { (Currency::USD, 83) } else { (Currency::INR, 1) };
        let standings = [
            Standing::Inquiry,
            Standing::InquiryClosed,
            Standing::NeedsResponse,
            Standing::UnderReview,
            Standing::Prevented,
            Standing::Lost,
            Standing::Won,
        ];
        let mut told = DisputeFacts {
            standing: Standing::Inquiry,
            amount: Some(Money::new(minor, paid)),
            reason: "fraudulent".to_owned(),
            evidence_due_by: None,
            movements: Vec::new(),
        };
        let mut history = Vec::new();
        for (index, moved) in steps {
            told.standing = told.standing.max(standings[index]);
            if let Some((percent, fee)) = moved {
                let out = told.movements.len().is_multiple_of(2);
                let whole = minor * kept;
                let amount = if out { -whole } else { (whole * percent / 100).max(1) };
                told.movements.push(Movement {
                    id: format!("txn_{}", told.movements.len()),
                    amount: Money::new(amount, Currency::INR),
                    fee: Money::new(if out { fee } else { -fee }, Currency::INR),
                });
            }
            history.push(told.clone());
        }
        history
    })
}

/// What the accounts hold after a dispute was told so, and the keys under which it was booked.
#[derive(Debug, Default)]
struct Heard {
    known: Option<DisputeFacts>,
    accounts: BTreeMap<(Account, &'static str), i64>,
    keys: BTreeSet<String>,
}

impl Heard {
    fn hear(&mut self, told: &DisputeFacts) {
        if self.known.as_ref().is_some_and(|known| told.progress() < known.progress()) {
            return;
        }
        let refs = Refs { order: None, payment: Some(PaymentId(Uuid::nil())), refund: None };
        for entry in entries("dp_1", told, self.known.as_ref(), refs, Against::Order) {
            let entry = entry.unwrap();
            assert!(self.keys.insert(entry.key().to_owned()), "{} is the key of two facts", entry.key());
            for posting in entry.postings() {
                *self.accounts.entry((posting.account, posting.amount.currency.code())).or_default() += posting.amount.minor;
            }
        }
        self.known = Some(told.clone());
    }

    fn held(&self) -> BTreeMap<(Account, &'static str), i64> {
        self.accounts.iter().filter(|(_, minor)| **minor != 0).map(|(account, minor)| (*account, *minor)).collect()
    }
}

proptest! {
    #[test]
    fn any_order_and_any_repetition_give_the_same_books(
        history in history(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let last = history.last().unwrap();
        let (mut once, mut often) = (Heard::default(), Heard::default());
        once.hear(last);
        for index in &order {
            often.hear(index.get(&history));
        }
        often.hear(last);
        prop_assert_eq!(often.held(), once.held());
        prop_assert_eq!(often.known, once.known);
    }

    #[test]
    fn what_is_over_is_held_by_nobody(history in history()) {
        let mut heard = Heard::default();
        for told in &history {
            heard.hear(told);
        }
        let last = history.last().unwrap();
        let currency = last.amount.unwrap().currency;
        let held = |account| heard.held().get(&(account, currency.code())).copied().unwrap_or(0);
        let gone = last.taken().unwrap().minor - last.returned().unwrap().minor;
        let expected = if last.standing == Standing::Lost { (0, gone) } else { (gone, 0) };
        prop_assert_eq!((held(Account::Disputes), held(Account::Receivable)), expected);
        // The account of the gateway moved as the balance there.
        let moved: i64 = last.movements.iter().map(|movement| movement.amount.minor - movement.fee.minor).sum();
        prop_assert_eq!(heard.held().get(&(Account::GatewayClearing, "INR")).copied().unwrap_or(0), moved);
    }
}

/// A paid order, with the gateway's intent of its payment.
async fn paid(stage: &Stage) -> (Order, String) {
    let (user, order) = stage.ordered(1).await;
    let url = stage.page(user, order.id).await.unwrap();
    stage.press(&url, "pay").await;
    let session = stage.sessions(order.id).await.remove(0);
    let intent = stage.services.gateway.session(&session).await.unwrap().intent.unwrap();
    (order, intent)
}

async fn told(stage: &Stage) -> (Vec<&'static str>, BTreeMap<Account, i64>) {
    let snapshot = stage.services.db.snapshot().await.unwrap();
    let faults = check(&snapshot).await.unwrap().faults;
    assert_eq!(faults, []);
    let until = shifted(stage.services.clocks.service(), SignedDuration::from_secs(1));
    let all = balances(&snapshot, START, until).await.unwrap();
    let held = all.iter().map(|of| (of.account, of.closing().minor)).filter(|(_, minor)| *minor != 0).collect();
    let rows = crate::db::rows::payment::disputes::Entity::find().all(&*snapshot).await.unwrap();
    let standings = rows.iter().map(|row| row.status.parse::<Standing>().unwrap().word()).collect();
    (standings, held)
}

async fn hear(stage: &Stage, dispute: &GatewayDispute) {
    let work = async |txn: &Txn| {
        let intent = dispute.intent.as_deref().unwrap_or_default();
        let booked = store::booked_of_intent(txn, intent).await?;
        note(txn, dispute, &booked.map_or(Whose::Nobodys, |payment| Whose::Payment(payment.id))).await
    };
    stage.services.db.write(SYSTEM, work).await.unwrap();
}

#[tokio::test]
async fn a_dispute_that_is_lost_leaves_its_order_unpaid_and_one_that_is_won_does_not() {
    for deed in [Deed::DisputeWon, Deed::DisputeLost] {
        for bench in Bench::each().await {
            let stage = Stage::on(bench, 5).await;
            let (order, intent) = paid(&stage).await;
            let session = stage.sessions(order.id).await.remove(0);
            let id = stage.practice.dispute(&intent).unwrap();
            // Its notification may come before that of the payment.
            let opened = stage.services.gateway.dispute(&id).await.unwrap();
            hear(&stage, &opened).await;
            assert_eq!(told(&stage).await, (vec!["needs_response"], BTreeMap::new()), "whose money it is is not known yet");
            stage.settle(&session).await;
            stage.work().await;
            stage.pass(3);
            sweep(&stage.services).await.unwrap();
            stage.work().await;
            let taken = [
                (Account::GatewayClearing, -FEE - DISPUTE_FEE),
                (Account::Fees, FEE + DISPUTE_FEE),
                (Account::Revenue, -PRICE),
                (Account::Disputes, PRICE),
            ];
            assert_eq!(told(&stage).await, (vec!["needs_response"], BTreeMap::from(taken)));
            stage.practice.deed(&id, deed).unwrap();
            let ended = stage.services.gateway.dispute(&id).await.unwrap();
            for dispute in [&ended, &opened, &ended] {
                hear(&stage, dispute).await;
            }
            let won = deed == Deed::DisputeWon;
            let mut expected = BTreeMap::from(taken);
            expected.remove(&Account::Disputes);
            if won {
                expected.insert(Account::GatewayClearing, PRICE - FEE - DISPUTE_FEE);
            } else {
                expected.insert(Account::Receivable, PRICE);
            }
            assert_eq!(told(&stage).await, (vec![if won { "won" } else { "lost" }], expected));
            let snapshot = stage.services.db.snapshot().await.unwrap();
            let events = audit::search(&snapshot, &audit::Wanted::default(), None, 1_000).await.unwrap();
            let kinds = events.iter().map(|event| event.kind.as_str()).filter(|kind| kind.starts_with("dispute."));
            let expected = ["dispute.opened", "dispute.moved", if won { "dispute.won" } else { "dispute.lost" }];
            assert_eq!(kinds.count(), expected.len());
            assert!(expected.iter().all(|kind| events.iter().any(|event| event.kind == *kind)), "{events:#?}");
            drop(snapshot);
            stage.bench.finish().await;
        }
    }
}

#[tokio::test]
async fn a_lost_dispute_waits_until_an_admin_has_decided_about_the_seat() {
    for bench in Bench::each().await {
        let stage = Stage::on(bench, 5).await;
        let (order, intent) = paid(&stage).await;
        let session = stage.sessions(order.id).await.remove(0);
        stage.settle(&session).await;
        let id = stage.practice.dispute(&intent).unwrap();
        let waiting = async || count_waiting_disputes(&stage.services.db.snapshot().await.unwrap()).await.unwrap();
        let decide = async || stage.services.db.write(SYSTEM, async |txn| decide_dispute(txn, &id).await).await.unwrap();
        for (deed, expected) in [(None, 1), (Some(Deed::DisputeAnswered), 0), (Some(Deed::DisputeLost), 1)] {
            if let Some(deed) = deed {
                stage.practice.deed(&id, deed).unwrap();
            }
            hear(&stage, &stage.services.gateway.dispute(&id).await.unwrap()).await;
            assert_eq!(waiting().await, expected, "{deed:?}");
            if expected == 0 {
                assert!(!decide().await, "there is nothing to decide yet");
            }
        }
        assert_eq!((decide().await, decide().await, waiting().await), (true, false, 0));
        hear(&stage, &stage.services.gateway.dispute(&id).await.unwrap()).await;
        assert_eq!(waiting().await, 0, "it stays decided");
        stage.bench.finish().await;
    }
}

#[tokio::test]
async fn stray_money_that_is_lost_is_owed_to_nobody_any_more() {
    let stage = Stage::new(5).await;
    let (order, intent) = paid(&stage).await;
    stage.tamper(order.id, PRICE + 1).await;
    let session = stage.sessions(order.id).await.remove(0);
    assert_eq!(stage.settle(&session).await, Decision::Queue(Reason::AmountDiffers));
    let id = stage.practice.dispute(&intent).unwrap();
    stage.practice.deed(&id, Deed::DisputeLost).unwrap();
    hear(&stage, &stage.services.gateway.dispute(&id).await.unwrap()).await;
    stage.work().await;
    let expected = [(Account::GatewayClearing, -FEE - DISPUTE_FEE), (Account::Fees, FEE + DISPUTE_FEE)];
    assert_eq!(told(&stage).await, (vec!["lost"], BTreeMap::from(expected)));
}

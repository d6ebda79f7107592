//! Any history of what people, banks and the gateway do to money, through the verbs of the program and the database: in the end the
//! books are what the gateway's balance and the facts say, and all of it reconciles to cash.
//!
//! A walk is repeated by its seed, which a failure names: `LECTERN_SEED=7 cargo test --lib payment::tests::history`.

use std::collections::BTreeMap;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::books::{faults, transferred};
use super::documents::{name_seller, register};
use super::exporting::enter;
use super::facts::{Accounts, Facts};
use super::refunds::admin;
use super::*;
use crate::catalogue::model::{Price, Prices, TaxBasis};
use crate::db::rows::catalogue::cohorts;
use crate::db::rows::payment::{disputes, orders, payouts, refunds};
use crate::documents::jobs::SetPdf;
use crate::gateway::practice::Deed;
use crate::jobs::{Job, JobFailure};
use crate::kernel::random::Randomness;
use crate::kernel::time::shifted;
use crate::kernel::{Currency, Money};
use crate::ledger::{Account, balances};
use crate::organisation::model::ExportTerms;
use crate::payment::model::refundable;
use crate::testing::START;

const STEPS: usize = 70;
const METHODS: [Method; 4] = [Method::BankTransfer, Method::Upi, Method::Cash, Method::Cheque];
/// What the gateway's balance is kept in.
const SETTLEMENT: Currency = Currency::INR;

fn seeds() -> Vec<u64> {
    if let Ok(seed) = std::env::var("LECTERN_SEED") {
        return vec![seed.parse().unwrap()];
    }
    (1..=if crate::testing::is_full() { 8 } else { 2 }).collect()
}

/// The job that would set a PDF.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Unread {}

impl Job for Unread {
    const KIND: &'static str = SetPdf::KIND;

    async fn run(self, _: &Services) -> Result<(), JobFailure> {
        Ok(())
    }
}

struct Walk {
    stage: Stage,
    chance: Randomness,
    admin: UserId,
    students: u32,
    /// Payment pages on which a bank decides.
    with_bank: Vec<String>,
    disputes: Vec<String>,
    payouts: Vec<String>,
    references: u32,
}

impl Walk {
    /// A seller who charges tax, and prices in rupees and dollars.
    async fn begin(bench: Bench, seed: u64) -> Self {
        let mut stage = Stage::on(bench, 500).await;
        name_seller(&stage, "Example Journal (demonstration)").await;
        register(&stage, ExportTerms::default()).await;
        for day in ["2027-01-01", "2027-01-20", "2027-02-08"] {
            enter(&stage, Currency::USD, day, "83.5").await;
        }
        let price = |minor, currency| Price::new(Money::new(minor, currency), None).unwrap();
        let more = vec![price(9_900, Currency::USD)];
        let prices = Prices::new(price(650_000, Currency::INR), more, TaxBasis::Added, None).unwrap();
        let set = async |txn: &Txn| {
            cohorts::Entity::update_many()
                .col_expr(cohorts::Column::Prices, Expr::value(serde_json::to_value(&prices).unwrap()))
                .filter(cohorts::COLUMN.id.eq(stage.cohort))
                .exec(&**txn)
                .await
        };
        stage.services.db.write(SYSTEM, set).await.unwrap();
        // Papers are wanted for what they say: nobody reads them here.
        stage.registry = Arc::new(registry().with::<Unread>());
        let admin = admin(&stage, 8).await;
        let chance = Randomness::from_seed(seed);
        let (with_bank, disputes, payouts) = Default::default();
        Self { stage, chance, admin, students: 0, with_bank, disputes, payouts, references: 0 }
    }

    fn below(&self, limit: usize) -> usize {
        usize::from(u16::from_le_bytes(self.chance.bytes())) % limit
    }

    fn of<'a, T>(&self, choices: &'a [T]) -> Option<&'a T> {
        if choices.is_empty() { None } else { choices.get(self.below(choices.len())) }
    }

    fn reference(&mut self) -> String {
        self.references += 1;
        format!("REF {}", self.references)
    }

    /// A new student's order, of whom one in four lives abroad, and its payment page.
    async fn order(&mut self) -> (Order, String) {
        self.students += 1;
        let number = self.students;
        let user = student_of(&self.stage.services.db, number).await;
        let abroad = self.below(4) == 0;
        let place = async |txn: &Txn| {
            let held = enrolment::hold_seat(txn, self.stage.cohort, user, name(number), 2).await.unwrap();
            let buyer = buyer(number);
            let buyer = if abroad { Buyer { country: "US".parse().unwrap(), state: None, ..buyer } } else { buyer };
            Ok::<_, DbErr>(place_order(txn, &held, "Demo Course, Demo Cohort", buyer).await.unwrap())
        };
        let order = self.stage.services.db.write(Actor::User(user), place).await.unwrap();
        let url = self.stage.page(user, order.id).await.unwrap();
        (order, url)
    }

    async fn step(&mut self) {
        match self.below(20) {
            0..=3 => {
                let (_, url) = self.order().await;
                self.stage.press(&url, "pay").await;
            }
            // Without a card, and one in three pays by card too.
            4 => {
                let (order, url) = self.order().await;
                if order.quote.total.currency == SETTLEMENT {
                    if self.below(3) == 0 {
                        self.stage.press(&url, "pay").await;
                    }
                    let (method, reference) = (*self.of(&METHODS).unwrap(), self.reference());
                    transferred(&self.stage, &order, &reference, method).await;
                }
            }
            5 => {
                let (_, url) = self.order().await;
                self.stage.press(&url, "late").await;
                self.with_bank.push(url);
            }
            6 => {
                let (order, url) = self.order().await;
                self.stage.press(&url, "pay").await;
                self.stage.tamper(order.id, order.quote.total.minor + 1).await;
            }
            7 => self.bank_decides().await,
            8..=10 => self.send_back().await,
            11 => self.refund_at_the_gateway().await,
            12 => self.refund_fails().await,
            13..=15 => self.dispute().await,
            16 | 17 => self.pay_out().await,
            _ => self.look(i64::try_from(1 + self.below(50)).unwrap()).await,
        }
    }

    /// Time passes, and the program looks.
    async fn look(&self, minutes: i64) {
        self.stage.pass(minutes);
        self.stage.work().await;
        sweep(&self.stage.services).await.unwrap();
        self.stage.work().await;
    }

    async fn bank_decides(&mut self) {
        if self.with_bank.is_empty() {
            return;
        }
        let url = self.with_bank.swap_remove(self.below(self.with_bank.len()));
        let button = if self.below(3) == 0 { "refuse" } else { "confirm" };
        self.stage.press(&url, button).await;
    }

    /// Payments of which money is here and can go back, in rupees, each with what is left. What the gateway makes of a refund in another
    /// currency is not asked of it.
    async fn refundable(&self) -> Vec<(Payment, Money)> {
        let snapshot = self.stage.services.db.snapshot().await.unwrap();
        let mut found = Vec::new();
        for row in orders::Entity::find().order_by_asc(orders::Column::Id).all(&*snapshot).await.unwrap() {
            let refunds = refunds_of_order(&snapshot, row.id).await.unwrap();
            let disputes = disputes_of_order(&snapshot, row.id).await.unwrap();
            for payment in payments_of_order(&snapshot, row.id).await.unwrap() {
                let left = refundable(&payment, &refunds, &disputes).filter(|left| left.minor > 0 && left.currency == SETTLEMENT);
                found.extend(left.map(|left| (payment, left)));
            }
        }
        found
    }

    async fn send_back(&mut self) {
        let payments = self.refundable().await;
        let Some((payment, left)) = self.of(&payments) else { return };
        let minor = if self.below(3) == 0 { left.minor } else { 1 + i64::try_from(self.below(60_000)).unwrap() * 10 };
        let back = if payment.card().is_some() && self.below(2) > 0 { Back::AsItCame } else { Back::ByHand };
        let amount = Money::new(minor.min(left.minor), left.currency);
        let wanted = Wanted { payment: payment.id, amount, back, note: "Kindness".to_owned() };
        let (db, by) = (&self.stage.services.db, Actor::User(self.admin));
        let order = payment.order;
        let asked = db.write(by, async |txn| request_refund(txn, order, wanted.clone()).await).await.unwrap();
        if back == Back::ByHand && self.below(4) > 0 {
            let sent = Sent { method: *self.of(&METHODS).unwrap(), reference: self.reference().parse().unwrap() };
            let db = &self.stage.services.db;
            db.write(by, async |txn| record_sent(txn, asked.id, sent.clone()).await).await.unwrap();
        }
    }

    async fn refund_at_the_gateway(&self) {
        let payments = self.refundable().await;
        let cards: Vec<_> =
            payments.iter().filter_map(|(payment, left)| Some((payment.card()?.intent.clone()?, *left))).collect();
        let Some((intent, left)) = self.of(&cards) else { return };
        let part = (self.below(2) == 0).then(|| (left.minor / 3).max(1));
        // It may be disputed, or about to go back from here.
        let _refused = self.stage.practice.refund(intent, part);
    }

    async fn refund_fails(&self) {
        let snapshot = self.stage.services.db.snapshot().await.unwrap();
        let known = refunds::Entity::find().filter(refunds::Column::GatewayRefundId.is_not_null());
        let known = known.order_by_asc(refunds::Column::Id).all(&*snapshot).await.unwrap();
        let Some(refund) = self.of(&known) else { return };
        let deed = if self.below(2) == 0 { Deed::RefundFails } else { Deed::RefundSucceeds };
        // It may have ended before.
        let _over = self.stage.practice.deed(refund.gateway_refund_id.as_ref().unwrap(), deed);
    }

    /// One more dispute, or one goes on.
    async fn dispute(&mut self) {
        if self.below(2) == 0 {
            let snapshot = self.stage.services.db.snapshot().await.unwrap();
            let paid = payments::Entity::find().filter(payments::Column::State.eq(payments::State::Captured));
            let paid = paid.filter(payments::Column::GatewayIntentId.is_not_null()).order_by_asc(payments::Column::Id);
            let paid = paid.all(&*snapshot).await.unwrap();
            drop(snapshot);
            let disputed = self.of(&paid).and_then(|row| self.stage.practice.dispute(row.gateway_intent_id.as_ref()?).ok());
            self.disputes.extend(disputed);
        } else if let Some(id) = self.of(&self.disputes) {
            let deed = *self.of(&[Deed::DisputeAnswered, Deed::DisputeWon, Deed::DisputeLost]).unwrap();
            let _over = self.stage.practice.deed(id, deed);
        }
    }

    /// One more payout, or one ends.
    async fn pay_out(&mut self) {
        if self.below(2) == 0 {
            self.payouts.extend(self.stage.practice.pay_out().ok());
        } else if let Some(id) = self.of(&self.payouts) {
            let _over = self.stage.practice.deed(id, *self.of(&[Deed::PayoutArrives, Deed::PayoutFails]).unwrap());
        }
    }

    /// Nothing is under way any more, and the program has heard of all of it.
    async fn end(&mut self) {
        while !self.with_bank.is_empty() {
            self.bank_decides().await;
        }
        for id in &self.payouts {
            let _over = self.stage.practice.deed(id, Deed::PayoutArrives);
        }
        for _ in 0..4 {
            self.look(60).await;
        }
    }
}

/// What the books say.
async fn booked(walk: &Walk) -> Accounts {
    let end = shifted(walk.stage.services.clocks.service(), SignedDuration::from_secs(1));
    let all = balances(&walk.stage.services.db.snapshot().await.unwrap(), START, end).await.unwrap();
    all.iter().map(|of| ((of.closing().currency.code(), of.account), of.closing().minor)).collect()
}

/// Without what money was changed into, which is what is left to make each currency's sum nothing.
fn held(accounts: &Accounts) -> Accounts {
    let held = accounts.iter().filter(|((_, account), minor)| **minor != 0 && *account != Account::Conversion);
    held.map(|(place, minor)| (*place, *minor)).collect()
}

/// How often each fact came up in the walks, so that none of them is a walk of nothing.
async fn counted(walk: &Walk, counts: &mut BTreeMap<&'static str, usize>) {
    let snapshot = walk.stage.services.db.snapshot().await.unwrap();
    let mut count = |what, many: usize| *counts.entry(what).or_default() += many;
    let refunds = refunds::Entity::find().all(&*snapshot).await.unwrap();
    count("refunds", refunds.iter().filter(|refund| refund.state == refunds::State::Succeeded).count());
    count("failed refunds", refunds.iter().filter(|refund| refund.state == refunds::State::Failed).count());
    count("refunds by hand", refunds.iter().filter(|refund| refund.reference.is_some()).count());
    count("refunds of the gateway's", refunds.iter().filter(|refund| refund.cause == "dashboard").count());
    count("refunds by rule", refunds.iter().filter(|refund| refund.cause == "paid_twice").count());
    let disputes = disputes::Entity::find().all(&*snapshot).await.unwrap();
    count("disputes lost", disputes.iter().filter(|dispute| dispute.status == "lost").count());
    count("disputes won", disputes.iter().filter(|dispute| dispute.status == "won").count());
    let payments = payments::Entity::find().all(&*snapshot).await.unwrap();
    count("dollars", payments.iter().filter(|row| row.currency == "USD" && row.state == payments::State::Captured).count());
    count("odd amounts", payments.iter().filter(|row| row.state == payments::State::Mismatched).count());
    count("cash and transfers", payments.iter().filter(|row| row.method != payments::Method::Card).count());
    let payouts = payouts::Entity::find().all(&*snapshot).await.unwrap();
    count("payouts", payouts.iter().filter(|row| row.paid_at.is_some() && row.failed_at.is_none()).count());
    count("failed payouts", payouts.iter().filter(|row| row.failed_at.is_some()).count());
}

#[tokio::test]
async fn in_the_end_revenue_tax_refunds_and_fees_reconcile_to_cash() {
    let mut counts = BTreeMap::new();
    for seed in seeds() {
        for bench in Bench::each().await {
            let mut walk = Walk::begin(bench, seed).await;
            for _ in 0..STEPS {
                walk.step().await;
            }
            walk.end().await;
            assert_eq!(faults(&walk.stage).await, [], "LECTERN_SEED={seed}");
            let (facts, books) = (Facts::of(&walk.stage).await, booked(&walk).await);
            assert_eq!(held(&books), held(&facts), "LECTERN_SEED={seed}");
            for currency in ["INR", "USD"] {
                let of = |accounts: &[Account]| -> i64 {
                    accounts.iter().map(|account| books.get(&(currency, *account)).copied().unwrap_or(0)).sum()
                };
                let cash = of(&[Account::GatewayClearing, Account::Bank, Account::Cash]);
                let earned = -of(&[Account::Revenue, Account::TaxPayable, Account::Refunds, Account::Fees]);
                let others = of(&[Account::Receivable, Account::Suspense, Account::Disputes, Account::Conversion]);
                assert_eq!(cash, earned - others, "LECTERN_SEED={seed}, {currency}");
            }
            counted(&walk, &mut counts).await;
            walk.stage.bench.finish().await;
        }
    }
    let all = std::env::var("LECTERN_SEED").is_ok() || counts.values().all(|count| *count > 0);
    assert!(all, "nothing of something happened: {counts:#?}");
}

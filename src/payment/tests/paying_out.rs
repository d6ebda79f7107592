//! Fees and payouts: what the gateway kept, sent and took back is booked once, and its payouts are what the books say.

use super::*;
use crate::gateway::practice::{Deed, Fault};
use crate::kernel::time::shifted;
use crate::kernel::{Currency, Money};
use crate::ledger::{Account, balances};
use crate::payment::checking::{Fault as Wrong, check};
use crate::testing::START;

const PRICE: i64 = crate::enrolment::testing::PRICE;
const FEE: i64 = PRICE / 50;

async fn held(stage: &Stage, account: Account) -> i64 {
    let until = shifted(stage.services.clocks.service(), SignedDuration::from_secs(1));
    let all = balances(&stage.services.db.snapshot().await.unwrap(), START, until).await.unwrap();
    all.iter().filter(|of| of.account == account).map(|of| of.closing().minor).sum()
}

async fn faults(stage: &Stage) -> Vec<Wrong> {
    check(&stage.services.db.snapshot().await.unwrap()).await.unwrap().faults
}

/// Students who paid by card, and nothing of it is processed.
async fn paid(stage: &Stage, count: u32) {
    for number in 1..=count {
        let (user, order) = stage.ordered(number).await;
        let url = stage.page(user, order.id).await.unwrap();
        stage.press(&url, "pay").await;
        let session = stage.sessions(order.id).await.remove(0);
        stage.settle(&session).await;
    }
}

#[tokio::test]
async fn a_fee_that_could_not_be_asked_is_asked_again_by_the_sweep() {
    for bench in Bench::each().await {
        let stage = Stage::on(bench, 5).await;
        paid(&stage, 2).await;
        stage.practice.faults(Fault::HtmlInstead, 2);
        stage.work().await;
        assert_eq!((held(&stage, Account::Fees).await, held(&stage, Account::GatewayClearing).await), (0, 2 * PRICE));
        assert_eq!(count_unknown_fees(&stage.services.db.snapshot().await.unwrap(), later(&stage)).await.unwrap(), 2);
        stage.pass(3);
        for _ in 0..2 {
            sweep(&stage.services).await.unwrap();
            stage.work().await;
        }
        assert_eq!(
            (held(&stage, Account::Fees).await, held(&stage, Account::GatewayClearing).await),
            (2 * FEE, 2 * (PRICE - FEE))
        );
        assert_eq!(count_unknown_fees(&stage.services.db.snapshot().await.unwrap(), later(&stage)).await.unwrap(), 0);
        assert_eq!(faults(&stage).await, []);
        stage.bench.finish().await;
    }
}

fn later(stage: &Stage) -> crate::kernel::Timestamp {
    shifted(stage.services.clocks.service(), SignedDuration::from_secs(1))
}

#[tokio::test]
async fn a_payout_is_what_the_books_say_of_its_lines_and_what_comes_back_is_paid_out_again() {
    for bench in Bench::each().await {
        let stage = Stage::on(bench, 5).await;
        paid(&stage, 2).await;
        stage.work().await;
        let first = stage.practice.pay_out().unwrap();
        let hear = async |payout: &str| assert!(crate::payment::paying_out::hear(&stage.services, payout).await.unwrap());
        hear(&first).await;
        assert_eq!(held(&stage, Account::Bank).await, 0, "it is on its way");
        stage.practice.deed(&first, Deed::PayoutArrives).unwrap();
        for _ in 0..2 {
            hear(&first).await;
        }
        assert_eq!((held(&stage, Account::Bank).await, held(&stage, Account::GatewayClearing).await), (2 * (PRICE - FEE), 0));
        let lines = async |payout: &str| {
            let lines = lines_of_payout(&stage.services.db.snapshot().await.unwrap(), payout).await.unwrap();
            assert!(lines.iter().all(MatchedLine::is_matched), "{lines:?}");
            lines.iter().map(|line| (line.line.kind.clone(), line.order.is_some())).collect::<Vec<_>>()
        };
        let charge = || ("charge".to_owned(), true);
        assert_eq!(lines(&first).await, [charge(), charge()]);
        // The bank sends it back, and the next payout takes it along.
        stage.practice.deed(&first, Deed::PayoutFails).unwrap();
        hear(&first).await;
        assert_eq!((held(&stage, Account::Bank).await, held(&stage, Account::GatewayClearing).await), (0, 2 * (PRICE - FEE)));
        let second = stage.practice.pay_out().unwrap();
        stage.practice.deed(&second, Deed::PayoutArrives).unwrap();
        hear(&second).await;
        assert_eq!(lines(&second).await, [("payout_failure".to_owned(), false)]);
        assert_eq!((held(&stage, Account::Bank).await, held(&stage, Account::GatewayClearing).await), (2 * (PRICE - FEE), 0));
        assert_eq!(faults(&stage).await, []);
        stage.bench.finish().await;
    }
}

#[tokio::test]
async fn what_the_gateway_told_and_is_booked_otherwise_is_found() {
    for bench in Bench::each().await {
        let stage = Stage::on(bench, 5).await;
        paid(&stage, 1).await;
        stage.work().await;
        let payout = stage.practice.pay_out().unwrap();
        stage.practice.deed(&payout, Deed::PayoutArrives).unwrap();
        crate::payment::paying_out::hear(&stage.services, &payout).await.unwrap();
        assert_eq!(faults(&stage).await, []);
        let conn = stage.services.db.for_migrations();
        let run = async |sql: &str| sea_orm::ConnectionTrait::execute_unprepared(conn, sql).await.unwrap();
        run("UPDATE gateway_charges SET fee_minor = fee_minor + 1").await;
        assert!(matches!(faults(&stage).await.as_slice(), [Wrong::Fee(_)]));
        run("UPDATE gateway_charges SET fee_minor = fee_minor - 1").await;
        run("UPDATE payouts SET amount_minor = amount_minor + 1").await;
        assert_eq!(faults(&stage).await, [Wrong::Payout(payout.clone())]);
        run("UPDATE payouts SET amount_minor = amount_minor - 1").await;
        run("UPDATE payout_lines SET net_minor = net_minor - 1 WHERE kind = 'charge'").await;
        assert_eq!(faults(&stage).await, [Wrong::Payout(payout)]);
        stage.bench.finish().await;
    }
}

/// An order in dollars, of a buyer abroad.
pub(super) async fn in_dollars(stage: &Stage, minor: i64) -> (UserId, Order) {
    use crate::catalogue::model::Prices;
    use crate::db::rows::catalogue::cohorts;
    use sea_orm::sea_query::Expr;
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    let user = student_of(&stage.services.db, 1).await;
    let work = async |txn: &Txn| {
        let prices = Prices::from(Money::new(minor, Currency::USD));
        cohorts::Entity::update_many()
            .col_expr(cohorts::Column::Prices, Expr::value(serde_json::to_value(prices).unwrap()))
            .filter(cohorts::COLUMN.id.eq(stage.cohort))
            .exec(&**txn)
            .await?;
        let held = enrolment::hold_seat(txn, stage.cohort, user, name(1), 2).await.unwrap();
        let abroad = Buyer { country: "GB".parse().unwrap(), state: None, ..buyer(1) };
        Ok::<_, DbErr>(place_order(txn, &held, "Demo Course, Demo Cohort", abroad).await.unwrap())
    };
    (user, stage.services.db.write(Actor::User(user), work).await.unwrap())
}

/// A hundred dollars, paid by card: the session.
async fn paid_in_dollars(stage: &Stage) -> String {
    let (user, order) = in_dollars(stage, 10_000).await;
    let url = stage.page(user, order.id).await.unwrap();
    stage.press(&url, "pay").await;
    let session = stage.sessions(order.id).await.remove(0);
    stage.settle(&session).await;
    session
}

#[tokio::test]
async fn what_is_paid_in_another_currency_is_in_the_balance_as_it_was_changed() {
    for bench in Bench::each().await {
        let stage = Stage::on(bench, 5).await;
        let session = paid_in_dollars(&stage).await;
        let by_currency = async || {
            let all = balances(&stage.services.db.snapshot().await.unwrap(), START, later(&stage)).await.unwrap();
            let clearing = all.iter().filter(|of| of.account == Account::GatewayClearing).map(|of| of.closing());
            clearing.map(|held| (held.currency.code(), held.minor)).collect::<Vec<_>>()
        };
        assert_eq!(by_currency().await, [("USD", 10_000)], "until the gateway tells into what it was changed");
        stage.work().await;
        // 8,350.00 rupees less three per cent.
        assert_eq!(by_currency().await, [("INR", 835_000 - 25_050), ("USD", 0)]);
        let intent = stage.services.gateway.session(&session).await.unwrap().intent.unwrap();
        let dispute = stage.practice.dispute(&intent).unwrap();
        crate::payment::disputing::hear(&stage.services, &dispute).await.unwrap();
        assert_eq!(by_currency().await, [("INR", -25_050 - 100_000), ("USD", 0)]);
        stage.practice.deed(&dispute, Deed::DisputeWon).unwrap();
        crate::payment::disputing::hear(&stage.services, &dispute).await.unwrap();
        let payout = stage.practice.pay_out().unwrap();
        stage.practice.deed(&payout, Deed::PayoutArrives).unwrap();
        crate::payment::paying_out::hear(&stage.services, &payout).await.unwrap();
        let lines = lines_of_payout(&stage.services.db.snapshot().await.unwrap(), &payout).await.unwrap();
        let nets: Vec<_> = lines.iter().map(|line| (line.line.net.minor, line.is_matched())).collect();
        assert_eq!(nets, [(809_950, true), (-935_000, true), (835_000, true)]);
        assert_eq!(by_currency().await, [("INR", 0), ("USD", 0)]);
        assert_eq!(held(&stage, Account::Bank).await, 709_950);
        assert_eq!(faults(&stage).await, []);
        stage.bench.finish().await;
    }
}

#[tokio::test]
async fn a_refund_of_what_was_paid_in_another_currency_is_in_the_balance_as_it_was_changed() {
    for bench in Bench::each().await {
        let stage = Stage::on(bench, 5).await;
        let session = paid_in_dollars(&stage).await;
        stage.work().await;
        let intent = stage.services.gateway.session(&session).await.unwrap().intent.unwrap();
        // A part from the dashboard, which stays; a part whose bank sends it back.
        stage.practice.refund(&intent, Some(2_000)).unwrap();
        let failing = stage.practice.refund(&intent, Some(1_000)).unwrap();
        let hear = async |refund: &str| {
            for _ in 0..2 {
                crate::payment::returning::settle_refund(&stage.services, SYSTEM, refund).await.unwrap();
            }
        };
        for refund in stage.services.gateway.refunds_of(&intent).await.unwrap() {
            assert_eq!(refund.balance.as_ref().unwrap().amount.currency, Currency::INR);
            hear(&refund.id).await;
        }
        stage.practice.deed(&failing, Deed::RefundFails).unwrap();
        hear(&failing).await;
        stage.pass(5);
        sweep(&stage.services).await.unwrap();
        stage.work().await;
        let payout = stage.practice.pay_out().unwrap();
        stage.practice.deed(&payout, Deed::PayoutArrives).unwrap();
        crate::payment::paying_out::hear(&stage.services, &payout).await.unwrap();
        let lines = lines_of_payout(&stage.services.db.snapshot().await.unwrap(), &payout).await.unwrap();
        let nets: Vec<_> = lines.iter().map(|line| (line.line.net.minor, line.is_matched())).collect();
        assert_eq!(nets, [(809_950, true), (-167_000, true), (-83_500, true), (83_500, true)], "{lines:?}");
        let all = balances(&stage.services.db.snapshot().await.unwrap(), START, later(&stage)).await.unwrap();
        let clearing: Vec<_> = all
            .iter()
            .filter(|of| of.account == Account::GatewayClearing)
            .map(|of| (of.closing().currency.code(), of.closing().minor))
            .collect();
        assert_eq!(clearing, [("INR", 0), ("USD", 0)]);
        assert_eq!(held(&stage, Account::Bank).await, 809_950 - 167_000);
        assert_eq!(faults(&stage).await, []);
        stage.bench.finish().await;
    }
}

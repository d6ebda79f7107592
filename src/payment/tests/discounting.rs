//! Codes on orders: cheaper while nobody pays, whole discounts without the gateway, uses given back, and limits that hold.

use futures_util::future::join_all;

use super::documents::{documents_of, name_seller, register, said};
use super::*;
use crate::documents::Kind;
use crate::kernel::{Currency, Money};
use crate::organisation::model::ExportTerms;
use crate::pricing::model::{Coupon, NewCoupon};
use crate::pricing::{self, Discount, Limits};

fn percent(part: &str, limits: Limits) -> NewCoupon {
    let discount = Discount::Percent(part.parse().unwrap(), None);
    NewCoupon { code: None, discount, cohort: None, opens: None, closes: None, limits }
}

impl Stage {
    async fn coupon(&self, new: NewCoupon) -> Coupon {
        self.services.db.write(SYSTEM, async |txn| pricing::make_coupon(txn, new.clone()).await).await.unwrap()
    }

    async fn redeem(&self, user: UserId, order: OrderId, code: &str) -> Result<CodeOutcome, CodeRefusal> {
        use_code(&self.services, user, order, code).await
    }

    /// As a student does who is told that the database is busy: nothing was changed, so the same again.
    async fn redeem_in_the_end(&self, user: UserId, order: OrderId, code: &str) -> CodeOutcome {
        loop {
            match self.redeem(user, order, code).await {
                Err(CodeRefusal::Db(DbErr::ConnectionAcquire(_))) => {}
                told => return told.unwrap(),
            }
        }
    }

    async fn quote(&self, order: OrderId) -> Quote {
        crate::payment::order(&self.services.db.snapshot().await.unwrap(), order).await.unwrap().unwrap().quote
    }

    async fn uses(&self, coupon: &Coupon) -> u64 {
        let snapshot = self.services.db.snapshot().await.unwrap();
        pricing::uses(&snapshot).await.unwrap().get(&coupon.id).copied().unwrap_or_default()
    }
}

#[tokio::test]
async fn a_code_makes_an_open_order_cheaper_and_the_cheaper_total_settles_it() {
    for bench in Bench::each().await {
        let stage = Stage::on(bench, 2).await;
        let coupon = stage.coupon(percent("20", Limits { total: Some(1), per_person: Some(1) })).await;
        let (user, order) = stage.ordered(1).await;
        let typed = format!(" {} ", coupon.code.as_str().to_lowercase());
        assert_eq!(stage.redeem(user, order.id, &typed).await.unwrap(), CodeOutcome::Used);
        let quote = stage.quote(order.id).await;
        let told = (quote.list.minor, quote.discount.minor, quote.total.minor, quote.coupon);
        assert_eq!(told, (650_000, 130_000, 520_000, Some(coupon.id)));
        assert_eq!(quote.valid_until, order.quote.valid_until, "a coupon is no more time");
        assert!(matches!(stage.redeem(user, order.id, &typed).await, Err(CodeRefusal::NotNow)), "an order has one coupon");
        let url = stage.page(user, order.id).await.unwrap();
        stage.press(&url, "pay").await;
        assert_eq!(stage.settle(&stage.sessions(order.id).await[0]).await, Decision::Enrol);
        assert_eq!(stage.stands(order.id).await, ("paid", "enrolled", vec!["captured"], 0));
        let (other, second) = stage.ordered(2).await;
        assert_eq!(stage.redeem(other, second.id, &typed).await.unwrap(), CodeOutcome::Unusable, "its one use is used");
        stage.bench.finish().await;
    }
}

#[tokio::test]
async fn a_page_with_the_old_total_is_closed_before_the_code_is_used() {
    let stage = Stage::new(1).await;
    let coupon = stage.coupon(percent("20", Limits::default())).await;
    let (user, order) = stage.ordered(1).await;
    let old = stage.page(user, order.id).await.unwrap();
    assert_eq!(stage.redeem(user, order.id, "NO-SUCH-CODE").await.unwrap(), CodeOutcome::Unusable);
    assert_eq!(stage.stands(order.id).await.2, ["open"], "a guess closes nothing");
    assert_eq!(stage.redeem(user, order.id, coupon.code.as_str()).await.unwrap(), CodeOutcome::Used);
    assert_eq!(stage.stands(order.id).await, ("open", "held", vec!["expired"], 0));
    stage.press(&old, "pay").await;
    assert_eq!(stage.stands(order.id).await.0, "open", "the old page takes no money");
    let new = stage.page(user, order.id).await.unwrap();
    stage.press(&new, "pay").await;
    assert_eq!(stage.settle(&stage.sessions(order.id).await[1]).await, Decision::Enrol);
}

#[tokio::test]
async fn who_paid_on_the_old_page_meanwhile_is_enrolled_and_the_code_is_not_used() {
    let stage = Stage::new(1).await;
    let coupon = stage.coupon(percent("20", Limits::default())).await;
    let (user, order) = stage.ordered(1).await;
    let old = stage.page(user, order.id).await.unwrap();
    stage.press(&old, "pay").await;
    assert!(matches!(stage.redeem(user, order.id, coupon.code.as_str()).await, Err(CodeRefusal::NotNow)));
    assert_eq!(stage.stands(order.id).await, ("paid", "enrolled", vec!["captured"], 0));
    assert_eq!((stage.quote(order.id).await.total.minor, stage.uses(&coupon).await), (650_000, 0));
}

#[tokio::test]
async fn a_whole_discount_enrols_at_once_without_the_gateway() {
    for bench in Bench::each().await {
        let stage = Stage::on(bench, 1).await;
        let coupon = stage.coupon(percent("100", Limits::default())).await;
        let (user, order) = stage.ordered(1).await;
        assert_eq!(stage.redeem(user, order.id, coupon.code.as_str()).await.unwrap(), CodeOutcome::Enrolled);
        assert_eq!(stage.stands(order.id).await, ("paid", "enrolled", vec![], 0));
        assert_eq!((stage.letters().await, stage.practice.session_count()), (1, 0));
        stage.work().await;
        assert_eq!(stage.stands(order.id).await.1, "enrolled", "the end of the hold changes nothing");
        stage.bench.finish().await;
    }
}

#[tokio::test]
async fn what_was_given_for_nothing_has_a_receipt_that_says_so_and_no_tax() {
    let stage = Stage::new(1).await;
    name_seller(&stage, "Example Journal (demonstration)").await;
    register(&stage, ExportTerms::default()).await;
    let coupon = stage.coupon(percent("100", Limits::default())).await;
    let (user, order) = stage.ordered(1).await;
    assert!(!stage.quote(order.id).await.taxes.is_empty());
    assert_eq!(stage.redeem(user, order.id, coupon.code.as_str()).await.unwrap(), CodeOutcome::Enrolled);
    let [receipt] = documents_of(&stage, &order).await.try_into().unwrap();
    assert_eq!((receipt.kind, receipt.facts.sums.taxes.len(), receipt.facts.sums.total.minor), (Kind::Receipt, 0, 0));
    let printed = said(&crate::documents::pdf(&stage.services, receipt.id).await.unwrap());
    assert!(printed.contains("Nothingwastobepaid.") && !printed.contains("thanks"), "{printed}");
}

#[tokio::test]
async fn a_rest_that_is_too_small_to_be_charged_is_let_off() {
    let stage = Stage::new(2).await;
    let less = async |minor| {
        let discount = Discount::Amount(Money::new(minor, Currency::INR));
        stage.coupon(NewCoupon { discount, ..percent("1", Limits::default()) }).await
    };
    let (least, too_small) = (less(649_950).await, less(649_951).await);
    let (user, order) = stage.ordered(1).await;
    assert_eq!(stage.redeem(user, order.id, least.code.as_str()).await.unwrap(), CodeOutcome::Used);
    let (other, second) = stage.ordered(2).await;
    assert_eq!(stage.redeem(other, second.id, too_small.code.as_str()).await.unwrap(), CodeOutcome::Enrolled);
    assert_eq!((stage.quote(order.id).await.total.minor, stage.quote(second.id).await.total.minor), (50, 0));
}

#[tokio::test]
async fn a_use_is_given_back_when_the_order_lapses_and_taken_again_when_it_is_paid_after_all() {
    let stage = Stage::new(2).await;
    let coupon = stage.coupon(percent("20", Limits { total: Some(1), per_person: None })).await;
    let (user, order) = stage.ordered(1).await;
    stage.redeem(user, order.id, coupon.code.as_str()).await.unwrap();
    assert_eq!(stage.uses(&coupon).await, 1);
    stage.pass(33);
    stage.work().await;
    assert_eq!((stage.stands(order.id).await.0, stage.uses(&coupon).await), ("lapsed", 0));
    let (other, second) = stage.ordered(2).await;
    assert_eq!(stage.redeem(other, second.id, coupon.code.as_str()).await.unwrap(), CodeOutcome::Used);
    let late = Offline {
        method: Method::BankTransfer,
        reference: "LATE-1".parse().unwrap(),
        amount: Money::new(520_000, Currency::INR),
        received_on: "2027-01-04".parse().unwrap(),
    };
    stage.services.db.write(SYSTEM, async |txn| record_offline(txn, order.id, late.clone()).await).await.unwrap();
    assert_eq!((stage.stands(order.id).await.0, stage.uses(&coupon).await), ("paid", 2), "at the quote that it was given");
}

#[tokio::test]
async fn every_code_that_cannot_be_used_is_answered_alike_until_none_is_looked_at() {
    let stage = Stage::new(1).await;
    let (user, order) = stage.ordered(1).await;
    let dollars = NewCoupon { discount: Discount::Amount(Money::new(100, Currency::USD)), ..percent("20", Limits::default()) };
    let past = NewCoupon { closes: Some(crate::testing::START), ..percent("20", Limits::default()) };
    let stopped = stage.coupon(percent("20", Limits::default())).await;
    stage.services.db.write(SYSTEM, async |txn| pricing::stop_coupon(txn, stopped.id).await).await.unwrap();
    let (dollars, past) = (stage.coupon(dollars).await, stage.coupon(past).await);
    let codes = ["", "?", "NOSUCHCODE", stopped.code.as_str(), dollars.code.as_str(), past.code.as_str()];
    for code in codes.into_iter().cycle().take(usize::try_from(TRIES).unwrap()) {
        assert_eq!(stage.redeem(user, order.id, code).await.unwrap(), CodeOutcome::Unusable, "{code}");
    }
    let good = stage.coupon(percent("20", Limits::default())).await;
    let until = stage.held_until(&order).await;
    assert_eq!(stage.redeem(user, order.id, good.code.as_str()).await.unwrap(), CodeOutcome::TooMany { until });
    assert_eq!(stage.uses(&good).await, 0);
    let other = student_of(&stage.services.db, 9).await;
    assert!(matches!(stage.redeem(other, order.id, good.code.as_str()).await, Err(CodeRefusal::NoSuchOrder)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn five_hundred_at_once_use_a_coupon_of_fifty_fifty_times() {
    for bench in Bench::each().await {
        let stage = Stage::on(bench, 500).await;
        let coupon = stage.coupon(percent("20", Limits { total: Some(50), per_person: Some(1) })).await;
        let placed = stage.many_ordered(500).await;
        let code = coupon.code.as_str();
        let used = placed.iter().map(|&(user, order)| stage.redeem_in_the_end(user, order, code));
        let outcomes: Vec<CodeOutcome> = join_all(used).await;
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == CodeOutcome::Used).count(), 50);
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == CodeOutcome::Unusable).count(), 450);
        assert_eq!(stage.uses(&coupon).await, 50);
        stage.bench.finish().await;
    }
}

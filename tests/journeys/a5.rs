//! A5: a refund from here or from the gateway's dashboard, whole or in parts: the same final state. A second admin agrees above the
//! limit; a refund that fails is never silent.

use lectern::db::rows::payment::{payments, refunds};
use lectern::gateway::practice::{Deed, Delivery};
use lectern::identity::{self, Role};
use lectern::kernel::Actor;
use lectern::kernel::time::SignedDuration;
use sea_orm::EntityTrait;

use super::cast::{self, ADMIN, STUDENT};
use crate::support::app::{TestApp, on_each_database};
use crate::support::browser::{Browser, Page};

const SECOND: &str = "second.admin@example.org";

/// Who sends the money back, and how.
#[derive(Debug, Clone, Copy)]
enum From {
    Here,
    HereInParts,
    /// Heard by webhook.
    Dashboard,
    /// In parts, and every webhook is lost: heard by the sweep.
    DashboardUnheard,
}

/// An enrolled student, their order's address among the staff's, and the admin.
async fn enrolled(app: &TestApp) -> (Browser, Browser, String) {
    cast::open(app, 2).await;
    cast::start_periodic_jobs(app).await;
    let (student, admin) = (app.browser(), app.browser());
    let order = cast::hold(app, &student, STUDENT, "Europe/London").await;
    cast::pay(&cast::to_gateway(&order).await).await.is(200);
    app.settle().await;
    cast::sign_in(app, &admin, ADMIN).await;
    (student, admin, format!("/staff{}", cast::path(&order)))
}

async fn ask(admin: &Browser, order: &str, amount: &str) -> Page {
    let form = admin.open(&format!("{order}/refund")).await;
    form.is(200).form("Send it back").with("amount", amount).with("note", "Kindness").submit().await
}

async fn intent(app: &TestApp) -> String {
    let conn = app.services().db.snapshot().await.unwrap();
    payments::Entity::find().one(&*conn).await.unwrap().unwrap().gateway_intent_id.unwrap()
}

async fn all_refunds(app: &TestApp) -> Vec<refunds::Model> {
    refunds::Entity::find().all(&*app.services().db.snapshot().await.unwrap()).await.unwrap()
}

/// What must not depend on who sent the money back: what the student sees, the seat, what went, and what waits.
async fn end(app: &TestApp, student: &Browser, admin: &Browser, order: &str) -> (bool, bool, i64, bool) {
    let own = student.open(order.trim_start_matches("/staff")).await.text();
    let staff = admin.open(order).await.text();
    let gone = all_refunds(app)
        .await
        .iter()
        .filter(|refund| refund.state == refunds::State::Succeeded)
        .map(|refund| refund.amount_minor)
        .sum();
    let done = admin.open("/staff/today").await.text().contains("Nothing waits for you");
    (own.contains("The enrolment is cancelled"), staff.contains("Cancelled"), gone, done)
}

#[tokio::test]
async fn a_refund_from_here_and_from_the_dashboard_ends_the_same() {
    for from in [From::Here, From::HereInParts, From::Dashboard, From::DashboardUnheard] {
        on_each_database(async |app: TestApp| {
            let (student, admin, order) = enrolled(&app).await;
            match from {
                From::Here => drop(ask(&admin, &order, "6500").await),
                From::HereInParts => {
                    ask(&admin, &order, "2500").await.is(200).shows("Refund of ₹2,500.00");
                    ask(&admin, &order, "4000.01").await.is(422).shows("Only ₹4,000.00 of this payment can still go back");
                    app.settle().await;
                    student.open("/learn").await.shows("Enrolled");
                    ask(&admin, &order, "4000").await.is(200);
                }
                From::Dashboard => drop(app.practice().refund(&intent(&app).await, None).unwrap()),
                From::DashboardUnheard => {
                    app.practice().webhooks(Delivery::Drop);
                    app.practice().refund(&intent(&app).await, Some(250_000)).unwrap();
                    app.practice().refund(&intent(&app).await, None).unwrap();
                }
            }
            app.pass(SignedDuration::from_mins(10)).await;
            assert_eq!(end(&app, &student, &admin, &order).await, (true, true, 650_000, true), "{from:?}");
            assert_eq!(cast::count_mails(&app, STUDENT, "Your enrolment is cancelled: Example Course").await, 1, "{from:?}");
            // Told again, and swept again: nothing changes.
            app.pass(SignedDuration::from_mins(10)).await;
            let known = all_refunds(&app).await.len();
            assert_eq!(known, app.practice().refund_count(), "{from:?}");
            app.finish().await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_refund_that_fails_after_it_succeeded_waits_for_an_admin_who_sends_it_by_hand() {
    on_each_database(async |app: TestApp| {
        let (student, admin, order) = enrolled(&app).await;
        ask(&admin, &order, "1000").await.is(200);
        app.settle().await;
        let sent = all_refunds(&app).await.remove(0);
        app.practice().deed(sent.gateway_refund_id.as_ref().unwrap(), Deed::RefundFails).unwrap();
        app.settle().await;
        student.open(order.trim_start_matches("/staff")).await.shows("Not arrived");
        let today = admin.open("/staff/today").await;
        today.shows("A refund did not reach its payer").shows("Ask the student how the money can reach them");

        let form = admin.open(&format!("/staff/refunds/{}", sent.id)).await.click("Send it once more").await;
        let form = form.form("Send it back").with("amount", "1000").with("back", "by_hand").with("note", "Their card is closed");
        let refund = form.submit().await;
        refund.is(200).shows("To be sent by hand");
        admin.open("/staff/today").await.shows("Refunds that wait for an admin");
        refund.form("Record it as sent").submit().await.is(422).shows("Enter the reference that the bank gave");
        refund.form("Record it as sent").with("reference", "UTR 0042").submit().await.is(200).shows("Sent back");
        app.settle().await;
        let told = app.mails_to(STUDENT).await.pop().unwrap();
        assert!(told.subject.starts_with("Refund sent: ₹1,000.00, order L-"), "{}", told.subject);
        assert!(told.text.unwrap().contains("UTR0042"));
        let ask = admin.open("/staff/today").await.click("Mark as settled").await;
        ask.form("Mark as settled").with("resolution", "Sent by hand").submit().await.shows("Nothing waits for you");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn above_the_limit_a_second_admin_agrees() {
    on_each_database(async |app: TestApp| {
        let (_, admin, order) = enrolled(&app).await;
        let make = async |txn: &lectern::db::Txn| {
            let (email, zone) = (SECOND.parse().unwrap(), "Asia/Kolkata".parse().unwrap());
            identity::create_person(txn, &email, "Demo Second Admin".parse().unwrap(), zone, Role::Admin).await
        };
        app.services().db.write(Actor::Operator, make).await.unwrap();
        let settings = admin.open("/staff/settings/approval").await;
        settings.form("Save").with("above", "5000").submit().await.is(200).shows("Two admins above ₹5,000.00");

        let asked = ask(&admin, &order, "6500").await;
        asked.is(200).shows("Waits for a second admin").shows("another admin must agree").hides("Agree and send");
        app.settle().await;
        assert_eq!(app.practice().refund_count(), 0, "nothing is sent before");
        let second = app.browser();
        cast::sign_in(&app, &second, SECOND).await;
        let refund = second.open("/staff/today").await.shows("Refunds that wait for an admin").click("₹6,500.00").await;
        refund.shows("Kindness").form("Agree and send ₹6,500.00").submit().await.is(200);
        app.settle().await;
        second.open(cast::path(&refund)).await.shows("Sent back");
        assert_eq!(app.practice().refund_count(), 1);
        app.finish().await;
    })
    .await;
}

//! S2: the tab is closed after paying. Enrolled all the same: by the notification, and without one by the sweep; once, however
//! often and in whatever order it is told.

use lectern::gateway::practice::Delivery;
use lectern::kernel::time::{SignedDuration, shifted};
use serde_json::{Value, json};

use super::cast::{self, CONFIRMED, PRICE, STUDENT};
use super::webhooks;
use crate::support::app::{TestApp, on_each_database};
use crate::support::browser::{Browser, Page};

/// Pays on the gateway's page, and closes the tab before it leads back. The order's path.
async fn pay_and_close(app: &TestApp, browser: &Browser) -> String {
    let order = cast::hold(app, browser, STUDENT, "Europe/London").await;
    let gone = cast::to_gateway(&order).await.form(&format!("Pay {PRICE}")).submit_only().await;
    assert!(gone.status.is_redirection(), "{}", gone.status);
    cast::path(&order).to_owned()
}

async fn enrolled_once(app: &TestApp, browser: &Browser) {
    assert_eq!(cast::count_mails(app, STUDENT, CONFIRMED).await, 1);
    browser.open("/learn").await.is(200).shows("Week 1 opens soon");
    app.browser().open("/").await.shows("Seats left 2 of 3");
}

async fn not_enrolled(app: &TestApp, browser: &Browser, order: &str) -> Page {
    assert_eq!(cast::count_mails(app, STUDENT, CONFIRMED).await, 0);
    browser.open("/learn").await.is(200).shows("Held, not paid");
    browser.open(order).await
}

#[tokio::test]
async fn who_closes_the_tab_is_enrolled_by_the_notification() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let browser = app.browser();
        app.practice().webhooks(Delivery::Hold);
        let order = pay_and_close(&app, &browser).await;
        app.settle().await;
        not_enrolled(&app, &browser, &order).await.shows("Pay for your seat");
        app.practice().webhooks(Delivery::Deliver);
        app.settle().await;
        enrolled_once(&app, &browser).await;
        browser.open(&order).await.shows("You are enrolled");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_lost_notification_is_made_up_for_by_the_sweep() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        cast::start_periodic_jobs(&app).await;
        let browser = app.browser();
        app.practice().webhooks(Delivery::Drop);
        let order = pay_and_close(&app, &browser).await;
        app.settle().await;
        not_enrolled(&app, &browser, &order).await;
        app.pass(SignedDuration::from_mins(6)).await;
        enrolled_once(&app, &browser).await;
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn without_notification_or_sweep_the_end_of_the_hold_finds_the_money() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let browser = app.browser();
        app.practice().webhooks(Delivery::Drop);
        pay_and_close(&app, &browser).await;
        app.pass(SignedDuration::from_mins(33)).await;
        enrolled_once(&app, &browser).await;
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn notifications_doubled_and_out_of_order_enrol_once() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let browser = app.browser();
        app.practice().webhooks(Delivery::Hold);
        pay_and_close(&app, &browser).await;
        let mut events = webhooks::events(&app).await;
        assert!(events.len() >= 2, "{events:?}");
        events.reverse();
        for event in events.iter().chain(&events) {
            assert_eq!(webhooks::post_signed(&app, event).await, 200);
            app.settle().await;
        }
        enrolled_once(&app, &browser).await;
        // And all of them again, by the gateway itself and the return page.
        app.practice().webhooks(Delivery::Deliver);
        app.settle().await;
        for event in &events {
            assert_eq!(webhooks::post_signed(&app, event).await, 200);
        }
        app.settle().await;
        enrolled_once(&app, &browser).await;
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_notification_that_is_forged_old_or_cut_changes_nothing() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let browser = app.browser();
        app.practice().webhooks(Delivery::Drop);
        let order = pay_and_close(&app, &browser).await;
        let events = webhooks::events(&app).await;
        let paid = events.iter().find(|event| event["type"] == "checkout.session.completed").unwrap();
        let body = paid.to_string().into_bytes();
        let now = app.machine_now();
        let good = webhooks::signature(&app, &body, now);
        let forged = webhooks::signature_by("whsec_of_somebody_else", &body, now);
        let old = webhooks::signature(&app, &body, shifted(now, SignedDuration::from_secs(-301)));
        let future = webhooks::signature(&app, &body, shifted(now, SignedDuration::from_secs(301)));
        let cut = &body[..body.len() - 1];
        let altered = String::from_utf8(body.clone()).unwrap().replace("650000", "100").into_bytes();
        assert_ne!(altered, body);
        let long = vec![b' '; 300 * 1024];
        let cases: [(&str, &[u8], Option<&str>, u16); 9] = [
            ("unsigned", &body, None, 400),
            ("empty signature", &body, Some(""), 400),
            ("nonsense", &body, Some("t=now,v1=zz"), 400),
            ("forged", &body, Some(&forged), 400),
            ("old", &body, Some(&old), 400),
            ("of the future", &body, Some(&future), 400),
            ("cut", cut, Some(&good), 400),
            ("altered", &altered, Some(&good), 400),
            ("too long", &long, Some(&good), 413),
        ];
        for (what, body, signature, status) in cases {
            assert_eq!(webhooks::post(&app, body, signature).await, status, "{what}");
        }
        // Signed, and cut before that.
        let signed_cut = webhooks::signature(&app, cut, now);
        assert_eq!(webhooks::post(&app, cut, Some(&signed_cut)).await, 400);
        app.settle().await;
        not_enrolled(&app, &browser, &order).await;
        // The good one counts still.
        assert_eq!(webhooks::post(&app, &body, Some(&good)).await, 200);
        app.settle().await;
        enrolled_once(&app, &browser).await;
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_notification_is_only_a_reason_to_ask() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let browser = app.browser();
        let order = cast::hold(&app, &browser, STUDENT, "Europe/London").await;
        let hosted = cast::to_gateway(&order).await;
        // Well signed, and untrue: nobody has paid.
        let session = hosted.url.path_segments().unwrap().next_back().unwrap().to_owned();
        let untrue = completed("evt_untrue", &session, app.now().as_second());
        assert_eq!(webhooks::post_signed(&app, &untrue).await, 200);
        let unknown = completed("evt_unknown", "cs_test_nobodys", app.now().as_second());
        assert_eq!(webhooks::post_signed(&app, &unknown).await, 200);
        app.settle().await;
        not_enrolled(&app, &browser, cast::path(&order)).await.shows("Pay for your seat");
        app.finish().await;
    })
    .await;
}

fn completed(id: &str, session: &str, created: i64) -> Value {
    json!({
        "id": id, "object": "event", "type": "checkout.session.completed", "livemode": false, "created": created,
        "data": { "object": { "id": session, "object": "checkout.session", "payment_status": "paid", "amount_total": 650_000 } },
    })
}

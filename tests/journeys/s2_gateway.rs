//! S2, where the gateway itself misbehaves: it is away, slow, answers HTML, or took other money than was asked for.

use std::path::Path;

use lectern::gateway::practice::Fault;
use serde_json::{Value, json};

use super::cast::{self, CONFIRMED, STUDENT};
use crate::support::app::{TestApp, on_each_database};

#[tokio::test]
async fn a_gateway_in_trouble_is_told_and_the_second_try_leads_to_the_one_page() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 10).await;
        let faults = [Fault::HtmlInstead, Fault::HtmlAfterWork, Fault::DropAfterWork, Fault::HangAfterWork, Fault::Hang];
        for (number, fault) in faults.into_iter().enumerate() {
            let (browser, email) = (app.browser(), format!("student{number}@example.org"));
            let order = cast::hold(&app, &browser, &email, "Europe/London").await;
            app.practice().faults(fault, 1);
            let told = order.form("Pay with card").submit().await;
            told.is(503).shows("The payment page could not be opened").shows("It did not answer. Nothing was charged");
            assert_eq!(told.headers["retry-after"], "60");
            // Nothing is lost: the order stands as it was, and the second try is the same payment.
            browser.open(cast::path(&order)).await.is(200).shows("Pay for your seat");
            let hosted = told.form("Try again").submit().await;
            hosted.is(200).shows("no money moves");
            assert_eq!(app.practice().session_count(), number + 1, "{fault:?}");
            cast::pay(&hosted).await.is(200).shows("You are enrolled");
            app.settle().await;
            assert_eq!(cast::count_mails(&app, &email, CONFIRMED).await, 1, "{fault:?}");
        }
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_return_page_that_hears_nothing_says_wait_and_not_pay_again() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let browser = app.browser();
        let order = cast::hold(&app, &browser, STUDENT, "Europe/London").await;
        let hosted = cast::to_gateway(&order).await;
        app.practice().faults(Fault::HtmlInstead, 1);
        let back = cast::pay(&hosted).await;
        back.is(200).shows("We are waiting for the bank").shows("Do not pay a second time");
        back.click("Look again").await.is(200).shows("You are enrolled");
        app.settle().await;
        assert_eq!(cast::count_mails(&app, STUDENT, CONFIRMED).await, 1);
        app.finish().await;
    })
    .await;
}

/// Changes what the gateway takes for its only session, while it is stopped.
fn doctor(data: &Path, change: impl FnOnce(&mut Value)) {
    let path = data.join("practice-gateway.json");
    let mut state: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let sessions = state["sessions"].as_object_mut().unwrap();
    assert_eq!(sessions.len(), 1);
    change(&mut sessions.values_mut().next().unwrap()["purchase"]);
    std::fs::write(&path, state.to_string()).unwrap();
}

#[tokio::test]
async fn other_money_than_was_asked_for_enrols_nobody_and_waits_for_an_admin() {
    let amounts = [
        (json!({ "minor": 649_999, "currency": "INR" }), "Pay ₹6,499.99"),
        (json!({ "minor": 650_001, "currency": "INR" }), "Pay ₹6,500.01"),
        (json!({ "minor": 650_000, "currency": "USD" }), "Pay US$6,500.00"),
    ];
    for (amount, button) in amounts {
        on_each_database(async |app: TestApp| {
            cast::open(&app, 3).await;
            let browser = app.browser();
            let order = cast::hold(&app, &browser, STUDENT, "Europe/London").await;
            let hosted = cast::to_gateway(&order).await;
            let app = app.restart_after(|data| doctor(data, |purchase| purchase["amount"] = amount.clone())).await;
            let back = browser.open(hosted.url.as_str()).await.form(button).submit().await;
            back.is(200).shows("We have your payment, and a person must look at it").shows("You are not enrolled by it yet");
            app.settle().await;
            assert_eq!(cast::count_mails(&app, STUDENT, CONFIRMED).await, 0);
            browser.open("/learn").await.is(200).shows("Held, not paid");

            let admin = app.browser();
            cast::sign_in(&app, &admin, cast::ADMIN).await;
            let queue = admin.open("/staff/today").await;
            queue.is(200).shows("Amount differs from the order").shows("Demo Student 03").shows(&button[4..]);
            // Told again, it stays one entry.
            browser.open(back.url.as_str()).await.shows("a person must look at it");
            assert_eq!(admin.open("/staff/today").await.text().matches("Amount differs").count(), 1);
            app.finish().await;
        })
        .await;
    }
}

#[tokio::test]
async fn money_for_another_order_waits_for_an_admin() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let browser = app.browser();
        let order = cast::hold(&app, &browser, STUDENT, "Europe/London").await;
        let hosted = cast::to_gateway(&order).await;
        let app = app
            .restart_after(|data| {
                doctor(data, |purchase| {
                    let text = purchase.to_string();
                    let other = purchase["reference"].as_str().unwrap().to_owned();
                    let twisted: String = other.chars().rev().take(1).map(|c| if c == '0' { '1' } else { '0' }).collect();
                    let twisted = format!("{}{twisted}", &other[..other.len() - 1]);
                    let urls = (purchase["success_url"].clone(), purchase["cancel_url"].clone());
                    *purchase = serde_json::from_str(&text.replace(&other, &twisted)).unwrap();
                    (purchase["success_url"], purchase["cancel_url"]) = urls;
                })
            })
            .await;
        let back = cast::pay(&browser.open(hosted.url.as_str()).await).await;
        back.is(200).shows("a person must look at it");
        app.settle().await;
        assert_eq!(cast::count_mails(&app, STUDENT, CONFIRMED).await, 0);
        app.finish().await;
    })
    .await;
}

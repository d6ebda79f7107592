//! S1 where no gateway is set up: transfers, cash and cheque alone. No page speaks of a card, nothing fails for want of a gateway.

use lectern::config::{GatewayKind, Settings};
use lectern::kernel::Clocks;
use lectern::kernel::random::Randomness;
use lectern::kernel::time::SignedDuration;
use lectern::ops::doctor::{Reach, Verdict, examine};
use secrecy::ExposeSecret;

use super::cast::{self, OTHER, STUDENT};
use super::{s1_transfer, webhooks};
use crate::support::app::{TestApp, on_each_database_with};

fn without_gateway(settings: &mut Settings) {
    settings.gateway.kind = GatewayKind::None;
    settings.gateway.secret_key = String::new().into();
    settings.gateway.webhook_secrets = Vec::new();
}

#[tokio::test]
async fn an_organisation_without_a_gateway_takes_transfers_cash_and_cheque() {
    on_each_database_with(without_gateway, async |app: TestApp| {
        cast::open(&app, 3).await;
        cast::start_periodic_jobs(&app).await;
        let student = app.browser();
        let order = cast::hold(&app, &student, STUDENT, "Europe/London").await;
        order.is(200).hides("Pay with card").hides("cannot pay by card").shows("We cannot take this payment on the site");
        order.shows("Write to").shows("give the order number");

        let admin = s1_transfer::admin(&app).await;
        let order = student.open(cast::path(&order)).await;
        order.hides("Pay with card").hides("cannot take this payment").shows("Cash or a cheque?");
        let chosen = order.form("Pay by bank transfer").submit().await;
        chosen.is(200).shows("Account number").hides("Pay with card");
        // The button that is not there leads back.
        let back = student.post(&format!("{}/checkout", cast::path(&order)), &[]).await;
        back.is(200).shows("Account number");
        app.settle().await;
        let mail = app.mails_to(STUDENT).await.pop().unwrap();
        assert!(mail.text.as_ref().unwrap().contains("You chose to pay by bank transfer for"), "{mail:?}");
        assert!(!mail.text.as_ref().unwrap().contains("card") && !mail.html.as_ref().unwrap().contains("by card"), "{mail:?}");

        let page = admin.open(&format!("/staff{}", cast::path(&order))).await;
        page.form("Record the payment and enrol").with("reference", "UTR 0001").submit().await.is(200).shows("Paid");
        student.open(cast::path(&order)).await.is(200).shows("You are enrolled");

        // A hold that nobody pays ends, though there is no gateway to ask.
        let other = app.browser();
        let unpaid = cast::hold(&app, &other, OTHER, "Europe/London").await;
        app.pass(SignedDuration::from_mins(40)).await;
        other.open(cast::path(&unpaid)).await.is(200).shows("The time ran out");
        admin.open("/staff/today").await.is(200).shows("Nothing waits for you");
        nobody_notifies(&app).await;
        the_doctor_is_content(&app).await;
        app.finish().await;
    })
    .await;
}

/// Without a secret no signature is good, not even one by an empty secret.
async fn nobody_notifies(app: &TestApp) {
    let body = br#"{"id":"evt_1","type":"payout.paid","livemode":false,"created":0,"data":{"object":{}}}"#;
    let signed = webhooks::signature_by("", body, app.machine_now());
    assert_eq!(webhooks::post(app, body, Some(&signed)).await, 400);
}

async fn the_doctor_is_content(app: &TestApp) {
    let settings = &app.services().settings;
    assert!(settings.gateway.secret_key.expose_secret().is_empty());
    let found = examine(settings, &Clocks::system(), &Randomness::from_seed(1), Reach::Network).await;
    let find = |check: &str| found.iter().find(|finding| finding.check == check).unwrap();
    for check in ["settings", "payment gateway", "webhook", "clock", "ways to pay"] {
        assert_eq!(find(check).verdict, Verdict::Ok, "{found:#?}");
    }
    assert!(find("payment gateway").says.contains("no cards are taken"), "{found:#?}");
    assert!(found.iter().all(|finding| finding.verdict != Verdict::Fault), "{found:#?}");
}

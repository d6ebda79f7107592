//! Tokens as an admin makes and revokes them on the pages.

use lectern::kernel::time::SignedDuration;

use super::{Program, refuses};
use crate::journeys::cast;
use crate::support::app::{TestApp, on_each_database};

#[tokio::test]
async fn a_token_is_shown_once_works_and_is_revoked() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let admin = app.browser();
        cast::sign_in(&app, &admin, cast::ADMIN).await;
        let list = admin.open("/staff/settings").await.click("API tokens").await;
        let form = list.is(200).shows("There is no token yet").click("Make a token").await;
        form.form("Make the token").with("name", "").submit().await.is(422).shows("Enter what the token is for");
        form.form("Make the token").with("name", "Ledger").submit().await.is(422).shows("Choose at least one scope");
        let made = form.form("Make the token").with("name", "Ledger").with("catalogue_read", "on").submit().await;
        let html = made.is(200).shows("It is shown this once").html();
        let pre = scraper::Selector::parse("#secret").unwrap();
        let secret: String = html.select(&pre).next().unwrap().text().collect();
        let program = Program { app: &app, secret: secret.clone() };
        program.read("/api/v1/cohorts/january").await;
        refuses(&program.get("/api/v1/orders").send(&app).await, 403, "scope-missing");

        let list = admin.open("/staff/tokens").await;
        list.is(200).shows("Ledger").shows("catalogue:read").shows("Works until").shows("Demo Admin").hides(&secret);
        list.hides(&secret[13..40]);
        admin.open("/staff/log").await.is(200).shows("An API token was made").hides(&secret[13..40]);
        let ask = list.click("Revoke Ledger").await;
        ask.is(200).shows("refused at once").form("Revoke the token").submit().await.is(200).shows("The token is revoked");
        let problem = refuses(&program.get("/api/v1/cohorts").send(&app).await, 401, "token-refused");
        assert!(problem["detail"].as_str().unwrap().contains("revoked"), "{problem}");
        admin.open("/staff/log").await.shows("An API token was revoked");

        app.age(SignedDuration::from_mins(11));
        admin.open("/staff/tokens/new").await.shows("Confirm");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn the_documentation_is_for_staff() {
    let app = TestApp::sqlite().await;
    cast::open(&app, 3).await;
    let visitor = app.browser();
    visitor.open("/api/docs").await.is(404);
    visitor.open("/api/docs/openapi.json").await.is(404);
    let instructor = app.browser();
    cast::sign_in(&app, &instructor, cast::INSTRUCTOR).await;
    let docs = instructor.open("/api/docs").await;
    docs.is(200).shows("POST /api/v1/orders/{order}/payments").shows("payments:write").shows("Idempotency-Key");
    assert!(docs.click("The OpenAPI document").await.is(200).body.contains("\"openapi\":\"3.1.0\""));
    app.finish().await;
}

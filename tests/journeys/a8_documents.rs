//! A8: the documents of a month are lawful. An export says its value in rupees, at a rate that an admin enters; what is taken back too
//! late warns; who paid before documents were issued gets theirs by an admin's act.

use lectern::db::rows::documents::documents as row;
use lectern::db::rows::organisation::settings;
use lectern::kernel::Actor;
use lectern::kernel::time::SignedDuration;
use lectern::organisation::{self, model::Change};
use sea_orm::sea_query::Expr;
use sea_orm::{DbErr, EntityTrait};

use super::cast::{self, OTHER, STUDENT};
use super::{a8_payouts, s1_price};
use crate::support::app::{TestApp, on_each_database};
use crate::support::school::seller;

const TODAY: &str = "/staff/today";
const RATES: &str = "/staff/settings/rates";
const JANUARY: &str = "/admin/reports/2027-01";

#[tokio::test]
async fn an_export_invoice_waits_for_its_rate_on_today_and_the_month_is_told_in_rupees() {
    on_each_database(async |app: TestApp| {
        s1_price::open(&app).await;
        let student = app.browser();
        let abroad = s1_price::order(&app, &student, OTHER, &[("country", "GB")]).await;
        cast::to_gateway(&abroad).await.form("Pay US$120.00").submit().await.is(200).shows("You are enrolled");
        app.settle().await;
        let order = cast::path(&abroad).to_owned();
        student.open(&order).await.is(200).shows("You are enrolled").shows("Your receipt is not issued yet").shows("write to");

        let admin = app.browser();
        cast::sign_in(&app, &admin, cast::ADMIN).await;
        let today = admin.open(TODAY).await;
        today.is(200).shows("Export invoices that wait for a rate of exchange").shows("USD on 7 January 2027");
        today.shows("To be issued by 6 February 2027");
        admin
            .open(&format!("/staff{order}"))
            .await
            .is(200)
            .shows("No receipt or invoice was issued")
            .shows("the rate of 7 January 2027");
        admin.open(&format!("/staff{order}/issue")).await.is(409).shows("There is nothing to issue");

        let form = admin.open(RATES).await;
        form.is(200).shows("One invoice waits for a rate");
        let wrong = form.form("Enter the rate").with("currency", "USD").with("rate", "83,5").submit().await;
        wrong.is(422).shows("Enter how many rupees one unit is worth").shows("Enter a day").shows("Say where the rate is from");
        let entered =
            wrong.form("Enter the rate").with("rate", "83.5").with("from", "2027-01-01").with("source", "FBIL reference rate");
        entered.submit().await.is(200).shows("The rate is entered").shows("1 January 2027").shows("FBIL reference rate");
        app.settle().await;
        admin.open(TODAY).await.is(200).shows("Nothing waits for you");
        admin.open(&format!("/staff{order}")).await.is(200).shows("Tax invoice TI/2627/00001").hides("No receipt or invoice");
        student.open(&order).await.is(200).shows("TI/2627/00001 (PDF)").hides("not issued yet");

        let month = admin.open(JANUARY).await;
        month.is(200).shows("US$120.00 ₹10,020.00").shows("All taxes in rupees").shows("at the rates that their invoices say");
        let file = admin.open(&format!("{JANUARY}/taxes.csv")).await;
        assert!(file.body.contains("120.00,0.00,10020.00,0.00"), "{}", file.body);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn whoever_sends_money_back_is_told_until_when_the_tax_goes_with_it() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        a8_payouts::register(&app).await;
        a8_payouts::enrol_in(&app, STUDENT, "29", "560001").await;
        let order = {
            let rows = row::Entity::find().all(&*app.services().db.snapshot().await.unwrap()).await.unwrap();
            rows[0].order_id
        };
        let forms = async |words: &str, others: &str| {
            let admin = app.browser();
            cast::sign_in(&app, &admin, cast::ADMIN).await;
            let refund = admin.open(&format!("/staff/orders/{order}/refund")).await;
            refund.is(200).shows(words).hides(others);
            refund.click("cancel it").await.is(200).shows(words).hides(others);
        };
        forms("Why", "34(2)").await;
        app.age(SignedDuration::from_hours(24 * 300));
        forms("Until 30 November 2027", "The tax stays paid").await;
        app.age(SignedDuration::from_hours(24 * 40));
        forms("The tax stays paid", "Until 30 November 2027").await;
        app.abandon().await;
    })
    .await;
}

#[tokio::test]
async fn who_paid_before_documents_were_issued_gets_theirs_by_an_admins_act() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let db = &app.services().db;
        let forget = async |txn: &lectern::db::Txn| {
            let nobody =
                settings::Entity::update_many().col_expr(settings::Column::Identity, Expr::value(None::<serde_json::Value>));
            nobody.exec(&**txn).await
        };
        db.write(Actor::Operator, forget).await.unwrap();
        let student = app.browser();
        cast::enrol_and_pay(&app, &student, STUDENT).await;
        db.write(Actor::Operator, async |txn| {
            lectern::jobs::store::set_aside(txn, "payment.issue_document", "before there were documents").await?;
            organisation::change(txn, Change::Identity(seller())).await?;
            let dead = lectern::jobs::dead_jobs(txn, "payment.process_event", 9).await?;
            lectern::jobs::forget_dead(txn, &dead.iter().map(|job| job.id).collect::<Vec<_>>()).await?;
            Ok::<_, DbErr>(())
        })
        .await
        .unwrap();
        let order = {
            let orders = lectern::db::rows::payment::orders::Entity::find().all(&*db.snapshot().await.unwrap()).await.unwrap();
            orders[0].id
        };
        let path = format!("/orders/{order}");
        student.open(&path).await.is(200).shows("Your receipt is not issued yet").hides("(PDF)");

        let admin = app.browser();
        cast::sign_in(&app, &admin, cast::ADMIN).await;
        let ask = admin
            .open(&format!("/staff{path}"))
            .await
            .is(200)
            .shows("No receipt or invoice was issued")
            .click("Issue it …")
            .await;
        ask.is(200).shows("can never be changed").shows("7 January 2027");
        let done = ask.form("Issue it").submit().await;
        done.is(200).shows("It is issued").shows("Receipt RC/2627/00001").hides("No receipt or invoice was issued");
        ask.form("Issue it").submit().await.is(409).shows("There is nothing to issue");
        app.settle().await;
        student.open(&path).await.is(200).shows("RC/2627/00001 (PDF)").hides("not issued yet");
        app.finish().await;
    })
    .await;
}

//! Many at once, over HTTP: seats are never oversold, and one payment is one enrolment, whoever is told of it and how often.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use lectern::gateway::practice::Delivery;
use lectern::identity::{self, Details};
use lectern::kernel::Actor;
use lectern::kernel::actor::Component;
use lectern::kernel::time::SignedDuration;
use lectern::payment;
use reqwest::Method;

use crate::journeys::cast::{self, CONFIRMED, PRICE, STUDENT};
use crate::journeys::webhooks;
use crate::support::app::{TestApp, on_each_database};
use crate::support::runs::count;

/// Signed-in students: each the value of a session's cookie.
async fn sessions(app: &TestApp, count: usize) -> Vec<String> {
    let register = async |txn: &lectern::db::Txn| {
        let mut tokens = Vec::new();
        for number in 1..=count {
            let details = Details {
                name: format!("Demo Student {number:03}").parse().unwrap(),
                zone: "Asia/Kolkata".parse().unwrap(),
                country: "IN".parse().unwrap(),
            };
            let email = format!("racer{number:03}@example.org").parse().unwrap();
            let person = identity::register_student(txn, &email, details).await.unwrap();
            tokens.push(identity::start_session(txn, &person, None).await?.plain().to_owned());
        }
        Ok::<_, sea_orm::DbErr>(tokens)
    };
    app.services().db.write(Actor::Visitor, register).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_cohort_is_oversold() {
    let (students, seats) = (count(200, 60), count(30, 10));
    on_each_database(async |app: TestApp| {
        cast::open(&app, u32::try_from(seats).unwrap()).await;
        let (client, origin) = (app.client(), app.origin());
        let fields = [
            ("name", "Demo Student"),
            ("country", "NP"),
            ("address", "12 Demonstration Road"),
            ("postal_code", ""),
            ("zone", "Asia/Kolkata"),
            ("consent", "yes"),
        ];
        let url = format!("{origin}{}", cast::COHORT);
        let sent = sessions(&app, students).await.into_iter().map(|token| {
            let request = client.post(&url).header("cookie", format!("lectern={token}"));
            request.header("origin", &origin).header("accept", "text/html").form(&fields).send()
        });
        let mut told = BTreeMap::new();
        for answer in join_all(sent).await {
            let answer = answer.unwrap();
            let status = answer.status().as_u16();
            *told.entry(status).or_insert(0) += 1;
            if status == 409 {
                assert!(answer.text().await.unwrap().contains("This cohort is full"));
            }
        }
        assert_eq!(told, BTreeMap::from([(303, seats), (409, students - seats)]));

        let admin = app.browser();
        cast::sign_in(&app, &admin, cast::ADMIN).await;
        let roster = admin.open(cast::ROSTER).await;
        roster.is(200).shows(&format!("{seats} of {seats} seats taken, {seats} of them held · 0 left"));
        assert_eq!(roster.text().matches("Seat held until").count(), seats);
        // Nobody pays: all of them are free again.
        app.pass(SignedDuration::from_mins(33)).await;
        admin.open(cast::ROSTER).await.shows(&format!("0 of {seats} seats taken"));
        app.finish().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_student_in_many_tabs_holds_one_seat() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let (client, origin) = (app.client(), app.origin());
        let token = sessions(&app, 1).await.remove(0);
        let fields = [("name", "Demo Student"), ("country", "NP"), ("address", "Road 12"), ("zone", "UTC"), ("consent", "yes")];
        let sent = (0..20).map(|_| {
            let request = client.post(format!("{origin}{}", cast::COHORT)).header("cookie", format!("lectern={token}"));
            request.header("origin", &origin).form(&fields).send()
        });
        let mut orders: Vec<_> = Vec::new();
        for answer in join_all(sent).await {
            orders.push(answer.unwrap().headers()["location"].to_str().unwrap().to_owned());
        }
        orders.dedup();
        assert_eq!(orders.len(), 1, "{orders:?}");
        app.browser().open("/").await.shows("Seats left 2 of 3");
        app.finish().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_payment_told_by_all_at_once_enrols_once() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let browser = app.browser();
        app.practice().webhooks(Delivery::Hold);
        let order = cast::hold(&app, &browser, STUDENT, "Europe/London").await;
        let hosted = cast::to_gateway(&order).await;
        let gone = hosted.form(&format!("Pay {PRICE}")).submit_only().await;
        let back = gone.headers["location"].to_str().unwrap().to_owned();
        let id = cast::path(&order).strip_prefix("/orders/").unwrap().parse().unwrap();
        let events = webhooks::events(&app).await;
        let worker = Actor::System(Component::Worker);

        let returns = join_all((0..6).map(|_| browser.send(Method::GET, back.parse().unwrap(), &[])));
        let told = join_all(events.iter().cycle().take(6).map(|event| webhooks::post_signed(&app, event)));
        let settled = join_all((0..4).map(|_| payment::settle_order(app.services(), worker, id)));
        let swept = join_all((0..4).map(|_| payment::sweep(app.services())));
        let ((returns, told), (settled, swept), ()) =
            tokio::join!(async { tokio::join!(returns, told) }, async { tokio::join!(settled, swept) }, app.settle());
        assert!(returns.iter().all(|page| page.status.as_u16() == 200), "{returns:?}");
        assert!(told.iter().all(|status| *status == 200), "{told:?}");
        assert!(settled.iter().all(Result::is_ok), "{settled:?}");
        assert!(swept.iter().all(Result::is_ok), "{swept:?}");

        app.practice().webhooks(Delivery::Deliver);
        app.settle().await;
        browser.open(cast::path(&order)).await.shows("You are enrolled");
        assert_eq!(cast::count_mails(&app, STUDENT, CONFIRMED).await, 1);
        app.browser().open("/").await.shows("Seats left 2 of 3");
        let admin = app.browser();
        cast::sign_in(&app, &admin, cast::ADMIN).await;
        admin.open("/staff/today").await.shows("Nothing waits for you");
        app.finish().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_reference_recorded_on_many_orders_at_once_pays_one() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 8).await;
        let (client, origin) = (app.client(), app.origin());
        let form = [("name", "Demo Student"), ("country", "NP"), ("address", "Road 12"), ("zone", "UTC"), ("consent", "yes")];
        let mut orders = Vec::new();
        for token in sessions(&app, 8).await {
            let request = client.post(format!("{origin}{}", cast::COHORT)).header("cookie", format!("lectern={token}"));
            let answer = request.header("origin", &origin).form(&form).send().await.unwrap();
            orders.push(answer.headers()["location"].to_str().unwrap().to_owned());
        }
        let admin = app.browser();
        cast::sign_in(&app, &admin, cast::ADMIN).await;
        let money: Vec<(String, String)> =
            [("method", "upi"), ("reference", "UPI 77"), ("amount", "6500.00"), ("received_on", "2027-01-07")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into();
        let sent = orders.iter().map(|order| {
            let url = format!("{origin}/staff{order}/payments").parse().unwrap();
            admin.send(Method::POST, url, &money)
        });
        let mut told = BTreeMap::new();
        for page in join_all(sent).await {
            *told.entry(page.status.as_u16()).or_insert(0) += 1;
        }
        assert_eq!(told, BTreeMap::from([(303, 1), (422, 7)]));
        app.settle().await;
        let roster = admin.open(cast::ROSTER).await;
        assert_eq!(roster.text().matches("Enrolled").count(), 1);
        app.finish().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_seat_given_back_while_an_admin_refunds_it_sends_its_money_once() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 2).await;
        let (student, admin) = (app.browser(), app.browser());
        let order = cast::hold(&app, &student, STUDENT, "Europe/London").await;
        cast::pay(&cast::to_gateway(&order).await).await.is(200);
        app.settle().await;
        cast::sign_in(&app, &admin, cast::ADMIN).await;
        let cancel = student.open("/learn").await.click("Cancel the enrolment").await;
        let refund = admin.open(&format!("/staff{}/refund", cast::path(&order))).await;
        let (cancelled, refunded) = tokio::join!(
            cancel.form("Cancel my enrolment").submit(),
            refund.form("Send it back").with("note", "Kindness").submit(),
        );
        // Whoever came second was told that nothing is left, or that it has changed.
        let done = [&cancelled, &refunded].iter().filter(|page| page.status == 200).count();
        assert!(done >= 1, "{}\n{}", cancelled.text(), refunded.text());
        app.settle().await;
        if student.open(cast::path(&order)).await.text().contains("You are enrolled") {
            panic!("the money went, and the seat did not");
        }
        assert_eq!(app.practice().refund_count(), 1);
        app.finish().await;
    })
    .await;
}

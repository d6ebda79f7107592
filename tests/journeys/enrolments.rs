//! The staff's lists over HTTP: search, export, one enrolment's history, the log, and "last seen" beside a clock that moves.

use lectern::kernel::time::{SignedDuration, shifted};

use super::cast::{self, ADMIN, CONFIRMED, OTHER, ROSTER, STUDENT};
use crate::support::app::{TestApp, on_each_database};

const LIST: &str = "/staff/enrolments";

#[tokio::test]
async fn the_export_holds_what_the_list_shows_and_no_formula() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 4).await;
        let (student, other, admin) = (app.browser(), app.browser(), app.browser());
        cast::enrol_and_pay(&app, &student, STUDENT).await;
        // Ids of one moment are in no order.
        app.pass(SignedDuration::from_mins(1)).await;
        let apply = cast::apply(&other, OTHER, "Europe/London").await;
        let order = apply.form("Continue").with("code", &app.code_for(OTHER).await).submit().await;
        order.is(200);
        rename(&app, OTHER, "=HYPERLINK(\"https://example.org\")").await;
        cast::sign_in(&app, &admin, ADMIN).await;
        let list = admin.open(LIST).await;
        list.is(200).shows("2 enrolments, newest first").shows("Paid by card").shows("Unpaid").shows(cast::PRICE);
        let found = list.form("Search").with("q", "demo student03@").with("money", "paid").submit().await;
        found.is(200).shows("1 enrolment,").shows(STUDENT).hides(OTHER);
        assert!(found.url.query().unwrap().contains("money=paid"));
        admin.open(&format!("{LIST}?q=nobody")).await.is(200).shows("No enrolment fits");
        admin.open(&format!("{LIST}?state=none&after=none&other=1")).await.is(200).shows("2 enrolments");

        let export = admin.open(&found.link("Download as CSV")).await;
        assert_eq!(rows(&export.body).len(), 1);
        let export = admin.open(&format!("{LIST}.csv")).await;
        assert_eq!(export.headers["content-type"], "text/csv; charset=utf-8");
        let rows = rows(&export.body);
        let column = |name: &str| rows.iter().map(|row| row[name].clone()).collect::<Vec<_>>();
        assert_eq!(column("email"), [OTHER, STUDENT]);
        assert_eq!(column("name")[0], "'=HYPERLINK(\"https://example.org\")");
        assert_eq!(
            (column("state"), column("money")),
            (vec!["held".into(), "enrolled".into()], vec!["unpaid".into(), "paid".into()])
        );
        assert_eq!((column("amount")[1].as_str(), column("currency")[1].as_str()), ("6500.00", "INR"));
        let enrolled: lectern::kernel::Timestamp = column("enrolled_at")[1].parse().unwrap();
        assert!(enrolled <= app.now() && column("enrolled_at")[1].ends_with('Z'));
        app.finish().await;
    })
    .await;
}

type Row = std::collections::BTreeMap<String, String>;

fn rows(body: &str) -> Vec<Row> {
    let body = body.strip_prefix('\u{feff}').expect("a byte order mark");
    let mut reader = csv::Reader::from_reader(body.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

/// As an account whose name is older than the rules for names.
async fn rename(app: &TestApp, email: &str, name: &str) {
    use lectern::db::rows::identity::users;
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
    let update =
        users::Entity::update_many().col_expr(users::Column::Name, Expr::value(name)).filter(users::Column::Email.eq(email));
    let work = async |txn: &lectern::db::Txn| update.exec(&**txn).await;
    app.services().db.write(lectern::kernel::Actor::Operator, work).await.unwrap();
}

#[tokio::test]
async fn one_page_tells_an_enrolments_whole_history_and_sends_its_confirmation_again() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 4).await;
        let (student, admin) = (app.browser(), app.browser());
        let course = cast::enrol_and_pay(&app, &student, STUDENT).await;
        app.pass_to(cast::at(cast::WEEK_1)).await;
        student.open(&format!("{course}/weeks/1")).await.click("Essay 1-1").await.form("I have read this").submit().await.is(200);
        cast::sign_in(&app, &admin, ADMIN).await;
        let history = admin.open(LIST).await.click("Demo Student 03").await;
        history.is(200).shows("Next: Nothing is to be done").shows("Money").shows(cast::PRICE);
        history.shows("The seat became the student’s").shows("State: held → enrolled").shows("The order was paid");
        history.shows("Read in week 1: Essay 1-1").shows("Mail: A week is open Sent").hides("browser was signed in");
        history.click("Mail").await.shows("Mail: A week is open").hides("Read in week 1");
        history.click("Study").await.shows("Read in week 1").hides("Mail: A week is open");

        let sent = history.form("Send the confirmation again").submit().await;
        sent.is(200).shows("The confirmation is on its way");
        app.settle().await;
        assert_eq!(cast::count_mails(&app, STUDENT, CONFIRMED).await, 2);
        let order = admin.open(ROSTER).await.click("Order of Demo Student 03").await;
        order.click("Demo Student 03").await.shows("The confirmation was sent once more").shows("Demo Admin");

        let log = admin.open("/staff/log?kind=enrolment.confirmation_resent&actor=admin%40example.org").await;
        log.is(200).shows("Demo Admin").shows("State: enrolled").hides("held → enrolled");
        let subject = cast::path(&history).trim_start_matches("/staff/enrolments/").to_owned();
        log.click(&subject).await.is(200).shows("Demo Student 03");
        admin
            .open(&format!("/staff/log?subject={subject}&from=2027-01-07&to=2027-01-07"))
            .await
            .shows("State: held")
            .shows("held → enrolled");
        admin.open("/staff/log?to=2027-01-06").await.shows("No entry fits");
        admin.open("/staff/log?actor=nobody%40example.org").await.shows("No account has this address");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn last_seen_is_told_on_the_clock_that_people_see() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 4).await;
        let (student, admin) = (app.browser(), app.browser());
        cast::enrol_and_pay(&app, &student, STUDENT).await;
        let seen = |at: lectern::kernel::Timestamp| {
            let zone = "Asia/Kolkata".parse().unwrap();
            lectern::kernel::ShownTime::new(at, &zone).short()
        };
        let enrolled = app.now();
        // Service time alone moves on, as in development; the machine's clock hardly does.
        lectern::jobs::clock::set(&app.services().db, shifted(enrolled, SignedDuration::from_hours(24 * 20))).await.unwrap();
        cast::sign_in(&app, &admin, ADMIN).await;
        admin.open(ROSTER).await.shows(&seen(enrolled)).hides(&seen(app.now()));
        student.open("/learn").await.is(200);
        admin.open(ROSTER).await.shows(&seen(app.now()));
        app.abandon().await;
    })
    .await;
}

#[tokio::test]
async fn the_roster_shows_whose_hold_ended_and_who_was_away_longest() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 4).await;
        let (student, other, admin) = (app.browser(), app.browser(), app.browser());
        cast::hold(&app, &other, OTHER, "Europe/London").await;
        app.pass(SignedDuration::from_mins(40)).await;
        cast::enrol_and_pay(&app, &student, STUDENT).await;
        cast::sign_in(&app, &admin, ADMIN).await;
        let ended = admin.open(&format!("{ROSTER}?show=ended")).await;
        ended.is(200).shows("Lapsed").shows(OTHER).hides(STUDENT);

        let free = admin.open("/staff/cohorts/january/enrol-free").await.form("Enrol and mail the confirmation");
        let free = free.with("name", "Demo Unseen").with("email", "unseen@example.org").with("reason", "Scholarship");
        free.submit().await.is(200);
        let longest_first = admin.open(&format!("{ROSTER}?sort=seen")).await.text();
        let at = |email: &str| longest_first.find(email).unwrap_or_else(|| panic!("no {email} in {longest_first}"));
        assert!(at("unseen@example.org") < at(STUDENT), "who was never here comes first: {longest_first}");
        app.finish().await;
    })
    .await;
}

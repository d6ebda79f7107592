//! A2: an admin's day. What waits is on one page and in a morning's mail; each thing is dealt with there; then nothing waits, and no
//! mail comes.

use lectern::db::rows::audit::audit_events;
use lectern::db::rows::mail as row;
use lectern::db::rows::payment::refunds;
use lectern::gateway::practice::Deed;
use lectern::kernel::Actor;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::cast::{self, ADMIN, CONFIRMED, OTHER, STUDENT};
use crate::support::app::{TestApp, on_each_database};
use crate::support::browser::Page;

const TODAY: &str = "/staff/today";
/// Eight in the morning for the admin, who lives in Kolkata.
const MORNINGS: [&str; 2] = ["2027-01-08T02:30:00Z", "2027-01-09T02:30:00Z"];

/// What a server, or a setting, did to the confirmation that waits for this address.
async fn befalls(app: &TestApp, email: &str, state: row::State, error: Option<&str>) {
    let changed = app.services().db.write(Actor::Operator, async |txn| {
        let update = row::Entity::update_many()
            .col_expr(row::Column::State, Expr::value(state))
            .col_expr(row::Column::LastError, Expr::value(error.map(str::to_owned)))
            .filter(row::Column::Recipient.eq(email))
            .filter(row::Column::Kind.eq("enrolment_confirmed"));
        Ok::<_, DbErr>(update.exec(&**txn).await?.rows_affected)
    });
    assert_eq!(changed.await.unwrap(), 1, "one confirmation waits for {email}");
}

async fn mornings(app: &TestApp) -> Vec<String> {
    let mails = app.mails_to(ADMIN).await;
    mails.into_iter().map(|mail| mail.subject).filter(|subject| subject.ends_with("for you today")).collect()
}

/// Follows the page's link to the confirmation for this address.
async fn open_letter(app: &TestApp, today: &Page, email: &str) -> Page {
    let conn = app.services().db.snapshot().await.unwrap();
    let of = row::Entity::find().filter(row::Column::Recipient.eq(email)).filter(row::Column::Kind.eq("enrolment_confirmed"));
    today.follow_link(&format!("/staff/outbox/{}", of.one(&*conn).await.unwrap().unwrap().id)).await
}

/// Two students pay, one of them twice, whose bank does not take the refund; the confirmation of one is refused, that of the other held.
async fn a_bad_day(app: &TestApp) {
    let (student, other, admin) = (app.browser(), app.browser(), app.browser());
    let order = cast::hold(app, &student, STUDENT, "Europe/London").await;
    let late = cast::to_gateway(&order).await.form("Pay late, by bank").submit().await;
    app.settle().await;
    let hosted_other = cast::to_gateway(&cast::hold(app, &other, OTHER, "Europe/London").await).await;
    cast::sign_in(app, &admin, ADMIN).await;
    admin.open(TODAY).await.is(200).shows("Nothing waits for you").shows("Seats held for less than an hour more");
    let page = admin.open(&format!("/staff{}", cast::path(&order))).await;
    page.form("Record the payment and enrol").with("reference", "UTR 0001").submit().await.is(200).shows("Paid");
    // A bank that is deciding cannot be told to stop.
    late.form("The bank confirms now").submit().await.is(200).shows("Paid.");
    cast::pay(&hosted_other).await.is(200).shows("You are enrolled");
    befalls(app, STUDENT, row::State::Dead, Some("refused at RCPT TO: 550 5.1.1 Nobody here")).await;
    befalls(app, OTHER, row::State::Held, None).await;
    app.settle().await;
    let refunds = refunds::Entity::find().all(&*app.services().db.snapshot().await.unwrap()).await.unwrap();
    let [sent] = &refunds[..] else { panic!("{refunds:?}") };
    app.practice().deed(sent.gateway_refund_id.as_ref().unwrap(), Deed::RefundFails).unwrap();
    app.settle().await;
}

#[tokio::test]
async fn what_waits_is_dealt_with_and_then_nothing_waits() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        cast::start_periodic_jobs(&app).await;
        a_bad_day(&app).await;
        assert_eq!(mornings(&app).await, Vec::<String>::new());
        app.pass_to(cast::at(MORNINGS[0])).await;
        assert_eq!(mornings(&app).await, ["3 things wait for you today"]);
        let mail = app.mails_to(ADMIN).await.pop().unwrap();
        let text = mail.text.unwrap();
        assert!(
            text.contains("- 1 payment or failed refund to look at") && text.contains("- 2 mails that did not go out"),
            "{text}"
        );
        assert!(text.contains(TODAY) && mail.html.unwrap().contains(TODAY) && !text.contains(STUDENT));

        let admin = app.browser();
        cast::sign_in(&app, &admin, ADMIN).await;
        let today = admin.open(TODAY).await;
        today
            .is(200)
            .shows("3 things wait for you")
            .shows("A refund did not reach its payer")
            .shows(STUDENT)
            .shows(OTHER)
            .shows("Nobody here");

        // The refused one goes again.
        let letter = open_letter(&app, &today, STUDENT).await;
        letter.is(200).shows("Given up").shows("550 5.1.1").shows(STUDENT);
        assert_eq!(cast::count_mails(&app, STUDENT, CONFIRMED).await, 0);
        letter.form("Try again now").submit().await.is(200).shows("waits to be sent again");
        app.settle().await;
        assert_eq!(cast::count_mails(&app, STUDENT, CONFIRMED).await, 1);
        admin.open(cast::path(&letter)).await.shows("Sent Fri 8 Jan 2027, 08:00").shows(CONFIRMED).hides("Try again now");
        letter.form("Try again now").submit().await.is(409).shows("That cannot be done to this mail");

        // The held one is dropped, with a reason.
        let today = admin.open(TODAY).await;
        let letter = open_letter(&app, today.hides(STUDENT), OTHER).await;
        let ask = letter.shows("Held").click("Drop it").await;
        ask.shows(OTHER).form("Drop the mail").submit().await.is(422).shows("Say why it is not to be sent");
        let dropped = ask.form("Drop the mail").with("reason", "Told on the telephone").submit().await;
        dropped.is(200).shows("Taken back").shows("Told on the telephone");
        let history = admin.open("/staff/enrolments?q=student03").await.click("Demo Student 03").await;
        history.is(200).click("Mail").await.shows("A mail was put up to be sent again");
        let history = admin.open("/staff/enrolments?q=student04").await.click("Demo Student 03").await;
        history.is(200).click("Mail").await.shows("A mail was taken out of the outbox").shows("Told on the telephone");

        // The money was sent back elsewhere.
        let ask = admin.open(TODAY).await.hides(OTHER).click("Mark as settled").await;
        ask.shows("A refund did not reach its payer").form("Mark as settled").submit().await.is(422).shows("Say what was done");
        let done = ask.form("Mark as settled").with("resolution", "Sent back at the gateway").submit().await;
        done.is(200).shows("Nothing waits for you").hides("did not reach");
        ask.form("Mark as settled").with("resolution", "Again").submit().await.is(404);
        app.settle().await;
        assert_eq!(cast::count_mails(&app, OTHER, CONFIRMED).await, 0);

        app.pass_to(cast::at(MORNINGS[1])).await;
        assert_eq!(mornings(&app).await.len(), 1, "an empty queue sends no mail");
        is_on_record(&app).await;
        app.finish().await;
    })
    .await;
}

/// The acts are in the audit log under the admin's name, with their words apart; and the second morning's mail was taken back.
async fn is_on_record(app: &TestApp) {
    let conn = app.services().db.snapshot().await.unwrap();
    let events = audit_events::Entity::find().all(&*conn).await.unwrap();
    let only = |kind: &str| {
        let found: Vec<_> = events.iter().filter(|event| event.kind == kind).collect();
        assert_eq!((found.len(), found[0].actor_kind.as_str()), (1, "user"), "{kind}");
        found[0].personal.clone().unwrap_or_default().to_string()
    };
    assert_eq!(only("letter.retried"), "null");
    assert!(only("letter.dropped").contains("Told on the telephone"));
    assert!(only("payment.resolved").contains("Sent back at the gateway"));
    let daily = row::Entity::find().filter(row::Column::Kind.eq("daily_queue")).all(&*conn).await.unwrap();
    let of = |state| daily.iter().filter(|letter| letter.state == state).count();
    assert_eq!((of(row::State::Sent), of(row::State::Cancelled)), (1, 1));
}

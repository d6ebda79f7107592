//! S6: a week is missed. The reminders of it, in the student's zone and by day; they stop when the student reads, or does not want
//! them.

use lectern::db::rows::mail;
use lectern::identity::{self, Details, Person};
use lectern::kernel::time::{SignedDuration, shifted};
use lectern::kernel::{Actor, Timestamp};
use lectern::mail::Received;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::cast::{self, STUDENT, WEEK_1};
use crate::support::app::{TestApp, on_each_database};

/// Subject and moment of every nudge to the student, in order: the mails with a way out by one click.
async fn nudges(app: &TestApp) -> Vec<(String, Timestamp)> {
    let mails = app.mails_to(STUDENT).await;
    mails.iter().filter(|mail| has_one_click(mail)).map(|mail| (mail.subject.clone(), mail.received_at)).collect()
}

fn has_one_click(mail: &Received) -> bool {
    mail.headers.iter().any(|(name, _)| name == "List-Unsubscribe-Post")
}

fn nudge(subject: &str, moment: &str) -> (String, Timestamp) {
    (subject.to_owned(), cast::at(moment))
}

fn unread(week: u32, moment: &str) -> (String, Timestamp) {
    nudge(&format!("Still to read in week {week}: 1 required reading, about 10 minutes"), moment)
}

/// The mails that wait for a person.
async fn waiting(app: &TestApp, person: &Person) -> usize {
    let theirs = mail::Entity::find().filter(mail::Column::UserId.eq(person.id));
    let waiting = theirs.filter(mail::Column::State.eq(mail::State::Pending));
    waiting.all(&*app.services().db.snapshot().await.unwrap()).await.unwrap().len()
}

#[tokio::test]
async fn for_another_zone_and_an_account_opened_again_reminders_are_planned_anew() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        cast::enrol_and_pay(&app, &app.browser(), STUDENT).await;
        app.settle().await;
        let db = &app.services().db;
        let email = STUDENT.parse().unwrap();
        let student = identity::person_by_email(&db.snapshot().await.unwrap(), &email).await.unwrap().unwrap();
        let planned = waiting(&app, &student).await;
        assert!(planned > 3, "{planned}");

        db.write(Actor::Operator, async |txn| identity::disable(txn, student.id).await).await.unwrap();
        app.settle().await;
        assert_eq!(waiting(&app, &student).await, 0);
        db.write(Actor::Operator, async |txn| identity::enable(txn, student.id).await).await.unwrap();
        app.settle().await;
        assert_eq!(waiting(&app, &student).await, planned);

        let zone = "Asia/Kolkata".parse().unwrap();
        let details = Details { name: student.name.clone(), zone, country: student.country.unwrap() };
        db.write(Actor::Operator, async |txn| identity::change_details(txn, &student, details).await).await.unwrap();
        app.pass_to(cast::at(WEEK_1)).await;
        // A day before, which in London was half past three at night.
        assert_eq!(nudges(&app).await, [nudge("Your cohort starts tomorrow: Example Course", "2027-01-10T03:30:00Z")]);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn who_misses_a_week_is_reminded_and_who_reads_is_not() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let browser = app.browser();
        let course = cast::enrol_and_pay(&app, &browser, STUDENT).await;
        app.pass_to(cast::at(WEEK_1)).await;
        let starts = nudge("Your cohort starts tomorrow: Example Course", "2027-01-10T08:00:00Z");
        assert_eq!(nudges(&app).await, std::slice::from_ref(&starts), "the opening itself is news");

        // Half past three in London is night: eight in the morning.
        app.pass_to(shifted(cast::release_of(3), SignedDuration::from_hours(4 * 24))).await;
        let behind = |week: u32, moment: &str| nudge(&format!("Pick up where you left off: week {week}"), moment);
        let mut expected = vec![
            starts,
            unread(1, "2027-01-16T08:00:00Z"),
            behind(1, "2027-01-21T08:00:00Z"),
            unread(2, "2027-01-23T08:00:00Z"),
            behind(1, "2027-01-28T08:00:00Z"),
        ];
        assert_eq!(nudges(&app).await, expected);
        told_well(&app, &course).await;

        // Twice in a row is enough, and the week's own reminder goes on.
        app.pass_to(cast::at("2027-02-05T12:00:00Z")).await;
        expected.push(unread(3, "2027-01-30T08:00:00Z"));
        assert_eq!(nudges(&app).await, expected);

        // The student reads one: they are behind still, and told so once more.
        for essay in [1, 3, 4] {
            let page = browser.open(&format!("{course}/weeks/{essay}")).await.click(&format!("Essay {essay}-1")).await;
            page.form("I have read this").submit().await.is(200);
        }
        app.pass_to(cast::at("2027-02-12T00:00:00Z")).await;
        expected.push(behind(2, "2027-02-11T08:00:00Z"));
        assert_eq!(nudges(&app).await, expected, "week 4 is read, so it has no reminder");

        // They read all that is open: nothing is left to say.
        for week in [2, 5] {
            let page = browser.open(&format!("{course}/weeks/{week}")).await.click(&format!("Essay {week}-1")).await;
            let form = page.form("I have read this");
            let form = if week == 2 { form.with("reflection", "The third one.") } else { form };
            form.submit().await.is(200);
        }
        app.pass_to(cast::release_of(9)).await;
        assert_eq!(nudges(&app).await, expected);
        app.finish().await;
    })
    .await;
}

/// Both parts of the mails say what is unread, with minutes, one link, the zone, and how to stop.
async fn told_well(app: &TestApp, course: &str) {
    let mails = app.mails_to(STUDENT).await;
    let folded = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let find = |subject: &str| mails.iter().rev().find(|mail| mail.subject.starts_with(subject)).unwrap();
    let link = |week: u32| format!("{}{course}/weeks/{week}", app.origin());
    let (first, second) = (link(1), link(2));
    for (subject, words) in [
        ("Your cohort starts", ["Monday 11 January 2027 at 03:30", "Europe/London", "Theme 1", "about 10 minutes"]),
        ("Still to read", ["Essay 2-1", "Monday 25 January 2027 at 03:30", "Europe/London", second.as_str()]),
        ("Pick up", ["Essay 1-1", "Essay 2-1", "about 20 minutes", first.as_str()]),
    ] {
        let mail = find(subject);
        let stop = format!("{}/unsubscribe/1.nudges.usr_", app.origin());
        let choose = format!("{}/account/mail", app.origin());
        for part in [mail.text.as_deref().unwrap(), mail.html.as_deref().unwrap()].map(folded) {
            for words in words.into_iter().chain([stop.as_str(), &choose, "because you are enrolled in the January cohort"]) {
                assert!(part.contains(words), "no {words:?} in {part}");
            }
            assert!(!part.contains("Essay 1-2") && !part.contains("Essay 3-1"), "{part}");
        }
    }
}

#[tokio::test]
async fn a_start_that_moves_is_told_again_and_its_nudge_supersedes_the_other() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        cast::enrol_and_pay(&app, &app.browser(), STUDENT).await;
        app.pass_to(cast::at("2027-01-10T09:00:00Z")).await;
        move_week_one(&app, 2).await;
        app.settle().await;
        let mails = app.mails_to(STUDENT).await;
        assert_eq!(mails.last().unwrap().subject, "Week 1 moves to Wed 13 Jan 2027, 03:30");
        app.pass_to(cast::at("2027-01-13T03:30:00Z")).await;
        assert_eq!(nudges(&app).await.len(), 1, "a start is announced once");
        assert_eq!(cast::count_mails(&app, STUDENT, "Week 1 is open: Theme 1").await, 1);
        app.finish().await;
    })
    .await;
}

async fn move_week_one(app: &TestApp, day_offset: i32) {
    use lectern::kernel::time::Time;
    use lectern::schedule::model::CivilSlot;
    use lectern::{acts, catalogue, schedule};
    let plans = schedule::Plans::default();
    let snapshot = app.services().db.snapshot().await.unwrap();
    let cohort = catalogue::cohort_by_slug(&snapshot, &"january".parse().unwrap()).await.unwrap().unwrap().id;
    let module = catalogue::cohort_modules(&snapshot, cohort).await.unwrap()[0].id;
    drop(snapshot);
    let slot = CivilSlot { day_offset, time: Time::constant(9, 0, 0, 0) };
    let work = async |txn: &lectern::db::Txn| acts::move_release(txn, &plans, cohort, module, slot).await;
    app.services().db.write(lectern::kernel::Actor::Operator, work).await.unwrap();
}

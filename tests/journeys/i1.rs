//! I1: an instructor plans the six weeks on the board, keys them, publishes; a student enrols and week one opens at its time.

use lectern::acts::{self, NewCohort, Terms, Timetable};
use lectern::catalogue;
use lectern::catalogue::model::EnrolmentWindow;
use lectern::db::Txn;
use lectern::identity::{self, Role};
use lectern::kernel::time::{SignedDuration, shifted};
use lectern::kernel::{Actor, Currency, Money};
use lectern::readings::{self, NewReading, Rights};

use super::cast::{self, INSTRUCTOR, STUDENT, WEEK_1, WEEK_2};
use crate::support::app::{TestApp, on_each_database};
use crate::support::browser::{Browser, Page};

const BOARD: &str = "/staff/cohorts/february/board";
const JANUARY: &str = "/staff/cohorts/january/board";

const FORMER: &str = "former.instructor@example.org";

/// Somebody who teaches January, and then is a student.
async fn teach_and_leave(app: &TestApp, email: &str) {
    let leave = async |txn: &Txn| {
        let (email, name) = (email.parse().unwrap(), "Demo Former".parse().unwrap());
        let former =
            identity::create_person(txn, &email, name, "Asia/Kolkata".parse().unwrap(), Role::Instructor).await.unwrap().id;
        let cohort = catalogue::cohort_by_slug(txn, &"january".parse().unwrap()).await?.unwrap();
        let mut instructors = catalogue::instructors(txn, cohort.id).await?;
        instructors.push(former);
        let terms = Terms { capacity: cohort.capacity, prices: cohort.prices.clone(), window: cohort.window, instructors };
        acts::change_terms(txn, cohort.id, cohort.revision, terms).await.unwrap();
        identity::change_role(txn, former, Role::Student).await.unwrap();
        Ok::<_, sea_orm::DbErr>(())
    };
    app.services().db.write(Actor::Operator, leave).await.unwrap();
}

/// A cohort of the same course that nobody has published, for the instructor to plan.
async fn open_february(app: &TestApp) {
    let open = async |txn: &Txn| {
        let course = catalogue::courses(txn).await?.remove(0);
        let teacher = identity::person_by_email(txn, &INSTRUCTOR.parse().unwrap()).await?.unwrap().id;
        let new = NewCohort {
            slug: "february".parse().unwrap(),
            name: "February".to_owned(),
            zone: "Asia/Kolkata".parse().unwrap(),
            starts_on: "2027-02-01".parse().unwrap(),
            capacity: 3,
            prices: Money::new(650_000, Currency::INR).into(),
            window: EnrolmentWindow::new(cast::at("2026-12-01T00:00:00Z"), cast::at("2027-02-20T00:00:00Z")).unwrap(),
            instructors: vec![teacher],
            timetable: Timetable::default(),
        };
        acts::open_cohort(txn, course.id, new).await.unwrap();
        Ok::<_, sea_orm::DbErr>(())
    };
    app.services().db.write(Actor::Operator, open).await.unwrap();
}

/// A reading of the library with nothing to read.
async fn add_unready(app: &TestApp) {
    let new = NewReading {
        title: "Essay to come".to_owned(),
        author: None,
        author_role: None,
        publisher: "Example Journal".to_owned(),
        published_on: None,
        url: None,
        language: "en".parse().unwrap(),
        licence: None,
        photo_credit: None,
        summary: None,
        body: None,
        rights: Rights::LinkOnly,
        minutes: 10,
    };
    app.services().db.write(Actor::Operator, async |txn| readings::add_reading(txn, new.clone()).await).await.unwrap();
}

/// The value of the option with this text.
fn option(page: &Page, text: &str) -> String {
    let (before, _) = page.body.split_once(&format!(">{text}")).unwrap_or_else(|| panic!("no option {text:?}"));
    before.rsplit("value=\"").next().unwrap().split('"').next().unwrap().to_owned()
}

async fn attach(week: &Page, title: &str, why: &str) -> Page {
    week.form("Attach").with("reading", &option(week, title)).with("why", why).submit().await
}

async fn plan_the_weeks(teacher: &Browser) {
    let release = teacher.open(BOARD).await.click("Move week 2").await;
    let confirm = release.is(200).form("A day later").submit().await;
    confirm.is(200).shows("Mon 8 Feb 2027, 09:00").shows("Tue 9 Feb 2027, 09:00").shows("Nobody is enrolled yet");
    confirm.shows("Due then Mon 15 Feb 2027, 23:59");
    let late = release.form("See what it means").with("on", "2027-03-20").submit().await;
    late.is(200).shows("It opens after the cohort’s last day, Sun 14 Mar 2027");
    release.form("See what it means").with("on", "").submit().await.is(422).shows("Choose a day");
    let board = confirm.form("Move the week").submit().await;
    board.is(200).shows("The release is moved").shows("Tue 9 Feb 2027, 09:00 Tue 9 Feb 2027, 03:30 UTC");
    board.shows("due Mon 15 Feb 2027, 23:59").hides("It is due before it opens");
    confirm.form("Move the week").submit().await.is(409).shows("The board has changed meanwhile");

    let week = board.click("3. Theme 3").await;
    week.is(200).shows("Essay 3-1").shows("Why 3.1 matters.");
    let refused = attach(&week, "Essay 6-2", " ").await;
    refused.is(422).shows("Say in a sentence why to read it");
    let week = attach(&refused, "Essay 6-2", "It looks ahead.").await;
    week.is(200).shows("The reading is attached").shows("It looks ahead.").shows("2 of 2 required readings ready");
    let up = week.form("Up: Essay 6-2").submit().await;
    up.is(200).shows("The order is changed");
    let text = up.text();
    assert!(text.find("Essay 6-2") < text.find("Essay 3-2"), "{text}");
    let edit = up.click("Edit Essay 6-2").await;
    let week = edit.form("Save").with("need", "optional").with("why", "For the curious.").submit().await;
    week.is(200).shows("1 of 1 required reading ready").shows("For the curious.");
    let detach = week.click("Detach … Essay 6-2").await;
    detach.is(200).shows("Nobody has read it here");
    detach.form("Detach it").submit().await.is(200).shows("The reading is detached").hides("For the curious.");
}

#[tokio::test]
async fn an_instructor_plans_and_publishes_and_week_one_opens_at_its_time() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        open_february(&app).await;
        let (teacher, student) = (app.browser(), app.browser());
        cast::sign_in(&app, &teacher, INSTRUCTOR).await.shows("February");
        let (admin, overview) = (app.browser(), teacher.open("/staff/course").await);
        overview.is(200).shows("January").shows("February").hides("of other instructors");
        cast::sign_in(&app, &admin, cast::ADMIN).await;
        admin.open("/staff/course").await.is(200).shows("January").shows("February").hides("None yet");
        plan_the_weeks(&teacher).await;
        student.open("/cohorts/february/enrol").await.is(404);
        let looked = teacher.open(&format!("{BOARD}?at=2027-02-09T09:00")).await;
        looked.is(200).shows("2. Theme 2 Open since Tue 9 Feb 2027, 09:00").shows("3. Theme 3 Opens in 6 days");
        teacher.open(&format!("{BOARD}?at=soon")).await.is(422).shows("Choose a date and time");
        teacher.open("/staff/cohorts/february/edit").await.is(403);
        teacher.open(&format!("{BOARD}/publish")).await.form("Publish").submit().await.is(200).shows("Published");

        let form = student.open("/cohorts/february/enrol").await;
        let form = form.form("Continue").with("name", "Demo Student 03").with("email", STUDENT).with("country", "GB");
        let form = form.with("address", "12 Demonstration Road").with("zone", "America/New_York").with("consent", "yes");
        let order = form.submit().await.form("Continue").with("code", &app.code_for(STUDENT).await).submit().await;
        cast::pay(&cast::to_gateway(&order).await).await.is(200).shows("You are enrolled");
        app.settle().await;
        let week = student.open("/learn").await.link("Week 1: Theme 1");
        let opens = cast::at("2027-02-01T03:30:00Z");
        app.pass_to(shifted(opens, SignedDuration::from_secs(-1))).await;
        student.open(&week).await.is(403);
        app.pass_to(opens).await;
        student.open(&week).await.is(200).shows("Essay 1-1");
        let mails = app.mails_to(STUDENT).await;
        let mail = mails.iter().find(|mail| mail.subject == "Week 1 is open: Theme 1").unwrap();
        let text = mail.text.as_deref().unwrap();
        assert!(text.contains("Sunday 31 January 2027 at 22:30") && text.contains("America/New_York"), "{text}");

        // Week one is moved on: who has it keeps it.
        let confirm = teacher.open(&format!("{BOARD}/weeks/1/release?by=7")).await;
        confirm.is(200).shows("1 student has the week open. It stays open for them");
        confirm.form("Move the week").submit().await.is(200);
        app.settle().await;
        student.open(&week).await.is(200).shows("Essay 1-1");
        let confirm = teacher.open(&format!("{BOARD}/weeks/3/release?by=7")).await;
        confirm.is(200).shows("1 student gets the mail that it is open at the new time");
        // What was due moves with its week: nobody is behind on the day before.
        app.pass_to(cast::at("2027-02-08T00:00:00Z")).await;
        teacher.open("/staff/cohorts/february/roster").await.is(200).shows("Demo Student 03").hides("Enrolled, behind");
        app.pass_to(cast::at("2027-02-14T18:29:00Z")).await;
        teacher.open("/staff/cohorts/february/roster").await.shows("Enrolled, behind");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_move_says_who_is_told_at_once_and_they_are() {
    const SUBJECT: &str = "Week 1 moves to Wed 13 Jan 2027, 09:00";
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let (teacher, student) = (app.browser(), app.browser());
        cast::sign_in(&app, &teacher, INSTRUCTOR).await;
        cast::enrol_and_pay_from(&app, &student, STUDENT, "Asia/Kolkata").await;
        let page = format!("{JANUARY}/weeks/1/release?by=2");
        teacher.open(&page).await.is(200).hides("a mail now").shows("1 student gets the mail that it is open at the new time");
        // "It starts tomorrow" has told the day.
        app.pass_to(shifted(cast::at(WEEK_1), SignedDuration::from_hours(-2))).await;
        let confirm = teacher.open(&page).await;
        confirm.is(200).shows("1 student gets a mail now with the new date").shows("1 student gets the mail that it is open at");
        confirm.form("Move the week").submit().await.is(200);
        app.settle().await;
        assert_eq!(cast::count_mails(&app, STUDENT, SUBJECT).await, 1);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_week_that_will_not_open_is_told_in_time() {
    const SUBJECT: &str = "Week 2 will not open: readings are missing";
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        add_unready(&app).await;
        let (teacher, admin, student) = (app.browser(), app.browser(), app.browser());
        cast::sign_in(&app, &teacher, INSTRUCTOR).await;
        cast::sign_in(&app, &admin, cast::ADMIN).await;
        let course = cast::enrol_and_pay(&app, &student, STUDENT).await;
        let week = teacher.open(&format!("{JANUARY}/weeks/2")).await;
        let week = attach(&week, "Essay to come", "It is on its way.").await;
        week.is(200).shows("1 of 2 required readings ready").shows("Nothing to read");
        let board = teacher.open(JANUARY).await;
        board.shows("Will not open: a required reading is not ready").shows("make it optional, or detach it").hides("notice bad");
        cast::start_periodic_jobs(&app).await;
        app.pass_to(cast::at(WEEK_1)).await;
        teacher.open(JANUARY).await.shows("A week will not open").shows("“Essay to come”");
        admin.open("/staff/cohorts").await.shows("Week 2 will not open");
        assert_eq!(cast::count_mails(&app, INSTRUCTOR, SUBJECT).await, 0);
        // Still on the cohort's list, and no longer on the staff.
        teach_and_leave(&app, FORMER).await;

        app.pass_to(shifted(cast::at(WEEK_2), SignedDuration::from_hours(-71))).await;
        app.pass(SignedDuration::from_hours(3)).await;
        assert_eq!(cast::count_mails(&app, INSTRUCTOR, SUBJECT).await, 1);
        assert_eq!(cast::count_mails(&app, FORMER, SUBJECT).await, 0);
        let mails = app.mails_to(INSTRUCTOR).await;
        let text = mails.iter().find(|mail| mail.subject == SUBJECT).unwrap().text.clone().unwrap();
        for words in ["Essay to come", "Monday 18 January 2027 at 09:00", "Asia/Kolkata", &format!("{JANUARY}/weeks/2")] {
            assert!(text.contains(words), "no {words:?} in {text}");
        }
        app.pass_to(shifted(cast::at(WEEK_2), SignedDuration::from_hours(1))).await;
        student.open(&format!("{course}/weeks/2")).await.is(403).shows("still to be made available");
        let detach = teacher.open(&format!("{JANUARY}/weeks/2")).await.click("Detach … Essay to come").await;
        detach.form("Detach it").submit().await.is(200).hides("Will not open");
        app.settle().await;
        student.open(&format!("{course}/weeks/2")).await.is(200);
        assert_eq!(cast::count_mails(&app, STUDENT, "Week 2 is open: Theme 2").await, 1);
        assert_eq!(cast::count_mails(&app, INSTRUCTOR, SUBJECT).await, 1);
        app.finish().await;
    })
    .await;
}

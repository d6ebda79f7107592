//! The staff's way in: a second factor, its loss, confirmations before acts on money, and accounts that end.

use lectern::config::StaffSecondFactor;
use lectern::db::rows::audit::audit_events;
use lectern::identity;
use lectern::kernel::Actor;
use lectern::kernel::ids::UserId;
use lectern::kernel::time::SignedDuration;
use scraper::Selector;
use sea_orm::{DbErr, EntityTrait};
use totp_rs::{Builder, Secret};

use super::cast::{self, ADMIN, CONFIRMED, INSTRUCTOR, OTHER, ROSTER, STUDENT};
use crate::support::app::{TestApp, on_each_database, on_each_database_with};
use crate::support::browser::{Browser, Page};

const RECORD: &str = "Record the payment and enrol";

/// The texts of a page's `<code>`s.
fn codes(page: &Page) -> Vec<String> {
    let html = page.html();
    html.select(&Selector::parse("main code").unwrap()).map(|code| code.text().collect()).collect()
}

/// What an authenticator app shows now.
fn shown_by_app(app: &TestApp, key: &str) -> String {
    let secret = Secret::try_from_base32(key.replace(' ', "")).unwrap();
    let seconds = u64::try_from(app.machine_now().as_second()).unwrap();
    Builder::new().with_secret(secret).build().unwrap().generate(seconds).to_string()
}

/// Sets up the second factor of whom `browser` is signed in as: the app's key, and the recovery codes.
async fn set_up(app: &TestApp, browser: &Browser) -> (String, Vec<String>) {
    let page = browser.open("/account").await.click("Second factor").await.form("Set it up").submit().await;
    page.is(200).shows("Set up your second factor");
    assert!(page.body.contains("<svg") && !page.body.contains("style="), "a QR code that the policy allows");
    let key = codes(&page).remove(0);
    let wrong = page.form("Take it into use").with("code", "no code").submit().await;
    wrong.is(422).shows("That code is not right");
    assert_eq!(codes(&wrong), [key.as_str()], "the same key is still offered");
    let done = wrong.form("Take it into use").with("code", &shown_by_app(app, &key)).submit().await;
    done.is(200).shows("Your recovery codes");
    let codes = codes(&done);
    assert_eq!(codes.len(), 10);
    browser.open("/account/second-factor").await.is(200).shows("In use").hides(&codes[0]).hides(&key);
    (key, codes)
}

/// By the mailed code to the page that asks for the second factor.
async fn half_way(app: &TestApp, browser: &Browser, email: &str) -> Page {
    let asked = browser.open("/sign-in").await.form("Send the code").with("email", email).submit().await;
    let page = asked.form("Continue").with("code", &app.code_for(email).await).submit().await;
    page.is(200).shows("Enter your second factor");
    assert_eq!(cast::path(&browser.open("/staff/cohorts").await), "/sign-in", "half of it grants nothing");
    page
}

/// The words of the first button that ends a session.
fn first_to_end(page: &Page) -> String {
    let (html, buttons) = (page.html(), Selector::parse("main button").unwrap());
    let mut words = html.select(&buttons).map(|button| button.text().collect::<String>());
    words.find(|words| words.starts_with("Sign it out")).expect("a session to be ended")
}

async fn person(app: &TestApp, email: &str) -> UserId {
    let conn = app.services().db.snapshot().await.unwrap();
    identity::person_by_email(&conn, &email.parse().unwrap()).await.unwrap().expect("an account").id
}

async fn events(app: &TestApp, kind: &str) -> Vec<audit_events::Model> {
    let events = audit_events::Entity::find().all(&*app.services().db.snapshot().await.unwrap()).await.unwrap();
    events.into_iter().filter(|event| event.kind == kind).collect()
}

#[tokio::test]
async fn staff_sign_in_with_a_second_factor_and_with_a_recovery_code() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let admin = app.browser();
        cast::sign_in(&app, &admin, ADMIN).await;
        let (key, recovery) = set_up(&app, &admin).await;
        admin.post("/sign-out", &[]).await;

        let page = half_way(&app, &admin, ADMIN).await;
        let used = shown_by_app(&app, &key);
        page.form("Sign in").with("code", &used).submit().await.is(422).shows("This code was used already");
        let wrong = page.form("Sign in").with("code", "kept words").submit().await;
        wrong.is(422).shows("You have 4 more tries");
        assert!(wrong.body.contains("kept words"));
        app.browser().open(cast::path(&page)).await.is(404);
        app.age(SignedDuration::from_secs(30));
        let home = wrong.form("Sign in").with("code", &shown_by_app(&app, &key)).submit().await;
        home.is(200).shows("Nothing waits for you");
        admin.open(cast::path(&page)).await.is(404);

        let other = app.browser();
        let page = half_way(&app, &other, ADMIN).await;
        page.form("Sign in").with("code", &recovery[2].to_uppercase()).submit().await.is(200).shows("Nothing waits for you");
        other.open("/account/second-factor").await.shows("9 not used");
        let third = app.browser();
        let page = half_way(&app, &third, ADMIN).await;
        page.form("Sign in").with("code", &recovery[2]).submit().await.is(422).shows("That code is not right");
        app.settle().await;
        assert_eq!(cast::count_mails(&app, ADMIN, "A second factor was added to your account").await, 1);
        assert_eq!(cast::count_mails(&app, ADMIN, "A recovery code of yours was used").await, 1);

        // Sign out elsewhere from the account.
        let sessions = other.open("/account/sessions").await;
        sessions.shows("This one").form("Sign out all others").submit().await.is(200).shows("All other browsers are signed out");
        assert_eq!(cast::path(&admin.open("/staff/cohorts").await), "/sign-in");
        other.open("/staff/cohorts").await.is(200);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_lost_factor_is_removed_on_the_shell_and_ends_the_sessions() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let admin = app.browser();
        cast::sign_in(&app, &admin, ADMIN).await;
        set_up(&app, &admin).await;
        let email = ADMIN.parse().unwrap();
        let removed = app.services().db.write(Actor::Operator, async |txn| {
            let account = identity::account_by_email(txn, &email).await?.expect("an account");
            identity::remove_factor(txn, &account.person).await
        });
        assert!(matches!(removed.await, Ok::<_, DbErr>(true)));
        assert_eq!(cast::path(&admin.open("/staff/cohorts").await), "/sign-in");
        app.settle().await;
        assert_eq!(cast::count_mails(&app, ADMIN, "The second factor of your account was removed").await, 1);
        let event = events(&app, "user.second_factor_removed").await.remove(0);
        assert_eq!(event.actor_kind, "operator");
        cast::sign_in(&app, &admin, ADMIN).await.shows("Nothing waits for you");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn money_needs_a_confirmation_of_the_last_ten_minutes_and_what_was_typed_is_kept() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let order = cast::hold(&app, &app.browser(), STUDENT, "Europe/London").await;
        let path = format!("/staff{}", cast::path(&order));
        let admin = app.browser();
        cast::sign_in(&app, &admin, ADMIN).await;
        let page = admin.open(&path).await;
        app.age(SignedDuration::from_mins(10));
        admin.open(&path).await.is(200).hides(RECORD).shows("Confirm that it is you");
        let refused = page.form(RECORD).with("reference", "UTR & 0009").submit().await;
        refused.is(403).shows("Nothing was changed yet").shows(ADMIN);
        admin.open(&path).await.shows("Nobody has tried to pay yet");
        let asked = refused.form("Mail me a code").submit().await;
        let code = app.code_for(ADMIN).await;
        let wrong = asked.is(200).form("Confirm").with("code", "none").submit().await;
        wrong.is(422).shows("That code is not right");
        let confirmed = wrong.form("Confirm").with("code", &code).submit().await;
        confirmed.is(200).shows("Nothing was sent yet").shows("UTR & 0009");
        confirmed.form("Send it now").submit().await.is(200).shows("Paid").shows("UTR&0009");
        app.settle().await;
        assert_eq!(cast::count_mails(&app, STUDENT, CONFIRMED).await, 1);

        // A page leads there and back; with a second factor the mailed code is no longer offered.
        let (key, _) = set_up(&app, &admin).await;
        app.age(SignedDuration::from_mins(10));
        let asked = admin.open("/staff/people/new").await;
        assert_eq!(cast::path(&asked), "/step-up");
        assert!(!asked.body.contains("Mail me a code"));
        let back = asked.form("Confirm").with("code", &shown_by_app(&app, &key)).submit().await;
        assert_eq!(cast::path(&back), "/staff/people/new");
        back.is(200).shows("Invite somebody");
        assert_eq!(events(&app, "user.confirmed").await.len(), 2);
        let evil = admin.open("/step-up?next=//evil.example").await;
        assert_eq!((cast::path(&evil), evil.url.host_str()), ("/account", Some("127.0.0.1")));
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn an_admin_invites_disables_and_corrects() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let (admin, instructor, student) = (app.browser(), app.browser(), app.browser());
        cast::sign_in(&app, &admin, ADMIN).await;
        cast::sign_in(&app, &instructor, INSTRUCTOR).await;
        cast::enrol_and_pay(&app, &student, STUDENT).await;

        let form = admin.open("/staff/people").await.click("Invite somebody").await.form("Make the account and invite");
        let form = form.with("name", "Demo Teacher 09").with("role", "instructor");
        let known = form.clone().with("email", INSTRUCTOR).submit().await;
        known.is(422).shows("An account has this address already");
        known.click("Look at that account").await.is(200).shows("Demo Instructor");
        form.with("email", "teacher09@example.org").submit().await.is(200).shows("Demo Teacher 09").shows("on its way");
        app.settle().await;
        assert_eq!(cast::count_mails(&app, "teacher09@example.org", "You are invited to Example Journal").await, 1);
        cast::sign_in(&app, &app.browser(), "teacher09@example.org").await.shows("No cohort is yours to see");

        instructor.open(ROSTER).await.is(200);
        let page = admin.open("/staff/people").await.click("Demo Instructor").await;
        let ask = page.click("Disable the account").await;
        ask.is(200).shows("They teach January").form("Disable the account").submit().await.is(200).shows("Disabled");
        assert_eq!(cast::path(&instructor.open(ROSTER).await), "/sign-in", "at once");
        let enabled = page.url.path().to_owned();
        admin.open(&enabled).await.form("Enable the account").submit().await.is(200).shows("Active");

        let id = person(&app, STUDENT).await;
        let page = admin.open(&format!("/staff/people/{id}")).await;
        page.is(200).shows("January").form("Send the confirmation again").submit().await.is(200).shows("on its way");
        assert_eq!(events(&app, "enrolment.confirmation_resent").await.len(), 1);
        let form = page.click("Correct it").await.form("Correct the address");
        form.clone().with("email", ADMIN).submit().await.is(422).shows("Another account has this address");
        form.with("email", "right@example.org").submit().await.is(200).shows("right@example.org").shows("Both addresses");
        assert_eq!(cast::path(&student.open("/learn").await), "/sign-in");
        app.settle().await;
        // What waited for the first address goes to the second.
        assert_eq!(cast::count_mails(&app, STUDENT, CONFIRMED).await, 1);
        assert_eq!(cast::count_mails(&app, "right@example.org", CONFIRMED).await, 1);
        assert_eq!(cast::count_mails(&app, STUDENT, "Your account has another address now").await, 1);
        assert_eq!(cast::count_mails(&app, "right@example.org", "This is the address of your account now").await, 1);
        let history = admin.open("/staff/enrolments?q=right").await.click("Demo Student 03").await;
        history.is(200).click("Mail").await.shows("Mail: Notice about the account Sent");
        cast::sign_in(&app, &student, "right@example.org").await.shows("Example Course");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_seat_is_given_free_of_charge_while_there_is_one() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 1).await;
        let admin = app.browser();
        cast::sign_in(&app, &admin, ADMIN).await;
        let form = admin.open(ROSTER).await.click("Enrol somebody free of charge").await.form("Enrol and mail the confirmation");
        let form = form.with("name", "Demo Student 03");
        form.clone().with("email", STUDENT).submit().await.is(422).shows("Say why the seat is free");
        let form = form.with("reason", "Scholarship of the demonstration");
        form.clone().with("email", STUDENT).submit().await.is(200).shows("Enrolled").shows(STUDENT);
        form.clone().with("email", STUDENT).submit().await.is(422).shows("They are enrolled in this cohort already");
        form.with("email", OTHER).submit().await.is(422).shows("All seats of this cohort are taken");
        app.settle().await;
        let mails = app.mails_to(STUDENT).await;
        let mail = mails.iter().find(|mail| mail.subject == CONFIRMED).expect("a confirmation");
        assert!(mail.text.as_deref().unwrap().contains("your seat is free of charge"));
        let event = events(&app, "enrolment.given").await.remove(0);
        assert_eq!(event.personal.unwrap()["reason"], "Scholarship of the demonstration");
        let student = app.browser();
        cast::sign_in(&app, &student, STUDENT).await.shows("Week 1 opens soon");
        admin.open(ROSTER).await.is(200).shows("1 of 1 seats taken").shows("Demo Student 03");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn where_a_second_factor_is_required_staff_set_it_up_first() {
    let required = |settings: &mut lectern::config::Settings| {
        settings.security.staff_second_factor = StaffSecondFactor::Required;
    };
    on_each_database_with(required, async |app: TestApp| {
        cast::open(&app, 3).await;
        let browser = app.browser();
        let home = cast::sign_in(&app, &browser, INSTRUCTOR).await;
        assert_eq!(cast::path(&home), "/account/second-factor");
        home.shows("Staff need one here");
        assert_eq!(cast::path(&browser.open(ROSTER).await), "/account/second-factor");
        set_up(&app, &browser).await;
        browser.open(ROSTER).await.is(200).shows("Roster");
        let page = browser.open("/account/second-factor").await;
        page.hides("Remove the second factor");
        browser.post("/account/second-factor/remove", &[]).await.is(409).shows("cannot be removed");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn an_admin_finds_any_account_and_ends_one_of_its_sessions_or_all() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let (admin, first, second) = (app.browser(), app.browser(), app.browser());
        cast::sign_in(&app, &admin, ADMIN).await;
        let make = async |txn: &lectern::db::Txn| {
            let (email, name) = (OTHER.parse().unwrap(), "Demo Visitor".parse().unwrap());
            let zone = "Asia/Kolkata".parse().unwrap();
            identity::create_person(txn, &email, name, zone, identity::Role::Student).await.unwrap();
            Ok::<_, DbErr>(())
        };
        app.services().db.write(Actor::Operator, make).await.unwrap();
        cast::sign_in(&app, &first, OTHER).await;
        app.age(SignedDuration::from_mins(1));
        cast::sign_in(&app, &second, OTHER).await;

        admin.open("/staff/people?q=nobody").await.is(200).shows("No account fits");
        let people = admin.open("/staff/people").await;
        let people = people.hides("Demo Visitor").form("Search").with("q", "student04@ex").submit().await;
        people.is(200).shows("Accounts that fit");
        let page = people.click("Demo Visitor").await;
        page.is(200).shows("Where they are signed in");
        // The last used comes first.
        let one = page.form(&first_to_end(&page)).submit().await;
        one.is(200).shows("That browser is signed out");
        assert_eq!(cast::path(&second.open("/account").await), "/sign-in");
        assert_eq!(cast::path(&first.open("/account").await), "/account");
        one.form("Sign out everywhere").submit().await.is(200).shows("They are signed out everywhere").shows("Nowhere");
        assert_eq!(cast::path(&first.open("/account").await), "/sign-in");

        // And one of one's own.
        let (here, there) = (app.browser(), app.browser());
        cast::sign_in(&app, &there, OTHER).await;
        app.age(SignedDuration::from_mins(1));
        cast::sign_in(&app, &here, OTHER).await;
        let sessions = here.open("/account/sessions").await;
        sessions.form(&first_to_end(&sessions)).submit().await.is(200).shows("That browser is signed out");
        assert_eq!(cast::path(&there.open("/account").await), "/sign-in");
        assert_eq!(cast::path(&here.open("/account").await), "/account");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn another_role_ends_sessions_and_who_leaves_the_staff_loses_the_factor() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let (admin, instructor) = (app.browser(), app.browser());
        cast::sign_in(&app, &admin, ADMIN).await;
        cast::sign_in(&app, &instructor, INSTRUCTOR).await;
        set_up(&app, &instructor).await;
        let page = admin.open("/staff/people").await.click("Demo Instructor").await;
        page.form("Send the invitation again").submit().await.is(200).shows("on its way");
        app.settle().await;
        assert_eq!(cast::count_mails(&app, INSTRUCTOR, "You are invited to Example Journal").await, 1);
        let role = page.click("Change it").await;
        let changed = role.form("Change the role").with("role", "student").submit().await;
        changed.is(200).shows("The role was changed").hides("Second factor");
        assert_eq!(cast::path(&instructor.open(ROSTER).await), "/sign-in", "at once");
        assert_eq!(events(&app, "user.second_factor_removed").await.len(), 1);
        // The mailed code alone is enough again, and the staff's pages are closed.
        cast::sign_in(&app, &instructor, INSTRUCTOR).await;
        instructor.open(ROSTER).await.is(403);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_refused_for_want_of_a_confirmation_is_asked_for_again() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let admin = app.browser();
        cast::sign_in(&app, &admin, ADMIN).await;
        app.age(SignedDuration::from_mins(10));
        let refused = admin.upload("/staff/settings/logo", "logo", b"a picture").await;
        refused.is(403).shows("Nothing was changed yet").shows("choose it again");
        let asked = refused.form("Mail me a code").submit().await;
        let back = asked.form("Confirm").with("code", &app.code_for(ADMIN).await).submit().await;
        assert_eq!(cast::path(&back), "/staff/settings/logo");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_free_seat_wants_a_published_cohort() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let admin = app.browser();
        cast::sign_in(&app, &admin, ADMIN).await;
        let form = admin.open("/staff/cohorts/january/enrol-free").await.form("Enrol and mail the confirmation");
        let board = admin.open("/staff/cohorts/january/board").await.click("Unpublish …").await;
        board.form("Unpublish").submit().await.is(200);
        admin.open(ROSTER).await.is(200).hides("Enrol somebody free of charge");
        let form = form.with("name", "Demo Student 03").with("email", STUDENT).with("reason", "Scholarship");
        form.submit().await.is(409).shows("The cohort is not published").shows("Publish it on its board first");
        admin.open("/staff/cohorts/january/enrol-free").await.is(409);
        app.finish().await;
    })
    .await;
}

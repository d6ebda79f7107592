//! I1, its first part: the course is made from nothing, articles are brought in and attached, a cohort opens with a copy of it,
//! and a student reads. The plan of a cohort is `i1.rs`.

use lectern::acts::{self, NewCohort, Timetable};
use lectern::catalogue;
use lectern::catalogue::model::EnrolmentWindow;
use lectern::identity::{self, Role};
use lectern::kernel::{Actor, Currency, Money};

use super::cast::{self, ADMIN, INSTRUCTOR, STUDENT};
use crate::support::app::{TestApp, on_each_database};
use crate::support::browser::{Browser, Page};

const SAMPLE: &str = include_str!("../fixtures/sample-article.txt");
const SAMPLE_TITLE: &str = "Example Republic’s river minister says “both banks” will attend the lock talks";

const PASTED: &str = "Who keeps the eastern lock?\r\n\r\nA keeper of the eastern lock <b>counts</b> the boats of a day.\r\n\r\n\
                      The second paragraph says who pays the keeper, and why nobody asks.\r\n";

async fn staff(app: &TestApp) {
    let people = [(ADMIN, "Demo Admin", Role::Admin), (INSTRUCTOR, "Demo Instructor", Role::Instructor)];
    for (email, name, role) in people {
        let create = async |txn: &lectern::db::Txn| {
            let zone = "Asia/Kolkata".parse().unwrap();
            identity::create_person(txn, &email.parse().unwrap(), name.parse().unwrap(), zone, role).await
        };
        app.services().db.write(Actor::Operator, create).await.unwrap();
    }
}

/// A cohort of the course as it stands, by the verb that opens it.
async fn open_cohort(app: &TestApp, slug: &str, name: &str) {
    let new = NewCohort {
        slug: slug.parse().unwrap(),
        name: name.to_owned(),
        zone: "Asia/Kolkata".parse().unwrap(),
        starts_on: "2027-01-11".parse().unwrap(),
        capacity: 3,
        prices: Money::new(650_000, Currency::INR).into(),
        window: EnrolmentWindow::new(cast::at("2026-12-01T00:00:00Z"), cast::at("2027-01-25T00:00:00Z")).unwrap(),
        instructors: Vec::new(),
        timetable: Timetable::default(),
    };
    let course = catalogue::courses(&app.services().db.snapshot().await.unwrap()).await.unwrap().remove(0).id;
    app.services().db.write(Actor::Operator, async |txn| acts::open_published(txn, course, new).await).await.unwrap();
}

/// The page of a week of the course.
async fn week(browser: &Browser, title: &str) -> Page {
    let page = browser.open("/staff/course").await.click(title).await;
    page.is(200);
    page
}

async fn attach(browser: &Browser, week_title: &str, find: &str, slug: &str, why: &str) -> Page {
    let picker = week(browser, week_title).await.click("Attach a reading").await;
    let found = picker.form("Search").with("find", find).submit().await;
    found.is(200).shows("1 reading");
    let attached = found.form("Attach the reading").with("reading", slug).with("why", why).submit().await;
    attached.is(200).shows("The reading is attached").shows(why);
    attached
}

#[tokio::test]
async fn a_course_is_made_from_nothing_and_a_student_reads_what_was_imported() {
    on_each_database(async |app: TestApp| {
        staff(&app).await;
        let browser = app.browser();
        cast::sign_in(&app, &browser, INSTRUCTOR).await;
        let none = browser.open("/staff/course").await;
        none.is(200).shows("There is no course yet");
        none.form("Make the course").with("title", " ").submit().await.is(422).shows("Enter a title");
        let made = none.form("Make the course").with("title", "Rivers and Rules").submit().await;
        made.is(200).shows("Rivers and Rules").shows("Week 6").shows("No reading yet").shows("None yet");
        // The button once more, from a page that was open.
        none.form("Make the course").with("title", "Rivers and Rules").submit().await.is(200).shows("Rivers and Rules");
        let facts = made.click("Edit the facts").await.form("Save the facts").with("dek", "Six weeks at the locks.");
        let facts = facts.with("questions", "Is it hard?\r\nNo.").with("outcomes", "Read a lock\r\nRead a treaty");
        facts.submit().await.is(200).shows("The course is saved").shows("Six weeks at the locks.");

        upload_and_paste(&app, &browser).await;
        attach(&browser, "Week 1", "river", "example-republics-river-minister-says-both-banks-will", "It shows a truce.").await;
        attach(&browser, "Week 1", "EASTERN lock", "who-keeps-the-eastern-lock", "It shows a keeper.").await;
        let page = week(&browser, "Week 1").await;
        let first = page.form("Move up Who keeps the eastern lock?").submit().await;
        assert!(first.text().find("It shows a keeper.") < first.text().find("It shows a truce."), "{}", first.text());
        let texts = first.form("Save the week").with("title", "Locks").with("questions", "Who pays?");
        let saved = texts.submit().await;
        saved.is(200).shows("The week is saved").shows("Locks");
        let preview = saved.click("See the week as a student").await;
        preview.is(200).shows("0 of 2 readings read").shows("It shows a truce.").shows("Read next").shows("Who pays?");

        open_cohort(&app, "january", "January").await;
        browser.open("/staff/course").await.shows("1 of other instructors");
        let student = app.browser();
        let order = cast::hold(&app, &student, STUDENT, "Europe/London").await;
        cast::pay(&cast::to_gateway(&order).await).await.is(200).shows("You are enrolled");
        app.pass_to(cast::at(cast::WEEK_1)).await;
        let module = student.open("/learn").await.click("Week 1: Locks").await;
        module.is(200).shows("Who keeps the eastern lock?").shows("It shows a truce.").shows("Who pays?");
        let reading = module.click("Who keeps the eastern lock?").await;
        reading.is(200).shows("<b>counts</b> the boats").hides("<b>counts</b>");

        // Edits of the course are for the cohorts that come.
        let path = reading.url.path().to_owned();
        let seen = [student.open("/learn").await.text(), student.open(module.url.path()).await.text()];
        edit_everything(&browser).await;
        assert_eq!([student.open("/learn").await.text(), student.open(module.url.path()).await.text()], seen);
        student.open(&path).await.is(200).shows("It shows a keeper.");
        open_cohort(&app, "february", "February").await;
        browser.open("/cohorts/february/enrol").await.is(200).shows("Other Waters");
        browser.open("/cohorts/january/enrol").await.is(200).shows("Rivers and Rules");
        app.finish().await;
    })
    .await;
}

async fn upload_and_paste(app: &TestApp, browser: &Browser) {
    let new = browser.open("/staff/readings").await.click("Add a reading").await;
    let preview = browser.upload("/staff/readings/new/upload", "file", SAMPLE.as_bytes()).await;
    preview.is(200).shows("Nothing is saved yet").shows("ENROL TODAY!").shows("advertisement");
    assert!(preview.body.contains(SAMPLE_TITLE), "the title is not to be corrected");
    preview.shows("Facebook Comments").shows("<script>alert(\"locks\")</script>").hides("<script>alert");
    let form = preview.form("Save to the library").with("rights", "own").with("url", "javascript:alert(1)");
    let refused = form.submit().await;
    refused.is(422).shows("Use an address that begins with https:// or http://").shows("In a cautious step");
    let saved = refused.form("Save to the library").with("url", "").submit().await;
    saved.is(200).shows("The reading is in the library").shows("Demo Author 01, Research Intern").shows("Ready to read");
    // The button pressed twice keeps one.
    refused
        .form("Save to the library")
        .with("url", "")
        .submit()
        .await
        .is(422)
        .shows("has this article of this publisher already");

    let preview = new.form("Read the text").with("text", PASTED).submit().await;
    preview.is(200).shows("2 paragraphs");
    assert!(preview.body.contains("value=\"Who keeps the eastern lock?\""), "{}", preview.body);
    let form = preview.form("Save to the library").with("publisher", "Example Journal").with("rights", "own");
    form.submit().await.is(200).shows("Nowhere yet").shows("<b>counts</b>");

    for (bytes, told) in [
        (b"".as_slice(), "Choose a text file that is not empty"),
        (b"Title\r\n\r\nCaf\xe9 at the lock.", "Line 3 is not UTF-8: save the file as UTF-8 text"),
        (b"Title\n\nNul \0 here.", "this is no text file"),
        (&[b'a'; (1 << 20) + 1], "larger than 1 MiB"),
    ] {
        browser.upload("/staff/readings/new/upload", "file", bytes).await.is(422).shows(told);
    }
    let marked = [b"\xef\xbb\xbfA marked file\r\n\r\nIts text.".as_slice()].concat();
    let read = browser.upload("/staff/readings/new/upload", "file", &marked).await;
    assert!(read.is(200).body.contains("value=\"A marked file\""), "{}", read.body);
    browser.upload("/staff/readings/new/upload", "file", &vec![b'a'; 3 << 20]).await.is(413).shows("That is too large");
    browser.upload("/staff/readings/new/upload", "other", b"Title\n\nText.").await.is(400);
    app.settle().await;
    let list = browser.open("/staff/readings?find=eastern&ready=yes&used=nowhere").await;
    list.is(200).shows("Who keeps the eastern lock?").hides("river minister");
    browser.open("/staff/readings?find=100%25_").await.shows("No reading is like that");
    browser.open("/staff/readings?ready=no").await.shows("No reading is like that");
}

async fn edit_everything(browser: &Browser) {
    let facts = browser.open("/staff/course/facts").await.form("Save the facts").with("title", "Other Waters");
    facts.submit().await.is(200).shows("Other Waters");
    let locks = week(browser, "Locks").await;
    let stale = locks.form("Save the week");
    let saved = stale.clone().with("title", "Weirs").submit().await;
    saved.is(200).shows("Weirs");
    // From a page that was open meanwhile: refused, what was typed kept, and saved once it was seen.
    let refused = stale.with("title", "My own words").submit().await;
    refused.is(409).shows("Somebody else changed this meanwhile");
    assert!(refused.body.contains("My own words"), "what was typed is lost");
    refused.form("Save the week").submit().await.is(200).shows("My own words");

    let key = week(browser, "My own words").await.click("Who keeps the eastern lock?").await;
    key.form("Save").with("why", " ").submit().await.is(422).shows("Say in a sentence why it is read");
    key.form("Detach the reading").submit().await.is(200).shows("The reading is detached").hides("It shows a keeper.");
    let course = browser.open("/staff/course").await;
    let moved = course.form("Move down week 1").submit().await;
    assert!(moved.text().find("Week 2") < moved.text().find("My own words"), "{}", moved.text());
    course.form("Move down week 1").submit().await.is(409);
    let confirm = moved.click("My own words").await.click("Remove this week").await;
    confirm.is(200).shows("Its reading stays in the library").shows("nobody’s access changes");
    let removed = confirm.form("Remove the week").submit().await;
    removed.is(200).shows("The week is removed").hides("My own words");
    let added = removed.form("Add a week").submit().await;
    added.is(200).shows("A week is added").shows("No reading yet");
}

#[tokio::test]
async fn a_correction_reaches_every_reader_and_asks_before_it_takes_a_needed_reading_away() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let student = app.browser();
        let course = cast::enrol_and_pay(&app, &student, STUDENT).await;
        app.pass_to(cast::at(cast::WEEK_1)).await;
        let browser = app.browser();
        cast::sign_in(&app, &browser, INSTRUCTOR).await;
        let record = browser.open("/staff/readings").await.click("Essay 1-1").await;
        record.is(200).shows("The course, week 1: Theme 1").shows("January, week 1: Theme 1").shows("Ready to read");
        let form = record.click("Correct the record").await;
        let first = form.form("Save the correction");
        let fixed = first.clone().with("author", "Demo Author 09").submit().await;
        fixed.is(200).shows("The correction is saved").shows("Demo Author 09");
        student.open(&format!("{course}/weeks/1")).await.click("Essay 1-1").await.shows("Demo Author 09");
        let stale = first.with("author", "Demo Author 10").submit().await;
        stale.is(409).shows("Somebody else changed this meanwhile");
        assert!(stale.body.contains("Demo Author 10"), "what was typed is lost");

        // Both weeks' required readings lose their link: the open week stays open, the next does not open.
        for (title, week) in [("Essay 1-1", 1), ("Essay 2-1", 2)] {
            let form = browser.open("/staff/readings").await.click(title).await.click("Correct the record").await;
            let asked = form.form("Save the correction").with("url", "").submit().await;
            asked.is(409).shows("Cohorts need this reading").shows(&format!("January, week {week}: Theme {week}"));
            browser.open("/staff/readings?ready=no").await.hides(title);
            let saved = asked.form("Save the correction").with("needed", "yes").submit().await;
            saved.is(200).shows("Nothing to read yet");
        }
        student.open(&format!("{course}/weeks/1")).await.is(200).shows("Theme 1");
        app.pass_to(cast::at(cast::WEEK_2)).await;
        student.open(&format!("{course}/weeks/2")).await.is(403);
        assert_eq!(cast::count_mails(&app, STUDENT, "Week 2 is open: Theme 2").await, 0);
        let form =
            browser.open("/staff/readings?ready=no&find=2-1").await.click("Essay 2-1").await.click("Correct the record").await;
        form.form("Save the correction").with("url", "https://example.org/mended").submit().await.is(200).shows("Ready to read");
        app.settle().await;
        student.open(&format!("{course}/weeks/2")).await.is(200).shows("Theme 2");
        assert_eq!(cast::count_mails(&app, STUDENT, "Week 2 is open: Theme 2").await, 1);
        app.finish().await;
    })
    .await;
}

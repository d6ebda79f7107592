//! S7: finish, certificate, public verify page, name correction, successor.

use super::cast::{self, ADMIN, STUDENT};
use crate::certificates::read;
use crate::support::app::{TestApp, on_each_database};
use crate::support::browser::Browser;
use lectern::identity;
use lectern::kernel::ids::EnrolmentId;
use sha2::{Digest, Sha256};

#[tokio::test]
async fn from_the_last_reading_to_a_corrected_certificate() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let (student, admin) = (app.browser(), app.browser());
        let home = cast::enrol_and_pay(&app, &student, STUDENT).await;
        let page = format!("{home}/certificate");
        student.open(&page).await.is(200).shows("What is left").shows("Week 6: Theme 6").shows("Demo Student 03");
        student.open(&format!("{page}.pdf")).await.is(404);
        app.pass_to(cast::release_of(6)).await;
        let id: EnrolmentId = home.trim_start_matches("/learn/").parse().unwrap();
        let snapshot = app.services().db.snapshot().await.unwrap();
        let user = identity::person_by_email(&snapshot, &STUDENT.parse().unwrap()).await.unwrap().unwrap().id;
        drop(snapshot);
        read(&app, (user, id), 5).await;
        student.open(&page).await.shows("Week 6: Theme 6 1 required reading").hides("/weeks/5");
        let week = student.open(&format!("{home}/weeks/6")).await;
        week.click("Essay 6-1").await.form("I have read this").submit().await.is(200);
        student.open(&page).await.shows("You have read everything that is required").shows("has not been issued yet");

        cast::sign_in(&app, &admin, ADMIN).await;
        let signers = admin.open("/staff/settings/signers").await.form("Save").with("name_1", "Demo Editor");
        signers.with("title_1", "Editor of the demonstration").submit().await.is(200);
        let list = admin.open("/staff/cohorts/january/certificates").await;
        list.form("Issue 1 certificate").submit().await.is(200).shows("1 issued");
        // It is half past three at night where the student lives: the mail goes at eight.
        app.pass_to(cast::at("2027-02-15T08:00:00Z")).await;
        let mails = app.mails_to(STUDENT).await;
        let mail = mails.iter().find(|mail| mail.subject == "Your certificate: Example Course").expect("a mail");
        let text = mail.text.clone().unwrap();
        let links: Vec<&str> = text.lines().filter(|line| line.starts_with("http")).collect();
        assert_eq!(links[0], format!("{}{page}", app.origin()));

        student.open("/learn").await.shows("Your certificate is issued").click("See your certificate").await.is(200);
        let shown = student.open(links[0]).await;
        shown.is(200).shows("Valid").shows("Example Course").shows("11 January 2027").shows("21 February 2027").shows(links[1]);
        let pdf = app
            .client()
            .get(format!("{}{page}.pdf", app.origin()))
            .header("cookie", crate::support::school::session(&app, STUDENT).await);
        let pdf = pdf.send().await.unwrap();
        assert_eq!((pdf.status().as_u16(), pdf.headers()["content-type"].to_str().unwrap()), (200, "application/pdf"));
        let bytes = pdf.bytes().await.unwrap();
        let printed = pdf_extract::extract_text_from_mem(&bytes).unwrap();
        let code = links[1].rsplit('/').next().unwrap().to_owned();
        for field in ["Demo Student 03", "Example Course", code.as_str(), "Demo Editor", "Editor of the demonstration"] {
            let bare = |text: &str| text.split_whitespace().collect::<String>();
            assert!(bare(&printed).contains(&bare(field)), "{field} is not in {printed}");
        }

        anybody_checks(&app, &code, &bytes).await;
        correct_the_name(&app, &admin, &code).await;
        student.open(&page).await.shows("Demo Ñandú 03").shows("Valid");
        app.settle().await;
        assert_eq!(cast::count_mails(&app, STUDENT, "Your certificate: Example Course").await, 2);
        app.finish().await;
    })
    .await;
}

/// Anybody checks a certificate, typing as people type.
async fn anybody_checks(app: &TestApp, code: &str, bytes: &[u8]) {
    let visitor = app.browser();
    let form = visitor.open("/verify").await;
    form.form("Check").with("code", "nonsense").submit().await.is(422).shows("16 letters and digits");
    let unknown = form.form("Check").with("code", "0000-0000-0000-0000").submit().await;
    unknown.is(422).shows("No certificate of ours has this code");
    let typed = format!(" {} ", code.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l"));
    let valid = form.form("Check").with("code", &typed).submit().await;
    valid.is(200).shows("This certificate is valid").shows("Demo Student 03").shows("Essay 6-1").shows("6 required readings");
    let sha: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    valid.shows(&sha).hides(STUDENT);
    visitor
        .open("/verify/0000-0000-0000-0000")
        .await
        .is(404)
        .shows("No certificate has this code")
        .click("Try another code")
        .await;
    visitor.open("/verify/none").await.is(404);
}

/// The name was wrong: a successor takes the certificate's place.
async fn correct_the_name(app: &TestApp, admin: &Browser, code: &str) {
    let visitor = app.browser();
    let certificate = admin.open("/staff/cohorts/january/certificates").await.click("Certificate of Demo Student 03").await;
    let form = certificate.click("Correct the name").await;
    form.is(200).form("Issue the successor").submit().await.is(422).shows("This is the name that the certificate has");
    let successor = form.form("Issue the successor").with("name", "Demo Ñandú 03").submit().await;
    successor.is(200).shows("The successor is issued").shows("Demo Ñandú 03");
    let old = visitor.open(&format!("/verify/{code}")).await;
    old.is(200).shows("This certificate was superseded").shows("Demo Student 03");
    let html = old.html();
    let link = html.select(&scraper::Selector::parse(".notice a[href^='/verify/']").unwrap()).next().unwrap();
    let next = visitor.open(link.value().attr("href").unwrap()).await;
    next.is(200).shows("This certificate is valid").shows("Demo Ñandú 03").hides("Demo Student 03");
    form.form("Issue the successor").with("name", "Another").submit().await.is(409);
}

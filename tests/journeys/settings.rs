//! Day one of a small journal: an admin makes the site the journal's own, and everybody sees it.

use lectern::identity::{self, Role};
use lectern::kernel::Actor;
use lectern::kernel::time::SignedDuration;

use super::cast::{self, ADMIN};
use crate::support::app::{TestApp, on_each_database};
use crate::support::browser::{Browser, Page};
use crate::support::raw::Ask;
use crate::support::school;

const SAVE: &str = "Save";

/// An admin of a site that nobody has set up, signed in.
async fn admin(app: &TestApp) -> Browser {
    let make = async |txn: &lectern::db::Txn| {
        let zone = "Asia/Kolkata".parse().unwrap();
        let (email, name) = (ADMIN.parse().unwrap(), "Demo Admin".parse().unwrap());
        identity::create_person(txn, &email, name, zone, Role::Admin).await.unwrap();
        Ok::<_, sea_orm::DbErr>(())
    };
    app.services().db.write(Actor::Operator, make).await.unwrap();
    let browser = app.browser();
    cast::sign_in(app, &browser, ADMIN).await;
    browser
}

async fn set_identity(admin: &Browser) -> Page {
    let form = admin.open("/staff/settings/identity").await.form(SAVE);
    let form = form.with("legal_name", "Example Journal (demonstration)").with("short_name", "Example Journal");
    let form = form.with("address", "1 Example Street\r\nExample Town 000000").with("phone", "+91 00000 00000");
    form.with("contact", "office@example.org").submit().await
}

/// A picture of so many pixels a side, as a PNG.
fn png(side: u32) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbaImage::from_pixel(side, side, image::Rgba([28, 74, 114, 255]))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

#[tokio::test]
async fn of_two_who_change_one_section_the_second_is_told() {
    on_each_database(async |app: TestApp| {
        let admin = admin(&app).await;
        let bank = || admin.open("/staff/settings/bank");
        let (first, second) = (bank().await, bank().await);
        first.form(SAVE).with("upi", "example@exbank").submit().await.is(200).shows("Saved");
        let told = second.form(SAVE).with("upi", "other@exbank").submit().await;
        told.is(409).shows("Somebody else changed this meanwhile").has("upi", "other@exbank");
        bank().await.has("upi", "example@exbank");
        // A change elsewhere is no conflict, and who has seen the other's change may replace it.
        set_identity(&admin).await.is(200);
        told.form(SAVE).submit().await.is(200).shows("Saved");
        bank().await.has("upi", "other@exbank");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_policy_of_the_longest_length_is_taken_in_any_script() {
    on_each_database(async |app: TestApp| {
        let admin = admin(&app).await;
        let longest = "क".repeat(20_000);
        let form = || async { admin.open("/staff/settings/terms").await.form("Save as reviewed").with("text", &longest) };
        form().await.submit().await.is(200).shows("Saved");
        // Refused for want of a confirmation it is kept, too.
        let late = form().await;
        app.age(SignedDuration::from_mins(10));
        let asked = late.submit().await;
        let mailed = asked.is(403).shows("Confirm that it is you").form("Mail me a code").submit().await;
        mailed.is(200).has("text", &longest);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn an_admin_makes_the_site_the_journals_own() {
    on_each_database(async |app: TestApp| {
        let (admin, visitor) = (admin(&app).await, app.browser());
        let index = admin.open("/staff/settings").await;
        index.is(200).shows("Before students come").shows("students must be able to see who sells the course");
        index.shows("No grievance officer is named").shows("Privacy notice: this is the text that came with the program");
        admin.open("/contact").await.shows("Something is missing here");
        let bare = visitor.open("/contact").await;
        bare.is(200).hides("missing").hides("Legal name").hides("Grievance").hides("Example Journal");

        set_identity(&admin).await.is(200).shows("Saved").hides("who sells the course");
        let officer = admin.open("/staff/settings/officer").await.form(SAVE).with("name", "Demo Officer");
        let officer = officer.with("designation", "Grievance officer").with("email", "grievance@example.org");
        officer.submit().await.is(200).shows("Saved").shows("Demo Officer");
        let signers = admin.open("/staff/settings/signers").await.form(SAVE).with("name_1", "Demo Editor");
        signers.clone().submit().await.is(422).shows("Enter the signer’s title");
        signers.with("title_1", "Editor").submit().await.is(200).shows("Demo Editor");
        let tax = admin.open("/staff/settings/tax").await.form(SAVE).with("mode", "registered_in_india");
        let wrong = tax.clone().with("gstin", "29ABCDE1234F1ZX").submit().await;
        wrong.is(422).shows("look for a mistyped one");
        assert!(wrong.body.contains("29ABCDE1234F1ZX"), "what was typed is lost");
        tax.with("gstin", "29 ABCDE1234F 1ZW").submit().await.is(200).shows("GSTIN 29ABCDE1234F1ZW, Karnataka");
        let elsewhere = admin.open("/staff/settings/tax").await.form(SAVE).with("mode", "elsewhere").with("label", "VAT");
        elsewhere.with("number", "EX 000 1").with("rate", "20").submit().await.is(200);
        visitor.open("/contact").await.shows("VAT EX 000 1").hides("GSTIN");
        let india = admin.open("/staff/settings/tax").await.form(SAVE).with("mode", "registered_in_india");
        india.with("gstin", "29ABCDE1234F1ZW").submit().await.is(200);
        let bank = admin.open("/staff/settings/bank").await.form(SAVE).with("upi", "example@exbank");
        bank.clone().with("ifsc", "EXMP0000001").submit().await.is(422).shows("Enter the bank’s name");
        bank.submit().await.is(200).shows("UPI");

        let contact = visitor.open("/contact").await;
        contact.is(200).shows("Legal name Example Journal (demonstration)").shows("1 Example Street, Example Town 000000");
        contact.shows("GSTIN 29ABCDE1234F1ZW").shows("Grievance officer Demo Officer").shows("grievance@example.org");
        for path in ["/cohorts", "/terms", "/sign-in", "/no-such-page"] {
            let page = visitor.open(path).await;
            assert!(
                page.body.contains("Example Journal (demonstration), 1 Example Street, Example Town 000000"),
                "{}",
                page.body
            );
            assert_eq!((page.link("Terms").as_str(), page.link("Refunds").as_str()), ("/terms", "/refunds"));
        }
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn policies_are_shipped_for_review_and_then_the_journals_own() {
    on_each_database(async |app: TestApp| {
        let (admin, visitor) = (admin(&app).await, app.browser());
        admin.open("/terms").await.is(200).shows("Not yet reviewed");
        visitor.open("/terms").await.is(200).shows("What you buy").hides("Not yet reviewed");
        visitor.open("/privacy").await.is(200).shows("Data Protection Board of India").shows("you can withdraw as easily");
        visitor.open("/refunds").await.shows("Full refund until 14 days after the start; none after a certificate.");

        let text = "# Our rule\r\nSeven days.\r\nNot <b>more</b>.\r\n\r\nWrite to us.";
        let form = admin.open("/staff/settings/refunds").await.form("Save as reviewed");
        form.clone().with("text", " ").with("days", "x").submit().await.is(422).shows("Enter the text").shows("from 0 to 60");
        form.with("days", "7").with("text", text).submit().await.is(200).shows("Reviewed, revision 1");
        let refunds = visitor.open("/refunds").await;
        refunds.shows("Full refund until 7 days after the start").shows("Seven days. Not <b>more</b>. Write to us.");
        refunds.shows("Last changed on 7 January 2027").hides("<b>");
        assert!(refunds.body.contains("<h2>Our rule</h2>"), "{}", refunds.body);
        admin.open("/refunds").await.hides("Not yet reviewed");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn mail_and_the_enrol_form_say_what_was_set() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let (admin, student) = (app.browser(), app.browser());
        cast::sign_in(&app, &admin, ADMIN).await;
        set_identity(&admin).await.is(200);
        let mail = admin.open("/staff/settings/mail").await;
        mail.shows("courses@example.org").shows("mail.from_address").shows("server.public_url");
        let mail = mail.form(SAVE).with("reply_to", "answers@example.org");
        mail.clone().with("sender", "a\r\nBcc: b@example.org").submit().await.is(422);
        mail.with("sender", "Example Courses").submit().await.is(200).shows("Example Courses");
        let refunds = admin.open("/staff/settings/refunds").await.form("Save as reviewed").with("days", "10");
        refunds.submit().await.is(200);
        // A cohort keeps the rule with which it opened, until it is given another.
        student.open(cast::COHORT).await.shows("Full refund until 14 days after the start");
        let rule = admin.open("/staff/cohorts/january/refund-rule").await.form("Save").with("days", "10");
        rule.submit().await.is(200);

        let form = student.open(cast::COHORT).await;
        form.shows("Full refund until 10 days after the start");
        assert_eq!((form.link("terms").as_str(), form.link("privacy notice").as_str()), ("/terms", "/privacy"));
        let bank = admin.open("/staff/settings/bank").await.form(SAVE).with("upi", "example@exbank");
        bank.submit().await.is(200);
        let other = app.browser();
        let order = cast::hold(&app, &other, cast::OTHER, "Europe/London").await;
        order.shows("Pay by UPI").hides("Pay by bank transfer");
        let account = admin.open("/staff/settings/bank").await.form(SAVE).with("account_name", "Example Journal");
        let account = account.with("account_number", "000111222333").with("ifsc", "EXMP0000001");
        account.with("bank", "Example Bank").with("branch", "Main").submit().await.is(200);
        let order = other.open(cast::path(&order)).await;
        let chosen = order.form("Pay by bank transfer").submit().await;
        chosen.is(200).shows("Account name Example Journal").shows("Account number 000111222333");
        chosen.shows("IFSC EXMP0000001").shows("Bank Example Bank, Main");
        student.open("/").await.shows("Full refund until 10 days after the start").shows("in full until Thu 21 Jan 2027");
        cast::enrol_and_pay(&app, &student, cast::STUDENT).await;
        let mails = app.mails_to(cast::STUDENT).await;
        let confirmed = mails.iter().find(|mail| mail.subject == cast::CONFIRMED).unwrap();
        assert!(
            confirmed.from.contains("Example Courses") && confirmed.from.contains("courses@example.org"),
            "{}",
            confirmed.from
        );
        let reply = confirmed.headers.iter().find(|(name, _)| name == "Reply-To").unwrap();
        assert!(reply.1.contains("answers@example.org"), "{reply:?}");
        let text = confirmed.text.as_deref().unwrap();
        for words in [
            "in full until 10 days after the start",
            "Example Journal · office@example.org",
            "Example Journal (demonstration), 1 Example Street",
        ] {
            assert!(text.contains(words), "{words:?} is not in {text}");
        }
        assert!(confirmed.html.as_deref().unwrap().contains("Example Journal (demonstration), 1 Example Street"));
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_logo_is_shown_and_cached_by_its_digest_until_it_is_removed() {
    on_each_database(async |app: TestApp| {
        let browser = admin(&app).await;
        let session = school::session(&app, ADMIN).await;
        let upload = async |file: &[u8]| Ask::upload("/staff/settings/logo", "logo", file).cookies(&session).send(&app).await;
        let mut tainted = png(40);
        tainted.extend_from_slice(b"<script>alert(1)</script>");
        assert_eq!(upload(&tainted).await.is(303).header("location"), "/staff/settings?done=saved");
        let page = browser.open("/staff/settings/logo").await;
        page.shows("40 × 40 pixels");
        let source = page.body.split("src=\"/logo.png?").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let logo = Ask::get(&format!("/logo.png?{source}")).send(&app).await;
        assert_eq!((logo.is(200).header("content-type"), logo.header("etag")), ("image/png", format!("\"{source}\"").as_str()));
        assert!(!logo.body.contains("script") && logo.header("x-content-type-options") == "nosniff");
        let again = Ask::get("/logo.png").header("if-none-match", logo.header("etag")).send(&app).await;
        assert_eq!(again.is(304).body, "");
        Ask::get("/logo.png").header("if-none-match", "\"another\"").send(&app).await.is(200);

        let (cut, large) = (&png(40)[..60], png(2_001));
        for (file, words) in [
            (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".as_slice(), "Choose a PNG or JPEG file"),
            (b"<!doctype html><script>alert(1)</script>", "Choose a PNG or JPEG file"),
            (b"", "Choose an image file"),
            (cut, "This image file is damaged"),
            (&large, "at most 2000 pixels a side"),
            (&vec![0x89; 600 * 1024], "at most 512 KiB"),
        ] {
            let answer = upload(file).await;
            assert!(answer.is(422).body.contains(words), "{words}: {}", answer.body);
        }
        upload(&vec![0; 1200 * 1024]).await.is(413);
        Ask::upload("/staff/settings/logo", "role", &png(1)).cookies(&session).send(&app).await.is(400);
        assert_eq!(Ask::get("/logo.png").send(&app).await.header("etag"), logo.header("etag"), "a refused file changed it");

        let page = browser.open("/staff/settings/logo").await.form("Remove the logo").submit().await;
        page.is(200).hides("/logo.png");
        Ask::get("/logo.png").send(&app).await.is(404);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn what_an_admin_typed_is_text_everywhere_and_outlives_a_restart() {
    const TAINT: &str = "\"><img src=x onerror=alert(1)>";
    let app = TestApp::sqlite().await;
    let browser = admin(&app).await;
    let form = browser.open("/staff/settings/identity").await.form(SAVE).with("legal_name", TAINT).with("short_name", TAINT);
    form.with("address", TAINT).with("contact", "office@example.org").submit().await.is(200);
    let terms = browser.open("/staff/settings/terms").await.form("Save as reviewed");
    terms.with("text", &format!("# {TAINT}\n{TAINT}\n</textarea>")).submit().await.is(200);
    let app = app.restart().await;
    let browser = app.browser();
    cast::sign_in(&app, &browser, ADMIN).await;
    for path in ["/contact", "/terms", "/staff/settings", "/staff/settings/identity", "/staff/settings/terms", "/no-such-page"] {
        let page = browser.open(path).await;
        page.hides("<img");
        assert!(page.html().root_element().text().collect::<String>().contains("onerror=alert(1)"), "{path}");
    }
    app.finish().await;
}

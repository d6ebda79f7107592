//! Hostile input and what stands against it. The threats are those of the issue that this was built by; the roles have a test of
//! their own (`roles.rs`).

mod forms;
mod guards;
mod headers;
mod markup;
pub mod secrets;
mod sign_in;

use std::collections::BTreeMap;

use lectern::kernel::Slug;
use lectern::tokens::Scope;
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

use crate::support::app::TestApp;
use crate::support::raw::{Ask, ask_code, browser};
use crate::support::school::{self, ADMIN, OTHER, OWNER, School};

/// Every row of every table, as text. Only SQLite is asked: what is under test here does not depend on the database.
async fn rows(app: &TestApp) -> BTreeMap<String, Vec<String>> {
    let tables = column(app, "SELECT name AS line FROM sqlite_master WHERE type = 'table' ORDER BY name").await;
    let mut all = BTreeMap::new();
    for table in tables {
        let names = column(app, &format!("SELECT name AS line FROM pragma_table_info('{table}')")).await;
        let line: Vec<_> = names.iter().map(|name| format!("quote(\"{name}\")")).collect();
        let rows = column(app, &format!("SELECT {} AS line FROM \"{table}\" ORDER BY 1", line.join("||','||"))).await;
        all.insert(table, rows);
    }
    all
}

async fn column(app: &TestApp, query: &str) -> Vec<String> {
    let conn = app.services().db.for_migrations();
    let found = conn.query_all_raw(Statement::from_string(DatabaseBackend::Sqlite, query)).await.unwrap();
    found.iter().map(|row| row.try_get("", "line").unwrap()).collect()
}

/// Takes a file, and so a longer body than the others and of another kind.
const LOGO: &str = "/staff/settings/logo";

/// A form, filled so that it would be carried out.
struct Filled {
    pattern: &'static str,
    path: String,
    cookies: String,
    body: &'static str,
}

const ENROL: &str = "name=Demo+Student+05&email=student05%40example.org&country=IN&address=12+Demonstration+Road\
                     &postal_code=000+000&zone=Asia%2FKolkata&consent=yes";
const ENROL_SIGNED_IN: &str =
    "name=Demo+Student+04&country=IN&address=12+Demonstration+Road&postal_code=000+000&zone=Asia%2FKolkata&consent=yes";

const INVITE: &str = "name=Demo+Teacher+09&email=teacher09%40example.org&role=instructor";
const FREE: &str = "name=Demo+Student+10&email=student10%40example.org&reason=Demonstration";

impl Filled {
    fn ask(&self) -> Ask {
        Ask::post(&self.path, self.body).cookies(&self.cookies)
    }

    /// With more behind the body.
    fn ask_with(&self, more: &str) -> Ask {
        let joint = if self.body.is_empty() { "" } else { "&" };
        Ask::post(&self.path, &format!("{}{joint}{more}", self.body)).cookies(&self.cookies)
    }
}

/// Every form there is; who posts it is signed in where that is needed.
async fn forms(app: &TestApp, school: &School) -> Vec<Filled> {
    let owner = school::session(app, OWNER).await;
    let other = school::session(app, OTHER).await;
    let admin = school::session(app, ADMIN).await;
    let code = ask_code(app, OTHER, &browser(1)).await;
    let awarded = school::award(app).await;
    let (list, issued) = ("/staff/cohorts/january/certificates", format!("/staff/certificates/{}", awarded.certificate));
    let (dead, resolve) = (school::dead_letter(app).await, format!("/staff/today/{}/resolve", school::exception(app).await));
    let (token, _) = school::token(app, &[Scope::OrdersRead]).await;
    let letter = |act: &str| format!("/staff/outbox/{dead}/{act}");
    let filled = |pattern, path: String, cookies: &str, body| Filled { pattern, path, cookies: cookies.to_owned(), body };
    let person = |act: &str| format!("/staff/people/{}/{act}", school.other);
    let read = format!("/learn/{}/weeks/1/readings/{}/read", school.enrolment, school.reading);
    let mut all = vec![
        filled("/sign-in", "/sign-in".into(), "", "email=demo%40example.org&next=%2Flearn"),
        filled("/codes/{challenge}", code.clone(), &browser(1), "code=none"),
        filled("/codes/{challenge}/again", format!("{code}/again"), &browser(1), ""),
        filled("/sign-out", "/sign-out".into(), &school::session(app, OTHER).await, ""),
        filled("/cohorts/{slug}/enrol", "/cohorts/january/enrol".into(), "", ENROL),
        filled("/cohorts/{slug}/enrol", "/cohorts/january/enrol".into(), &other, ENROL_SIGNED_IN),
        filled("/learn/{enrolment}/weeks/{week}/readings/{reading}/read", read, &owner, "reflection=Kept."),
        filled("/orders/{order}/checkout", format!("/orders/{}/checkout", school.open_order), &owner, ""),
        filled(
            "/staff/orders/{order}/payments",
            format!("/staff/orders/{}/payments", school.open_order),
            &admin,
            "method=upi&reference=DEMO-9&amount=6500.00&received_on=2027-01-06",
        ),
        filled("/step-up", "/step-up".into(), &admin, "code=none&next=%2Fstaff%2Fcohorts"),
        filled("/step-up/mail", "/step-up/mail".into(), &admin, "next=%2Fstaff%2Fcohorts"),
        filled("/sign-in/{sign_in}", "/sign-in/sgn_00000000000000000000000001".into(), &browser(1), "code=none"),
        filled("/account/details", "/account/details".into(), &owner, "name=Demo+Student+03&zone=Asia%2FKolkata&country=IN"),
        filled("/account/sessions/{session}/end", "/account/sessions/ses_00000000000000000000000001/end".into(), &other, ""),
        filled("/account/sessions/end-others", "/account/sessions/end-others".into(), &other, ""),
        filled("/account/second-factor", "/account/second-factor".into(), &admin, ""),
        filled("/account/second-factor/new", "/account/second-factor/new".into(), &admin, "code=none"),
        filled("/account/second-factor/codes", "/account/second-factor/codes".into(), &admin, ""),
        filled("/account/second-factor/remove", "/account/second-factor/remove".into(), &admin, ""),
        filled("/staff/people/new", "/staff/people/new".into(), &admin, INVITE),
        filled("/staff/tokens/new", "/staff/tokens/new".into(), &admin, "name=Ledger&days=30&orders_read=on"),
        filled("/staff/tokens/{token}/revoke", format!("/staff/tokens/{token}/revoke"), &admin, ""),
        filled("/staff/people/{user}/role", person("role"), &admin, "role=student"),
        filled("/staff/people/{user}/sessions/end", person("sessions/end"), &admin, ""),
        filled("/staff/people/{user}/mail", person("mail"), &admin, ""),
        filled("/staff/people/{user}/email", person("email"), &admin, "email=student09%40example.org"),
        filled("/staff/people/{user}/disable", person("disable"), &admin, ""),
        filled("/staff/people/{user}/enable", person("enable"), &admin, ""),
        filled("/staff/cohorts/{slug}/enrol-free", "/staff/cohorts/january/enrol-free".into(), &admin, FREE),
        filled("/staff/cohorts/{slug}/certificates", list.to_owned(), &admin, ""),
        filled(
            "/staff/cohorts/{slug}/certificates/{enrolment}",
            format!("/staff/cohorts/november/certificates/{}", awarded.enrolment),
            &admin,
            "",
        ),
        filled(
            "/staff/cohorts/{slug}/certificates/{enrolment}/name",
            format!("{list}/{}/name", school.enrolment),
            &admin,
            "name=Demo+Renamed",
        ),
        filled("/staff/certificates/{certificate}/revoke", format!("{issued}/revoke"), &admin, "reason=Issued+by+mistake."),
        filled("/staff/certificates/{certificate}/successor", format!("{issued}/successor"), &admin, "name=Demo+Corrected"),
        filled("/verify", "/verify".into(), "", "code=0000-0000-0000-0000"),
        filled(
            "/staff/settings/identity",
            "/staff/settings/identity".into(),
            &admin,
            "legal_name=Example+Journal&short_name=Example&address=1+Example+Street&contact=office%40example.org&phone=",
        ),
        filled(
            "/staff/settings/officer",
            "/staff/settings/officer".into(),
            &admin,
            "name=Demo+Officer&designation=Officer&email=officer%40example.org&phone=",
        ),
        filled("/staff/settings/tax", "/staff/settings/tax".into(), &admin, "mode=unregistered&gstin=&sac=&label=&number=&rate="),
        filled(
            "/staff/settings/bank",
            "/staff/settings/bank".into(),
            &admin,
            "account_name=Example&account_number=000000&ifsc=EXMP0000001&bank=Example+Bank&branch=Example&upi=example%40exbank",
        ),
        filled(
            "/staff/settings/signers",
            "/staff/settings/signers".into(),
            &admin,
            "name_1=Demo+Editor&title_1=Editor&name_2=&title_2=&name_3=&title_3=",
        ),
        filled(
            "/staff/settings/mail",
            "/staff/settings/mail".into(),
            &admin,
            "sender=Example+Courses&reply_to=office%40example.org",
        ),
        filled("/staff/settings/terms", "/staff/settings/terms".into(), &admin, "text=Our+terms."),
        filled("/staff/settings/privacy", "/staff/settings/privacy".into(), &admin, "text=Our+notice."),
        filled("/staff/settings/refunds", "/staff/settings/refunds".into(), &admin, "days=14&text=Our+rule."),
        filled(LOGO, LOGO.into(), &admin, ""),
        filled("/staff/settings/logo/remove", "/staff/settings/logo/remove".into(), &admin, ""),
        filled("/account/mail", "/account/mail".into(), &owner, "nudges=on&course_news=on"),
        filled("/staff/today/{exception}/resolve", resolve, &admin, "resolution=Sent+back"),
        filled("/staff/today/seen", "/staff/today/seen".into(), &admin, "event=evt_demo"),
        filled("/staff/outbox/{letter}/drop", letter("drop"), &admin, "reason=Demonstration"),
        filled("/staff/outbox/{letter}/release", letter("release"), &admin, ""),
        filled("/staff/outbox/{letter}/retry", letter("retry"), &admin, ""),
        filled(
            "/staff/enrolments/{enrolment}/confirmation",
            format!("/staff/enrolments/{}/confirmation", school.enrolment),
            &admin,
            "",
        ),
        filled(
            "/staff/enrolments/{enrolment}/extend",
            format!("/staff/enrolments/{}/extend", school.enrolment),
            &admin,
            "week=2&days=3&reason=Kept.",
        ),
        filled("/dev/clock", "/dev/clock".into(), "", "to=2027-01-08T00%3A00"),
    ];
    all.extend(board_forms(&school.reading, &admin));
    all
}

const NEW_COHORT: &str = "name=June&slug=june&zone=UTC&starts_on=2027-06-01&weekday=&time=09%3A00&capacity=3&price=100\
                          &currency=INR&opens=2027-01-01T00%3A00&closes=2027-05-01T00%3A00";
const TERMS: &str = "revision=1&capacity=40&price=6500&currency=INR&opens=2027-01-01T00%3A00&closes=2027-05-01T00%3A00";

/// The forms of a cohort's board. They are made for its first revision.
fn board_forms(reading: &Slug, admin: &str) -> Vec<Filled> {
    const WEEK: &str = "/staff/cohorts/january/board/weeks/1";
    let board = |pattern: &'static str, path: String, body| Filled { pattern, path, cookies: admin.to_owned(), body };
    let of_reading = |rest: &str| format!("{WEEK}/readings/{reading}{rest}");
    let one = "/staff/cohorts/{slug}/board/weeks/{week}/readings/{reading}";
    vec![
        board("/staff/cohorts/new", "/staff/cohorts/new".into(), NEW_COHORT),
        board("/staff/cohorts/{slug}/edit", "/staff/cohorts/january/edit".into(), TERMS),
        board("/staff/cohorts/{slug}/board/publish", "/staff/cohorts/january/board/publish".into(), "revision=1"),
        board("/staff/cohorts/{slug}/board/unpublish", "/staff/cohorts/january/board/unpublish".into(), "revision=1"),
        board(
            "/staff/cohorts/{slug}/board/weeks/{week}/release",
            format!("{WEEK}/release"),
            "revision=1&on=2027-01-05&at=09%3A00",
        ),
        board(
            "/staff/cohorts/{slug}/board/weeks/{week}/readings",
            format!("{WEEK}/readings"),
            "revision=1&reading=rdg_00000000000000000000000001&need=required&why=So.",
        ),
        board(one, of_reading(""), "revision=1&need=optional&why=So."),
        board(
            "/staff/cohorts/{slug}/board/weeks/{week}/readings/{reading}/order",
            of_reading("/order"),
            "revision=1&towards=end",
        ),
        board("/staff/cohorts/{slug}/board/weeks/{week}/readings/{reading}/detach", of_reading("/detach"), "revision=1"),
    ]
}

#[tokio::test]
async fn the_list_of_forms_is_whole() {
    let app = TestApp::sqlite().await;
    let school = school::open(&app, "").await;
    let known: std::collections::BTreeSet<_> = forms(&app, &school).await.iter().map(|form| form.pattern).collect();
    let table = lectern::web::table(lectern::config::Profile::Development);
    let posts: std::collections::BTreeSet<_> = table
        .iter()
        .filter(|route| route.method == reqwest::Method::POST)
        // Neither is a form's alone: a gateway and mail programs post to them, whose words we do not choose.
        .filter(|route| !["/webhooks/stripe", "/unsubscribe/{token}"].contains(&route.pattern))
        .map(|route| route.pattern)
        .collect();
    assert_eq!(known, posts);
    app.abandon().await;
}

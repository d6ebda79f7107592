//! Hostile input and what stands against it. The threats are those of the issue that this was built by; the roles have a test of
//! their own (`roles.rs`).

mod forms;
mod guards;
mod headers;
mod markup;
mod secrets;
mod sign_in;

use std::collections::BTreeMap;

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

const FACTS: &str = "title=Example&dek=&description=&outcomes=&questions=&hours_min=3&hours_max=4&language=en&version=1";
const RECORD: &str = "title=Essay+Nine&author=&author_role=&publisher=Example+Journal&published_on=&url=&language=en&rights=own\
                      &licence=&photo_credit=&summary=&text=Words.&minutes=3&version=1";

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
    let filled = |pattern, path: String, cookies: &str, body| Filled { pattern, path, cookies: cookies.to_owned(), body };
    let week = format!("/staff/course/weeks/{}", school.week);
    let key = format!("{week}/readings/{}", school.reading);
    let read = format!("/learn/{}/weeks/1/readings/{}/read", school.enrolment, school.reading);
    vec![
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
        filled("/staff/course", "/staff/course".into(), &admin, "title=Example"),
        filled("/staff/course/facts", "/staff/course/facts".into(), &admin, FACTS),
        filled("/staff/course/weeks", "/staff/course/weeks".into(), &admin, "version=1"),
        filled("/staff/course/weeks/{week}", week.clone(), &admin, "title=Locks&dek=&outcomes=&questions=&version=1"),
        filled("/staff/course/weeks/{week}/move", format!("{week}/move"), &admin, "to=down&version=1"),
        filled("/staff/course/weeks/{week}/remove", format!("{week}/remove"), &admin, "version=1"),
        filled("/staff/course/weeks/{week}/attach", format!("{week}/attach"), &admin, "reading=essay-two&why=So&version=1"),
        filled("/staff/course/weeks/{week}/readings/{reading}", key.clone(), &admin, "why=So&required=yes&version=1"),
        filled("/staff/course/weeks/{week}/readings/{reading}/move", format!("{key}/move"), &admin, "to=up&version=1"),
        filled("/staff/course/weeks/{week}/readings/{reading}/detach", format!("{key}/detach"), &admin, "version=1"),
        filled("/staff/readings/new", "/staff/readings/new".into(), &admin, RECORD),
        filled("/staff/readings/new/paste", "/staff/readings/new/paste".into(), &admin, "text=Title%0A%0AText."),
        filled("/staff/readings/new/upload", "/staff/readings/new/upload".into(), &admin, ""),
        filled("/staff/readings/{reading}/correct", format!("/staff/readings/{}/correct", school.reading), &admin, RECORD),
        filled("/dev/clock", "/dev/clock".into(), "", "to=2027-01-08T00%3A00"),
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
        .filter(|route| route.method == reqwest::Method::POST && route.pattern != "/webhooks/stripe")
        .map(|route| route.pattern)
        .collect();
    assert_eq!(known, posts);
    app.abandon().await;
}

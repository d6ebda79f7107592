//! Hostile input and what stands against it. The threats are those of the issue that this was built by; the roles have a test of
//! their own (`roles.rs`).

mod forms;
mod guards;
mod headers;
mod listed;
mod markup;
pub mod secrets;
mod sign_in;

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

use crate::support::app::TestApp;
use crate::support::raw::{Ask, ask_code};
use crate::support::school::{self, School};
use listed::forms;

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
                     &postal_code=110+001&state=07&gstin=&zone=Asia%2FKolkata&consent=yes";
const ENROL_SIGNED_IN: &str = "name=Demo+Student+04&country=IN&address=12+Demonstration+Road&postal_code=110+001&state=07&gstin=&zone=Asia%2FKolkata&consent=yes";

impl Filled {
    fn new(pattern: &'static str, path: String, cookies: &str, body: &'static str) -> Self {
        Self { pattern, path, cookies: cookies.to_owned(), body }
    }

    fn ask(&self) -> Ask {
        Ask::post(&self.path, self.body).cookies(&self.cookies)
    }

    /// With more behind the body.
    fn ask_with(&self, more: &str) -> Ask {
        let joint = if self.body.is_empty() { "" } else { "&" };
        Ask::post(&self.path, &format!("{}{joint}{more}", self.body)).cookies(&self.cookies)
    }
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

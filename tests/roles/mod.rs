//! Who may do what to whose: every route, as every role, for ids of one's own, of others and of nobody. A route that is not in
//! the table fails the test, and so does a row whose route is gone.

mod cohorts;
mod course;
mod public;
mod settings;
mod staff;
mod students;
mod waitlist;

use std::collections::{BTreeMap, BTreeSet};

use lectern::config::{Profile, Settings};
use lectern::identity;
use lectern::kernel::time::SignedDuration;
use lectern::reminders::model::{MailGroup, UnsubscribeKey};
use lectern::tokens::Scope;
use lectern::web::routes::Access;
use lectern::web::table;

use crate::support::app::{TestApp, on_each_database_with};
use crate::support::raw::{Answer, Ask, ask_code, browser};
use crate::support::school::{self, ADMIN, ELSEWHERE, OTHER, OWNER, School, TEACHER};
use crate::support::source::sources;

/// In the order of the table's columns. The owner's are the ids in the paths; the cohort in `january` is the teacher's.
const ACTORS: [(&str, Option<&str>); 6] = [
    ("visitor", None),
    ("owner", Some(OWNER)),
    ("another student", Some(OTHER)),
    ("the teacher", Some(TEACHER)),
    ("another teacher", Some(ELSEWHERE)),
    ("admin", Some(ADMIN)),
];

const NOBODYS: &str = "00000000000000000000000001";

/// Method and pattern; a path; what is posted; the answer to each actor.
type Row = (&'static str, &'static str, &'static str, [u16; 6]);

fn every_row() -> impl Iterator<Item = &'static Row> {
    [public::ROWS, students::ROWS, cohorts::ROWS, course::ROWS, staff::ROWS, settings::ROWS, waitlist::ROWS].into_iter().flatten()
}

/// What the words in capitals of a path stand for.
struct Names(Vec<(&'static str, String)>);

impl Names {
    async fn new(app: &TestApp, school: &School) -> Self {
        let own = ask_code(app, OWNER, &browser(1)).await;
        let foreign = ask_code(app, OWNER, &browser(2)).await;
        app.settle().await;
        let awarded = school::award(app).await;
        let (wait, _) = school::waits(app).await;
        let mails: serde_json::Value = serde_json::from_str(&Ask::get("/dev/mailbox.json").send(app).await.body).unwrap();
        Self(vec![
            ("WAIT", wait),
            ("SESSION", own_session(app).await),
            ("EXCEPTION", school::exception(app).await),
            ("EVENT", crate::support::stuck::event(app, "evt_demo_stuck", None).await),
            ("REFUND", school::refund(app).await),
            ("LETTER", school::dead_letter(app).await),
            ("COUPON", school::coupon(app).await),
            ("JOB", school::dead_job(app, school).await),
            ("API_KEY", school::token(app, &Scope::ALL).await.0),
            ("DOCUMENT", school::receipt(app, &school.order).await),
            ("UNPRINTABLE", school::unprintable(app, &school.order).await),
            ("PERSON", school.owner.clone()),
            ("OWN_CODE", own),
            ("FOREIGN_CODE", foreign),
            ("NOBODYS", NOBODYS.to_owned()),
            ("TOKEN", unsubscribe_token(app, OWNER).await),
            ("ENROLMENT", school.enrolment.clone()),
            ("OPEN_ORDER", school.open_order.clone()),
            ("ORDER", school.order.clone()),
            ("READING", school.reading.to_string()),
            ("LOCKED", school.locked_reading.to_string()),
            ("WEEK", school.week.clone()),
            ("AWARDED", awarded.enrolment),
            ("CERTIFICATE", awarded.certificate),
            ("PUBLIC", awarded.code),
            ("A_MAIL", mails[0]["id"].as_str().unwrap().to_owned()),
        ])
    }

    fn fill(&self, path: &str) -> String {
        self.0.iter().fold(path.to_owned(), |path, (word, value)| path.replace(word, value))
    }
}

/// A session of the owner, by its id.
async fn own_session(app: &TestApp) -> String {
    school::session(app, OWNER).await;
    let conn = app.services().db.snapshot().await.unwrap();
    let owner = identity::person_by_email(&conn, &OWNER.parse().unwrap()).await.unwrap().unwrap();
    identity::sessions_of(&conn, owner.id, owner.role, app.machine_now()).await.unwrap()[0].id.to_string()
}

async fn unsubscribe_token(app: &TestApp, email: &str) -> String {
    let snapshot = app.services().db.snapshot().await.unwrap();
    let person = identity::person_by_email(&snapshot, &email.parse().unwrap()).await.unwrap().unwrap();
    let key = UnsubscribeKey::new(app.services().settings.server.secret.clone());
    key.token(person.id, MailGroup::Nudges)
}

async fn ask(app: &TestApp, route: &str, path: &str, body: &str, actor: Option<&str>) -> Answer {
    let mut cookies = browser(1);
    if let Some(email) = actor {
        cookies = format!("{cookies}; {}", school::session(app, email).await);
    }
    let ask = if route.starts_with("GET ") { Ask::get(path) } else { Ask::post(path, body) };
    ask.cookies(&cookies).send(app).await
}

fn limits_away(settings: &mut Settings) {
    (settings.limits.codes_per_hour, settings.limits.codes_per_hour_of_address) = (1_000, 1_000);
}

#[tokio::test]
async fn every_route_answers_every_role_as_the_table_says() {
    on_each_database_with(limits_away, async |app| {
        let school = school::open(&app, "").await;
        let names = Names::new(&app, &school).await;
        let access: BTreeMap<String, Access> = table(Profile::Development)
            .iter()
            .map(|route| (format!("{} {}", route.method, route.pattern), route.access))
            .collect();
        let mut wrong = Vec::new();
        // One body for all that is not found: nothing tells another's from nobody's.
        let mut not_found: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
        for (route, path, body, expected) in every_row() {
            let path = names.fill(path);
            for ((who, email), expected) in ACTORS.iter().zip(expected) {
                let answer = ask(&app, route, &path, &names.fill(body), *email).await;
                if answer.status != *expected {
                    wrong.push(format!("{route} at {path} by {who}: {}, not {expected}", answer.status));
                }
                if answer.status == 404 {
                    not_found.entry((*route, *who)).or_default().insert(answer.body.clone());
                }
                let everybodys = [Access::Public, Access::Gateway, Access::Monitor, Access::Docs, Access::Development];
                let private = access.get(*route).is_some_and(|access| !everybodys.contains(access));
                if private && email.is_none() {
                    let next = if route.starts_with("GET ") { path.as_str() } else { "/learn" };
                    assert_eq!(answer.header("location"), format!("/sign-in?next={}", next.replace('/', "%2F")), "{route}");
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        for ((route, who), bodies) in not_found {
            assert_eq!(bodies.len(), 1, "{who} can tell what is not found from {route}: {bodies:#?}");
        }
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn what_needs_a_confirmation_is_refused_ten_minutes_after_it() {
    let app = TestApp::sqlite().await;
    let school = school::open(&app, "").await;
    let names = Names::new(&app, &school).await;
    let routes = table(Profile::Development);
    let strict = |row: &str| {
        routes.iter().any(|route| route.access.needs_confirmation() && format!("{} {}", route.method, route.pattern) == row)
    };
    let stale = school::session(&app, ADMIN).await;
    app.age(SignedDuration::from_mins(10));
    let mut count = 0;
    for (route, path, body, _) in every_row().filter(|(route, ..)| strict(route)) {
        let path = names.fill(path);
        if route.starts_with("GET ") {
            let answer = Ask::get(&path).cookies(&stale).send(&app).await;
            assert_eq!(answer.is(303).header("location"), format!("/step-up?next={}", path.replace('/', "%2F")), "{route}");
        } else {
            let answer = Ask::post(&path, body).cookies(&stale).send(&app).await;
            assert!(answer.is(403).body.contains("<h1>Confirm that it is you"), "{route}: {}", answer.body);
            assert!(answer.body.contains(&format!("name=\"to\" value=\"{path}\"")), "{route}: {}", answer.body);
            let program = Ask::post(&path, body).header("accept", "application/json").cookies(&stale).send(&app).await;
            assert_eq!(program.is(403).header("content-type"), "application/problem+json", "{route}");
        }
        count += 1;
    }
    assert!(count > 10, "{count}");
    app.abandon().await;
}

#[test]
fn every_route_is_in_the_table() {
    let listed = table(Profile::Development);
    let routes: BTreeSet<String> = listed.iter().map(|route| format!("{} {}", route.method, route.pattern)).collect();
    let rows: BTreeSet<String> = every_row().map(|(route, ..)| (*route).to_owned()).collect();
    assert_eq!(routes.len(), listed.len(), "a route is listed twice");
    assert_eq!(routes.difference(&rows).collect::<Vec<_>>(), Vec::<&String>::new(), "routes without a row");
    assert_eq!(rows.difference(&routes).collect::<Vec<_>>(), Vec::<&String>::new(), "rows without a route");
    for route in routes.iter().filter(|route| route.contains('{')) {
        let answers: Vec<_> = every_row().filter(|(row, ..)| row == route).map(|(_, _, _, answers)| answers).collect();
        let nothing =
            |answers: &&&[u16; 6]| answers.iter().all(|answer| [303, 403, 404].contains(answer)) && answers.contains(&404);
        assert!(answers.iter().any(|answers| nothing(&answers)), "{route} has no row for an id of nobody");
    }
}

/// Addresses of ours as they stand in the text of a page, a document or the source: up to the first part that is filled in.
fn addresses(text: &str) -> impl Iterator<Item = &str> {
    let starts = text
        .match_indices("/staff/")
        .chain(text.match_indices("/admin/"))
        .chain(text.match_indices("/account/"))
        .filter(|(at, _)| text[..*at].chars().next_back().is_none_or(|before| "\"`( >'".contains(before)));
    starts.map(|(at, _)| {
        let end =
            text[at..].find(|c: char| !(c.is_ascii_alphanumeric() || "/-_.".contains(c))).map_or(text.len(), |end| at + end);
        text[at..end].trim_end_matches(['/', '.'])
    })
}

#[test]
fn every_address_that_is_written_down_is_a_route() {
    let routes = table(Profile::Development);
    let is_begun = |address: &str| {
        let parts: Vec<&str> = address.split('/').collect();
        routes.iter().any(|route| {
            let pattern: Vec<&str> = route.pattern.split('/').collect();
            pattern.len() >= parts.len() && pattern.iter().zip(&parts).all(|(part, asked)| part.starts_with('{') || part == asked)
        })
    };
    let mut count = 0;
    let texts = sources("src", &["rs", "html", "txt"])
        .into_iter()
        .chain(sources("docs", &["md"]))
        .chain(sources("emails", &["html", "txt"]));
    for source in texts {
        for address in addresses(&source.text) {
            assert!(is_begun(address), "{}: no page is at {address}", source.path);
            count += 1;
        }
    }
    assert!(count > 100, "the addresses are not where this test looks: {count}");
}

#[tokio::test]
async fn production_has_no_development_pages() {
    let development = table(Profile::Development);
    let production = table(Profile::Production);
    assert!(production.iter().all(|route| route.access != Access::Development && !route.pattern.starts_with("/dev")));
    let rest: Vec<_> = development.into_iter().filter(|route| route.access != Access::Development).collect();
    assert_eq!(production, rest);

    let app = TestApp::sqlite_with(|settings| {
        settings.profile = Profile::Production;
        settings.server.public_url = serde_json::from_value("https://courses.example.org".into()).unwrap();
    })
    .await;
    for (route, path, body, _) in every_row().filter(|(route, ..)| route.contains("/dev/")) {
        let ask = if route.starts_with("GET ") { Ask::get(path) } else { Ask::post(path, body) };
        ask.header("host", "courses.example.org").send(&app).await.is(404);
    }
    let page = Ask::get("/sign-in").header("host", "courses.example.org").send(&app).await;
    assert!(!page.is(200).body.contains("/dev/"));
    app.abandon().await;
}

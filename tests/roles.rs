//! Who may do what to whose: every route, as every role, for ids of one's own, of others and of nobody. A route that is not in
//! the table fails the test, and so does a row whose route is gone.

use std::collections::{BTreeMap, BTreeSet};

use lectern::config::{Profile, Settings};
use lectern::web::routes::Access;
use lectern::web::table;

use crate::support::app::{TestApp, on_each_database_with};
use crate::support::raw::{Answer, Ask, ask_code, browser};
use crate::support::school::{self, ADMIN, ELSEWHERE, OTHER, OWNER, School, TEACHER};

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
#[rustfmt::skip]
const ROWS: &[(&str, &str, &str, [u16; 6])] = &[
    ("GET /healthz", "/healthz", "", [200; 6]),
    ("GET /readyz", "/readyz", "", [200; 6]),
    ("GET /assets/{name}", "/assets/style.css", "", [200; 6]),
    ("GET /assets/{name}", "/assets/none.css", "", [404; 6]),
    ("POST /webhooks/stripe", "/webhooks/stripe", "{}", [400; 6]),

    ("GET /", "/", "", [200; 6]),
    ("GET /cohorts", "/cohorts", "", [200; 6]),
    ("GET /cohorts/{slug}/enrol", "/cohorts/january/enrol", "", [200, 303, 200, 200, 200, 200]),
    ("GET /cohorts/{slug}/enrol", "/cohorts/none/enrol", "", [404; 6]),
    ("POST /cohorts/{slug}/enrol", "/cohorts/january/enrol", "", [422; 6]),
    ("POST /cohorts/{slug}/enrol", "/cohorts/none/enrol", "", [404; 6]),

    ("GET /sign-in", "/sign-in", "", [200; 6]),
    ("POST /sign-in", "/sign-in", "email=demo%40example.org", [303; 6]),
    ("GET /codes/{challenge}", "OWN_CODE", "", [200; 6]),
    ("GET /codes/{challenge}", "FOREIGN_CODE", "", [404; 6]),
    ("GET /codes/{challenge}", "/codes/chl_NOBODYS", "", [404; 6]),
    ("POST /codes/{challenge}", "OWN_CODE", "code=none", [422; 6]),
    ("POST /codes/{challenge}", "FOREIGN_CODE", "code=none", [404; 6]),
    ("POST /codes/{challenge}", "/codes/chl_NOBODYS", "code=none", [404; 6]),
    ("POST /codes/{challenge}/again", "OWN_CODE/again", "", [303; 6]),
    ("POST /codes/{challenge}/again", "FOREIGN_CODE/again", "", [404; 6]),
    ("POST /codes/{challenge}/again", "/codes/chl_NOBODYS/again", "", [404; 6]),
    ("POST /sign-out", "/sign-out", "", [303; 6]),

    ("GET /learn", "/learn", "", [303, 200, 200, 200, 200, 200]),
    ("GET /learn/{enrolment}", "/learn/ENROLMENT", "", [303, 200, 404, 404, 404, 404]),
    ("GET /learn/{enrolment}", "/learn/enr_NOBODYS", "", [303, 404, 404, 404, 404, 404]),
    ("GET /learn/{enrolment}", "/learn/ORDER", "", [303, 404, 404, 404, 404, 404]),
    ("GET /learn/{enrolment}/weeks/{week}", "/learn/ENROLMENT/weeks/1", "", [303, 200, 404, 404, 404, 404]),
    ("GET /learn/{enrolment}/weeks/{week}", "/learn/ENROLMENT/weeks/2", "", [303, 403, 404, 404, 404, 404]),
    ("GET /learn/{enrolment}/weeks/{week}", "/learn/ENROLMENT/weeks/9", "", [303, 404, 404, 404, 404, 404]),
    ("GET /learn/{enrolment}/weeks/{week}", "/learn/enr_NOBODYS/weeks/1", "", [303, 404, 404, 404, 404, 404]),
    ("GET /learn/{enrolment}/weeks/{week}/readings/{reading}", "/learn/ENROLMENT/weeks/1/readings/READING", "", [303, 200, 404, 404, 404, 404]),
    ("GET /learn/{enrolment}/weeks/{week}/readings/{reading}", "/learn/ENROLMENT/weeks/2/readings/LOCKED", "", [303, 403, 404, 404, 404, 404]),
    ("GET /learn/{enrolment}/weeks/{week}/readings/{reading}", "/learn/ENROLMENT/weeks/1/readings/LOCKED", "", [303, 404, 404, 404, 404, 404]),
    ("GET /learn/{enrolment}/weeks/{week}/readings/{reading}", "/learn/enr_NOBODYS/weeks/1/readings/READING", "", [303, 404, 404, 404, 404, 404]),
    ("POST /learn/{enrolment}/weeks/{week}/readings/{reading}/read", "/learn/ENROLMENT/weeks/1/readings/READING/read", "reflection=Kept.", [303, 303, 404, 404, 404, 404]),
    ("POST /learn/{enrolment}/weeks/{week}/readings/{reading}/read", "/learn/ENROLMENT/weeks/2/readings/LOCKED/read", "reflection=Kept.", [303, 403, 404, 404, 404, 404]),
    ("POST /learn/{enrolment}/weeks/{week}/readings/{reading}/read", "/learn/enr_NOBODYS/weeks/1/readings/READING/read", "reflection=Kept.", [303, 404, 404, 404, 404, 404]),

    ("GET /orders/{order}", "/orders/ORDER", "", [303, 200, 404, 404, 404, 404]),
    ("GET /orders/{order}", "/orders/ord_NOBODYS", "", [303, 404, 404, 404, 404, 404]),
    ("GET /orders/{order}/return", "/orders/ORDER/return", "", [303, 200, 404, 404, 404, 404]),
    ("GET /orders/{order}/return", "/orders/ord_NOBODYS/return", "", [303, 404, 404, 404, 404, 404]),
    ("POST /orders/{order}/checkout", "/orders/OPEN_ORDER/checkout", "", [303, 303, 404, 404, 404, 404]),
    ("POST /orders/{order}/checkout", "/orders/ord_NOBODYS/checkout", "", [303, 404, 404, 404, 404, 404]),

    ("GET /staff/cohorts", "/staff/cohorts", "", [303, 403, 403, 200, 200, 200]),
    ("GET /staff/cohorts/{slug}/roster", "/staff/cohorts/january/roster", "", [303, 403, 403, 200, 404, 200]),
    ("GET /staff/cohorts/{slug}/roster", "/staff/cohorts/february/roster", "", [303, 403, 403, 404, 200, 200]),
    ("GET /staff/cohorts/{slug}/roster", "/staff/cohorts/none/roster", "", [303, 403, 403, 404, 404, 404]),
    ("GET /staff/orders/{order}", "/staff/orders/ORDER", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/orders/{order}", "/staff/orders/ord_NOBODYS", "", [303, 403, 403, 403, 403, 404]),
    ("POST /staff/orders/{order}/payments", "/staff/orders/OPEN_ORDER/payments", "", [303, 403, 403, 403, 403, 422]),
    ("POST /staff/orders/{order}/payments", "/staff/orders/ord_NOBODYS/payments", "", [303, 403, 403, 403, 403, 404]),
    ("GET /staff/queue", "/staff/queue", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/course", "/staff/course", "", [303, 403, 403, 200, 200, 200]),
    ("POST /staff/course", "/staff/course", "", [303, 403, 403, 422, 422, 422]),
    ("GET /staff/course/facts", "/staff/course/facts", "", [303, 403, 403, 200, 200, 200]),
    ("POST /staff/course/facts", "/staff/course/facts", "", [303, 403, 403, 422, 422, 422]),
    ("POST /staff/course/weeks", "/staff/course/weeks", "", [303, 403, 403, 409, 409, 409]),
    ("GET /staff/course/weeks/{week}", "/staff/course/weeks/WEEK", "", [303, 403, 403, 200, 200, 200]),
    ("GET /staff/course/weeks/{week}", "/staff/course/weeks/mod_NOBODYS", "", [303, 403, 403, 404, 404, 404]),
    ("POST /staff/course/weeks/{week}", "/staff/course/weeks/WEEK", "", [303, 403, 403, 422, 422, 422]),
    ("POST /staff/course/weeks/{week}", "/staff/course/weeks/mod_NOBODYS", "", [303, 403, 403, 404, 404, 404]),
    ("POST /staff/course/weeks/{week}/move", "/staff/course/weeks/WEEK/move", "to=up", [303, 403, 403, 409, 409, 409]),
    ("POST /staff/course/weeks/{week}/move", "/staff/course/weeks/mod_NOBODYS/move", "to=up", [303, 403, 403, 404, 404, 404]),
    ("GET /staff/course/weeks/{week}/remove", "/staff/course/weeks/WEEK/remove", "", [303, 403, 403, 200, 200, 200]),
    ("GET /staff/course/weeks/{week}/remove", "/staff/course/weeks/mod_NOBODYS/remove", "", [303, 403, 403, 404, 404, 404]),
    ("POST /staff/course/weeks/{week}/remove", "/staff/course/weeks/WEEK/remove", "", [303, 403, 403, 409, 409, 409]),
    ("POST /staff/course/weeks/{week}/remove", "/staff/course/weeks/mod_NOBODYS/remove", "", [303, 403, 403, 404, 404, 404]),
    ("GET /staff/course/weeks/{week}/attach", "/staff/course/weeks/WEEK/attach", "", [303, 403, 403, 200, 200, 200]),
    ("GET /staff/course/weeks/{week}/attach", "/staff/course/weeks/mod_NOBODYS/attach", "", [303, 403, 403, 404, 404, 404]),
    ("POST /staff/course/weeks/{week}/attach", "/staff/course/weeks/WEEK/attach", "", [303, 403, 403, 422, 422, 422]),
    ("POST /staff/course/weeks/{week}/attach", "/staff/course/weeks/mod_NOBODYS/attach", "", [303, 403, 403, 404, 404, 404]),
    ("GET /staff/course/weeks/{week}/readings/{reading}", "/staff/course/weeks/WEEK/readings/READING", "", [303, 403, 403, 200, 200, 200]),
    ("GET /staff/course/weeks/{week}/readings/{reading}", "/staff/course/weeks/WEEK/readings/LOCKED", "", [303, 403, 403, 404, 404, 404]),
    ("POST /staff/course/weeks/{week}/readings/{reading}", "/staff/course/weeks/WEEK/readings/READING", "", [303, 403, 403, 422, 422, 422]),
    ("POST /staff/course/weeks/{week}/readings/{reading}", "/staff/course/weeks/WEEK/readings/LOCKED", "", [303, 403, 403, 404, 404, 404]),
    ("POST /staff/course/weeks/{week}/readings/{reading}/move", "/staff/course/weeks/WEEK/readings/READING/move", "to=up", [303, 403, 403, 409, 409, 409]),
    ("POST /staff/course/weeks/{week}/readings/{reading}/move", "/staff/course/weeks/WEEK/readings/LOCKED/move", "to=up", [303, 403, 403, 404, 404, 404]),
    ("POST /staff/course/weeks/{week}/readings/{reading}/detach", "/staff/course/weeks/WEEK/readings/READING/detach", "", [303, 403, 403, 409, 409, 409]),
    ("POST /staff/course/weeks/{week}/readings/{reading}/detach", "/staff/course/weeks/WEEK/readings/LOCKED/detach", "", [303, 403, 403, 404, 404, 404]),
    ("GET /staff/readings", "/staff/readings", "", [303, 403, 403, 200, 200, 200]),
    ("GET /staff/readings/new", "/staff/readings/new", "", [303, 403, 403, 200, 200, 200]),
    ("POST /staff/readings/new", "/staff/readings/new", "", [303, 403, 403, 422, 422, 422]),
    ("GET /staff/readings/new/citation", "/staff/readings/new/citation", "", [303, 403, 403, 200, 200, 200]),
    ("POST /staff/readings/new/paste", "/staff/readings/new/paste", "", [303, 403, 403, 422, 422, 422]),
    ("POST /staff/readings/new/upload", "/staff/readings/new/upload", "", [303, 403, 403, 400, 400, 400]),
    ("GET /staff/readings/{reading}", "/staff/readings/READING", "", [303, 403, 403, 200, 200, 200]),
    ("GET /staff/readings/{reading}", "/staff/readings/none", "", [303, 403, 403, 404, 404, 404]),
    ("GET /staff/readings/{reading}/correct", "/staff/readings/READING/correct", "", [303, 403, 403, 200, 200, 200]),
    ("GET /staff/readings/{reading}/correct", "/staff/readings/none/correct", "", [303, 403, 403, 404, 404, 404]),
    ("POST /staff/readings/{reading}/correct", "/staff/readings/READING/correct", "", [303, 403, 403, 422, 422, 422]),
    ("POST /staff/readings/{reading}/correct", "/staff/readings/none/correct", "", [303, 403, 403, 404, 404, 404]),

    ("GET /dev/mailbox", "/dev/mailbox", "", [200; 6]),
    ("GET /dev/mailbox.json", "/dev/mailbox.json", "", [200; 6]),
    ("GET /dev/mailbox/{mail}", "/dev/mailbox/A_MAIL", "", [200; 6]),
    ("GET /dev/mailbox/{mail}", "/dev/mailbox/none", "", [404; 6]),
    ("GET /dev/mailbox/{mail}", "/dev/mailbox/..%2Flectern.sqlite", "", [404; 6]),
    ("GET /dev/mailbox/{mail}/html", "/dev/mailbox/A_MAIL/html", "", [200; 6]),
    ("GET /dev/mailbox/{mail}/html", "/dev/mailbox/none/html", "", [404; 6]),
    ("GET /dev/clock", "/dev/clock", "", [200; 6]),
    ("POST /dev/clock", "/dev/clock", "to=tomorrow", [422; 6]),
];

/// What the words in capitals of a path stand for.
struct Names(Vec<(&'static str, String)>);

impl Names {
    async fn new(app: &TestApp, school: &School) -> Self {
        let own = ask_code(app, OWNER, &browser(1)).await;
        let foreign = ask_code(app, OWNER, &browser(2)).await;
        app.settle().await;
        let mails: serde_json::Value = serde_json::from_str(&Ask::get("/dev/mailbox.json").send(app).await.body).unwrap();
        Self(vec![
            ("OWN_CODE", own),
            ("FOREIGN_CODE", foreign),
            ("NOBODYS", NOBODYS.to_owned()),
            ("ENROLMENT", school.enrolment.clone()),
            ("OPEN_ORDER", school.open_order.clone()),
            ("ORDER", school.order.clone()),
            ("READING", school.reading.to_string()),
            ("LOCKED", school.locked_reading.to_string()),
            ("WEEK", school.week.clone()),
            ("A_MAIL", mails[0]["id"].as_str().unwrap().to_owned()),
        ])
    }

    fn fill(&self, path: &str) -> String {
        self.0.iter().fold(path.to_owned(), |path, (word, value)| path.replace(word, value))
    }
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
        for (route, path, body, expected) in ROWS {
            let path = names.fill(path);
            for ((who, email), expected) in ACTORS.iter().zip(expected) {
                let answer = ask(&app, route, &path, body, *email).await;
                if answer.status != *expected {
                    wrong.push(format!("{route} at {path} by {who}: {}, not {expected}", answer.status));
                }
                if answer.status == 404 {
                    not_found.entry((*route, *who)).or_default().insert(answer.body.clone());
                }
                let private = matches!(access.get(*route), Some(Access::SignedIn | Access::Staff | Access::Admin));
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

#[test]
fn every_route_is_in_the_table() {
    let listed = table(Profile::Development);
    let routes: BTreeSet<String> = listed.iter().map(|route| format!("{} {}", route.method, route.pattern)).collect();
    let rows: BTreeSet<String> = ROWS.iter().map(|(route, ..)| (*route).to_owned()).collect();
    assert_eq!(routes.len(), listed.len(), "a route is listed twice");
    assert_eq!(routes.difference(&rows).collect::<Vec<_>>(), Vec::<&String>::new(), "routes without a row");
    assert_eq!(rows.difference(&routes).collect::<Vec<_>>(), Vec::<&String>::new(), "rows without a route");
    for route in routes.iter().filter(|route| route.contains('{')) {
        let answers: Vec<_> = ROWS.iter().filter(|(row, ..)| row == route).map(|(_, _, _, answers)| answers).collect();
        let nothing =
            |answers: &&&[u16; 6]| answers.iter().all(|answer| [303, 403, 404].contains(answer)) && answers.contains(&404);
        assert!(answers.iter().any(|answers| nothing(&answers)), "{route} has no row for an id of nobody");
    }
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
    for (route, path, body, _) in ROWS.iter().filter(|(route, ..)| route.contains("/dev/")) {
        let ask = if route.starts_with("GET ") { Ask::get(path) } else { Ask::post(path, body) };
        ask.header("host", "courses.example.org").send(&app).await.is(404);
    }
    let page = Ask::get("/sign-in").header("host", "courses.example.org").send(&app).await;
    assert!(!page.is(200).body.contains("/dev/"));
    app.abandon().await;
}

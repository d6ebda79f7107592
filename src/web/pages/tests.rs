//! The shop's pages over HTTP, without a network: enrol, pay or fail to, and what staff see of it. No gateway answers here.

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use tower::ServiceExt;

use crate::acts::{NewCohort, Timetable, open_published};
use crate::catalogue::model::{EnrolmentWindow, Rule};
use crate::catalogue::{NewCourse, NewModule, create_course};
use crate::identity::{self, Role};
use crate::kernel::actor::{Actor, Component};
use crate::kernel::ids::ChallengeId;
use crate::kernel::time::{SignedDuration, shifted};
use crate::kernel::{Currency, Money};
use crate::testing::{Bench, START};
use crate::web::{App, router};

const DEMO: Actor = Actor::System(Component::Demonstration);

/// The program's router on a database of its own, with one cohort.
struct Shop {
    bench: Bench,
    app: App,
    router: Router,
}

/// An answer, its redirect not followed.
struct Answer {
    status: StatusCode,
    location: String,
    body: String,
}

impl Answer {
    #[track_caller]
    fn is(&self, status: u16, words: &str) -> &Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert!(self.body.contains(words), "{words:?} is not in\n{}", self.body);
        self
    }

    #[track_caller]
    fn leads_to(&self, start: &str) -> String {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        assert!(self.location.starts_with(start), "{}", self.location);
        self.location.clone()
    }
}

/// A browser's cookies.
#[derive(Default)]
struct Browser(Vec<(String, String)>);

impl Shop {
    async fn with_seats(capacity: u32) -> Self {
        let bench = Bench::sqlite().await;
        let app = App::new(bench.services.clone());
        let router = router(app.clone());
        let shop = Self { bench, app, router };
        let teacher = shop.person("teacher@example.org", Role::Instructor).await;
        let module = NewModule {
            title: "States, power and order".into(),
            dek: "Who decides.".into(),
            outcomes: vec![],
            questions: vec![],
            reflection_prompt: None,
            release_rule: Rule::Always,
            readings: vec![],
        };
        let course = NewCourse {
            slug: "example-course".parse().unwrap(),
            title: "Example Course".into(),
            dek: "An example.".into(),
            description: vec![],
            outcomes: vec![],
            questions: vec![],
            hours_min: 3,
            hours_max: 4,
            language: "en".into(),
            modules: vec![module],
        };
        let cohort = NewCohort {
            slug: "january-2027".parse().unwrap(),
            name: "January 2027".into(),
            zone: "Asia/Kolkata".parse().unwrap(),
            starts_on: "2027-01-18".parse().unwrap(),
            capacity,
            prices: Money::new(650_000, Currency::INR).into(),
            window: EnrolmentWindow::new(START, shifted(START, SignedDuration::from_hours(240))).unwrap(),
            instructors: vec![teacher],
            timetable: Timetable::default(),
        };
        let db = &shop.bench.services.db;
        let course = db.write(DEMO, async |txn| create_course(txn, course).await).await.unwrap();
        db.write(DEMO, async |txn| open_published(txn, course.id, cohort).await).await.unwrap();
        shop
    }

    async fn person(&self, email: &str, role: Role) -> crate::kernel::ids::UserId {
        let (email, name, zone) = (email.parse().unwrap(), "Demo Person".parse().unwrap(), "Asia/Kolkata".parse().unwrap());
        let db = &self.bench.services.db;
        db.write(DEMO, async |txn| identity::create_person(txn, &email, name, zone, role).await).await.unwrap().id
    }

    /// A browser signed in as somebody who has an account.
    async fn signed_in(&self, email: &str) -> Browser {
        let email = email.parse().unwrap();
        let token = self
            .bench
            .services
            .db
            .write(DEMO, async |txn| {
                let person = identity::person_by_email(txn, &email).await?.expect("an account");
                identity::start_session(txn, &person, None).await
            })
            .await
            .unwrap();
        Browser(vec![("lectern".into(), token.plain().to_owned())])
    }

    async fn get(&self, browser: &mut Browser, path: &str) -> Answer {
        self.send(browser, "GET", path, "").await
    }

    async fn post(&self, browser: &mut Browser, path: &str, form: &str) -> Answer {
        self.send(browser, "POST", path, form).await
    }

    async fn send(&self, browser: &mut Browser, method: &str, path: &str, form: &str) -> Answer {
        let cookies: Vec<String> = browser.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "127.0.0.1:8000")
            .header(header::ACCEPT, "text/html")
            .header(header::COOKIE, cookies.join("; "))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4000))));
        let response = self.router.clone().oneshot(request).await.unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            browser.0.retain(|(known, _)| known != name);
            browser.0.push((name.to_owned(), rest.split(';').next().unwrap().to_owned()));
        }
        let location = response.headers().get(header::LOCATION).map(|value| value.to_str().unwrap().to_owned());
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        Answer { status, location: location.unwrap_or_default(), body: String::from_utf8_lossy(&body).into_owned() }
    }

    /// Types the code that was mailed.
    async fn prove(&self, browser: &mut Browser, page: &str) -> Answer {
        let challenge: ChallengeId = page.trim_start_matches("/codes/").parse().unwrap();
        self.post(browser, page, &format!("code={}", self.app.code_key.code(challenge))).await
    }

    /// Enrols somebody new as far as their order; the order's path.
    async fn enrol(&self, browser: &mut Browser, email: &str) -> String {
        let code = self.post(browser, ENROL, &application(email)).await.leads_to("/codes/chl_");
        self.prove(browser, &code).await.leads_to("/orders/ord_")
    }
}

const ENROL: &str = "/cohorts/january-2027/enrol";

fn application(email: &str) -> String {
    let email = email.replace('@', "%40");
    format!(
        "name=Demo+Student+03&email={email}&country=IN&address=12+Demonstration+Road%0D%0AExampleville&postal_code=110+001&state=07&gstin=\
         &zone=Asia%2FKolkata&consent=yes"
    )
}

#[tokio::test]
async fn a_newcomer_enrols_and_nothing_is_lost_while_the_gateway_is_silent() {
    let shop = Shop::with_seats(30).await;
    let mut student = Browser::default();
    shop.get(&mut student, ENROL).await.is(200, "30 of 30").is(200, "₹6,500.00");
    let wrong = application("demo03@").replace("country=IN", "country=XX");
    let again = shop.post(&mut student, ENROL, &wrong).await;
    again
        .is(422, "<title>Error: Enrol")
        .is(422, "href=\"#country\"")
        .is(422, "value=\"demo03@\"")
        .is(422, "Exampleville</textarea>");
    shop.post(&mut student, ENROL, &(application("demo03@example.org") + "&role=admin")).await.is(400, "");

    let order = shop.enrol(&mut student, "demo03@example.org").await;
    shop.get(&mut student, &order).await.is(200, "32 minutes").is(200, "Example Course, January 2027 cohort").is(200, "India");
    assert_eq!(shop.get(&mut student, ENROL).await.leads_to("/orders/"), order);
    assert_eq!(shop.post(&mut student, ENROL, &application("demo03@example.org")).await.leads_to("/orders/"), order);

    shop.post(&mut student, &format!("{order}/checkout"), "")
        .await
        .is(503, "nothing you entered is lost")
        .is(503, "data-countdown");
    // The gateway does not even know the buyer: there is no page that could have been paid.
    shop.get(&mut student, &format!("{order}/return")).await.is(200, "Pay for your seat");
    shop.get(&mut student, &order).await.is(200, "Pay with card");

    let mut stranger = Browser::default();
    shop.enrol(&mut stranger, "demo04@example.org").await;
    for path in [order.clone(), format!("{order}/return"), "/orders/ord_1".to_owned()] {
        shop.get(&mut stranger, &path).await.is(404, "");
    }
    shop.post(&mut stranger, &format!("{order}/checkout"), "").await.is(404, "");
    shop.get(&mut Browser::default(), &order).await.leads_to("/sign-in?next=");

    shop.bench.pass(SignedDuration::from_mins(33));
    shop.get(&mut student, &order).await.is(200, "The time ran out");
    shop.bench.finish().await;
}

#[tokio::test]
async fn a_cohort_that_cannot_be_had_says_why() {
    let shop = Shop::with_seats(1).await;
    let (mut first, mut second) = (Browser::default(), Browser::default());
    let code = shop.post(&mut second, ENROL, &application("demo04@example.org")).await.leads_to("/codes/");
    shop.enrol(&mut first, "demo03@example.org").await;
    // The last seat went while the second looked for the code: signed in all the same, and told.
    shop.prove(&mut second, &code).await.is(409, "This cohort is full").is(409, "0 of 1").is(409, "Sign out");
    shop.get(&mut second, ENROL).await.is(200, "This cohort is full");
    shop.post(&mut Browser::default(), ENROL, &application("demo05@example.org")).await.is(409, "This cohort is full");
    shop.bench.pass(SignedDuration::from_hours(240));
    shop.get(&mut Browser::default(), ENROL).await.is(200, "Enrolment has closed");
    shop.get(&mut Browser::default(), "/cohorts/none/enrol").await.is(404, "");
    shop.bench.finish().await;
}

#[tokio::test]
async fn an_admin_records_a_payment_once_and_instructors_see_no_billing() {
    let shop = Shop::with_seats(30).await;
    let (mut student, mut other) = (Browser::default(), Browser::default());
    let order = shop.enrol(&mut student, "demo03@example.org").await;
    let order_of_other = shop.enrol(&mut other, "demo04@example.org").await;
    shop.person("admin@example.org", Role::Admin).await;
    shop.person("elsewhere@example.org", Role::Instructor).await;
    let mut admin = shop.signed_in("admin@example.org").await;

    shop.get(&mut admin, "/staff/cohorts").await.is(200, "2 of 30").is(200, "Open for enrolment");
    shop.get(&mut admin, "/staff/today").await.is(200, "Nothing waits for you");
    shop.get(&mut admin, "/staff/cohorts/january-2027/roster").await.is(200, "demo03@example.org").is(200, "/staff/orders/ord_");
    shop.get(&mut admin, &format!("/staff{order}")).await.is(200, "value=\"6500.00\"").is(200, "value=\"2027-01-04\"");

    let payments = format!("/staff{order}/payments");
    let form = |amount: &str, on: &str| format!("method=upi&reference=demo-1&amount={amount}&received_on={on}");
    shop.post(&mut admin, &payments, &form("650.00", "2027-01-04"))
        .await
        .is(422, "The amount must be")
        .is(422, "value=\"650.00\"");
    shop.post(&mut admin, &payments, &form("6500", "2027-01-06")).await.is(422, "Enter a day that has come");
    shop.post(&mut admin, &payments, &(form("6500", "2027-01-04") + "&state=paid")).await.is(400, "");
    shop.post(&mut student, &payments, &form("6500", "2027-01-04")).await.is(403, "");
    shop.post(&mut admin, &payments, &form("6500", "2027-01-04")).await.leads_to("/staff/orders/");
    shop.get(&mut admin, &format!("/staff{order}")).await.is(200, "DEMO-1").is(200, "Enrolled");
    shop.get(&mut student, &order).await.is(200, "You are enrolled");
    shop.get(&mut student, ENROL).await.leads_to("/learn");
    let again = shop.post(&mut admin, &format!("/staff{order_of_other}/payments"), &form("6500", "2027-01-04")).await;
    again.is(422, "This reference is already recorded, on order L-");

    let mut teacher = shop.signed_in("teacher@example.org").await;
    let roster = shop.get(&mut teacher, "/staff/cohorts/january-2027/roster").await;
    assert!(!roster.is(200, "demo04@example.org").body.contains("/staff/orders/"));
    shop.get(&mut teacher, &format!("/staff{order}")).await.is(403, "");
    let mut elsewhere = shop.signed_in("elsewhere@example.org").await;
    shop.get(&mut elsewhere, "/staff/cohorts").await.is(200, "No cohort is yours");
    shop.get(&mut elsewhere, "/staff/cohorts/january-2027/roster").await.is(404, "");
    shop.bench.finish().await;
}

#[tokio::test]
async fn a_notification_that_is_not_the_gateways_is_refused() {
    let shop = Shop::with_seats(1).await;
    let browser = &mut Browser::default();
    shop.post(browser, "/webhooks/stripe", "{}").await.is(400, "");
    shop.post(browser, "/webhooks/stripe", &"x".repeat(256 * 1024 + 1)).await.is(413, "");
    shop.bench.finish().await;
}

#[tokio::test]
async fn the_development_pages_show_mail_and_move_time_forward_only() {
    let shop = Shop::with_seats(30).await;
    let browser = &mut Browser::default();
    shop.get(browser, "/dev/mailbox").await.is(200, "No mail yet");
    shop.get(browser, "/dev/mailbox.json").await.is(200, "[]");
    shop.get(browser, "/dev/mailbox/nothing").await.is(404, "");
    shop.get(browser, "/dev/clock").await.is(200, "Mon 4 Jan 2027, 03:30:00 UTC");
    shop.post(browser, "/dev/clock", "to=2027-01-01T00%3A00").await.is(422, "time only goes forward");
    shop.post(browser, "/dev/clock", "to=tomorrow").await.is(422, "value=\"tomorrow\"");
    shop.post(browser, "/dev/clock", "to=2027-01-05T03%3A30%3A00").await.leads_to("/dev/clock");
    shop.get(browser, "/dev/clock").await.is(200, "Tue 5 Jan 2027, 03:30:00 UTC").is(200, "1 d 0 h 0 min ahead");
    shop.bench.finish().await;
}

#[tokio::test]
async fn visitors_have_the_course_page_kept_until_something_changes() {
    let shop = Shop::with_seats(2).await;
    let (mut visitor, db) = (Browser::default(), &shop.bench.services.db);
    shop.get(&mut visitor, "/").await.is(200, "2 of 2");
    let before = db.statements();
    shop.get(&mut visitor, "/").await.is(200, "2 of 2");
    assert_eq!(db.statements(), before, "nothing changed, and it was read again");

    // A commit of this process is seen at once; one of another process within a second.
    let mut student = Browser::default();
    shop.enrol(&mut student, "student03@example.org").await;
    shop.get(&mut visitor, "/").await.is(200, "1 of 2");
    let before = db.statements();
    shop.bench.pass(SignedDuration::from_secs(1));
    shop.get(&mut visitor, "/").await.is(200, "1 of 2");
    assert!(db.statements() > before, "it was not read again");

    // A reader's own page is never a visitor's.
    shop.get(&mut student, "/").await.is(200, "Sign out");
    let visitors = shop.get(&mut visitor, "/").await;
    assert!(!visitors.body.contains("Sign out"));
    shop.bench.finish().await;
}

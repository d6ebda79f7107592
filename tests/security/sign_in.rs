//! Signing in: who is told what, what a code is good for, and how long a session lives.

use super::rows;
use crate::support::app::TestApp;
use crate::support::raw::{Answer, Ask, ask_code, browser};
use crate::support::school::{self, ADMIN, OWNER};
use lectern::kernel::time::SignedDuration;

const NOBODY: &str = "nobody@example.org";

async fn app() -> TestApp {
    let app = TestApp::sqlite_with(|settings| {
        (settings.limits.codes_per_hour, settings.limits.codes_per_hour_of_address) = (1_000, 1_000)
    })
    .await;
    school::open(&app, "").await;
    app
}

async fn answer_code(app: &TestApp, page: &str, code: &str, cookies: &str) -> Answer {
    Ask::post(page, &format!("code={code}")).cookies(cookies).send(app).await
}

/// Signs the owner in as a browser that brings these cookies besides its own: the new session's cookie.
async fn sign_in(app: &TestApp, email: &str, cookies: &str) -> String {
    let page = ask_code(app, email, &browser(1)).await;
    let code = app.code_for(email).await;
    let answer = answer_code(app, &page, &code, &format!("{}; {cookies}", browser(1))).await;
    answer.is(303).cookie("lectern").expect("a session")
}

async fn is_signed_in(app: &TestApp, session: &str) -> bool {
    match Ask::get("/dev/clock").cookies(session).send(app).await.is(200).body.contains("action=\"/sign-out\"") {
        true => true,
        false => {
            Ask::get("/learn").cookies(session).send(app).await.is(303);
            false
        }
    }
}

/// Everything about one address asking for a code and mistyping it that somebody outside could see, and what it cost us.
async fn seen(app: &TestApp, email: &str) -> (Vec<String>, u64, Vec<(String, usize)>) {
    let (statements, before) = (app.services().db.statements(), rows(app).await);
    let asked = Ask::post("/sign-in", &format!("email={email}&next=%2Flearn")).cookies(&browser(1)).send(app).await;
    let page = asked.header("location").to_owned();
    let shown = Ask::get(&page).cookies(&browser(1)).send(app).await;
    let wrong = answer_code(app, &page, "none", &browser(1)).await;
    let dead = {
        app.age(SignedDuration::from_mins(11));
        answer_code(app, &page, "none", &browser(1)).await
    };
    let spent = app.services().db.statements() - statements;
    let after = rows(app).await;
    let grown = after.iter().map(|(table, rows)| (table.clone(), rows.len() - before[table].len())).collect();
    let told = [asked, shown, wrong, dead].map(|answer| {
        let names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
        let body = answer.body.replace(email, "EMAIL").replace(&page, "PAGE");
        format!("{} {} {names:?} {body}", answer.status, answer.header("location").replace(&page, "PAGE"))
    });
    (told.to_vec(), spent, grown)
}

#[tokio::test]
async fn nobody_learns_which_addresses_have_an_account() {
    let app = app().await;
    let (known, unknown) = (seen(&app, OWNER).await, seen(&app, NOBODY).await);
    assert_eq!(known.0, unknown.0);
    // The dump's own statements are the same for both.
    assert_eq!(known.1, unknown.1, "statements");
    assert_eq!(known.2, unknown.2, "rows");
    for email in [OWNER, NOBODY] {
        ask_code(&app, email, &browser(1)).await;
    }
    app.settle().await;
    let (known, unknown) = (app.mails_to(OWNER).await, app.mails_to(NOBODY).await);
    assert!(known.iter().any(|mail| mail.subject.starts_with("Your code is ")));
    // Their codes had run out before the work was done, but for the last.
    assert_eq!(unknown.len(), 1);
    assert!(!unknown[0].subject.starts_with("Your code is "), "no code is mailed to who has no account");
    app.finish().await;
}

#[tokio::test]
async fn nobody_learns_who_is_enrolled_by_enrolling() {
    let app = app().await;
    let mut seen = Vec::new();
    for email in [OWNER, "student09%40example.org"] {
        let body = super::ENROL.replace("student05%40example.org", email);
        let statements = app.services().db.statements();
        let answer = Ask::post("/cohorts/january/enrol", &body).cookies(&browser(1)).send(&app).await;
        let spent = app.services().db.statements() - statements;
        let page = answer.header("location").to_owned();
        let shown = Ask::get(&page).cookies(&browser(1)).send(&app).await;
        let shown = shown.is(200).body.replace(&email.replace("%40", "@"), "EMAIL").replace(&page, "PAGE");
        seen.push((answer.status, answer.body, spent, shown));
    }
    assert_eq!(seen[0], seen[1]);
    app.finish().await;
}

#[tokio::test]
async fn one_address_gets_so_many_codes_an_hour() {
    let app = TestApp::sqlite_with(|settings| settings.limits.codes_per_hour_of_address = 2).await;
    school::open(&app, "").await;
    for email in [OWNER, NOBODY] {
        ask_code(&app, email, &browser(1)).await;
        let page = ask_code(&app, email, &browser(2)).await;
        let before = rows(&app).await;
        // In capitals it is the same address.
        let answers = [
            Ask::post("/sign-in", &format!("email={}", email.to_uppercase())).cookies(&browser(3)).send(&app).await,
            Ask::post(&format!("{page}/again"), "").cookies(&browser(2)).send(&app).await,
        ];
        for answer in answers {
            let wait: u64 = answer.is(429).header("retry-after").parse().unwrap();
            assert!((1..=3_600).contains(&wait), "{wait}");
        }
        assert_eq!(rows(&app).await, before);
    }
    app.age(SignedDuration::from_mins(61));
    ask_code(&app, OWNER, &browser(1)).await;
    app.abandon().await;
}

#[tokio::test]
async fn a_strangers_requests_do_not_soon_keep_an_addresss_owner_out() {
    let app = TestApp::sqlite_with(|settings| settings.limits.codes_per_hour = 2).await;
    school::open(&app, "").await;
    let ask = async |number| Ask::post("/sign-in", &format!("email={OWNER}")).cookies(&browser(number)).send(&app).await;
    ask(1).await.is(303);
    ask(1).await.is(303);
    ask(1).await.is(429);
    ask(2).await.is(303);
    app.abandon().await;
}

#[tokio::test]
async fn a_code_is_dead_after_five_wrong_ones_after_its_use_and_after_its_time() {
    let app = app().await;
    let page = ask_code(&app, OWNER, &browser(1)).await;
    let code = app.code_for(OWNER).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        answer_code(&app, &page, wrong, &browser(1)).await.is(422);
    }
    let answer = answer_code(&app, &page, &code, &browser(1)).await;
    assert!(answer.is(422).cookie("lectern").is_none());

    let page = ask_code(&app, OWNER, &browser(1)).await;
    let code = app.code_for(OWNER).await;
    answer_code(&app, &page, &code, &browser(1)).await.is(303);
    assert!(answer_code(&app, &page, &code, &browser(1)).await.is(422).cookie("lectern").is_none());

    let page = ask_code(&app, OWNER, &browser(1)).await;
    let code = app.code_for(OWNER).await;
    app.age(SignedDuration::from_mins(10));
    assert!(answer_code(&app, &page, &code, &browser(1)).await.is(422).cookie("lectern").is_none());
    app.finish().await;
}

#[tokio::test]
async fn guesses_at_the_same_time_are_counted_each() {
    let app = app().await;
    let page = ask_code(&app, OWNER, &browser(1)).await;
    let code = app.code_for(OWNER).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let cookies = browser(1);
    let guesses = (0..12).map(|_| answer_code(&app, &page, wrong, &cookies));
    futures_util::future::join_all(guesses).await.iter().for_each(|answer| assert_eq!(answer.status, 422));
    answer_code(&app, &page, &code, &cookies).await.is(422);
    app.finish().await;
}

#[tokio::test]
async fn a_code_is_good_only_in_the_browser_that_asked_for_it() {
    let app = app().await;
    let page = ask_code(&app, OWNER, &browser(1)).await;
    let code = app.code_for(OWNER).await;
    for thief in ["", &browser(2), "lectern-browser=", "lectern-browser=short"] {
        answer_code(&app, &page, &code, thief).await.is(404);
        Ask::get(&page).cookies(thief).send(&app).await.is(404);
        Ask::post(&format!("{page}/again"), "").cookies(thief).send(&app).await.is(404);
    }
    // Nor has the thief used it up.
    answer_code(&app, &page, &code, &browser(1)).await.is(303);
    app.finish().await;
}

#[tokio::test]
async fn opening_an_address_signs_nobody_in() {
    let app = app().await;
    let page = ask_code(&app, OWNER, &browser(1)).await;
    let code = app.code_for(OWNER).await;
    let before = rows(&app).await;
    for method in ["GET", "HEAD"] {
        let mut ask = Ask::get(&format!("{page}?code={code}")).cookies(&browser(1));
        ask.method = method.to_owned();
        assert!(ask.send(&app).await.is(200).cookie("lectern").is_none());
    }
    assert_eq!(rows(&app).await, before);
    app.finish().await;
}

#[tokio::test]
async fn signing_in_makes_a_new_session_and_ends_the_old() {
    let app = app().await;
    let planted = school::session(&app, OWNER).await;
    let fresh = sign_in(&app, OWNER, &planted).await;
    assert_ne!(planted, fresh);
    assert!(is_signed_in(&app, &fresh).await && !is_signed_in(&app, &planted).await);
    // A token of somebody else's making is never taken over.
    let made_up = format!("lectern={}", "A".repeat(43));
    assert_ne!(sign_in(&app, OWNER, &made_up).await, made_up);
    assert!(!is_signed_in(&app, &made_up).await);
    app.finish().await;
}

#[tokio::test]
async fn signing_out_ends_the_session_itself() {
    let app = app().await;
    let (here, there) = (school::session(&app, OWNER).await, school::session(&app, OWNER).await);
    let answer = Ask::post("/sign-out", "").cookies(&here).send(&app).await;
    assert!(answer.is(303).cookie("lectern").is_some_and(|cookie| cookie == "lectern="), "{:?}", answer.headers);
    assert!(!is_signed_in(&app, &here).await && is_signed_in(&app, &there).await);
    app.finish().await;
}

#[tokio::test]
async fn a_session_ends_when_idle_and_in_any_case() {
    let app = app().await;
    let day = |days: i64| SignedDuration::from_hours(24 * days);
    let second = SignedDuration::from_secs(1);
    for (email, idle, whole) in [(OWNER, day(14), day(60)), (ADMIN, SignedDuration::from_hours(12), day(7))] {
        let session = school::session(&app, email).await;
        app.age(idle - second);
        assert!(is_signed_in(&app, &session).await, "{email}: just in time");
        app.age(idle);
        assert!(!is_signed_in(&app, &session).await, "{email}: idle");

        let busy = school::session(&app, email).await;
        let (mut passed, step) = (SignedDuration::ZERO, idle / 2);
        while passed + step < whole {
            app.age(step);
            passed += step;
            assert!(is_signed_in(&app, &busy).await, "{email}: in use for {passed}");
        }
        app.age(whole - passed);
        assert!(!is_signed_in(&app, &busy).await, "{email}: old");
    }
    app.abandon().await;
}

#[tokio::test]
async fn the_way_back_leads_nowhere_else() {
    let app = app().await;
    for evil in [
        "//evil.example",
        "///evil.example",
        "/%5Cevil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "%2f%2fevil.example",
        "/%2f%2fevil.example",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/\t/evil.example",
        "/\r\nLocation: https://evil.example",
        " //evil.example",
        "/@evil.example:80",
        "evil.example",
    ] {
        let next: String = url::form_urlencoded::byte_serialize(evil.as_bytes()).collect();
        let form = Ask::get(&format!("/sign-in?next={next}")).send(&app).await;
        assert!(form.is(200).body.contains("name=\"next\" value=\"\""), "{evil:?}: {}", form.body);
        let asked = Ask::post("/sign-in", &format!("email={OWNER}&next={next}")).cookies(&browser(1)).send(&app).await;
        let code = app.code_for(OWNER).await;
        let answer = answer_code(&app, asked.is(303).header("location"), &code, &browser(1)).await;
        assert_eq!(answer.is(303).header("location"), "/learn", "{evil:?}");
    }
    let asked = Ask::post("/sign-in", &format!("email={OWNER}&next=%2Fcohorts")).cookies(&browser(1)).send(&app).await;
    let code = app.code_for(OWNER).await;
    let answer = answer_code(&app, asked.header("location"), &code, &browser(1)).await;
    assert_eq!(answer.header("location"), "/cohorts");
    app.finish().await;
}

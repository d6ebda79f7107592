//! Every form there is, each filled so that it would be carried out.

use lectern::kernel::Slug;
use lectern::tokens::Scope;

use super::{ENROL, ENROL_SIGNED_IN, Filled, LOGO};
use crate::support::app::TestApp;
use crate::support::raw::{ask_code, browser};
use crate::support::school::{self, ADMIN, Awarded, OTHER, OWNER, School};
use crate::support::stuck;

const JOIN: &str = "name=Demo+Student+11&email=student11%40example.org&country=IN&zone=Asia%2FKolkata&consent=yes";
const INVITE: &str = "name=Demo+Teacher+09&email=teacher09%40example.org&role=instructor";
const FREE: &str = "name=Demo+Student+10&email=student10%40example.org&reason=Demonstration";
const FACTS: &str = "title=Example&dek=&description=&outcomes=&questions=&hours_min=3&hours_max=4&language=en&version=1";
const RECORD: &str = "title=Essay+Nine&author=&author_role=&publisher=Example+Journal&published_on=&url=&language=en&rights=own\
                      &licence=&photo_credit=&summary=&text=Words.&minutes=3&version=1";

/// Whose cookies a form is sent with.
struct Who {
    owner: String,
    other: String,
    admin: String,
}

impl Who {
    fn admins(&self, pattern: &'static str, path: String, body: &'static str) -> Filled {
        Filled::new(pattern, path, &self.admin, body)
    }
}

/// Every form there is; who posts it is signed in where that is needed.
pub(super) async fn forms(app: &TestApp, school: &School) -> Vec<Filled> {
    let who = Who {
        owner: school::session(app, OWNER).await,
        other: school::session(app, OTHER).await,
        admin: school::session(app, ADMIN).await,
    };
    let code = ask_code(app, OTHER, &browser(1)).await;
    let awarded = school::award(app).await;
    let (dead, exception) = (school::dead_letter(app).await, school::exception(app).await);
    let job = school::dead_job(app, school).await;
    let leaving = school::session(app, OTHER).await;
    let waits = school::waits(app).await;
    let mut all = students_forms(&who, school, &code, &leaving);
    all.extend(account_forms(&who));
    all.extend(waitlist_forms(&who, &waits));
    all.extend(people_forms(&who, school));
    all.extend(certificate_forms(&who, school, &awarded));
    all.extend(settings_forms(&who));
    all.extend(coupon_forms(&who, &school::coupon(app).await));
    all.extend(token_forms(&who, &school::token(app, &[Scope::OrdersRead]).await.0));
    all.extend(desk_forms(&who, school, &dead, &exception));
    let document = school::unprintable(app, &school.order).await;
    all.push(who.admins(
        "/staff/orders/{order}/documents/{document}/spelling",
        format!("/staff/orders/{}/documents/{document}/spelling", school.order),
        "spelling_1=Demo+Chhatra&seen=0",
    ));
    all.extend(job_forms(&who, &job, &stuck::event(app, "evt_demo_stuck", None).await));
    all.extend(refund_forms(&who, school, &school::refund(app).await));
    all.extend(course_forms(&who, school));
    all.extend(board_forms(&school.reading, &who.admin));
    all
}

/// What visitors and students send, and the payment that an admin records for one.
fn students_forms(who: &Who, school: &School, code: &str, leaving: &str) -> Vec<Filled> {
    let read = format!("/learn/{}/weeks/1/readings/{}/read", school.enrolment, school.reading);
    vec![
        Filled::new("/sign-in", "/sign-in".into(), "", "email=demo%40example.org&next=%2Flearn"),
        Filled::new("/codes/{challenge}", code.to_owned(), &browser(1), "code=none"),
        Filled::new("/codes/{challenge}/again", format!("{code}/again"), &browser(1), ""),
        Filled::new("/sign-out", "/sign-out".into(), leaving, ""),
        Filled::new("/cohorts/{slug}/enrol", "/cohorts/january/enrol".into(), "", ENROL),
        Filled::new("/cohorts/{slug}/enrol", "/cohorts/january/enrol".into(), &who.other, ENROL_SIGNED_IN),
        Filled::new("/learn/{enrolment}/weeks/{week}/readings/{reading}/read", read, &who.owner, "reflection=Kept."),
        Filled::new("/orders/{order}/coupon", format!("/orders/{}/coupon", school.open_order), &who.owner, "code=NONE"),
        Filled::new("/orders/{order}/transfer", format!("/orders/{}/transfer", school.open_order), &who.owner, "way=upi"),
        Filled::new(
            "/orders/{order}/reference",
            format!("/orders/{}/reference", school.open_order),
            &who.owner,
            "reference=412345678901",
        ),
        who.admins("/staff/orders/{order}/transfer/decline", format!("/staff/orders/{}/transfer/decline", school.open_order), ""),
        Filled::new("/orders/{order}/checkout", format!("/orders/{}/checkout", school.open_order), &who.owner, ""),
        who.admins(
            "/staff/orders/{order}/payments",
            format!("/staff/orders/{}/payments", school.open_order),
            "method=upi&reference=DEMO-9&amount=6500.00&received_on=2027-01-06",
        ),
        Filled::new("/learn/{enrolment}/cancel", format!("/learn/{}/cancel", school.enrolment), &who.owner, "quoted=1.00"),
        Filled::new("/sign-in/{sign_in}", "/sign-in/sgn_00000000000000000000000001".into(), &browser(1), "code=none"),
        Filled::new("/dev/clock", "/dev/clock".into(), "", "to=2027-01-08T00%3A00"),
    ]
}

/// What people send about themselves.
fn account_forms(who: &Who) -> Vec<Filled> {
    vec![
        who.admins("/step-up", "/step-up".into(), "code=none&next=%2Fstaff%2Fcohorts"),
        who.admins("/step-up/mail", "/step-up/mail".into(), "next=%2Fstaff%2Fcohorts"),
        Filled::new(
            "/account/details",
            "/account/details".into(),
            &who.owner,
            "name=Demo+Student+03&zone=Asia%2FKolkata&country=IN",
        ),
        Filled::new(
            "/account/sessions/{session}/end",
            "/account/sessions/ses_00000000000000000000000001/end".into(),
            &who.other,
            "",
        ),
        Filled::new("/account/sessions/end-others", "/account/sessions/end-others".into(), &who.other, ""),
        who.admins("/account/second-factor", "/account/second-factor".into(), ""),
        who.admins("/account/second-factor/new", "/account/second-factor/new".into(), "code=none"),
        who.admins("/account/second-factor/codes", "/account/second-factor/codes".into(), ""),
        who.admins("/account/second-factor/remove", "/account/second-factor/remove".into(), ""),
        Filled::new("/account/mail", "/account/mail".into(), &who.owner, "nudges=on&course_news=on"),
    ]
}

/// What is sent about a waitlist.
fn waitlist_forms(who: &Who, (own, others): &(String, String)) -> Vec<Filled> {
    vec![
        Filled::new("/cohorts/{slug}/waitlist", "/cohorts/march/waitlist".into(), "", JOIN),
        Filled::new("/waitlist/{wait}/leave", format!("/waitlist/{own}/leave"), &who.owner, ""),
        who.admins("/staff/waitlist/{wait}/remove", format!("/staff/waitlist/{others}/remove"), "reason=Demonstration"),
        who.admins("/staff/settings/waitlist", "/staff/settings/waitlist".into(), "hours=12"),
        who.admins(
            "/staff/settings/rates",
            "/staff/settings/rates".into(),
            "currency=EUR&rate=98.1234&from=2027-01-01&source=FBIL",
        ),
    ]
}

/// What an admin sends about people.
fn people_forms(who: &Who, school: &School) -> Vec<Filled> {
    let person = |act: &str| format!("/staff/people/{}/{act}", school.other);
    vec![
        who.admins("/staff/people/new", "/staff/people/new".into(), INVITE),
        who.admins("/staff/people/{user}/role", person("role"), "role=student"),
        who.admins("/staff/people/{user}/sessions/end", person("sessions/end"), ""),
        who.admins("/staff/people/{user}/sessions/{session}/end", person("sessions/ses_00000000000000000000000001/end"), ""),
        who.admins("/staff/people/{user}/mail", person("mail"), ""),
        who.admins("/staff/people/{user}/email", person("email"), "email=student09%40example.org"),
        who.admins("/staff/people/{user}/disable", person("disable"), ""),
        who.admins("/staff/people/{user}/enable", person("enable"), ""),
        who.admins("/staff/cohorts/{slug}/enrol-free", "/staff/cohorts/january/enrol-free".into(), FREE),
    ]
}

/// The certificates of a cohort.
fn certificate_forms(who: &Who, school: &School, awarded: &Awarded) -> Vec<Filled> {
    let (list, issued) = ("/staff/cohorts/january/certificates", format!("/staff/certificates/{}", awarded.certificate));
    vec![
        who.admins("/staff/cohorts/{slug}/certificates", list.to_owned(), ""),
        who.admins(
            "/staff/cohorts/{slug}/certificates/{enrolment}",
            format!("/staff/cohorts/november/certificates/{}", awarded.enrolment),
            "",
        ),
        who.admins(
            "/staff/cohorts/{slug}/certificates/{enrolment}/name",
            format!("{list}/{}/name", school.enrolment),
            "name=Demo+Renamed",
        ),
        who.admins("/staff/certificates/{certificate}/revoke", format!("{issued}/revoke"), "reason=Issued+by+mistake."),
        who.admins("/staff/certificates/{certificate}/successor", format!("{issued}/successor"), "name=Demo+Corrected"),
        Filled::new("/verify", "/verify".into(), "", "code=0000-0000-0000-0000"),
    ]
}

/// The organisation.
fn settings_forms(who: &Who) -> Vec<Filled> {
    vec![
        who.admins(
            "/staff/settings/identity",
            "/staff/settings/identity".into(),
            "legal_name=Example+Journal&short_name=Example&address=1+Example+Street&contact=office%40example.org&phone=",
        ),
        who.admins(
            "/staff/settings/officer",
            "/staff/settings/officer".into(),
            "name=Demo+Officer&designation=Officer&email=officer%40example.org&phone=",
        ),
        who.admins(
            "/staff/settings/tax",
            "/staff/settings/tax".into(),
            "mode=unregistered&gstin=&sac=&export=with_tax&lut=&lut_year=&label=&number=&rate=&home=",
        ),
        who.admins(
            "/staff/settings/bank",
            "/staff/settings/bank".into(),
            "account_name=Example&account_number=000000&ifsc=EXMP0000001&bank=Example+Bank&branch=Example&upi=example%40exbank\
             &days=3",
        ),
        who.admins(
            "/staff/settings/signers",
            "/staff/settings/signers".into(),
            "name_1=Demo+Editor&title_1=Editor&name_2=&title_2=&name_3=&title_3=",
        ),
        who.admins("/staff/settings/mail", "/staff/settings/mail".into(), "sender=Example+Courses&reply_to=office%40example.org"),
        who.admins("/staff/settings/approval", "/staff/settings/approval".into(), "above=5000&currency=INR"),
        who.admins("/staff/settings/terms", "/staff/settings/terms".into(), "text=Our+terms."),
        who.admins("/staff/settings/privacy", "/staff/settings/privacy".into(), "text=Our+notice."),
        who.admins("/staff/settings/refunds", "/staff/settings/refunds".into(), "days=14&text=Our+rule."),
        who.admins(LOGO, LOGO.into(), ""),
        who.admins("/staff/settings/logo/remove", "/staff/settings/logo/remove".into(), ""),
    ]
}

/// API tokens.
fn token_forms(who: &Who, token: &str) -> Vec<Filled> {
    vec![
        who.admins("/staff/tokens/new", "/staff/tokens/new".into(), "name=Ledger&days=30&orders_read=on"),
        who.admins("/staff/tokens/{token}/revoke", format!("/staff/tokens/{token}/revoke"), ""),
    ]
}

/// Coupons.
fn coupon_forms(who: &Who, coupon: &str) -> Vec<Filled> {
    vec![
        who.admins("/staff/coupons/new", "/staff/coupons/new".into(), COUPON),
        who.admins("/staff/coupons/{coupon}/stop", format!("/staff/coupons/{coupon}/stop"), ""),
    ]
}

const COUPON: &str = "code=SPRING&kind=percent&value=20&currency=&cohort=&opens=&closes=&limit=&per_person=1";

/// What an admin deals with in a day.
fn desk_forms(who: &Who, school: &School, dead: &str, exception: &str) -> Vec<Filled> {
    let letter = |act: &str| format!("/staff/outbox/{dead}/{act}");
    vec![
        who.admins("/staff/today/{exception}/resolve", format!("/staff/today/{exception}/resolve"), "resolution=Sent+back"),
        who.admins("/staff/today/disputes/decided", "/staff/today/disputes/decided".into(), "dispute=dp_demo"),
        who.admins("/staff/today/seen", "/staff/today/seen".into(), "event=evt_demo"),
        who.admins("/staff/outbox/{letter}/drop", letter("drop"), "reason=Demonstration"),
        who.admins("/staff/outbox/{letter}/release", letter("release"), ""),
        who.admins("/staff/outbox/{letter}/retry", letter("retry"), ""),
        who.admins(
            "/staff/enrolments/{enrolment}/confirmation",
            format!("/staff/enrolments/{}/confirmation", school.enrolment),
            "",
        ),
        who.admins(
            "/staff/enrolments/{enrolment}/extend",
            format!("/staff/enrolments/{}/extend", school.enrolment),
            "week=2&days=3&reason=Kept.",
        ),
    ]
}

/// Work that was given up, and an event that is stuck.
fn job_forms(who: &Who, job: &str, event: &str) -> Vec<Filled> {
    vec![
        who.admins("/staff/today/events/{event}/aside", format!("/staff/today/events/{event}/aside"), "reason=Demonstration"),
        who.admins("/staff/today/events/{event}/replay", format!("/staff/today/events/{event}/replay"), ""),
        who.admins("/staff/today/jobs/{job}/drop", format!("/staff/today/jobs/{job}/drop"), "reason=Demonstration"),
        who.admins("/staff/today/jobs/{job}/retry", format!("/staff/today/jobs/{job}/retry"), ""),
    ]
}

/// Money that goes back. None of it moves: the amounts are more than there is, and the refund is done.
fn refund_forms(who: &Who, school: &School, refund: &str) -> Vec<Filled> {
    let act = |act: &str| format!("/staff/refunds/{refund}/{act}");
    vec![
        who.admins(
            "/staff/orders/{order}/refund",
            format!("/staff/orders/{}/refund", school.order),
            "payment=none&amount=1.00&back=by_hand&note=Kept.",
        ),
        who.admins("/staff/orders/{order}/issue", format!("/staff/orders/{}/issue", school.order), ""),
        who.admins("/staff/refunds/{refund}/approve", act("approve"), ""),
        who.admins("/staff/refunds/{refund}/decline", act("decline"), "reason=Kept."),
        who.admins("/staff/refunds/{refund}/sent", act("sent"), "method=upi&reference=DEMO-10"),
        who.admins(
            "/staff/enrolments/{enrolment}/cancel",
            format!("/staff/enrolments/{}/cancel", school.enrolment),
            "back=amount&amount=99999.00&reason=Kept.",
        ),
        who.admins("/staff/cohorts/{slug}/refund-rule", "/staff/cohorts/january/refund-rule".into(), "days=14&revision=0"),
    ]
}

/// The course and the library.
fn course_forms(who: &Who, school: &School) -> Vec<Filled> {
    let week = format!("/staff/course/weeks/{}", school.week);
    let key = format!("{week}/readings/{}", school.reading);
    vec![
        who.admins("/staff/course", "/staff/course".into(), "title=Example"),
        who.admins("/staff/course/facts", "/staff/course/facts".into(), FACTS),
        who.admins("/staff/course/weeks", "/staff/course/weeks".into(), "version=1"),
        who.admins("/staff/course/weeks/{week}", week.clone(), "title=Locks&dek=&outcomes=&questions=&version=1"),
        who.admins("/staff/course/weeks/{week}/move", format!("{week}/move"), "to=down&version=1"),
        who.admins("/staff/course/weeks/{week}/remove", format!("{week}/remove"), "version=1"),
        who.admins("/staff/course/weeks/{week}/attach", format!("{week}/attach"), "reading=essay-two&why=So&version=1"),
        who.admins("/staff/course/weeks/{week}/readings/{reading}", key.clone(), "why=So&required=yes&version=1"),
        who.admins("/staff/course/weeks/{week}/readings/{reading}/move", format!("{key}/move"), "to=up&version=1"),
        who.admins("/staff/course/weeks/{week}/readings/{reading}/detach", format!("{key}/detach"), "version=1"),
        who.admins("/staff/readings/new", "/staff/readings/new".into(), RECORD),
        who.admins("/staff/readings/new/paste", "/staff/readings/new/paste".into(), "text=Title%0A%0AText."),
        who.admins("/staff/readings/new/upload", "/staff/readings/new/upload".into(), ""),
        who.admins("/staff/readings/{reading}/correct", format!("/staff/readings/{}/correct", school.reading), RECORD),
    ]
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
            "revision=1&towards=down",
        ),
        board("/staff/cohorts/{slug}/board/weeks/{week}/readings/{reading}/detach", of_reading("/detach"), "revision=1"),
    ]
}

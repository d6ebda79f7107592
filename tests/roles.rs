//! Who may do what to whose: every route, as every role, for ids of one's own, of others and of nobody. A route that is not in
//! the table fails the test, and so does a row whose route is gone.

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
    ("GET /metrics", "/metrics", "", [404; 6]),
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
    ("GET /sign-in/{sign_in}", "/sign-in/sgn_NOBODYS", "", [404; 6]),
    ("POST /sign-in/{sign_in}", "/sign-in/sgn_NOBODYS", "code=none", [404; 6]),
    ("POST /sign-out", "/sign-out", "", [303; 6]),

    ("GET /step-up", "/step-up", "", [303; 6]),
    ("POST /step-up", "/step-up", "code=none", [303, 422, 422, 422, 422, 422]),
    ("POST /step-up/mail", "/step-up/mail", "", [303; 6]),
    ("GET /account", "/account", "", [303, 200, 200, 200, 200, 200]),
    ("GET /account/details", "/account/details", "", [303, 200, 200, 200, 200, 200]),
    ("POST /account/details", "/account/details", "", [303, 422, 422, 422, 422, 422]),
    ("GET /account/sessions", "/account/sessions", "", [303, 200, 200, 200, 200, 200]),
    ("POST /account/sessions/{session}/end", "/account/sessions/SESSION/end", "", [303, 303, 404, 404, 404, 404]),
    ("POST /account/sessions/{session}/end", "/account/sessions/ses_NOBODYS/end", "", [303, 404, 404, 404, 404, 404]),
    ("POST /account/sessions/end-others", "/account/sessions/end-others", "", [303; 6]),
    ("GET /account/second-factor", "/account/second-factor", "", [303, 403, 403, 200, 200, 200]),
    ("POST /account/second-factor", "/account/second-factor", "", [303, 403, 403, 303, 303, 303]),
    ("GET /account/second-factor/new", "/account/second-factor/new", "", [303, 403, 403, 200, 200, 200]),
    ("POST /account/second-factor/new", "/account/second-factor/new", "code=none", [303, 403, 403, 422, 422, 422]),
    ("POST /account/second-factor/codes", "/account/second-factor/codes", "", [303, 403, 403, 303, 303, 303]),
    ("GET /account/second-factor/remove", "/account/second-factor/remove", "", [303, 403, 403, 200, 200, 200]),
    ("POST /account/second-factor/remove", "/account/second-factor/remove", "", [303, 403, 403, 303, 303, 303]),

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

    ("GET /account/mail", "/account/mail", "", [303, 200, 200, 200, 200, 200]),
    ("POST /account/mail", "/account/mail", "nudges=on&course_news=on", [303; 6]),
    ("GET /unsubscribe/{token}", "/unsubscribe/TOKEN", "", [200; 6]),
    ("GET /unsubscribe/{token}", "/unsubscribe/1.nudges.usr_NOBODYS.none", "", [404; 6]),
    ("POST /unsubscribe/{token}", "/unsubscribe/TOKEN", "List-Unsubscribe=One-Click", [200; 6]),
    ("POST /unsubscribe/{token}", "/unsubscribe/1.nudges.usr_NOBODYS.none", "", [404; 6]),

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
    ("GET /staff/cohorts/new", "/staff/cohorts/new", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/cohorts/new", "/staff/cohorts/new", "", [303, 403, 403, 403, 403, 422]),
    ("GET /staff/cohorts/{slug}/edit", "/staff/cohorts/january/edit", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/cohorts/{slug}/edit", "/staff/cohorts/none/edit", "", [303, 403, 403, 403, 403, 404]),
    ("POST /staff/cohorts/{slug}/edit", "/staff/cohorts/january/edit", "", [303, 403, 403, 403, 403, 422]),
    ("POST /staff/cohorts/{slug}/edit", "/staff/cohorts/none/edit", "", [303, 403, 403, 403, 403, 404]),
    ("GET /staff/cohorts/{slug}/board", "/staff/cohorts/january/board", "", [303, 403, 403, 200, 404, 200]),
    ("GET /staff/cohorts/{slug}/board", "/staff/cohorts/february/board", "", [303, 403, 403, 404, 200, 200]),
    ("GET /staff/cohorts/{slug}/board", "/staff/cohorts/none/board", "", [303, 403, 403, 404, 404, 404]),
    ("GET /staff/cohorts/{slug}/board/publish", "/staff/cohorts/january/board/publish", "", [303, 403, 403, 303, 404, 303]),
    ("GET /staff/cohorts/{slug}/board/publish", "/staff/cohorts/none/board/publish", "", [303, 403, 403, 404, 404, 404]),
    ("POST /staff/cohorts/{slug}/board/publish", "/staff/cohorts/january/board/publish", "revision=0", [303, 403, 403, 409, 404, 409]),
    ("POST /staff/cohorts/{slug}/board/publish", "/staff/cohorts/none/board/publish", "revision=0", [303, 403, 403, 404, 404, 404]),
    ("GET /staff/cohorts/{slug}/board/unpublish", "/staff/cohorts/january/board/unpublish", "", [303, 403, 403, 200, 404, 200]),
    ("GET /staff/cohorts/{slug}/board/unpublish", "/staff/cohorts/none/board/unpublish", "", [303, 403, 403, 404, 404, 404]),
    ("POST /staff/cohorts/{slug}/board/unpublish", "/staff/cohorts/january/board/unpublish", "revision=0", [303, 403, 403, 409, 404, 409]),
    ("POST /staff/cohorts/{slug}/board/unpublish", "/staff/cohorts/none/board/unpublish", "revision=0", [303, 403, 403, 404, 404, 404]),
    ("GET /staff/cohorts/{slug}/board/weeks/{week}", "/staff/cohorts/january/board/weeks/1", "", [303, 403, 403, 200, 404, 200]),
    ("GET /staff/cohorts/{slug}/board/weeks/{week}", "/staff/cohorts/january/board/weeks/9", "", [303, 403, 403, 404, 404, 404]),
    ("GET /staff/cohorts/{slug}/board/weeks/{week}", "/staff/cohorts/january/board/weeks/one", "", [303, 403, 403, 404, 404, 404]),
    ("GET /staff/cohorts/{slug}/board/weeks/{week}/release", "/staff/cohorts/january/board/weeks/1/release", "", [303, 403, 403, 200, 404, 200]),
    ("GET /staff/cohorts/{slug}/board/weeks/{week}/release", "/staff/cohorts/none/board/weeks/1/release", "", [303, 403, 403, 404, 404, 404]),
    ("POST /staff/cohorts/{slug}/board/weeks/{week}/release", "/staff/cohorts/january/board/weeks/1/release", "", [303, 403, 403, 422, 404, 422]),
    ("POST /staff/cohorts/{slug}/board/weeks/{week}/release", "/staff/cohorts/january/board/weeks/9/release", "", [303, 403, 403, 404, 404, 404]),
    ("POST /staff/cohorts/{slug}/board/weeks/{week}/readings", "/staff/cohorts/january/board/weeks/1/readings", "", [303, 403, 403, 422, 404, 422]),
    ("POST /staff/cohorts/{slug}/board/weeks/{week}/readings", "/staff/cohorts/none/board/weeks/1/readings", "", [303, 403, 403, 404, 404, 404]),
    ("GET /staff/cohorts/{slug}/board/weeks/{week}/readings/{reading}", "/staff/cohorts/january/board/weeks/1/readings/READING", "", [303, 403, 403, 200, 404, 200]),
    ("GET /staff/cohorts/{slug}/board/weeks/{week}/readings/{reading}", "/staff/cohorts/january/board/weeks/1/readings/LOCKED", "", [303, 403, 403, 404, 404, 404]),
    ("POST /staff/cohorts/{slug}/board/weeks/{week}/readings/{reading}", "/staff/cohorts/january/board/weeks/1/readings/READING", "", [303, 403, 403, 422, 404, 422]),
    ("POST /staff/cohorts/{slug}/board/weeks/{week}/readings/{reading}", "/staff/cohorts/january/board/weeks/1/readings/none", "", [303, 403, 403, 404, 404, 404]),
    ("POST /staff/cohorts/{slug}/board/weeks/{week}/readings/{reading}/order", "/staff/cohorts/january/board/weeks/1/readings/READING/order", "revision=0&towards=end", [303, 403, 403, 409, 404, 409]),
    ("POST /staff/cohorts/{slug}/board/weeks/{week}/readings/{reading}/order", "/staff/cohorts/january/board/weeks/1/readings/none/order", "", [303, 403, 403, 404, 404, 404]),
    ("GET /staff/cohorts/{slug}/board/weeks/{week}/readings/{reading}/detach", "/staff/cohorts/january/board/weeks/1/readings/READING/detach", "", [303, 403, 403, 200, 404, 200]),
    ("GET /staff/cohorts/{slug}/board/weeks/{week}/readings/{reading}/detach", "/staff/cohorts/january/board/weeks/1/readings/none/detach", "", [303, 403, 403, 404, 404, 404]),
    ("POST /staff/cohorts/{slug}/board/weeks/{week}/readings/{reading}/detach", "/staff/cohorts/january/board/weeks/1/readings/READING/detach", "revision=0", [303, 403, 403, 409, 404, 409]),
    ("POST /staff/cohorts/{slug}/board/weeks/{week}/readings/{reading}/detach", "/staff/cohorts/january/board/weeks/1/readings/none/detach", "", [303, 403, 403, 404, 404, 404]),
    ("GET /staff/enrolments", "/staff/enrolments", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/enrolments.csv", "/staff/enrolments.csv", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/enrolments/{enrolment}", "/staff/enrolments/ENROLMENT", "", [303, 403, 403, 200, 404, 200]),
    ("GET /staff/enrolments/{enrolment}", "/staff/enrolments/enr_NOBODYS", "", [303, 403, 403, 404, 404, 404]),
    ("GET /staff/enrolments/{enrolment}", "/staff/enrolments/ORDER", "", [303, 403, 403, 404, 404, 404]),
    ("POST /staff/enrolments/{enrolment}/confirmation", "/staff/enrolments/ENROLMENT/confirmation", "", [303, 403, 403, 303, 404, 303]),
    ("POST /staff/enrolments/{enrolment}/confirmation", "/staff/enrolments/enr_NOBODYS/confirmation", "", [303, 403, 403, 404, 404, 404]),
    ("GET /staff/enrolments/{enrolment}/extend", "/staff/enrolments/ENROLMENT/extend", "", [303, 403, 403, 200, 404, 200]),
    ("GET /staff/enrolments/{enrolment}/extend", "/staff/enrolments/enr_NOBODYS/extend", "", [303, 403, 403, 404, 404, 404]),
    ("POST /staff/enrolments/{enrolment}/extend", "/staff/enrolments/ENROLMENT/extend", "week=1&days=0&reason=Kept.", [303, 403, 403, 422, 404, 422]),
    ("POST /staff/enrolments/{enrolment}/extend", "/staff/enrolments/enr_NOBODYS/extend", "week=1&days=1&reason=Kept.", [303, 403, 403, 404, 404, 404]),
    ("GET /staff/log", "/staff/log", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/orders/{order}", "/staff/orders/ORDER", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/orders/{order}", "/staff/orders/ord_NOBODYS", "", [303, 403, 403, 403, 403, 404]),
    ("POST /staff/orders/{order}/payments", "/staff/orders/OPEN_ORDER/payments", "", [303, 403, 403, 403, 403, 422]),
    ("POST /staff/orders/{order}/payments", "/staff/orders/ord_NOBODYS/payments", "", [303, 403, 403, 403, 403, 404]),
    ("GET /staff/today", "/staff/today", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/today/{exception}/resolve", "/staff/today/EXCEPTION/resolve", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/today/{exception}/resolve", "/staff/today/exc_NOBODYS/resolve", "", [303, 403, 403, 403, 403, 404]),
    ("POST /staff/today/{exception}/resolve", "/staff/today/EXCEPTION/resolve", "", [303, 403, 403, 403, 403, 422]),
    ("POST /staff/today/{exception}/resolve", "/staff/today/exc_NOBODYS/resolve", "resolution=Done", [303, 403, 403, 403, 403, 404]),
    ("POST /staff/today/seen", "/staff/today/seen", "event=evt_none", [303, 403, 403, 403, 403, 303]),

    ("GET /staff/outbox", "/staff/outbox", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/outbox/{letter}", "/staff/outbox/LETTER", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/outbox/{letter}", "/staff/outbox/mail_NOBODYS", "", [303, 403, 403, 403, 403, 404]),
    ("GET /staff/outbox/{letter}/drop", "/staff/outbox/LETTER/drop", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/outbox/{letter}/drop", "/staff/outbox/mail_NOBODYS/drop", "", [303, 403, 403, 403, 403, 404]),
    ("POST /staff/outbox/{letter}/drop", "/staff/outbox/LETTER/drop", "", [303, 403, 403, 403, 403, 422]),
    ("POST /staff/outbox/{letter}/drop", "/staff/outbox/mail_NOBODYS/drop", "reason=None", [303, 403, 403, 403, 403, 404]),
    ("POST /staff/outbox/{letter}/release", "/staff/outbox/LETTER/release", "", [303, 403, 403, 403, 403, 409]),
    ("POST /staff/outbox/{letter}/release", "/staff/outbox/mail_NOBODYS/release", "", [303, 403, 403, 403, 403, 404]),
    ("POST /staff/outbox/{letter}/retry", "/staff/outbox/LETTER/retry", "", [303, 403, 403, 403, 403, 303]),
    ("POST /staff/outbox/{letter}/retry", "/staff/outbox/mail_NOBODYS/retry", "", [303, 403, 403, 403, 403, 404]),

    ("GET /staff/people", "/staff/people", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/people/new", "/staff/people/new", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/people/new", "/staff/people/new", "", [303, 403, 403, 403, 403, 422]),
    ("GET /staff/people/{user}", "/staff/people/PERSON", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/people/{user}", "/staff/people/usr_NOBODYS", "", [303, 403, 403, 403, 403, 404]),
    ("GET /staff/people/{user}/role", "/staff/people/PERSON/role", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/people/{user}/role", "/staff/people/usr_NOBODYS/role", "", [303, 403, 403, 403, 403, 404]),
    ("POST /staff/people/{user}/role", "/staff/people/PERSON/role", "", [303, 403, 403, 403, 403, 422]),
    ("POST /staff/people/{user}/role", "/staff/people/usr_NOBODYS/role", "role=admin", [303, 403, 403, 403, 403, 404]),
    ("GET /staff/people/{user}/email", "/staff/people/PERSON/email", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/people/{user}/email", "/staff/people/usr_NOBODYS/email", "", [303, 403, 403, 403, 403, 404]),
    ("POST /staff/people/{user}/email", "/staff/people/PERSON/email", "", [303, 403, 403, 403, 403, 422]),
    ("POST /staff/people/{user}/email", "/staff/people/usr_NOBODYS/email", "email=a@example.org", [303, 403, 403, 403, 403, 404]),
    ("GET /staff/people/{user}/disable", "/staff/people/PERSON/disable", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/people/{user}/disable", "/staff/people/usr_NOBODYS/disable", "", [303, 403, 403, 403, 403, 404]),
    ("POST /staff/people/{user}/disable", "/staff/people/usr_NOBODYS/disable", "", [303, 403, 403, 403, 403, 404]),
    ("POST /staff/people/{user}/enable", "/staff/people/PERSON/enable", "", [303, 403, 403, 403, 403, 303]),
    ("POST /staff/people/{user}/enable", "/staff/people/usr_NOBODYS/enable", "", [303, 403, 403, 403, 403, 404]),
    ("POST /staff/people/{user}/sessions/end", "/staff/people/PERSON/sessions/end", "", [303, 403, 403, 403, 403, 303]),
    ("POST /staff/people/{user}/sessions/end", "/staff/people/usr_NOBODYS/sessions/end", "", [303, 403, 403, 403, 403, 404]),
    ("POST /staff/people/{user}/mail", "/staff/people/PERSON/mail", "", [303, 403, 403, 403, 403, 303]),
    ("POST /staff/people/{user}/mail", "/staff/people/usr_NOBODYS/mail", "", [303, 403, 403, 403, 403, 404]),
    ("GET /staff/cohorts/{slug}/enrol-free", "/staff/cohorts/january/enrol-free", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/cohorts/{slug}/enrol-free", "/staff/cohorts/none/enrol-free", "", [303, 403, 403, 403, 403, 404]),
    ("POST /staff/cohorts/{slug}/enrol-free", "/staff/cohorts/january/enrol-free", "", [303, 403, 403, 403, 403, 422]),
    ("POST /staff/cohorts/{slug}/enrol-free", "/staff/cohorts/none/enrol-free", "", [303, 403, 403, 403, 403, 404]),
    ("GET /learn/{enrolment}/certificate", "/learn/ENROLMENT/certificate", "", [303, 200, 404, 404, 404, 404]),
    ("GET /learn/{enrolment}/certificate", "/learn/AWARDED/certificate", "", [303, 200, 404, 404, 404, 404]),
    ("GET /learn/{enrolment}/certificate", "/learn/enr_NOBODYS/certificate", "", [303, 404, 404, 404, 404, 404]),
    ("GET /learn/{enrolment}/certificate.pdf", "/learn/ENROLMENT/certificate.pdf", "", [303, 404, 404, 404, 404, 404]),
    ("GET /learn/{enrolment}/certificate.pdf", "/learn/AWARDED/certificate.pdf", "", [303, 200, 404, 404, 404, 404]),
    ("GET /learn/{enrolment}/certificate.pdf", "/learn/enr_NOBODYS/certificate.pdf", "", [303, 404, 404, 404, 404, 404]),
    ("GET /verify", "/verify", "", [200; 6]),
    ("POST /verify", "/verify", "code=none", [422; 6]),
    ("POST /verify", "/verify", "code=PUBLIC", [303; 6]),
    ("GET /verify/{code}", "/verify/PUBLIC", "", [200; 6]),
    ("GET /verify/{code}", "/verify/0000-0000-0000-0000", "", [404; 6]),
    ("GET /verify/{code}", "/verify/CERTIFICATE", "", [404; 6]),

    ("GET /staff/cohorts/{slug}/certificates", "/staff/cohorts/january/certificates", "", [303, 403, 403, 200, 404, 200]),
    ("GET /staff/cohorts/{slug}/certificates", "/staff/cohorts/february/certificates", "", [303, 403, 403, 404, 200, 200]),
    ("GET /staff/cohorts/{slug}/certificates", "/staff/cohorts/none/certificates", "", [303, 403, 403, 404, 404, 404]),
    ("POST /staff/cohorts/{slug}/certificates", "/staff/cohorts/january/certificates", "", [303, 403, 403, 403, 403, 303]),
    ("POST /staff/cohorts/{slug}/certificates", "/staff/cohorts/none/certificates", "", [303, 403, 403, 403, 403, 404]),
    ("POST /staff/cohorts/{slug}/certificates/{enrolment}", "/staff/cohorts/november/certificates/AWARDED", "", [303, 403, 403, 403, 403, 303]),
    ("POST /staff/cohorts/{slug}/certificates/{enrolment}", "/staff/cohorts/january/certificates/ENROLMENT", "", [303, 403, 403, 403, 403, 409]),
    ("POST /staff/cohorts/{slug}/certificates/{enrolment}", "/staff/cohorts/january/certificates/AWARDED", "", [303, 403, 403, 403, 403, 404]),
    ("POST /staff/cohorts/{slug}/certificates/{enrolment}", "/staff/cohorts/january/certificates/enr_NOBODYS", "", [303, 403, 403, 403, 403, 404]),
    ("GET /staff/cohorts/{slug}/certificates/{enrolment}/name", "/staff/cohorts/january/certificates/ENROLMENT/name", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/cohorts/{slug}/certificates/{enrolment}/name", "/staff/cohorts/january/certificates/enr_NOBODYS/name", "", [303, 403, 403, 403, 403, 404]),
    ("POST /staff/cohorts/{slug}/certificates/{enrolment}/name", "/staff/cohorts/january/certificates/ENROLMENT/name", "", [303, 403, 403, 403, 403, 422]),
    ("POST /staff/cohorts/{slug}/certificates/{enrolment}/name", "/staff/cohorts/january/certificates/enr_NOBODYS/name", "", [303, 403, 403, 403, 403, 404]),
    ("GET /staff/certificates/{certificate}", "/staff/certificates/CERTIFICATE", "", [303, 403, 403, 200, 404, 200]),
    ("GET /staff/certificates/{certificate}", "/staff/certificates/crt_NOBODYS", "", [303, 403, 403, 404, 404, 404]),
    ("GET /staff/certificates/{certificate}/pdf", "/staff/certificates/CERTIFICATE/pdf", "", [303, 403, 403, 200, 404, 200]),
    ("GET /staff/certificates/{certificate}/pdf", "/staff/certificates/crt_NOBODYS/pdf", "", [303, 403, 403, 404, 404, 404]),
    ("GET /staff/certificates/{certificate}/revoke", "/staff/certificates/CERTIFICATE/revoke", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/certificates/{certificate}/revoke", "/staff/certificates/crt_NOBODYS/revoke", "", [303, 403, 403, 403, 403, 404]),
    ("POST /staff/certificates/{certificate}/revoke", "/staff/certificates/CERTIFICATE/revoke", "", [303, 403, 403, 403, 403, 422]),
    ("POST /staff/certificates/{certificate}/revoke", "/staff/certificates/crt_NOBODYS/revoke", "", [303, 403, 403, 403, 403, 404]),
    ("GET /staff/certificates/{certificate}/successor", "/staff/certificates/CERTIFICATE/successor", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/certificates/{certificate}/successor", "/staff/certificates/crt_NOBODYS/successor", "", [303, 403, 403, 403, 403, 404]),
    ("POST /staff/certificates/{certificate}/successor", "/staff/certificates/CERTIFICATE/successor", "", [303, 403, 403, 403, 403, 422]),
    ("POST /staff/certificates/{certificate}/successor", "/staff/certificates/crt_NOBODYS/successor", "", [303, 403, 403, 403, 403, 404]),
    ("GET /staff/settings", "/staff/settings", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/settings/identity", "/staff/settings/identity", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/settings/identity", "/staff/settings/identity", "", [303, 403, 403, 403, 403, 422]),
    ("GET /staff/settings/officer", "/staff/settings/officer", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/settings/officer", "/staff/settings/officer", "", [303, 403, 403, 403, 403, 422]),
    ("GET /staff/settings/tax", "/staff/settings/tax", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/settings/tax", "/staff/settings/tax", "mode=none", [303, 403, 403, 403, 403, 422]),
    ("GET /staff/settings/bank", "/staff/settings/bank", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/settings/bank", "/staff/settings/bank", "upi=none", [303, 403, 403, 403, 403, 422]),
    ("GET /staff/settings/signers", "/staff/settings/signers", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/settings/signers", "/staff/settings/signers", "", [303, 403, 403, 403, 403, 422]),
    ("GET /staff/settings/mail", "/staff/settings/mail", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/settings/mail", "/staff/settings/mail", "reply_to=none", [303, 403, 403, 403, 403, 422]),
    ("GET /staff/settings/terms", "/staff/settings/terms", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/settings/terms", "/staff/settings/terms", "", [303, 403, 403, 403, 403, 422]),
    ("GET /staff/settings/privacy", "/staff/settings/privacy", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/settings/privacy", "/staff/settings/privacy", "", [303, 403, 403, 403, 403, 422]),
    ("GET /staff/settings/refunds", "/staff/settings/refunds", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/settings/refunds", "/staff/settings/refunds", "", [303, 403, 403, 403, 403, 422]),
    ("GET /staff/settings/logo", "/staff/settings/logo", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/settings/logo", "/staff/settings/logo", "", [303, 403, 403, 403, 403, 400]),
    ("POST /staff/settings/logo/remove", "/staff/settings/logo/remove", "", [303, 403, 403, 403, 403, 303]),

    ("GET /api/docs", "/api/docs", "", [303, 403, 403, 200, 200, 200]),
    ("GET /api/docs/openapi.json", "/api/docs/openapi.json", "", [303, 403, 403, 200, 200, 200]),
    ("GET /staff/tokens", "/staff/tokens", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/tokens/new", "/staff/tokens/new", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/tokens/new", "/staff/tokens/new", "", [303, 403, 403, 403, 403, 422]),
    ("GET /staff/tokens/{token}/revoke", "/staff/tokens/API_KEY/revoke", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/tokens/{token}/revoke", "/staff/tokens/tok_NOBODYS/revoke", "", [303, 403, 403, 403, 403, 404]),
    ("POST /staff/tokens/{token}/revoke", "/staff/tokens/API_KEY/revoke", "", [303, 403, 403, 403, 403, 303]),
    ("POST /staff/tokens/{token}/revoke", "/staff/tokens/tok_NOBODYS/revoke", "", [303, 403, 403, 403, 403, 404]),
    ("GET /contact", "/contact", "", [200; 6]),
    ("GET /terms", "/terms", "", [200; 6]),
    ("GET /privacy", "/privacy", "", [200; 6]),
    ("GET /refunds", "/refunds", "", [200; 6]),
    ("GET /logo.png", "/logo.png", "", [404; 6]),

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
        let awarded = school::award(app).await;
        let mails: serde_json::Value = serde_json::from_str(&Ask::get("/dev/mailbox.json").send(app).await.body).unwrap();
        Self(vec![
            ("SESSION", own_session(app).await),
            ("EXCEPTION", school::exception(app).await),
            ("LETTER", school::dead_letter(app).await),
            ("API_KEY", school::token(app, &Scope::ALL).await.0),
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
        for (route, path, body, expected) in ROWS {
            let path = names.fill(path);
            for ((who, email), expected) in ACTORS.iter().zip(expected) {
                let answer = ask(&app, route, &path, &names.fill(body), *email).await;
                if answer.status != *expected {
                    wrong.push(format!("{route} at {path} by {who}: {}, not {expected}", answer.status));
                }
                if answer.status == 404 {
                    not_found.entry((*route, *who)).or_default().insert(answer.body.clone());
                }
                let everybodys = [Access::Public, Access::Gateway, Access::Monitor, Access::Development];
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
    for (route, path, body, _) in ROWS.iter().filter(|(route, ..)| strict(route)) {
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

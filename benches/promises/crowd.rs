//! Fifty thousand enrolments, a thousand of them in one cohort, and how long the staff wait for their lists among them.

use std::collections::BTreeMap;

use lectern::acts::{self, NewCohort, Timetable};
use lectern::catalogue;
use lectern::catalogue::model::{CohortModule, EnrolmentWindow};
use lectern::db::Txn;
use lectern::db::rows::enrolment::enrolments;
use lectern::db::rows::identity::users;
use lectern::db::rows::learning::progress;
use lectern::db::rows::payment::{order_lines, orders};
use lectern::db::rows::search as words;
use lectern::identity;
use lectern::kernel::ids::{CohortId, EnrolmentId, OrderId, UserId};
use lectern::kernel::time::{SignedDuration, shifted};
use lectern::kernel::{Actor, Currency, Money};
use lectern::search;
use sea_orm::{EntityTrait, Set};
use serde_json::json;

use crate::client::{self, Target};
use crate::measure::{Bound, Line, median, percentile};
use crate::school::School;
use crate::subject::Subject;
use crate::{Effort, Outcome};

const COHORTS: usize = 50;
const STUDENTS: usize = 1_000;
/// Rows a statement.
const ROWS: usize = 500;
const PROMISED_MS: f64 = 50.0;

/// Fills the school's database, and measures the two lists.
pub async fn measure(school: &School, folder: &std::path::Path, effort: Effort) -> Outcome<Vec<Line>> {
    let snapshot = school.db.snapshot().await?;
    let admin = identity::person_by_email(&snapshot, &"admin@example.org".parse()?).await?.ok_or("no admin")?;
    drop(snapshot);
    school.db.write(Actor::Operator, fill).await?;
    let token = school.db.write(Actor::Visitor, async |txn| identity::start_session(txn, &admin, None).await).await?;
    let cookie = format!("lectern={}", token.plain());
    let subject = Subject::start(folder)?;
    let get = |path: &str| Target::get(&subject.authority, path, Some(&cookie));
    let searches = [
        "?q=lo",
        "?q=balo+mire",
        "?q=student04217",
        "?q=L-00A",
        "?q=example.org",
        "?q=b+m",
        "?state=enrolled&money=offline",
        "",
        "?cohort=crowd-07",
        "?q=mire&cohort=crowd-07",
        "?money=unpaid",
        "?q=demo+student43",
    ];
    let searches: Vec<_> = searches.iter().map(|query| get(&format!("/staff/enrolments{query}"))).collect();
    let pages = ["", "?sort=progress", "?show=behind", "?show=complete", "?page=20"];
    let roster: Vec<_> = pages.iter().map(|query| get(&format!("/staff/cohorts/crowd-07/roster{query}"))).collect();
    let mut lines = Vec::new();
    for (name, targets) in [("roster of 1,000, p99 ms", &roster[..]), ("enrolment search over 50,000, p99 ms", &searches[..])] {
        lines.push(list(name, targets, effort).await?);
    }
    subject.stop()?;
    Ok(lines)
}

/// How long a list is waited for. Of rounds the median, as for ratios: a machine that is away for a moment spoils one.
async fn list(name: &'static str, targets: &[Target], effort: Effort) -> Outcome<Line> {
    for target in targets {
        client::once(target).await?;
    }
    let (mut answers, mut p50s, mut p99s) = (0, Vec::new(), Vec::new());
    for _ in 0..effort.rounds {
        let mut times = client::times(targets, effort.turn).await?;
        answers += times.len();
        p50s.push(percentile(&mut times, 0.5));
        p99s.push(percentile(&mut times, 0.99));
    }
    let (p50, p99) = (median(&mut p50s), median(&mut p99s));
    let span = format!("{:.1} to {:.1}", p99s[0], p99s[p99s.len() - 1]);
    let detail = format!("median round; {span}; p50 {p50:.1} ms of {answers} answers, {} connections", client::CONNECTIONS);
    Ok(Line::new(name, p99, Bound::AtMost(PROMISED_MS), detail))
}

async fn fill(txn: &Txn) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let course = catalogue::courses(txn).await?.into_iter().next().ok_or("no course")?;
    for number in 0..COHORTS {
        let starts_on = lectern::kernel::Zone::UTC.civil(shifted(txn.now(), SignedDuration::from_hours(-24 * 17))).date();
        let new = NewCohort {
            slug: format!("crowd-{number:02}").parse()?,
            name: format!("Crowd {number:02}"),
            zone: "Asia/Kolkata".parse()?,
            starts_on,
            capacity: u32::try_from(STUDENTS)?,
            prices: Money::new(650_000, Currency::INR).into(),
            window: EnrolmentWindow::new(shifted(txn.now(), SignedDuration::from_hours(-24 * 60)), txn.now())?,
            instructors: Vec::new(),
            timetable: Timetable::default(),
        };
        let cohort = acts::open_cohort(txn, course.id, new).await?.id;
        let modules = catalogue::cohort_modules(txn, cohort).await?;
        students(txn, cohort, number, &modules).await?;
    }
    Ok(())
}

#[derive(Default)]
struct Rows {
    users: Vec<users::ActiveModel>,
    enrolments: Vec<enrolments::ActiveModel>,
    orders: Vec<orders::ActiveModel>,
    lines: Vec<order_lines::ActiveModel>,
    words: Vec<words::ActiveModel>,
    read: Vec<progress::ActiveModel>,
}

/// Two short words, each of some hundred students.
fn name(number: usize) -> String {
    const FIRST: [&str; 6] = ["Ba", "Lo", "Mi", "Ra", "Su", "Ti"];
    const LAST: [&str; 8] = ["lo", "re", "na", "vi", "du", "ko", "sha", "mi"];
    let word = |seed: usize| format!("{}{}{}", FIRST[seed % 6], LAST[seed / 6 % 8], LAST[seed / 48 % 8]);
    format!("Demo {} {}", word(number * 7), word(number * 11 + 5))
}

async fn students(txn: &Txn, cohort: CohortId, group: usize, modules: &[CohortModule]) -> Result<(), sea_orm::DbErr> {
    let mut rows = Rows::default();
    for place in 0..STUDENTS {
        student(txn, &mut rows, (cohort, group * STUDENTS + place), modules);
    }
    macro_rules! insert {
        ($rows:expr, $entity:path) => {
            for chunk in $rows.chunks(ROWS) {
                <$entity>::insert_many(chunk.iter().cloned()).exec_without_returning(&**txn).await?;
            }
        };
    }
    insert!(rows.users, users::Entity);
    insert!(rows.enrolments, enrolments::Entity);
    insert!(rows.orders, orders::Entity);
    insert!(rows.lines, order_lines::Entity);
    insert!(rows.words, words::Entity);
    insert!(rows.read, progress::Entity);
    Ok(())
}

fn student(txn: &Txn, rows: &mut Rows, (cohort, number): (CohortId, usize), modules: &[CohortModule]) {
    let (user, enrolment, order): (UserId, EnrolmentId, OrderId) = (txn.new_id(), txn.new_id(), txn.new_id());
    let (name, email) = (name(number), format!("crowd.student{number:05}@example.org"));
    let (now, seated) = (txn.now().into(), number % 10 != 9);
    let order_number = format!("L-{:0>6}", to_base_32(number * 17));
    found_by(rows, (user, enrolment), &name, &email, &order_number);
    rows.users.push(users::ActiveModel {
        id: Set(user),
        email: Set(email.clone()),
        name: Set(name.clone()),
        zone: Set("Asia/Kolkata".to_owned()),
        country: Set(Some("IN".to_owned())),
        role: Set(users::Role::Student),
        created_at: Set(now),
        disabled_at: Set(None),
        last_seen_at: Set(Some(now)),
    });
    let read = modules.iter().take(if number % 3 == 0 { 1 } else { 2 });
    let required = read.clone().map(|module| module.required().count()).sum::<usize>();
    rows.enrolments.push(enrolments::ActiveModel {
        required_read: Set(i32::try_from(required).unwrap_or_default()),
        counted_at: Set(0),
        id: Set(enrolment),
        cohort_id: Set(cohort),
        user_id: Set(user),
        state: Set(if seated { enrolments::State::Enrolled } else { enrolments::State::Lapsed }),
        certificate_name: Set(name.clone()),
        hold_until: Set(None),
        extensions: Set(0),
        created_at: Set(now),
        enrolled_at: Set(seated.then_some(now)),
        ended_at: Set((!seated).then_some(now)),
        funding: Set(match number % 10 {
            9 => enrolments::Funding::Unpaid,
            8 => enrolments::Funding::Offline,
            _ => enrolments::Funding::Paid,
        }),
    });
    order_of(
        txn,
        rows,
        (user, enrolment, order),
        &order_number,
        &json!({ "name": name, "email": email, "country": "IN", "address": "1 Example Street", "postal_code": null }),
    );
    for module in read {
        rows.read.extend(module.required().map(|key| progress::ActiveModel {
            enrolment_id: Set(enrolment),
            module_id: Set(module.id),
            reading_id: Set(key.reading),
            read_at: Set(now),
            reflection: Set(Some("A sentence.".to_owned())),
        }));
    }
}

/// The words of a person, and those of their enrolment: its own, and theirs.
fn found_by(rows: &mut Rows, (user, enrolment): (UserId, EnrolmentId), name: &str, email: &str, order_number: &str) {
    let mut words = BTreeMap::new();
    for (scope, subject, text, theirs) in [
        (words::Scope::People, user.0, format!("{name} {email}"), None),
        (words::Scope::Enrolments, enrolment.0, format!("{name} {order_number}"), None),
        (words::Scope::Enrolments, enrolment.0, email.to_owned(), Some(user.0)),
    ] {
        let marker = theirs.map(|_| String::new());
        for word in search::words(&text).into_iter().chain(marker) {
            words.entry((subject, word)).or_insert((scope, theirs));
        }
    }
    rows.words.extend(words.into_iter().map(|((subject, word), (scope, theirs))| words::ActiveModel {
        scope: Set(scope),
        word: Set(word),
        subject: Set(subject),
        theirs: Set(theirs),
    }));
}

fn order_of(
    txn: &Txn,
    rows: &mut Rows,
    (user, enrolment, order): (UserId, EnrolmentId, OrderId),
    number: &str,
    buyer: &serde_json::Value,
) {
    rows.orders.push(orders::ActiveModel {
        id: Set(order),
        number: Set(number.to_owned()),
        user_id: Set(user),
        state: Set(orders::State::Paid),
        currency: Set("INR".to_owned()),
        subtotal_minor: Set(650_000),
        tax_minor: Set(0),
        total_minor: Set(650_000),
        buyer: Set(buyer.clone()),
        created_at: Set(txn.now().into()),
        settled_at: Set(Some(txn.now().into())),
        list_minor: Set(650_000),
        discount_minor: Set(0),
        tax_basis: Set("added".to_owned()),
        supply: Set(None),
        taxes: Set(None),
        quoted_until: Set(None),
        coupon_id: Set(None),
        code_tries: Set(0),
    });
    rows.lines.push(order_lines::ActiveModel {
        id: Set(txn.random().uuid(txn.now())),
        order_id: Set(order),
        position: Set(1),
        enrolment_id: Set(Some(enrolment)),
        description: Set("One seat".to_owned()),
        quantity: Set(1),
        unit_minor: Set(650_000),
        total_minor: Set(650_000),
    });
}

/// In the digits of order numbers.
fn to_base_32(mut number: usize) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut digits = Vec::new();
    while number > 0 {
        digits.push(char::from(DIGITS[number % 32]));
        number /= 32;
    }
    digits.iter().rev().collect()
}

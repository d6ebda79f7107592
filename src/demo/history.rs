//! What happened before today.

use std::collections::BTreeMap;

use super::content::Content;
use super::{DemoError, is_empty, organisation};
use crate::acts::{self, NewCohort, Timetable};
use crate::catalogue::model::{Cohort, Course, EnrolmentWindow, Price, Prices, TaxBasis};
use crate::certificates::{self, Issuer};
use crate::identity::{self, Country, Details, Person, Role};
use crate::kernel::actor::Component;
use crate::kernel::ids::{EnrolmentId, UserId};
use crate::kernel::shown::plain_date;
use crate::kernel::time::{Date, SignedDuration, shifted};
use crate::kernel::{Actor, Clocks, Currency, Money, PersonName, Timestamp, Zone};
use crate::payment::{self, Buyer, Method, Offline};
use crate::pricing::model::NewCoupon;
use crate::pricing::{self, Discount, Limits};
use crate::schedule::Plans;
use crate::services::Services;
use crate::work::Registries;
use crate::{catalogue, enrolment, jobs, learning, mail, readings};

const ACTOR: Actor = Actor::System(Component::Demonstration);
/// Where the journal is, and its civil times are meant.
const HOME: &str = "Asia/Kolkata";
const ZONES: [&str; 6] = [HOME, "Europe/London", HOME, "Asia/Kathmandu", "America/New_York", "Africa/Cairo"];
const COUNTRIES: [&str; 6] = ["IN", "GB", "IN", "NP", "US", "EG"];
/// How many demo students there are; each cohort takes a run of them.
const STUDENTS: usize = 68;

/// One cohort of the demonstration.
struct Run {
    /// Days from this week's Monday to its first day.
    starts_in: i64,
    capacity: u32,
    /// Which demo students are in it, counted from 0.
    students: std::ops::Range<usize>,
    /// Which of them are on its waitlist.
    waiting: std::ops::Range<usize>,
    offer: Offer,
}

/// What a seat costs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Offer {
    /// In rupees.
    Plain,
    /// In rupees and dollars, for less until ten days before the start.
    Early,
}

const RUNS: [Run; 4] = [
    Run { starts_in: -77, capacity: 20, students: 40..54, waiting: 0..0, offer: Offer::Plain },
    Run { starts_in: -14, capacity: 30, students: 0..24, waiting: 0..0, offer: Offer::Plain },
    Run { starts_in: 14, capacity: 30, students: 24..36, waiting: 0..0, offer: Offer::Early },
    Run { starts_in: 28, capacity: 14, students: 54..68, waiting: 36..39, offer: Offer::Plain },
];

/// Fills an empty database, telling each step.
///
/// # Errors
/// [`DemoError::NotEmpty`], or what went wrong; each step is one transaction.
pub async fn seed(services: &Services, tell: impl Fn(&str)) -> Result<(), DemoError> {
    if !is_empty(services).await? {
        return Err(DemoError::NotEmpty);
    }
    let today = services.clocks.service();
    let clocks = Clocks::manual(shifted(today, SignedDuration::from_hours(-24 * 120)));
    let past = Services::start((*services.settings).clone(), clocks, services.random.clone()).await?;
    let seeding = Seeding { services: &past, today, plans: Plans::default() };
    tell("Demonstration: the organisation, people and the library");
    past.db.write(ACTOR, async |txn| organisation::seed(txn).await).await?;
    past.db.write(ACTOR, async |txn| coupon(txn).await).await?;
    let staff = seeding.staff().await?;
    let students = seeding.students().await?;
    let course = seeding.course().await?;
    for run in &RUNS {
        let cohort = seeding.open(&course, run, staff).await?;
        tell(&format!("Demonstration: the {} cohort", cohort.name));
        let enrolled = seeding.enrol(&course, &cohort, &students[run.students.clone()]).await?;
        seeding.wait(&cohort, &students[run.waiting.clone()]).await?;
        seeding.read(&cohort, &enrolled).await?;
        if run.starts_in < -42 {
            seeding.certify(&cohort).await?;
        }
    }
    seeding.come_to_today().await?;
    past.db.close().await?;
    Ok(())
}

struct Seeding<'a> {
    services: &'a Services,
    today: Timestamp,
    plans: Plans,
}

/// A demo student in a cohort.
struct Enrolled {
    user: UserId,
    enrolment: EnrolmentId,
}

fn home() -> Zone {
    HOME.parse().unwrap_or(Zone::UTC)
}

fn wrong(error: impl std::fmt::Display) -> DemoError {
    DemoError::Content(error.to_string())
}

impl Seeding<'_> {
    fn be_at(&self, at: Timestamp) {
        self.services.clocks.set_machine(at.min(self.today));
    }

    async fn staff(&self) -> Result<UserId, DemoError> {
        self.services
            .db
            .write(ACTOR, async |txn| {
                let mut made = None;
                for (email, name, role) in [
                    ("admin@example.org", "Demo Admin", Role::Admin),
                    ("instructor@example.org", "Demo Instructor", Role::Instructor),
                ] {
                    let (email, name) = (email.parse().map_err(wrong)?, name.parse().map_err(wrong)?);
                    made = Some(identity::create_person(txn, &email, name, home(), role).await?.id);
                }
                made.ok_or(DemoError::NotEmpty)
            })
            .await
    }

    async fn students(&self) -> Result<Vec<Person>, DemoError> {
        self.services
            .db
            .write(ACTOR, async |txn| {
                let mut students = Vec::new();
                for index in 0..STUDENTS {
                    let number = index + 1;
                    let email = format!("student{number:02}@example.org").parse().map_err(wrong)?;
                    let details = Details {
                        name: format!("Demo Student {number:02}").parse().map_err(wrong)?,
                        zone: ZONES[index % ZONES.len()].parse().map_err(wrong)?,
                        country: COUNTRIES[index % COUNTRIES.len()].parse().map_err(wrong)?,
                    };
                    students.push(identity::register_student(txn, &email, details).await?);
                }
                Ok(students)
            })
            .await
    }

    async fn course(&self) -> Result<Course, DemoError> {
        let content = Content::read()?;
        self.services
            .db
            .write(ACTOR, async |txn| {
                let mut library = BTreeMap::new();
                for (key, reading) in content.readings()? {
                    library.insert(key, readings::add_reading(txn, reading).await?.id);
                }
                Ok(catalogue::create_course(txn, content.course(&library)?).await?)
            })
            .await
    }

    /// The Monday of this week, by the journal's calendar.
    fn monday(&self) -> Date {
        let today = home().civil(self.today).date();
        let since = today.weekday().to_monday_zero_offset();
        today.saturating_sub(SignedDuration::from_hours(24 * i64::from(since)))
    }

    async fn open(&self, course: &Course, run: &Run, instructor: UserId) -> Result<Cohort, DemoError> {
        let starts_on = self.monday().saturating_add(SignedDuration::from_hours(24 * run.starts_in));
        let before_start = |days: i64, hour: i8| {
            let day = starts_on.saturating_sub(SignedDuration::from_hours(24 * days));
            home().instant(day.at(hour, 0, 0, 0))
        };
        let opens = before_start(42, 10);
        self.be_at(opens);
        let new = NewCohort {
            slug: starts_on.to_string().parse().map_err(wrong)?,
            name: plain_date(starts_on),
            zone: home(),
            starts_on,
            capacity: run.capacity,
            prices: prices(run.offer, before_start(10, 18))?,
            window: EnrolmentWindow::new(opens, before_start(3, 18)).map_err(wrong)?,
            instructors: vec![instructor],
            timetable: Timetable::default(),
        };
        Ok(self.services.db.write(ACTOR, async |txn| acts::open_published(txn, course.id, new).await).await?)
    }

    /// Enrols by bank transfer, a few hours apart.
    async fn enrol(&self, course: &Course, cohort: &Cohort, students: &[Person]) -> Result<Vec<Enrolled>, DemoError> {
        let mut enrolled = Vec::new();
        for (number, student) in (1i64..).zip(students) {
            self.be_at(shifted(cohort.window.opens(), SignedDuration::from_hours(7 * number)));
            let reference = format!("DEMO-{}-{number:02}", cohort.slug);
            let enrolment =
                self.services.db.write(ACTOR, async |txn| seat(txn, course, cohort, student, &reference).await).await?;
            enrolled.push(Enrolled { user: student.id, enrolment });
        }
        Ok(enrolled)
    }

    /// Puts them on the waitlist of a full cohort.
    async fn wait(&self, cohort: &Cohort, students: &[Person]) -> Result<(), DemoError> {
        for student in students {
            let joined = self.services.db.write(ACTOR, async |txn| enrolment::join(txn, cohort.id, student.id).await).await;
            joined.map_err(wrong)?;
        }
        Ok(())
    }

    /// Some students read ahead of others: of each open week, student n has read what their diligence allows.
    async fn read(&self, cohort: &Cohort, enrolled: &[Enrolled]) -> Result<(), DemoError> {
        let weeks = {
            let snapshot = self.services.db.snapshot().await?;
            catalogue::cohort_modules(&snapshot, cohort.id).await?
        };
        let start = home().instant(cohort.starts_on.at(9, 0, 0, 0));
        for module in weeks {
            let evening = shifted(start, SignedDuration::from_hours(24 * 7 * i64::from(module.position - 1) + 34));
            if evening > self.today {
                break;
            }
            self.be_at(evening);
            let readers = enrolled.iter().enumerate().filter(|(index, _)| index % 4 != 3);
            self.services
                .db
                .write(ACTOR, async |txn| {
                    for (index, student) in readers {
                        let most = if index % 3 == 2 { 1 } else { module.readings.len() };
                        for key in module.required().take(most) {
                            let (whose, which) = ((student.user, student.enrolment), (module.id, key.reading));
                            learning::mark_read(txn, &self.plans, whose, which, reflection(&module)).await?;
                        }
                    }
                    Ok::<_, DemoError>(())
                })
                .await?;
        }
        Ok(())
    }

    /// The first two who completed have their certificates; the others wait for somebody to try it.
    async fn certify(&self, cohort: &Cohort) -> Result<(), DemoError> {
        self.be_at(shifted(home().instant(cohort.starts_on.at(11, 0, 0, 0)), SignedDuration::from_hours(24 * 43)));
        let snapshot = self.services.db.snapshot().await?;
        let Some(issuer) = Issuer::of(&crate::organisation::current(&snapshot).await?) else { return Ok(()) };
        let now = self.services.clocks.service();
        let found = certificates::dry_run(&snapshot, &self.plans, cohort, &issuer, now).await?;
        drop(snapshot);
        for enrolment in found.ready().take(2) {
            certificates::issue(self.services, &self.plans, ACTOR, enrolment, &issuer).await?;
        }
        Ok(())
    }

    /// Plans what is to come, and marks what would have been mailed until now as suppressed.
    async fn come_to_today(&self) -> Result<(), DemoError> {
        self.be_at(self.today);
        let jobs = Registries::all().jobs;
        while jobs::run_due(self.services, &jobs, 1_000).await? > 0 {}
        self.services.db.write(ACTOR, async |txn| mail::suppress_due(txn, "the demonstration's past").await).await?;
        Ok(())
    }
}

/// What a seat costs; `until` is when an early price ends.
fn prices(offer: Offer, until: Timestamp) -> Result<Prices, DemoError> {
    let price = |minor, currency, early: Option<i64>| {
        Price::new(Money::new(minor, currency), early.map(|early| Money::new(early, currency))).map_err(wrong)
    };
    match offer {
        Offer::Plain => Ok(Money::new(650_000, Currency::INR).into()),
        Offer::Early => {
            let rupees = price(650_000, Currency::INR, Some(550_000))?;
            let dollars = price(12_000, Currency::USD, Some(10_000))?;
            Prices::new(rupees, vec![dollars], TaxBasis::Added, Some(until)).map_err(wrong)
        }
    }
}

fn reflection(module: &catalogue::model::CohortModule) -> &'static str {
    if module.asks_reflection() { "A demonstration sentence: the second reading changed how I weigh the first." } else { "" }
}

/// A tenth off, twenty times, once a person.
async fn coupon(txn: &crate::db::Txn) -> Result<(), DemoError> {
    let limits = Limits { total: Some(20), per_person: Some(1) };
    let discount = Discount::Percent("10".parse().map_err(wrong)?, None);
    let code = Some("DEMOTENTH".parse().map_err(wrong)?);
    let new = NewCoupon { code, discount, cohort: None, opens: None, closes: None, limits };
    pricing::make_coupon(txn, new).await.map(drop).map_err(wrong)
}

async fn seat(
    txn: &crate::db::Txn,
    course: &Course,
    cohort: &Cohort,
    student: &Person,
    reference: &str,
) -> Result<EnrolmentId, DemoError> {
    let name: PersonName = student.name.clone();
    let held = enrolment::hold_seat(txn, cohort.id, student.id, name.clone(), 1).await?;
    let country: Country = student.country.map_or_else(|| "IN".parse().map_err(wrong), Ok)?;
    let buyer = Buyer {
        name,
        email: student.email.clone(),
        country,
        address: "1 Example Street\nExample Town".parse().map_err(wrong)?,
        postal_code: Some("000000".parse().map_err(wrong)?),
        state: (country == Country::INDIA).then(|| "29".parse()).transpose().map_err(wrong)?,
        gstin: None,
    };
    let order = payment::place_order(txn, &held, &format!("{}, {}", course.title, cohort.name), buyer).await?;
    let received_on = cohort.zone.civil(txn.now()).date();
    let offline = Offline {
        method: Method::BankTransfer,
        reference: reference.parse().map_err(wrong)?,
        amount: order.quote.total,
        received_on,
    };
    payment::record_offline(txn, order.id, offline).await?;
    Ok(held.id)
}

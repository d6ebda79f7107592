//! The demonstration's database, and a student of its running cohort, signed in.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lectern::db::{Db, Location, Snapshot};
use lectern::kernel::random::Randomness;
use lectern::kernel::{Actor, Clocks};
use lectern::learning::{self, Place};
use lectern::schedule::Plans;
use lectern::{catalogue, certificates, enrolment, identity};

use crate::Outcome;

/// Two weeks of the cohort under way are open, of which each student has read some.
const WEEK: u32 = 2;

pub struct School {
    pub db: Db,
    pub plans: Plans,
    pub file: PathBuf,
    /// Signs the student in.
    pub cookie: String,
    pub week_path: String,
    /// Of a certificate in force.
    pub verify_path: String,
    /// All students' places in the cohort under way.
    pub places: Vec<Arc<Place>>,
}

impl School {
    pub async fn open(folder: &Path) -> Outcome<Self> {
        let file = folder.join("lectern.sqlite");
        let random = Randomness::from_system();
        let db = Db::connect(&Location::File(file.clone()), Clocks::system(), random).await?;
        let plans = Plans::default();
        let mut places = Vec::new();
        for number in 1..=24 {
            places.push(Arc::new(place(&db, &plans, number).await?));
        }
        let student = places.get(2).ok_or("no student")?.enrolment.clone();
        let snapshot = db.snapshot().await?;
        let person = identity::person(&snapshot, student.user).await?.ok_or("no such person")?;
        let verify_path = verify_path(&snapshot).await?;
        drop(snapshot);
        let token = db.write(Actor::Visitor, async |txn| identity::start_session(txn, &person, None).await).await?;
        let (cookie, week_path) = (format!("lectern={}", token.plain()), format!("/learn/{}/weeks/{WEEK}", student.id));
        Ok(Self { db, plans, file, cookie, week_path, verify_path, places })
    }
}

/// Where anybody checks the first certificate that the demonstration issued.
async fn verify_path(snapshot: &Snapshot) -> Outcome<String> {
    for cohort in catalogue::all_cohorts(snapshot).await? {
        let students: Vec<_> = enrolment::of_cohort(snapshot, cohort.id).await?.into_iter().map(|one| one.id).collect();
        if let Some(certificate) = certificates::of_enrolments(snapshot, &students).await?.first() {
            return Ok(certificates::verify_path(&certificate.code));
        }
    }
    Err("no certificate".into())
}

async fn place(db: &Db, plans: &Plans, number: u32) -> Outcome<Place> {
    let snapshot = db.snapshot().await?;
    let email = format!("student{number:02}@example.org").parse()?;
    let person = identity::person_by_email(&snapshot, &email).await?.ok_or("no such student")?;
    Ok(learning::places(&snapshot, plans, person.id).await?.pop().ok_or("a student without a place")?)
}

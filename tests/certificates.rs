//! What certificates promise, on both databases: one of each, whoever asks and how often; only for who has completed; never changed.

use futures_util::future::join_all;
use lectern::certificates::{
    self, Certificate, CertificateState, IssueRefusal, Issued, Issuer, Reason, RevokeRefusal, SuccessorRefusal,
};
use lectern::db::Txn;
use lectern::identity::{self, Details};
use lectern::kernel::ids::{CertificateId, EnrolmentId, UserId};
use lectern::kernel::{Actor, PersonName};
use lectern::schedule::Plans;
use lectern::{catalogue, enrolment, learning};
use sea_orm::{ConnectionTrait, DbErr};

use crate::journeys::cast;
use crate::support::app::{TestApp, on_each_database};

fn issuer() -> Issuer {
    Issuer { legal_name: "Example Journal".to_owned(), signers: Vec::new() }
}

/// A student with a seat in the cast's cohort.
pub async fn student(app: &TestApp, number: usize, name: &str) -> (UserId, EnrolmentId) {
    let seat = async |txn: &Txn| {
        let cohort = catalogue::cohort_by_slug(txn, &"january".parse().unwrap()).await?.unwrap();
        let name: PersonName = name.parse().unwrap();
        let zone = "Asia/Kolkata".parse().unwrap();
        let details = Details { name: name.clone(), zone, country: "IN".parse().unwrap() };
        let email = format!("reader{number:03}@example.org").parse().unwrap();
        let person = identity::register_student(txn, &email, details).await.unwrap();
        let held = enrolment::hold_seat(txn, cohort.id, person.id, name, 3).await.unwrap();
        enrolment::confirm(txn, held.id).await.unwrap();
        Ok::<_, DbErr>((person.id, held.id))
    };
    app.services().db.write(Actor::Visitor, seat).await.unwrap()
}

/// Reads what is required of the first so many weeks; they must be open.
pub async fn read(app: &TestApp, (user, id): (UserId, EnrolmentId), weeks: usize) {
    let plans = Plans::default();
    let work = async |txn: &Txn| {
        let cohort = enrolment::enrolment(txn, id).await?.unwrap().cohort;
        for module in catalogue::cohort_modules(txn, cohort).await?.iter().take(weeks) {
            for key in module.required() {
                learning::mark_read(txn, &plans, (user, id), (module.id, key.reading), "Kept.").await.unwrap();
            }
        }
        Ok::<_, DbErr>(())
    };
    app.services().db.write(Actor::User(user), work).await.unwrap();
}

/// Opens the cast's cohort with one student in it, after the last release, who has read so many weeks.
pub async fn reader(app: &TestApp, name: &str, weeks: usize) -> (UserId, EnrolmentId) {
    cast::open(app, 3).await;
    let reader = student(app, 1, name).await;
    app.pass_to(cast::release_of(6)).await;
    read(app, reader, weeks).await;
    reader
}

async fn revoke(app: &TestApp, id: CertificateId) -> Result<Certificate, RevokeRefusal> {
    let reason = Reason::parse("Issued by mistake").unwrap();
    app.services().db.write(Actor::Operator, async |txn| certificates::revoke(txn, id, reason).await).await
}

async fn issue(app: &TestApp, id: EnrolmentId) -> Result<Issued, IssueRefusal> {
    certificates::issue(app.services(), &Plans::default(), Actor::Operator, id, &issuer()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_at_once_issue_one() {
    on_each_database(async |app: TestApp| {
        let reader = reader(&app, "Demo Student 01", 5).await;
        let early = issue(&app, reader.1).await;
        let Err(IssueRefusal::NotEligible(certificates::Eligibility::Incomplete(missing))) = early else { panic!("{early:?}") };
        assert_eq!(missing.iter().map(|week| (week.week, week.readings.len())).collect::<Vec<_>>(), [(6, 1)]);
        read(&app, reader, 6).await;

        let (mut now, mut before) = (Vec::new(), Vec::new());
        for issued in join_all((0..20).map(|_| issue(&app, reader.1))).await {
            match issued.unwrap() {
                Issued::Now(certificate) => now.push(certificate),
                Issued::Before(certificate) => before.push(certificate),
            }
        }
        assert_eq!((now.len(), before.len()), (1, 19));
        assert!(before.iter().all(|other| **other == *now[0]), "another certificate");
        app.settle().await;
        assert_eq!(cast::count_mails(&app, "reader001@example.org", "Your certificate: Example Course").await, 1);

        // A successor, many at once too.
        let id = now[0].id;
        let corrected = |number: usize| {
            let name = format!("Demo Student 01 the {number}th").parse().unwrap();
            certificates::issue_successor(app.services(), Actor::Operator, id, name)
        };
        let made = join_all((0..5).map(corrected)).await;
        let (good, refused): (Vec<_>, Vec<_>) = made.into_iter().partition(Result::is_ok);
        assert_eq!(good.len(), 1, "{refused:?}");
        assert!(refused.iter().all(|made| matches!(made, Err(SuccessorRefusal::NotInForce(_)))), "{refused:?}");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_certificate_issued_at_night_is_told_in_the_morning() {
    on_each_database(async |app: TestApp| {
        let reader = reader(&app, "Demo Student 01", 6).await;
        // Eleven in the evening in Kolkata.
        app.pass_to(cast::at("2027-02-15T17:30:00Z")).await;
        assert!(matches!(issue(&app, reader.1).await, Ok(Issued::Now(_))));
        app.settle().await;
        let told = async || cast::count_mails(&app, "reader001@example.org", "Your certificate: Example Course").await;
        app.pass_to(cast::at("2027-02-16T02:29:59Z")).await;
        assert_eq!(told().await, 0);
        app.pass_to(cast::at("2027-02-16T02:30:00Z")).await;
        assert_eq!(told().await, 1);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_certificate_revoked_before_the_morning_is_told_as_no_good_news() {
    on_each_database(async |app: TestApp| {
        let reader = reader(&app, "Demo Student 01", 6).await;
        app.pass_to(cast::at("2027-02-15T17:30:00Z")).await;
        let Ok(Issued::Now(issued)) = issue(&app, reader.1).await else { panic!("not issued") };
        revoke(&app, issued.id).await.unwrap();
        app.pass_to(cast::at("2027-02-16T03:00:00Z")).await;
        assert_eq!(cast::count_mails(&app, "reader001@example.org", "Your certificate: Example Course").await, 0);
        assert_eq!(cast::count_mails(&app, "reader001@example.org", "Your certificate was revoked: Example Course").await, 1);
        app.finish().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_name_is_corrected_before_the_certificate_or_not_at_all() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 20).await;
        let mut readers = Vec::new();
        for number in 1..=12 {
            readers.push(student(&app, number, "Demo Student").await);
        }
        app.pass_to(cast::release_of(6)).await;
        for reader in &readers {
            read(&app, *reader, 6).await;
        }
        let rename = async |id: EnrolmentId| {
            let work = async |txn: &Txn| certificates::correct_name(txn, id, "Renamed".parse().unwrap()).await;
            app.services().db.write(Actor::Operator, work).await
        };
        for (_, id) in readers {
            let (issued, renamed) = tokio::join!(issue(&app, id), rename(id));
            // An issue that found the name changed under it is asked for again.
            let certificate = match issued {
                Ok(Issued::Now(certificate)) => *certificate,
                _ => match issue(&app, id).await.unwrap() {
                    Issued::Now(certificate) | Issued::Before(certificate) => *certificate,
                },
            };
            let conn = app.services().db.snapshot().await.unwrap();
            let name = enrolment::enrolment(&conn, id).await.unwrap().unwrap().certificate_name;
            assert_eq!(certificate.award.name, name, "{renamed:?}");
            assert!(matches!(rename(id).await, Err(certificates::NameRefusal::Issued)));
        }
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_issued_never_changes() {
    on_each_database(async |app: TestApp| {
        let reader = reader(&app, "Demo Student 01", 6).await;
        let Issued::Now(issued) = issue(&app, reader.1).await.unwrap() else { panic!("issued before") };
        let db = &app.services().db;
        let snapshot = db.snapshot().await.unwrap();
        let pdf = certificates::pdf(&snapshot, issued.id).await.unwrap().unwrap();
        assert_eq!(certificates::by_code(&snapshot, &issued.code).await.unwrap().as_ref(), Some(&*issued));
        drop(snapshot);

        for statement in [
            "UPDATE certificates SET name = 'Somebody Else'",
            "UPDATE certificates SET modules = '[]'",
            "UPDATE certificates SET pdf_sha256 = '0', state = 'issued'",
            "UPDATE certificates SET code = '0000000000000000'",
            "UPDATE certificate_pdfs SET bytes = bytes",
            "DELETE FROM certificate_pdfs",
            "DELETE FROM certificates",
        ] {
            let work = async |txn: &Txn| txn.execute_unprepared(statement).await;
            let refused = db.write(Actor::Operator, work).await;
            assert!(refused.as_ref().is_err_and(|error| error.to_string().contains("never changes")), "{statement}: {refused:?}");
        }

        // What is around it may change: the course's words, the reader's name, the facts.
        let work = async |txn: &Txn| {
            txn.execute_unprepared("UPDATE courses SET title = 'Renamed'").await?;
            txn.execute_unprepared("UPDATE cohort_modules SET title = 'Renamed'").await?;
            txn.execute_unprepared("UPDATE readings SET title = 'Renamed'").await?;
            txn.execute_unprepared("DELETE FROM progress").await?;
            enrolment::correct_name(txn, reader.1, "Renamed".parse().unwrap()).await
        };
        db.write(Actor::Operator, work).await.unwrap();
        revoke(&app, issued.id).await.unwrap();
        assert!(revoke(&app, issued.id).await.is_err(), "revoked twice");
        let snapshot = db.snapshot().await.unwrap();
        let mut after = certificates::certificate(&snapshot, issued.id).await.unwrap().unwrap();
        assert!(matches!(&after.state, CertificateState::Revoked { reason, .. } if reason.as_str() == "Issued by mistake"));
        after.state = CertificateState::Issued;
        assert_eq!(after, *issued);
        assert_eq!(certificates::pdf(&snapshot, issued.id).await.unwrap().unwrap(), pdf);
        drop(snapshot);
        assert!(matches!(issue(&app, reader.1).await, Ok(Issued::Before(_))), "a revoked certificate was issued again");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_name_that_cannot_be_printed_is_refused_before_anything_is_written() {
    on_each_database(async |app: TestApp| {
        let reader = reader(&app, "डेमो छात्र", 6).await;
        let refused = issue(&app, reader.1).await.unwrap_err().to_string();
        assert!(refused.contains("Libertinus Serif cannot print") && refused.contains("“ड” (U+0921)"), "{refused}");
        let snapshot = app.services().db.snapshot().await.unwrap();
        assert_eq!(certificates::newest(&snapshot, reader.1).await.unwrap(), None);
        drop(snapshot);

        let admin = app.browser();
        cast::sign_in(&app, &admin, cast::ADMIN).await;
        let list = admin.open("/staff/cohorts/january/certificates").await;
        list.is(200).shows("0 ready").shows("Name cannot be printed").shows("“ड” (U+0921)");
        let form = list.click("Correct the name of डेमो छात्र").await;
        form.is(200).form("Correct the name").with("name", "डेमो").submit().await.is(422).shows("cannot print");
        let list = form.form("Correct the name").with("name", "Ḍemo Chātr").submit().await;
        list.is(200)
            .shows("The name is corrected")
            .shows("1 ready")
            .form("Issue 1 certificate")
            .submit()
            .await
            .shows("0 ready, 1 issued");
        admin.open("/staff/cohorts/january/certificates").await.click("Certificate of Ḍemo Chātr").await.is(200).shows("Valid");
        app.finish().await;
    })
    .await;
}
